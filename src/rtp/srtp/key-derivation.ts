/** Session keys from a master key and salt, RFC 3711 §4.3 with a key derivation rate of 0 (once), RFC 6188 §3, RFC 7714 §11. */
import { createCipheriv } from 'node:crypto';
import type { SrtpSuite } from '../../lib/srtp-suite.js';

const BLOCK_BYTES = 16;
export const AUTH_KEY_BYTES = 20;
/** Of the labels: encryption, authentication and salt of RTP are 0 to 2, those of RTCP 3 to 5. */
const RTCP_LABELS = 3;
/** The label is XORed to the octet that stands six before the end of the salt of 14. */
const LABEL_AT = 7;

/** For the packets of one protocol in one direction. */
export interface SessionKeys {
  readonly key: Uint8Array;
  /** 20 bytes, of use to suites with HMAC. */
  readonly authKey: Uint8Array;
  readonly salt: Uint8Array;
}

/** @param master key and salt of the suite behind each other @throws RangeError for another length */
export function deriveSessionKeys(suite: SrtpSuite, master: Uint8Array): { rtp: SessionKeys; rtcp: SessionKeys } {
  const { keyBytes, saltBytes } = suite;
  if (master.length !== keyBytes + saltBytes) {
    throw new RangeError(`expected ${keyBytes + saltBytes} bytes of key and salt, got ${master.length}`);
  }
  const prf = pseudoRandom(master.subarray(0, keyBytes), master.subarray(keyBytes));
  const keysFrom = (label: number): SessionKeys => ({
    key: prf(label, keyBytes),
    authKey: prf(label + 1, AUTH_KEY_BYTES),
    salt: prf(label + 2, saltBytes),
  });
  return { rtp: keysFrom(0), rtcp: keysFrom(RTCP_LABELS) };
}

/** AES in counter mode over zeros, from the salt on; a salt of 12 bytes has two zeros behind it (RFC 7714 §11). */
function pseudoRandom(key: Uint8Array, salt: Uint8Array): (label: number, bytes: number) => Uint8Array {
  const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
  return (label, bytes) => {
    const blocks = new Uint8Array(Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES);
    for (let at = 0; at < blocks.length; at += BLOCK_BYTES) {
      blocks.set(salt, at);
      blocks[at + LABEL_AT] = (blocks[at + LABEL_AT] ?? 0) ^ label;
      blocks[at + BLOCK_BYTES - 1] = at / BLOCK_BYTES;
    }
    return Uint8Array.from(cipher.update(blocks).subarray(0, bytes));
  };
}
