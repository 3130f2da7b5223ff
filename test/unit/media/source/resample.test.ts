import { describe, expect, it } from 'vitest';
import { resample } from '../../../../src/media/source/resample.js';

const AMPLITUDE = 16_000;

function tone(hz: number, rate: number): Int16Array {
  return Int16Array.from({ length: rate }, (_, n) => Math.round(AMPLITUDE * Math.sin((2 * Math.PI * hz * n) / rate)));
}

/** Level of the middle of a resampled 16 kHz tone, in dB of the tone that went in. */
function gainDb(hz: number): number {
  const middle = resample(tone(hz, 16_000), 16_000, 8000).subarray(1000, 7000);
  const power = middle.reduce((sum, sample) => sum + sample * sample, 0) / middle.length;
  return 10 * Math.log10(power / (AMPLITUDE ** 2 / 2));
}

describe('16 kHz to 8 kHz', () => {
  it.each([100, 1010, 3010, 3390])('passes %i Hz unchanged', (hz) => {
    expect(Math.abs(gainDb(hz))).toBeLessThan(0.05);
  });

  it.each([4010, 4500, 6010, 7900])('does not fold %i Hz back', (hz) => {
    expect(gainDb(hz)).toBeLessThan(-65);
  });

  it('adds no delay', () => {
    const halved = resample(tone(400, 16_000), 16_000, 8000);
    const expected = tone(400, 8000);
    for (let n = 200; n < 7800; n++) expect(Math.abs((halved[n] ?? 0) - (expected[n] ?? 0))).toBeLessThan(20);
  });

  it('saturates where the filter overshoots', () => {
    const square = Int16Array.from({ length: 1600 }, (_, n) => (n % 80 < 40 ? 32_767 : -32_768));
    const halved = resample(square, 16_000, 8000);
    expect(Math.max(...halved)).toBe(32_767);
    expect(Math.min(...halved)).toBe(-32_768);
  });

  it('keeps the half sample of an odd length', () => {
    expect(resample(new Int16Array(5), 16_000, 8000)).toHaveLength(3);
    expect(resample(new Int16Array(0), 16_000, 8000)).toHaveLength(0);
  });
});

describe('8 kHz to 16 kHz', () => {
  it.each([100, 1010, 3010, 3390])('is the tone of %i Hz at the other rate, on time and without an image', (hz) => {
    const doubled = resample(tone(hz, 8000), 8000, 16_000);
    const expected = tone(hz, 16_000);
    expect(doubled).toHaveLength(16_000);
    let noise = 0;
    for (let n = 1000; n < 15_000; n++) noise += ((doubled[n] ?? 0) - (expected[n] ?? 0)) ** 2;
    expect(10 * Math.log10(noise / 14_000 / (AMPLITUDE ** 2 / 2))).toBeLessThan(-50);
  });

  it('of nothing is nothing', () => expect(resample(new Int16Array(0), 8000, 16_000)).toHaveLength(0));
});

it('hands the same array back when the rate is right', () => {
  const samples = Int16Array.of(1, 2, 3);
  expect(resample(samples, 8000, 8000)).toBe(samples);
});

it.each([
  [48_000, 16_000],
  [44_100, 8000],
])('refuses %i Hz to %i Hz', (from, to) => {
  expect(() => resample(new Int16Array(1), from, to)).toThrow(RangeError);
});
