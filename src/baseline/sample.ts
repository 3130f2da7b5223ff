/** The values of one figure, one per call or leg, sorted, with equal values kept as a count. */

export interface ValueCount {
  readonly value: number;
  readonly count: number;
}

export class Sample {
  readonly #values: Float64Array;
  /** Values up to and with this one. */
  readonly #upTo: Float64Array;

  private constructor(buckets: readonly ValueCount[]) {
    this.#values = Float64Array.from(buckets, ({ value }) => value);
    this.#upTo = new Float64Array(buckets.length);
    let seen = 0;
    buckets.forEach(({ count }, index) => {
      seen += count;
      this.#upTo[index] = seen;
    });
  }

  /** @param values in any order */
  static of(values: readonly number[]): Sample {
    return new Sample([...values].toSorted((a, b) => a - b).map((value) => ({ value, count: 1 })));
  }

  /** @param buckets ascending, each with a count of at least 1 */
  static ofBuckets(buckets: readonly ValueCount[]): Sample {
    return new Sample(buckets);
  }

  /** `hits` ones among `count` values, the others 0. */
  static ofShare(hits: number, count: number): Sample {
    const buckets = [
      { value: 0, count: count - hits },
      { value: 1, count: hits },
    ];
    return new Sample(buckets.filter((bucket) => bucket.count > 0));
  }

  get count(): number {
    return this.#upTo.at(-1) ?? 0;
  }

  /** NaN when empty. */
  get min(): number {
    return this.#values[0] ?? Number.NaN;
  }

  get max(): number {
    return this.#values.at(-1) ?? Number.NaN;
  }

  /** Arithmetic mean; NaN when empty. */
  get mean(): number {
    let sum = 0;
    let before = 0;
    for (const [index, value] of this.#values.entries()) {
      const upTo = this.#upTo[index] ?? before;
      sum += value * (upTo - before);
      before = upTo;
    }
    return sum / this.count;
  }

  /** @param rank 0 to count − 1, by size */
  at(rank: number): number {
    let low = 0;
    let high = this.#values.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#upTo[middle] ?? 0) > rank) high = middle;
      else low = middle + 1;
    }
    return this.#values[low] ?? Number.NaN;
  }
}

/** Nearest rank ⌈p/100 · count⌉, from 1: the same percentile as everywhere in the result. */
export function rankOf(percentile: number, count: number): number {
  // p/100 · count can come out a hair above the integer that it is.
  return Math.max(1, Math.ceil(((percentile * count) / 100) * (1 - 1e-12)));
}
