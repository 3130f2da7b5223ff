/** What the far side of a call asked for by REFER, and what came of it. */

/** Times are ms since the start of the run. */
export interface Transfer {
  /** Refer-To as it came, at most 120 characters; network text. */
  readonly to: string;
  /** `refused`: by us. `failed`: its target did not take it. `cut`: the call ended before there was an answer. */
  readonly outcome: 'refused' | 'failed' | 'answered' | 'cut';
  /** Our refusal, or the target's final response; null: none came. */
  readonly sipStatus: number | null;
  /** Null of one that was answered. */
  readonly cause: string | null;
  /** For people; may hold network text. */
  readonly detail: string | null;
  readonly askedMs: number;
  readonly answeredMs: number | null;
}

/** A far side that asks more often is refused, and noted no more. */
export const MAX_TRANSFERS = 8;

/** Of one call. */
export interface TransfersRecord {
  /** How often the far side asked. */
  readonly asked: number;
  /** The first of these, in the order in which they were settled. */
  readonly first: readonly Transfer[];
}

/** What was asked for at either leg of a call. */
export function joinTransfers(one: TransfersRecord | null, other: TransfersRecord | null): TransfersRecord | null {
  if (one === null || other === null) {
    return one ?? other;
  }
  return { asked: one.asked + other.asked, first: [...one.first, ...other.first].slice(0, MAX_TRANSFERS) };
}
