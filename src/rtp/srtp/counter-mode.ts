/** AES in counter mode with HMAC-SHA1: RFC 3711 §4, with keys of 256 bits RFC 6188. Encrypted first, then authenticated. */
import { createCipheriv } from 'node:crypto';
import type { SrtpSuite } from '../../lib/srtp-suite.js';
import { readUint32, writeUint32 } from '../packet.js';
import { HmacSha1 } from './hmac-sha1.js';
import { deriveSessionKeys, type SessionKeys } from './key-derivation.js';
import { Keystream, writeInitialCounter } from './keystream.js';
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
    this.keystream = new Keystream(rtp.key, rtp.salt);
    this.rtpAuth = new HmacSha1(rtp.authKey);
    this.rtcpKeys = rtcp;
    this.rtcpAuth = new HmacSha1(rtcp.authKey);
  }

  sealRtp(data: Uint8Array, headerBytes: number, length: number, place: PacketPlace): number {
    const { rtpTagBytes } = this.suite;
    this.keystream.apply(data, headerBytes, length, place);
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
    this.keystream.apply(data, headerBytes, end, place);
    return end;
  }

  sealRtcp(data: Uint8Array, length: number, place: PacketPlace): number {
    const { rtcpTagBytes } = this.suite;
    this.cryptRtcp(data, length, place);
    writeUint32(data, length, (RTCP_ENCRYPTED | place.index) >>> 0);
    const end = length + RTCP_INDEX_BYTES;
    this.rtcpAuth.compute(data, end, computed, rtcpTagBytes);
    for (let i = 0; i < rtcpTagBytes; i++) data[end + i] = computed[i]!;
    return end + rtcpTagBytes;
  }

  openRtcp(data: Uint8Array, length: number, place: PacketPlace): number {
    const { rtcpTagBytes } = this.suite;
    const tagAt = length - rtcpTagBytes;
    const end = tagAt - RTCP_INDEX_BYTES;
    if (end < RTCP_CLEAR_BYTES) return -1;
    this.rtcpAuth.compute(data, tagAt, computed, rtcpTagBytes);
    if (!isSameTag(data, tagAt, computed, rtcpTagBytes)) return -1;
    const word = readUint32(data, end);
    place.index = word & RTCP_INDEX_MASK;
    // The sender may leave it readable (§3.4).
    if (word >= RTCP_ENCRYPTED) this.cryptRtcp(data, end, place);
    return end;
  }

  /** One call of node:crypto for each: a report comes every few seconds. */
  private cryptRtcp(data: Uint8Array, length: number, place: PacketPlace): void {
    const { key, salt } = this.rtcpKeys;
    writeInitialCounter(counter, 0, salt, place);
    const cipher = createCipheriv(`aes-${key.length * 8}-ctr`, key, counter);
    data.set(cipher.update(data.subarray(RTCP_CLEAR_BYTES, length)), RTCP_CLEAR_BYTES);
  }
}

function writeRollover(data: Uint8Array, at: number, { index }: PacketPlace): void {
  writeUint32(data, at, Math.floor(index / 0x1_0000));
}
