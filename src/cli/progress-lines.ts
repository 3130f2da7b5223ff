/** Progress where nobody watches: `key=value` lines for logs, without escape codes; what holds spaces is in quotes. Pure. */
import { escapeTerminal } from '../report/visible-text.js';
import type { GateResult } from '../run/result.js';
import type { ProgressSnapshot } from './progress-snapshot.js';

type Pair = readonly [key: string, value: string];
type Score = ProgressSnapshot['received']['mosLq'];

const NOT_KNOWN = '-';

/** `t=12s event=warning text="…"`; @param pairs beside the time and the event */
export function eventLine(second: number, event: string, pairs: readonly Pair[]): string {
  return lineOf([['t', `${second}s`], ['event', event], ...pairs]);
}

/** A gate that has changed its state. */
export function gateEventLine(second: number, gate: GateResult, previous: GateResult['state'] | null): string {
  return eventLine(second, 'gate', [
    ['gate', gate.expr],
    ['state', gate.state],
    ['was', previous ?? NOT_KNOWN],
    ['observed', gate.observed === null ? NOT_KNOWN : plainNumber(gate.observed)],
    ['limit', plainNumber(gate.limit)],
    ['unit', gate.unit],
    ['samples', String(gate.samples)],
  ]);
}

/** All figures of now. */
export function figuresLine(snapshot: ProgressSnapshot): string {
  const { calls, rate, received, sent, gates } = snapshot;
  const count = (state: GateResult['state']): number => gates.filter((gate) => gate.state === state).length;
  const [passed, failed] = [count('pass'), count('fail')];
  return lineOf([
    ['t', `${snapshot.second}s`],
    ['stage', snapshot.course.stage],
    ['active', String(calls.active)],
    ['started', String(calls.started)],
    ['rate', known(rate.achieved, (value) => `${value.toFixed(1)}/s`)],
    ['target_rate', `${rate.target.toFixed(1)}/s`],
    ['failed', String(calls.failed)],
    ['dropped', String(calls.dropped)],
    ...scorePairs('mos', received.mosLq, received.mosLqWb),
    ['loss', known(received.lossRatio, percent)],
    ['jitter_p95', known(received.jitterP95Ms, (value) => `${value.toFixed(2)}ms`)],
    ['rtt_p95', known(snapshot.rttP95Ms, (value) => `${value.toFixed(1)}ms`)],
    ...scorePairs('sent_mos', sent.mosLq, sent.mosLqWb),
    ['sent_loss', known(sent.lossRatio, percent)],
    ['gates_pass', String(passed)],
    ['gates_fail', String(failed)],
    ['gates_open', String(gates.length - passed - failed)],
    ['generator', snapshot.strains.length === 0 ? 'healthy' : 'strained'],
  ]);
}

/** `mos` is of the narrowband scale; where there are wideband legs theirs stand beside it, or alone. */
function scorePairs(name: string, narrowband: Score, wideband: Score): Pair[] {
  const of = (label: string, score: Score): Pair[] => [
    [`${label}_p50`, known(score, ({ p50 }) => p50.toFixed(2))],
    [`${label}_p5`, known(score, ({ p5 }) => p5.toFixed(2))],
  ];
  if (wideband === null) {
    return of(name, narrowband);
  }
  return [...(narrowband === null ? [] : of(name, narrowband)), ...of(`${name}_wb`, wideband)];
}

function lineOf(pairs: readonly Pair[]): string {
  return pairs.map(([key, value]) => `${key}=${quoted(escapeTerminal(value))}`).join(' ');
}

/** As logfmt readers expect it: quotes where the value has a space, a quote or an equals sign in it, or is empty. */
function quoted(value: string): string {
  return /^[^\s"=\\]+$/u.test(value) ? value : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(2)}%`;
}

function plainNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function known<T>(value: T | null, write: (value: T) => string): string {
  return value === null ? NOT_KNOWN : write(value);
}
