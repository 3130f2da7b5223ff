/** Calls that a dead thread or process took with it, named by their Call-IDs so that they can be found at the far side. */
import type { Result } from './result.js';

export interface LostList {
  readonly count: number;
  readonly callIds: readonly string[];
}

/** What is listed of many; the count is of all. */
const LISTED = 1000;
const IN_WORDS = 3;

export const NOTHING_LOST: LostList = { count: 0, callIds: [] };

/** How the Call-IDs of a run are made, so that those of calls without a record are known as well. */
export interface CallIdForm {
  readonly runToken: string;
  readonly host: string;
}

export function callIdOf({ runToken, host }: CallIdForm, call: number): string {
  return `${runToken}-${call}@${host}`;
}

export function lostList(callIds: readonly string[]): LostList {
  return { count: callIds.length, callIds: callIds.slice(0, LISTED) };
}

export function joinLost(a: LostList, b: LostList): LostList {
  return { count: a.count + b.count, callIds: [...a.callIds, ...b.callIds].slice(0, LISTED) };
}

/** `2 calls (id, id)`, `9 calls (id, id, id and 6 more)`. */
export function lostInWords({ count, callIds }: LostList): string {
  const calls = `${count} call${count === 1 ? '' : 's'}`;
  const shown = callIds.slice(0, IN_WORDS).join(', ');
  const rest = count > IN_WORDS ? ` and ${count - IN_WORDS} more` : '';
  return count === 0 ? calls : `${calls} (${shown}${rest})`;
}

/** As the result holds it. */
export function lostBlock(calls: LostList, audio: LostList): Result['lost'] {
  const copy = ({ count, callIds }: LostList) => ({ count, callIds: [...callIds] });
  return { calls: copy(calls), audio: copy(audio) };
}
