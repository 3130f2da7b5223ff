/** Which figures two runs are compared by: the whole run by every metric that has a smallest difference, endpoints by the key ones. */
import { METRICS, type MetricDefinition } from '../metrics/names.js';
import type { Stat } from './bootstrap.js';

export type Direction = 'received' | 'sent';

/** One figure of a run; the same key in both runs is one comparison. */
export interface FigureKey {
  readonly metric: MetricDefinition;
  /** Null: the figure has none. */
  readonly direction: Direction | null;
  /** Null: the whole run. */
  readonly endpoint: string | null;
}

export interface Figure extends FigureKey {
  readonly stat: Stat;
  /** As it is shown: `p95`, `mean`, or `ratio` for the mean of yes and no. */
  readonly statName: string;
}

const MEDIAN = percentile(50);
const MEAN: NamedStat = { stat: { kind: 'mean' }, name: 'mean' };
const RATIO: NamedStat = { stat: { kind: 'mean' }, name: 'ratio' };
const DIRECTIONS: readonly Direction[] = ['received', 'sent'];

/** One bad endpoint hides in the whole, but every figure more costs certainty of all: of an endpoint these only, by their tail. */
const OF_ENDPOINTS: ReadonlySet<string> = new Set([
  'success_ratio',
  'setup_delay',
  'mos_lq',
  'mos_lq_wb',
  'loss',
  'jitter',
  'rtt',
]);

/** What gates are mostly on, in the order in which a reader asks; all else comes after them. */
const LEADING: readonly string[] = [
  'mos_lq',
  'mos_lq_wb',
  'mos_cq',
  'mos_cq_wb',
  'success_ratio',
  'setup_delay',
  'answer_delay',
  'loss',
  'jitter',
];

interface NamedStat {
  readonly stat: Stat;
  readonly name: string;
}

/** @param endpoints that both runs have; one alone is the whole run */
export function comparedFigures(endpoints: readonly string[]): Figure[] {
  const metrics = METRICS.filter(({ smallestDifference }) => smallestDifference !== null);
  const whole = metrics.flatMap((metric) => figuresOf(metric, null, statsOf(metric)));
  if (endpoints.length < 2) return whole;
  const key = metrics.filter(({ id }) => OF_ENDPOINTS.has(id));
  const single = endpoints.flatMap((name) =>
    key.flatMap((metric) => figuresOf(metric, name, statsOf(metric).slice(-1))),
  );
  return [...whole, ...single];
}

/** The place of a metric among the figures of a comparison: the lower, the earlier a reader asks for it. */
export function readingRank(metric: string): number {
  const rank = LEADING.indexOf(metric);
  return rank < 0 ? LEADING.length : rank;
}

/** The median and the tail on the bad side. Of loss the mean, since the median call has none. */
function statsOf({ population, unit, better }: MetricDefinition): NamedStat[] {
  if (population === 'scalar') return [RATIO];
  if (unit === 'factor') return [MEAN];
  if (unit === 'ratio') return [percentile(95), MEAN];
  return [MEDIAN, percentile(better === 'higher' ? 5 : 95)];
}

function figuresOf(metric: MetricDefinition, endpoint: string | null, stats: readonly NamedStat[]): Figure[] {
  const directions = metric.population === 'legs' ? DIRECTIONS : [null];
  return directions.flatMap((direction) =>
    stats.map(({ stat, name }) => ({ metric, direction, endpoint, stat, statName: name })),
  );
}

function percentile(p: number): NamedStat {
  return { stat: { kind: 'percentile', p }, name: `p${p}` };
}
