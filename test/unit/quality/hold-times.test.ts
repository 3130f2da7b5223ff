import { describe, expect, it } from 'vitest';
import { HoldTimes } from '../../../src/quality/hold-times.js';

describe('HoldTimes', () => {
  it('covers what is due in a hold, its beginning and not its end', () => {
    const holds = new HoldTimes();
    holds.begin(1000);
    expect([999, 1000, 9e9].map((ms) => holds.covers(ms))).toEqual([false, true, true]);
    holds.end(2000);
    expect([1999, 2000].map((ms) => holds.covers(ms))).toEqual([true, false]);
    expect(holds.touches(1999, 2500)).toBe(true);
    expect(holds.touches(2000, 2500)).toBe(false);
  });

  it('excuses silence 200 ms before, and until the first packet after if that comes within a second', () => {
    const holds = new HoldTimes();
    holds.begin(1000);
    holds.end(2000);
    expect([799, 800, 1999, 2000].map((ms) => holds.excusedUntil(ms))).toEqual([Number.NaN, 2000, 2000, Number.NaN]);
    holds.noteArrival(3000);
    expect(holds.excusedUntil(2500)).toBe(3000);
    expect(holds.covers(2500)).toBe(false);
    holds.begin(5000);
    holds.end(6000);
    holds.noteArrival(7001);
    expect(holds.excusedUntil(6000)).toBeNaN();
  });

  it('keeps the last eight', () => {
    const holds = new HoldTimes();
    for (let i = 0; i < 9; i++) {
      holds.begin(i * 1000);
      holds.end(i * 1000 + 500);
    }
    expect([0, 1, 8].map((i) => holds.covers(i * 1000))).toEqual([false, true, true]);
  });
});
