/** The limits of gates that can be drawn into a chart of all legs: `metric.stat op value` without narrowing tags. */
import { formatValue } from '../number-format.js';
import { clipText } from '../visible-text.js';
import type { ScoreScale } from '../../metrics/names.js';
import type { GateResult } from '../../run/result.js';
import type { Direction } from '../scores.js';
import type { Limit } from './chart/time-chart.js';

const EXPRESSION =
  /^\s*(?:(?:idle|baseline)\.)?(?<metric>[a-z_]+)(?:\{(?<tags>[^}]*)\})?\.(?:p[\d.]+|min|max|mean)\s*[<>=]/;
const WHOLE_POPULATION = /^\s*(?:(?:direction=(?:received|sent)|per=second)\s*(?:,\s*|$))*$/;
const LABEL_LIMIT = 60;

export interface LimitChoice {
  /** Into the unit of the chart. */
  readonly factor?: number;
  /** Of the chart's lines; `received` alone where it shows no other. */
  readonly directions?: readonly Direction[];
}

/** The limits on `metrics`; each value once. */
export function gateLimits(
  gates: readonly GateResult[],
  metrics: readonly string[],
  choice: LimitChoice = {},
): Limit[] {
  const { factor = 1, directions = ['received'] } = choice;
  const byValue = new Map<number, Limit>();
  for (const gate of gates) {
    const groups = EXPRESSION.exec(gate.expr)?.groups;
    const tags = groups?.['tags'] ?? '';
    if (!metrics.includes(groups?.['metric'] ?? '') || !WHOLE_POPULATION.test(tags)) continue;
    if (!directions.includes(tags.includes('direction=sent') ? 'sent' : 'received')) continue;
    const limit = effectiveLimit(gate);
    if (limit === null) continue;
    const value = limit * factor;
    const written = limit === gate.limit && gate.limitFloor === null ? '' : `: ${formatValue(limit, gate.unit)}`;
    if (!byValue.has(value)) byValue.set(value, { value, label: `gate ${clipText(gate.expr, LABEL_LIMIT)}${written}` });
  }
  return [...byValue.values()];
}

/** A gate on a difference limits the figure itself, from its reference on; null where there was none. */
function effectiveLimit({ comparedWith, reference, limit }: GateResult): number | null {
  if (comparedWith === 'limit') return limit;
  return reference === null ? null : reference + limit;
}

/** The limits on the listening MOS of all legs on that scale. */
export function mosLimits(gates: readonly GateResult[], scale: ScoreScale, directions: readonly Direction[]): Limit[] {
  const names = scale === 'narrowband' ? ['mos', 'mos_lq'] : ['mos_lq_wb'];
  return gateLimits(gates, names, { directions }).filter(({ value }) => value >= 1 && value <= 5);
}
