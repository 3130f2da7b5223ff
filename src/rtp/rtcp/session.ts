/**
 * RTCP of one leg, RFC 3550 §6, for two parties: when a report is due, what it says, and what the far end's reports tell.
 * It knows no socket and no clock: bytes and monotonic times go in, bytes come out.
 */
import { CompoundWriter } from './compound-writer.js';
import type { DelaySinceReference, ExtendedReport, ReferenceTime } from './extended-report.js';
import { type FarCounts, FarEnd } from './far-end.js';
import type { FarInterval, FarTotals, SentStream } from './far-report.js';
import {
  deterministicInterval,
  type IntervalState,
  nextAverageOctets,
  randomisedInterval,
  rtcpBandwidth,
  UDP_OVERHEAD_OCTETS,
} from './interval.js';
import { middleOfNtp, type NtpClock } from './ntp-clock.js';
import { ReceptionStatistics } from './reception-statistics.js';
import { ReportBlock } from './report-block.js';
import { SenderReport } from './sender-report.js';
import { encodeCname } from './source-description.js';
import type { VoipMetrics } from './voip-metrics.js';

const NS_PER_SECOND = 1e9;

/** What a leg begins with. */
export interface RtcpStart {
  /** Of the stream that we send. */
  readonly ssrc: number;
  /** Of the first packet that we send. */
  readonly firstSequence: number;
  /** Of the RTP timestamps, Hz. */
  readonly clockRate: number;
  /** 1–255 bytes of UTF-8. */
  readonly cname: string;
  readonly startedAtNs: number;
  /** `null`: the interval of RFC 3550, 2.05–6.16 s. A number is for our own ends only. */
  readonly fixedIntervalMs: number | null;
  /** Of one stream with IP and UDP; G.711 at 20 ms has 80,000. */
  readonly sessionBitsPerSecond: number;
  /** What goes out in XR, as the far end asked for it; absent: no XR. */
  readonly extended?: ExtendedWishes | null;
}

/** What the far end wants of XR, by a=rtcp-xr (RFC 3611 §5.1). */
export interface ExtendedWishes {
  readonly voipMetrics: boolean;
  /** Reference times go both ways; `senders`: only who sends audio answers them. */
  readonly referenceTimes: 'none' | 'senders' | 'all';
}

/** What is shared by the legs of a thread. */
export interface RtcpContext {
  readonly clock: NtpClock;
  /** Uniform in [0, 1). */
  random(): number;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A packet that left so long before a report of the far end is in it, or lost. */
const HEARD_AFTER_NS = NS_PER_SECOND;

const NO_BLOCKS: readonly ReportBlock[] = [];

// Shared by all sessions of a thread: used and left within one call.
const writer = new CompoundWriter();
const report = new SenderReport();
const block = new ReportBlock();
const BLOCKS: readonly ReportBlock[] = [block];
const referenceTime: ReferenceTime = { seconds: 0, fraction: 0 };
const delaySinceReference: DelaySinceReference = { ssrc: 0, lastReference: 0, delay: 0 };
const extendedReport: ExtendedReport = { referenceTime: null, delaySinceReference: null, voipMetrics: null };

export class RtcpSession {
  /** Monotonic; +∞ before a leg begins and after its BYE. */
  dueAtNs = Number.POSITIVE_INFINITY;
  /** Compounds that were written. */
  reportsSent = 0;
  private readonly sent: Mutable<SentStream> = {
    ssrc: 0,
    firstSequence: 0,
    clockRate: 8000,
    packetCount: 0,
    firstSentNs: Number.NaN,
  };
  private readonly reception = new ReceptionStatistics();
  private readonly far: FarEnd;
  private readonly timing: IntervalState = {
    members: 1,
    senders: 0,
    weSent: false,
    isInitial: true,
    averageOctets: 0,
    rtcpOctetsPerSecond: 0,
  };
  private extended: ExtendedWishes | null = null;
  private cname: Uint8Array = new Uint8Array(0);
  private fixedIntervalNs = Number.NaN;
  private octets = 0;
  private lastTimestamp = 0;
  private lastSentNs = 0;
  /** Packets sent when the last report was written, and when the one before it was. */
  private packetsAtReport = 0;
  private packetsAtReportBefore = 0;
  private reportAtNs = Number.POSITIVE_INFINITY;
  private reportBeforeAtNs = Number.POSITIVE_INFINITY;

  constructor(private readonly context: RtcpContext) {
    this.far = new FarEnd({
      reception: this.reception,
      sent: this.sent,
      clock: context.clock,
      sentLongBefore: (atNs) => this.sentLongBefore(atNs),
    });
  }

  /** Of the newest block that told it, ms; NaN before. */
  get rttMs(): number {
    return this.far.roundTrip.rttMs;
  }

  /** What the newest used block told of our stream; reused. */
  get farInterval(): Readonly<FarInterval> {
    return this.far.report.interval;
  }

  get farTotals(): Readonly<FarTotals> {
    return this.far.report.totals;
  }

  get counts(): Readonly<FarCounts> {
    return this.far.counts;
  }

  /** The newest that the far end said of our stream, good where `counts.voipMetrics` is above 0; reused. */
  get farMetrics(): Readonly<VoipMetrics> {
    return this.far.voipMetrics;
  }

  /** A BYE of the source that we hear, or of the reporter; RTP of a new source takes it back. */
  get farLeft(): boolean {
    return this.far.hasLeft;
  }

  /** Begins a leg, and forgets the last one. @throws RangeError for a CNAME that has not 1–255 bytes */
  start(options: RtcpStart): void {
    this.cname = encodeCname(options.cname);
    const { sent, timing } = this;
    sent.ssrc = options.ssrc;
    sent.firstSequence = options.firstSequence;
    sent.clockRate = options.clockRate;
    sent.packetCount = this.octets = this.packetsAtReport = this.packetsAtReportBefore = this.reportsSent = 0;
    this.reportAtNs = this.reportBeforeAtNs = Number.POSITIVE_INFINITY;
    sent.firstSentNs = Number.NaN;
    this.reception.start(options.clockRate);
    this.far.reset();
    this.extended = options.extended ?? null;
    this.fixedIntervalNs = options.fixedIntervalMs === null ? Number.NaN : options.fixedIntervalMs * 1e6;
    timing.isInitial = true;
    timing.rtcpOctetsPerSecond = rtcpBandwidth(options.sessionBitsPerSecond);
    timing.averageOctets = this.compound(options.startedAtNs).length + UDP_OVERHEAD_OCTETS; // the first, as it will be
    this.dueAtNs = options.startedAtNs;
    this.schedule(options.startedAtNs);
  }

  /** A packet of the stream that is heard: an `RtpHeader` will do. Per packet: cheap. */
  onRtp(packet: Readonly<{ sequence: number; timestamp: number; ssrc: number }>, arrivalNs: number): void {
    if (packet.ssrc !== this.reception.ssrc) {
      this.far.hasLeft = false;
    }
    this.reception.onPacket(packet, arrivalNs);
  }

  /** A packet that left. @param rtpTimestamp of it @param octets of its payload */
  onSent(rtpTimestamp: number, octets: number, nowNs: number): void {
    const { sent } = this;
    if (sent.packetCount === 0) {
      sent.firstSentNs = nowNs;
    }
    sent.packetCount++;
    this.octets += octets;
    this.lastTimestamp = rtpTimestamp;
    this.lastSentNs = nowNs;
  }

  /** `stray`: nothing in it is of the source that we hear or about the stream that we send. */
  receive(data: Uint8Array, length: number, arrivalNs: number): 'ok' | 'malformed' | 'stray' {
    const verdict = this.far.receive(data, length, arrivalNs);
    if (verdict === 'ok') {
      this.timing.averageOctets = nextAverageOctets(this.timing.averageOctets, length);
    }
    return verdict;
  }

  /** Whether a block about our stream told something new since the last call. */
  takeNews(): boolean {
    const { hasNews } = this.far;
    this.far.hasNews = false;
    return hasNews;
  }

  /**
   * The report that is due; sets when the next one is. An SR when we sent RTP since the second last report (§6.4), else
   * an RR. @param metrics of the stream that is heard, for XR; its SSRC is filled in here; null: nothing is known yet
   * @returns a view of a buffer that the next call writes over, of whatever session of the thread
   */
  write(nowNs: number, metrics: VoipMetrics | null = null): Uint8Array {
    const bytes = this.compound(nowNs, metrics);
    this.afterReport(bytes.length, nowNs);
    this.schedule(nowNs);
    return bytes;
  }

  /**
   * The last report, with a BYE; nothing is due from then on. @param reason at most 255 bytes of it, none when empty
   * @returns `null` where no packet of ours was ever sent: then a BYE must not be either (§6.3.7)
   */
  writeBye(nowNs: number, reason: string, metrics: VoipMetrics | null = null): Uint8Array | null {
    this.dueAtNs = Number.POSITIVE_INFINITY;
    if (this.sent.packetCount === 0 && this.reportsSent === 0) {
      return null;
    }
    this.compound(nowNs, metrics);
    writer.bye(this.sent.ssrc, reason);
    const bytes = writer.bytes();
    this.afterReport(bytes.length, nowNs);
    return bytes;
  }

  private compound(nowNs: number, metrics: VoipMetrics | null = null): Uint8Array {
    const { reception, sent } = this;
    const blocks = reception.hasNews ? BLOCKS : NO_BLOCKS;
    if (reception.hasNews) {
      reception.writeTo(block);
      this.far.fillLastSr(block, nowNs);
    }
    if (this.isSender()) {
      this.fillSenderReport(nowNs);
      writer.senderReport(report, blocks);
    } else {
      writer.receiverReport(sent.ssrc, blocks);
    }
    writer.cname(sent.ssrc, this.cname);
    if (this.extended !== null) {
      this.extend(this.extended, nowNs, metrics);
    }
    return writer.bytes();
  }

  /** A reference time always: who sends learns nothing by its SRs where its audio does not arrive. */
  private extend({ voipMetrics, referenceTimes }: ExtendedWishes, nowNs: number, metrics: VoipMetrics | null): void {
    const { reception, context, far } = this;
    const isWanted = referenceTimes !== 'none';
    if (isWanted) {
      context.clock.set(nowNs);
      referenceTime.seconds = context.clock.seconds;
      referenceTime.fraction = context.clock.fraction;
      far.roundTrip.onTimestamp(middleOfNtp(referenceTime.seconds, referenceTime.fraction));
    }
    const answers = referenceTimes === 'all' || (isWanted && this.isSender());
    const hasMetrics = voipMetrics && metrics !== null && !Number.isNaN(reception.ssrc);
    if (hasMetrics) {
      metrics.ssrc = reception.ssrc;
    }
    extendedReport.referenceTime = isWanted ? referenceTime : null;
    extendedReport.delaySinceReference =
      answers && far.fillDelay(delaySinceReference, nowNs) ? delaySinceReference : null;
    extendedReport.voipMetrics = hasMetrics ? metrics : null;
    if (isWanted || hasMetrics) {
      writer.extendedReport(this.sent.ssrc, extendedReport);
    }
  }

  private isSender(): boolean {
    return this.sent.packetCount > this.packetsAtReportBefore;
  }

  private fillSenderReport(nowNs: number): void {
    const { sent, context } = this;
    context.clock.set(nowNs);
    report.ssrc = sent.ssrc;
    report.ntpSeconds = context.clock.seconds;
    report.ntpFraction = context.clock.fraction;
    const sincePacket = Math.round(((nowNs - this.lastSentNs) * sent.clockRate) / NS_PER_SECOND);
    report.rtpTimestamp = (this.lastTimestamp + sincePacket) >>> 0;
    report.packetCount = sent.packetCount >>> 0;
    report.octetCount = this.octets >>> 0;
    this.far.roundTrip.onTimestamp(middleOfNtp(report.ntpSeconds, report.ntpFraction));
  }

  /** As our own reports counted them: exact, and old enough. */
  private sentLongBefore(atNs: number): number {
    const latestNs = atNs - HEARD_AFTER_NS - (Number.isNaN(this.rttMs) ? 0 : this.rttMs * 1e6);
    if (this.reportAtNs <= latestNs) {
      return this.packetsAtReport;
    }
    return this.reportBeforeAtNs <= latestNs ? this.packetsAtReportBefore : 0;
  }

  private afterReport(octets: number, nowNs: number): void {
    this.reportsSent++;
    this.timing.isInitial = false;
    this.timing.averageOctets = nextAverageOctets(this.timing.averageOctets, octets);
    this.packetsAtReportBefore = this.packetsAtReport;
    this.packetsAtReport = this.sent.packetCount;
    this.reportBeforeAtNs = this.reportAtNs;
    this.reportAtNs = nowNs;
  }

  private schedule(nowNs: number): void {
    if (!Number.isNaN(this.fixedIntervalNs)) {
      const nextNs = this.dueAtNs + this.fixedIntervalNs; // on its own grid: a late report moves none of the next
      this.dueAtNs = nextNs > nowNs ? nextNs : nowNs + this.fixedIntervalNs;
      return;
    }
    const { timing } = this;
    const hears = !Number.isNaN(this.reception.ssrc);
    timing.weSent = this.isSender();
    timing.members = hears || this.counts.received > 0 ? 2 : 1;
    timing.senders = (timing.weSent ? 1 : 0) + (hears ? 1 : 0);
    const seconds = randomisedInterval(deterministicInterval(timing), this.context.random());
    this.dueAtNs = nowNs + seconds * NS_PER_SECOND;
  }
}
