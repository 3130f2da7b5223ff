import { describe, expect, test } from 'vitest';
import { jitterOfWidth, widthOfJitter } from '../../../src/net/jitter-width.js';
import { createRandom } from '../../../src/lib/random.js';

describe('the jitter of a width', () => {
  test.each([
    // Nothing ever waits for the packet ahead: two independent uniform delays differ by a third of their width.
    [15, 20, 5],
    [20, 20, 20 / 3],
    // W = 2T, by hand: (2/40)·[∫₀²⁰ (40−y)·y(y+20)/1600 dy + ∫₂₀⁴⁰ (40−y)·y/40 dy] = (2/40)·(108.3333 + 133.3333)
    [40, 20, 12.083_333],
    [0, 20, 0],
  ])('W = %d ms, packets %d ms apart: %d ms', (widthMs, packetMs, jitterMs) => {
    expect(jitterOfWidth(widthMs, packetMs)).toBeCloseTo(jitterMs, 3);
  });

  test('is what a link in order shows: mean |D| of delays that were drawn one by one', () => {
    const random = createRandom(11);
    const widthMs = widthOfJitter(20, 20);
    let before = 0;
    let sum = 0;
    const packets = 200_000;
    for (let i = 0; i < packets; i++) {
      const delay = Math.max(random.next() * widthMs, before - 20);
      sum += Math.abs(delay - before);
      before = delay;
    }
    expect(sum / packets).toBeGreaterThan(19.8);
    expect(sum / packets).toBeLessThan(20.2);
  });
});

test.each([1, 5, 12.083_333, 25])('the width of a jitter of %d ms has that jitter', (jitterMs) => {
  expect(jitterOfWidth(widthOfJitter(jitterMs, 20), 20)).toBeCloseTo(jitterMs, 6);
});

test('no jitter needs no width', () => {
  expect(widthOfJitter(0, 20)).toBe(0);
});
