import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tally } from '../../../src/lib/tally.js';

const MAX = 0x7fff_ffff;

function pairsOf(tally: Tally): [value: number, count: number][] {
  const pairs = tally.take();
  return Array.from({ length: pairs.length / 2 }, (_, i) => [pairs[2 * i] ?? -1, pairs[2 * i + 1] ?? -1]);
}

describe('Tally', () => {
  it('keeps each value within 3.2 % and its count exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX }), fc.integer({ min: 1, max: 50 }), (value, count) => {
        const tally = new Tally();
        for (let i = 0; i < count; i++) tally.record(value);
        const [[kept, keptCount] = [-1, -1], ...rest] = pairsOf(tally);
        expect(rest).toEqual([]);
        expect(keptCount).toBe(count);
        expect(Math.abs(kept - value)).toBeLessThanOrEqual(0.032 * value);
      }),
      {
        examples: [
          [0, 1],
          [31, 1],
          [32, 1],
          [63, 1],
          [64, 1],
          [MAX, 1],
        ].map(([v, n]) => [v ?? 0, n ?? 0]),
      },
    );
  });

  it('gives values in rising order, and all that was recorded', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: MAX })), (values) => {
        const tally = new Tally();
        for (const value of values) tally.record(value);
        expect(tally.count).toBe(values.length);
        const pairs = pairsOf(tally);
        expect(pairs.reduce((sum, [, count]) => sum + count, 0)).toBe(values.length);
        expect(pairs.every(([value], i) => i === 0 || value > (pairs[i - 1]?.[0] ?? 0))).toBe(true);
      }),
    );
  });

  it('is empty after it was taken', () => {
    const tally = new Tally();
    tally.record(5);
    expect(pairsOf(tally)).toEqual([[5, 1]]);
    expect(tally.count).toBe(0);
    expect(pairsOf(tally)).toEqual([]);
  });

  it.each([
    [-5, 0],
    [Number.NaN, 0],
    [0.4, 0],
    [0.5, 1],
    [31.4, 31],
  ])('takes %d for %d', (value, kept) => {
    const tally = new Tally();
    tally.record(value);
    expect(pairsOf(tally)).toEqual([[kept, 1]]);
  });

  it.each([2 ** 31, 1e12, Number.POSITIVE_INFINITY])('caps %d', (value) => {
    const tally = new Tally();
    tally.record(value);
    const [[kept] = [0]] = pairsOf(tally);
    expect(Math.abs(kept - MAX)).toBeLessThanOrEqual(0.032 * MAX);
  });
});
