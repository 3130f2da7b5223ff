import { describe, expect, it } from 'vitest';
import { createRandom, deriveSeed } from '../../../src/lib/random.js';
import { nearestName } from '../../../src/lib/nearest.js';
import { monotonicNs } from '../../../src/lib/clock.js';

describe('createRandom', () => {
  it('repeats with its seed, and gives the published numbers of mulberry32', () => {
    const random = createRandom(1);
    expect([random.next(), random.next()]).toEqual([0.6270739405881613, 0.002735721180215478]);
    expect(createRandom(1).next()).toBe(0.6270739405881613);
  });

  it('spreads evenly and stays in range', () => {
    const random = createRandom(42);
    const buckets = Array.from({ length: 16 }, () => 0);
    for (let i = 0; i < 16_000; i++) {
      const value = random.next();
      expect(value >= 0 && value < 1).toBe(true);
      buckets[Math.floor(value * 16)]!++;
    }
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(200);
  });

  it('gives each worker a seed of its own', () => {
    const seeds = new Set(Array.from({ length: 1000 }, (_, i) => deriveSeed(7, i)));
    expect(seeds.size).toBe(1000);
    expect(deriveSeed(7, 3)).toBe(deriveSeed(7, 3));
  });
});

describe('nearestName', () => {
  it.each([
    ['conncurrency', 'concurrency'],
    ['stagse', 'stages'],
    ['STAGES', 'stages'],
    ['completely-else', undefined],
    ['', undefined],
  ])('%s: %s', (name, nearest) => expect(nearestName(name, ['stages', 'concurrency', 'duration'])).toBe(nearest));
});

describe('monotonicNs', () => {
  it('counts on the clock of the host, as process.hrtime does, and never goes back', () => {
    const before = Number(process.hrtime.bigint());
    let last = monotonicNs();
    for (let i = 0; i < 10_000; i++) {
      const now = monotonicNs();
      expect(now >= last).toBe(true);
      last = now;
    }
    expect(last).toBeGreaterThan(before - 1e6);
    expect(last).toBeLessThan(Number(process.hrtime.bigint()) + 1e6);
  });
});
