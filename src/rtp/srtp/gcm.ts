/**
 * AES in Galois/counter mode, RFC 7714, with the whole tag of 16 bytes. RTP by a keystream for several packets and a hash of our
 * own, since the cipher of node:crypto would have to be made anew for each packet; reports, which are few, by that cipher.
 */
import { type CipherGCMTypes, createCipheriv, createDecipheriv } from 'node:crypto';
import type { SrtpSuite } from '../../lib/srtp-suite.js';
import { readUint32, writeUint32 } from '../packet.js';
import { Ghash } from './ghash.js';
import { deriveSessionKeys, type SessionKeys } from './key-derivation.js';
import { type CounterForm, Keystream } from './keystream.js';
import {
  isSameTag,
  RTCP_CLEAR_BYTES,
  RTCP_ENCRYPTED,
  RTCP_INDEX_BYTES,
  RTCP_INDEX_MASK,
  type PacketPlace,
  type Transform,
} from './transform.js';

const TAG_BYTES = 16;
const NO_BYTES = new Uint8Array(0);

const BLOCK_BYTES = 16;
const tag = new Uint8Array(TAG_BYTES);
/** Of an RTCP packet. */
const iv = new Uint8Array(12);
/** Header and index of an RTCP packet, which are authenticated only (§9.2). */
const clear = new Uint8Array(RTCP_CLEAR_BYTES + RTCP_INDEX_BYTES);

export class Gcm implements Transform {
  /** It has one tag for both. */
  readonly hasShortRtcpTag = false;

  shortenRtcpTag(): void {}

  private readonly type: CipherGCMTypes;
  private readonly keystream: Keystream;
  private readonly ghash: Ghash;
  private readonly rtcp: SessionKeys;

  /** @throws RangeError where `master` is not as long as the suite wants it */
  constructor(
    suite: SrtpSuite,
    master: Uint8Array,
    { rtp, rtcp }: { readonly rtp: SessionKeys; readonly rtcp: SessionKeys } = deriveSessionKeys(suite, master),
  ) {
    this.type = suite.keyBytes === 16 ? 'aes-128-gcm' : 'aes-256-gcm';
    this.keystream = new Keystream(rtp, GCM_FORM);
    const cipher = createCipheriv(`aes-${rtp.key.length * 8}-ecb`, rtp.key, null).setAutoPadding(false);
    this.ghash = new Ghash(cipher.update(new Uint8Array(BLOCK_BYTES)));
    this.rtcp = rtcp;
  }

  sealRtp(data: Uint8Array, headerBytes: number, length: number, place: PacketPlace): number {
    const { keystream } = this;
    const at = keystream.prepare(place, BLOCK_BYTES + length - headerBytes);
    keystream.apply(data, headerBytes, length, at + BLOCK_BYTES);
    this.computeTag(data, headerBytes, length, at);
    for (let i = 0; i < TAG_BYTES; i++) data[length + i] = tag[i]!;
    return length + TAG_BYTES;
  }

  openRtp(data: Uint8Array, headerBytes: number, length: number, place: PacketPlace): number {
    const { keystream } = this;
    const end = length - TAG_BYTES;
    if (end < headerBytes) return -1;
    const at = keystream.prepare(place, BLOCK_BYTES + end - headerBytes);
    this.computeTag(data, headerBytes, end, at);
    if (!isSameTag(data, end, tag, TAG_BYTES)) return -1;
    keystream.apply(data, headerBytes, end, at + BLOCK_BYTES);
    return end;
  }

  sealRtcp(data: Uint8Array, length: number, place: PacketPlace): number {
    writeRtcpIv(this.rtcp.salt, place);
    const word = (RTCP_ENCRYPTED | place.index) >>> 0;
    clear.set(data.subarray(0, RTCP_CLEAR_BYTES));
    writeUint32(clear, RTCP_CLEAR_BYTES, word);
    this.seal(this.rtcp, data, clear, { from: RTCP_CLEAR_BYTES, to: length });
    writeUint32(data, length + TAG_BYTES, word);
    return length + TAG_BYTES + RTCP_INDEX_BYTES;
  }

  openRtcp(data: Uint8Array, length: number, place: PacketPlace): number {
    const wordAt = length - RTCP_INDEX_BYTES;
    const end = wordAt - TAG_BYTES;
    if (end < RTCP_CLEAR_BYTES) return -1;
    const word = readUint32(data, wordAt);
    place.index = word & RTCP_INDEX_MASK;
    writeRtcpIv(this.rtcp.salt, place);
    // The sender may leave it readable: then all of it is authenticated only (§9.3).
    const from = word >= RTCP_ENCRYPTED ? RTCP_CLEAR_BYTES : end;
    const associated = new Uint8Array(from + RTCP_INDEX_BYTES);
    associated.set(data.subarray(0, from));
    writeUint32(associated, from, word);
    return this.open(this.rtcp, data, associated, { from, to: end }) ? end : -1;
  }

  /** Over header and encrypted payload; the keystream's first block for the packet, from `at` on, hides it. */
  private computeTag(data: Uint8Array, headerBytes: number, end: number, at: number): void {
    const { ghash, keystream } = this;
    ghash.begin();
    ghash.update(data, 0, headerBytes);
    ghash.update(data, headerBytes, end);
    ghash.finish(headerBytes, end - headerBytes, tag);
    for (let i = 0; i < TAG_BYTES; i++) tag[i] = tag[i]! ^ keystream.stream[at + i]!;
  }

  private seal({ key }: SessionKeys, data: Uint8Array, associated: Uint8Array, { from, to }: Span): void {
    const cipher = createCipheriv(this.type, key, iv);
    cipher.setAAD(associated);
    data.set(cipher.update(data.subarray(from, to)), from);
    cipher.final();
    data.set(cipher.getAuthTag(), to);
  }

  private open({ key }: SessionKeys, data: Uint8Array, associated: Uint8Array, { from, to }: Span): boolean {
    const decipher = createDecipheriv(this.type, key, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(associated);
    decipher.setAuthTag(data.subarray(to, to + TAG_BYTES));
    const plain = from === to ? NO_BYTES : decipher.update(data.subarray(from, to));
    try {
      decipher.final();
    } catch {
      return false; // the one thing that it throws for
    }
    data.set(plain, from);
    return true;
  }
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** §8.1: two zeros, SSRC, rollover counter and sequence number, XORed with the salt; behind it the number of the block. */
function writeRtpCounter(block: Uint8Array, at: number, salt: Uint8Array, { ssrc, index }: PacketPlace): void {
  const rollover = Math.floor(index / 0x1_0000);
  block[at] = salt[0]!;
  block[at + 1] = salt[1]!;
  block[at + 2] = salt[2]! ^ (ssrc >>> 24);
  block[at + 3] = salt[3]! ^ (ssrc >>> 16);
  block[at + 4] = salt[4]! ^ (ssrc >>> 8);
  block[at + 5] = salt[5]! ^ ssrc;
  block[at + 6] = salt[6]! ^ (rollover >>> 24);
  block[at + 7] = salt[7]! ^ (rollover >>> 16);
  block[at + 8] = salt[8]! ^ (rollover >>> 8);
  block[at + 9] = salt[9]! ^ rollover;
  block[at + 10] = salt[10]! ^ (index >>> 8);
  block[at + 11] = salt[11]! ^ index;
  block[at + 12] = block[at + 13] = 0;
}

/** Block 1 hides the tag, the payload begins with block 2 (SP 800-38D §7.1). */
const GCM_FORM: CounterForm = { first: 1, write: writeRtpCounter };

/** §9.1: two zeros, SSRC, two zeros, index, XORed with the salt. */
function writeRtcpIv(salt: Uint8Array, { ssrc, index }: PacketPlace): void {
  iv[0] = iv[1] = iv[6] = iv[7] = 0;
  writeUint32(iv, 2, ssrc);
  writeUint32(iv, 8, index);
  for (let i = 0; i < iv.length; i++) iv[i] = iv[i]! ^ salt[i]!;
}
