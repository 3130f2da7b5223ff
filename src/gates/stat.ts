/** Stats of a distribution: which there are, which part of it a percentile looks at, how many samples it needs. */
import type { MetricDefinition } from '../metrics/names.js';
import { type Finding, unknownName } from './finding.js';
import type { Gate, GateSyntax, Stat } from './grammar.js';
import { readQuantity } from './quantity.js';

const PLAIN_STATS = ['min', 'max', 'mean', 'count'] as const;
const SHARE_STATS = ['below', 'above'] as const;
/** For hints only. */
const STAT_NAMES = ['p5', 'p50', 'p95', 'p99', ...PLAIN_STATS, 'below(value)', 'above(value)'];
const OTHER_NAMES: Readonly<Record<string, string>> = {
  avg: 'mean',
  average: 'mean',
  median: 'p50',
  p0: 'min',
  p100: 'max',
};

/** The stat as written, null for none, or what is wrong with it. `metric` is undefined when its name is unknown. */
export function readStat(syntax: GateSyntax, metric: MetricDefinition | undefined): Stat | null | Finding {
  const written = syntax.stat;
  if (written === null)
    return metric === undefined || metric.population === 'scalar' ? null : missingStat(syntax, metric);
  const stat = SHARE_STATS.find((name) => name === written.name.text);
  if (stat !== undefined) return readShare(stat, written, metric);
  const plain = readPlain(written);
  return 'code' in plain || metric?.population !== 'scalar' ? plain : unexpectedStat(written, metric);
}

/** Default number of samples below which a stat says nothing: ⌈1/tail⌉ for percentiles (p5 and p95: 20, p99: 100). */
export function defaultMinSamples(stat: Stat | null): number {
  if (stat?.kind !== 'percentile') return 1;
  const tailPercent = Math.min(stat.p, 100 - stat.p);
  // 100 − 99.9 is a hair below 0.1 in doubles.
  return Math.ceil(100 / tailPercent - 1e-6);
}

/** A warning when the percentile looks at the good end, which a limit of this kind can hardly fail; else undefined. */
export function tailWarning(metric: MetricDefinition, stat: Stat | null, operator: string): string | undefined {
  // Of load the upper end is often what is wanted: "reached 100 calls".
  if (stat?.kind !== 'percentile' || metric.category === 'load') return undefined;
  const wrong =
    metric.better === 'higher' ? stat.p > 50 && operator.startsWith('>') : stat.p < 50 && operator.startsWith('<');
  if (!wrong) return undefined;
  const mirrored = Number((100 - stat.p).toPrecision(6));
  const best = Math.min(stat.p, mirrored);
  return `${metric.id} is better when ${metric.better}, so p${stat.p} is about its best ${best} %; its tail is p${mirrored}`;
}

/** Whether the figure that a gate compares is better when higher or lower; null where neither is. */
export function betterWhen({ metric, stat }: Pick<Gate, 'metric' | 'stat'>): 'higher' | 'lower' | null {
  if (metric.category === 'load' || stat?.kind === 'count') return null;
  if (stat?.kind !== 'below' && stat?.kind !== 'above') return metric.better;
  // The share of values on the bad side is better when lower, whatever the metric.
  return (stat.kind === 'above') === (metric.better === 'higher') ? 'higher' : 'lower';
}

type WrittenStat = NonNullable<GateSyntax['stat']>;

function readShare(
  kind: (typeof SHARE_STATS)[number],
  { name, argument }: WrittenStat,
  metric: MetricDefinition | undefined,
): Stat | Finding {
  if (argument === null) {
    return { code: 'bad-stat', column: name.column, message: `expected a value in ${kind}(…), got none` };
  }
  if (metric === undefined) return { kind, value: 0 };
  if (metric.population === 'scalar') return unexpectedStat({ name, argument }, metric);
  const value = readQuantity(argument, metric.unit);
  return typeof value === 'number' ? { kind, value } : value;
}

function readPlain({ name, argument }: WrittenStat): Stat | Finding {
  const stat = plainStat(name.text);
  if (stat === undefined) return unknownStat(name);
  if (argument === null) return stat;
  return { code: 'bad-stat', column: argument.number.column, message: `${name.text} takes no value` };
}

function plainStat(name: string): Stat | undefined {
  const kind = PLAIN_STATS.find((plain) => plain === name);
  if (kind !== undefined) return { kind };
  const p = Number(/^p(\d+(?:\.\d+)?)$/.exec(name)?.[1]);
  return p > 0 && p < 100 ? { kind: 'percentile', p } : undefined;
}

function unknownStat(name: WrittenStat['name']): Finding {
  const meant = OTHER_NAMES[name.text] ?? (/^p\d+_\d+$/.test(name.text) ? name.text.replace('_', '.') : undefined);
  if (meant !== undefined) {
    return { code: 'unknown-stat', column: name.column, message: `unknown stat "${name.text}"`, nearest: meant };
  }
  if (/^p\d/.test(name.text)) {
    const message = `expected a percentile above 0 and below 100, got "${name.text}"`;
    return { code: 'unknown-stat', column: name.column, message };
  }
  return unknownName('unknown-stat', 'stat', name, STAT_NAMES);
}

function missingStat({ metric: name }: GateSyntax, metric: MetricDefinition): Finding {
  const column = name.column + name.text.length;
  const tail = metric.better === 'higher' ? 'p5' : 'p95';
  const message = `${metric.id} is a distribution and needs a stat`;
  return { code: 'missing-stat', column, message, hint: `for example ${name.text}.${tail}` };
}

function unexpectedStat({ name }: WrittenStat, metric: MetricDefinition): Finding {
  const message = `${metric.id} is one value of the whole run and takes no stat, got "${name.text}"`;
  return { code: 'unexpected-stat', column: name.column, message };
}
