import { describe, expect, it } from 'vitest';
import { rankOf, Sample } from '../../../src/baseline/sample.js';

describe('Sample', () => {
  it('sorts its values and finds each by its rank', () => {
    const sample = Sample.of([30, 10, 20]);
    expect([0, 1, 2].map((rank) => sample.at(rank))).toEqual([10, 20, 30]);
    expect([sample.count, sample.min, sample.max, sample.mean]).toEqual([3, 10, 30, 20]);
  });

  it('counts equal values of a histogram', () => {
    const sample = Sample.ofBuckets([
      { value: 1, count: 2 },
      { value: 4, count: 1 },
    ]);
    expect([0, 1, 2].map((rank) => sample.at(rank))).toEqual([1, 1, 4]);
    expect(sample.mean).toBe(2); // (1 + 1 + 4) / 3
  });

  it('holds a share as zeros and ones', () => {
    expect(Sample.ofShare(3, 4).mean).toBe(0.75);
    expect(Sample.ofShare(0, 4).max).toBe(0);
    expect(Sample.ofShare(4, 4).min).toBe(1);
  });

  it('takes the nearest rank', () => {
    expect(rankOf(50, 4)).toBe(2);
    expect(rankOf(95, 20)).toBe(19);
    expect(rankOf(95, 21)).toBe(20); // ⌈19.95⌉
    expect(rankOf(5, 10)).toBe(1);
  });
});
