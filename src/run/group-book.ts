/** All figures of one group of calls: the run as a whole, or one endpoint. Merged by adding histograms, never percentiles. */
import { Distribution } from '../metrics/histogram.js';
import { LEG, ROW, type CallRecord } from '../worker/messages.js';
import { SecondSeries } from './second-series.js';

/** An answered leg on which we sent and nothing came for longer than this is one-way. */
const ONE_WAY_MS = 3000;

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

export interface PacketCounts {
  expected: number;
  received: number;
  lost: number;
  discarded: number;
  duplicate: number;
  reordered: number;
  stray: number;
  malformed: number;
}

interface QualityFigures {
  readonly expected: number;
  readonly lost: number;
  readonly discarded: number;
  readonly jitterMs: number;
  readonly rFactor: number;
  readonly mosLq: number;
}

/** The media figures: once over the legs' seconds, once with a value a call. */
export class QualityBook {
  readonly mosLq = new Distribution('mos');
  readonly rFactor = new Distribution('rFactor');
  readonly lossRatio = new Distribution('ratio');
  readonly discardRatio = new Distribution('ratio');
  readonly jitterMs = new Distribution('ms');

  /** @param figures NaN where nothing is known; ratios need `expected` > 0 */
  add(figures: QualityFigures): void {
    if (!Number.isNaN(figures.rFactor)) {
      this.rFactor.record(figures.rFactor);
      this.mosLq.record(figures.mosLq);
    }
    if (figures.expected > 0) {
      this.lossRatio.record(figures.lost / figures.expected);
      this.discardRatio.record(figures.discarded / figures.expected);
    }
    if (!Number.isNaN(figures.jitterMs)) {
      this.jitterMs.record(figures.jitterMs);
    }
  }
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
  /** What counts as evidence: calls and legs after the warm-up, without those calls that we cut. */
  readonly judged = { attempted: 0, succeeded: 0, answered: 0, dropped: 0, legs: 0, oneWay: 0, noMedia: 0 };
  /** By `phase|status|cause`. */
  readonly causes = new Map<string, { record: CallRecord; count: number }>();
  readonly finalResponses = new Map<number, number>();
  readonly packets: PacketCounts = {
    expected: 0,
    received: 0,
    lost: 0,
    discarded: 0,
    duplicate: 0,
    reordered: 0,
    stray: 0,
    malformed: 0,
  };
  readonly setupDelayMs = new Distribution('ms');
  readonly answerDelayMs = new Distribution('ms');
  readonly disconnectDelayMs = new Distribution('ms');
  /** Round trips of OPTIONS during the run, where they were asked for. */
  readonly signallingRttMs = new Distribution('ms');
  readonly perSecond = new QualityBook();
  readonly perCall = new QualityBook();
  readonly series = new SecondSeries();
  /** Legs whose packets came from elsewhere than their SDP said. */
  otherSourceLegs = 0;
  legs = 0;
  private rows = 0;

  addCall(record: CallRecord, warm: boolean): void {
    this.series.addCall(record);
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
    const at = (column: number): number => table[offset + column] ?? Number.NaN;
    this.series.addRow(table, offset);
    this.rows++;
    if (warm) {
      this.perSecond.add({
        expected: at(ROW.expected),
        lost: at(ROW.lost),
        discarded: at(ROW.discarded),
        jitterMs: at(ROW.jitterMs),
        rFactor: at(ROW.rFactor),
        mosLq: at(ROW.mosLq),
      });
    }
  }

  addLeg(table: Float64Array, offset: number, warm: boolean): void {
    const at = (column: number): number => table[offset + column] ?? 0;
    const { packets, calls, judged } = this;
    const noMedia = isNoMedia(table, offset) ? 1 : 0;
    const oneWay = isOneWay(table, offset) ? 1 : 0;
    this.legs++;
    packets.expected += at(LEG.expected);
    packets.received += at(LEG.received);
    packets.lost += at(LEG.lost);
    packets.discarded += at(LEG.discarded);
    packets.duplicate += at(LEG.duplicate);
    packets.reordered += at(LEG.reordered);
    packets.stray += at(LEG.stray);
    packets.malformed += at(LEG.malformed);
    calls.noMedia += noMedia;
    calls.oneWay += oneWay;
    calls.roundTrip += at(LEG.reflected);
    this.otherSourceLegs += at(LEG.otherSource);
    if (warm) {
      judged.legs++;
      judged.noMedia += noMedia;
      judged.oneWay += oneWay;
      this.perCall.add({
        expected: at(LEG.expected),
        lost: at(LEG.lost),
        discarded: at(LEG.discarded),
        jitterMs: at(LEG.jitterMs),
        rFactor: at(LEG.rFactor),
        mosLq: at(LEG.mosLq),
      });
    }
  }

  /** Something of what came in was measured. */
  get hasMedia(): boolean {
    return this.legs > 0 || this.rows > 0;
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
    const key = `${record.phase}|${record.sipStatus ?? ''}|${record.cause}`;
    const entry = this.causes.get(key);
    if (entry === undefined) {
      this.causes.set(key, { record, count: 1 });
    } else {
      entry.count++;
    }
  }

  private judge(record: CallRecord): void {
    // A call that we stopped says nothing about the target's success, but how long it took to answer is known.
    if (record.outcome !== 'notStarted' && record.outcome !== 'cut') {
      this.judged.attempted++;
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
  }
}

/** An answered leg on which no RTP packet came, though some were due. */
export function isNoMedia(table: Float64Array, offset: number): boolean {
  return table[offset + LEG.taken] === 0 && expectedAudio(table, offset);
}

/** We sent, and nothing came for more than 3 s, or never. */
export function isOneWay(table: Float64Array, offset: number): boolean {
  if ((table[offset + LEG.sent] ?? 0) === 0 || !expectedAudio(table, offset)) {
    return false;
  }
  return table[offset + LEG.taken] === 0 || (table[offset + LEG.longestSilenceMs] ?? 0) > ONE_WAY_MS;
}

/** Their SDP sends, and the call was long enough for a first packet to come. */
function expectedAudio(table: Float64Array, offset: number): boolean {
  return table[offset + LEG.expectsAudio] === 1 && (table[offset + LEG.establishedForMs] ?? 0) >= 1000;
}
