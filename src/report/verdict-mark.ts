/** Symbol, word and tone of verdicts and gate states: colour is never the only sign. */
import type { GateResult, Result } from '../run/result.js';

export type Tone = 'good' | 'bad' | 'unsure';

export interface Mark {
  readonly symbol: string;
  readonly word: string;
  readonly tone: Tone;
}

const VERDICTS: Readonly<Record<Result['verdict'], Mark>> = {
  pass: { symbol: '✓', word: 'PASS', tone: 'good' },
  fail: { symbol: '✕', word: 'FAIL', tone: 'bad' },
  inconclusive: { symbol: '◆', word: 'INCONCLUSIVE', tone: 'unsure' },
  interrupted: { symbol: '■', word: 'INTERRUPTED', tone: 'unsure' },
  crashed: { symbol: '✕', word: 'CRASHED', tone: 'bad' },
  'could-not-run': { symbol: '✕', word: 'COULD NOT RUN', tone: 'bad' },
  'in-progress': { symbol: '…', word: 'IN PROGRESS', tone: 'unsure' },
  unfinished: { symbol: '…', word: 'IN PROGRESS OR CRASHED', tone: 'unsure' },
};

const GATE_STATES: Readonly<Record<GateResult['state'], Mark>> = {
  pass: { symbol: '✓', word: 'PASS', tone: 'good' },
  fail: { symbol: '✕', word: 'FAIL', tone: 'bad' },
  untrusted: { symbol: '◆', word: 'UNTRUSTED', tone: 'unsure' },
  'no-data': { symbol: '◆', word: 'NO DATA', tone: 'unsure' },
  'not-evaluated': { symbol: '–', word: 'NOT EVALUATED', tone: 'unsure' },
};

const WARNING: Mark = { symbol: '▲', word: 'WARNING', tone: 'unsure' };

/** How the verdict of a run is shown. */
export function verdictMark(verdict: Result['verdict']): Mark {
  return VERDICTS[verdict];
}

/** How the state of a gate is shown; a failed gate of severity `warn` is a warning. */
export function gateMark(gate: GateResult): Mark {
  return gate.state === 'fail' && gate.severity === 'warn' ? WARNING : GATE_STATES[gate.state];
}

/** Failures first, then warnings, what could not be judged, and passes; the order of the scenario within each. */
export function gatesInOrder(gates: readonly GateResult[]): GateResult[] {
  return gates.toSorted((a, b) => rankOf(a) - rankOf(b));
}

function rankOf(gate: GateResult): number {
  if (gate.state === 'fail') return gate.severity === 'gate' ? 0 : 1;
  return { untrusted: 2, 'no-data': 3, 'not-evaluated': 4, pass: 5 }[gate.state];
}
