/** The comparison of two runs as `result.json` and `callgauge compare --json` hold it; additive only. */
import { z } from 'zod';

export const COMPARISON_SCHEMA_VERSION = '1.0';

const nullableNumber = z.number().nullable();
const samples = z.int().nonnegative().describe('calls or legs');

export const comparedFigureSchema = z.strictObject({
  metric: z.string().describe('id of the metric catalogue'),
  direction: z.enum(['received', 'sent']).nullable().describe('null: the figure has none'),
  endpoint: z.string().nullable().describe('null: the whole run'),
  stat: z.string().describe('p5, p50, p95, mean or ratio, over calls or legs'),
  unit: z.enum(['MOS', 'R', 'ratio', 'factor', 'ms']),
  better: z.enum(['higher', 'lower']),
  baseline: nullableNumber,
  result: nullableNumber,
  baselineSamples: samples,
  resultSamples: samples,
  difference: nullableNumber.describe('result − baseline'),
  interval: z
    .strictObject({ low: z.number(), high: z.number() })
    .nullable()
    .describe('of the difference, with the confidence named above'),
  threshold: z.number().nonnegative().describe('smallest difference that matters, allowance included'),
  allowance: z.number().nonnegative().describe('part of the threshold: difference of what both generators add'),
  pValue: nullableNumber.describe('adjusted for all figures of the comparison (Benjamini–Hochberg)'),
  verdict: z
    .enum(['better', 'same', 'unclear', 'worse', 'untrusted', 'too-few', 'not-measured'])
    .describe('same: a difference that matters is excluded; unclear: none is shown, and none is excluded'),
  bounded: z.boolean().describe('the whole interval is within the threshold: a difference that matters is excluded'),
  reason: z.string().nullable().describe('why it was not judged; else null'),
});
export type ComparedFigure = z.infer<typeof comparedFigureSchema>;

/** `mos_lq received p5`, with the endpoint in front where it is of one. */
export function figureName({ metric, direction, endpoint, stat }: ComparedFigure): string {
  return [endpoint, metric, direction, stat === 'ratio' ? null : stat].filter((part) => part !== null).join(' ');
}

const comparedRunSchema = z.strictObject({
  name: z.string(),
  startedAt: z.iso.datetime(),
  verdict: z.string(),
  toolVersion: z.string(),
});

export const scenarioDifferenceSchema = z.strictObject({
  path: z.string().describe('place in the scenario, or in the method of the result'),
  baseline: z.string().nullable().describe('null: absent'),
  result: z.string().nullable(),
  unlike: z.boolean().describe('true: the runs measured different things'),
});
export type ScenarioDifference = z.infer<typeof scenarioDifferenceSchema>;

export const comparisonSchema = z.strictObject({
  comparisonVersion: z.literal(COMPARISON_SCHEMA_VERSION),
  verdict: z
    .enum(['better', 'same', 'unclear', 'worse', 'inconclusive'])
    .describe('same: no figure is better or worse, and some are shown to be the same; unclear: none is'),
  reasons: z.array(z.string()),
  baselineRun: comparedRunSchema,
  resultRun: comparedRunSchema,
  differences: z.array(scenarioDifferenceSchema),
  source: z.enum(['call-rows', 'histograms']).describe('where the values of single calls are from'),
  resamples: z.int().positive(),
  confidence: z.number().describe('of each interval by itself'),
  falseAlarmRate: z.number().describe('of the verdicts of all figures together'),
  comparisons: z.array(comparedFigureSchema),
});
export type Comparison = z.infer<typeof comparisonSchema>;
