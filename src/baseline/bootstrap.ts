/**
 * The bootstrap over calls (Efron & Tibshirani 1993, ch. 13 and 16): whole calls are drawn again with replacement, since the
 * seconds within a call depend on each other. Each figure is drawn for both runs, and their differences give interval and p.
 */
import { createRandom, deriveSeed, type Random } from '../lib/random.js';
import { rankOf, type Sample } from './sample.js';

export type Stat = { readonly kind: 'mean' } | { readonly kind: 'percentile'; readonly p: number };

/** So many, because the smallest p that can come out must be below what one figure of fifty needs. */
export const RESAMPLES = 20_000;
export const CONFIDENCE = 0.95;
/** With fewer calls in either run a figure is not judged. */
const MIN_SAMPLES = 20;
/** The tail needs more: of 20 calls the p5 is the least itself, and the bootstrap of an extreme is worth nothing. */
const MIN_TAIL_SAMPLES = 40;
/** More calls than this are gathered into so many random groups before a mean is drawn: their means vary as the calls do. */
const MEAN_GROUPS = 400;

export interface Difference {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided, that there is no difference; not adjusted. */
  readonly pValue: number;
}

/** The figure itself. @param sample not empty */
export function statOf(sample: Sample, stat: Stat): number {
  return stat.kind === 'mean' ? sample.mean : sample.at(rankOf(stat.p, sample.count) - 1);
}

/** How many values of each run a figure needs. */
export function samplesNeeded(stat: Stat): number {
  return stat.kind === 'percentile' && stat.p !== 50 ? MIN_TAIL_SAMPLES : MIN_SAMPLES;
}

/** The resamples of a comparison. Figures of equally many calls are drawn by the same ranks, so each costs little. */
export class Bootstrap {
  readonly #ranks = new Map<string, Float64Array>();

  /** @param seed the same seed and samples give the same intervals, whatever else was drawn before */
  constructor(private readonly seed: number) {}

  /** Result less baseline with its interval. @param baseline not empty, as `result` */
  difference(baseline: Sample, result: Sample, stat: Stat): Difference {
    const drawn = this.#draws(result, stat, 1);
    const other = this.#draws(baseline, stat, 0);
    for (let i = 0; i < RESAMPLES; i++) drawn[i] = (drawn[i] ?? 0) - (other[i] ?? 0);
    drawn.sort();
    const tail = (1 - CONFIDENCE) / 2;
    return {
      difference: statOf(result, stat) - statOf(baseline, stat),
      low: drawn[Math.floor(tail * RESAMPLES)] ?? Number.NaN,
      high: drawn[Math.ceil((1 - tail) * RESAMPLES) - 1] ?? Number.NaN,
      pValue: twoSided(drawn),
    };
  }

  /** The figure of each resample. */
  #draws(sample: Sample, stat: Stat, side: 0 | 1): Float64Array {
    if (sample.min === sample.max) return new Float64Array(RESAMPLES).fill(sample.min);
    if (stat.kind === 'mean') return meanDraws(sample, this.#random(side, 0, sample.count));
    const k = rankOf(stat.p, sample.count);
    return this.#rankDraws(k, sample.count, side).map((rank) => sample.at(rank));
  }

  #rankDraws(k: number, count: number, side: 0 | 1): Float64Array {
    const key = `${side}/${k}/${count}`;
    const drawn = this.#ranks.get(key) ?? rankDraws(k, count, this.#random(side, k, count));
    this.#ranks.set(key, drawn);
    return drawn;
  }

  /** A stream of its own for each run, rank and number of calls. */
  #random(side: 0 | 1, k: number, count: number): Random {
    return createRandom(deriveSeed(deriveSeed(deriveSeed(this.seed, side), k), count));
  }
}

/**
 * Of each resample the rank, from 0, of its k-th smallest value. The k-th smallest of n ranks that were drawn with replacement
 * is ⌊n·U⌋, where U is the k-th smallest of n uniform numbers and so has the distribution Beta(k, n − k + 1): one draw instead
 * of n and a sort, and no approximation.
 */
function rankDraws(k: number, count: number, random: Random): Float64Array {
  const drawn = new Float64Array(RESAMPLES);
  for (let i = 0; i < RESAMPLES; i++) {
    const below = gamma(k, random);
    const share = below / (below + gamma(count - k + 1, random));
    drawn[i] = Math.min(count - 1, Math.floor(share * count));
  }
  return drawn;
}

/** Spread by √(n/(n−1)): a resample varies by the n of the sample and not by n − 1 (Hesterberg 2015, §3.2). */
function meanDraws(sample: Sample, random: Random): Float64Array {
  const values = groupMeans(sample, random);
  const { length } = values;
  const mean = sample.mean;
  const widen = Math.sqrt(length / (length - 1));
  const drawn = new Float64Array(RESAMPLES);
  for (let i = 0; i < RESAMPLES; i++) {
    let sum = 0;
    for (let j = 0; j < length; j++) sum += values[Math.floor(random.next() * length)] ?? 0;
    drawn[i] = mean + (sum / length - mean) * widen;
  }
  return drawn;
}

/** The values themselves, or of many the means of random groups of equal size, give or take one. */
function groupMeans(sample: Sample, random: Random): Float64Array {
  const { count } = sample;
  const values = Float64Array.from({ length: count }, (_, rank) => sample.at(rank));
  if (count <= MEAN_GROUPS) return values;
  shuffle(values, random);
  return Float64Array.from({ length: MEAN_GROUPS }, (_, group) => {
    const from = Math.floor((group * count) / MEAN_GROUPS);
    const to = Math.floor(((group + 1) * count) / MEAN_GROUPS);
    let sum = 0;
    for (let i = from; i < to; i++) sum += values[i] ?? 0;
    return sum / (to - from);
  });
}

function shuffle(values: Float64Array, random: Random): void {
  for (let i = values.length - 1; i > 0; i--) {
    const other = Math.floor(random.next() * (i + 1));
    const value = values[i] ?? 0;
    values[i] = values[other] ?? 0;
    values[other] = value;
  }
}

/** Twice the share of the resamples on the far side of 0, never 0 (Davison & Hinkley 1997, eq. 4.11). @param sorted ascending */
function twoSided(sorted: Float64Array): number {
  let notAbove = 0;
  let notBelow = 0;
  for (const value of sorted) {
    notAbove += value <= 0 ? 1 : 0;
    notBelow += value >= 0 ? 1 : 0;
  }
  return Math.min(1, (2 * (Math.min(notAbove, notBelow) + 1)) / (RESAMPLES + 1));
}

/** Gamma(shape, 1) for shape ≥ 1 (Marsaglia & Tsang 2000). */
function gamma(shape: number, random: Random): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Standard normal (Box–Muller). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
