/**
 * HMAC-SHA1 (RFC 2104, FIPS 180-4 §6.1) for many short messages under one key: the two states behind the key's pads are
 * kept, and nothing is allocated for a message. A call of node:crypto costs more than the hashing of a whole audio packet here.
 */

const BLOCK_BYTES = 64;
const WORDS = 5;
/** Where the length stands in the last block. */
const LENGTH_AT = 56;

/** Shared by all keys of a thread: used and left within one call. */
const schedule = new Int32Array(80);
const tail = new Uint8Array(2 * BLOCK_BYTES);
const state = new Int32Array(WORDS);

export class HmacSha1 {
  /** Behind the inner pad, and behind the outer one. */
  private readonly states = new Int32Array(2 * WORDS);

  /** @throws RangeError for a key of more than 64 bytes, which would have to be hashed first */
  constructor(key: Uint8Array) {
    if (key.length > BLOCK_BYTES) {
      throw new RangeError(`expected at most ${BLOCK_BYTES} bytes, got ${key.length}`);
    }
    padState(key, 0x36);
    this.states.set(state);
    padState(key, 0x5c);
    this.states.set(state, WORDS);
  }

  /** Writes the first `tagBytes` (at most 20) of the MAC over the first `length` bytes of `data` into `tag`. */
  compute(data: Uint8Array, length: number, tag: Uint8Array, tagBytes: number): void {
    this.restore(0);
    const whole = length - (length % BLOCK_BYTES);
    for (let at = 0; at < whole; at += BLOCK_BYTES) compress(data, at);
    finish(data, whole, length);
    writeState(tail, 4 * WORDS);
    this.restore(WORDS);
    finish(tail, 0, WORDS * 4);
    writeState(tag, tagBytes);
  }

  private restore(from: number): void {
    for (let word = 0; word < WORDS; word++) state[word] = this.states[from + word]!;
  }
}

function padState(key: Uint8Array, pad: number): void {
  const block = new Uint8Array(BLOCK_BYTES).fill(pad);
  for (let i = 0; i < key.length; i++) block[i] = pad ^ key[i]!;
  state[0] = 0x67452301;
  state[1] = 0xefcdab89;
  state[2] = 0x98badcfe;
  state[3] = 0x10325476;
  state[4] = 0xc3d2e1f0;
  compress(block, 0);
}

/** The rest of a message, less than a block, with its padding; the block of the key's pad counts to the length. */
function finish(data: Uint8Array, from: number, length: number): void {
  const rest = length - from;
  for (let i = 0; i < rest; i++) tail[i] = data[from + i]!;
  const end = rest < LENGTH_AT ? BLOCK_BYTES : 2 * BLOCK_BYTES;
  tail[rest] = 0x80;
  tail.fill(0, rest + 1, end);
  const bits = (BLOCK_BYTES + length) * 8;
  tail[end - 4] = bits >>> 24;
  tail[end - 3] = bits >>> 16;
  tail[end - 2] = bits >>> 8;
  tail[end - 1] = bits;
  compress(tail, 0);
  if (end > BLOCK_BYTES) compress(tail, BLOCK_BYTES);
}

function writeState(into: Uint8Array, bytes: number): void {
  for (let i = 0; i < bytes; i++) into[i] = state[i >> 2]! >>> (24 - 8 * (i & 3));
}

/** One block of `data` into `state`. */
function compress(data: Uint8Array, offset: number): void {
  const w = schedule;
  for (let i = 0, at = offset; i < 16; i++, at += 4) {
    w[i] = (data[at]! << 24) | (data[at + 1]! << 16) | (data[at + 2]! << 8) | data[at + 3]!;
  }
  for (let i = 16; i < 80; i++) {
    const mixed = w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!;
    w[i] = (mixed << 1) | (mixed >>> 31);
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  for (let i = 0; i < 20; i++) {
    const next = (((a << 5) | (a >>> 27)) + (d ^ (b & (c ^ d))) + e + 0x5a827999 + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 20; i < 40; i++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0x6ed9eba1 + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 40; i < 60; i++) {
    const next = (((a << 5) | (a >>> 27)) + ((b & c) | (d & (b | c))) + e + 0x8f1bbcdc + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let i = 60; i < 80; i++) {
    const next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0xca62c1d6 + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0] = (state[0]! + a) | 0;
  state[1] = (state[1]! + b) | 0;
  state[2] = (state[2]! + c) | 0;
  state[3] = (state[3]! + d) | 0;
  state[4] = (state[4]! + e) | 0;
}
