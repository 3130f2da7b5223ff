/** The figures of one direction of one leg in a second, and their sums; reused objects, so unknown is NaN and not null. */

export interface MeteredSecond {
  expected: number;
  received: number;
  lost: number;
  discarded: number;
  duplicate: number;
  reordered: number;
  /** Mean of the estimate over the packets that arrived in this second; NaN without packets or with a clock step. */
  jitterMs: number;
  /** Over the trailing five seconds; NaN in the first, 0 in a second without packets. */
  rFactor: number;
}

/** Sums over the closed seconds, and what belongs to no second. */
export interface StreamTotals extends MeteredSecond {
  jitterMaxMs: number;
  /** Longest time without any packet while the stream was expected, ms. */
  longestSilenceMs: number;
}

/** Rings by second: those that may still be open. */
export const OPEN_SECONDS = 8;

/** The place of a second in those rings. */
export function slotOf(second: number): number {
  return second & (OPEN_SECONDS - 1);
}

export function emptySecond(): MeteredSecond {
  return {
    expected: 0,
    received: 0,
    lost: 0,
    discarded: 0,
    duplicate: 0,
    reordered: 0,
    jitterMs: Number.NaN,
    rFactor: Number.NaN,
  };
}

export function clearSecond(second: MeteredSecond): void {
  second.expected = 0;
  second.received = 0;
  second.lost = 0;
  second.discarded = 0;
  second.duplicate = 0;
  second.reordered = 0;
  second.jitterMs = Number.NaN;
  second.rFactor = Number.NaN;
}
