/** Checked gates + figures of the run + health of the generator → one result per gate, as result.json holds it. */
import type { MetricDefinition, MetricUnit } from '../metrics/names.js';
import { spoils } from '../metrics/spoil.js';
import { type Gate, marginOf, meetsLimit, type Reference, type Severity } from './grammar.js';
import type {
  DistributionView,
  GateReferences,
  HealthConditions,
  MetricQuery,
  MetricSource,
  ScalarView,
  SecondFigure,
} from './source.js';
import { sustainedFigure } from './sustained.js';

export interface GateResult {
  expr: string;
  /** untrusted: the generator spoiled the metric, so neither pass nor fail. */
  state: 'pass' | 'fail' | 'untrusted' | 'no-data' | 'not-evaluated';
  /**
   * In `unit`; null without data. With `for` the worst figure that lasted so long; with a reference the difference from
   * it (figure − reference).
   */
  observed: number | null;
  /** What was compared with: the limit as written, and `limitFloor` where there is one. */
  limit: number;
  unit: MetricUnit;
  /** How far on the good side of the limit; negative on the bad side. */
  margin: number | null;
  samples: number;
  window: { fromSecond: number; toSecond: number } | null;
  severity: Severity;
  /** Only of a failed gate whose metric has seconds. */
  firstFailedAtSecond: number | null;
  /** Why untrusted, no-data or not-evaluated, why it failed without data, or that it ended the run; else null. */
  reason: string | null;
  /** What `observed` is the difference from; `limit`: it is the figure itself. */
  comparedWith: 'limit' | Reference;
  /** The figure of the reference, in `unit`. */
  reference: number | null;
  /** The gate fails only when violated for so long without a break. */
  forMs: number | null;
  /** What is before this time of the run does not count. */
  afterMs: number;
  /** Part of `limit` that this host alone contributes to the figure. */
  limitFloor: number | null;
  /** The profile that the gate is from. */
  profile: string | null;
}

const NO_REFERENCES: GateReferences = { idle: null, baseline: null };
const WITHOUT_REFERENCE: Readonly<Record<Reference, string>> = {
  idle: 'load.stages marks no idle stage to compare with',
  baseline: 'no baseline was given to compare with',
};

/** A gate with everything that it is judged by. */
interface Judgement {
  readonly gate: Gate;
  readonly source: MetricSource;
  readonly health: HealthConditions;
  readonly references: GateReferences;
}

interface Seen extends ScalarView {
  readonly reference: number | null;
}

/** Evaluates every gate by itself, in the given order: the same code while the run goes on and at its end. */
export function evaluateGates(
  gates: readonly Gate[],
  source: MetricSource,
  health: HealthConditions,
  references: GateReferences = NO_REFERENCES,
): GateResult[] {
  return gates.map((gate) => evaluateGate({ gate: withFloor(gate, health), source, health, references }));
}

/** Only a floor that was measured is added: without one the limit is as written. */
function withFloor(gate: Gate, { floorJitterMs }: HealthConditions): Gate {
  return gate.addsFloor ? { ...gate, limit: gate.limit + (floorJitterMs ?? 0) } : gate;
}

function evaluateGate(judgement: Judgement): GateResult {
  const { gate, source } = judgement;
  const observed = observe(judgement);
  const seen = typeof observed === 'string' ? null : observed;
  const base = blankResult(judgement, seen);
  const spoiled = spoiledOnEitherSide(judgement);
  const missing = typeof observed === 'string' ? observed : missingReason(gate, observed);
  if (missing !== null || seen === null) {
    // Too few samples to judge by are shown all the same.
    const shown = seen !== null && seen.samples > 0 && Number.isFinite(seen.value) ? seen.value : null;
    const why = missing ?? source.missing(gate.query);
    if (isOfOtherScale(gate, source)) return { ...base, state: 'not-evaluated', reason: why };
    return { ...base, observed: shown, ...withoutData(gate, why, spoiled) };
  }
  const margin = marginOf(seen.value, gate.operator, gate.limit);
  const judged: GateResult = { ...base, observed: seen.value, margin };
  if (spoiled !== null) return { ...judged, state: 'untrusted', reason: spoiled };
  if (meetsLimit(seen.value, gate.operator, gate.limit)) return { ...judged, state: 'pass' };
  return { ...judged, state: 'fail', firstFailedAtSecond: firstFailure(gate, source) };
}

function blankResult({ gate, source, health }: Judgement, seen: Seen | null): GateResult {
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
    comparedWith: gate.reference ?? 'limit',
    reference: seen?.reference ?? null,
    forMs: gate.forMs,
    afterMs: gate.query.afterMs,
    limitFloor: gate.addsFloor ? (health.floorJitterMs ?? null) : null,
    profile: gate.profile,
  };
}

/** What the gate compares, and its samples; or in words why there is nothing. */
function observe(judgement: Judgement): Seen | string {
  const { gate, source } = judgement;
  const figure = figureOf(gate, source);
  if (figure === null || figure.samples === 0) return source.missing(gate.query);
  if (gate.reference !== null) return differenceFrom(gate.reference, figure, judgement);
  if (gate.forMs === null) return { ...figure, reference: null };
  const figures = source.seconds(gate.query, gate.stat);
  const sustained = sustainedFigure(figures, gate, gate.forMs / 1000);
  if (sustained !== null) return { value: sustained.value, samples: figure.samples, reference: null };
  return `${spanOf(figures)} s with a figure, at least ${gate.forMs / 1000} in a row are needed`;
}

function spanOf(figures: readonly SecondFigure[]): number {
  const [first, last] = [figures[0], figures.at(-1)];
  return first === undefined || last === undefined ? 0 : last.second - first.second + 1;
}

function differenceFrom(name: Reference, figure: ScalarView, { gate, references }: Judgement): Seen | string {
  const source = references[name];
  if (source === null) return WITHOUT_REFERENCE[name];
  // The reference is judged as a whole: `after` is about this run.
  const query = { ...gate.query, afterMs: 0 };
  const reference = figureOf({ ...gate, query }, source);
  const whose = name === 'idle' ? 'of the idle stages' : 'of the baseline';
  if (reference === null || reference.samples === 0) return `${whose}: ${source.missing(query)}`;
  if (reference.samples < gate.minSamples) {
    return `${whose}: ${reference.samples} samples, at least ${gate.minSamples} are needed`;
  }
  return { value: figure.value - reference.value, samples: figure.samples, reference: reference.value };
}

/** The figure over the whole window and its samples, or null where nothing is known. */
function figureOf({ metric, query, stat, unit }: Gate, source: MetricSource): ScalarView | null {
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
function missingReason({ minSamples }: Gate, seen: Seen): string | null {
  if (seen.samples < minSamples) return `${seen.samples} samples, at least ${minSamples} are needed`;
  return Number.isFinite(seen.value) ? null : 'the figure is not a number';
}

/** A gate of ours on a score for a scale that no leg came to be on, while legs on the other scale were judged by theirs. */
function isOfOtherScale({ isDefault, profile, metric }: Gate, source: MetricSource): boolean {
  if (metric.scale === null || !(isDefault || profile !== null)) return false;
  const scales = source.scales();
  return scales.size > 0 && !scales.has(metric.scale);
}

/** Applies onNoData. A failure is not built on a spoiled metric: what spoiled it may be why nothing came. */
function withoutData(
  { onNoData }: Gate,
  missing: string,
  spoiled: string | null,
): Pick<GateResult, 'state' | 'reason'> {
  if (onNoData === 'skip') return { state: 'not-evaluated', reason: `not measured: ${missing} (onNoData: skip)` };
  if (onNoData === 'inconclusive') return { state: 'no-data', reason: missing };
  if (spoiled !== null) return { state: 'untrusted', reason: `${missing}; ${spoiled}` };
  return { state: 'fail', reason: `${missing} (onNoData: fail)` };
}

/** A difference is worth no more than the worse of its sides: a reference that was spoiled for the worse lets anything pass. */
function spoiledOnEitherSide({ gate, health, references }: Judgement): string | null {
  const own = spoilReason(gate.metric, gate.query, health);
  const other = gate.reference === null ? undefined : references[gate.reference]?.ownHealth;
  const reference = other === undefined ? null : spoilReason(gate.metric, gate.query, other);
  const reasons = [own, reference === null ? null : `of the ${gate.reference}: ${reference}`];
  return reasons.filter((reason) => reason !== null).join('; ') || null;
}

/** The sentences of every condition that holds and spoils this metric, or null. */
function spoilReason(metric: MetricDefinition, query: MetricQuery, health: HealthConditions): string | null {
  const { reflected, bothEnds = false } = health;
  const reasons = metric.spoiledBy
    .filter((condition) => spoils(condition, metric, { direction: query.direction, reflected, bothEnds }))
    .map((condition) => health.spoiled[condition])
    .filter((reason) => reason !== undefined);
  return reasons.length === 0 ? null : reasons.join('; ');
}

/**
 * The first second whose own figure violates the gate, and with `for` the first of those that lasted. A count of values has
 * none; a count of calls or legs fails in the second in which it goes over the limit.
 */
function firstFailure(gate: Gate, source: MetricSource): number | null {
  const { metric, query, stat, operator, limit, unit, forMs, reference } = gate;
  if (reference !== null || stat?.kind === 'count') return null;
  const figures = source.seconds(query, stat);
  if (forMs !== null) return sustainedFigure(figures, gate, forMs / 1000)?.fromSecond ?? null;
  const own = metric.population === 'scalar' ? scalarSeconds(figures, unit) : figures;
  return own.find(({ value }) => !meetsLimit(value, operator, limit))?.second ?? null;
}

/** A ratio is that of each second; a count is what has come together by then. */
function scalarSeconds(figures: readonly SecondFigure[], unit: MetricUnit): readonly SecondFigure[] {
  if (unit === 'ratio') {
    return figures.map(({ second, value, samples }) => ({ second, samples, value: value / samples }));
  }
  let total = 0;
  return figures.map(({ second, value, samples }) => ({ second, samples, value: (total += value) }));
}
