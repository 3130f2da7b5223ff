/** Packets of one leg as blocks of a capture file, with IP and UDP headers of their own making, in a growing buffer. */
import { headerBytes, writeHeaders, type UdpEnd } from '../capture/datagram-writer.js';
import { PACKET_DATA_OFFSET, packetBlockBytes, writePacketBlock, type WallTime } from '../capture/pcapng-writer.js';

const FIRST_BYTES = 8192;
const NS_PER_SECOND = 1e9;

/** One datagram. */
export interface NotedPacket {
  readonly data: Uint8Array;
  /** Bytes of `data` that are written. */
  readonly captured: number;
  /** On the wire. */
  readonly length: number;
  /** On the monotonic clock. */
  readonly atNs: number;
  readonly isSent: boolean;
}

export class PacketBlocks {
  packets = 0;
  private bytes = new Uint8Array(FIRST_BYTES);
  private view = new DataView(this.bytes.buffer);
  private used = 0;
  private readonly time = { seconds: 0, ns: 0 };

  /** @param wallOffset wall time at 0 of the monotonic clock */
  constructor(private readonly wallOffset: WallTime) {}

  get length(): number {
    return this.used;
  }

  add({ data, captured, length, atNs, isSent }: NotedPacket, local: UdpEnd, remote: UdpEnd): void {
    const headers = headerBytes(local.address.family);
    this.reserve(packetBlockBytes(headers + captured));
    const at = this.used + PACKET_DATA_OFFSET;
    for (let i = 0; i < captured; i++) this.bytes[at + headers + i] = data[i] ?? 0;
    const ends = isSent ? { from: local, to: remote } : { from: remote, to: local };
    writeHeaders(this.view, at, ends, { length, captured });
    const direction = isSent ? 'outbound' : 'inbound';
    this.setTime(atNs);
    const facts = { time: this.time, length: headers + length, direction } as const;
    this.used = writePacketBlock(this.view, this.used, headers + captured, facts);
    this.packets++;
  }

  /** The blocks so far, in a buffer of their own; starts anew. */
  take(): Uint8Array {
    const taken = this.bytes.slice(0, this.used);
    this.used = this.packets = 0;
    return taken;
  }

  private setTime(atNs: number): void {
    const ns = this.wallOffset.ns + Math.round(atNs);
    this.time.seconds = this.wallOffset.seconds + Math.floor(ns / NS_PER_SECOND);
    this.time.ns = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  }

  private reserve(bytes: number): void {
    if (this.used + bytes > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.used + bytes));
      larger.set(this.bytes.subarray(0, this.used));
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
  }
}
