/** AES in Galois/counter mode, RFC 7714: encrypted and authenticated at once, with the whole tag of 16 bytes. */
import { type CipherGCMTypes, createCipheriv, createDecipheriv } from 'node:crypto';
import type { SrtpSuite } from '../../lib/srtp-suite.js';
import { readUint32, writeUint32 } from '../packet.js';
import { deriveSessionKeys, type SessionKeys } from './key-derivation.js';
import {
  RTCP_CLEAR_BYTES,
  RTCP_ENCRYPTED,
  RTCP_INDEX_BYTES,
  RTCP_INDEX_MASK,
  type PacketPlace,
  type Transform,
} from './transform.js';

const TAG_BYTES = 16;
const NO_BYTES = new Uint8Array(0);

const iv = new Uint8Array(12);
/** Header and index of an RTCP packet, which are authenticated only (§9.2). */
const clear = new Uint8Array(RTCP_CLEAR_BYTES + RTCP_INDEX_BYTES);

export class Gcm implements Transform {
  private readonly type: CipherGCMTypes;
  private readonly rtp: SessionKeys;
  private readonly rtcp: SessionKeys;

  /** @throws RangeError where `master` is not as long as the suite wants it */
  constructor(suite: SrtpSuite, master: Uint8Array) {
    this.type = suite.keyBytes === 16 ? 'aes-128-gcm' : 'aes-256-gcm';
    const { rtp, rtcp } = deriveSessionKeys(suite, master);
    this.rtp = rtp;
    this.rtcp = rtcp;
  }

  sealRtp(data: Uint8Array, headerBytes: number, length: number, place: PacketPlace): number {
    writeRtpIv(this.rtp.salt, place);
    this.seal(this.rtp, data, data.subarray(0, headerBytes), { from: headerBytes, to: length });
    return length + TAG_BYTES;
  }

  openRtp(data: Uint8Array, headerBytes: number, length: number, place: PacketPlace): number {
    const end = length - TAG_BYTES;
    if (end < headerBytes) return -1;
    writeRtpIv(this.rtp.salt, place);
    return this.open(this.rtp, data, data.subarray(0, headerBytes), { from: headerBytes, to: end }) ? end : -1;
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

/** §8.1: two zeros, SSRC, rollover counter and sequence number, XORed with the salt. */
function writeRtpIv(salt: Uint8Array, { ssrc, index }: PacketPlace): void {
  iv[0] = iv[1] = 0;
  writeUint32(iv, 2, ssrc);
  writeUint32(iv, 6, Math.floor(index / 0x1_0000));
  iv[10] = index >>> 8;
  iv[11] = index;
  mixSalt(salt);
}

/** §9.1: two zeros, SSRC, two zeros, index. */
function writeRtcpIv(salt: Uint8Array, { ssrc, index }: PacketPlace): void {
  iv[0] = iv[1] = iv[6] = iv[7] = 0;
  writeUint32(iv, 2, ssrc);
  writeUint32(iv, 8, index);
  mixSalt(salt);
}

function mixSalt(salt: Uint8Array): void {
  for (let i = 0; i < iv.length; i++) iv[i] = iv[i]! ^ salt[i]!;
}
