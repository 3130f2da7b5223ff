/**
 * Finds the RTP streams among the UDP datagrams of a capture. Where SDP names an endpoint, what goes there is RTP; elsewhere a source is
 * believed after four packets whose SSRC, payload type and sequence agree (RFC 3550 A.1 asks for two, but other protocols pass
 * here too), on a pair of ports of which one is even. Bounded in flows and streams.
 */
import { RtpHeader, RTP_HEADER_BYTES } from '../rtp/packet.js';
import type { Datagram } from '../capture/datagram-reader.js';
import { formatIp } from '../lib/ip-address.js';
import { endpointText } from './endpoint.js';
import type { GivenCosts } from './codec-costs.js';
import { staticEncoding, type Encoding } from './encoding.js';
import { RtpStream, type SecondListener } from './rtp-stream.js';
import type { MediaPlace, SipCalls } from './sip-calls.js';

const PROBATION = 4;
/** From one packet of a source to the next, before it is believed. */
const MOST_STEP = 20;
const MAX_FLOWS = 65_536;
export const MAX_STREAMS = 5000;
/** Of one flow: a sender that draws an SSRC for every packet is no RTP. */
const MAX_SOURCES = 64;
const FIRST_PORT = 1024;

/** From one address and port to another. */
export interface Flow {
  readonly source: string;
  readonly destination: string;
  readonly sourceAddress: string;
  readonly destinationAddress: string;
  /** By SSRC. */
  readonly streams: Map<number, RtpStream>;
  readonly isLikely: boolean;
  candidate: Candidate | null;
}

interface Candidate {
  readonly ssrc: number;
  readonly payloadType: number;
  sequence: number;
  readonly packets: HeldPacket[];
}

interface HeldPacket {
  readonly header: RtpHeader;
  readonly atMs: number;
}

export interface FinderOptions {
  readonly calls: SipCalls;
  /** What the user says of payload types; SDP goes before it. */
  readonly rtpMaps: ReadonlyMap<number, Encoding>;
  readonly costs: GivenCosts;
  readonly onSecond: SecondListener;
}

export class StreamFinder {
  readonly streams: RtpStream[] = [];
  /** RTP packets that were taken for a stream. */
  packets = 0;
  /** Packets that were left out because there were too many streams or flows. */
  leftOut = 0;
  private readonly flows = new Map<string, Flow>();
  private readonly header = new RtpHeader();
  private readonly scratch = new Uint8Array(RTP_HEADER_BYTES);

  constructor(private readonly options: FinderOptions) {}

  /** Null where there are too many. */
  flowOf(datagram: Readonly<Datagram>): Flow | null {
    const key = keyOf(datagram);
    const known = this.flows.get(key);
    if (known !== undefined) {
      return known;
    }
    if (this.flows.size >= MAX_FLOWS) {
      this.leftOut++;
      return null;
    }
    const { source, destination, sourcePort, destinationPort } = datagram;
    const flow: Flow = {
      source: endpointText(source, sourcePort),
      destination: endpointText(destination, destinationPort),
      sourceAddress: formatIp(source),
      destinationAddress: formatIp(destination),
      streams: new Map(),
      isLikely:
        sourcePort >= FIRST_PORT &&
        destinationPort >= FIRST_PORT &&
        ((sourcePort & 1) === 0 || (destinationPort & 1) === 0),
      candidate: null,
    };
    this.flows.set(key, flow);
    return flow;
  }

  /** Takes a datagram that may be RTP; false where it is not, or not yet known to be. */
  take(flow: Flow, { payload, length }: Readonly<Datagram>, atMs: number): boolean {
    const { header } = this;
    if (!this.parse(payload, length)) {
      return false;
    }
    const media = this.mediaOf(flow);
    const known = flow.streams.get(header.ssrc);
    if (known !== undefined && !known.isStale(atMs) && known.call === (media?.call ?? known.call)) {
      this.packets++;
      known.take(header, atMs, header.payloadLength);
      return true;
    }
    if (media !== null) {
      return this.begin(flow, media, [{ header, atMs }]);
    }
    return flow.isLikely && this.consider(flow, atMs);
  }

  /** What the receiver has said, else the sender (symmetric RTP behind NAT comes from where nobody is described). */
  private mediaOf({ source, destination }: Flow): MediaPlace | null {
    const { calls } = this.options;
    return calls.placeAt(destination) ?? calls.placeAt(source) ?? null;
  }

  /** A header alone will do, as captures cut to headers have it: then padding and extension are out of sight. */
  private parse(payload: Uint8Array, length: number): boolean {
    if (payload.length >= length) {
      return this.header.parse(payload, length) === 'rtp';
    }
    if (payload.length < RTP_HEADER_BYTES) {
      return false;
    }
    this.scratch.set(payload.subarray(0, RTP_HEADER_BYTES));
    this.scratch[0] = (this.scratch[0] ?? 0) & 0b1100_1111;
    return this.header.parse(this.scratch, length) === 'rtp';
  }

  private consider(flow: Flow, atMs: number): boolean {
    const { header } = this;
    const held = { header: Object.assign(new RtpHeader(), header), atMs };
    const { candidate } = flow;
    const step = candidate === null ? 0 : ((header.sequence - candidate.sequence) << 16) >> 16;
    const agrees = candidate !== null && candidate.ssrc === header.ssrc && candidate.payloadType === header.payloadType;
    if (!agrees || step === 0 || Math.abs(step) > MOST_STEP) {
      const { ssrc, payloadType, sequence } = header;
      flow.candidate = { ssrc, payloadType, sequence, packets: [held] };
      return false;
    }
    candidate.sequence = header.sequence;
    candidate.packets.push(held);
    if (candidate.packets.length < PROBATION) {
      return false;
    }
    flow.candidate = null;
    return this.begin(flow, null, candidate.packets);
  }

  private begin(flow: Flow, media: MediaPlace | null, packets: readonly HeldPacket[]): boolean {
    const [first] = packets;
    const isFull = this.streams.length >= MAX_STREAMS;
    if (first === undefined || isFull || (flow.streams.size >= MAX_SOURCES && !flow.streams.has(first.header.ssrc))) {
      this.leftOut += packets.length;
      return true;
    }
    const { source, destination, sourceAddress } = flow;
    const { ssrc, payloadType } = first.header;
    const stream = new RtpStream({ source, destination, sourceAddress, ssrc }, payloadType, first.atMs, {
      media,
      encodingOf: (type) => this.encodingOf(media, flow, type),
      onSecond: this.options.onSecond,
      costs: this.options.costs,
    });
    // The one before it with this SSRC is over: of another call, or long ago.
    flow.streams.get(ssrc)?.finish(null);
    flow.streams.set(ssrc, stream);
    this.streams.push(stream);
    for (const { header, atMs } of packets) {
      this.packets++;
      stream.take(header, atMs, header.payloadLength);
    }
    return true;
  }

  /** The receiver's word, the sender's, the user's, the standard's. */
  private encodingOf(media: MediaPlace | null, flow: Flow, payloadType: number): Encoding | undefined {
    if (media === null) {
      return this.options.rtpMaps.get(payloadType) ?? staticEncoding(payloadType);
    }
    const { calls, rtpMaps } = this.options;
    const sender = calls.placeAt(flow.source);
    const described = media.encodings.get(payloadType);
    return (
      described ??
      (sender?.call === media.call ? sender.encodings.get(payloadType) : undefined) ??
      rtpMaps.get(payloadType)
    );
  }
}

/** Addresses and ports as one text of as many characters as they have bytes. */
function keyOf({ source, destination, sourcePort, destinationPort }: Readonly<Datagram>): string {
  const ports = String.fromCharCode(sourcePort, destinationPort);
  return String.fromCharCode(...source) + String.fromCharCode(...destination) + ports;
}
