/**
 * The language of gates: `[baseline.|idle.]metric{tag=value,…}.stat op value`. Types of the syntax tree and of a checked
 * gate, and what operators mean.
 */
import type { MetricDefinition, MetricUnit } from '../metrics/names.js';
import type { MetricQuery } from './source.js';

export const OPERATORS = ['<', '<=', '>', '>=', '=='] as const;
export type Operator = (typeof OPERATORS)[number];

/** A piece of the text; columns count from 1 in UTF-16 units. */
export interface Token {
  readonly text: string;
  readonly column: number;
}

/** A decimal number and its unit as written (`''` without one). */
export interface Quantity {
  readonly number: Token;
  readonly unit: Token;
}

/** What a figure is compared with beside a fixed limit: the idle stages of the run, or the result of another run. */
export const REFERENCES = ['idle', 'baseline'] as const;
export type Reference = (typeof REFERENCES)[number];

/** A gate as written, before anything is known about its names. */
export interface GateSyntax {
  readonly reference: Reference | null;
  readonly metric: Token;
  readonly tags: readonly { readonly key: Token; readonly value: Token }[];
  readonly stat: { readonly name: Token; readonly argument: Quantity | null } | null;
  /** One of OPERATORS, or something else made of their characters. */
  readonly operator: Token;
  readonly limit: Quantity;
}

/** What of a distribution is compared. `p` is 0–100 exclusive; `value` is in the unit of the metric. */
export type Stat =
  | { readonly kind: 'percentile'; readonly p: number }
  | { readonly kind: 'min' | 'max' | 'mean' | 'count' }
  | { readonly kind: 'below' | 'above'; readonly value: number };

export type Severity = 'gate' | 'warn';
export type OnNoData = 'inconclusive' | 'fail' | 'skip';

/** A checked gate: every name is known. */
export interface Gate {
  /** As written, without surrounding blanks. */
  readonly expr: string;
  readonly metric: MetricDefinition;
  readonly query: MetricQuery;
  /** Null for scalars. */
  readonly stat: Stat | null;
  readonly operator: Operator;
  /** In `unit`: ms for durations, 0–1 for ratios. */
  readonly limit: number;
  /** Unit of the limit and of what is observed: `ratio` for shares, `count` for counts, else the unit of the metric. */
  readonly unit: MetricUnit;
  readonly severity: Severity;
  /** Fewer samples than this are no data (≥ 1). */
  readonly minSamples: number;
  readonly onNoData: OnNoData;
  /** The limit is on the difference from this reference (figure − reference); null: on the figure itself. */
  readonly reference: Reference | null;
  /** Fails only when violated over so long without a break, in whole seconds; null: by the figure of the whole window. */
  readonly forMs: number | null;
  /** The run is drained as soon as the gate is seen failed. */
  readonly abortOnFail: boolean;
  /** What this host alone contributes to the figure (p95 of its floor) is added to the limit. */
  readonly addsFloor: boolean;
  /** The profile that it is from; null: written by the user, or a default gate. */
  readonly profile: string | null;
  /** True for a gate that the program chose because the run named none. */
  readonly isDefault: boolean;
}

export function isOperator(text: string): text is Operator {
  return OPERATORS.some((operator) => operator === text);
}

const COMPARISONS: Readonly<Record<Operator, (observed: number, limit: number) => boolean>> = {
  '<': (observed, limit) => observed < limit,
  '<=': (observed, limit) => observed <= limit,
  '>': (observed, limit) => observed > limit,
  '>=': (observed, limit) => observed >= limit,
  '==': (observed, limit) => observed === limit,
};

/** Compares as IEEE doubles, without an epsilon: what is printed is what was compared. NaN meets no limit. */
export function meetsLimit(observed: number, operator: Operator, limit: number): boolean {
  return COMPARISONS[operator](observed, limit);
}

/** How far `observed` is on the good side of the limit, in its unit; negative on the bad side, 0 at the limit. */
export function marginOf(observed: number, operator: Operator, limit: number): number {
  const above = observed - limit;
  // `0 - x` and not `-x`: a margin is never −0.
  if (operator === '==') return 0 - Math.abs(above);
  return operator.startsWith('>') ? above : 0 - above;
}
