/** What the parts of the schema of `result.json` are made of. */
import { z } from 'zod';

export const count = z.int().nonnegative();
export const nullableNumber = z.number().nullable();
/** Fields that came after the first release are read as null where an older result lacks them. */
export const addedNumber = nullableNumber.default(null);
export const ratio = z.number().min(0).max(1);

/** A distribution with its mergeable histogram; null in its place means that nothing is known. */
export const distributionSchema = z.strictObject({
  unit: z.enum(['MOS', 'R', 'ratio', 'factor', 'ms', 'calls', 'calls/s']),
  /** P.800.1 scale of a MOS, e.g. `MOS-LQEN`. */
  scale: z.string().optional(),
  /** Histogram units per unit of the metric: MOS × 1000, ratio × 10^6, ms × 1000. */
  multiplier: z.number().positive(),
  count: count.describe('number of values'),
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  stdDev: z.number(),
  p1: z.number(),
  p5: z.number(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
  p99_9: z.number(),
  histogram: z.string().describe('HdrHistogram V2, compressed, base64'),
});
export type DistributionSummary = z.infer<typeof distributionSchema>;
export const distribution = distributionSchema.nullable();
export const addedDistribution = distribution.default(null);
