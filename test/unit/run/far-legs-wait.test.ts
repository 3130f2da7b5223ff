import { describe, expect, it } from 'vitest';
import { FarLegsWait } from '../../../src/run/far-legs-wait.js';

describe('the wait for figures of far ends', () => {
  it('is none where none are expected, or all have come', () => {
    expect(new FarLegsWait().isOver(10_000, 0)).toBe(true);
    const wait = new FarLegsWait();
    expect(wait.isOver(10_000, 1)).toBe(false);
    expect(wait.isOver(10_050, 0)).toBe(true);
  });

  it('ends a second and a half after it began when nothing comes, whatever came during the calls', () => {
    const wait = new FarLegsWait();
    wait.note(9000);
    expect([10_000, 11_500, 11_501].map((nowMs) => wait.isOver(nowMs, 5))).toEqual([false, false, true]);
  });

  it('goes on while they come, but not for ever', () => {
    const wait = new FarLegsWait();
    wait.isOver(10_000, 100);
    for (let nowMs = 11_000; nowMs <= 16_000; nowMs += 1000) {
      wait.note(nowMs);
      expect(wait.isOver(nowMs, 90)).toBe(false);
    }
    expect(wait.isOver(16_001, 90)).toBe(true);
  });
});
