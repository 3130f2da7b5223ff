import { describe, expect, it } from 'vitest';
import { supportedRatio } from '../../../src/gates/support.js';

describe('supportedRatio', () => {
  it.each([
    [200, 0.98513],
    [1, 0.05],
    [59, 0.95049],
    [299, 0.99003],
  ])('%d trials without a failure show 0.05^(1/n)', (n, expected) => {
    expect(supportedRatio(n, n)).toBeCloseTo(expected, 5);
    expect(supportedRatio(n, n)).toBe(0.05 ** (1 / n));
  });

  it.each([
    // One-sided 95 % limits that can be had on paper: p^2 + 2p(1 − p) = 0.05, and 1 − (1 − p)^10 = 0.05.
    [1, 2, 1 - Math.sqrt(0.95)],
    [1, 10, 1 - 0.95 ** 0.1],
    // Beta(0.05; 9, 2) and Beta(0.05; 5, 6), as printed in tables.
    [9, 10, 0.60584],
    [5, 10, 0.22244],
  ])('%d of %d', (successes, trials, expected) => {
    expect(supportedRatio(successes, trials)).toBeCloseTo(expected, 4);
  });

  it('comes near the normal limit for large samples', () => {
    const bound = supportedRatio(990_000, 1_000_000) ?? 0;
    expect(bound).toBeCloseTo(0.99 - 1.6449 * Math.sqrt((0.99 * 0.01) / 1e6), 5);
  });

  it('lies below what was seen, and rises with the sample', () => {
    const bounds = [10, 100, 1000, 10_000].map((n) => supportedRatio(n * 0.9, n) ?? 1);
    expect(bounds).toEqual(bounds.toSorted((a, b) => a - b));
    expect(bounds.at(-1)).toBeLessThan(0.9);
  });

  it('says nothing without a trial, and nothing good without a success', () => {
    expect(supportedRatio(0, 0)).toBeNull();
    expect(supportedRatio(0, 10)).toBe(0);
  });

  it.each([
    [2, 1],
    [-1, 1],
    [0.5, 1],
    [1, Number.NaN],
  ])('refuses %d of %d', (successes, trials) => {
    expect(() => supportedRatio(successes, trials)).toThrow(RangeError);
  });
});
