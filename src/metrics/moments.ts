/** Running count, extremes, mean and variance without keeping the values (Welford 1962; merging by Chan et al. 1979). */

export class Moments {
  count = 0;
  min = Number.NaN;
  max = Number.NaN;
  mean = Number.NaN;
  #squares = 0;

  /** Population standard deviation; NaN when empty. */
  get stdDev(): number {
    return this.count === 0 ? Number.NaN : Math.sqrt(this.#squares / this.count);
  }

  /** Adds a finite value `count` (≥ 1) times. */
  add(value: number, count: number): void {
    this.#combine({ count, min: value, max: value, mean: value }, 0);
  }

  /** Adds all values of another. */
  merge(other: Moments): void {
    this.#combine(other, other.#squares);
  }

  /** As if values with these figures had been added. */
  static restore(figures: MomentFigures): Moments {
    const moments = new Moments();
    moments.#combine(figures, figures.stdDev ** 2 * figures.count);
    return moments;
  }

  #combine(other: Omit<MomentFigures, 'stdDev'>, otherSquares: number): void {
    if (other.count === 0) return;
    const first = this.count === 0;
    const total = this.count + other.count;
    const delta = first ? 0 : other.mean - this.mean;
    this.#squares += otherSquares + (delta * delta * this.count * other.count) / total;
    this.mean = first ? other.mean : this.mean + (delta * other.count) / total;
    this.min = first ? other.min : Math.min(this.min, other.min);
    this.max = first ? other.max : Math.max(this.max, other.max);
    this.count = total;
  }
}

export interface MomentFigures {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly stdDev: number;
}
