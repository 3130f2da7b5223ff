/** Stages cut or drawn out to a given length. */
import type { Stage } from './scenario.js';

/** How long the idle stages are, ms, which all stand at the start; 0: there are none. */
export function idleMsOf({ stages }: { readonly stages: readonly Stage[] }): number {
  return stages.reduce((sum, { idle, durationMs }) => sum + (idle === true ? (durationMs ?? 0) : 0), 0);
}

/** Sum of the stages in ms; null when the last has no end. */
export function totalOf(stages: readonly Stage[]): number | null {
  return stages.reduce<number | null>(
    (sum, { durationMs }) => (sum === null || durationMs === null ? null : sum + durationMs),
    0,
  );
}

/**
 * What lies beyond `lengthMs` is cut, a ramp at the rate that it has reached there; what is missing is held at the last
 * rate.
 */
export function fitStages(stages: readonly Stage[], lengthMs: number): Stage[] {
  const fitted: Stage[] = [];
  let [leftMs, rate] = [lengthMs, 0];
  for (const stage of stages) {
    if (leftMs <= 0) break;
    const durationMs = Math.min(leftMs, stage.durationMs ?? leftMs);
    const share = stage.kind === 'ramp' && stage.durationMs !== null ? durationMs / stage.durationMs : 1;
    rate += (stage.rate - rate) * share;
    fitted.push({ ...stage, rate, durationMs });
    leftMs -= durationMs;
  }
  const last = fitted.at(-1);
  if (leftMs <= 0 || last === undefined) return fitted;
  if (last.kind === 'ramp') return [...fitted, { kind: 'hold', rate, durationMs: leftMs }];
  return [...fitted.slice(0, -1), { ...last, durationMs: (last.durationMs ?? 0) + leftMs }];
}
