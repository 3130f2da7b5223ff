/** G.107 over its whole range and far beyond: monotone, bounded, never NaN. */
import { assert, double, property, record, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eModel, type EModelParameters } from '../../src/quality/e-model.js';

const real = (min: number, max: number) => double({ min, max, noNaN: true });
const codec = record({ Ie: real(0, 40), Bpl: real(4.3, 40) });
const line = record({ Ta: real(0, 10_000), Ppl: real(0, 100), BurstR: real(1, 50) });

describe('MOS is monotone non-increasing', () => {
  it.each<[keyof EModelParameters, number, number]>([
    ['Ppl', 0, 100],
    ['Ta', 0, 10_000],
    ['BurstR', 1, 50],
  ])('in %s', (name, min, max) => {
    assert(
      property(codec, line, tuple(real(min, max), real(min, max)), (codec, line, [a, b]) => {
        const better = eModel({ ...codec, ...line, [name]: Math.min(a, b) });
        const worse = eModel({ ...codec, ...line, [name]: Math.max(a, b) });
        expect(worse.MOS).toBeLessThanOrEqual(better.MOS + 1e-12);
      }),
    );
  });
});

describe('every figure is a number and MOS stays on its scale', () => {
  const telephone = record({
    SLR: real(0, 18),
    RLR: real(-5, 14),
    STMR: real(0, 30),
    LSTR: real(13, 23),
    Ds: real(-3, 3),
    TELR: real(5, 65),
    WEPL: real(5, 110),
    T: real(0, 10_000),
    Tr: real(0, 20_000),
    qdu: real(1, 14),
    Nc: real(-80, -40),
    Ps: real(35, 85),
    Pr: real(35, 85),
    A: real(0, 20),
  });

  it('for any telephone, codec and line', () => {
    assert(
      property(telephone, codec, line, (telephone, codec, line) => {
        const { extrapolated: _, ...terms } = eModel({ ...telephone, ...codec, ...line });
        expect(Object.entries(terms).filter(([, value]) => !Number.isFinite(value))).toEqual([]);
        expect(terms.MOS).toBeGreaterThanOrEqual(1);
        expect(terms.MOS).toBeLessThanOrEqual(4.5);
      }),
    );
  });

  it.each([{ Ppl: 0 }, { Ppl: 100 }, { Ta: 0 }, { Ta: 10_000 }, { Ppl: 100, BurstR: 1e9, Ta: 1e9, T: 1e9, Tr: 1e9 }])(
    'for %j',
    (input) => expect(eModel(input).MOS).not.toBeNaN(),
  );
});
