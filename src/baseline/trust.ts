/** Whether a run's own generator spoiled a figure, and how much of it the host itself may have added. */
import { spoils } from '../metrics/spoil.js';
import type { Result } from '../run/result.js';
import { hasBothEnds } from '../run/result-registrations.js';
import type { Figure } from './figures.js';

/** Why the figure is not trusted, or null. */
export function spoilReason(
  { generator, calls, signalling }: Result,
  { metric, direction }: Pick<Figure, 'metric' | 'direction'>,
): string | null {
  const { spoiled, reasons } = generator;
  // An older result names no condition: then each may have spoiled whatever can be spoiled.
  if (spoiled === null) return reasons.length > 0 && metric.spoiledBy.length > 0 ? reasons.join('; ') : null;
  const reflected = calls.roundTrip > 0;
  const bothEnds = hasBothEnds(signalling.registrations);
  const found = metric.spoiledBy
    .filter((condition) => spoils(condition, metric, { direction, reflected, bothEnds }))
    .map((condition) => spoiled[condition])
    .filter((reason) => reason !== undefined);
  return found.length === 0 ? null : found.join('; ');
}

/**
 * A host adds its own jitter to every jitter, and the lateness of its signalling threads to every delay of a call, and both
 * differ from run to run. So much of a difference, by the same percentile, may be the two generators' and not the target's; ms.
 */
export function generatorAllowance(baseline: Result, result: Result, { metric, statName }: Figure): number {
  if (statName !== 'p50' && statName !== 'p95') return 0;
  if (metric.id === 'jitter') {
    return distance(baseline.generator.floor?.jitterMs?.[statName], result.generator.floor?.jitterMs?.[statName]);
  }
  if (metric.population !== 'calls') return 0;
  return distance(baseline.generator.eventLoopDelayMs?.[statName], result.generator.eventLoopDelayMs?.[statName]);
}

function distance(a: number | undefined, b: number | undefined): number {
  return a === undefined || b === undefined ? 0 : Math.abs(a - b);
}
