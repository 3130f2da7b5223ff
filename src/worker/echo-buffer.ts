/** The answerer's echo: payload bytes come in as they arrive and go out one packet a ptime, on our own sequence and clock. */
import { RTP_HEADER_BYTES } from '../rtp/packet.js';

/** So much may wait; beyond it (the two clocks drift apart) the oldest is given up. */
const CAPACITY_PACKETS = 8;

export class EchoBuffer {
  private readonly ring: Uint8Array;
  private readonly packet: Uint8Array;
  private start = 0;
  private filled = 0;

  /** @param bytesPerPacket payload octets of one ptime; @param silence the octet that decodes to silence */
  constructor(
    private readonly bytesPerPacket: number,
    private readonly silence: number,
  ) {
    this.ring = new Uint8Array(CAPACITY_PACKETS * bytesPerPacket);
    this.packet = new Uint8Array(RTP_HEADER_BYTES + bytesPerPacket);
  }

  fits(bytesPerPacket: number, silence: number): boolean {
    return bytesPerPacket === this.bytesPerPacket && silence === this.silence;
  }

  clear(): void {
    this.start = 0;
    this.filled = 0;
  }

  push(data: Uint8Array, offset: number, length: number): void {
    const { ring } = this;
    for (let i = 0; i < length; i++) {
      ring[(this.start + this.filled) % ring.length] = data[offset + i] ?? this.silence;
      if (this.filled < ring.length) {
        this.filled++;
      } else {
        this.start = (this.start + 1) % ring.length;
      }
    }
  }

  /** A packet with room for its header; silence where nothing waits. Valid until the next call. */
  nextPacket(): Uint8Array {
    const { ring, packet } = this;
    const available = Math.min(this.filled, this.bytesPerPacket);
    for (let i = 0; i < available; i++) {
      packet[RTP_HEADER_BYTES + i] = ring[(this.start + i) % ring.length] ?? this.silence;
    }
    packet.fill(this.silence, RTP_HEADER_BYTES + available);
    this.start = (this.start + available) % ring.length;
    this.filled -= available;
    return packet;
  }
}
