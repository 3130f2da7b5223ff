/** R over the trailing five seconds of a stream: of interval counts, so that a score recovers when the loss has ended. */
import type { MeteredSecond } from './metered-second.js';

/** The score of a second covers so many trailing seconds. */
export const SCORE_WINDOW_SECONDS = 5;

export class ScoreWindow {
  private readonly expected = new Int32Array(SCORE_WINDOW_SECONDS);
  private readonly bad = new Int32Array(SCORE_WINDOW_SECONDS);
  private closed = 0;

  /** @param rFactorOf R of a share of bad packets (0–1) */
  constructor(private readonly rFactorOf: (badRatio: number) => number) {}

  /** Takes a second with something expected. NaN for the first one: too few packets to score; 0 without packets. */
  score(second: MeteredSecond): number {
    const slot = this.closed % SCORE_WINDOW_SECONDS;
    this.expected[slot] = second.expected;
    this.bad[slot] = second.lost + second.discarded;
    this.closed++;
    if (second.received === 0) {
      return 0;
    }
    if (this.closed < 2) {
      return Number.NaN;
    }
    let expected = 0;
    let bad = 0;
    for (let i = 0; i < SCORE_WINDOW_SECONDS; i++) {
      expected += this.expected[i] ?? 0;
      bad += this.bad[i] ?? 0;
    }
    return this.rFactorOf(bad / expected);
  }
}
