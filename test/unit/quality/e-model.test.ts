import { describe, expect, it } from 'vitest';
import { CLEAN_R, E_MODEL_DEFAULTS, eModel, ieEffective } from '../../../src/quality/e-model.js';

describe('eModel', () => {
  it('gives R 93.2062 and MOS 4.4094 for the defaults', () => {
    const { R, MOS, extrapolated } = eModel({});
    expect(R).toBeCloseTo(93.206208, 6);
    expect(MOS).toBeCloseTo(4.409406, 6);
    expect(extrapolated).toBe(false);
  });

  it('gives the clean R of the short way', () => expect(CLEAN_R).toBe(eModel(E_MODEL_DEFAULTS).R));

  it('reads the exponent of Idd as 6·sT and not as 6 − sT', () => {
    expect(eModel({ Ta: 200 }).Idd).toBeCloseTo(3.0444, 4);
    expect(eModel({ Ta: 200, sT: 5 / 6 }).Idd).toBeCloseTo(3.6558, 4);
  });

  it('hears an echo below 1 ms as sidetone', () => {
    expect(eModel({ T: 0.999, TELR: 20 }).Idte).toBe(0);
    expect(eModel({ T: 1, TELR: 20 }).Idte).toBeGreaterThan(0);
  });

  it('corrects the talker echo for a strong sidetone below STMR 9 (7-23), as with a TELR changed by Ist/2', () => {
    const { Ist, Idte } = eModel({ STMR: 8.9, T: 50, TELR: 45 });
    expect(Idte).toBeCloseTo(eModel({ T: 50, TELR: 45 + Ist / 2 }).Idte, 6);
    expect(eModel({ STMR: 9, T: 50, TELR: 45 }).Idte).toBe(eModel({ T: 50, TELR: 45 }).Idte);
    expect(eModel({ STMR: 20, T: 50, TELR: 45 }).Idte).toBe(eModel({ T: 50, TELR: 45 }).Idte);
  });

  it('does not clamp R, only MOS', () => {
    const { R, MOS } = eModel({ Ppl: 100, BurstR: 8 });
    expect(R).toBeLessThan(0);
    expect(MOS).toBe(1);
  });

  it.each([
    [{ Ta: 500 }, false],
    [{ Ta: 501 }, true],
    [{ Ppl: 20.1 }, true],
    [{ STMR: 9 }, true],
    [{ BurstR: 3, Ppl: 1.9 }, false],
    [{ BurstR: 3, Ppl: 2 }, true],
  ])('%j is extrapolated: %s', (input, expected) => expect(eModel(input).extrapolated).toBe(expected));

  it.each([
    [{ Ppl: Number.NaN }, 'finite Ppl'],
    [{ Ta: Infinity }, 'finite Ta'],
    [{ T: -1 }, 'T >= 0'],
    [{ qdu: 0 }, 'qdu > 0'],
    [{ Bpl: 0 }, 'Bpl > 0'],
  ])('refuses %j', (input, message) => expect(() => eModel(input)).toThrow(message));
});

describe('ieEffective', () => {
  it.each([
    ['nothing lost', 0, 1, 11],
    ['negative loss counts as none', -1, 1, 11],
    ['G.729A with VAD at 2 %', 2, 1, 19],
    ['a burst ratio below 1 counts as 1', 2, 0.5, 19],
  ])('%s', (_, pplPercent, burstR, expected) => {
    expect(ieEffective({ ie: 11, bpl: 19 }, pplPercent, burstR)).toBeCloseTo(expected, 10);
  });

  it('bursts go above 95', () => expect(ieEffective({ ie: 0, bpl: 4.3 }, 100, 8)).toBeCloseTo(9500 / 16.8, 10));
});
