/** G.107 and MOS against reference values of an independent implementation. */
import { describe, expect, it } from 'vitest';
import { eModel, type EModelParameters, type EModelResult } from '../../src/quality/e-model.js';
import { mosToR, rToMos } from '../../src/quality/mos.js';
import { qualityVectors } from './quality-vectors.js';

/** Within 5e-7. */
const DIGITS = 6;

describe('quality.json', () => {
  it('holds the rows that these tests are for', () => {
    const { g107, idd, rToMos, mosToR, g1071_echoFree, burstGap, jbTrace } = qualityVectors;
    expect([g107.length, idd.length, rToMos.length, mosToR.length]).toEqual([28, 11, 21, 16]);
    expect([g1071_echoFree.length, burstGap.length, jbTrace.fixed.length]).toEqual([42, 4, 7]);
  });

  it.each(qualityVectors.g107)('g107 $input', ({ input, out }) => {
    const result: Record<string, unknown> = { ...eModel(input) };
    const terms = Object.entries(out);
    expect(terms).toHaveLength(20);
    for (const [name, expected] of terms) {
      expect(result[name === 'Ieeff' ? 'IeEff' : name]).toBeCloseTo(expected, DIGITS);
    }
  });

  it.each(qualityVectors.idd)('Idd at Ta = %d ms', (Ta, standard, low, veryLow) => {
    expect(eModel({ Ta }).Idd).toBeCloseTo(standard, DIGITS);
    expect(eModel({ Ta, sT: 0.55, mT: 120 }).Idd).toBeCloseTo(low, DIGITS);
    expect(eModel({ Ta, sT: 0.4, mT: 150 }).Idd).toBeCloseTo(veryLow, DIGITS);
  });

  it.each(qualityVectors.rToMos)('MOS of R = %d', (r, mos) => expect(rToMos(r)).toBeCloseTo(mos, DIGITS));

  it.each(qualityVectors.mosToR)('R of MOS = %d', (mos, r) => expect(mosToR(mos)).toBeCloseTo(r, DIGITS));
});

const PRINTED_TERMS = ['Ro', 'Is', 'Idte', 'Idle', 'Idd', 'IeEff', 'R', 'MOS'] as const;
const row = (input: Partial<EModelParameters>, ...terms: number[]) => ({ input, terms });

const PRINTED = [
  row({ Ta: 150 }, 94.7688, 1.4136, 0, 0.149, 0.1635, 0, 93.0427, 4.4062),
  row({ Ta: 150, T: 150, Tr: 300 }, 94.7688, 1.4136, 2.8118, 0.8407, 0.1635, 0, 89.5391, 4.3275),
  row({ Ta: 100, T: 100, Tr: 200 }, 94.7688, 1.4136, 1.9638, 0.7277, 0, 0, 90.6637, 4.3549),
  row({ Ta: 250, T: 250, Tr: 500 }, 94.7688, 1.4136, 4.2429, 1.0186, 8.9167, 0, 79.1771, 3.9925),
  row({ Ta: 300 }, 94.7688, 1.4136, 0, 0.149, 14.7607, 0, 78.4455, 3.9639),
  row({ Ta: 400, T: 400, Tr: 800, TELR: 45 }, 94.7688, 1.4136, 43.3737, 1.2301, 24.0701, 0, 24.6814, 1.4043),
  row({ TELR: 40, T: 50 }, 94.7688, 1.4136, 19.0721, 0.149, 0, 0, 74.1341, 3.7844),
  row({ WEPL: 30, Tr: 100 }, 94.7688, 1.4136, 0, 5.1345, 0, 0, 88.2208, 4.293),
  row({ qdu: 4 }, 94.7688, 6.4166, 0, 0.149, 0, 0, 88.2031, 4.2925),
  row({ Nc: -50 }, 77.5823, 1.0847, 0, 0.1468, 0, 0, 76.3508, 3.8789),
  row({ Ps: 55, Pr: 55 }, 80.4049, 1.1109, 0, 0.1472, 0, 0, 79.1469, 3.9913),
  row({ SLR: 15, RLR: 10 }, 73.2838, 0.9742, 0, 0.1463, 0, 0, 72.1633, 3.6967),
  row({ STMR: 8 }, 94.7688, 1.7321, 0, 0.149, 0, 0, 92.8877, 4.4032),
  row({ STMR: 25, T: 50, TELR: 45 }, 94.7688, 3.895, 10.6709, 0.149, 0, 0, 80.0538, 4.026),
  row(
    { Ie: 10, Bpl: 19, Ppl: 2, BurstR: 1.5, Ta: 180, A: 5 },
    94.7688,
    1.4136,
    0,
    0.149,
    1.3463,
    18.3607,
    78.4993,
    3.966,
  ),
  row({ Ie: 0, Bpl: 25.1, Ppl: 1, Ta: 80 }, 94.7688, 1.4136, 0, 0.149, 0, 3.6398, 89.5664, 4.3282),
  row({ Ie: 0, Bpl: 4.3, Ppl: 3, BurstR: 2, Ta: 220 }, 94.7688, 1.4136, 0, 0.149, 5.2575, 49.1379, 38.8108, 2.0061),
  row({ Ie: 11, Bpl: 19, Ppl: 2 }, 94.7688, 1.4136, 0, 0.149, 0, 19, 74.2062, 3.7876),
];

describe('the printed table', () => {
  it.each(PRINTED)('$input', ({ input, terms }) => {
    const result: EModelResult = eModel(input);
    const printed = PRINTED_TERMS.map((name) => Number(result[name].toFixed(4)));
    expect(printed).toEqual(terms);
  });

  it('has 18 rows', () => expect(PRINTED).toHaveLength(18));
});
