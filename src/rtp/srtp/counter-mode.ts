/** AES in counter mode with HMAC-SHA1: RFC 3711 §4, with keys of 256 bits RFC 6188. Encrypted first, then authenticated. */
import { createCipheriv } from 'node:crypto';
import type { SrtpSuite } from '../../lib/srtp-suite.js';
import { readUint32, writeUint32 } from '../packet.js';
import { HmacSha1 } from './hmac-sha1.js';
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

const ROLLOVER_BYTES = 4;
const SHA1_BYTES = 20;

const computed = new Uint8Array(SHA1_BYTES);
const received = new Uint8Array(SHA1_BYTES);
const counter = new Uint8Array(16);

export class CounterMode implements Transform {
  hasShortRtcpTag = false;
  private readonly keystream: Keystream;
  private readonly rtpAuth: HmacSha1;
  private readonly rtcpKeys: SessionKeys;
  private readonly rtcpAuth: HmacSha1;

  /** @throws RangeError where `master` is not as long as the suite wants it */
  constructor(
    private readonly suite: SrtpSuite,
    master: Uint8Array,
  ) {
    const { rtp, rtcp } = deriveSessionKeys(suite, master);
    this.keystream = new Keystream(rtp, COUNTER_FORM);
    this.rtpAuth = new HmacSha1(rtp.authKey);
    this.rtcpKeys = rtcp;
    this.rtcpAuth = new HmacSha1(rtcp.authKey);
  }

  shortenRtcpTag(): void {
    this.hasShortRtcpTag = true;
  }

  sealRtp(data: Uint8Array, headerBytes: number, length: number, place: PacketPlace): number {
    const { rtpTagBytes } = this.suite;
    this.crypt(data, headerBytes, length, place);
    writeRollover(data, length, place);
    this.rtpAuth.compute(data, length + ROLLOVER_BYTES, computed, rtpTagBytes);
    for (let i = 0; i < rtpTagBytes; i++) data[length + i] = computed[i]!;
    return length + rtpTagBytes;
  }

  openRtp(data: Uint8Array, headerBytes: number, length: number, place: PacketPlace): number {
    const { rtpTagBytes } = this.suite;
    const end = length - rtpTagBytes;
    if (end < headerBytes) return -1;
    // The rollover counter is authenticated as if it stood where the tag does (§4.2).
    for (let i = 0; i < rtpTagBytes; i++) received[i] = data[end + i]!;
    writeRollover(data, end, place);
    this.rtpAuth.compute(data, end + ROLLOVER_BYTES, computed, rtpTagBytes);
    if (!isSameTag(computed, 0, received, rtpTagBytes)) {
      for (let i = 0; i < rtpTagBytes; i++) data[end + i] = received[i]!;
      return -1;
    }
    this.crypt(data, headerBytes, end, place);
    return end;
  }

  sealRtcp(data: Uint8Array, length: number, place: PacketPlace): number {
    const rtcpTagBytes = this.hasShortRtcpTag ? this.suite.rtpTagBytes : this.suite.rtcpTagBytes;
    this.cryptRtcp(data, length, place);
    writeUint32(data, length, (RTCP_ENCRYPTED | place.index) >>> 0);
    const end = length + RTCP_INDEX_BYTES;
    this.rtcpAuth.compute(data, end, computed, rtcpTagBytes);
    for (let i = 0; i < rtcpTagBytes; i++) data[end + i] = computed[i]!;
    return end + rtcpTagBytes;
  }

  openRtcp(data: Uint8Array, length: number, place: PacketPlace): number {
    const { rtpTagBytes, rtcpTagBytes } = this.suite;
    const end = this.openRtcpWith(rtcpTagBytes, data, length, place);
    if (end >= 0 || rtpTagBytes === rtcpTagBytes) return end;
    const shortEnd = this.openRtcpWith(rtpTagBytes, data, length, place);
    if (shortEnd >= 0) this.shortenRtcpTag();
    return shortEnd;
  }

  private openRtcpWith(tagBytes: number, data: Uint8Array, length: number, place: PacketPlace): number {
    const tagAt = length - tagBytes;
    const end = tagAt - RTCP_INDEX_BYTES;
    if (end < RTCP_CLEAR_BYTES) return -1;
    this.rtcpAuth.compute(data, tagAt, computed, tagBytes);
    if (!isSameTag(data, tagAt, computed, tagBytes)) return -1;
    const word = readUint32(data, end);
    place.index = word & RTCP_INDEX_MASK;
    // The sender may leave it readable (§3.4).
    if (word >= RTCP_ENCRYPTED) this.cryptRtcp(data, end, place);
    return end;
  }

  private crypt(data: Uint8Array, from: number, to: number, place: PacketPlace): void {
    const { keystream } = this;
    keystream.apply(data, from, to, keystream.prepare(place, to - from));
  }

  /** One call of node:crypto for each: a report comes every few seconds. */
  private cryptRtcp(data: Uint8Array, length: number, place: PacketPlace): void {
    const { key, salt } = this.rtcpKeys;
    writeCounter(counter, 0, salt, place);
    const cipher = createCipheriv(`aes-${key.length * 8}-ctr`, key, counter);
    data.set(cipher.update(data.subarray(RTCP_CLEAR_BYTES, length)), RTCP_CLEAR_BYTES);
  }
}

function writeRollover(data: Uint8Array, at: number, { index }: PacketPlace): void {
  writeUint32(data, at, Math.floor(index / 0x1_0000));
}

/** IV = salt · 2^16 ⊕ SSRC · 2^64 ⊕ index · 2^16 (§4.1.1). @param salt 14 bytes */
function writeCounter(block: Uint8Array, at: number, salt: Uint8Array, { ssrc, index }: PacketPlace): void {
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

export const COUNTER_FORM: CounterForm = { first: 0, write: writeCounter };
