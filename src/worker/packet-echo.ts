/**
 * The echo of a codec that cannot be cut and joined, or that nobody here knows: payloads go back whole and in their order, one a
 * ptime. Where none waits nothing is sent, for what silence is in it is not known.
 */
import { RTP_HEADER_BYTES } from '../rtp/packet.js';

/** So many may wait; beyond it (the two clocks drift apart) the oldest is given up. */
const CAPACITY_PACKETS = 8;
/** A longer payload is left out: no codec of calls makes one. */
const MAX_PAYLOAD_BYTES = 1400;

export class PacketEcho {
  private readonly packets = Array.from({ length: CAPACITY_PACKETS }, () => new Uint8Array(RTP_HEADER_BYTES));
  private start = 0;
  private waiting = 0;

  clear(): void {
    this.start = this.waiting = 0;
  }

  push(data: Uint8Array, offset: number, length: number): void {
    if (length === 0 || length > MAX_PAYLOAD_BYTES) {
      return;
    }
    if (this.waiting === CAPACITY_PACKETS) {
      this.start = (this.start + 1) % CAPACITY_PACKETS;
      this.waiting--;
    }
    const slot = (this.start + this.waiting) % CAPACITY_PACKETS;
    const packet = this.packetOf(slot, RTP_HEADER_BYTES + length);
    for (let i = 0; i < length; i++) {
      packet[RTP_HEADER_BYTES + i] = data[offset + i] ?? 0;
    }
    this.waiting++;
  }

  /** With room for its header; null where nothing waits. Valid until the next call. */
  nextPacket(): Uint8Array | null {
    if (this.waiting === 0) {
      return null;
    }
    const packet = this.packets[this.start] ?? null;
    this.start = (this.start + 1) % CAPACITY_PACKETS;
    this.waiting--;
    return packet;
  }

  /** The last one again where it has the length: most codecs have one. Else its memory, if that will do. */
  private packetOf(slot: number, bytes: number): Uint8Array {
    const before = this.packets[slot];
    if (before?.length === bytes) {
      return before;
    }
    const memory = before !== undefined && before.buffer.byteLength >= bytes ? before.buffer : new ArrayBuffer(bytes);
    const packet = new Uint8Array(memory, 0, bytes);
    this.packets[slot] = packet;
    return packet;
  }
}
