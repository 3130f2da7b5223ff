/** G.722 against figures of the ITU-T software tools, and what its silence is. The tools' own files: test/vectors/itu-codecs.test.ts. */
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  G722Decoder,
  G722Encoder,
  G722_SILENCE,
  decodeG722,
  encodeG722,
  isSilentG722,
} from '../../../../src/media/codec/g722.js';

const RATE = 16_000;
/** Of encoder and decoder together, in samples. */
const DELAY = 22;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function toLittleEndian(samples: Int16Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * samples.length));
  samples.forEach((sample, i) => view.setInt16(2 * i, sample, true));
  return new Uint8Array(view.buffer);
}

function signal(count: number, sampleAt: (n: number) => number): Int16Array {
  return Int16Array.from({ length: count }, (_, n) => Math.round(sampleAt(n)));
}

const tone = (hz: number, amplitude: number, count = RATE): Int16Array =>
  signal(count, (n) => amplitude * Math.sin((2 * Math.PI * hz * n) / RATE));

/** Noise of that rms level, the same at every run; `smoothing` above 0 takes its highs away. */
function noise(dbov: number, smoothing = 0, count = RATE): Int16Array {
  const rms = 32_768 * 10 ** (dbov / 20);
  let state = 1;
  let previous = 0;
  return signal(count, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    previous = smoothing * previous + (state / 2 ** 31 - 1);
    return rms * Math.sqrt(3 * (1 - smoothing ** 2)) * previous;
  });
}

/** A sine of level L dBov has the amplitude √2 · 32768 · 10^(L/20). */
const sine = (hz: number, dbov: number): Int16Array => tone(hz, Math.SQRT2 * 32_768 * 10 ** (dbov / 20));

/** Share of 20 ms packets that are silent, without the first ten. */
function silentShare(payloads: Uint8Array, octets = 160): number {
  let [silent, packets] = [0, 0];
  for (let offset = 1600; offset + octets <= payloads.length; offset += octets) {
    packets++;
    if (isSilentG722(payloads, offset, octets)) silent++;
  }
  return silent / packets;
}

describe('the reference tone', () => {
  const samples = signal(640, (n) => Math.floor(10_000 * Math.sin((2 * Math.PI * 1000 * n) / RATE) + 0.5));
  const octets = encodeG722(samples);

  it('encodes bit for bit', () => {
    expect(hex(octets.subarray(0, 32))).toBe('fa92238d2393a0a020b0cac8cedcede9eb7ad1ced1dfaeeaeefc53cf92dff0ab');
    expect(sha256(octets)).toBe('78a082c5959ebd229632eb52aa7de1ea5631e2afb9e2b03aa0ee6281100fd79a');
  });

  it('decodes bit for bit', () => {
    const decoded = decodeG722(octets);
    expect([...decoded.subarray(0, 24)]).toEqual(
      [
        [0, -1, -1, 0, 0, -1, -1, 1, 0, -4, 0, 10],
        [-3, -27, -3, 51, 13, -99, -33, 145, 93, -182, -55, 446],
      ].flat(),
    );
    expect(sha256(toLittleEndian(decoded))).toBe('5754ae334240221b1110219faa25d9dd45cbf7f9f3775dab2c6f6760f1358967');
  });

  it('is the same in pieces', () => {
    const encoder = new G722Encoder();
    const decoder = new G722Decoder();
    const pieces = [0, 320].map((start) => encoder.encode(samples.subarray(start, start + 320)));
    expect(pieces.map(hex).join('')).toBe(hex(octets));
    const decoded = pieces.map((piece) => hex(toLittleEndian(decoder.decode(piece))));
    expect(decoded.join('')).toBe(hex(toLittleEndian(decodeG722(octets))));
  });
});

it('any tone of the band comes back 25 dB or more above the error, one coding delay later', () => {
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 3500 }), fc.integer({ min: 1000, max: 20_000 }), (hz, amplitude) => {
      const samples = tone(hz, amplitude, 6400);
      const decoded = decodeG722(encodeG722(samples));
      let [power, error] = [0, 0];
      for (let n = 1600; n + DELAY < samples.length; n++) {
        power += samples[n]! ** 2;
        error += (decoded[n + DELAY]! - samples[n]!) ** 2;
      }
      expect(10 * Math.log10(power / error)).toBeGreaterThan(25);
    }),
    { numRuns: 40 },
  );
});

it('any samples and any octets go through', () => {
  fc.assert(
    fc.property(fc.int16Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 400 }), (samples, octets) => {
      expect(encodeG722(samples)).toHaveLength(Math.ceil(samples.length / 2));
      expect(decodeG722(octets)).toHaveLength(2 * octets.length);
      expect(typeof isSilentG722(octets, 0, octets.length)).toBe('boolean');
    }),
  );
});

it('full scale is clipped and never wraps around', () => {
  const square = signal(RATE, (n) => (n % 32 < 16 ? 32_767 : -32_768));
  const decoded = decodeG722(encodeG722(square));
  let wrong = 0;
  for (let n = 1600; n + DELAY < RATE; n++) {
    // Away from the edges, where the filter rings.
    if (n % 16 >= 6 && n % 16 < 10 && square[n]! < 0 !== decoded[n + DELAY]! < 0) wrong++;
  }
  expect(wrong).toBe(0);
});

it('an odd last sample is paired with silence', () => {
  expect(encodeG722(Int16Array.of(5000, 4000, 3000))).toEqual(encodeG722(Int16Array.of(5000, 4000, 3000, 0)));
});

describe('silence', () => {
  it('has an octet that decodes to zeros without end', () => {
    expect(decodeG722(new Uint8Array(8000).fill(G722_SILENCE)).every((sample) => sample === 0)).toBe(true);
  });

  it('is not the first octet that an encoder gives, repeated', () => {
    expect(encodeG722(new Int16Array(8))).toEqual(new Uint8Array(4).fill(0xfa));
    expect(decodeG722(new Uint8Array(8000).fill(0xfa)).at(-1)).toBeGreaterThan(150);
  });

  it('is digital silence, also of another constant, and 100 ms after loud sound', () => {
    expect(silentShare(encodeG722(new Int16Array(8 * RATE)))).toBe(1);
    for (const level of [1, -8, 200]) expect(silentShare(encodeG722(new Int16Array(RATE).fill(level)))).toBe(1);
    const ended = encodeG722(Int16Array.from([...noise(-20).subarray(0, 1600), ...new Int16Array(RATE)]));
    expect(silentShare(ended)).toBe(1);
  });

  it('is noise well below -66 dBov, and no noise well above', () => {
    for (const smoothing of [0, 0.9]) {
      expect(silentShare(encodeG722(noise(-75, smoothing)))).toBeGreaterThan(0.95);
      expect(silentShare(encodeG722(noise(-55, smoothing)))).toBe(0);
      expect(silentShare(encodeG722(noise(-20, smoothing)))).toBe(0);
    }
  });

  it('is no tone that a caller would hear', () => {
    for (const hz of [440, 1000, 3000, 5000]) expect(silentShare(encodeG722(sine(hz, -30)))).toBe(0);
  });

  it('is judged alike in longer packets, of which 20 ms are read', () => {
    expect(silentShare(encodeG722(new Int16Array(RATE)), 480)).toBe(1);
    expect(silentShare(encodeG722(noise(-30)), 480)).toBe(0);
  });

  it('looks at the octets that it was given, no others', () => {
    const octets = encodeG722(noise(-30));
    octets.fill(G722_SILENCE, 4000, 4160);
    expect([3840, 4000, 4160].map((offset) => isSilentG722(octets, offset, 160))).toEqual([false, true, false]);
  });
});
