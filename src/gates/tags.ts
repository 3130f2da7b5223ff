/** Tags of a gate: direction and time base of a media metric, and which endpoints it is about. */
import { METRICS, type MetricDefinition, type TimeBase } from '../metrics/names.js';
import { type Finding, unknownName } from './finding.js';
import type { GateSyntax, Token } from './grammar.js';
import type { MetricQuery } from './source.js';

/** Names that tags may use, as the scenario gives them. */
export interface TagContext {
  readonly endpoints: readonly string[];
  /** Label key → the values that endpoints have. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly codecs: readonly string[];
}

const DIRECTIONS = ['received', 'sent'] as const;
const TIME_BASES: readonly TimeBase[] = ['second', 'call'];

export interface TagReading {
  readonly query: Omit<MetricQuery, 'metric' | 'afterMs'>;
  readonly findings: readonly Finding[];
}

/** @param metric undefined when its name is unknown: then only names are checked */
export function readTags(
  tags: GateSyntax['tags'],
  metric: MetricDefinition | undefined,
  context: TagContext,
): TagReading {
  const findings: Finding[] = [];
  const values = new Map<string, string>();
  for (const { key, value } of tags) {
    const read = readTag(key, value, context, metric);
    const finding = typeof read === 'string' ? misplacedTag(key, metric, values) : read;
    if (finding !== undefined) findings.push(finding);
    else if (typeof read === 'string') values.set(key.text, read);
  }
  const direction = DIRECTIONS.find((name) => name === values.get('direction')) ?? 'received';
  const per = TIME_BASES.find((name) => name === values.get('per')) ?? metric?.timeBases[0] ?? 'second';
  values.delete('direction');
  values.delete('per');
  return { query: { direction, per, tags: Object.fromEntries(values) }, findings };
}

/** The value as the scenario writes it, or what is wrong with tag or value. */
function readTag(
  key: Token,
  value: Token,
  context: TagContext,
  metric: MetricDefinition | undefined,
): string | Finding {
  const known = knownValues(key.text, context);
  if (known === undefined) {
    const names = ['direction', 'per', 'endpoint', 'codec', ...Object.keys(context.labels)];
    return unknownName('unknown-tag', 'tag', key, names);
  }
  // Encoding names are case-insensitive (RFC 4855 §3).
  const same = key.text === 'codec' ? sameCodec(value.text) : (name: string) => name === value.text;
  const read = known.find(same);
  if (read === undefined) return unknownName('unknown-tag-value', key.text, value, known);
  const bases = metric?.population === 'legs' ? metric.timeBases : TIME_BASES;
  if (key.text !== 'per' || bases.some((base) => base === read)) return read;
  const message = `${metric?.id ?? 'this metric'} has one value a call, and none a second`;
  return { code: 'unknown-tag-value', column: value.column, message };
}

function sameCodec(text: string): (name: string) => boolean {
  const upper = text.toUpperCase();
  return (name) => name.toUpperCase() === upper;
}

function knownValues(key: string, { endpoints, labels, codecs }: TagContext): readonly string[] | undefined {
  switch (key) {
    case 'direction':
      return DIRECTIONS;
    case 'per':
      return TIME_BASES;
    case 'endpoint':
      return endpoints;
    case 'codec':
      return codecs;
    default:
      return Object.hasOwn(labels, key) ? labels[key] : undefined;
  }
}

function misplacedTag(
  key: Token,
  metric: MetricDefinition | undefined,
  seen: ReadonlyMap<string, string>,
): Finding | undefined {
  const { text, column } = key;
  if (seen.has(text)) return { code: 'duplicate-tag', column, message: `tag "${text}" is given twice` };
  if (metric === undefined) return undefined;
  const ofLeg = text === 'direction' || text === 'per';
  if (ofLeg && metric.population !== 'legs') {
    const legs = METRICS.filter(({ population }) => population === 'legs').map(({ id }) => id);
    return { code: 'unknown-tag', column, message: `${metric.id} has no ${text}`, hint: `only ${legs.join(', ')}` };
  }
  if (text === 'codec' && metric.perEndpoint && !metric.perCodec) {
    return { code: 'unknown-tag', column, message: `${metric.id} is of calls, and only their legs have a codec` };
  }
  if (!ofLeg && !metric.perEndpoint) {
    return { code: 'unknown-tag', column, message: `${metric.id} is measured for the whole run, not by ${text}` };
  }
  return undefined;
}
