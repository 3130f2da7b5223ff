/**
 * One audio stream of a media worker to itself, over loopback: what it sees of jitter and transit is this host's own share
 * (timers, scheduling, kernel), which stands in every figure beside what the target did. It is paced and served as a leg is.
 */
import { NS_PER_MS } from '../lib/clock.js';
import { Tally } from '../lib/tally.js';
import { NetError, type DatagramSockets, type Destination } from '../net/datagram.js';
import { nextJitter } from '../quality/jitter.js';
import { RTP_HEADER_BYTES, RtpHeader, writeRtpHeader } from '../rtp/packet.js';
import type { FloorFigures } from './messages.js';

const ADDRESS = '127.0.0.1';
const PTIME_NS = 20 * NS_PER_MS;
/** G.711 at 20 ms. */
const PAYLOAD_BYTES = 160;
const PCMU = 0;
/** Ports in use that are passed over. */
const PORT_TRIES = 64;
/** Sent packets whose time of sending is kept, and datagrams read at one service. */
const RING = 64;

export interface FloorProbeOptions {
  /** The first port to try. */
  readonly firstPort: number;
  readonly now: () => number;
}

export class FloorProbe {
  private readonly packet = new Uint8Array(RTP_HEADER_BYTES + PAYLOAD_BYTES).fill(0xff); // silence of μ-law
  private readonly outgoing = new RtpHeader();
  private readonly incoming = new RtpHeader();
  private readonly jitterUs = new Tally();
  private readonly transitUs = new Tally();
  private readonly sentAtNs = new Float64Array(RING);
  /** When packet 0 was due, and which one is next; a packet is due a ptime after the one before. */
  private firstDueNs = Number.NaN;
  private next = 0;
  private jitterNs = 0;
  private lastLagNs = Number.NaN;

  private constructor(
    private readonly sockets: DatagramSockets,
    private readonly ends: { readonly sender: number; readonly receiver: number; readonly destination: Destination },
    private readonly now: () => number,
  ) {
    this.outgoing.payloadType = PCMU;
    this.outgoing.ssrc = 0;
  }

  /** Null where this host has no port or file handle left for it: a run goes on without. */
  static async open(sockets: DatagramSockets, { firstPort, now }: FloorProbeOptions): Promise<FloorProbe | null> {
    for (let port = firstPort; port < firstPort + PORT_TRIES; port++) {
      const receiver = await openOrNull(sockets, port);
      if (receiver === null) {
        continue;
      }
      const sender = await openOrNull(sockets, 0);
      if (sender !== null) {
        return new FloorProbe(sockets, { sender, receiver, destination: sockets.destination(ADDRESS, port) }, now);
      }
      sockets.close(receiver);
      return null;
    }
    return null;
  }

  /** Sends what is due once and takes what has come; a packet more than a ptime late is left out, as on a leg. */
  serve(nowNs: number): void {
    if (Number.isNaN(this.firstDueNs)) {
      this.firstDueNs = nowNs;
    }
    if (nowNs < this.firstDueNs + this.next * PTIME_NS) {
      return;
    }
    this.drain(); // what the last one made of its way, before the next one is sent
    const current = Math.floor((nowNs - this.firstDueNs) / PTIME_NS);
    this.next = Math.max(this.next, current);
    this.send();
    this.next++;
  }

  /** What was seen since the last call. @param clockStepped the wall clock jumped: the arrival times of this second are void */
  take(clockStepped: boolean): FloorFigures {
    const jitterUs = this.jitterUs.take();
    const transitUs = this.transitUs.take();
    if (!clockStepped) {
      return { jitterUs, transitUs };
    }
    this.lastLagNs = Number.NaN;
    return { jitterUs: new Float64Array(0), transitUs: new Float64Array(0) };
  }

  close(): void {
    this.sockets.close(this.ends.sender);
    this.sockets.close(this.ends.receiver);
  }

  private send(): void {
    const { outgoing, next } = this;
    outgoing.sequence = next & 0xffff;
    outgoing.timestamp = (next * PAYLOAD_BYTES) >>> 0;
    writeRtpHeader(this.packet, outgoing);
    this.sentAtNs[next % RING] = this.now();
    this.sockets.send(this.ends.sender, this.packet, this.ends.destination);
  }

  private drain(): void {
    const { sockets, incoming } = this;
    for (let i = 0; i < RING; i++) {
      const length = sockets.receive(this.ends.receiver);
      if (length < 0) {
        return;
      }
      // Anything else that comes to this port is somebody's mistake.
      if (length === this.packet.length && incoming.parse(sockets.data, length) === 'rtp' && incoming.ssrc === 0) {
        this.takeArrival(incoming.sequence, sockets.arrivalNs);
      }
    }
  }

  private takeArrival(sequence: number, arrivalNs: number): void {
    const behind = (this.next - 1 - sequence) & 0xffff;
    if (behind >= RING || behind >= this.next) {
      return;
    }
    const index = this.next - 1 - behind;
    const lagNs = arrivalNs - this.firstDueNs - index * PTIME_NS;
    if (!Number.isNaN(this.lastLagNs)) {
      this.jitterNs = nextJitter(this.jitterNs, lagNs - this.lastLagNs);
      this.jitterUs.record(this.jitterNs / 1000);
    }
    this.lastLagNs = lagNs;
    this.transitUs.record((arrivalNs - (this.sentAtNs[index % RING] ?? arrivalNs)) / 1000);
  }
}

async function openOrNull(sockets: DatagramSockets, port: number): Promise<number | null> {
  try {
    return await sockets.open(ADDRESS, port);
  } catch (error) {
    if (error instanceof NetError) {
      return null;
    }
    throw error;
  }
}
