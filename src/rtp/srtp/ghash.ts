/**
 * GHASH (NIST SP 800-38D §6.4): what Galois/counter mode authenticates with, a product in GF(2^128) for each block. Four bits at a
 * time by a table of the multiples of the key, as node:crypto has it only inside of a cipher that is made anew for each packet.
 */

const BLOCK_BYTES = 16;
const WORDS = 4;
const NIBBLES = 16;

/** What the four bits that a shift pushes out come back as: their multiples of the polynomial, the upper 16 bits. */
const REDUCTION = reductionTable();

export class Ghash {
  /** Word `w` of the multiple by nibble `n` of the key at `4n + w`; the first bit of a nibble is its highest power. */
  private readonly table = new Int32Array(NIBBLES * WORDS);
  private readonly sum = new Int32Array(WORDS);

  /** @param key 16 bytes: the block of zeros, encrypted */
  constructor(key: Uint8Array) {
    const { table } = this;
    // In this field's order of bits 8 stands for 1, and half of it is the next power.
    for (let word = 0; word < WORDS; word++) table[8 * WORDS + word] = wordAt(key, word * 4);
    for (let half = 4; half >= 1; half >>= 1) this.writeHalf(half * 2, half);
    for (let power = 2; power < NIBBLES; power *= 2) {
      for (let rest = 1; rest < power; rest++) {
        for (let word = 0; word < WORDS; word++) {
          table[(power + rest) * WORDS + word] = table[power * WORDS + word]! ^ table[rest * WORDS + word]!;
        }
      }
    }
  }

  begin(): void {
    this.sum.fill(0);
  }

  /** Bytes from `from` up to `to`, with zeros behind them up to a whole block. */
  update(data: Uint8Array, from: number, to: number): void {
    const { sum } = this;
    let at = from;
    for (; at + BLOCK_BYTES <= to; at += BLOCK_BYTES) {
      for (let word = 0; word < WORDS; word++) sum[word] = sum[word]! ^ wordAt(data, at + word * 4);
      this.multiply();
    }
    if (at === to) return;
    for (let i = 0; at + i < to; i++) sum[i >> 2] = sum[i >> 2]! ^ (data[at + i]! << (24 - 8 * (i & 3)));
    this.multiply();
  }

  /** The lengths in bytes of what was authenticated only and of what was encrypted as well, then the result into `into`. */
  finish(clearBytes: number, encryptedBytes: number, into: Uint8Array): void {
    const { sum } = this;
    sum[1] = sum[1]! ^ (clearBytes * 8);
    sum[3] = sum[3]! ^ (encryptedBytes * 8);
    this.multiply();
    for (let i = 0; i < BLOCK_BYTES; i++) into[i] = sum[i >> 2]! >>> (24 - 8 * (i & 3));
  }

  /** The sum times the key: from its last nibble to its first. */
  private multiply(): void {
    const { sum, table } = this;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let word = WORDS - 1; word >= 0; word--) {
      const bits = sum[word]!;
      for (let shift = 0; shift < 32; shift += 4) {
        const out = d & 15;
        d = (d >>> 4) | (c << 28);
        c = (c >>> 4) | (b << 28);
        b = (b >>> 4) | (a << 28);
        a = (a >>> 4) ^ REDUCTION[out]!;
        const at = ((bits >>> shift) & 15) * WORDS;
        a ^= table[at]!;
        b ^= table[at + 1]!;
        c ^= table[at + 2]!;
        d ^= table[at + 3]!;
      }
    }
    sum[0] = a;
    sum[1] = b;
    sum[2] = c;
    sum[3] = d;
  }

  /** Entry `to` is entry `from` times x: a shift to the right in this order of bits. */
  private writeHalf(from: number, to: number): void {
    const { table } = this;
    const at = from * WORDS;
    const isOut = (table[at + 3]! & 1) !== 0;
    for (let word = WORDS - 1; word >= 0; word--) {
      const carried = word === 0 ? 0 : table[at + word - 1]! << 31;
      table[to * WORDS + word] = (table[at + word]! >>> 1) | carried;
    }
    if (isOut) table[to * WORDS] = table[to * WORDS]! ^ 0xe100_0000;
  }
}

const wordAt = (data: Uint8Array, at: number): number =>
  (data[at]! << 24) | (data[at + 1]! << 16) | (data[at + 2]! << 8) | data[at + 3]!;

/** x^128 = x^7 + x^2 + x + 1, whose bits stand in the first byte as 0xe1. */
function reductionTable(): Int32Array {
  return Int32Array.from({ length: NIBBLES }, (_, nibble) => {
    let value = nibble;
    let folded = 0;
    for (let bit = 0; bit < 4; bit++) {
      const isOut = (value & 1) !== 0;
      value >>>= 1;
      folded = (folded >>> 1) ^ (isOut ? 0xe100_0000 : 0);
    }
    return folded;
  });
}
