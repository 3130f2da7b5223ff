/** The shipped speech files: what audio/README.md promises about them. */
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadWav } from '../../../src/media/source/wav.js';

const FULL_SCALE = 32_768;
const ACTIVE_DBOV = -50;

const pathOf = (name: string): string => fileURLToPath(new URL(`../../../audio/${name}`, import.meta.url));

/** Mean power of the 20 ms frames above −50 dBov, and their share of all frames. */
function activeSpeech(samples: Int16Array, sampleRate: number): { levelDbov: number; activeRatio: number } {
  const frameLength = sampleRate / 50;
  const powers: number[] = [];
  for (let start = 0; start + frameLength <= samples.length; start += frameLength) {
    const frame = samples.subarray(start, start + frameLength);
    powers.push(frame.reduce((sum, sample) => sum + sample * sample, 0) / frameLength);
  }
  const active = powers.filter((power) => toDbov(power) > ACTIVE_DBOV);
  const mean = active.reduce((sum, power) => sum + power, 0) / active.length;
  return { levelDbov: toDbov(mean), activeRatio: active.length / powers.length };
}

function toDbov(power: number): number {
  return 10 * Math.log10(power / FULL_SCALE ** 2);
}

describe.each([
  { name: 'speech-8k.wav', rate: 8000 },
  { name: 'speech-16k.wav', rate: 16_000 },
])('$name', ({ name, rate }) => {
  const clip = loadWav(pathOf(name));

  it(`is mono at ${rate} Hz and a whole number of 20 ms packets, 20 to 30 s long`, () => {
    expect(clip.sampleRate).toBe(rate);
    expect(clip.channels).toBe(1);
    expect(clip.samples.length / rate).toBeGreaterThanOrEqual(20);
    expect(clip.samples.length / rate).toBeLessThanOrEqual(30);
    expect(clip.samples.length % (rate / 50)).toBe(0);
  });

  it('has an active speech level of -26 dBov within 1 dB, and pauses', () => {
    const { levelDbov, activeRatio } = activeSpeech(clip.samples, rate);
    expect(levelDbov).toBeGreaterThan(-27);
    expect(levelDbov).toBeLessThan(-25);
    expect(activeRatio).toBeGreaterThan(0.5);
    expect(activeRatio).toBeLessThan(0.9);
  });

  it('does not clip', () => {
    const peak = clip.samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0);
    expect(peak).toBeGreaterThan(8000);
    expect(peak).toBeLessThan(32_000);
  });
});

it('takes at most a megabyte in all', () => {
  const bytes = ['speech-8k.wav', 'speech-16k.wav'].map((name) => statSync(pathOf(name)).size);
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(1_000_000);
});
