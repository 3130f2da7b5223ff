/** Distributions: merging in any order and grouping gives the same figures; encoding loses nothing. */
import { array, assert, constantFrom, double, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Distribution, type DistributionKind, DISTRIBUTION_SCALES } from '../../src/metrics/histogram.js';

const kind = constantFrom(...(Object.keys(DISTRIBUTION_SCALES) as DistributionKind[]));
const entries = array(
  record({ share: double({ min: -0.1, max: 1.2, noNaN: true }), count: integer({ min: 1, max: 9 }) }),
  {
    maxLength: 30,
  },
);
type Entries = readonly { share: number; count: number }[];

function distributionOf(kind: DistributionKind, entries: Entries): Distribution {
  const distribution = new Distribution(kind);
  for (const { share, count } of entries) distribution.record(share * DISTRIBUTION_SCALES[kind].highest, count);
  return distribution;
}

function merged(kind: DistributionKind, ...parts: Distribution[]): Distribution {
  const sum = new Distribution(kind);
  for (const part of parts) sum.merge(part);
  return sum;
}

/** Equal to the last bit, but mean and deviation, which are sums of floats. */
function expectSame(a: Distribution, b: Distribution): void {
  const [first, second] = [a.summary(), b.summary()];
  expect(first === null).toBe(second === null);
  if (first === null || second === null) return;
  expect({ ...first, mean: 0, stdDev: 0 }).toEqual({ ...second, mean: 0, stdDev: 0 });
  const tolerance = 1e-9 * DISTRIBUTION_SCALES[a.kind].highest;
  expect(Math.abs(first.mean - second.mean)).toBeLessThanOrEqual(tolerance);
  // A square root of a sum that rounds to about 1e-16 of its size keeps only half of the digits.
  expect(Math.abs(first.stdDev - second.stdDev)).toBeLessThanOrEqual(1e-7 * DISTRIBUTION_SCALES[a.kind].highest);
}

describe('Distribution', () => {
  it('merges commutatively and associatively, as if recorded in one', () => {
    assert(
      property(kind, entries, entries, entries, (kind, a, b, c) => {
        const [x, y, z] = [a, b, c].map((entries) => distributionOf(kind, entries)) as [
          Distribution,
          Distribution,
          Distribution,
        ];
        const whole = distributionOf(kind, [...a, ...b, ...c]);
        expectSame(merged(kind, x, y, z), whole);
        expectSame(merged(kind, z, y, x), whole);
        expectSame(merged(kind, x, merged(kind, y, z)), merged(kind, merged(kind, x, y), z));
      }),
      { numRuns: 40 },
    );
  });

  it('comes back from its encoding', () => {
    assert(
      property(kind, entries, (kind, entries) => {
        const distribution = distributionOf(kind, entries);
        const summary = distribution.summary();
        const decoded = Distribution.decode(kind, distribution.encode(), summary ?? undefined);
        expectSame(decoded, distribution);
        expect(decoded.encode()).toBe(distribution.encode());
      }),
      { numRuns: 60 },
    );
  });

  it('keeps percentiles within the extremes and in order', () => {
    assert(
      property(kind, entries, (kind, entries) => {
        const distribution = distributionOf(kind, [{ share: 0.5, count: 1 }, ...entries]);
        const values = [0, 1, 5, 50, 95, 99, 100].map((p) => distribution.percentile(p));
        expect(values).toEqual(values.toSorted((a, b) => a - b));
        expect(values[0]).toBeGreaterThanOrEqual(distribution.min);
        expect(values.at(-1)).toBeLessThanOrEqual(distribution.max);
      }),
      { numRuns: 60 },
    );
  });
});
