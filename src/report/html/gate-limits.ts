/** The limits of gates that can be drawn into a chart of all legs: `metric.stat op value` without narrowing tags. */
import { clipText } from '../visible-text.js';
import type { GateResult } from '../../run/result.js';
import type { Limit } from './chart/time-chart.js';

const EXPRESSION = /^\s*(?<metric>[a-z_]+)(?:\{(?<tags>[^}]*)\})?\.(?:p[\d.]+|min|max|mean)\s*[<>=]/;
const WHOLE_POPULATION = /^\s*(?:(?:direction=received|per=second)\s*(?:,\s*|$))*$/;
const LABEL_LIMIT = 60;

/** The limits on `metrics`, multiplied by `factor` into the unit of the chart; each value once. */
export function gateLimits(gates: readonly GateResult[], metrics: readonly string[], factor = 1): Limit[] {
  const byValue = new Map<number, Limit>();
  for (const gate of gates) {
    const groups = EXPRESSION.exec(gate.expr)?.groups;
    if (!metrics.includes(groups?.['metric'] ?? '') || !WHOLE_POPULATION.test(groups?.['tags'] ?? '')) continue;
    const value = gate.limit * factor;
    if (!byValue.has(value)) byValue.set(value, { value, label: `gate ${clipText(gate.expr, LABEL_LIMIT)}` });
  }
  return [...byValue.values()];
}

/** The limits on the MOS of all legs that lie on its scale. */
export function mosLimits(gates: readonly GateResult[]): Limit[] {
  return gateLimits(gates, ['mos', 'mos_lq']).filter(({ value }) => value >= 1 && value <= 5);
}
