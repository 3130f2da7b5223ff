import { build } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { Distribution, type DistributionKind, DISTRIBUTION_SCALES } from '../../../src/metrics/histogram.js';
import { distributionSchema, type DistributionSummary } from '../../../src/run/result-fields.js';

function distributionOf(kind: DistributionKind, values: readonly number[]): Distribution {
  const distribution = new Distribution(kind);
  for (const value of values) distribution.record(value);
  return distribution;
}

/** As the result file types it: the shapes are declared twice, because metrics may not import run. */
function summaryOf(distribution: Distribution): DistributionSummary {
  const summary = distribution.summary();
  if (summary === null) throw new Error('no values');
  return summary;
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

describe('resolution', () => {
  it('gives back every MOS to 0.001 (3 digits would not: 4409 becomes 4411)', () => {
    const coarse = build({ highestTrackableValue: 5000, numberOfSignificantValueDigits: 3 });
    coarse.recordValue(4409);
    expect(coarse.getValueAtPercentile(50)).toBe(4411);
    // Bounds that the values in question do not touch, so that nothing is clipped to them.
    for (let thousandths = 1001; thousandths < 4500; thousandths++) {
      const distribution = distributionOf('mos', [1, thousandths / 1000, 4.5]);
      expect(distribution.percentile(50)).toBe(thousandths / 1000);
    }
  });

  it.each<[DistributionKind, number]>([
    ['rFactor', 93.21],
    ['rFactor', 0.01],
    ['calls', 12_345],
    ['ratio', 0.000001],
    ['ratio', 0.02],
    ['ratio', 0.1],
    ['ratio', 0.5],
    ['ms', 1.234],
  ])('%s %d is exact', (kind, value) => {
    expect(distributionOf(kind, [0, value, DISTRIBUTION_SCALES[kind].highest]).percentile(50)).toBe(value);
  });

  it.each<[DistributionKind, number[]]>([
    ['ms', [2.049, 4.409, 19.999, 504.3, 2000, 31_999.9, 599_999]],
    ['ratio', [0.033333, 0.123457, 0.57, 0.999]],
    ['calls', [40_001, 999_999]],
    ['rate', [0.5, 20, 512.34, 99_999]],
  ])('%s is within 0.1 %%', (kind, values) => {
    for (const value of values) {
      const seen = distributionOf(kind, [0, value, DISTRIBUTION_SCALES[kind].highest]).percentile(50);
      expect(Math.abs(seen - value) / value).toBeLessThan(0.001);
    }
  });
});

describe('figures', () => {
  it('are exact for minimum, maximum, mean and deviation', () => {
    const distribution = distributionOf('ms', [2.0001, 4.0001, 6.0001]);
    expect([distribution.min, distribution.max]).toEqual([2.0001, 6.0001]);
    expect(distribution.mean).toBeCloseTo(4.0001, 12);
    expect(distribution.stdDev).toBeCloseTo(Math.sqrt(8 / 3), 12);
  });

  it('weigh a value by its count', () => {
    const distribution = new Distribution('calls');
    distribution.record(10, 3);
    distribution.record(20);
    expect([distribution.count, distribution.mean, distribution.stdDev]).toEqual([4, 12.5, Math.sqrt(18.75)]);
  });

  it.each([
    [0, 1],
    [1, 1],
    [5, 5],
    [5.1, 6],
    [50, 50],
    [95, 95],
    [99.9, 100],
    [100, 100],
  ])('p%d of 1…100 is %d (nearest rank)', (p, value) => {
    expect(distributionOf('calls', upTo(100)).percentile(p)).toBe(value);
  });

  it('take the rank that is meant where p/100 · count rounds up: 4.4 % of 750 is 33', () => {
    expect((4.4 * 750) / 100).toBeGreaterThan(33);
    expect(distributionOf('calls', upTo(750)).percentile(4.4)).toBe(33);
  });

  it('take a share strictly below and strictly above', () => {
    const distribution = distributionOf('mos', [2, 3.6, 3.6, 4]);
    expect([distribution.below(3.6), distribution.above(3.6)]).toEqual([0.25, 0.25]);
    expect([distribution.below(3.601), distribution.above(3.599)]).toEqual([0.75, 0.75]);
    expect([distribution.below(1), distribution.above(5)]).toEqual([0, 0]);
    expect([distribution.below(5), distribution.above(1)]).toEqual([1, 1]);
  });

  it('give shares that compare with a limit as written', () => {
    const distribution = new Distribution('mos');
    distribution.record(4.4, 199);
    distribution.record(3);
    expect(distribution.below(3.6)).toBe(0.005);
    expect(distribution.above(3.6)).toBe(0.995);
    const mirrored = new Distribution('mos');
    mirrored.record(3, 199);
    mirrored.record(4.4);
    expect(mirrored.above(3.6)).toBe(0.005);
  });
});

describe('range', () => {
  it('counts what lies outside at its end and keeps the true extremes', () => {
    const distribution = distributionOf('ms', [-3, 5, 1_000_000]);
    expect([distribution.min, distribution.max, distribution.count]).toEqual([-3, 1_000_000, 3]);
    expect(distribution.percentile(100)).toBeCloseTo(600_000, -3);
    expect(distribution.percentile(1)).toBe(0);
  });

  it('is clipped to the values seen', () => {
    expect(distributionOf('rFactor', [-9, -9]).percentile(50)).toBe(-9);
  });

  it.each([Number.NaN, Infinity, -Infinity])('refuses %d', (value) => {
    const distribution = new Distribution('mos');
    expect(() => distribution.record(value)).toThrow(RangeError);
    expect(distribution.count).toBe(0);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses a count of %d', (count) => {
    expect(() => new Distribution('mos').record(4, count)).toThrow(RangeError);
  });

  it('refuses more values than its counters hold', () => {
    const distribution = new Distribution('mos');
    distribution.record(4, 2 ** 32 - 1);
    expect(() => distribution.record(4)).toThrow(RangeError);
    expect(() => distribution.merge(distributionOf('mos', [4]))).toThrow(RangeError);
    expect(distribution.count).toBe(2 ** 32 - 1);
  });

  it.each([-1, 101, Number.NaN])('refuses percentile %d', (p) => {
    expect(() => new Distribution('mos').percentile(p)).toThrow(RangeError);
  });
});

describe('an empty distribution', () => {
  it('has no summary and no number that a gate could pass on', () => {
    const distribution = new Distribution('mos');
    expect(distribution.summary()).toBeNull();
    expect(distribution.percentile(50)).toBeNaN();
    expect(distribution.below(3)).toBeNaN();
    expect(distribution.above(3)).toBeNaN();
    expect([distribution.min, distribution.max, distribution.mean, distribution.stdDev]).toEqual(
      Array.from({ length: 4 }, () => Number.NaN),
    );
  });

  it('changes nothing when merged and comes back from its encoding', () => {
    const distribution = distributionOf('mos', [4]);
    distribution.merge(new Distribution('mos'));
    expect(distribution.count).toBe(1);
    expect(Distribution.decode('mos', new Distribution('mos').encode()).summary()).toBeNull();
  });
});

describe('summary', () => {
  it('is what result.json holds', () => {
    const summary = distributionOf('mos', [1, 4.4, 4.409]).summary();
    expect(distributionSchema.parse(summary)).toEqual(summary);
    expect(summary).toMatchObject({ unit: 'MOS', scale: 'MOS-LQEN', multiplier: 1000, count: 3, p50: 4.4, p99: 4.409 });
  });

  it('names a scale for MOS only', () => {
    expect(distributionOf('ms', [1]).summary()).not.toHaveProperty('scale');
  });
});

describe('decode', () => {
  it('restores the exact figures where they are given, else those of the buckets', () => {
    const original = distributionOf('ms', [2.0001, 4.0003, 9.9999]);
    const summary = summaryOf(original);
    expect(Distribution.decode('ms', summary.histogram, summary).summary()).toEqual(summary);
    const bare = Distribution.decode('ms', summary.histogram);
    expect(bare.count).toBe(3);
    expect(bare.max).toBeCloseTo(9.9999, 1);
    expect(bare.percentile(50)).toBeCloseTo(4, 1);
  });

  it('goes on recording and merging', () => {
    const decoded = Distribution.decode('mos', distributionOf('mos', [4]).encode());
    decoded.merge(distributionOf('mos', [3]));
    decoded.record(2);
    expect([decoded.count, decoded.percentile(50), decoded.mean]).toEqual([3, 3, 3]);
  });

  it('refuses a histogram of another kind, and text that is none', () => {
    expect(() => Distribution.decode('ratio', distributionOf('mos', [4]).encode())).toThrow(RangeError);
    expect(() => Distribution.decode('mos', 'no histogram')).toThrow(RangeError);
    expect(() => Distribution.decode('mos', 'AAAAAAAA')).toThrow(RangeError);
  });

  it('refuses figures of another distribution', () => {
    const summary = summaryOf(distributionOf('mos', [4, 4]));
    expect(() => Distribution.decode('mos', distributionOf('mos', [4]).encode(), summary)).toThrow('2 values, got 1');
  });

  it('refuses to merge kinds', () => {
    expect(() => new Distribution('mos').merge(new Distribution('ms'))).toThrow(RangeError);
  });
});
