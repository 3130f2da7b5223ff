/** A reader of OpenMetrics 1.0 text by its ABNF, for gauges and summaries; it throws where the specification forbids something. */
export interface MetricFamily {
  readonly type: string;
  readonly unit: string | null;
  readonly help: string;
  /** Name and labels as written → value. */
  readonly samples: ReadonlyMap<string, number>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
/** escaped-string: any character but LF, quote and backslash, or one of the escapes. */
const ESCAPED = String.raw`(?:[^\n"\\]|\\[n"\\])*`;
const LABEL = `[a-zA-Z_][a-zA-Z0-9_]*="${ESCAPED}"`;
const NUMBER = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?`;
const DESCRIPTOR = new RegExp(`^# (TYPE|UNIT|HELP) (${NAME}) (${ESCAPED})$`);
const SAMPLE = new RegExp(`^(${NAME})(\\{${LABEL}(?:,${LABEL})*\\})? (${NUMBER})$`);
const SUFFIXES: Readonly<Record<string, readonly string[]>> = { gauge: [''], summary: ['', '_count', '_sum'] };

interface OpenFamily {
  type: string;
  unit: string | null;
  help: string;
  samples: Map<string, number>;
}

export function parseOpenMetrics(text: string): Map<string, MetricFamily> {
  if (!text.endsWith('# EOF\n')) throw new Error('expected # EOF and a newline at the end');
  const families = new Map<string, OpenFamily>();
  const all = new Set<string>();
  let name = '';
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const descriptor = DESCRIPTOR.exec(line);
    if (descriptor !== null) {
      const [, kind = '', family = '', value = ''] = descriptor;
      if (family !== name) {
        if (families.has(family)) throw new Error(`${family} stands in two places`);
        name = family;
        families.set(name, { type: 'unknown', unit: null, help: '', samples: new Map() });
      }
      describe(families.get(name)!, name, { kind, value });
      continue;
    }
    const [, metric = '', labels = '', number = ''] = SAMPLE.exec(line) ?? [];
    if (metric === '') throw new Error(`no sample: ${line}`);
    const family = families.get(name)!;
    const suffix = metric.startsWith(name) ? metric.slice(name.length) : null;
    if (suffix === null || !SUFFIXES[family.type]?.includes(suffix)) throw new Error(`${metric} is not of ${name}`);
    checkLabels(family.type, suffix, labels);
    if (all.has(metric + labels)) throw new Error(`twice: ${metric}${labels}`);
    all.add(metric + labels);
    family.samples.set(metric + labels, Number(number));
  }
  for (const family of families.keys()) {
    const clash = ['_count', '_sum', '_total', '_info', '_bucket', '_created'].find((end) =>
      families.has(family + end),
    );
    if (clash !== undefined) throw new Error(`${family} and ${family}${clash}`);
  }
  return families;
}

function describe(family: OpenFamily, name: string, { kind, value }: { kind: string; value: string }): void {
  if (family.samples.size > 0) throw new Error(`${kind} of ${name} behind its samples`);
  if (kind === 'TYPE') family.type = value;
  if (kind === 'HELP') family.help = value;
  if (kind === 'UNIT') {
    if (!name.endsWith(`_${value}`)) throw new Error(`${name} does not end in its unit ${value}`);
    family.unit = value;
  }
}

function checkLabels(type: string, suffix: string, labels: string): void {
  const names = [...labels.matchAll(new RegExp(`(?:^\\{|,)([a-zA-Z_][a-zA-Z0-9_]*)="${ESCAPED}"`, 'g'))].map(
    ([, one]) => one,
  );
  if (new Set(names).size !== names.length) throw new Error(`a label twice in ${labels}`);
  const isQuantile = type === 'summary' && suffix === '';
  if (names.includes('quantile') !== isQuantile) throw new Error(`quantile in ${labels}`);
}

/**
 * As GitLab reads a metrics report: what follows `#` is cut off, and the rest split as by a shell: first word the name, second
 * the value.
 */
export function gitlabMetrics(text: string): Map<string, string> {
  const metrics = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [name, value] = shellWords(line.replace(/#.*$/, ''));
    if (name !== undefined && value !== undefined) metrics.set(name, value);
  }
  return metrics;
}

function shellWords(line: string): string[] {
  const words: string[] = [];
  let rest = line;
  while ((rest = rest.trimStart()) !== '') {
    const word = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s'"\\])+(?=\s|$)/.exec(rest)?.[0];
    if (word === undefined) throw new Error(`unmatched quote: ${line}`);
    words.push(word.replaceAll('"', ''));
    rest = rest.slice(word.length);
  }
  return words;
}
