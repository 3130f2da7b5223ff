/** Bursts, gaps and the burst ratio against reference values of an independent implementation: 20 ms a packet, Gmin 16. */
import { describe, expect, it } from 'vitest';
import { BurstGap, densityByte, type BurstGapFigures } from '../../src/quality/burst-gap.js';
import { qualityVectors } from './quality-vectors.js';

function measure(pattern: string): BurstGapFigures & { burstR: number; packets: number; bad: number } {
  const book = new BurstGap();
  for (const fate of pattern) book.take(fate !== '.', 20);
  const figures = { bursts: 0, burstDensity: 0, gapDensity: 0, burstMs: 0, gapMs: 0 };
  book.writeTo(figures);
  return { ...figures, burstR: book.burstR, packets: book.packets, bad: book.bad };
}

describe('quality.json', () => {
  it.each(qualityVectors.burstGap)('$name', ({ pattern, segment }) => {
    const figures = measure(pattern);
    expect(figures).toMatchObject({ packets: segment.n, bad: segment.bad, bursts: segment.bursts });
    expect(figures.burstDensity).toBeCloseTo(segment.burst_density, 6);
    expect(figures.gapDensity).toBeCloseTo(segment.gap_density, 6);
    expect(figures.burstMs).toBeCloseTo(segment.burst_ms, 6);
    expect(figures.gapMs).toBeCloseTo(segment.gap_ms, 6);
    expect(figures.burstR).toBeCloseTo(Math.max(1, segment.BurstR_run), 6);
    expect(densityByte(figures.burstDensity)).toBe(Math.min(255, segment.xr[0]));
    expect(densityByte(figures.gapDensity)).toBe(segment.xr[1]);
  });
});

const good = (count: number): string => '.'.repeat(count);

describe('the printed table', () => {
  it.each([
    { name: 'A', pattern: good(100), figures: [0, 0, 0, 0, 2000, 1] },
    { name: 'B', pattern: `${good(40)}L${good(40)}L${good(40)}`, figures: [0, 0, 0.016393, 0, 2440, 1] },
    { name: 'C', pattern: `${good(50)}LLL${good(5)}L${good(50)}`, figures: [1, 0.444444, 0, 180, 1000, 1.926606] },
    { name: 'D', pattern: `${good(30)}LL..L${good(30)}LDL${good(30)}`, figures: [2, 0.75, 0, 80, 600, 1.877551] },
    { name: 'E', pattern: `${good(20)}L${good(15)}L${good(20)}`, figures: [1, 0.117647, 0, 340, 400, 1] },
    { name: 'F', pattern: `${good(20)}L${good(16)}L${good(20)}`, figures: [0, 0, 0.034483, 0, 1160, 1] },
    { name: 'G', pattern: `LL${good(60)}L${good(20)}LL${good(37)}`, figures: [2, 1, 0.008475, 40, 1180, 1.598361] },
    { name: 'H', pattern: `${good(9)}L`.repeat(10), figures: [1, 0.10989, 0, 1820, 180, 1] },
  ])('$name', ({ pattern, figures }) => {
    const { bursts, burstDensity, gapDensity, burstMs, gapMs, burstR } = measure(pattern);
    const printed = [bursts, burstDensity, gapDensity, burstMs, gapMs, burstR].map((value) => Number(value.toFixed(6)));
    expect(printed).toEqual(figures);
  });

  it('a density of 1 is 255 and not 256', () => expect(densityByte(1)).toBe(255));
});
