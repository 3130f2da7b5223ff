/** Keys as tones: frequencies of ITU-T Q.23, limits of Q.24, through each codec and against speech. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { codecNames, findCodec } from '../../../../src/media/codec/codec.js';
import { loadWav } from '../../../../src/media/source/wav.js';
import { DtmfDetector, type HeardDigit } from '../../../../src/media/tone/dtmf-detector.js';
import { digitSamples, toneSamples, tonesOf } from '../../../../src/media/tone/dtmf-tones.js';

const KEYS = '123A456B789C*0#D';

function heardIn(samples: Int16Array, samplesPerSecond = 8000): HeardDigit[] {
  const digits: HeardDigit[] = [];
  const detector = new DtmfDetector(samplesPerSecond, (digit) => digits.push(digit));
  // In packets of 20 ms, as they come.
  const packet = samplesPerSecond / 50;
  for (let at = 0; at < samples.length; at += packet) detector.take(samples.subarray(at, at + packet));
  detector.end();
  return digits;
}

const keysIn = (samples: Int16Array, samplesPerSecond?: number): string =>
  heardIn(samples, samplesPerSecond)
    .map(({ digit }) => digit)
    .join('');

/** Two sines by themselves, so that the detector is not judged by our own tones. Times in ms, levels in dB below full scale. */
function pair(
  lowHz: number,
  highHz: number,
  { ms = 40, before = 50, low = 12, high = 12, noise = 0 } = {},
): Int16Array {
  const samples = new Int16Array((before + ms + 60) * 8);
  let seed = 1;
  for (let i = 0; i < samples.length; i++) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    const isTone = i >= before * 8 && i < (before + ms) * 8;
    const sine = (hz: number, dB: number): number =>
      32_767 * 10 ** (-dB / 20) * Math.sin((2 * Math.PI * hz * i) / 8000);
    samples[i] = (isTone ? sine(lowHz, low) + sine(highHz, high) : 0) + noise * ((seed >>> 8) / 2 ** 23 - 1);
  }
  return samples;
}

/** Amplitude of a frequency by its definition. */
function amplitudeOf(samples: Int16Array, hz: number, samplesPerSecond: number): number {
  let [real, imaginary] = [0, 0];
  for (const [i, sample] of samples.entries()) {
    real += sample * Math.cos((2 * Math.PI * hz * i) / samplesPerSecond);
    imaginary += sample * Math.sin((2 * Math.PI * hz * i) / samplesPerSecond);
  }
  return (2 * Math.hypot(real, imaginary)) / samples.length;
}

describe('the tones of a key', () => {
  it.each([
    ['1', 697, 1209],
    ['5', 770, 1336],
    ['9', 852, 1477],
    ['0', 941, 1336],
    ['#', 941, 1477],
    ['*', 941, 1209],
    ['a', 697, 1633],
  ])('of %s are %i and %i Hz', (digit, lowHz, highHz) => {
    expect(tonesOf(digit)).toEqual({ lowHz, highHz });
    const samples = toneSamples({ lowHz, highHz }, 1000, 8000);
    // −9 dBov of 32767 is 11626; rise and fall take 2 ms of the second.
    for (const hz of [lowHz, highHz]) expect(amplitudeOf(samples, hz, 8000)).toBeCloseTo(11_626 * 0.998, -2);
    expect(amplitudeOf(samples, 1100, 8000)).toBeLessThan(50);
  });

  it('are none of other characters', () => {
    expect(['', '12', 'E', ' '].map(tonesOf)).toEqual([null, null, null, null]);
  });

  it('stand at their times in a row of keys, which is filled up to packets', () => {
    const samples = digitSamples('12', { toneMs: 100, gapMs: 70 }, { samplesPerSecond: 8000, samplesPerPacket: 160 });
    expect(samples).toHaveLength(17 * 160);
    const heard = heardIn(samples);
    expect(heard.map(({ digit }) => digit)).toEqual(['1', '2']);
    expect(heard[0]!.startMs).toBeLessThan(8);
    expect(Math.abs(heard[1]!.startMs - 170)).toBeLessThan(8);
  });
});

describe('the detector', () => {
  it.each(KEYS.split('').flatMap((key) => codecNames().map((name) => [key, name] as const)))(
    'hears %s in %s',
    (key, name) => {
      const codec = findCodec(name)!;
      const { samplesPerSecond } = codec;
      const samples = digitSamples(
        key + key,
        { toneMs: 40, gapMs: 40 },
        { samplesPerSecond, samplesPerPacket: samplesPerSecond / 50 },
      );
      expect(keysIn(codec.decode(codec.encode(samples)), samplesPerSecond)).toBe(key + key);
    },
  );

  it.each([40, 41, 43, 45, 47, 50, 100, 500])('takes a tone of %i ms, and tells how long it was within 8 ms', (ms) => {
    for (let before = 50; before < 58; before++) {
      const heard = heardIn(pair(852, 1336, { ms, before }));
      expect(heard.map(({ digit }) => digit)).toEqual(['8']);
      expect(Math.abs(heard[0]!.durationMs - ms)).toBeLessThanOrEqual(8);
      expect(Math.abs(heard[0]!.startMs - before)).toBeLessThanOrEqual(8);
    }
  });

  it.each([10, 15, 20])('takes no tone of %i ms', (ms) => {
    for (let before = 50; before < 58; before++) expect(keysIn(pair(852, 1336, { ms, before }))).toBe('');
  });

  it.each([-1.5, -1, 1, 1.5])('takes tones that are %f %% off', (percent) => {
    const factor = 1 + percent / 100;
    for (const key of KEYS) {
      const { lowHz, highHz } = tonesOf(key)!;
      expect(keysIn(pair(lowHz * factor, highHz / factor))).toBe(key);
    }
  });

  it.each([-5, -3.5, 3.5, 5])('takes none where one of the two is %f %% off', (percent) => {
    const factor = 1 + percent / 100;
    for (const key of KEYS) {
      const { lowHz, highHz } = tonesOf(key)!;
      expect(keysIn(pair(lowHz * factor, highHz, { ms: 200 }))).toBe('');
      expect(keysIn(pair(lowHz, highHz * factor, { ms: 200 }))).toBe('');
    }
  });

  it.each([
    [12, 20, '5'],
    [20, 12, '5'],
    [12, 22, ''],
    [22, 12, ''],
    [33, 33, '5'],
    [52, 52, ''],
  ])('with tones of −%i and −%i dB hears "%s"', (low, high, expected) => {
    expect(keysIn(pair(770, 1336, { ms: 100, low, high }))).toBe(expected);
  });

  it('hears keys in noise, and none in noise, in one tone, and in three', () => {
    expect(keysIn(pair(770, 1336, { ms: 60, noise: 1500 }))).toBe('5');
    expect(keysIn(pair(0, 0, { ms: 900, noise: 20_000 }))).toBe('');
    expect(keysIn(pair(770, 770, { ms: 200 }))).toBe('');
    const [two, third] = [pair(770, 1336, { ms: 200 }), pair(941, 1633, { ms: 200 })];
    expect(keysIn(two.map((sample, i) => sample + third[i]!))).toBe('');
  });

  it('tells a pause of 40 ms between two presses', () => {
    const one = pair(770, 1336, { ms: 60, before: 40 });
    expect(keysIn(Int16Array.from([...one.subarray(0, 100 * 8), ...one.subarray(0, 100 * 8), ...one]))).toBe('555');
  });

  it('is not talked off by speech', () => {
    for (const file of ['speech-8k.wav', 'speech-16k.wav']) {
      const { samples, sampleRate } = loadWav(fileURLToPath(new URL(`../../../../audio/${file}`, import.meta.url)));
      expect(keysIn(samples, sampleRate)).toBe('');
    }
  });
});
