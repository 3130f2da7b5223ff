/** The keys (DTMF) of a run in one line, where its scenario has any or a call heard one. */
import type { Result } from '../run/result.js';
import { formatCount } from './number-format.js';

export const KEYS_TITLE = 'Keys (DTMF)';

/** `sent 24, received 24; as expected in all 8 calls`; null: there is nothing to say of keys. */
export function keysLine({ dtmf, scenario }: Result): string | null {
  const uses = keysOfScenario(scenario);
  if (dtmf === null) {
    return uses.pressed || uses.expected ? 'not measured: no call came that far' : null;
  }
  const { calls, sent, received, mismatched } = dtmf;
  const total = (by: typeof sent): string => formatCount(by.rfc4733 + by.info + by.inband);
  return `sent ${total(sent)}, received ${total(received)}; ${verdictOf(calls, mismatched, uses.expected)}`;
}

function verdictOf(calls: number, mismatched: number, isExpected: boolean): string {
  const all = `${formatCount(calls)} ${calls === 1 ? 'call' : 'calls'}`;
  if (mismatched > 0) return `other keys than expected in ${formatCount(mismatched)} of ${all}`;
  if (!isExpected) return `in ${all}, none of which expects any`;
  return calls === 1 ? `as expected in ${all}` : `as expected in all ${all}`;
}

function keysOfScenario(scenario: unknown): { pressed: boolean; expected: boolean } {
  const call = fieldOf(scenario, 'call');
  const steps = fieldOf(call, 'steps');
  const has = (key: string): boolean =>
    Array.isArray(steps) && steps.some((step: unknown) => fieldOf(step, key) !== undefined);
  return {
    pressed: has('dtmf'),
    expected: has('expectDtmf') || fieldOf(fieldOf(call, 'expect'), 'dtmf') !== undefined,
  };
}

/** A value of the scenario as the result keeps it. */
function fieldOf(record: unknown, key: string): unknown {
  return typeof record === 'object' && record !== null ? Reflect.get(record, key) : undefined;
}
