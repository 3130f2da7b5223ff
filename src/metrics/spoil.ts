/** Which figures a condition of the generator spoils: a metric names its conditions, and the direction decides the rest. */
import type { MetricDefinition, SpoilCondition } from './names.js';

export interface SpoilCase {
  /** Null: the figure has none. */
  readonly direction: 'received' | 'sent' | null;
  /** True when the far side reflects our packets, so that what we receive also holds what we sent late. */
  readonly reflected: boolean;
  /** True when users of ours call each other: what one end sent late the other received, and what one did not read was sent by the other. */
  readonly bothEnds?: boolean;
}

/**
 * True when `condition`, one of the metric's own, spoils it in this case. Media that we sent late spoils what the far side
 * hears or sends back; our own reception spoils what we received. Of the sent direction only what is timed here depends on
 * our clock: the far end counts and times the rest by its own.
 */
export function spoils(
  condition: SpoilCondition,
  { population, timedHere }: MetricDefinition,
  { direction, reflected, bothEnds = false }: SpoilCase,
): boolean {
  if (population !== 'legs' || bothEnds) return true;
  const sent = direction === 'sent';
  if (condition === 'sendLateness') return sent || reflected;
  if (condition === 'mediaClock') return !sent || timedHere;
  return condition === 'receiveDrops' ? !sent : true;
}
