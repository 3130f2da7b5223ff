/**
 * The headers of the last packets of a leg, both ways: what shows how the audio of a failed call ended. 3.5 KB a leg in one typed
 * array for 2 s at 50 packets/s each way; noting a packet allocates nothing and takes some 30 ns. What packets of one stream have in
 * common (SSRC, far side, direction) stands once.
 */
import { RTP_HEADER_BYTES } from '../rtp/packet.js';

const KEPT_NS = 2e9;
/** What there is room for, with some slack. */
const ROOM_MS = 2080;
/** Two packets that were noted one after the other are no further apart: 31 bits of ns. More than what is kept, as their times may be a little out of order. */
const FURTHEST_NS = 2.1e9;

/** A packet: the lower 32 bits of its time in ns, the first eight bytes, and flow and length. */
const TIME = 0;
const FIRST = 1;
const TIMESTAMP = 2;
const MARK = 3;
const WORDS = 4;
const FLOW_BITS = 3;
const LENGTH = 0x7fff;
/** In place of a mark: its flow had to make room for another. */
const FORGOTTEN = 0xffff_ffff;

/** The streams of a call, and RTCP that shares its port: a report is a flow of its own, since there is no SSRC in that place. */
const FLOWS = 1 << FLOW_BITS;
const SSRC = 0;
const PEER = 1;
/** The port of the far side, and above it whether we sent. */
const PORT = 2;
const SENT = 0x1_0000;
/** When it was noted last, as a count of packets; 0: never. */
const USED = 3;
const FLOW_WORDS = 4;

/** What is noted of a packet; reused while the ring is read. */
export interface NotedHeader {
  readonly bytes: Uint8Array;
  /** Of the whole packet; below 12 where it was no RTP. */
  length: number;
  atNs: number;
  /** As `peerOf` of the tap names it. */
  peer: number;
  port: number;
  isSent: boolean;
}

export class HeaderRing {
  private readonly size: number;
  /** Packets, and behind them flows, from `flowsAt` on. */
  private readonly cells: Uint32Array;
  private readonly flowsAt: number;
  private next = 0;
  private count = 0;
  private noted = 0;
  /** Of the packet that was noted last. */
  private lastNs = Number.NaN;
  private peer = 0;
  private port = 0;

  /** @param ptimeMs from one packet to the next, in each direction */
  constructor(ptimeMs: number) {
    this.size = 2 * Math.ceil(ROOM_MS / ptimeMs);
    this.flowsAt = this.size * WORDS;
    this.cells = new Uint32Array(this.flowsAt + FLOWS * FLOW_WORDS);
  }

  clear(): void {
    this.next = this.count = this.noted = 0;
    this.lastNs = Number.NaN;
    this.cells.fill(0, this.flowsAt);
  }

  /** Whose the next packets are. @param peer 32 bits that say which address the far side has @param port of it */
  turnTo(peer: number, port: number): void {
    this.peer = peer;
    this.port = port;
  }

  note(data: Uint8Array, length: number, atNs: number, isSent: boolean): void {
    const sinceNs = atNs - this.lastNs;
    if (sinceNs > FURTHEST_NS) {
      this.clear(); // what is older than that is not wanted, and its time could not be told any more
    } else if (sinceNs < -FURTHEST_NS) {
      return;
    }
    const { cells } = this;
    const ssrc = ((data[8]! << 24) | (data[9]! << 16) | (data[10]! << 8) | data[11]!) >>> 0;
    const flow = this.flowOf(ssrc, isSent ? this.port | SENT : this.port);
    const at = this.next * WORDS;
    this.next = this.next + 1 === this.size ? 0 : this.next + 1;
    this.count = this.count < this.size ? this.count + 1 : this.size;
    this.lastNs = atNs;
    cells[at + TIME] = atNs;
    cells[at + FIRST] = (data[0]! << 24) | (data[1]! << 16) | (data[2]! << 8) | data[3]!;
    cells[at + TIMESTAMP] = (data[4]! << 24) | (data[5]! << 16) | (data[6]! << 8) | data[7]!;
    cells[at + MARK] = ((length < LENGTH ? length : LENGTH) << FLOW_BITS) | flow;
  }

  /** Those of the last two seconds before the newest, in the order in which they were noted. */
  read(visit: (header: Readonly<NotedHeader>) => void): void {
    const { cells } = this;
    const times = this.times();
    const newestNs = times.reduce((newest, atNs) => Math.max(newest, atNs), Number.NEGATIVE_INFINITY);
    const header = { bytes: new Uint8Array(RTP_HEADER_BYTES), length: 0, atNs: 0, peer: 0, port: 0, isSent: false };
    const view = new DataView(header.bytes.buffer);
    for (const [i, atNs] of times.entries()) {
      const at = this.placeOf(i);
      const mark = cells[at + MARK] ?? FORGOTTEN;
      if (atNs < newestNs - KEPT_NS || mark === FORGOTTEN) continue;
      const flow = this.flowsAt + (mark & (FLOWS - 1)) * FLOW_WORDS;
      view.setUint32(0, cells[at + FIRST] ?? 0);
      view.setUint32(4, cells[at + TIMESTAMP] ?? 0);
      view.setUint32(8, cells[flow + SSRC] ?? 0);
      header.atNs = atNs;
      header.peer = cells[flow + PEER] ?? 0;
      header.port = (cells[flow + PORT] ?? 0) & (SENT - 1);
      header.isSent = ((cells[flow + PORT] ?? 0) & SENT) !== 0;
      header.length = mark >>> FLOW_BITS;
      visit(header);
    }
  }

  /** Of all that is noted, oldest first; from the last one backwards, by the steps between them. */
  private times(): Float64Array {
    const times = new Float64Array(this.count);
    let atNs = this.lastNs;
    for (let i = this.count - 1; i >= 0; i--) {
      times[i] = atNs;
      atNs -= ((this.cells[this.placeOf(i)] ?? 0) - (this.cells[this.placeOf(i - 1)] ?? 0)) | 0;
    }
    return times;
  }

  /** Where the i-th of what is noted stands. */
  private placeOf(i: number): number {
    return ((this.next - this.count + i + 2 * this.size) % this.size) * WORDS;
  }

  /** The number of the flow; of more than there is room for, the one that was not noted for longest is forgotten. */
  private flowOf(ssrc: number, port: number): number {
    const { cells, peer } = this;
    let oldest = 0;
    this.noted++;
    for (let flow = 0; flow < FLOWS; flow++) {
      const at = this.flowsAt + flow * FLOW_WORDS;
      const used = cells[at + USED]!;
      if (used > 0 && cells[at + SSRC] === ssrc && cells[at + PORT] === port && cells[at + PEER] === peer) {
        cells[at + USED] = this.noted;
        return flow;
      }
      oldest = used < cells[this.flowsAt + oldest * FLOW_WORDS + USED]! ? flow : oldest;
    }
    this.begin(oldest, ssrc, port);
    return oldest;
  }

  private begin(flow: number, ssrc: number, port: number): void {
    const { cells } = this;
    const at = this.flowsAt + flow * FLOW_WORDS;
    for (let mark = MARK; cells[at + USED]! > 0 && mark < this.flowsAt; mark += WORDS) {
      cells[mark] = (cells[mark]! & (FLOWS - 1)) === flow ? FORGOTTEN : cells[mark]!;
    }
    cells[at + SSRC] = ssrc;
    cells[at + PORT] = port;
    cells[at + PEER] = this.peer;
    cells[at + USED] = this.noted;
  }
}
