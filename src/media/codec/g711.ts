/**
 * ITU-T G.711 µ-law and A-law as in the ITU-T Software Tool Library (G.191): negative samples are one's complemented, so that
 * −100 encodes to µ-law 0x73 (−96). Encoders that take |x| give −104 there; the decoders are the same.
 */
import { SILENT_MEAN_SQUARE } from './silence.js';

/** The µ-law code word of digital silence (+0). */
export const ULAW_SILENCE = 0xff;
/** The A-law code word of digital silence: the law has no zero, its smallest values are 8 and −8. */
export const ALAW_SILENCE = 0xd5;

/** Added to the 14-bit magnitude of µ-law, so that every segment boundary is a power of two. */
const BIAS = 33;
const MAX_MAGNITUDE = 0x1fff;
/** A-law inverts every second bit on the wire, so that silence is no long run of equal bits. */
const EVEN_BITS = 0x55;

/** One law as look-up tables. */
interface Law {
  /** 65,536 code words, by the sample's 16 bits. */
  readonly codes: Uint8Array;
  /** 256 samples, by code word. */
  readonly samples: Int16Array;
  /** 256 squared magnitudes, by code word. */
  readonly squares: Int32Array;
}

const ULAW = lawOf(ulawCode, ulawSample);
const ALAW = lawOf(alawCode, alawSample);

/** Encodes 16-bit linear samples (8 kHz) to one µ-law octet each. */
export const encodeUlaw = (samples: Int16Array): Uint8Array => encode(ULAW, samples);

/** Decodes µ-law octets to 16-bit linear samples, −32124 to 32124. */
export const decodeUlaw = (codes: Uint8Array): Int16Array => decode(ULAW, codes);

/** Encodes 16-bit linear samples (8 kHz) to one A-law octet each. */
export const encodeAlaw = (samples: Int16Array): Uint8Array => encode(ALAW, samples);

/** Decodes A-law octets to 16-bit linear samples, −32256 to 32256, never 0. */
export const decodeAlaw = (codes: Uint8Array): Int16Array => decode(ALAW, codes);

/** Whether `length` µ-law octets from `offset` on are below the level of silence. */
export const isSilentUlaw = (data: Uint8Array, offset: number, length: number): boolean =>
  isSilent(ULAW, data, offset, length);

/** Whether `length` A-law octets from `offset` on are below the level of silence. */
export const isSilentAlaw = (data: Uint8Array, offset: number, length: number): boolean =>
  isSilent(ALAW, data, offset, length);

function lawOf(codeOf: (sample: number) => number, sampleOf: (code: number) => number): Law {
  const samples = Int16Array.from({ length: 0x100 }, (_, code) => sampleOf(code));
  return {
    codes: Uint8Array.from({ length: 0x1_0000 }, (_, word) => codeOf((word << 16) >> 16)),
    samples,
    squares: Int32Array.from(samples, (sample) => sample * sample),
  };
}

function encode(law: Law, samples: Int16Array): Uint8Array {
  const codes = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) codes[i] = law.codes[samples[i]! & 0xffff]!;
  return codes;
}

function decode(law: Law, codes: Uint8Array): Int16Array {
  const samples = new Int16Array(codes.length);
  for (let i = 0; i < codes.length; i++) samples[i] = law.samples[codes[i]!]!;
  return samples;
}

function isSilent(law: Law, data: Uint8Array, offset: number, length: number): boolean {
  const limit = SILENT_MEAN_SQUARE * length;
  let energy = 0;
  for (let i = offset; i < offset + length; i++) {
    energy += law.squares[data[i]!]!;
    // Speech passes the limit within a few octets.
    if (energy > limit) return false;
  }
  return true;
}

function ulawCode(sample: number): number {
  const magnitude = Math.min(MAX_MAGNITUDE, ((sample < 0 ? ~sample : sample) >> 2) + BIAS);
  // Segments 1 to 8: the position of the highest bit above the five that hold bias and mantissa.
  const segment = 27 - Math.clz32(magnitude);
  const code = ((8 - segment) << 4) | (15 - ((magnitude >> segment) & 15));
  return sample < 0 ? code : code | 0x80;
}

function ulawSample(code: number): number {
  const inverted = ~code & 0xff;
  const segment = (inverted >> 4) & 7;
  const mantissa = inverted & 15;
  const step = 4 << (segment + 1);
  const magnitude = (0x80 << segment) + step * mantissa + step / 2 - 4 * BIAS;
  return code < 0x80 ? -magnitude : magnitude;
}

function alawCode(sample: number): number {
  const magnitude = (sample < 0 ? ~sample : sample) >> 4;
  // Segment 0 is linear; above, the highest bit of the magnitude says the segment, and the four below it are the mantissa.
  const segment = Math.max(0, 28 - Math.clz32(magnitude));
  const mantissa = (segment === 0 ? magnitude : magnitude >> (segment - 1)) & 15;
  const code = (segment << 4) | mantissa;
  return (sample < 0 ? code : code | 0x80) ^ EVEN_BITS;
}

function alawSample(code: number): number {
  const plain = (code ^ EVEN_BITS) & 0x7f;
  const segment = plain >> 4;
  const mantissa = plain & 15;
  // Each code stands for the middle of its step.
  const magnitude = segment === 0 ? (mantissa << 4) + 8 : (((mantissa + 16) << 4) + 8) << (segment - 1);
  return code < 0x80 ? -magnitude : magnitude;
}
