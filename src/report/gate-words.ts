/** A gate in words, the same in every file that a CI system reads: which outcome it is there, and why. */
import type { GateResult, Result } from '../run/result.js';
import { formatCount, formatMargin, formatValue } from './number-format.js';

/** What a gate is to a CI job. `warning`: it did not hold, and does not count. */
export type GateOutcome = 'passed' | 'failed' | 'error' | 'skipped' | 'warning';

export function gateOutcome({ state, severity }: GateResult): GateOutcome {
  if (state === 'pass') return 'passed';
  if (state === 'not-evaluated') return 'skipped';
  if (severity === 'warn') return 'warning';
  return state === 'fail' ? 'failed' : 'error';
}

/** `fail: observed 3.02, limit 3.60, margin −0.58, 5,940 samples, seconds 0 to 62, first in second 4 (why)`. */
export function gateSentence(gate: GateResult): string {
  const { state, observed, limit, margin, unit, samples, window, firstFailedAtSecond, reason } = gate;
  const parts = [
    `observed ${observed === null ? 'nothing' : formatValue(observed, unit)}`,
    `limit ${formatValue(limit, unit)}${allowance(gate)}`,
    ...(margin === null ? [] : [`margin ${formatMargin(margin, unit)}`]),
    `${formatCount(samples)} ${samples === 1 ? 'sample' : 'samples'}`,
    ...(window === null ? [] : [`seconds ${window.fromSecond} to ${window.toSecond}`]),
    ...(firstFailedAtSecond === null ? [] : [`first in second ${firstFailedAtSecond}`]),
  ];
  return `${state}: ${parts.join(', ')}${reason === null ? '' : ` (${reason})`}`;
}

/** What of the limit is this host's own share, where a profile adds it: ` (2.14 ms of it for this host)`; else ''. */
export function allowance({ limitFloor, unit }: GateResult): string {
  return limitFloor === null ? '' : ` (${formatValue(limitFloor, unit)} of it for this host)`;
}

/** The gates with names that differ: CI systems take two tests of one name for one. */
export function namedGates(gates: readonly GateResult[]): { name: string; gate: GateResult }[] {
  const used = new Set<string>();
  return gates.map((gate) => {
    let name = gate.expr;
    for (let number = 2; used.has(name); number++) name = `${gate.expr} (${number})`;
    used.add(name);
    return { name, gate };
  });
}

/**
 * Why the run is no pass though no gate says so: it crashed, could not run, was interrupted, or did not do what it should.
 * Null: it did, and the gates are the whole verdict.
 */
export function runTrouble({ verdict, gates, reasons }: Result): string[] | null {
  const isDecidedByGates =
    verdict === 'pass' ||
    ((verdict === 'fail' || verdict === 'inconclusive') &&
      gates.some((gate) => ['failed', 'error'].includes(gateOutcome(gate))));
  return isDecidedByGates ? null : reasons.length === 0 ? [verdict] : [...reasons];
}
