/** Counts of values in log-linear steps (3 % wide), for hot loops: recording is two shifts and an add. */

const SUB_BITS = 5;
const SUB_BUCKETS = 1 << SUB_BITS;
const BUCKETS = (32 - SUB_BITS + 1) * SUB_BUCKETS;

export class Tally {
  private readonly counts = new Uint32Array(BUCKETS);
  private used = 0;

  /** @param value integer ≥ 0 (a negative one counts as 0), below 2^31 */
  record(value: number): void {
    const whole = value > 0 ? Math.min(Math.round(value), 0x7fff_ffff) : 0;
    const bucket = bucketOf(whole);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.used++;
  }

  get count(): number {
    return this.used;
  }

  /** What was recorded since the last call, as pairs of (middle of the step, count); empties the tally. */
  take(): Float64Array {
    const pairs: number[] = [];
    if (this.used > 0) {
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        const count = this.counts[bucket] ?? 0;
        if (count > 0) {
          pairs.push(middleOf(bucket), count);
        }
      }
      this.counts.fill(0);
      this.used = 0;
    }
    return Float64Array.from(pairs);
  }
}

/** The value at nearest rank of pairs (value, count) that ascend by value; NaN where there is none. */
export function percentileOfPairs(pairs: Float64Array, percent: number): number {
  let count = 0;
  for (let at = 1; at < pairs.length; at += 2) {
    count += pairs[at] ?? 0;
  }
  let left = Math.ceil((percent * count) / 100);
  for (let at = 0; at < pairs.length; at += 2) {
    left -= pairs[at + 1] ?? 0;
    if (left <= 0) {
      return pairs[at] ?? Number.NaN;
    }
  }
  return Number.NaN;
}

function bucketOf(value: number): number {
  if (value < SUB_BUCKETS) {
    return value;
  }
  const exponent = 31 - Math.clz32(value);
  return ((exponent - SUB_BITS + 1) << SUB_BITS) + ((value >> (exponent - SUB_BITS)) & (SUB_BUCKETS - 1));
}

function middleOf(bucket: number): number {
  if (bucket < SUB_BUCKETS) {
    return bucket;
  }
  const shift = (bucket >> SUB_BITS) - 1;
  const start = ((bucket & (SUB_BUCKETS - 1)) + SUB_BUCKETS) * 2 ** shift;
  return start + (2 ** shift - 1) / 2;
}
