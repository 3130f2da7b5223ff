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
});
