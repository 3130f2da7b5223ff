import { describe, expect, it } from 'vitest';
import { ClockSkew } from '../../../src/quality/clock-skew.js';
import { play, rearrived, stream } from './meter-bench.js';

/** Delays of 0–5 ms. */
function delays(): () => number {
  let x = 12_345;
  return () => {
    x = (Math.imul(1_103_515_245, x) + 12_345) & 0x7fff_ffff;
    return ((x >> 16) % 5001) / 1000;
  };
}

/** The skew of a call of this many seconds whose sender's clock is so much faster. */
function skewOf(seconds: number, ppm: number, moved: (arrivalMs: number) => number = (ms) => ms): number {
  const delay = delays();
  const sent = stream(seconds * 50, 0, { sequence: 65_000, timestamp: 0xffff_0000 });
  const packets = rearrived(sent, ({ arrivalMs }) => moved(5 + arrivalMs / (1 + ppm / 1e6) + delay()));
  return play(packets, { endedMs: (seconds + 1) * 1000 }).meter.totals.clockSkewPpm;
}

describe('clock skew of a stream', () => {
  it.each([100, -100, 20, 0, 1000])('of %d ppm reads within 10 ppm after 60 s with 5 ms of jitter', (ppm) => {
    expect(Math.abs(skewOf(60, ppm) - ppm)).toBeLessThan(10);
  });

  it('is unknown before 30 s of packets', () => {
    expect(skewOf(29, 100)).toBeNaN();
    expect(skewOf(34, 100)).not.toBeNaN();
  });

  it('is not taken from a new path: after a step of the delay it is measured anew', () => {
    const stepped = skewOf(80, 100, (ms) => (ms < 20_000 ? ms : ms + 300));
    expect(Math.abs(stepped - 100)).toBeLessThan(10);
    const late = skewOf(80, 100, (ms) => (ms < 60_000 ? ms : ms + 300)); // what was known before the step stays
    expect(Math.abs(late - 100)).toBeLessThan(10);
  });

  it('is not misled by packets that were held up', () => {
    const spiky = skewOf(60, 100, (ms) => ms + (Math.floor(ms / 200) % 5 === 4 && ms > 40_000 ? 50 : 0));
    expect(Math.abs(spiky - 100)).toBeLessThan(10);
  });
});

describe('ClockSkew', () => {
  it('voids the last two seconds when the clock was stepped', () => {
    const skew = new ClockSkew();
    for (let ms = 0; ms < 40_000; ms += 20) skew.take(ms, 10);
    for (let ms = 40_000; ms < 41_500; ms += 20) skew.take(ms, 150);
    skew.restart();
    expect(skew.ppm).toBeCloseTo(0, 6);
    for (let ms = 42_000; ms < 60_000; ms += 20) skew.take(ms, 10);
    expect(skew.ppm).toBeCloseTo(0, 6);
  });

  it('needs more than two packets far apart', () => {
    const skew = new ClockSkew();
    for (const second of [0, 20, 40, 41]) skew.take(second * 1000, second);
    expect(skew.ppm).toBeNaN();
  });
});
