/** Limits and arguments of gates: a number with a unit that fits its metric, within the range that the metric can have. */
import { nearestName } from '../lib/nearest.js';
import { parseDuration, parseRate, parseRatio } from '../lib/units.js';
import type { MetricDefinition, MetricUnit } from '../metrics/names.js';
import type { Quantity, Stat } from './grammar.js';
import type { Finding } from './finding.js';

/** Units that may be written, `''` for none. A bare number of ms is refused: 2 may mean 2 s. */
const WRITTEN_UNITS: Readonly<Record<MetricUnit, readonly string[]>> = {
  MOS: [''],
  R: [''],
  ratio: ['%', ''],
  factor: [''],
  ms: ['ms', 's'],
  count: [''],
  calls: [''],
  'calls/s': ['/s', ''],
};

const RANGES: Readonly<Record<MetricUnit, readonly [low: number, high: number]>> = {
  MOS: [1, 5],
  R: [0, 100],
  ratio: [0, 1],
  factor: [0, Infinity],
  ms: [0, Infinity],
  count: [0, Infinity],
  calls: [0, Infinity],
  'calls/s': [0, Infinity],
};

/** The unit in which a gate compares. A count written with % is a share of the answered calls. */
export function comparedUnit(metric: MetricDefinition, stat: Stat['kind'] | null, written: Quantity): MetricUnit {
  if (stat === 'below' || stat === 'above') return 'ratio';
  if (stat === 'count') return 'count';
  return metric.allowsRatio && written.unit.text === '%' ? 'ratio' : metric.unit;
}

/**
 * The number in `unit` (`2s` → 2000 with ms), or what is wrong with it.
 * @param isDifference of two such figures, which may be negative
 */
export function readQuantity(written: Quantity, unit: MetricUnit, isDifference = false): number | Finding {
  const { number, unit: suffix } = written;
  if (!WRITTEN_UNITS[unit].includes(suffix.text)) return unitFinding(written, unit);
  const value = toBaseUnit(number.text, suffix.text, isDifference);
  const [low, high] = isDifference ? differencesIn(RANGES[unit]) : RANGES[unit];
  if (value !== undefined && value >= low && value <= high) return value;
  const what = isDifference ? `difference in ${unit}` : unit;
  const range = high === Infinity ? `a value of ${low} or more` : `a ${what} of ${low} to ${high}`;
  const hint = unit === 'ratio' && suffix.text === '' ? { hint: `${number.text}% is written with its %` } : {};
  const got = `${number.text}${suffix.text}`;
  return { code: 'out-of-range', column: number.column, message: `expected ${range}, got ${got}`, ...hint };
}

const DIGITS: Readonly<Record<MetricUnit, number>> = {
  MOS: 2,
  R: 1,
  ratio: 2,
  factor: 2,
  ms: 1,
  count: 0,
  calls: 0,
  'calls/s': 1,
};
const SUFFIXES: Readonly<Partial<Record<MetricUnit, string>>> = { ratio: ' %', ms: ' ms', 'calls/s': ' calls/s' };
const MOST_DIGITS = 9;

/** A figure in words, `3.12` or `98.4 %`: with more digits where it would look like the limit beside it. */
export function writeQuantity(value: number, unit: MetricUnit, limit: number): string {
  const scale = unit === 'ratio' ? 100 : 1;
  const write = (number: number, digits: number): string => {
    const text = (number * scale).toFixed(digits);
    return unit === 'MOS' ? text : text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
  };
  const most = value === limit ? DIGITS[unit] : MOST_DIGITS;
  let digits = DIGITS[unit];
  for (; digits < most && write(value, digits) === write(limit, digits);) digits++;
  return `${write(value, digits)
    .replace(/^-(?=0(?:\.0*)?$)/, '')
    .replace('-', '−')}${SUFFIXES[unit] ?? ''}`;
}

function unitFinding({ number, unit: suffix }: Quantity, unit: MetricUnit): Finding {
  const known = WRITTEN_UNITS[unit].filter((name) => name !== '');
  const optional = WRITTEN_UNITS[unit].includes('');
  const column = suffix.text === '' ? number.column : suffix.column;
  if (suffix.text === '') {
    const hint = `${number.text}${known[0] ?? ''}`;
    return { code: 'unknown-unit', column, message: `expected a unit (${known.join(', ')}), got none`, hint };
  }
  const expected = known.length === 0 ? 'no unit' : `${known.join(', ')}${optional ? ' or no unit' : ''}`;
  const nearest = nearestName(suffix.text, known);
  const message = `expected ${expected}, got ${JSON.stringify(suffix.text)}`;
  return { code: 'unknown-unit', column, message, ...(nearest === undefined ? {} : { nearest }) };
}

function differencesIn([low, high]: readonly [number, number]): readonly [number, number] {
  return [low - high, high - low];
}

/** Undefined for a signed number unless it is a difference: no other limit is negative. */
function toBaseUnit(number: string, suffix: string, isDifference: boolean): number | undefined {
  const sign = isDifference ? /^[+-]/.exec(number)?.[0] : undefined;
  if (sign !== undefined) {
    const value = toBaseUnit(number.slice(1), suffix, false);
    return value === undefined || sign === '+' ? value : 0 - value;
  }
  if (suffix === 'ms' || suffix === 's') return parseDuration(number + suffix);
  return suffix === '/s' ? parseRate(number + suffix) : parseRatio(number + suffix);
}
