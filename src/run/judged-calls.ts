/**
 * Which calls of a written result are evidence: those after idle stages and warm-up that we did not cut. A result of an
 * earlier version does not tell them apart; what it has is taken where it is the same.
 */
import { parseDuration } from '../lib/units.js';
import type { Result } from './result.js';

export type JudgedCalls = NonNullable<Result['calls']['judged']>;

/** @param legs of the same calls, for results that do not tell @returns null where the warm-up cannot be told apart */
export function judgedCalls(run: Result, calls: Result['calls'], legs: number): JudgedCalls | null {
  if (calls.judged !== null) {
    return calls.judged;
  }
  if (judgedFromMs(run) !== 0) {
    return null;
  }
  const { attempted, cut, succeeded, completed, dropped, oneWay, noMedia } = calls;
  const answered = completed + dropped;
  return { fromMs: 0, attempted: attempted - cut, succeeded, answered, dropped, legs, oneWay, noMedia };
}

/** Where evidence begins, ms since the start of the run; null where the scenario of an older result names it by reference. */
export function judgedFromMs({ calls, scenario }: Pick<Result, 'calls' | 'scenario'>): number | null {
  if (calls.judged !== null) {
    return calls.judged.fromMs;
  }
  const load = fieldOf(scenario, 'load');
  const stages = fieldOf(load, 'stages');
  const idle = (Array.isArray(stages) ? stages : []).filter((stage: unknown) => fieldOf(stage, 'idle') === true);
  const parts = [
    fieldOf(load, 'warmup'),
    ...idle.map((stage: unknown) => fieldOf(stage, 'hold') ?? fieldOf(stage, 'ramp')),
  ];
  return parts.reduce<number | null>((sum, part) => {
    const ms = part === undefined ? 0 : typeof part === 'string' ? parseDuration(part) : undefined;
    return sum === null || ms === undefined ? null : sum + ms;
  }, 0);
}

function fieldOf(record: unknown, key: string): unknown {
  return typeof record === 'object' && record !== null ? Reflect.get(record, key) : undefined;
}
