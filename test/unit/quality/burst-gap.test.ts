import { describe, expect, it } from 'vitest';
import { BurstGap, burstRatio, type BurstGapFigures } from '../../../src/quality/burst-gap.js';

function figuresOf(book: BurstGap): BurstGapFigures {
  const figures = { bursts: 0, burstDensity: 0, gapDensity: 0, burstMs: 0, gapMs: 0 };
  book.writeTo(figures);
  return figures;
}

function take(pattern: string, packetMs = 20, book = new BurstGap()): BurstGap {
  for (const fate of pattern) book.take(fate === 'L', packetMs);
  return book;
}

describe('BurstGap', () => {
  it('a stream that is lost whole is one burst and no gap', () => {
    expect(figuresOf(take('L'.repeat(50)))).toEqual({
      bursts: 1,
      burstDensity: 1,
      gapDensity: 0,
      burstMs: 1000,
      gapMs: 0,
    });
  });

  it('one lost packet alone is a gap', () => {
    expect(figuresOf(take('L'))).toEqual({ bursts: 0, burstDensity: 0, gapDensity: 1, burstMs: 0, gapMs: 20 });
  });

  it('a burst that ends the stream has no gap behind it', () => {
    expect(figuresOf(take(`${'.'.repeat(30)}LL`))).toMatchObject({ bursts: 1, burstMs: 40, gapMs: 600 });
  });

  it('a lone loss at the beginning belongs to the gap before the burst', () => {
    const pattern = `L${'.'.repeat(16)}LL${'.'.repeat(20)}`; // gaps of 17 and 20 packets
    expect(figuresOf(take(pattern))).toMatchObject({ bursts: 1, burstMs: 40, gapMs: 370 });
  });

  it('can be asked between packets without harm to what follows', () => {
    const book = take(`${'.'.repeat(20)}L..L`);
    expect(figuresOf(book)).toMatchObject({ bursts: 1, burstMs: 80 });
    take(`..L${'.'.repeat(20)}`, 20, book);
    expect(figuresOf(book)).toMatchObject({ bursts: 1, burstMs: 140, burstDensity: 3 / 7 });
  });

  it('counts each packet for the audio that it carries', () => {
    const book = take(`${'.'.repeat(20)}LL`, 20);
    take(`LL${'.'.repeat(10)}`, 30, book);
    expect(figuresOf(book)).toMatchObject({ bursts: 1, burstMs: 100, gapMs: 350 });
  });

  it('says which packet begins a run', () => {
    const book = new BurstGap();
    const begins = Array.from('.LL.L', (fate) => book.take(fate === 'L', 20));
    expect(begins).toEqual([false, true, false, false, true]);
    expect(take('LL').runs).toBe(1);
  });
});

describe('burstRatio', () => {
  it.each([
    ['no loss', [0, 0, 100], 1],
    ['runs of two at 4 %', [4, 2, 100], 1.92],
    ['lone losses', [10, 10, 100], 1],
    ['all lost', [100, 1, 100], 1],
    ['the rest of a run that began before', [5, 0, 250], 4.9],
  ] as const)('%s', (_, [bad, runs, packets], ratio) => expect(burstRatio(bad, runs, packets)).toBeCloseTo(ratio, 10));
});
