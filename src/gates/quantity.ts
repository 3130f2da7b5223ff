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

/** The number in `unit` (`2s` → 2000 with ms), or what is wrong with it. */
export function readQuantity(written: Quantity, unit: MetricUnit): number | Finding {
  const { number, unit: suffix } = written;
  if (!WRITTEN_UNITS[unit].includes(suffix.text)) return unitFinding(written, unit);
  const value = toBaseUnit(number.text, suffix.text);
  const [low, high] = RANGES[unit];
  if (value !== undefined && value >= low && value <= high) return value;
  const range = high === Infinity ? `a value of ${low} or more` : `a ${unit} of ${low} to ${high}`;
  const hint = unit === 'ratio' && suffix.text === '' ? { hint: `${number.text}% is written with its %` } : {};
  const got = `${number.text}${suffix.text}`;
  return { code: 'out-of-range', column: number.column, message: `expected ${range}, got ${got}`, ...hint };
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

/** Undefined for a signed number: no limit is negative. */
function toBaseUnit(number: string, suffix: string): number | undefined {
  if (suffix === 'ms' || suffix === 's') return parseDuration(number + suffix);
  return suffix === '/s' ? parseRate(number + suffix) : parseRatio(number + suffix);
}
