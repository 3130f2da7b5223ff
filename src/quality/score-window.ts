/** Loss and burst ratio over the trailing five seconds of a stream: of interval counts, so that a score recovers when the loss has ended. */
import { burstRatio } from './burst-gap.js';
import type { MeteredSecond } from './metered-second.js';

/** The score of a second covers so many trailing seconds. */
export const SCORE_WINDOW_SECONDS = 5;

const EXPECTED = 0;
const BAD = 1;
/** Runs of bad packets that began in the second, and 1 where it begins within one. */
const RUNS = 2;
const IN_RUN = 3;
const COLUMNS = 4;

export class ScoreWindow {
  private readonly cells = new Int32Array(SCORE_WINDOW_SECONDS * COLUMNS);
  private last = Number.NEGATIVE_INFINITY;

  /**
   * Takes a second with something expected and writes the loss and burst ratio to score it by: NaN where nothing was
   * expected in the others (too few packets to score), all lost where nothing came.
   */
  take(second: number, figures: MeteredSecond): void {
    this.turnTo(second);
    const row = placeOf(second);
    this.cells[row + EXPECTED] = figures.expected;
    this.cells[row + BAD] = figures.lost + figures.discarded;
    this.cells[row + RUNS] = figures.badRuns;
    this.cells[row + IN_RUN] = figures.beginsInBadRun;
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
      const row = placeOf(skipped);
      this.cells.fill(0, row, row + COLUMNS);
    }
    this.last = second;
  }

  private sum(second: number, figures: MeteredSecond): void {
    let expected = 0;
    let bad = 0;
    let runs = 0;
    let seconds = 0;
    for (let at = second - SCORE_WINDOW_SECONDS + 1; at <= second; at++) {
      const row = placeOf(at);
      const here = this.cells[row + EXPECTED] ?? 0;
      if (here > 0 && expected === 0) {
        runs += this.cells[row + IN_RUN] ?? 0; // the window cuts that run: what is left of it is one too
      }
      seconds += here > 0 ? 1 : 0;
      expected += here;
      bad += this.cells[row + BAD] ?? 0;
      runs += this.cells[row + RUNS] ?? 0;
    }
    figures.badRatio = seconds > 1 ? bad / expected : Number.NaN;
    figures.burstR = seconds > 1 ? burstRatio(bad, runs, expected) : Number.NaN;
  }
}

/** Also before the first second of all. */
function placeOf(second: number): number {
  return (((second % SCORE_WINDOW_SECONDS) + SCORE_WINDOW_SECONDS) % SCORE_WINDOW_SECONDS) * COLUMNS;
}
