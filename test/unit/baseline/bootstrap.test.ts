import { describe, expect, it } from 'vitest';
import { Bootstrap, statOf, type Stat } from '../../../src/baseline/bootstrap.js';
import { Sample } from '../../../src/baseline/sample.js';

const MEAN: Stat = { kind: 'mean' };
const MEDIAN: Stat = { kind: 'percentile', p: 50 };
const constant = (value: number): Sample => Sample.of(Array.from({ length: 30 }, () => value));
const range = (count: number, from = 1): number[] => Array.from({ length: count }, (_, index) => from + index);

describe('the bootstrap over calls', () => {
  it('takes figures as the result does', () => {
    expect(statOf(Sample.of(range(20)), { kind: 'percentile', p: 95 })).toBe(19);
    expect(statOf(Sample.of(range(20)), MEAN)).toBe(10.5);
  });

  it('is certain where no value varies', () => {
    expect(new Bootstrap(1).difference(constant(1), constant(3), MEDIAN)).toEqual({
      difference: 2,
      low: 2,
      high: 2,
      pValue: 2 / 20_001, // no resample of 20,000 on the other side: 2 · (0 + 1) / (20,000 + 1)
    });
    expect(new Bootstrap(1).difference(constant(3), constant(3), MEAN)).toEqual({
      difference: 0,
      low: 0,
      high: 0,
      pValue: 1,
    });
  });

  it('gives a mean the interval of the normal law', () => {
    // 1 … 100: variance of the values n·(n+1)/12 = 841.67, so each mean varies by √8.4167, the difference by √16.833 = 4.103.
    const sample = Sample.of(range(100));
    const { low, high, pValue } = new Bootstrap(7).difference(sample, sample, MEAN);
    expect(low).toBeGreaterThan(-1.96 * 4.103 * 1.03);
    expect(low).toBeLessThan(-1.96 * 4.103 * 0.97);
    expect(high).toBeGreaterThan(1.96 * 4.103 * 0.97);
    expect(high).toBeLessThan(1.96 * 4.103 * 1.03);
    expect(pValue).toBeGreaterThan(0.95);
  });

  it('gives a mean of many calls the same interval from groups of them', () => {
    // 0 and 1, half each, of 4,000: √(0.25 / 4,000) = 0.0079 each, the difference 0.01118.
    const sample = Sample.ofShare(2000, 4000);
    const { low, high } = new Bootstrap(7).difference(sample, sample, MEAN);
    expect(high - low).toBeGreaterThan(2 * 1.96 * 0.01118 * 0.9);
    expect(high - low).toBeLessThan(2 * 1.96 * 0.01118 * 1.1);
  });

  it('draws a percentile as sorting n draws would', () => {
    // The median of n draws from 1 … n is at most m with P(at least k = 10 of 20 draws ≤ m), Binomial(20, m/20).
    // For m = 5: P(X ≥ 10 | p = 0.25) = 0.0139; for m = 6: P(X ≥ 10 | p = 0.3) = 0.0480.
    const { low } = new Bootstrap(3).difference(constant(0), Sample.of(range(20)), MEDIAN);
    // 0.0139 < 0.025 < 0.0480: the 2.5 % point is 6.
    expect(low).toBe(6);
  });

  it('is the same for the same seed, and bears the sign of the change', () => {
    const before = Sample.of(range(40));
    const after = Sample.of(range(40, 21));
    const first = new Bootstrap(5).difference(before, after, MEAN);
    expect(new Bootstrap(5).difference(before, after, MEAN)).toEqual(first);
    expect(first.difference).toBe(20);
    expect(first.low).toBeGreaterThan(0);
    expect(new Bootstrap(5).difference(after, before, MEAN).high).toBeLessThan(0);
  });
});
