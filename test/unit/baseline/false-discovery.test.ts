import { describe, expect, it } from 'vitest';
import { adjustedPValues } from '../../../src/baseline/false-discovery.js';

describe('adjustedPValues', () => {
  it('multiplies by how many there are over the rank, never out of order', () => {
    // Sorted 0.01, 0.02, 0.03, 0.5 of four: 0.04, 0.04, 0.04, 0.5; 0.02 · 4/2 and 0.03 · 4/3 are 0.04 too.
    const adjusted = adjustedPValues([0.5, 0.01, 0.03, 0.02]);
    expect(adjusted.map((value) => Math.round(value * 1e6) / 1e6)).toEqual([0.5, 0.04, 0.04, 0.04]);
  });

  it('takes the least of what follows', () => {
    // 0.01 · 2/1 = 0.02, but the larger one says 0.012 · 2/2 = 0.012.
    expect(adjustedPValues([0.01, 0.012])).toEqual([0.012, 0.012]);
  });

  it('leaves one alone as it is, and none none', () => {
    expect(adjustedPValues([0.2])).toEqual([0.2]);
    expect(adjustedPValues([])).toEqual([]);
  });
});
