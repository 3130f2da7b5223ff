/** Scores over all of loss, bursts and delay, for every codec of calls: monotone, bounded, never NaN. */
import { assert, boolean, constantFrom, double, property, record, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCodecImpairment } from '../../src/quality/codec-impairment.js';
import { eModelWideband } from '../../src/quality/e-model-wideband.js';
import { score, type Score } from '../../src/quality/score.js';

const real = (min: number, max: number) => double({ min, max, noNaN: true });
const codec = constantFrom('PCMU', 'PCMA', 'G722').map((name) => findCodecImpairment(name) ?? expect.fail(name));
const facts = record({ badRatio: real(0, 1), burstR: real(1, 300), oneWayDelayMs: real(0, 10_000) });

describe('MOS is monotone non-increasing', () => {
  it.each<['badRatio' | 'burstR' | 'oneWayDelayMs', number, number]>([
    ['badRatio', 0, 1],
    ['burstR', 1, 300],
    ['oneWayDelayMs', 0, 10_000],
  ])('in %s', (name, min, max) => {
    assert(
      property(codec, facts, tuple(real(min, max), real(min, max)), (codec, facts, [a, b]) => {
        const better = score(codec, { ...facts, [name]: Math.min(a, b) });
        const worse = score(codec, { ...facts, [name]: Math.max(a, b) });
        expect(worse.mosLq).toBeLessThanOrEqual(better.mosLq + 1e-12);
        expect(worse.mosCq).toBeLessThanOrEqual(better.mosCq + 1e-12);
      }),
    );
  });
});

/** @param echoSlack by so much may a little delay raise R: the echo terms of G.107 step up by 0.06 at T = 1 ms */
function isOnScale({ rFactor, mosLq, mosLqNoPlc, rFactorCq, mosCq }: Score, greatest: number, echoSlack = 0): boolean {
  const isRFactor = rFactor >= 0 && rFactor <= greatest && rFactorCq >= 0 && rFactorCq <= rFactor + echoSlack;
  const isMos = mosLq >= 1 && mosLq <= 4.5 && mosCq >= 1 && mosCq <= mosLq + 0.05 * echoSlack;
  return isRFactor && isMos && !(mosLqNoPlc > mosLq || mosLqNoPlc < 1);
}

describe('every figure stays on its scale', () => {
  it('for any facts', () => {
    assert(
      property(codec, facts, boolean(), (codec, facts, isClassic) => {
        const echo = isClassic && codec.scale === 'narrowband' ? 'classic' : 'none';
        expect(score(codec, { ...facts, echo })).toSatisfy((figures: Score) =>
          isOnScale(figures, codec.scale === 'wideband' ? 129 : 93.3, echo === 'classic' ? 0.06 : 0),
        );
      }),
    );
  });

  const corners = [0, 1].flatMap((badRatio) =>
    [1, 1e9].flatMap((burstR) => [0, 10_000].map((oneWayDelayMs) => ({ badRatio, burstR, oneWayDelayMs }))),
  );

  it.each(corners)('at $badRatio lost, burst ratio $burstR, $oneWayDelayMs ms', (facts) => {
    for (const name of ['PCMU', 'PCMA', 'G722']) {
      expect(score(findCodecImpairment(name), facts)).toSatisfy((figures: Score) => isOnScale(figures, 129));
    }
  });

  it('the wideband model, whatever its codec', () => {
    const input = record({
      Ie: real(0, 56),
      Bpl: real(4.3, 40),
      Ppl: real(0, 100),
      BurstR: real(1, 50),
      Ta: real(0, 10_000),
    });
    assert(
      property(input, (input) => {
        const { burstExtension: _, ...terms } = eModelWideband(input);
        expect(Object.values(terms).every(Number.isFinite)).toBe(true);
        expect(terms.MOS >= 1 && terms.MOS <= 4.5).toBe(true);
      }),
    );
  });
});
