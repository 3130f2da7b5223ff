/**
 * Round trips by RTCP as a bystander sees them (RFC 3550 §6.4.1): from the place of the capture to whoever reports, and back. An SR
 * passes at t1, the report block that answers it at t2; what is left of t2 − t1 without DLSR was on the way beyond that place.
 */
import { middleOfNtp } from '../rtp/rtcp/ntp-clock.js';
import { CompoundReader, type RtcpVisitor } from '../rtp/rtcp/compound-reader.js';
import type { ReportBlock } from '../rtp/rtcp/report-block.js';
import type { SenderReport } from '../rtp/rtcp/sender-report.js';

export interface RoundTrips {
  count: number;
  sumMs: number;
  minMs: number;
  maxMs: number;
}

interface SeenReport {
  readonly middle: number;
  readonly atMs: number;
}

const UNITS_PER_MS = 65.536;
/** Peers that count in milliseconds come out so far below zero. */
const GRAIN_MS = 1.1;
/** Of a source; a block answers the newest nearly always. */
const KEPT_REPORTS = 8;
const MAX_SOURCES = 20_000;
/** Behind the index: AEAD has none there, HMAC-SHA1 has 80 bits, or 32 with peers that shorten it. */
const SRTCP_TAG_BYTES = [0, 10, 4];
/** The first header and the SSRC stay in the clear. */
const SRTCP_CLEAR_BYTES = 8;
/** No path is that long: DLSR is not to be believed. */
const MOST_MS = 60_000;

export class RoundTripBook implements RtcpVisitor {
  compounds = 0;
  malformed = 0;
  /** Encrypted (SRTCP): what they say is known to the ends alone. */
  sealed = 0;
  private readonly reader = new CompoundReader(true);
  private readonly reports = new Map<string, SeenReport[]>();
  private readonly trips = new Map<string, RoundTrips>();
  private source = '';
  private destination = '';
  private atMs = 0;

  /** @param data of the whole datagram; less than `length` is counted and not read @param source, destination addresses without ports */
  take(data: Uint8Array, length: number, place: { source: string; destination: string; atMs: number }): void {
    this.compounds++;
    this.source = place.source;
    this.destination = place.destination;
    this.atMs = place.atMs;
    if (data.length < length) {
      this.malformed++;
    } else if (this.reader.read(data, length, this) !== 'ok') {
      this[isSealed(data, length) ? 'sealed' : 'malformed']++;
    }
  }

  /** Of the stream with this SSRC from this address: to its receiver and back; null where no report told. */
  of(ssrc: number, sourceAddress: string): Readonly<RoundTrips> | null {
    return this.trips.get(keyOf(ssrc, sourceAddress)) ?? null;
  }

  /** What XR tells is not part of an analysis. */
  onReferenceTime(): void {}

  onDelaySinceReference(): void {}

  onVoipMetrics(): void {}

  onSenderReport(report: SenderReport): void {
    const key = keyOf(report.ssrc, this.source);
    const seen = this.reports.get(key) ?? [];
    if (seen.length === 0) {
      if (this.reports.size >= MAX_SOURCES) return;
      this.reports.set(key, seen);
    }
    seen.push({ middle: middleOfNtp(report.ntpSeconds, report.ntpFraction), atMs: this.atMs });
    if (seen.length > KEPT_REPORTS) seen.shift();
  }

  /** The reporter sends it to where the stream comes from. A DLSR of 0 beside an LSR tells no delay (`round-trip.ts`). */
  onReportBlock({ ssrc, lastSr, delaySinceLastSr }: ReportBlock): void {
    const key = keyOf(ssrc, this.destination);
    const sent = this.reports.get(key)?.findLast(({ middle }) => Math.abs((middle - lastSr) | 0) <= 1);
    if (lastSr === 0 || delaySinceLastSr === 0 || sent === undefined) return;
    const tripMs = this.atMs - sent.atMs - delaySinceLastSr / UNITS_PER_MS;
    if (tripMs < -GRAIN_MS || tripMs > MOST_MS) return;
    const ms = Math.max(0, tripMs);
    const trips = this.trips.get(key) ?? { count: 0, sumMs: 0, minMs: Number.POSITIVE_INFINITY, maxMs: 0 };
    trips.count++;
    trips.sumMs += ms;
    trips.minMs = Math.min(trips.minMs, ms);
    trips.maxMs = Math.max(trips.maxMs, ms);
    this.trips.set(key, trips);
  }

  onReceiverReport(): void {}
  onCname(): void {}
  onBye(): void {}
}

/**
 * Whether a compound that cannot be read is SRTCP (RFC 3711 §3.4): the word with the E flag and the index stands before the tag, or
 * at the end (RFC 7714 §9.2). An index counts up from 0, so that its first bits tell it from chance.
 */
function isSealed(data: Uint8Array, length: number): boolean {
  return SRTCP_TAG_BYTES.some((tagBytes) => {
    const at = length - tagBytes - 4;
    return at >= SRTCP_CLEAR_BYTES && data[at] === 0x80 && (data[at + 1] ?? 0xff) < 0x10;
  });
}

function keyOf(ssrc: number, address: string): string {
  return `${ssrc} ${address}`;
}
