/**
 * A capture file to the figures of its RTP streams: pieces of the file go in, and at its end one `Analysis` comes out. The streams are
 * measured by the same meter as live legs. Nothing in the file may throw but what makes it no capture at all.
 */
import { CaptureError } from '../capture/capture-error.js';
import { CaptureReader, type CapturedPacket } from '../capture/capture-reader.js';
import { DatagramReader, type NoDatagram } from '../capture/datagram-reader.js';
import { RoundTripBook } from './round-trips.js';
import type { GivenCosts } from './codec-costs.js';
import type { Encoding } from './encoding.js';
import type { SecondListener, RtpStream } from './rtp-stream.js';
import { SipCalls } from './sip-calls.js';
import { StreamFinder } from './stream-finder.js';

export interface AnalysisOptions {
  /** By payload type, for streams that no SDP describes. */
  readonly rtpMaps: ReadonlyMap<number, Encoding>;
  /** What the user says that codecs cost. */
  readonly costs?: GivenCosts;
  /** Hears every second of every stream as it closes. */
  readonly onSecond: SecondListener;
}

export class CaptureAnalysis {
  packets = 0;
  datagrams = 0;
  /** Without a time: nothing can be said of them. */
  untimed = 0;
  /** Of which the capture kept a part. */
  cut = 0;
  readonly refused: Record<NoDatagram, number> = { 'link-type': 0, 'not-udp': 0, fragment: 0, malformed: 0 };
  readonly calls = new SipCalls();
  readonly roundTrips = new RoundTripBook();
  readonly finder: StreamFinder;
  /** Why the file was not read to its end; null: it was. */
  damage: string | null = null;
  /** Of the first packet, seconds since 1970; null before it. */
  startedAtSeconds: number | null = null;
  private firstSeconds = 0;
  private firstNs = 0;
  private lastMs = 0;
  private readonly reader: CaptureReader;
  private readonly datagramReader = new DatagramReader();

  constructor({ rtpMaps, costs = new Map(), onSecond }: AnalysisOptions) {
    this.finder = new StreamFinder({ calls: this.calls, rtpMaps, costs, onSecond });
    this.reader = new CaptureReader((packet) => this.takePacket(packet));
  }

  get format(): CaptureReader['format'] {
    return this.reader.format;
  }

  get durationMs(): number {
    return this.lastMs;
  }

  get streams(): readonly RtpStream[] {
    return this.finder.streams;
  }

  /**
   * The next bytes of the file; false: nothing more of it can be read.
   * @throws CaptureError where it is no capture, or is damaged before its first packet
   */
  push(bytes: Uint8Array): boolean {
    return this.damage === null && this.attempt(() => this.reader.push(bytes));
  }

  /** The file is over: what is still open is closed. @throws CaptureError as `push` */
  end(): void {
    if (this.damage === null) {
      this.attempt(() => this.reader.end());
    }
    for (const stream of this.streams) {
      stream.finish(this.lastMs);
    }
  }

  private attempt(read: () => void): boolean {
    try {
      read();
      return true;
    } catch (error) {
      if (!(error instanceof CaptureError) || this.packets === 0) {
        throw error;
      }
      this.damage = error.message;
      return false;
    }
  }

  private takePacket(packet: Readonly<CapturedPacket>): void {
    this.packets++;
    this.cut += packet.data.length < packet.length ? 1 : 0;
    if (packet.time === null) {
      this.untimed++;
      return;
    }
    const atMs = this.msOf(packet.time.seconds, packet.time.ns);
    this.lastMs = Math.max(this.lastMs, atMs);
    const refusal = this.datagramReader.read(packet);
    if (refusal !== null) {
      this.refused[refusal]++;
      return;
    }
    this.datagrams++;
    this.takeDatagram(atMs);
  }

  private takeDatagram(atMs: number): void {
    const { datagram } = this.datagramReader;
    const { payload, length } = datagram;
    const first = payload[0] ?? 0;
    if (first >>> 6 !== 2) {
      this.calls.take(payload, atMs);
      return;
    }
    const flow = this.finder.flowOf(datagram);
    if (flow === null) {
      return;
    }
    if (isRtcpType(payload[1] ?? 0)) {
      const { sourceAddress: source, destinationAddress: destination } = flow;
      this.roundTrips.take(payload, length, { source, destination, atMs });
      return;
    }
    this.finder.take(flow, datagram, atMs);
  }

  /** Since the first packet: a double holds that to the ns for months. */
  private msOf(seconds: number, ns: number): number {
    if (this.startedAtSeconds === null) {
      this.firstSeconds = seconds;
      this.firstNs = ns;
      this.startedAtSeconds = seconds + ns / 1e9;
    }
    return (seconds - this.firstSeconds) * 1000 + (ns - this.firstNs) / 1e6;
  }
}

/** SR, RR, SDES, BYE, APP and what came after them (RFC 5761 §4). */
function isRtcpType(type: number): boolean {
  return type >= 192 && type <= 223;
}
