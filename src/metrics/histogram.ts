/**
 * A mergeable distribution of one metric: an HdrHistogram (V2) for percentiles, running sums for exact minimum, maximum,
 * mean and standard deviation. Histograms hold integers, so each kind of metric has its multiplier.
 */
import { decodeFromCompressedBase64, encodeIntoCompressedBase64, Int32Histogram, JsHistogram } from 'hdr-histogram-js';
import { type MomentFigures, Moments } from './moments.js';
import type { MetricUnit } from './names.js';

/** How values of one kind are kept. Values beyond `highest` count at it; minimum, maximum and mean stay exact. */
export interface DistributionScale {
  readonly unit: Exclude<MetricUnit, 'count'>;
  /** P.800.1 name of a MOS. */
  readonly scale?: string;
  /** Histogram units per unit of the metric. */
  readonly multiplier: number;
  /** Highest value that is told apart, in the unit of the metric. */
  readonly highest: number;
  readonly significantDigits: 3 | 4;
}

/**
 * With 3 digits values above 2047 share a bucket (4409 is reported as 4411), with 4 digits only above 32767. So MOS, R
 * and calls are exact; a ratio is exact to 10^-6 up to 3.2 %, and round percentages beyond; ms are within 0.1 %.
 */
export const DISTRIBUTION_SCALES = {
  mos: { unit: 'MOS', scale: 'MOS-LQEN', multiplier: 1000, highest: 5, significantDigits: 4 },
  mosCq: { unit: 'MOS', scale: 'MOS-CQEN', multiplier: 1000, highest: 5, significantDigits: 4 },
  mosWb: { unit: 'MOS', scale: 'MOS-LQEW', multiplier: 1000, highest: 5, significantDigits: 4 },
  mosCqWb: { unit: 'MOS', scale: 'MOS-CQEW', multiplier: 1000, highest: 5, significantDigits: 4 },
  /** Told by a far end, which does not say on what scale. */
  mosAsTold: { unit: 'MOS', multiplier: 1000, highest: 5, significantDigits: 4 },
  rFactor: { unit: 'R', multiplier: 100, highest: 100, significantDigits: 4 },
  ratio: { unit: 'ratio', multiplier: 1_000_000, highest: 1, significantDigits: 4 },
  /** Loss densities within bursts and gaps: to 0.01 %, in a fraction of the memory of a ratio. */
  density: { unit: 'ratio', multiplier: 10_000, highest: 1, significantDigits: 3 },
  burstR: { unit: 'factor', multiplier: 1000, highest: 1000, significantDigits: 3 },
  ms: { unit: 'ms', multiplier: 1000, highest: 600_000, significantDigits: 3 },
  calls: { unit: 'calls', multiplier: 1, highest: 1_000_000, significantDigits: 4 },
  rate: { unit: 'calls/s', multiplier: 100, highest: 100_000, significantDigits: 4 },
} as const satisfies Readonly<Record<string, DistributionScale>>;
export type DistributionKind = keyof typeof DISTRIBUTION_SCALES;

/** The distribution as result.json holds it. */
export interface DistributionSummary {
  unit: DistributionScale['unit'];
  scale?: string | undefined;
  multiplier: number;
  count: number;
  min: number;
  max: number;
  mean: number;
  stdDev: number;
  p1: number;
  p5: number;
  p50: number;
  p95: number;
  p99: number;
  p99_9: number;
  histogram: string;
}

/** The counters are 32 bits wide and wrap silently, so the total stays below. */
const MAX_COUNT = 0xffff_ffff;

export class Distribution {
  readonly #scale: DistributionScale;
  /** Made with the first value: an empty one would cost up to 0.5 MB. */
  #buckets: JsHistogram | null = null;
  #moments = new Moments();

  constructor(readonly kind: DistributionKind) {
    this.#scale = DISTRIBUTION_SCALES[kind];
  }

  /** Number of values. */
  get count(): number {
    return this.#moments.count;
  }
  /** Smallest value, exact; NaN when empty. */
  get min(): number {
    return this.#moments.min;
  }
  /** Largest value, exact; NaN when empty. */
  get max(): number {
    return this.#moments.max;
  }
  /** Arithmetic mean of the values as recorded; NaN when empty. */
  get mean(): number {
    return this.#moments.mean;
  }
  /** Population standard deviation of the values as recorded; NaN when empty. */
  get stdDev(): number {
    return this.#moments.stdDev;
  }

  /**
   * Adds a value `count` times.
   * @param value in the unit of the metric; outside the range it counts at the nearest end
   * @throws RangeError when the value is not finite, or the count is no positive integer or takes the total over 2^32 − 1
   */
  record(value: number, count = 1): void {
    if (!Number.isFinite(value)) throw new RangeError(`${this.kind}: expected a finite value, got ${value}`);
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`expected a positive integer count, got ${count}`);
    this.#reserve(count).recordValueWithCount(this.#toUnits(value), count);
    this.#moments.add(value, count);
  }

  /**
   * Adds all values of another, which stays as it is.
   * @throws RangeError when it is of another kind or the total goes over 2^32 − 1
   */
  merge(other: Distribution): void {
    if (other.kind !== this.kind) throw new RangeError(`cannot merge ${other.kind} into ${this.kind}`);
    if (other.#buckets === null) return;
    this.#reserve(other.count).add(other.#buckets);
    this.#moments.merge(other.#moments);
  }

  /**
   * The value at nearest rank ⌈p/100 · count⌉, as the lower end of its bucket, within [min, max]; NaN when empty.
   * The lower end (HdrHistogram itself reports the upper) keeps round values round: 2 % of loss is 0.02, not 0.020015.
   * @param p 0–100
   * @throws RangeError outside 0–100
   */
  percentile(p: number): number {
    if (!(p >= 0 && p <= 100)) throw new RangeError(`expected a percentile of 0 to 100, got ${p}`);
    const buckets = this.#buckets;
    if (buckets === null) return Number.NaN;
    // p/100 · count can come out a hair above the integer that it is.
    const rank = Math.max(1, Math.ceil(((p * this.count) / 100) * (1 - 1e-12)));
    let seen = 0;
    let index = this.#indexOf(buckets, this.min);
    const last = this.#indexOf(buckets, this.max);
    for (; index < last; index++) {
      seen += buckets.getCountAtIndex(index);
      if (seen >= rank) break;
    }
    const value = buckets.valueFromIndex(index) / this.#scale.multiplier;
    return Math.min(this.max, Math.max(this.min, value));
  }

  /** Share of the values (0–1) in buckets below that of `value`: strictly below at the resolution kept; NaN when empty. */
  below(value: number): number {
    if (value <= this.min) return 0;
    if (value > this.max) return 1;
    return this.#countBefore(value, 0) / this.count;
  }

  /** Share of the values (0–1) in buckets above that of `value`: strictly above at the resolution kept; NaN when empty. */
  above(value: number): number {
    if (value >= this.max) return 0;
    if (value < this.min) return 1;
    return (this.count - this.#countBefore(value, 1)) / this.count;
  }

  /** Each value that was recorded, ascending, at the resolution kept (the lower end of its bucket), and how often. */
  buckets(): { value: number; count: number }[] {
    const buckets = this.#buckets;
    if (buckets === null) return [];
    const found: { value: number; count: number }[] = [];
    const last = this.#indexOf(buckets, this.max);
    for (let index = this.#indexOf(buckets, this.min); index <= last; index++) {
      const count = buckets.getCountAtIndex(index);
      const value = buckets.valueFromIndex(index) / this.#scale.multiplier;
      if (count > 0) found.push({ value: Math.min(this.max, Math.max(this.min, value)), count });
    }
    return found;
  }

  /** HdrHistogram V2, compressed, base64; an empty one is an empty string. */
  encode(): string {
    return this.#buckets === null ? '' : encodeIntoCompressedBase64(this.#buckets);
  }

  /** The distribution for result.json, or null when nothing was recorded. */
  summary(): DistributionSummary | null {
    if (this.count === 0) return null;
    const { unit, scale, multiplier } = this.#scale;
    return {
      unit,
      ...(scale === undefined ? {} : { scale }),
      multiplier,
      count: this.count,
      min: this.min,
      max: this.max,
      mean: this.mean,
      stdDev: this.stdDev,
      p1: this.percentile(1),
      p5: this.percentile(5),
      p50: this.percentile(50),
      p95: this.percentile(95),
      p99: this.percentile(99),
      p99_9: this.percentile(99.9),
      histogram: this.encode(),
    };
  }

  /**
   * The distribution that `encode` wrote.
   * @param exact minimum, maximum, mean and standard deviation, as a summary holds them; without them they come from the buckets
   * @throws RangeError when the text is no histogram of this kind
   */
  static decode(kind: DistributionKind, text: string, exact?: MomentFigures): Distribution {
    const distribution = new Distribution(kind);
    if (text === '') return distribution;
    const decoded = decodeBuckets(text);
    const buckets = newBuckets(distribution.#scale);
    if (!sameLayout(decoded, buckets)) throw new RangeError(`not a histogram of kind ${kind}: other range or digits`);
    buckets.add(decoded);
    distribution.#buckets = buckets;
    distribution.#moments = momentsOf(buckets, distribution.#scale.multiplier);
    if (exact === undefined) return distribution;
    if (exact.count !== distribution.count) {
      throw new RangeError(`expected a histogram of ${exact.count} values, got ${distribution.count}`);
    }
    distribution.#moments = Moments.restore(exact);
    return distribution;
  }

  #reserve(count: number): JsHistogram {
    if (this.count + count > MAX_COUNT) throw new RangeError(`${this.kind}: more than ${MAX_COUNT} values`);
    this.#buckets ??= newBuckets(this.#scale);
    return this.#buckets;
  }

  #toUnits(value: number): number {
    const { multiplier, highest } = this.#scale;
    return Math.round(Math.min(highest, Math.max(0, value)) * multiplier);
  }

  #indexOf(buckets: JsHistogram, value: number): number {
    return buckets.countsArrayIndex(this.#toUnits(value));
  }

  /** Number of values in the buckets before that of `value`, or up to it with `inclusive` 1. */
  #countBefore(value: number, inclusive: 0 | 1): number {
    const buckets = this.#buckets;
    if (buckets === null) return Number.NaN;
    const end = this.#indexOf(buckets, value) + inclusive;
    let seen = 0;
    for (let index = this.#indexOf(buckets, this.min); index < end; index++) seen += buckets.getCountAtIndex(index);
    return seen;
  }
}

function newBuckets({ multiplier, highest, significantDigits }: DistributionScale): JsHistogram {
  const buckets = new Int32Histogram(1, highest * multiplier, significantDigits);
  buckets.autoResize = false;
  return buckets;
}

function decodeBuckets(text: string): JsHistogram {
  let decoded: unknown;
  try {
    decoded = decodeFromCompressedBase64(text);
  } catch (cause) {
    throw new RangeError('not an HdrHistogram V2 in compressed base64', { cause });
  }
  if (!(decoded instanceof JsHistogram)) throw new RangeError('not an HdrHistogram V2');
  return decoded;
}

function sameLayout(a: JsHistogram, b: JsHistogram): boolean {
  return (
    a.highestTrackableValue === b.highestTrackableValue &&
    a.lowestDiscernibleValue === b.lowestDiscernibleValue &&
    a.numberOfSignificantValueDigits === b.numberOfSignificantValueDigits
  );
}

function momentsOf(buckets: JsHistogram, multiplier: number): Moments {
  const moments = new Moments();
  const end = buckets.countsArrayIndex(buckets.maxValue);
  for (let index = 0; index <= end; index++) {
    const count = buckets.getCountAtIndex(index);
    if (count > 0) moments.add(buckets.valueFromIndex(index) / multiplier, count);
  }
  return moments;
}
