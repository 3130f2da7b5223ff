import { describe, expect, it } from 'vitest';
import { Sample } from '../../../src/baseline/sample.js';
import { shareInterval } from '../../../src/baseline/share-interval.js';

/** Newcombe (1998), table II, method 10. */
const PUBLISHED: [hits: number, of: number, baseline: [hits: number, of: number], interval: [number, number]][] = [
  [56, 70, [48, 80], [0.0524, 0.3339]],
  [9, 10, [3, 10], [0.1705, 0.809]],
  [6, 7, [2, 7], [0.0582, 0.8062]],
  [5, 56, [0, 29], [-0.0381, 0.1926]],
  [0, 10, [0, 20], [-0.1611, 0.2775]],
  [0, 10, [0, 10], [-0.2775, 0.2775]],
  [10, 10, [0, 20], [0.6791, 1]],
  [10, 10, [0, 10], [0.6075, 1]],
];

describe('the interval of a difference of shares', () => {
  it.each(PUBLISHED)('%i of %i less %j', (hits, of, baseline, [low, high]) => {
    const interval = shareInterval(Sample.ofShare(...baseline), Sample.ofShare(hits, of));
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });
});
