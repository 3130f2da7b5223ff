import { describe, expect, it } from 'vitest';
import { findCodecImpairment } from '../../../src/quality/codec-impairment.js';
import { emptyScore, score, scoreInto } from '../../../src/quality/score.js';
import { segmentOf } from '../../vectors/quality-vectors.js';

const pcmu = findCodecImpairment('PCMU');
const g722 = findCodecImpairment('G722');

describe('a narrowband listening score', () => {
  it.each([
    [0, 1, 93.21, 4.409, 4.409],
    [0.005, 1, 91.35, 4.371, 4.143],
    [0.01, 1, 89.57, 4.328, 3.834],
    [0.02, 1, 86.2, 4.235, 3.256],
    [0.03, 1, 83.06, 4.134, 2.794],
    [0.05, 1, 77.43, 3.923, 2.17],
    [0.1, 1, 66.14, 3.411, 1.481],
    [0.005, 2, 91.33, 4.37, 4.124],
    [0.01, 2, 89.5, 4.326, 3.753],
    [0.02, 2, 85.93, 4.227, 2.962],
    [0.03, 2, 82.49, 4.115, 2.268],
    [0.05, 2, 76, 3.864, 1.358],
    [0.1, 2, 61.64, 3.185, 1],
  ])('at loss %d and burst ratio %d', (...[badRatio, burstR, rFactor, mosLq, mosLqNoPlc]) => {
    const figures = score(pcmu, { badRatio, burstR });
    expect(figures.rFactor).toBeCloseTo(rFactor, 2);
    expect(figures.mosLq).toBeCloseTo(mosLq, 3);
    expect(figures.mosLqNoPlc).toBeCloseTo(mosLqNoPlc, 3);
    expect([figures.rFactorCq, figures.mosCq]).toEqual([Number.NaN, Number.NaN]);
  });

  it('is the same for both laws of G.711', () => {
    const facts = { badRatio: 0.03, burstR: 1.4, oneWayDelayMs: 180 };
    expect(score(findCodecImpairment('PCMA'), facts)).toEqual(score(pcmu, facts));
  });

  it('ends at R 0 where bursts take the model below it', () => {
    const figures = score(pcmu, { badRatio: 0.9, burstR: 9, oneWayDelayMs: 150 });
    expect(figures).toEqual({ rFactor: 0, mosLq: 1, mosLqNoPlc: 1, rFactorCq: 0, mosCq: 1 });
  });
});

describe('a conversational score', () => {
  /** The reference trace behind a network of 30 ms at each depth of the buffer; delays of the vectors, without echo. */
  it.each([
    [20, 56.970147, 2.941963],
    [40, 84.458923, 4.180793],
    [60, 84.458891, 4.180792],
    [200, 77.573654, 3.929087],
  ])('of the reference trace with %d ms', (depth, rFactorCq, mosCq) => {
    const seg = segmentOf(depth);
    const figures = score(pcmu, {
      badRatio: seg.bad / seg.n,
      burstR: Math.max(1, seg.BurstR_run),
      oneWayDelayMs: 30 + depth + 20.25,
    });
    expect(figures.rFactorCq).toBeCloseTo(rFactorCq, 5); // the burst ratio of the row has six decimals
    expect(figures.mosCq).toBeCloseTo(mosCq, 6);
  });

  it('leaves the listening score alone', () => {
    const figures = score(pcmu, { badRatio: 0.019, burstR: 1, oneWayDelayMs: 250.25 });
    expect(figures.mosLq).toBeCloseTo(4.24474, 6);
  });

  it.each([
    [150, 89.53913197359897, 4.3275],
    [100, 90.6637, 4.3549],
    [250, 79.1771, 3.9925],
  ])('with the classic echo at %d ms', (oneWayDelayMs, rFactorCq, mosCq) => {
    const figures = score(pcmu, { badRatio: 0, burstR: 1, oneWayDelayMs, echo: 'classic' });
    expect(figures.rFactorCq).toBeCloseTo(rFactorCq, rFactorCq === 89.53913197359897 ? 9 : 4);
    expect(figures.mosCq).toBeCloseTo(mosCq, 4);
    expect(figures.rFactor).toBeCloseTo(93.206208, 6);
  });

  it.each(['none', 'classic'] as const)('is unknown without a delay (%s)', (echo) => {
    const figures = score(pcmu, { badRatio: 0.01, burstR: 1, oneWayDelayMs: Number.NaN, echo });
    expect([figures.rFactorCq, figures.mosCq]).toEqual([Number.NaN, Number.NaN]);
    expect(figures.mosLq).toBeCloseTo(4.328, 3);
  });
});

describe('a wideband score', () => {
  it.each([
    [Number.NaN, 116, 4.3371, Number.NaN, Number.NaN],
    [150, 116, 4.3371, 115.789, 4.333],
    [300, 116, 4.3371, 96.9587, 3.8288],
  ])('of a clean G.722 call at %d ms', (...[oneWayDelayMs, rFactor, mosLq, rFactorCq, mosCq]) => {
    const figures = score(g722, { badRatio: 0, burstR: 1, oneWayDelayMs });
    const printed = [figures.rFactor, figures.mosLq, figures.rFactorCq, figures.mosCq];
    expect(printed.map((value) => Number(value.toFixed(4)))).toEqual([rFactor, mosLq, rFactorCq, mosCq]);
  });

  it('under loss: 13 + 82·2/(2 + 4.5); what it were without concealment nobody published', () => {
    const figures = score(g722, { badRatio: 0.02, burstR: 1 });
    expect(figures.rFactor).toBeCloseTo(90.76923076923077, 10);
    expect(figures.mosLq).toBeCloseTo(3.614012984808664, 10);
    expect(figures.mosLqNoPlc).toBeNaN();
  });

  it('has no classic echo', () => {
    const facts = { badRatio: 0, burstR: 1, oneWayDelayMs: 100, echo: 'classic' } as const;
    expect(() => score(g722, facts)).toThrow('expected none for G722');
  });
});

describe('what is unknown', () => {
  it('is no score: too few packets, or a codec without a row', () => {
    expect(score(pcmu, { badRatio: Number.NaN, burstR: Number.NaN, oneWayDelayMs: 50 })).toEqual(emptyScore());
    expect(score(undefined, { badRatio: 0.01, burstR: 1, oneWayDelayMs: 50 })).toEqual(emptyScore());
  });

  it('but nothing played is MOS 1 with every codec', () => {
    const nothing = { badRatio: 1, burstR: 1, oneWayDelayMs: 50 };
    expect(score(pcmu, nothing)).toEqual({ rFactor: 0, mosLq: 1, mosLqNoPlc: 1, rFactorCq: 0, mosCq: 1 });
    expect(score(g722, nothing)).toMatchObject({ rFactor: 0, mosLq: 1, mosLqNoPlc: Number.NaN, mosCq: 1 });
    expect(score(undefined, nothing)).toMatchObject({ rFactor: 0, mosLq: 1, mosLqNoPlc: Number.NaN });
    expect(score(pcmu, { badRatio: 1, burstR: 1 })).toMatchObject({ mosLq: 1, mosCq: Number.NaN });
  });
});

describe('scoreInto', () => {
  it('overwrites every figure of the object it is given', () => {
    const into = score(pcmu, { badRatio: 0, burstR: 1, oneWayDelayMs: 10 });
    scoreInto(into, g722, { badRatio: Number.NaN, burstR: 1 });
    expect(into).toEqual(emptyScore());
  });
});
