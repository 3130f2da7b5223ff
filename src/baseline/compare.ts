/**
 * Two runs, before and after: every figure with the interval of its difference, and better, same or worse. A difference is
 * one only where it is certain (bootstrap over calls, adjusted for the number of figures) and large enough to matter.
 */
import type { MetricDefinition } from '../metrics/names.js';
import { COMPARISON_SCHEMA_VERSION, type ComparedFigure, type Comparison } from '../run/comparison.js';
import type { Result } from '../run/result.js';
import { Bootstrap, CONFIDENCE, RESAMPLES, samplesNeeded, statOf } from './bootstrap.js';
import { callRowSamples, isInCallRows } from './call-rows.js';
import { adjustedPValues } from './false-discovery.js';
import { comparedFigures, readingRank, type Figure } from './figures.js';
import { resultSamples, type SampleSource } from './result-samples.js';
import { shareInterval } from './share-interval.js';
import type { Sample } from './sample.js';
import { scenarioDifferences } from './scenario-difference.js';
import { generatorAllowance, spoilReason } from './trust.js';
import { overallVerdict } from './overall-verdict.js';

/** Of a whole comparison, not of each figure: twenty comparisons of equal runs shall not give one alarm. */
export const FALSE_ALARM_RATE = 0.01;
/** The same two files give the same comparison. */
const SEED = 0x5eed;

export interface CompareOptions {
  /** `calls.ndjson` of each run; null: the histograms of the result. Both or none are used. */
  readonly callRows?: { readonly baseline: string | null; readonly result: string | null };
  /** Ids of the catalogue; absent: all. */
  readonly metrics?: readonly string[];
}

/** @throws RangeError where a histogram of one of the results cannot be read */
export function compareResults(baseline: Result, result: Result, options: CompareOptions = {}): Comparison {
  const { sources, source } = sourcesOf(baseline, result, options);
  const names = new Set(baseline.endpoints.map(({ name }) => name));
  const shared = result.endpoints.map(({ name }) => name).filter((name) => names.has(name));
  const figures = comparedFigures(shared).filter(({ metric }) => options.metrics?.includes(metric.id) ?? true);
  const bootstrap = new Bootstrap(SEED);
  const compared = figures
    .map((figure) => compareFigure({ baseline, result, sources, figure, bootstrap }))
    .filter((row) => row !== null);
  const comparisons = withVerdicts(compared).toSorted(inReadingOrder);
  return {
    comparisonVersion: COMPARISON_SCHEMA_VERSION,
    ...overallVerdict(baseline, result, comparisons),
    baselineRun: runOf(baseline),
    resultRun: runOf(result),
    differences: scenarioDifferences(baseline, result),
    source,
    resamples: RESAMPLES,
    confidence: CONFIDENCE,
    falseAlarmRate: FALSE_ALARM_RATE,
    comparisons,
  };
}

interface Sources {
  readonly baseline: SampleSource;
  readonly result: SampleSource;
}

/** Rows on one side and histograms on the other would differ by how they round. */
function sourcesOf(
  baseline: Result,
  result: Result,
  { callRows }: CompareOptions,
): { sources: Sources; source: Comparison['source'] } {
  const histograms: Sources = { baseline: resultSamples(baseline), result: resultSamples(result) };
  const before = callRows?.baseline ?? null;
  const after = callRows?.result ?? null;
  const beforeRows = before === null ? null : callRowSamples(before, baseline);
  const afterRows = after === null ? null : callRowSamples(after, result);
  if (beforeRows === null || afterRows === null) return { sources: histograms, source: 'histograms' };
  const sources = {
    baseline: preferred(beforeRows, histograms.baseline),
    result: preferred(afterRows, histograms.result),
  };
  return { sources, source: 'call-rows' };
}

function preferred(rows: SampleSource, histograms: SampleSource): SampleSource {
  return (key) => (isInCallRows(key.metric.id) ? rows(key) : histograms(key));
}

interface FigureCase {
  readonly baseline: Result;
  readonly result: Result;
  readonly sources: Sources;
  readonly figure: Figure;
  readonly bootstrap: Bootstrap;
}

/** `pValue` is not yet adjusted, and `unclear` stands for a verdict that is still to come; null: neither run has the figure. */
function compareFigure({ baseline, result, sources, figure, bootstrap }: FigureCase): ComparedFigure | null {
  const before = sources.baseline(figure);
  const after = sources.result(figure);
  if (before === null && after === null) return null;
  const row = blankRow(figure, before, after);
  if (before === null || after === null) return notMeasured(row, before === null);
  const allowance = generatorAllowance(baseline, result, figure);
  const threshold = thresholdOf(figure.metric, statOf(before, figure.stat), allowance);
  const known = { ...row, allowance, threshold };
  const fewest = Math.min(before.count, after.count);
  const needed = samplesNeeded(figure.stat);
  if (fewest < needed) {
    return {
      ...known,
      verdict: 'too-few',
      reason: `${fewest} values, at least ${needed} are needed in both runs`,
    };
  }
  const { difference, pValue, ...drawn } = bootstrap.difference(before, after, figure.stat);
  const { low, high } = figure.metric.population === 'scalar' ? shareInterval(before, after) : drawn;
  const measured = { ...known, difference, interval: { low, high }, pValue };
  const spoiled = [
    reasonOf('baseline', spoilReason(baseline, figure)),
    reasonOf('new run', spoilReason(result, figure)),
  ].filter((reason) => reason !== null);
  if (spoiled.length > 0) return { ...measured, pValue: null, verdict: 'untrusted', reason: spoiled.join('; ') };
  return { ...measured, bounded: -threshold < low && high < threshold };
}

function blankRow(figure: Figure, before: Sample | null, after: Sample | null): ComparedFigure {
  const { metric, direction, endpoint, stat, statName } = figure;
  return {
    metric: metric.id,
    direction,
    endpoint,
    stat: statName,
    unit: unitOf(metric),
    better: metric.better,
    baseline: before === null ? null : statOf(before, stat),
    result: after === null ? null : statOf(after, stat),
    baselineSamples: before?.count ?? 0,
    resultSamples: after?.count ?? 0,
    difference: null,
    interval: null,
    threshold: metric.smallestDifference?.absolute ?? 0,
    allowance: 0,
    pValue: null,
    verdict: 'unclear',
    bounded: false,
    reason: null,
  };
}

function notMeasured(row: ComparedFigure, inBaseline: boolean): ComparedFigure {
  return { ...row, verdict: 'not-measured', reason: `not measured in the ${inBaseline ? 'baseline' : 'new run'}` };
}

function thresholdOf({ smallestDifference }: MetricDefinition, before: number, allowance: number): number {
  const { absolute, relative } = smallestDifference ?? { absolute: 0, relative: 0 };
  return Math.max(absolute, relative * Math.abs(before)) + allowance;
}

/** Counts are compared as a share of what they are a count of. */
function unitOf({ unit }: MetricDefinition): ComparedFigure['unit'] {
  return unit === 'MOS' || unit === 'R' || unit === 'factor' || unit === 'ms' ? unit : 'ratio';
}

/** Only figures that both generators left alone are judged, and only they count among the figures compared. */
function withVerdicts(rows: readonly ComparedFigure[]): ComparedFigure[] {
  const judged = rows.filter(({ pValue }) => pValue !== null);
  const adjusted = adjustedPValues(judged.map(({ pValue }) => pValue ?? 1));
  return rows.map((row) => {
    const place = judged.indexOf(row);
    if (place < 0) return row;
    const pValue = adjusted[place] ?? 1;
    return { ...row, pValue, verdict: verdictOf({ ...row, pValue }) };
  });
}

function verdictOf(row: ComparedFigure): 'better' | 'same' | 'unclear' | 'worse' {
  const { difference, threshold, pValue, better, bounded } = row;
  const size = difference ?? 0;
  if (pValue === null || pValue > FALSE_ALARM_RATE || Math.abs(size) < threshold) return bounded ? 'same' : 'unclear';
  return size > 0 === (better === 'higher') ? 'better' : 'worse';
}

const ORDER: Readonly<Record<ComparedFigure['verdict'], number>> = {
  worse: 0,
  untrusted: 1,
  'not-measured': 2,
  'too-few': 3,
  unclear: 4,
  better: 5,
  same: 6,
};

/** Worse before same; then what is gated on first; then by how many times the smallest difference that matters it got worse. */
function inReadingOrder(a: ComparedFigure, b: ComparedFigure): number {
  return (
    ORDER[a.verdict] - ORDER[b.verdict] || readingRank(a.metric) - readingRank(b.metric) || worsening(b) - worsening(a)
  );
}

/** In smallest differences; negative where it got better. */
function worsening({ difference, threshold, better }: ComparedFigure): number {
  const size = (difference ?? 0) / (threshold > 0 ? threshold : 1);
  return better === 'higher' ? -size : size;
}

function runOf({ name, startedAt, verdict, tool }: Result): Comparison['baselineRun'] {
  return { name, startedAt, verdict, toolVersion: tool.version };
}

function reasonOf(run: string, reason: string | null): string | null {
  return reason === null ? null : `${run}: ${reason}`;
}
