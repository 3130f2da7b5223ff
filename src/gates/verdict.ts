/** Gates and what befell the run → verdict and exit code. Order when several hold: 1 > 2 > 5 > 130/143 > 3 > 4 > 0. */
import type { GateResult } from './evaluate.js';
import { writeQuantity } from './quantity.js';

export const EXIT_CODES = {
  pass: 0,
  fault: 1,
  invalid: 2,
  fail: 3,
  inconclusive: 4,
  couldNotRun: 5,
  SIGINT: 130,
  SIGTERM: 143,
  SIGHUP: 129,
} as const;

export type Verdict =
  | 'pass'
  | 'fail'
  | 'inconclusive'
  | 'interrupted'
  | 'crashed'
  | 'could-not-run'
  | Unfinished['verdict'];

/** A run that has not said its last word: `in-progress` where its process lives, `unfinished` where nobody can tell. */
export interface Unfinished {
  readonly verdict: 'in-progress' | 'unfinished';
  readonly reason: string;
}

export type JudgedGate = Pick<
  GateResult,
  'expr' | 'state' | 'severity' | 'reason' | 'observed' | 'limit' | 'unit' | 'comparedWith' | 'reference' | 'limitFloor'
>;

export interface VerdictInput {
  readonly gates: readonly JudgedGate[];
  /** The signal that stopped the run. */
  readonly interrupted?: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | null;
  /** What stands so far is no verdict. */
  readonly unfinished?: Unfinished | null;
  /** A fault of ours, in words. */
  readonly fault?: string | null;
  /** Usage, scenario or gate is invalid; nothing was sent. */
  readonly invalid?: string | null;
  /** Host or network did not let the run start. */
  readonly couldNotRun?: string | null;
  /** Workers that died, in words: their calls are unknown, so the run is no pass. */
  readonly lostWorkers?: readonly string[];
  /** Why the run is no pass though no gate says so: calls that were never placed, a run that was stopped early. */
  readonly doubts?: readonly string[];
  /** `--inconclusive`: fail → exit 3, warn → exit 0; the verdict stays inconclusive. */
  readonly inconclusive?: 'fail' | 'warn' | null;
  /** `--no-gates`: gates are evaluated, and the exit code does not heed them. */
  readonly ignoreGates?: boolean;
}

export interface VerdictResult {
  readonly verdict: Verdict;
  readonly exitCode: number;
  /** The deciding ones first; empty for a plain pass. */
  readonly reasons: readonly string[];
}

/** Pure: the same input always decides the same. Gates of severity warn never count. */
export function decideVerdict(input: VerdictInput): VerdictResult {
  const gates = input.gates.filter(({ severity }) => severity === 'gate');
  const failures = gates.filter(({ state }) => state === 'fail').map(failureReason);
  const lost = [...(input.lostWorkers ?? []), ...(input.doubts ?? [])];
  const doubts = undecidedReasons(gates);
  const stop = stopOf(input);
  const reasons = [...failures, ...lost, ...doubts];
  if (stop !== null) return { ...stop, reasons: [stop.reason, ...reasons] };
  const verdict = failures.length > 0 ? 'fail' : reasons.length > 0 ? 'inconclusive' : 'pass';
  return { verdict, exitCode: exitCodeOf(verdict, input, lost.length > 0), reasons };
}

/** What ended the run before gates could decide. */
function stopOf(input: VerdictInput): { verdict: Verdict; exitCode: number; reason: string } | null {
  const { fault, invalid, couldNotRun, interrupted, unfinished } = input;
  if (isGiven(fault)) return { verdict: 'crashed', exitCode: EXIT_CODES.fault, reason: fault };
  if (isGiven(invalid)) return { verdict: 'could-not-run', exitCode: EXIT_CODES.invalid, reason: invalid };
  if (isGiven(couldNotRun)) return { verdict: 'could-not-run', exitCode: EXIT_CODES.couldNotRun, reason: couldNotRun };
  if (isGiven(unfinished)) return { ...unfinished, exitCode: EXIT_CODES.inconclusive };
  if (!isGiven(interrupted)) return null;
  return { verdict: 'interrupted', exitCode: EXIT_CODES[interrupted], reason: `stopped by ${interrupted}` };
}

function exitCodeOf(
  verdict: 'pass' | 'fail' | 'inconclusive',
  { inconclusive, ignoreGates }: VerdictInput,
  workerLost: boolean,
): number {
  // A worker that died is no gate: --no-gates does not make that run a success.
  if (ignoreGates === true && !workerLost) return EXIT_CODES.pass;
  const heeded = ignoreGates === true ? 'inconclusive' : verdict;
  if (heeded !== 'inconclusive') return EXIT_CODES[heeded];
  if (inconclusive === 'fail') return EXIT_CODES.fail;
  return inconclusive === 'warn' ? EXIT_CODES.pass : EXIT_CODES.inconclusive;
}

/** Why the gates that did not fail are no pass: one is untrusted or without data, or not one was evaluated. */
function undecidedReasons(gates: readonly JudgedGate[]): string[] {
  if (gates.length > 0 && gates.every(({ state }) => state === 'not-evaluated')) return ['no gate was evaluated'];
  return gates
    .filter(({ state }) => state === 'untrusted' || state === 'no-data')
    .map(({ expr, state, reason }) =>
      withReason(`${expr}: ${state === 'untrusted' ? 'untrusted' : 'no data'}`, reason),
    );
}

/** `mos.p5 >= 3.6 failed: 3.12`, with the limit where it is not the one that is written. */
function failureReason(gate: JudgedGate): string {
  const { expr, reason, observed, limit, unit, comparedWith, limitFloor } = gate;
  const sign = comparedWith !== 'limit' && (observed ?? 0) > 0 ? '+' : '';
  const written =
    limitFloor === null ? '' : `, limit ${writeQuantity(limit, unit, limit)} with the jitter of this host`;
  const figure =
    observed === null ? [] : [`${sign}${writeQuantity(observed, unit, limit)}${comparison(gate)}${written}`];
  return `${expr} failed: ${[...figure, ...(reason === null ? [] : [reason])].join(', ')}`;
}

function comparison({ comparedWith, reference, unit }: JudgedGate): string {
  if (comparedWith === 'limit' || reference === null) return '';
  const whose = comparedWith === 'idle' ? 'the idle stages' : 'the baseline';
  return ` against ${writeQuantity(reference, unit, reference)} of ${whose}`;
}

function withReason(text: string, reason: string | null): string {
  return reason === null ? text : `${text}, ${reason}`;
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
