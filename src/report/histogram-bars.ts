/** The stored histogram of a MOS as what charts draw: counts in bins of equal width, and cumulative shares. */
import { Distribution } from '../metrics/histogram.js';
import type { DistributionSummary } from '../run/result-fields.js';

/** Bins of equal width from `low` on. */
export interface BinGrid {
  readonly low: number;
  readonly width: number;
  readonly bins: number;
}

/** Share (0–1) of the values at or below `value`. */
export interface CumulativeShare {
  readonly value: number;
  readonly share: number;
}

const LOWEST_HUNDREDTH = 100;
const HIGHEST_HUNDREDTH = 500;

/** The distribution behind a summary of MOS; null when its histogram is empty or cannot be read. */
export function decodeMos(summary: DistributionSummary): Distribution | null {
  try {
    const distribution = Distribution.decode('mos', summary.histogram, summary);
    return distribution.count === 0 ? null : distribution;
  } catch {
    return null;
  }
}

/** How many values lie in each bin (lower edge included); values outside the grid count in its outer bins. */
export function binCounts(distribution: Distribution, { low, width, bins }: BinGrid): number[] {
  const countBelow = (edge: number): number => {
    if (edge <= 0) return 0;
    if (edge >= bins) return distribution.count;
    // The edge is rounded to the resolution of the histogram: 1 + 34 × 0.1 is 4.4000000000000004 in binary.
    return Math.round(distribution.below(Math.round((low + edge * width) * 1000) / 1000) * distribution.count);
  };
  return Array.from({ length: bins }, (_, index) => countBelow(index + 1) - countBelow(index));
}

/** The cumulative shares on a grid of 0.01 MOS, only where they change. */
export function cumulativeShares(distribution: Distribution): CumulativeShare[] {
  const points: CumulativeShare[] = [];
  for (let hundredth = LOWEST_HUNDREDTH; hundredth <= HIGHEST_HUNDREDTH; hundredth++) {
    const value = hundredth / 100;
    const share = 1 - distribution.above(value);
    if (share > (points.at(-1)?.share ?? 0)) points.push({ value, share });
  }
  return points;
}
