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

export class FarSeconds {
  /** Of the second that was taken last. */
  readonly figures = { expected: 0, lost: 0, received: 0, jitterMs: Number.NaN, badRatio: Number.NaN };
  readonly score = emptyScore();
  /** Over the whole leg; NaN before the first. */
  meanRttMs = Number.NaN;
  /** The newest, which later seconds are scored with; NaN before the first. */
  latestRttMs = Number.NaN;

  private readonly expected = new Float64Array(OPEN_SECONDS);
  private readonly lost = new Float64Array(OPEN_SECONDS);
  private readonly jitterMs = new Float64Array(OPEN_SECONDS);
  private readonly spanMs = new Float64Array(OPEN_SECONDS);
  private readonly reports = new Int32Array(OPEN_SECONDS);
  private readonly rttMs = new Float64Array(OPEN_SECONDS);
  private rttSumMs = 0;
  private rttCount = 0;
  /** The last reports of closed seconds, newest last in the turn of `closed`. */
  private readonly windowExpected = new Float64Array(WINDOW);
  private readonly windowLost = new Float64Array(WINDOW);
  private readonly windowSpanMs = new Float64Array(WINDOW);
  private closed = 0;
  /** The first second that is still open; NaN before any has closed. */
  private firstOpen = Number.NaN;

  clear(): void {
    this.reports.fill(0);
    this.rttMs.fill(Number.NaN);
    this.windowExpected.fill(0);
    this.closed = this.rttSumMs = this.rttCount = 0;
    this.meanRttMs = this.latestRttMs = this.firstOpen = Number.NaN;
  }

  /** A report of an interval came in this second. */
  noteReport(second: number, interval: Readonly<FarInterval>): void {
    if (!(interval.expected > 0)) {
      return; // it began to count afresh, or had nothing of ours to tell yet: only a later report tells of an interval
    }
    const slot = this.placeOf(second);
    const isFirst = this.reports[slot] === 0;
    this.reports[slot] = (this.reports[slot] ?? 0) + 1;
    this.expected[slot] = (isFirst ? 0 : (this.expected[slot] ?? 0)) + interval.expected;
    this.lost[slot] = (isFirst ? 0 : (this.lost[slot] ?? 0)) + interval.lost;
    this.spanMs[slot] = (isFirst ? 0 : (this.spanMs[slot] ?? 0)) + interval.spanMs;
    this.jitterMs[slot] = interval.jitterMs;
  }

  noteRoundTrip(second: number, rttMs: number): void {
    this.rttMs[this.placeOf(second)] = rttMs;
    this.latestRttMs = rttMs;
    this.rttSumMs += rttMs;
    this.rttCount++;
    this.meanRttMs = this.rttSumMs / this.rttCount;
  }

  /** The round trip of the report that came in this second; NaN where none did. */
  rttIn(second: number): number {
    return this.rttMs[slotOf(second)] ?? Number.NaN;
  }

  /**
   * Moves a second's reports to `figures` and scores them over the trailing five seconds of reports; false when none came.
   * @param oneWayDelayMs Ta, NaN where it is unknown
   */
  take(second: number, impairment: CodecImpairment | undefined, oneWayDelayMs: number): boolean {
    const slot = slotOf(second);
    const hasReport = (this.reports[slot] ?? 0) > 0;
    if (hasReport) {
      const { figures } = this;
      figures.expected = this.expected[slot] ?? 0;
      // Packets that were booked as lost and came late make the difference negative; no share of loss is.
      figures.lost = Math.max(0, this.lost[slot] ?? 0);
      figures.received = figures.expected - figures.lost;
      figures.jitterMs = this.jitterMs[slot] ?? Number.NaN;
      this.pushWindow(slot);
      figures.badRatio = this.windowBadRatio();
      // How the losses lie is in no report block: they count as random.
      scoreInto(this.score, impairment, { badRatio: figures.badRatio, burstR: 1, oneWayDelayMs });
    }
    this.reports[slot] = 0;
    this.rttMs[slot] = Number.NaN;
    this.firstOpen = second + 1;
    return hasReport;
  }

  /** A thread that was held up reads reports of seconds that have closed, or of some that are far ahead: the nearest open one. */
  private placeOf(second: number): number {
    const { firstOpen } = this;
    if (Number.isNaN(firstOpen)) {
      return slotOf(second);
    }
    return slotOf(Math.min(Math.max(second, firstOpen), firstOpen + OPEN_SECONDS - 1));
  }

  private pushWindow(slot: number): void {
    const place = this.closed % WINDOW;
    this.windowExpected[place] = this.expected[slot] ?? 0;
    this.windowLost[place] = this.lost[slot] ?? 0;
    this.windowSpanMs[place] = this.spanMs[slot] ?? 0;
    this.closed++;
  }

  private windowBadRatio(): number {
    let expected = 0;
    let lost = 0;
    let spanMs = 0;
    for (let back = 1; back <= Math.min(WINDOW, this.closed) && spanMs < SCORE_WINDOW_SECONDS * 1000; back++) {
      const place = (this.closed - back) % WINDOW;
      expected += this.windowExpected[place] ?? 0;
      lost += this.windowLost[place] ?? 0;
      spanMs += this.windowSpanMs[place] ?? 0;
    }
    return expected < MIN_SCORED_PACKETS ? Number.NaN : Math.max(0, lost) / expected;
  }
}
