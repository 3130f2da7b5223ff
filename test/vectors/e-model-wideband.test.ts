/** G.107.1 without echo against reference values of an independent implementation. */
import { describe, expect, it } from 'vitest';
import { eModelWideband } from '../../src/quality/e-model-wideband.js';
import { qualityVectors } from './quality-vectors.js';

describe('quality.json', () => {
  it.each(qualityVectors.g1071_echoFree)('Ie $Ie, Bpl $Bpl, Ppl $Ppl, Ta $Ta', ({ R, MOS, ...input }) => {
    const result = eModelWideband(input);
    expect(result.R).toBeCloseTo(R, 6);
    expect(result.MOS).toBeCloseTo(MOS, 6);
  });
});

describe('the printed clean calls', () => {
  it.each([
    ['linear PCM at 16 kHz', 0, 129, 100, 4.5],
    ['G.722 at 64', 13, 116, 89.9225, 4.3371],
    ['G.722 at 56', 20, 109, 84.4961, 4.182],
    ['G.722 at 48', 31, 98, 75.969, 3.863],
    ['AMR-WB 23.05', 1, 128, 99.2248, 4.494],
    ['AMR-WB 23.85', 8, 121, 93.7984, 4.4206],
    ['AMR-WB 6.6', 41, 88, 68.2171, 3.5123],
    ['AMR-WB 6.6 diotic', 56, 73, 56.5891, 2.922],
    ['G.711 in a wideband context', 35.8, 93.2, 72.2481, 3.7006],
  ])('%s', (...[, Ie, R, Rx, MOS]) => {
    const result = eModelWideband({ Ie });
    const printed = [result.R, result.Rx, result.MOS].map((value) => Number(value.toFixed(4)));
    expect(printed).toEqual([R, Rx, MOS]);
  });
});

describe('the printed delays and losses', () => {
  it.each([
    [{ Ie: 13, Ta: 150 }, 115.789, 4.333],
    [{ Ie: 13, Ta: 200 }, 112.0727, 4.2552],
    [{ Ie: 13, Ta: 300 }, 96.9587, 3.8288],
    [{ Ie: 13, Ta: 400 }, 84.9496, 3.397],
    [{ Ie: 20, Bpl: 4.3, Ppl: 1 }, 94.8491, 3.7577],
    [{ Ie: 20, Bpl: 4.3, Ppl: 2 }, 85.1905, 3.4062],
    [{ Ie: 20, Bpl: 4.3, Ppl: 5 }, 68.6774, 2.7455],
  ])('%j', (input, R, MOS) => {
    const result = eModelWideband(input);
    expect([result.R, result.MOS].map((value) => Number(value.toFixed(4)))).toEqual([R, MOS]);
  });
});
