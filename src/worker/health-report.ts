/** The health of a media worker on its way to main: counted by the whole second, told with the next batch. */
import { percentileOfPairs } from '../lib/tally.js';
import type { MediaHealth } from './leg-context.js';
import type { MediaBatch, MediaPulse } from './messages.js';

type Told = Pick<
  MediaBatch,
  'sent' | 'missed' | 'sendErrors' | 'received' | 'undatedDrops' | 'latenessUs' | 'pulses' | 'drops'
>;

export class HealthReport {
  private pulses: MediaPulse[] = [];
  private latenessUs: number[] = [];
  private counts = emptyCounts();
  private drops: number | null = null;

  constructor(private readonly health: MediaHealth) {}

  /** What was counted since the last call is of this second. @param drops at all sockets so far */
  note(second: number, drops: number | null): void {
    const { health, counts } = this;
    const latenessUs = health.latenessUs.take();
    this.pulses.push({
      second,
      sent: health.sent,
      missed: health.missed,
      latenessP99Ms: percentileOfPairs(latenessUs, 99) / 1000,
      latenessMaxMs: percentileOfPairs(latenessUs, 100) / 1000,
      drops,
    });
    this.latenessUs.push(...latenessUs);
    this.drops = drops;
    counts.sent += health.sent;
    counts.missed += health.missed;
    counts.sendErrors += health.sendErrors;
    counts.received += health.received;
    counts.undatedDrops += health.undatedDrops;
    Object.assign(health, emptyCounts());
  }

  /** What was noted since the last call. */
  take(): Told {
    const { counts, pulses, latenessUs, drops } = this;
    this.pulses = [];
    this.latenessUs = [];
    this.counts = emptyCounts();
    return { ...counts, drops, latenessUs: Float64Array.from(latenessUs), pulses };
  }
}

function emptyCounts() {
  return { sent: 0, missed: 0, sendErrors: 0, received: 0, undatedDrops: 0 };
}
