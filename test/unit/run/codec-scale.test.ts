import { describe, expect, it } from 'vitest';
import { codecNames } from '../../../src/media/codec/codec.js';
import * as codecs from '../../../src/run/codec-scale.js';

describe('the codecs of rows', () => {
  it('are those of the codec table, by their index', () => {
    codecNames().forEach((name, index) => {
      expect([codecs.codecName(index), codecs.codecIndexOf(name)]).toEqual([name, index]);
    });
    expect([0, 1, 2].map(codecs.codecName)).toEqual(['PCMU', 'PCMA', 'G722']);
  });

  it('are narrowband but for G.722', () => {
    expect([0, 1, 2].map(codecs.scaleOf)).toEqual(['narrowband', 'narrowband', 'wideband']);
    expect([codecs.scaleOfName('G722'), codecs.scaleOfName('opus')]).toEqual(['wideband', null]);
  });

  it('of any other index are unknown, under one key', () => {
    for (const index of [Number.NaN, -1, 3, 0.5, Infinity]) {
      expect([codecs.codecKey(index), codecs.codecName(index), codecs.scaleOf(index)]).toEqual([-1, null, null]);
    }
    expect(codecs.codecIndexOf('opus')).toBe(codecs.UNKNOWN_CODEC);
  });

  it('that are not built in stand behind the others once they are declared', () => {
    codecs.declareCodecs([
      { name: 'G729', cost: { scale: 'narrowband', ie: 11, bpl: 19 } },
      { name: 'OPUS', cost: null },
      { name: 'AMR-WB', cost: { scale: 'wideband', ie: 13, bpl: 4.3 } },
    ]);
    expect([3, 4, 5].map((index) => [codecs.codecName(index), codecs.scaleOf(index)])).toEqual([
      ['G729', 'narrowband'],
      ['OPUS', null],
      ['AMR-WB', 'wideband'],
    ]);
    expect([codecs.codecIndexOf('AMR-WB'), codecs.codecKey(4), codecs.codecKey(6)]).toEqual([5, 4, -1]);
    expect([codecs.declaredCost(3)?.bpl, codecs.declaredCost(4), codecs.declaredCost(0)]).toEqual([19, null, null]);
    // A leg of G.729 without any fault lacks nothing; one of R 72.2 lacks ten of a hundred points.
    expect(codecs.impairmentOf(3, 82.2)).toBeCloseTo(0, 9);
    expect(codecs.impairmentOf(3, 72.2)).toBeCloseTo(10, 9);
    codecs.declareCodecs([]);
    expect(codecs.codecName(3)).toBeNull();
  });
});
