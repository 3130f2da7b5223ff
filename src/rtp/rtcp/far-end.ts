/** What the far end's compounds tell: which are its own at all, its SRs, its blocks about our stream, its XR, its BYE. */
import { CompoundReader, type RtcpVisitor } from './compound-reader.js';
import type { DelaySinceReference, ReferenceTime } from './extended-report.js';
import { FarReport, type SentStream } from './far-report.js';
import { middleOfNtp, type NtpClock } from './ntp-clock.js';
import type { ReceptionStatistics } from './reception-statistics.js';
import type { ReportBlock } from './report-block.js';
import { RoundTrip } from './round-trip.js';
import type { SenderReport } from './sender-report.js';
import { VoipMetrics } from './voip-metrics.js';

const UNITS_PER_NS = 65_536 / 1e9;

export interface FarCounts {
  /** Compounds of the far end. */
  received: number;
  malformed: number;
  /** Blocks about our stream. */
  blocks: number;
  /** Of somebody else, or our own come back (an echo; §8.2). */
  stray: number;
  /** Blocks that told a round-trip time. */
  roundTrips: number;
  /** Blocks that name an SR of ours and not how long it was held: a far end that tells no RTT. */
  delayMissing: number;
  /** Blocks whose LSR and DLSR cannot be. */
  roundTripImplausible: number;
  /** Blocks of VoIP metrics about our stream. */
  voipMetrics: number;
}

/** The session's own, of this leg: which source is heard, what was sent, what time it is. */
export interface FarEndContext {
  readonly reception: ReceptionStatistics;
  readonly sent: SentStream;
  readonly clock: NtpClock;
  /** Packets that had left so long before this instant that the far end must have heard them by then. */
  sentLongBefore(atNs: number): number;
}

/** Shared by all far ends of a thread: it keeps nothing of what it has read. */
const reader = new CompoundReader();
const NOTHING_TOLD: Readonly<VoipMetrics> = new VoipMetrics();

export class FarEnd implements RtcpVisitor {
  /** A BYE came; RTP of a new source takes it back. */
  hasLeft = false;
  /** A block about our stream was used since this was last set to false. */
  hasNews = false;
  readonly report = new FarReport();
  readonly roundTrip = new RoundTrip();
  readonly counts: FarCounts = emptyCounts();
  private newestMetrics: VoipMetrics | null = null;
  /** Of the compound that is read. */
  private isRelated = false;
  /** A block told of packets of ours, or whether any came cannot be said from this compound. */
  private hasTold = false;
  /** It told a round trip, by LSR: DLRR would tell the same once more. */
  private hasRoundTrip = false;
  private arrivalNs = 0;
  /** The newest SR of the source that is heard: middle of its NTP time (0: none), and when it came. */
  private srSsrc = Number.NaN;
  private srMiddle = 0;
  private srArrivalNs = 0;
  /** The newest reference time that is not answered yet: middle of its NTP time, and when it came. */
  private referenceSsrc = Number.NaN;
  private referenceMiddle = 0;
  private referenceArrivalNs = 0;

  constructor(private readonly context: FarEndContext) {}

  /** The newest; of the whole call, as the RFC wants it. */
  get voipMetrics(): Readonly<VoipMetrics> {
    return this.newestMetrics ?? NOTHING_TOLD;
  }

  /** For the next leg. */
  reset(): void {
    this.hasLeft = this.hasNews = false;
    this.report.reset();
    this.roundTrip.reset();
    Object.assign(this.counts, emptyCounts());
    this.srMiddle = 0;
    this.referenceSsrc = Number.NaN;
  }

  /** `stray`: nothing in it is of the source that is heard or about the stream that we send. */
  receive(data: Uint8Array, length: number, arrivalNs: number): 'ok' | 'malformed' | 'stray' {
    this.isRelated = this.hasTold = this.hasRoundTrip = false;
    this.arrivalNs = arrivalNs;
    if (reader.read(data, length, this) !== 'ok') {
      this.counts.malformed++;
      return 'malformed';
    }
    if (!this.isRelated) {
      this.counts.stray++;
      return 'stray';
    }
    this.counts.received++;
    if (!this.hasTold && this.report.bookUnheard(this.context.sentLongBefore(arrivalNs), arrivalNs)) {
      this.hasNews = true;
    }
    return 'ok';
  }

  /**
   * LSR and DLSR of our block about the source that is heard. DLSR is at least one unit beside an LSR: with 0, the far end
   * could not tell it from one that is not filled in.
   */
  fillLastSr(block: ReportBlock, nowNs: number): void {
    const hasSr = this.srSsrc === this.context.reception.ssrc && this.srMiddle !== 0;
    block.lastSr = hasSr ? this.srMiddle : 0;
    block.delaySinceLastSr = hasSr ? heldUnits(this.srArrivalNs, nowNs) : 0;
  }

  /** The answer to the newest reference time (RFC 3611 §4.5), once; false when there is none. */
  fillDelay(report: DelaySinceReference, nowNs: number): boolean {
    if (Number.isNaN(this.referenceSsrc)) {
      return false;
    }
    report.ssrc = this.referenceSsrc;
    report.lastReference = this.referenceMiddle;
    report.delay = heldUnits(this.referenceArrivalNs, nowNs);
    this.referenceSsrc = Number.NaN;
    return true;
  }

  onSenderReport(report: SenderReport): void {
    const heard = this.context.reception.ssrc;
    // Before any RTP came it is kept by its SSRC: it counts if that turns out to be the source.
    if (report.ssrc === heard || Number.isNaN(heard)) {
      this.srSsrc = report.ssrc;
      this.srMiddle = middleOfNtp(report.ntpSeconds, report.ntpFraction);
      this.srArrivalNs = this.arrivalNs;
    }
    this.onReceiverReport(report.ssrc);
  }

  onReceiverReport(ssrc: number): void {
    const { reception, sent } = this.context;
    this.isRelated ||= ssrc === reception.ssrc && ssrc !== sent.ssrc;
  }

  onReportBlock(block: ReportBlock, reporter: number): void {
    const { sent } = this.context;
    if (reporter === sent.ssrc || block.ssrc !== sent.ssrc) {
      return;
    }
    this.isRelated = true;
    this.counts.blocks++;
    const verdict = this.report.take(block, reporter, sent, this.arrivalNs);
    this.hasTold ||= verdict !== 'next' || this.report.interval.expected > 0;
    if (verdict === 'first' || verdict === 'next' || verdict === 'rebased') {
      this.hasNews = true;
      this.hasRoundTrip = this.takeRoundTrip(block.lastSr, block.delaySinceLastSr);
    }
  }

  /** The far end is known by its SSRC; its name serves nobody here. */
  onCname(): void {}

  onBye(ssrc: number): void {
    const { reception, sent } = this.context;
    if (ssrc !== sent.ssrc && (ssrc === reception.ssrc || ssrc === this.report.reporter)) {
      this.isRelated = this.hasLeft = true;
      this.hasTold = true; // a farewell right behind a report has no block either: nothing was heard in between
    }
  }

  /** Of the source that is heard, or of one that only listens: it is known by its reports on us, or not at all yet. */
  onReferenceTime({ seconds, fraction }: ReferenceTime, reporter: number): void {
    const { reception, sent } = this.context;
    const isTheirs = Number.isNaN(reception.ssrc) || reporter === reception.ssrc || reporter === this.report.reporter;
    if (isTheirs && reporter !== sent.ssrc) {
      this.referenceSsrc = reporter;
      this.referenceMiddle = middleOfNtp(seconds, fraction);
      this.referenceArrivalNs = this.arrivalNs;
    }
  }

  onDelaySinceReference({ ssrc, lastReference, delay }: DelaySinceReference, reporter: number): void {
    if (this.isAboutUs(ssrc, reporter)) {
      this.isRelated = true;
      this.hasRoundTrip ||= this.takeRoundTrip(lastReference, delay);
    }
  }

  onVoipMetrics(metrics: VoipMetrics, reporter: number): void {
    if (this.isAboutUs(metrics.ssrc, reporter)) {
      this.isRelated = true;
      this.counts.voipMetrics++;
      Object.assign((this.newestMetrics ??= new VoipMetrics()), metrics);
    }
  }

  private isAboutUs(ssrc: number, reporter: number): boolean {
    const { sent } = this.context;
    return ssrc === sent.ssrc && reporter !== sent.ssrc;
  }

  private takeRoundTrip(last: number, delaySinceLast: number): boolean {
    const arrival = this.context.clock.middle(this.arrivalNs);
    switch (this.roundTrip.take(arrival, last, delaySinceLast)) {
      case 'measured':
        this.counts.roundTrips++;
        return true;
      case 'no-delay':
        this.counts.delayMissing++;
        break;
      case 'implausible':
        this.counts.roundTripImplausible++;
        break;
      default:
    }
    return false;
  }
}

/** At least one unit: 0 would pass for a delay that is not filled in. */
function heldUnits(sinceNs: number, nowNs: number): number {
  return Math.min(Math.max(Math.round((nowNs - sinceNs) * UNITS_PER_NS), 1), 0xffff_ffff);
}

function emptyCounts(): FarCounts {
  return {
    received: 0,
    malformed: 0,
    blocks: 0,
    stray: 0,
    roundTrips: 0,
    delayMissing: 0,
    roundTripImplausible: 0,
    voipMetrics: 0,
  };
}
