/** Loss and burst ratio over the trailing five seconds of a stream: of interval counts, so that a score recovers when the loss has ended. */
import { burstRatio } from './burst-gap.js';
import type { MeteredSecond } from './metered-second.js';

/** The score of a second covers so many trailing seconds. */
export const SCORE_WINDOW_SECONDS = 5;

export class ScoreWindow {
  private readonly expected = new Int32Array(SCORE_WINDOW_SECONDS);
  private readonly bad = new Int32Array(SCORE_WINDOW_SECONDS);
  /** Runs of bad packets that began in the second, and 1 where it begins within one. */
  private readonly runs = new Int32Array(SCORE_WINDOW_SECONDS);
  private readonly inRun = new Uint8Array(SCORE_WINDOW_SECONDS);
  private last = Number.NEGATIVE_INFINITY;

  /**
   * Takes a second with something expected and writes the loss and burst ratio to score it by: NaN where nothing was
   * expected in the others (too few packets to score), all lost where nothing came.
   */
  take(second: number, figures: MeteredSecond): void {
    this.turnTo(second);
    const slot = placeOf(second);
    this.expected[slot] = figures.expected;
    this.bad[slot] = figures.lost + figures.discarded;
    this.runs[slot] = figures.badRuns;
    this.inRun[slot] = figures.beginsInBadRun;
    if (figures.received === 0) {
      figures.badRatio = 1;
      figures.burstR = 1;
      return;
    }
    this.sum(second, figures);
  }

  /** Forgets the seconds in between, in which nothing was expected. */
  private turnTo(second: number): void {
    const from = Math.max(this.last + 1, second - SCORE_WINDOW_SECONDS + 1);
    for (let skipped = from; skipped < second; skipped++) {
      const slot = placeOf(skipped);
      this.expected[slot] = 0;
      this.bad[slot] = 0;
      this.runs[slot] = 0;
      this.inRun[slot] = 0;
    }
    this.last = second;
  }

  private sum(second: number, figures: MeteredSecond): void {
    let expected = 0;
    let bad = 0;
    let runs = 0;
    let seconds = 0;
    for (let at = second - SCORE_WINDOW_SECONDS + 1; at <= second; at++) {
      const slot = placeOf(at);
      const here = this.expected[slot] ?? 0;
      if (here > 0 && expected === 0) {
        runs += this.inRun[slot] ?? 0; // the window cuts that run: what is left of it is one too
      }
      seconds += here > 0 ? 1 : 0;
      expected += here;
      bad += this.bad[slot] ?? 0;
      runs += this.runs[slot] ?? 0;
    }
    figures.badRatio = seconds > 1 ? bad / expected : Number.NaN;
    figures.burstR = seconds > 1 ? burstRatio(bad, runs, expected) : Number.NaN;
  }
}

/** Also before the first second of all. */
function placeOf(second: number): number {
  return ((second % SCORE_WINDOW_SECONDS) + SCORE_WINDOW_SECONDS) % SCORE_WINDOW_SECONDS;
}
