/** Checks gates before a packet leaves: every name, unit and option, all problems at once with their columns. */
import type { Problem } from '../lib/errors.js';
import { findMetric, METRIC_NAMES, type MetricDefinition } from '../metrics/names.js';
import { type Finding, toProblem, unknownName } from './finding.js';
import {
  type Gate,
  type GateSyntax,
  isOperator,
  type Operator,
  type Reference,
  type Stat,
  type Token,
} from './grammar.js';
import { type GateOptions, readGateInput } from './options.js';
import { fitFindings } from './fit.js';
import { GateSyntaxError, parseGate } from './parse.js';
import { comparedUnit, readQuantity } from './quantity.js';
import { betterWhen, defaultMinSamples, readStat, tailWarning } from './stat.js';
import { readTags, type TagContext } from './tags.js';

export interface GateContext extends TagContext {
  /** Where each gate was written (`peak.yaml:14:9 gates[0]`, `--gate`), by its index. */
  readonly places?: readonly string[];
  /** True when the program chose these gates because the run names none. */
  readonly areDefaults?: boolean;
  /** The profile that these gates are from. */
  readonly profile?: string;
  /** The references that the run has; without one a gate that compares with it is a problem. */
  readonly references?: readonly Reference[];
}

export interface CheckedGates {
  readonly gates: readonly Gate[];
  readonly problems: readonly Problem[];
  /** Gates that are valid but hardly mean what they say. */
  readonly warnings: readonly string[];
}

/**
 * Reads gates, each a text or an object of `expr` and options. Never throws: whatever is no gate is a problem,
 * and the gates beside it are still checked.
 */
export function parseGates(inputs: readonly unknown[], context: GateContext): CheckedGates {
  const gates: Gate[] = [];
  const problems: Problem[] = [];
  const warnings: string[] = [];
  for (const [index, input] of inputs.entries()) {
    const { options, findings } = readGateInput(input);
    const place = context.places?.[index] ?? 'gate';
    const name = options === null ? place : `${place} ${JSON.stringify(options.expr)}`;
    const read = options === null ? [] : readGate(options, context);
    const all = Array.isArray(read) ? [...findings, ...read] : findings;
    problems.push(...all.map((finding) => toProblem(name, finding)));
    if (all.length > 0 || Array.isArray(read)) continue;
    gates.push(read);
    const doubts = [tailWarning(read.metric, read.stat, read.operator), directionWarning(read)];
    warnings.push(...doubts.filter((doubt) => doubt !== undefined).map((doubt) => `${name}: ${doubt}`));
  }
  return { gates, problems, warnings };
}

function readGate(options: GateOptions, context: GateContext): Gate | Finding[] {
  try {
    const syntax = parseGate(options.expr);
    const gate = checkSyntax(syntax, options, context);
    const findings = Array.isArray(gate) ? [] : fitFindings(gate, syntax, context.references ?? []);
    return findings.length === 0 ? gate : findings;
  } catch (error) {
    if (!(error instanceof GateSyntaxError)) throw error;
    return [{ code: 'gate-syntax', column: error.column, message: error.message }];
  }
}

function checkSyntax(syntax: GateSyntax, options: GateOptions, context: GateContext): Gate | Finding[] {
  const metric = findMetric(syntax.metric.text) ?? unknownMetric(syntax.metric);
  const known = 'code' in metric ? undefined : metric;
  const { query, findings: tagFindings } = readTags(syntax.tags, known, context);
  const stat = readStat(syntax, known);
  const operator = readOperator(syntax.operator);
  const limit = known === undefined ? null : readLimit(syntax, known, stat);
  const findings = [metric, ...tagFindings, stat, operator, limit].filter(isFinding);
  // The last three conditions follow from the first; they tell the compiler.
  if (findings.length > 0 || isFinding(metric) || isFinding(stat) || isFinding(operator) || isFinding(limit))
    return findings;
  if (limit === null) return findings;
  return {
    expr: options.expr.trim(),
    metric,
    query: { metric: metric.id, ...query, afterMs: options.afterMs },
    stat,
    operator,
    ...limit,
    severity: options.severity,
    minSamples: options.minSamples ?? defaultMinSamples(stat),
    onNoData: options.onNoData,
    reference: syntax.reference,
    forMs: options.forMs,
    abortOnFail: options.abortOnFail,
    addsFloor: false,
    profile: context.profile ?? null,
    isDefault: context.areDefaults === true,
  };
}

/** A gate that a good system fails and a bad one passes. */
function directionWarning(gate: Gate): string | undefined {
  const { operator } = gate;
  const better = betterWhen(gate);
  if (better === null || operator === '==' || operator.startsWith('>') === (better === 'higher')) return undefined;
  return `this figure is better when ${better}, so a good system fails the gate; did you mean ${operator.startsWith('>') ? '<=' : '>='}?`;
}

function isFinding(value: object | string | null): value is Finding {
  return typeof value === 'object' && value !== null && 'code' in value;
}

function unknownMetric(name: Token): Finding {
  return unknownName('unknown-metric', 'metric', name, METRIC_NAMES);
}

const OTHER_OPERATORS: Readonly<Record<string, Operator>> = {
  '=': '==',
  '===': '==',
  '=>': '>=',
  '=<': '<=',
  '≥': '>=',
  '≤': '<=',
};

function readOperator({ text, column }: Token): Operator | Finding {
  if (isOperator(text)) return text;
  const nearest = OTHER_OPERATORS[text];
  const message = `expected <, <=, >, >= or ==, got "${text}"`;
  return { code: 'unknown-operator', column, message, ...(nearest === undefined ? {} : { nearest }) };
}

type Limit = Pick<Gate, 'limit' | 'unit'>;

/** Null when the stat is wrong: then it is unknown what the limit is a limit of. */
function readLimit(syntax: GateSyntax, metric: MetricDefinition, stat: Stat | null | Finding): Limit | null | Finding {
  if (isFinding(stat)) return null;
  const unit = comparedUnit(metric, stat?.kind ?? null, syntax.limit);
  const limit = readQuantity(syntax.limit, unit, syntax.reference !== null);
  if (typeof limit !== 'number') return limit;
  const isShare = stat?.kind === 'below' || stat?.kind === 'above';
  if (unit === 'ratio' && (isShare || metric.better === 'lower') && isBareShare(syntax.limit, limit)) {
    const { text, column } = syntax.limit.number;
    const message = `expected a share with its %, got ${text}: is it ${text}% or ${limit * 100}%?`;
    return { code: 'unknown-unit', column, message };
  }
  return { limit, unit };
}

/** `loss < 1` is meant as 1 % and would read as 100 %: from a tenth on a bare number of what should be small is refused. */
function isBareShare(written: GateSyntax['limit'], limit: number): boolean {
  return written.unit.text === '' && limit >= 0.1;
}
