/**
 * The lines of `progress.ndjson`: what the threads told of themselves beside rows and records, ten seconds a line, so that
 * a run that crashed can be rebuilt with its counters and its generator's health. Replayed as the batches they came from.
 */
import type { CallMatches, RegistrationFailures } from '../worker/messages.js';
import type { RegistrationRow } from './registration-groups.js';
import type { FloorFigures, MediaBatch, MediaPulse, SignallingBatch, SignallingPulse } from '../worker/messages.js';
import { pulseOf } from './generator-seconds.js';

/** Pairs of (value, count) as a flat list, like those of the batches. */
type Pairs = readonly number[];

/** A second of a thread; null: unknown. */
export type MediaPulseLine = readonly [
  second: number,
  sent: number,
  missed: number,
  latenessP99Ms: number | null,
  latenessMaxMs: number | null,
  drops: number | null,
];
export type SignallingPulseLine = readonly [
  second: number,
  started: number,
  intended: number,
  loopDelayP99Ms: number | null,
];

export interface MediaProgress {
  readonly type: 'media';
  readonly worker: number;
  readonly second: number;
  readonly sent: number;
  readonly missed: number;
  readonly sendErrors: number;
  readonly received: number;
  readonly drops: number | null;
  /** This one and the next are absent in files of earlier versions. */
  readonly undatedDrops?: number;
  readonly pulses?: readonly MediaPulseLine[];
  readonly clockSteps: number;
  readonly latenessUs: Pairs;
  readonly floor: { readonly jitterUs: Pairs; readonly transitUs: Pairs } | null;
}

/** Counters of a thread at the end of a second, since the start. */
export type SecondCounts = readonly [second: number, started: number, answered: number, failed: number, active: number];

export interface SignallingProgress {
  readonly type: 'signalling';
  readonly worker: number;
  readonly second: number;
  readonly intended: number;
  readonly started: number;
  readonly answered: number;
  readonly failed: number;
  readonly active: number;
  readonly peakActive: number;
  readonly sip: SignallingBatch['sip'];
  readonly loopDelayUs: Pairs;
  readonly optionsRttMs: Pairs;
  /** Absent in files of earlier versions. */
  readonly seenAddress?: string | null;
  readonly seconds: readonly SecondCounts[];
  /** Absent in files of earlier versions. */
  readonly pulses?: readonly SignallingPulseLine[];
}

export type CpuLine = readonly [second: number, ratio: number];

/** Of the users, over all workers, since the start. */
export interface RegistrationProgress {
  /** Null: no call had begun. */
  readonly registeredAtBegin: number | null;
  readonly users: number;
  readonly bound: number;
  readonly refused: number;
  readonly attempts: number;
  readonly ineffective: number;
  /** Null: not counted; absent in files of earlier versions. */
  readonly bindingsLost?: number | null;
  readonly failures: readonly RegistrationFailures[];
  /** Of each set of labels; absent in files of earlier versions. */
  readonly groups?: readonly RegistrationRow[];
  readonly matches: CallMatches;
  /** At the resolution of the histogram. */
  readonly delayMs: Pairs;
}

/** How the run stands. */
export interface StateProgress {
  readonly type: 'state';
  readonly elapsedMs: number;
  readonly cpuSeconds: number;
  /** What of all cores was used, by the second; absent in files of earlier versions. */
  readonly cpu?: readonly CpuLine[];
  /** The same of all that ran on the host. */
  readonly hostCpu?: readonly CpuLine[];
  readonly interrupted: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | null;
  readonly lostWorkers: readonly string[];
  readonly doubts: readonly string[];
  readonly warnings: readonly string[];
  /** Null: the run has no users; absent in files of earlier versions. */
  readonly registrations?: RegistrationProgress | null;
}

export type ProgressLine = MediaProgress | SignallingProgress | StateProgress;

/** Gathers batches until they are written. */
export class ProgressLog {
  private readonly media = new Map<number, MediaProgress>();
  private readonly signalling = new Map<number, SignallingProgress>();

  addMedia(batch: MediaBatch): void {
    const { worker, second, drops } = batch;
    const before = this.media.get(worker);
    this.media.set(worker, {
      type: 'media',
      worker,
      second,
      sent: (before?.sent ?? 0) + batch.sent,
      missed: (before?.missed ?? 0) + batch.missed,
      sendErrors: (before?.sendErrors ?? 0) + batch.sendErrors,
      received: (before?.received ?? 0) + batch.received,
      drops,
      undatedDrops: (before?.undatedDrops ?? 0) + batch.undatedDrops,
      pulses: [...(before?.pulses ?? []), ...batch.pulses.map(mediaPulseLine)],
      clockSteps: (before?.clockSteps ?? 0) + (batch.clockStepped ? 1 : 0),
      latenessUs: mergedPairs(before?.latenessUs, batch.latenessUs),
      floor: mergedFloor(before?.floor ?? null, batch.floor),
    });
  }

  addSignalling(batch: SignallingBatch): void {
    const { worker, second, intended, started, answered, failed, active, peakActive, sip } = batch;
    const before = this.signalling.get(worker);
    this.signalling.set(worker, {
      type: 'signalling',
      worker,
      second,
      intended,
      started,
      answered,
      failed,
      active,
      peakActive,
      sip,
      loopDelayUs: mergedPairs(before?.loopDelayUs, batch.loopDelayUs),
      optionsRttMs: [...(before?.optionsRttMs ?? []), ...batch.optionsRttMs],
      seenAddress: batch.seenAddress,
      seconds: [...(before?.seconds ?? []), [second, started, answered, failed, active]],
      pulses: [...(before?.pulses ?? []), signallingPulseLine(pulseOf(batch))],
    });
  }

  /** What came since the last time, by kind and worker. */
  take(): ProgressLine[] {
    const lines = [...this.media.values(), ...this.signalling.values()];
    this.media.clear();
    this.signalling.clear();
    return lines;
  }
}

/** The batches that such a line stands for, without rows and legs. */
export function mediaBatchesOf(line: MediaProgress): MediaBatch[] {
  const { worker, second, drops, floor } = line;
  const none = new Float64Array(0);
  const empty: MediaBatch = {
    type: 'media',
    worker,
    second,
    rows: none,
    legs: none,
    sent: 0,
    missed: 0,
    sendErrors: 0,
    latenessUs: none,
    received: 0,
    drops,
    undatedDrops: 0,
    pulses: [],
    clockStepped: true,
  };
  const { sent, missed, sendErrors, received } = line;
  const figures: MediaBatch = {
    ...empty,
    sent,
    missed,
    sendErrors,
    received,
    latenessUs: Float64Array.from(line.latenessUs),
    undatedDrops: line.undatedDrops ?? 0,
    pulses: (line.pulses ?? []).map(mediaPulse),
    clockStepped: false,
    ...(floor !== null && {
      floor: { jitterUs: Float64Array.from(floor.jitterUs), transitUs: Float64Array.from(floor.transitUs) },
    }),
  };
  return [figures, ...Array.from({ length: line.clockSteps }, () => empty)];
}

/** The batch that such a line stands for, without records. */
export function signallingBatchOf(line: SignallingProgress): SignallingBatch {
  const { seconds: _, loopDelayUs, optionsRttMs, pulses = [], ...counters } = line;
  return {
    ...counters,
    pulses: pulses.map(signallingPulse),
    seenAddress: line.seenAddress ?? null,
    live: line.active,
    records: [],
    loopDelayUs: Float64Array.from(loopDelayUs),
    optionsRttMs: Float64Array.from(optionsRttMs),
    farLegs: new Float64Array(0),
    ourAnswerers: [],
    figures: { passed: 0, refused: 0 },
    finished: false,
  };
}

function mediaPulseLine(pulse: MediaPulse): MediaPulseLine {
  const { second, sent, missed, latenessP99Ms, latenessMaxMs, drops } = pulse;
  return [second, sent, missed, numberOrNull(latenessP99Ms), numberOrNull(latenessMaxMs), drops];
}

function mediaPulse([second, sent, missed, latenessP99Ms, latenessMaxMs, drops]: MediaPulseLine): MediaPulse {
  return {
    second,
    sent,
    missed,
    latenessP99Ms: latenessP99Ms ?? Number.NaN,
    latenessMaxMs: latenessMaxMs ?? Number.NaN,
    drops,
  };
}

function signallingPulseLine({ second, started, intended, loopDelayP99Ms }: SignallingPulse): SignallingPulseLine {
  return [second, started, intended, numberOrNull(loopDelayP99Ms)];
}

function signallingPulse([second, started, intended, loopDelayP99Ms]: SignallingPulseLine): SignallingPulse {
  return { second, started, intended, loopDelayP99Ms: loopDelayP99Ms ?? Number.NaN };
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function mergedFloor(before: MediaProgress['floor'], floor: FloorFigures | undefined): MediaProgress['floor'] {
  if (floor === undefined) {
    return before;
  }
  return {
    jitterUs: mergedPairs(before?.jitterUs, floor.jitterUs),
    transitUs: mergedPairs(before?.transitUs, floor.transitUs),
  };
}

/** Steps are those of a tally, so there are never more than some hundred different values. */
function mergedPairs(before: Pairs = [], added: Float64Array): number[] {
  const counts = new Map<number, number>();
  for (const pairs of [before, added]) {
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      const value = pairs[at] ?? 0;
      counts.set(value, (counts.get(value) ?? 0) + (pairs[at + 1] ?? 0));
    }
  }
  return [...counts].flat();
}
