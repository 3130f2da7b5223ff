import { describe, expect, it } from 'vitest';
import { scoreBreakdown, type BreakdownFacts } from '../../../src/quality/score-breakdown.js';

const facts = (changes: Partial<BreakdownFacts>): BreakdownFacts => ({
  expected: 1000,
  lost: 0,
  discarded: 0,
  burstR: 1,
  mouthToEarMs: Number.NaN,
  ...changes,
});
const pointsOf = (codec: string, changes: Partial<BreakdownFacts>): Record<string, number> =>
  Object.fromEntries((scoreBreakdown(codec, facts(changes))?.steps ?? []).map(({ term, points }) => [term, points]));

describe('which term cost the points', () => {
  it('of a codec that is not built in, by what it costs: 4 % loss with Bpl 19 takes 84 · 4 / (4 + 19) = 14.6087', () => {
    const breakdown = scoreBreakdown({ scale: 'narrowband', ie: 11, bpl: 19 }, facts({ lost: 40 }));
    const points = breakdown?.steps.map(({ term, points: taken }) => [term, taken]);
    expect(points?.slice(0, 2)).toEqual([
      ['codec', 11],
      ['lost', expect.closeTo(14.6087, 4)],
    ]);
  });

  it('random loss of G.711 with concealment: 1 % costs 95 · 1 / (1 + 25.1) = 3.6398', () => {
    const breakdown = scoreBreakdown('PCMU', facts({ lost: 10, mouthToEarMs: 80 }));
    expect(breakdown).toMatchObject({ scale: 'narrowband' });
    expect(breakdown?.faultlessR).toBeCloseTo(93.2062, 4);
    expect(pointsOf('PCMU', { lost: 10 })['lost']).toBeCloseTo(3.6398, 4);
    expect(breakdown?.rFactor).toBeCloseTo(89.5664, 4);
    expect(breakdown?.rFactorCq).toBeCloseTo(89.5664, 4); // Ta of 80 ms costs nothing
    expect(breakdown?.steps.at(-1)?.mos).toBeCloseTo(4.3282, 4);
  });

  it('is shared out between lost and late packets by their number', () => {
    // 2 % in all cost 95 · 2 / 27.1 = 7.0111: a quarter of the packets never came, three quarters were late.
    const points = pointsOf('PCMA', { lost: 5, discarded: 15 });
    expect(points['lost']).toBeCloseTo(1.7528, 4);
    expect(points['late']).toBeCloseTo(5.2583, 4);
    expect(points['bursts']).toBe(0);
  });

  it('bursts cost what (7-29) adds for their burst ratio', () => {
    // 95 · 5 / (5/2 + 25.1) − 95 · 5 / (5 + 25.1) = 17.2101 − 15.7807
    const breakdown = scoreBreakdown('PCMU', facts({ lost: 50, burstR: 2 }));
    expect(pointsOf('PCMU', { lost: 50, burstR: 2 })['bursts']).toBeCloseTo(1.4294, 4);
    expect(breakdown?.rFactor).toBeCloseTo(93.2062 - 17.2101, 3);
    expect(breakdown?.steps.map(({ term }) => term)).toEqual(['codec', 'lost', 'late', 'bursts']);
    expect(breakdown?.rFactorCq).toBeNull();
  });

  it('delay costs Idd of (7-27), and on the wideband scale 1.29 times as much', () => {
    expect(pointsOf('PCMU', { mouthToEarMs: 250 })['delay']).toBeCloseTo(8.9167, 4);
    const wide = scoreBreakdown('G722', facts({ mouthToEarMs: 200 }));
    expect(wide?.faultlessR).toBe(129);
    expect(wide?.steps[0]).toMatchObject({ term: 'codec', points: 13, rFactor: 116 });
    expect(wide?.steps[0]?.mos).toBeCloseTo(4.3371, 4);
    expect(wide?.rFactor).toBe(116);
    expect(wide?.rFactorCq).toBeCloseTo(112.0727, 4);
    expect(wide?.steps.at(-1)?.mos).toBeCloseTo(4.2552, 4);
  });

  it('a term takes no more than is left: R ends at 0', () => {
    // G.722: 13 + 82 · 40 / (40/4 + 4.5) = 239 points, of 129.
    const breakdown = scoreBreakdown('G722', facts({ lost: 400, burstR: 4, mouthToEarMs: 300 }));
    const random = (82 * 40) / 44.5;
    expect(breakdown?.steps.map(({ points }) => Math.round(points * 100) / 100)).toEqual([
      13,
      Math.round(random * 100) / 100,
      0,
      Math.round((116 - random) * 100) / 100,
      0,
    ]);
    expect(breakdown).toMatchObject({ rFactor: 0, rFactorCq: 0 });
  });

  it('all lost is R 0 and MOS 1, by lost and late packets', () => {
    const breakdown = scoreBreakdown('PCMU', facts({ lost: 750, discarded: 250 }));
    expect(breakdown?.rFactor).toBe(0);
    expect(breakdown?.steps[1]?.points).toBeCloseTo(69.9047, 3);
    expect(breakdown?.steps[2]?.points).toBeCloseTo(23.3016, 3);
    expect(breakdown?.steps.at(-1)?.mos).toBe(1);
  });

  it('late packets of which nobody tells are in no term, and an unknown burst ratio is random loss', () => {
    const points = pointsOf('PCMU', { lost: 10, discarded: Number.NaN, burstR: Number.NaN });
    expect(points['lost']).toBeCloseTo(3.6398, 4);
    expect(points).toMatchObject({ late: 0, bursts: 0 });
  });

  it('is none without packets or a codec that has a score', () => {
    expect(scoreBreakdown('PCMU', facts({ expected: 0 }))).toBeNull();
    expect(scoreBreakdown('OPUS', facts({}))).toBeNull();
  });
});
