/**
 * Keystream of AES in counter mode (RFC 3711 §4.1.1) for packets of one SSRC. It depends on SSRC, index and salt alone, so that
 * of the next packets is made with that of this one, by one call of node:crypto over their counter blocks.
 */
import { type Cipher, createCipheriv } from 'node:crypto';

const BLOCK_BYTES = 16;
/** Kept for one stream: 16 packets of G.711 at 20 ms. */
const BATCH_BYTES = 2560;

/** What is encrypted to the keystream; shared by all streams of a thread. */
const counters = new Uint8Array(BATCH_BYTES);

export class Keystream {
  private readonly cipher: Cipher;
  private readonly salt: Uint8Array;
  private stream: Uint8Array = new Uint8Array(0);
  private ssrc = -1;
  /** Of the first packet in `stream`. */
  private firstIndex = -1;
  private packets = 0;
  private bytesPerPacket = 0;

  /** @param salt 14 bytes */
  constructor(key: Uint8Array, salt: Uint8Array) {
    this.cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
    this.salt = salt;
  }

  /** Encrypts or decrypts `data` in place from `from` up to `to`. */
  apply(data: Uint8Array, from: number, to: number, packet: { readonly ssrc: number; readonly index: number }): void {
    const { ssrc, index } = packet;
    const bytes = to - from;
    const isThere = ssrc === this.ssrc && index >= this.firstIndex && index < this.firstIndex + this.packets;
    if (!isThere || bytes > this.bytesPerPacket) this.make(ssrc, index, bytes);
    const { stream } = this;
    const shift = (index - this.firstIndex) * this.bytesPerPacket - from;
    for (let i = from; i < to; i++) data[i] = data[i]! ^ stream[i + shift]!;
  }

  /** For the packet of this index and as many after it as there is room for. */
  private make(ssrc: number, index: number, bytes: number): void {
    const bytesPerPacket = Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
    const packets = Math.max(1, Math.floor(BATCH_BYTES / Math.max(bytesPerPacket, BLOCK_BYTES)));
    const blocks = packets * bytesPerPacket <= BATCH_BYTES ? counters : new Uint8Array(bytesPerPacket);
    for (let packet = 0; packet < packets; packet++) {
      this.writeCounters(blocks, packet * bytesPerPacket, { ssrc, index: index + packet, bytes: bytesPerPacket });
    }
    this.stream = this.cipher.update(blocks.subarray(0, packets * bytesPerPacket));
    this.ssrc = ssrc;
    this.firstIndex = index;
    this.packets = packets;
    this.bytesPerPacket = bytesPerPacket;
  }

  private writeCounters(
    blocks: Uint8Array,
    offset: number,
    { ssrc, index, bytes }: { readonly ssrc: number; readonly index: number; readonly bytes: number },
  ): void {
    for (let at = offset, block = 0; at < offset + bytes; at += BLOCK_BYTES, block++) {
      writeInitialCounter(blocks, at, this.salt, { ssrc, index });
      blocks[at + 14] = block >>> 8;
      blocks[at + 15] = block;
    }
  }
}

/** IV = salt · 2^16 ⊕ SSRC · 2^64 ⊕ index · 2^16 (§4.1.1). @param salt 14 bytes @param index below 2^48 */
export function writeInitialCounter(
  block: Uint8Array,
  at: number,
  salt: Uint8Array,
  { ssrc, index }: { readonly ssrc: number; readonly index: number },
): void {
  const high = Math.floor(index / 0x1_0000_0000);
  block[at] = salt[0]!;
  block[at + 1] = salt[1]!;
  block[at + 2] = salt[2]!;
  block[at + 3] = salt[3]!;
  block[at + 4] = salt[4]! ^ (ssrc >>> 24);
  block[at + 5] = salt[5]! ^ (ssrc >>> 16);
  block[at + 6] = salt[6]! ^ (ssrc >>> 8);
  block[at + 7] = salt[7]! ^ ssrc;
  block[at + 8] = salt[8]! ^ (high >>> 8);
  block[at + 9] = salt[9]! ^ high;
  block[at + 10] = salt[10]! ^ (index >>> 24);
  block[at + 11] = salt[11]! ^ (index >>> 16);
  block[at + 12] = salt[12]! ^ (index >>> 8);
  block[at + 13] = salt[13]! ^ index;
  block[at + 14] = 0;
  block[at + 15] = 0;
}
