/**
 * The generator over time: how late it was and what it lost in each second, so that a reader sees when it was strained. At
 * most 3,600 points: in a run of more than an hour two seconds become one point, then four.
 */
import { percentileOfPairs } from '../lib/tally.js';
import type { MediaPulse, SignallingBatch, SignallingPulse } from '../worker/messages.js';
import type { GeneratorSecond } from './result.js';

export const GENERATOR_POINTS = 3600;

const sum = (a: number, b: number): number => a + b;

/** How two values of a point become one: those of several threads in a second, and of several seconds in a point. */
const COMBINE = {
  latenessP99Ms: Math.max,
  latenessMaxMs: Math.max,
  sent: sum,
  missed: sum,
  drops: sum,
  loopDelayP99Ms: Math.max,
  cpuRatio: Math.max,
  hostCpuRatio: Math.max,
  startsDue: sum,
  startsMade: sum,
} as const;

type Figure = keyof typeof COMBINE;
/** What is not there is unknown. */
type Point = Partial<Record<Figure, number>>;

export class GeneratorSeconds {
  binSeconds = 1;
  private points = new Map<number, Point>();
  private readonly dropsBefore = new Map<number, number>();
  private readonly startsBefore = new Map<number, SignallingPulse>();

  addMedia(worker: number, pulses: readonly MediaPulse[]): void {
    for (const { second, sent, missed, latenessP99Ms, latenessMaxMs, drops } of pulses) {
      this.add(second, 'sent', sent);
      this.add(second, 'missed', missed);
      this.add(second, 'latenessP99Ms', latenessP99Ms);
      this.add(second, 'latenessMaxMs', latenessMaxMs);
      if (drops !== null) {
        this.add(second, 'drops', drops - (this.dropsBefore.get(worker) ?? 0));
        this.dropsBefore.set(worker, drops);
      }
    }
  }

  addSignalling(worker: number, pulses: readonly SignallingPulse[]): void {
    for (const pulse of pulses) {
      const { second, started, intended, loopDelayP99Ms } = pulse;
      const before = this.startsBefore.get(worker);
      this.add(second, 'startsMade', started - (before?.started ?? 0));
      this.add(second, 'startsDue', intended - (before?.intended ?? 0));
      this.add(second, 'loopDelayP99Ms', loopDelayP99Ms);
      this.startsBefore.set(worker, pulse);
    }
  }

  /** @param ratio CPU seconds by seconds and cores */
  addCpu(second: number, ratio: number): void {
    this.add(second, 'cpuRatio', ratio);
  }

  /** The same of all that ran on the host. */
  addHostCpu(second: number, ratio: number): void {
    this.add(second, 'hostCpuRatio', ratio);
  }

  /** How busy the host was in its busiest second, 0–1; null where nobody knows. */
  get hostCpuPeak(): number | null {
    const known = [...this.points.values()].flatMap(({ hostCpuRatio }) => hostCpuRatio ?? []);
    return known.length === 0 ? null : Math.max(...known);
  }

  list(): GeneratorSecond[] {
    return [...this.points]
      .toSorted(([a], [b]) => a - b)
      .map(([index, point]) => {
        const { latenessP99Ms: p99, latenessMaxMs: max } = point;
        return {
          second: index * this.binSeconds,
          sendLatenessMs: p99 === undefined || max === undefined ? null : { p99, max },
          sentPackets: point.sent ?? null,
          missedPackets: point.missed ?? null,
          receiveDrops: point.drops ?? null,
          eventLoopDelayP99Ms: point.loopDelayP99Ms ?? null,
          cpuRatio: point.cpuRatio ?? null,
          hostCpuRatio: point.hostCpuRatio ?? null,
          startsDue: point.startsDue ?? null,
          startsMade: point.startsMade ?? null,
        };
      });
  }

  private add(second: number, figure: Figure, value: number): void {
    if (!(second >= 0 && second < Infinity) || !(value >= 0 && value < Infinity)) {
      return;
    }
    while (second >= this.binSeconds * GENERATOR_POINTS) {
      this.halve();
    }
    const index = Math.floor(second / this.binSeconds);
    let point = this.points.get(index);
    if (point === undefined) {
      point = {};
      this.points.set(index, point);
    }
    combine(point, figure, value);
  }

  private halve(): void {
    const halved = new Map<number, Point>();
    for (const [index, point] of this.points) {
      const into = halved.get(index >> 1) ?? {};
      halved.set(index >> 1, into);
      for (const [figure, value] of Object.entries(point)) {
        combine(into, figure as Figure, value);
      }
    }
    this.points = halved;
    this.binSeconds *= 2;
  }
}

/** A batch of a thread is of one second. */
export function pulseOf({ second, started, intended, loopDelayUs }: SignallingBatch): SignallingPulse {
  return { second, started, intended, loopDelayP99Ms: percentileOfPairs(loopDelayUs, 99) / 1000 };
}

function combine(point: Point, figure: Figure, value: number): void {
  const before = point[figure];
  point[figure] = before === undefined ? value : COMBINE[figure](before, value);
}
