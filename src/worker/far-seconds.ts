/**
 * What the far end's RTCP reports tell, by the second in which they came: the sent direction from report to report, and the
 * round trip. Written once a report, read when the second closes; reused by the legs of a slot.
 */
import type { CodecImpairment } from '../quality/codec-impairment.js';
import { OPEN_SECONDS, slotOf } from '../quality/metered-second.js';
import { emptyScore, scoreInto } from '../quality/score.js';
import { SCORE_WINDOW_SECONDS } from '../quality/stream-meter.js';
import type { FarInterval } from '../rtp/rtcp/far-report.js';

/** Reports that the score's window may hold: one a second. */
const WINDOW = SCORE_WINDOW_SECONDS;
/** A score of less audio than this says little. */
const MIN_SCORED_PACKETS = 50;

/** Columns of an open second. */
const EXPECTED = 0;
const LOST = 1;
const JITTER_MS = 2;
const SPAN_MS = 3;
const REPORTS = 4;
const RTT_MS = 5;
const COLUMNS = 6;
/** Behind them the last reports of closed seconds, newest last in the turn of `closed`: what was expected, lost and spanned. */
const WINDOW_AT = OPEN_SECONDS * COLUMNS;
const WINDOW_COLUMNS = 3;

/** Shared by all legs of a thread: used before the next one is taken. */
const FIGURES = { expected: 0, lost: 0, received: 0, jitterMs: Number.NaN, badRatio: Number.NaN };
const SCORE = emptyScore();

export class FarSeconds {
  /** Of the second that was taken last, of whatever leg. */
  readonly figures = FIGURES;
  readonly score = SCORE;
  /** Over the whole leg; NaN before the first. */
  meanRttMs = Number.NaN;
  /** The newest, which later seconds are scored with; NaN before the first. */
  latestRttMs = Number.NaN;

  /** One table: an array for each column costs more than what stands in it. */
  private readonly cells = new Float64Array(WINDOW_AT + WINDOW * WINDOW_COLUMNS);
  private rttSumMs = 0;
  private rttCount = 0;
  private closed = 0;
  /** The first second that is still open; NaN before any has closed. */
  private firstOpen = Number.NaN;

  clear(): void {
    this.cells.fill(0);
    for (let row = 0; row < WINDOW_AT; row += COLUMNS) {
      this.cells[row + RTT_MS] = Number.NaN;
    }
    this.closed = this.rttSumMs = this.rttCount = 0;
    this.meanRttMs = this.latestRttMs = this.firstOpen = Number.NaN;
  }

  /** A report of an interval came in this second. */
  noteReport(second: number, interval: Readonly<FarInterval>): void {
    if (!(interval.expected > 0)) {
      return; // it began to count afresh, or had nothing of ours to tell yet: only a later report tells of an interval
    }
    const { cells } = this;
    const row = this.rowOf(second);
    if (cells[row + REPORTS] === 0) {
      cells[row + EXPECTED] = cells[row + LOST] = cells[row + SPAN_MS] = 0;
    }
    cells[row + REPORTS] = (cells[row + REPORTS] ?? 0) + 1;
    cells[row + EXPECTED] = (cells[row + EXPECTED] ?? 0) + interval.expected;
    cells[row + LOST] = (cells[row + LOST] ?? 0) + interval.lost;
    cells[row + SPAN_MS] = (cells[row + SPAN_MS] ?? 0) + interval.spanMs;
    cells[row + JITTER_MS] = interval.jitterMs;
  }

  noteRoundTrip(second: number, rttMs: number): void {
    this.cells[this.rowOf(second) + RTT_MS] = rttMs;
    this.latestRttMs = rttMs;
    this.rttSumMs += rttMs;
    this.rttCount++;
    this.meanRttMs = this.rttSumMs / this.rttCount;
  }

  /** The round trip of the report that came in this second; NaN where none did. */
  rttIn(second: number): number {
    return this.cells[slotOf(second) * COLUMNS + RTT_MS] ?? Number.NaN;
  }

  /**
   * Moves a second's reports to `figures` and scores them over the trailing five seconds of reports; false when none came.
   * @param oneWayDelayMs Ta, NaN where it is unknown
   */
  take(second: number, impairment: CodecImpairment | undefined, oneWayDelayMs: number): boolean {
    const { cells } = this;
    const row = slotOf(second) * COLUMNS;
    const hasReport = (cells[row + REPORTS] ?? 0) > 0;
    if (hasReport) {
      const { figures } = this;
      figures.expected = cells[row + EXPECTED] ?? 0;
      // Packets that were booked as lost and came late make the difference negative; no share of loss is.
      figures.lost = Math.max(0, cells[row + LOST] ?? 0);
      figures.received = figures.expected - figures.lost;
      figures.jitterMs = cells[row + JITTER_MS] ?? Number.NaN;
      this.pushWindow(row);
      figures.badRatio = this.windowBadRatio();
      // How the losses lie is in no report block: they count as random.
      scoreInto(this.score, impairment, { badRatio: figures.badRatio, burstR: 1, oneWayDelayMs });
    }
    cells[row + REPORTS] = 0;
    cells[row + RTT_MS] = Number.NaN;
    this.firstOpen = second + 1;
    return hasReport;
  }

  /** A thread that was held up reads reports of seconds that have closed, or of some that are far ahead: the nearest open one. */
  private rowOf(second: number): number {
    const { firstOpen } = this;
    if (Number.isNaN(firstOpen)) {
      return slotOf(second) * COLUMNS;
    }
    return slotOf(Math.min(Math.max(second, firstOpen), firstOpen + OPEN_SECONDS - 1)) * COLUMNS;
  }

  private pushWindow(row: number): void {
    const { cells } = this;
    const place = placeInWindow(this.closed);
    cells[place] = cells[row + EXPECTED] ?? 0;
    cells[place + 1] = cells[row + LOST] ?? 0;
    cells[place + 2] = cells[row + SPAN_MS] ?? 0;
    this.closed++;
  }

  private windowBadRatio(): number {
    let expected = 0;
    let lost = 0;
    let spanMs = 0;
    for (let back = 1; back <= Math.min(WINDOW, this.closed) && spanMs < SCORE_WINDOW_SECONDS * 1000; back++) {
      const place = placeInWindow(this.closed - back);
      expected += this.cells[place] ?? 0;
      lost += this.cells[place + 1] ?? 0;
      spanMs += this.cells[place + 2] ?? 0;
    }
    return expected < MIN_SCORED_PACKETS ? Number.NaN : Math.max(0, lost) / expected;
  }
}

function placeInWindow(turn: number): number {
  return WINDOW_AT + (turn % WINDOW) * WINDOW_COLUMNS;
}
