/**
 * The interval of the difference of two shares, by the score intervals of each (Newcombe 1998, Statistics in Medicine 17:873,
 * method 10). A bootstrap cannot give it where all calls of a run ended alike: every resample is that run again, and twenty
 * calls without a failure would seem to exclude one in a thousand.
 */
import type { Sample } from './sample.js';

/** Of the normal distribution, two-sided 95 %. */
const Z = 1.959964;

/** @param baseline of zeros and ones, not empty, as `result` @returns of result − baseline, with 95 % confidence */
export function shareInterval(baseline: Sample, result: Sample): { low: number; high: number } {
  const [before, after] = [scoreInterval(baseline), scoreInterval(result)];
  const difference = after.share - before.share;
  return {
    low: difference - Math.hypot(after.share - after.low, before.high - before.share),
    high: difference + Math.hypot(after.high - after.share, before.share - before.low),
  };
}

/** Wilson (1927). */
function scoreInterval({ mean: share, count }: Sample): { share: number; low: number; high: number } {
  const square = Z * Z;
  const middle = (share + square / (2 * count)) / (1 + square / count);
  const half = (Z / (1 + square / count)) * Math.sqrt((share * (1 - share)) / count + square / (4 * count * count));
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
