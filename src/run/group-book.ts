/** All figures of one group of calls: the run as a whole, or one endpoint. Merged by adding histograms, never percentiles. */
import { Distribution } from '../metrics/histogram.js';
import { BASIS, causeKey, DIRECTION, LEG, ROW, type CallRecord } from '../worker/messages.js';
import { DirectionBook } from './direction-book.js';
import { FarXrBook } from './far-xr-book.js';
import { isNoMedia, isOneWay } from './leg-findings.js';
import { SecondSeries } from './second-series.js';
import { SessionCounts } from './session-counts.js';

export interface CallCounts {
  notStarted: number;
  attempted: number;
  answered: number;
  failed: number;
  completed: number;
  dropped: number;
  cut: number;
  succeeded: number;
  oneWay: number;
  noMedia: number;
  roundTrip: number;
}

export class GroupBook {
  readonly calls: CallCounts = {
    notStarted: 0,
    attempted: 0,
    answered: 0,
    failed: 0,
    completed: 0,
    dropped: 0,
    cut: 0,
    succeeded: 0,
    oneWay: 0,
    noMedia: 0,
    roundTrip: 0,
  };
  /** What counts as evidence: calls after the warm-up, without those that we cut. Legs are judged by their codec's book. */
  readonly judged = { attempted: 0, succeeded: 0, answered: 0, dropped: 0 };
  /** The same calls by how their INVITE ended. */
  readonly sessions = new SessionCounts();
  /** By `phase|status|cause`. */
  readonly causes = new Map<string, { record: CallRecord; count: number }>();
  readonly finalResponses = new Map<number, number>();
  readonly setupDelayMs = new Distribution('ms');
  readonly answerDelayMs = new Distribution('ms');
  readonly disconnectDelayMs = new Distribution('ms');
  /** From the 2xx to the BYE. */
  readonly sessionDurationMs = new Distribution('ms');
  /** Round trips of OPTIONS during the run, where they were asked for. */
  readonly signallingRttMs = new Distribution('ms');
  /** What arrived here, and what the far end received of ours. */
  readonly received = new DirectionBook();
  readonly sent = new DirectionBook();
  /** What called users of ours with the labels of this group received, whoever called: totals of legs. */
  readonly called = new DirectionBook();
  /** What far ends say by themselves of ours. */
  readonly farXr = new FarXrBook();
  readonly series = new SecondSeries();
  /** Legs whose packets came from elsewhere than their SDP said. */
  otherSourceLegs = 0;
  /** Legs with totals of the sent direction, by their source. */
  readonly sentLegs = { rtcp: 0, answerer: 0 };
  /** Legs on which the far end sent RTCP. */
  rtcpLegs = 0;
  /** Legs that were SRTP, by the suite's index in SRTP_SUITE_NAMES. */
  readonly srtpLegs = new Map<number, number>();
  /** Legs by the code point of what came. */
  readonly dscpLegs = new Map<number, number>();

  /** @param keepsSeconds false: only figures of the whole are asked for */
  constructor(private readonly keepsSeconds = true) {}

  addCall(record: CallRecord, warm: boolean): void {
    if (this.keepsSeconds) {
      this.series.addCall(record);
    }
    this.countOutcome(record);
    this.countCause(record);
    if (record.outcome !== 'notStarted') {
      const status = record.establishedMs === null ? record.sipStatus : 200;
      if (status !== null) {
        this.finalResponses.set(status, (this.finalResponses.get(status) ?? 0) + 1);
      }
    }
    if (warm) {
      this.judge(record);
    }
  }

  addRow(table: Float64Array, offset: number, warm: boolean): void {
    const isSent = table[offset + ROW.direction] === DIRECTION.sent;
    if (this.keepsSeconds) {
      this.series.addRow(table, offset);
    }
    (isSent ? this.sent : this.received).addRow(table, offset, warm);
  }

  /** A leg's totals of the received direction: what they say of the leg as a whole is counted too. */
  addLeg(table: Float64Array, offset: number, warm: boolean): void {
    const at = (column: number): number => table[offset + column] ?? 0;
    const { calls } = this;
    const noMedia = isNoMedia(table, offset) ? 1 : 0;
    const oneWay = isOneWay(table, offset) ? 1 : 0;
    calls.noMedia += noMedia;
    calls.oneWay += oneWay;
    calls.roundTrip += at(LEG.reflected) === 1 ? 1 : 0;
    this.otherSourceLegs += at(LEG.otherSource) === 1 ? 1 : 0;
    this.rtcpLegs += at(LEG.rtcpReceived) > 0 ? 1 : 0;
    const suite = at(LEG.srtpSuite);
    if (suite >= 0) {
      this.srtpLegs.set(suite, (this.srtpLegs.get(suite) ?? 0) + 1);
    }
    const dscp = at(LEG.dscp);
    if (dscp >= 0) {
      this.dscpLegs.set(dscp, (this.dscpLegs.get(dscp) ?? 0) + 1);
    }
    const { judged } = this.received.addLeg(table, offset, warm);
    if (warm) {
      this.farXr.addLeg(table, offset);
      judged.legs++;
      judged.noMedia += noMedia;
      judged.oneWay += oneWay;
    }
  }

  /**
   * What the far end received of a leg in all: no leg of its own. Where the far end is a user of ours, it is known as well
   * whether audio came there at all.
   */
  addSentLeg(table: Float64Array, offset: number, warm: boolean): void {
    this.sentLegs[table[offset + LEG.basis] === BASIS.answerer ? 'answerer' : 'rtcp']++;
    const { judged } = this.sent.addLeg(table, offset, warm);
    if (Number.isNaN(table[offset + LEG.expectsAudio])) {
      return;
    }
    const noMedia = isNoMedia(table, offset) ? 1 : 0;
    const oneWay = isOneWay(table, offset) ? 1 : 0;
    this.calls.noMedia += noMedia;
    this.calls.oneWay += oneWay;
    if (warm) {
      judged.legs++;
      judged.noMedia += noMedia;
      judged.oneWay += oneWay;
    }
  }

  /** Answered legs that have reported. */
  get legs(): number {
    return this.received.legs;
  }

  private countOutcome(record: CallRecord): void {
    const { calls } = this;
    calls[record.outcome]++;
    calls.attempted += record.outcome === 'notStarted' ? 0 : 1;
    calls.answered += record.establishedMs === null ? 0 : 1;
    calls.succeeded += record.succeeded ? 1 : 0;
  }

  private countCause(record: CallRecord): void {
    if (record.succeeded || record.phase === null || record.cause === null) {
      return;
    }
    const key = causeKey(record);
    const entry = this.causes.get(key);
    if (entry === undefined) {
      this.causes.set(key, { record, count: 1 });
    } else {
      entry.count++;
      if (entry.record.detail === null && record.detail !== null) {
        entry.record = record; // the first that says why
      }
    }
  }

  private judge(record: CallRecord): void {
    // A call that we stopped says nothing about the target's success, but how long it took to answer is known.
    if (record.outcome !== 'notStarted' && record.outcome !== 'cut') {
      this.judged.attempted++;
      this.sessions.add(record);
      this.judged.succeeded += record.succeeded ? 1 : 0;
      this.judged.answered += record.establishedMs === null ? 0 : 1;
      this.judged.dropped += record.outcome === 'dropped' ? 1 : 0;
    }
    if (record.setupDelayMs !== null) {
      this.setupDelayMs.record(record.setupDelayMs);
    }
    if (record.answerDelayMs !== null) {
      this.answerDelayMs.record(record.answerDelayMs);
    }
    if (record.disconnectDelayMs !== null) {
      this.disconnectDelayMs.record(record.disconnectDelayMs);
    }
    const sessionMs = sessionDurationOf(record);
    if (sessionMs !== null) {
      this.sessionDurationMs.record(sessionMs);
    }
  }
}

/** From the 2xx to the BYE, ms; null for a call that was not answered, or that we cut. */
export function sessionDurationOf({ establishedMs, endedMs, disconnectDelayMs, outcome }: CallRecord): number | null {
  if (establishedMs === null || outcome === 'cut') {
    return null;
  }
  return Math.max(0, endedMs - (disconnectDelayMs ?? 0) - establishedMs);
}
