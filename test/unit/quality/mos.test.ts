import { describe, expect, it } from 'vitest';
import { mosToR, rToMos } from '../../../src/quality/mos.js';

describe('rToMos', () => {
  it.each([
    ['the dip of the cubic', 3.222, 1],
    ['far below', -1000, 1],
    ['the upper end', 100, 4.5],
    ['a hair below it', 99.99999999999997, 4.5],
    ['beyond the upper end', 129, 4.5],
  ])('clamps %s', (_, r, mos) => expect(rToMos(r)).toBe(mos));
});

describe('mosToR', () => {
  it('comes back from every R that has an inverse', () => {
    for (let r = 6.6; r <= 100; r += 0.1) expect(mosToR(rToMos(r))).toBeCloseTo(r, 5);
  });

  it.each([0.99, 4.51, Number.NaN])('refuses %d', (mos) => expect(() => mosToR(mos)).toThrow(RangeError));
});
