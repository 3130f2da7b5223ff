/** Ways to protect SRTP that SDP can name: RFC 4568 §6.2, RFC 6188 §5, RFC 7714 §14.1. */

export const SRTP_SUITE_NAMES = [
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
  'AES_256_CM_HMAC_SHA1_80',
  'AES_256_CM_HMAC_SHA1_32',
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
] as const;
export type SrtpSuiteName = (typeof SRTP_SUITE_NAMES)[number];

export interface SrtpSuite {
  readonly name: SrtpSuiteName;
  readonly cipher: 'counter' | 'gcm';
  /** Of the master key, and of the session keys. */
  readonly keyBytes: 16 | 32;
  /** Of the master salt, and of the session salts. */
  readonly saltBytes: 12 | 14;
  /** What it adds to an RTP packet. */
  readonly rtpTagBytes: 4 | 10 | 16;
  /** RFC 3711 §5.2: a short tag is for RTP alone. */
  readonly rtcpTagBytes: 10 | 16;
}

const counter = (name: SrtpSuiteName, keyBytes: 16 | 32, rtpTagBytes: 4 | 10): SrtpSuite => ({
  name,
  cipher: 'counter',
  keyBytes,
  saltBytes: 14,
  rtpTagBytes,
  rtcpTagBytes: 10,
});

const gcm = (name: SrtpSuiteName, keyBytes: 16 | 32): SrtpSuite => ({
  name,
  cipher: 'gcm',
  keyBytes,
  saltBytes: 12,
  rtpTagBytes: 16,
  rtcpTagBytes: 16,
});

/** In the order of SRTP_SUITE_NAMES. */
const SUITES: readonly SrtpSuite[] = [
  counter('AES_CM_128_HMAC_SHA1_80', 16, 10),
  counter('AES_CM_128_HMAC_SHA1_32', 16, 4),
  counter('AES_256_CM_HMAC_SHA1_80', 32, 10),
  counter('AES_256_CM_HMAC_SHA1_32', 32, 4),
  gcm('AEAD_AES_128_GCM', 16),
  gcm('AEAD_AES_256_GCM', 32),
];

/** By the name as SDP writes it, which has one case; undefined for any other text. */
export const findSrtpSuite = (name: string): SrtpSuite | undefined => SUITES.find((suite) => suite.name === name);

export const srtpSuite = (name: SrtpSuiteName): SrtpSuite => SUITES[SRTP_SUITE_NAMES.indexOf(name)]!;

/** What both sides agreed on: each sends with a key of its own. The keys may be printed nowhere. */
export interface SrtpKeys {
  readonly suite: SrtpSuiteName;
  /** Master key and master salt behind each other. */
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
}
