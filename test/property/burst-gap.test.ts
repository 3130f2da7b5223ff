/** Streaming bursts and gaps against their definition, worked out over the whole pattern at once. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BurstGap } from '../../src/quality/burst-gap.js';

const PACKET_MS = 20;

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** RFC 3611 §4.7.2: bad packets with fewer than 16 good ones between them belong together; two or more are a burst. */
function byDefinition(pattern: readonly boolean[]) {
  const inBurst = pattern.map(() => false);
  let bursts = 0;
  let first = -1;
  let last = -1;
  const close = (): void => {
    if (last > first) {
      bursts++;
      inBurst.fill(true, first, last + 1);
    }
  };
  pattern.forEach((isBad, i) => {
    if (!isBad) return;
    if (first < 0 || i - last - 1 >= 16) {
      if (first >= 0) close();
      first = i;
    }
    last = i;
  });
  if (first >= 0) close();
  const gapRuns = inBurst.filter((inside, i) => !inside && (i === 0 || inBurst[i - 1])).length;
  const badRuns = pattern.filter((isBad, i) => isBad && !(pattern[i - 1] ?? false)).length;
  const of = (inside: boolean, bad: boolean): number =>
    pattern.filter((isBad, i) => inBurst[i] === inside && (!bad || isBad)).length;
  return {
    bursts,
    burstDensity: share(of(true, true), of(true, false)),
    gapDensity: share(of(false, true), of(false, false)),
    burstMs: share(of(true, false) * PACKET_MS, bursts),
    gapMs: share(of(false, false) * PACKET_MS, gapRuns),
    runs: badRuns,
  };
}

/** Runs of good and bad packets, so that bursts, gaps and the edges of both come about. */
const pattern = fc
  .array(fc.tuple(fc.boolean(), fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 14, max: 18 }))), {
    maxLength: 40,
  })
  .map((runs) => runs.flatMap(([isBad, length]) => Array.from({ length }, () => isBad)));

describe('BurstGap', () => {
  it('is the definition, whatever the pattern', () => {
    fc.assert(
      fc.property(pattern, (pattern) => {
        const book = new BurstGap();
        for (const isBad of pattern) book.take(isBad, PACKET_MS);
        const figures = { bursts: 0, burstDensity: 0, gapDensity: 0, burstMs: 0, gapMs: 0 };
        book.writeTo(figures);
        const { runs, ...expected } = byDefinition(pattern);
        for (const [name, value] of Object.entries(figures)) {
          expect(value).toBeCloseTo(expected[name as keyof typeof expected], 9);
        }
        expect(book.runs).toBe(runs);
        expect(book.packets).toBe(pattern.length);
        expect(book.burstR).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });

  it('packets and bad packets of bursts and gaps add up to all', () => {
    fc.assert(
      fc.property(pattern, (pattern) => {
        const book = new BurstGap();
        for (const isBad of pattern) book.take(isBad, PACKET_MS);
        const figures = { bursts: 0, burstDensity: 0, gapDensity: 0, burstMs: 0, gapMs: 0 };
        book.writeTo(figures);
        const inGaps = book.packets - book.packetsInBursts;
        const bad = figures.burstDensity * book.packetsInBursts + figures.gapDensity * inGaps;
        expect(bad).toBeCloseTo(pattern.filter(Boolean).length, 6);
        expect(inGaps).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
