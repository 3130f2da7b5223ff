/**
 * Keystream of AES for the RTP packets of one SSRC. It depends on SSRC, index and salt alone, so that of the next packets is
 * made with that of this one, by one call of node:crypto over their counter blocks.
 */
import { type Cipher, createCipheriv } from 'node:crypto';
import type { SessionKeys } from './key-derivation.js';
import type { PacketPlace } from './transform.js';

const BLOCK_BYTES = 16;
/** Kept for one stream: 16 packets of G.711 at 20 ms. */
const BATCH_BYTES = 2560;

/** How the counter blocks of a packet are made; the last two bytes are the number of the block. */
export interface CounterForm {
  /** Number of the first block. */
  readonly first: 0 | 1;
  /** All of the block but its number, which is 0. */
  write(block: Uint8Array, at: number, salt: Uint8Array, place: PacketPlace): void;
}

/** What is encrypted to the keystream; shared by all streams of a thread. */
const counters = new Uint8Array(BATCH_BYTES);
const next: PacketPlace = { ssrc: 0, index: 0 };

export class Keystream {
  /** Of the packets that were prepared last. */
  stream: Uint8Array = new Uint8Array(0);
  private readonly cipher: Cipher;
  private readonly salt: Uint8Array;
  private ssrc = -1;
  /** Of the first packet in `stream`. */
  private firstIndex = -1;
  private packets = 0;
  private bytesPerPacket = 0;

  constructor(
    { key, salt }: Pick<SessionKeys, 'key' | 'salt'>,
    private readonly form: CounterForm,
  ) {
    this.cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
    this.salt = salt;
  }

  /** @returns where in `stream` at least `bytes` bytes for the packet begin */
  prepare({ ssrc, index }: PacketPlace, bytes: number): number {
    const isThere = ssrc === this.ssrc && index >= this.firstIndex && index < this.firstIndex + this.packets;
    if (!isThere || bytes > this.bytesPerPacket) this.make(ssrc, index, bytes);
    return (index - this.firstIndex) * this.bytesPerPacket;
  }

  /** Encrypts or decrypts `data` in place from `from` up to `to`, with what stands in `stream` from `at` on. */
  apply(data: Uint8Array, from: number, to: number, at: number): void {
    const { stream } = this;
    const shift = at - from;
    for (let i = from; i < to; i++) data[i] = data[i]! ^ stream[i + shift]!;
  }

  /** For the packet of this index and as many after it as there is room for. */
  private make(ssrc: number, index: number, bytes: number): void {
    const bytesPerPacket = Math.ceil(Math.max(1, bytes) / BLOCK_BYTES) * BLOCK_BYTES;
    const packets = Math.max(1, Math.floor(BATCH_BYTES / bytesPerPacket));
    const length = packets * bytesPerPacket;
    const blocks = length <= BATCH_BYTES ? counters : new Uint8Array(length);
    next.ssrc = ssrc;
    for (let packet = 0; packet < packets; packet++) {
      next.index = index + packet;
      this.writeCounters(blocks, packet * bytesPerPacket, bytesPerPacket);
    }
    // Kept in memory of our own: what node:crypto gives would grow old here, one buffer for each batch, and cost the garbage collector more.
    if (this.stream.length < length) this.stream = new Uint8Array(length);
    this.stream.set(this.cipher.update(blocks.subarray(0, length)));
    this.ssrc = ssrc;
    this.firstIndex = index;
    this.packets = packets;
    this.bytesPerPacket = bytesPerPacket;
  }

  private writeCounters(blocks: Uint8Array, offset: number, bytes: number): void {
    const { form, salt } = this;
    for (let at = offset, block = form.first as number; at < offset + bytes; at += BLOCK_BYTES, block++) {
      form.write(blocks, at, salt, next);
      blocks[at + 14] = block >>> 8;
      blocks[at + 15] = block;
    }
  }
}
