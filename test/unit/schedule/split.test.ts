import { describe, expect, it } from 'vitest';
import { ownsCall, shareOf } from '../../../src/schedule/split.js';

const ofWorker = (index: number) => [0, 1, 2, 3, 4, 5, 6].filter((n) => ownsCall(n, 3, index));

describe('split', () => {
  it('gives 10 calls on 3 workers as 4, 3, 3 and not as 9', () => {
    expect([0, 1, 2].map((index) => shareOf(10, 3, index))).toEqual([4, 3, 3]);
  });

  it('deals in turn', () => {
    expect([ofWorker(0), ofWorker(1), ofWorker(2)]).toEqual([
      [0, 3, 6],
      [1, 4],
      [2, 5],
    ]);
  });
});
