/**
 * ITU-T G.711 µ-law as in the ITU-T Software Tool Library (G.191): negative samples are one's complemented, so that
 * −100 encodes to 0x73 (−96). Encoders that take |x| give −104 there; the decoders are the same. Leaves out A-law.
 */

/** The code word of digital silence (+0). */
export const ULAW_SILENCE = 0xff;

/** Added to the 14-bit magnitude, so that every segment boundary is a power of two. */
const BIAS = 33;
const MAX_MAGNITUDE = 0x1fff;

const ENCODE_TABLE = Uint8Array.from({ length: 0x1_0000 }, (_, word) => encodeSample((word << 16) >> 16));
const DECODE_TABLE = Int16Array.from({ length: 0x100 }, (_, code) => decodeCode(code));

/** Encodes 16-bit linear samples (8 kHz) to one µ-law octet each. */
export function encodeUlaw(samples: Int16Array): Uint8Array {
  const codes = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    codes[i] = ENCODE_TABLE[(samples[i] ?? 0) & 0xffff] ?? ULAW_SILENCE;
  }
  return codes;
}

/** Decodes µ-law octets to 16-bit linear samples, −32124 to 32124. */
export function decodeUlaw(codes: Uint8Array): Int16Array {
  const samples = new Int16Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    samples[i] = DECODE_TABLE[codes[i] ?? ULAW_SILENCE] ?? 0;
  }
  return samples;
}

function encodeSample(sample: number): number {
  const magnitude = Math.min(MAX_MAGNITUDE, ((sample < 0 ? ~sample : sample) >> 2) + BIAS);
  // Segments 1 to 8: the position of the highest bit above the five that hold bias and mantissa.
  const segment = 27 - Math.clz32(magnitude);
  const code = ((8 - segment) << 4) | (15 - ((magnitude >> segment) & 15));
  return sample < 0 ? code : code | 0x80;
}

function decodeCode(code: number): number {
  const inverted = ~code & 0xff;
  const segment = (inverted >> 4) & 7;
  const mantissa = inverted & 15;
  const step = 4 << (segment + 1);
  const magnitude = (0x80 << segment) + step * mantissa + step / 2 - 4 * BIAS;
  return code < 0x80 ? -magnitude : magnitude;
}
