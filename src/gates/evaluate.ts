/** Checked gates + figures of the run + health of the generator → one result per gate, as result.json holds it. */
import type { MetricDefinition, MetricUnit } from '../metrics/names.js';
import { spoils } from '../metrics/spoil.js';
import { type Gate, marginOf, meetsLimit, type Severity } from './grammar.js';
import type { DistributionView, HealthConditions, MetricQuery, MetricSource, ScalarView } from './source.js';

export interface GateResult {
  expr: string;
  /** untrusted: the generator spoiled the metric, so neither pass nor fail. */
  state: 'pass' | 'fail' | 'untrusted' | 'no-data' | 'not-evaluated';
  /** In `unit`; null without data. */
  observed: number | null;
  limit: number;
  unit: MetricUnit;
  /** How far on the good side of the limit; negative on the bad side. */
  margin: number | null;
  samples: number;
  window: { fromSecond: number; toSecond: number } | null;
  severity: Severity;
  /** Only of a failed gate whose metric has seconds. */
  firstFailedAtSecond: number | null;
  /** Why untrusted, no-data or not-evaluated, or why it failed without data; else null. */
  reason: string | null;
}

/** Evaluates every gate by itself, in the given order. */
export function evaluateGates(gates: readonly Gate[], source: MetricSource, health: HealthConditions): GateResult[] {
  return gates.map((gate) => evaluateGate(gate, source, health));
}

function evaluateGate(gate: Gate, source: MetricSource, health: HealthConditions): GateResult {
  const seen = observe(gate, source);
  const base = blankResult(gate, seen, source);
  const spoiled = spoilReason(gate.metric, gate.query, health);
  const missing = missingReason(gate, seen, source);
  if (missing !== null) {
    // Too few samples to judge by are shown all the same.
    const observed = seen !== null && seen.samples > 0 && Number.isFinite(seen.value) ? seen.value : null;
    if (isOfOtherScale(gate, source)) return { ...base, state: 'not-evaluated', reason: missing };
    return { ...base, observed, ...withoutData(gate, missing, spoiled) };
  }
  if (seen === null) return base;
  const passed = meetsLimit(seen.value, gate.operator, gate.limit);
  const margin = marginOf(seen.value, gate.operator, gate.limit);
  const judged: GateResult = { ...base, observed: seen.value, margin };
  if (spoiled !== null) return { ...judged, state: 'untrusted', reason: spoiled };
  if (passed) return { ...judged, state: 'pass' };
  return { ...judged, state: 'fail', firstFailedAtSecond: firstFailure(gate, source) };
}

function blankResult(gate: Gate, seen: ScalarView | null, source: MetricSource): GateResult {
  return {
    expr: gate.expr,
    state: 'no-data',
    observed: null,
    limit: gate.limit,
    unit: gate.unit,
    margin: null,
    samples: seen?.samples ?? 0,
    window: seen === null ? null : source.window(gate.query),
    severity: gate.severity,
    firstFailedAtSecond: null,
    reason: null,
  };
}

/** The figure that the gate is about and its samples, or null where nothing is known. */
function observe({ metric, query, stat, unit }: Gate, source: MetricSource): ScalarView | null {
  if (metric.population === 'scalar') {
    return metric.allowsRatio && unit === 'ratio' ? source.ratio(query) : source.scalar(query);
  }
  const distribution = source.distribution(query);
  return distribution === null || stat === null
    ? null
    : { value: statOf(distribution, stat), samples: distribution.count };
}

function statOf(distribution: DistributionView, stat: NonNullable<Gate['stat']>): number {
  switch (stat.kind) {
    case 'percentile':
      return distribution.percentile(stat.p);
    case 'below':
      return distribution.below(stat.value);
    case 'above':
      return distribution.above(stat.value);
    default:
      return distribution[stat.kind];
  }
}

/** Why there is not enough to judge, or null when there is. */
function missingReason({ query, minSamples }: Gate, seen: ScalarView | null, source: MetricSource): string | null {
  if (seen === null || seen.samples === 0) return source.missing(query);
  if (seen.samples < minSamples) return `${seen.samples} samples, at least ${minSamples} are needed`;
  return Number.isFinite(seen.value) ? null : 'the figure is not a number';
}

/** A default gate on a score for a scale that no leg came to be on, while legs on the other scale were judged by theirs. */
function isOfOtherScale({ isDefault, metric }: Gate, source: MetricSource): boolean {
  const scales = source.scales();
  return isDefault && metric.scale !== null && scales.size > 0 && !scales.has(metric.scale);
}

/** Applies onNoData. A failure is not built on a spoiled metric: what spoiled it may be why nothing came. */
function withoutData(
  { onNoData }: Gate,
  missing: string,
  spoiled: string | null,
): Pick<GateResult, 'state' | 'reason'> {
  if (onNoData === 'skip') return { state: 'not-evaluated', reason: `${missing} (onNoData: skip)` };
  if (onNoData === 'inconclusive') return { state: 'no-data', reason: missing };
  if (spoiled !== null) return { state: 'untrusted', reason: `${missing}; ${spoiled}` };
  return { state: 'fail', reason: `${missing} (onNoData: fail)` };
}

/** The sentences of every condition that holds and spoils this metric, or null. */
function spoilReason(metric: MetricDefinition, query: MetricQuery, health: HealthConditions): string | null {
  const reasons = metric.spoiledBy
    .filter((condition) => spoils(condition, metric, { direction: query.direction, reflected: health.reflected }))
    .map((condition) => health.spoiled[condition])
    .filter((reason) => reason !== undefined);
  return reasons.length === 0 ? null : reasons.join('; ');
}

/** The first second with a single value on the bad side. A count of values has none, a scalar is of the whole run. */
function firstFailure({ metric, query, stat, operator, limit }: Gate, source: MetricSource): number | null {
  if (metric.population === 'scalar' || stat === null || stat.kind === 'count') return null;
  if (stat.kind !== 'below' && stat.kind !== 'above') {
    return source.firstFailure(query, (value) => !meetsLimit(value, operator, limit));
  }
  const { kind, value: edge } = stat;
  const inShare = (value: number): boolean => (kind === 'below' ? value < edge : value > edge);
  // Too large a share fails by the values in it, too small a one by those outside.
  const upperLimit = operator.startsWith('<') || (operator === '==' && limit === 0);
  return source.firstFailure(query, (value) => inShare(value) === upperLimit);
}
