import { describe, expect, it } from 'vitest';
import { StartLimiter } from '../../../src/worker/start-limiter.js';

/** Starts granted in each second when every millisecond asks for as many as it can get. */
function greedy(ratePerSecond: number, seconds: number): number[] {
  const limiter = new StartLimiter(ratePerSecond);
  const granted = Array.from({ length: seconds }, () => 0);
  for (let ms = 0; ms < seconds * 1000; ms++) {
    while (limiter.take(ms)) {
      granted[Math.floor(ms / 1000)]! += 1;
    }
  }
  return granted;
}

describe('StartLimiter', () => {
  it.each([1, 10, 200, 500])('grants %d starts a second, and a tenth of it at once', (rate) => {
    const burst = Math.max(1, rate / 10);
    const granted = greedy(rate, 5);
    expect(granted[0]).toBeLessThanOrEqual(rate + burst);
    for (const starts of granted.slice(1)) {
      expect(Math.abs(starts - rate)).toBeLessThanOrEqual(1);
    }
  });

  it('saves up no more than a tenth of a second', () => {
    const limiter = new StartLimiter(100);
    expect(limiter.take(0)).toBe(true);
    let atOnce = 0;
    while (limiter.take(3_600_000)) {
      atOnce++;
    }
    expect(atOnce).toBe(10);
  });

  it('does not go back with the clock', () => {
    const limiter = new StartLimiter(1);
    expect(limiter.take(5000)).toBe(true);
    expect(limiter.take(0)).toBe(false);
  });
});
