/** The two forms in which a gate comes: a text, or an object with options. */
import { parseDuration, UNIT_FORMS } from '../lib/units.js';
import { type Finding, unknownName } from './finding.js';
import type { OnNoData, Severity } from './grammar.js';

/** The object form, as scenarios write it. */
export interface GateObject {
  readonly expr: string;
  /** `warn` reports and never changes the exit code. */
  readonly severity?: Severity;
  /** Fewer samples are no data (≥ 1). */
  readonly minSamples?: number;
  readonly onNoData?: OnNoData;
  /** Whole seconds, `30s`: fails only when violated for so long without a break. */
  readonly for?: string;
  /** `10s`: what is before that time of the run does not count. */
  readonly after?: string;
  /** The run ends as soon as the gate is seen failed. */
  readonly abortOnFail?: boolean;
}

export interface GateOptions {
  readonly expr: string;
  readonly severity: Severity;
  /** Null: by the stat. */
  readonly minSamples: number | null;
  readonly onNoData: OnNoData;
  readonly forMs: number | null;
  readonly afterMs: number;
  readonly abortOnFail: boolean;
}

const KEYS = ['expr', 'for', 'after', 'minSamples', 'onNoData', 'abortOnFail', 'severity'];
const PLAIN: Omit<GateOptions, 'expr'> = {
  severity: 'gate',
  minSamples: null,
  onNoData: 'inconclusive',
  forMs: null,
  afterMs: 0,
  abortOnFail: false,
};
const SEVERITIES = ['gate', 'warn'] as const;
const NO_DATA_RULES = ['inconclusive', 'fail', 'skip'] as const;

export interface OptionReading {
  /** Null when there is no expression to check. */
  readonly options: GateOptions | null;
  readonly findings: readonly Finding[];
}

export function readGateInput(input: unknown): OptionReading {
  if (typeof input === 'string') {
    return { options: { expr: input, ...PLAIN }, findings: [] };
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { options: null, findings: [badOption('expected a gate like "mos.p5 >= 3.6"', input)] };
  }
  return readGateObject(new Map<string, unknown>(Object.entries(input)));
}

function readGateObject(fields: ReadonlyMap<string, unknown>): OptionReading {
  const findings: Finding[] = [];
  for (const key of fields.keys()) {
    if (!KEYS.includes(key)) findings.push(unknownName('unknown-key', 'key', { text: key, column: null }, KEYS));
  }
  const severity = oneOf('severity', SEVERITIES, fields.get('severity') ?? 'gate', findings);
  const onNoData = oneOf('onNoData', NO_DATA_RULES, fields.get('onNoData') ?? 'inconclusive', findings);
  const minSamples = readMinSamples(fields.get('minSamples'), findings);
  const forMs = readFor(fields.get('for'), findings);
  const afterMs = readAfter(fields.get('after'), findings);
  const abortOnFail = readAbort(fields.get('abortOnFail'), severity, findings);
  const expr = fields.get('expr');
  if (typeof expr !== 'string') {
    findings.push(badOption('expected expr, a gate like "mos.p5 >= 3.6"', expr));
    return { options: null, findings };
  }
  return { options: { expr, severity, minSamples, onNoData, forMs, afterMs, abortOnFail }, findings };
}

/** The value as one of `known`; otherwise the first of them, and a finding. */
function oneOf<T extends string>(key: string, known: readonly [T, ...T[]], value: unknown, findings: Finding[]): T {
  const found = known.find((name) => name === value);
  if (found !== undefined) return found;
  findings.push(badOption(`expected ${key}: ${known.join(' | ')}`, value));
  return known[0];
}

function readMinSamples(value: unknown, findings: Finding[]): number | null {
  if (value === undefined) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  findings.push(badOption('expected minSamples: an integer of 1 or more', value));
  return null;
}

/** Figures are kept by whole seconds, so that half of one can be neither waited for nor told. */
function readFor(value: unknown, findings: Finding[]): number | null {
  if (value === undefined) return null;
  const ms = typeof value === 'string' ? parseDuration(value) : undefined;
  if (ms !== undefined && ms >= 1000 && ms % 1000 === 0) return ms;
  findings.push(badOption('expected for: whole seconds like 30s, at least 1s', value));
  return null;
}

function readAfter(value: unknown, findings: Finding[]): number {
  if (value === undefined) return 0;
  const ms = typeof value === 'string' ? parseDuration(value) : undefined;
  if (ms === undefined) findings.push(badOption(`expected after: ${UNIT_FORMS.duration}`, value));
  return ms ?? 0;
}

function readAbort(value: unknown, severity: Severity, findings: Finding[]): boolean {
  if (value === undefined || value === false) return false;
  if (value !== true) findings.push(badOption('expected abortOnFail: true or false', value));
  else if (severity === 'warn') {
    const message = 'expected abortOnFail or severity: warn, got both: a warning ends no run';
    findings.push({ code: 'bad-option', column: null, message });
  }
  return value === true;
}

function badOption(expected: string, value: unknown): Finding {
  return { code: 'bad-option', column: null, message: `${expected}, got ${describe(value)}` };
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? JSON.stringify(value) : 'none';
}
