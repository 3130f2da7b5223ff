/** The two measurements of `callgauge doctor`, each a run against our own answerers on loopback. */
import { CannotRunError } from '../lib/errors.js';
import type { ImpairmentCounts } from '../lib/impairment.js';
import { Distribution } from '../metrics/histogram.js';
import {
  carriedCalls,
  isLate,
  type Capacity,
  type RampSecond,
  type ReadBack,
  type Spread,
  type SteadyFigures,
} from '../run/doctor.js';
import { Run, type RunEnd } from '../run/run.js';
import { CLOSE_DELAY_SECONDS } from '../worker/media-engine.js';
import { DIRECTION, LEG, type MediaBatch } from '../worker/messages.js';
import { LinkFigures, readBackOf } from './doctor-links.js';
import { netBackend } from './environment.js';
import type { ProcessHost } from './host.js';
import { startLoopback, type LoopbackAnswerer } from './loopback.js';
import { prepare, type Prepared } from './preparation.js';
import { planRun, type ResolvedEndpoint } from './run-plan.js';

const SEED = 1;
/** Links that are read back; null: a whole one, for comparison. */
const LINKS = [null, 'loss=1%', 'loss=5%', 'loss=10%', 'jitter=20ms', 'delay=50ms'] as const;
const CALLS_PER_LINK = 8;
const STEADY = { rate: '24/s', hold: '30s', dropAfter: '6s' } as const;
const RAMP_RATE = 100;
const RAMP_CALLS = 1000;
/** After the last call of the ramp has begun. */
const RAMP_TOP_SECONDS = 2;
/** What this program has open beside its slots. */
const FILES_BESIDE = 128;
const PACKETS_PER_SECOND = 50;
/** The first batch of a worker comes with the closing of the first second, and holds what was sent until then. */
const FIRST_BATCH_SECONDS = CLOSE_DELAY_SECONDS + 1;

export interface DoctorWatch {
  /** The run that goes on, so that a signal can end it. */
  onRun(run: Run): void;
}

export interface SteadyEnd {
  readonly figures: SteadyFigures;
  readonly readBacks: readonly ReadBack[];
}

/** A moderate load over whole and bad links at once. @throws CannotRunError */
export async function measureSteady(host: ProcessHost, watch: DoctorWatch): Promise<SteadyEnd> {
  const calls = LINKS.length * CALLS_PER_LINK;
  const prepared = await prepareLoopback(host, { calls, rate: STEADY.rate, hold: STEADY.hold });
  const flags = ['--drop-after', STEADY.dropAfter]; // they hang up: nothing is on its way when our measurement ends
  const answerers = await startAll(
    LINKS.map((impairment) => () => startLoopback(host, { impairment, seed: SEED, flags })),
  );
  const links = LINKS.map(() => new LinkFigures());
  let ended = false;
  let counts: (ImpairmentCounts | null)[] = [];
  try {
    const run = new Run(planFor(host, prepared, answerers), {
      ...QUIET,
      onMedia: (batch) => addLegs(links, batch),
    });
    watch.onRun(run);
    const end = await run.execute();
    counts = await stopAll(answerers);
    ended = true;
    refuse(end);
    return { figures: steadyFigures(run, end, calls), readBacks: readBacksOf(links, counts) };
  } finally {
    if (!ended) {
      await stopAll(answerers);
    }
  }
}

/** More and more calls on one media worker, until it is late or the ramp is over. @throws CannotRunError */
export async function measureCapacity(host: ProcessHost, watch: DoctorWatch): Promise<Capacity | null> {
  const limit = host.facts().openFilesLimit ?? Number.POSITIVE_INFINITY;
  const calls = Math.max(1, Math.min(RAMP_CALLS, Math.floor((limit - FILES_BESIDE) / 2.5)));
  const prepared = await prepareLoopback(host, { calls, rate: `${RAMP_RATE}/s`, hold: '5m' });
  const answerers = [await startLoopback(host, { seed: SEED })];
  const seconds: RampSecond[] = [];
  const lastSecond = Math.ceil(calls / RAMP_RATE) + RAMP_TOP_SECONDS;
  let packets = 0;
  let batches = 0;
  const cpuBefore = host.cpuSeconds;
  try {
    const run: Run = new Run(planFor(host, prepared, answerers), {
      ...QUIET,
      onSecond: (second) => {
        if (second > lastSecond || seconds.slice(-2).filter(isLate).length === 2) {
          run.abandon();
        }
      },
      onMedia: (batch) => {
        packets += batch.sent + batch.received;
        if (batch.sent + batch.missed > 0) {
          seconds.push(rampSecond(batch, batches++ === 0 ? FIRST_BATCH_SECONDS : 1));
        }
      },
    });
    watch.onRun(run);
    refuse(await run.execute());
    const carried = carriedCalls(seconds);
    const cpuSeconds = host.cpuSeconds - cpuBefore;
    return carried === null ? null : { ...carried, packetsPerCpuSecond: cpuSeconds > 0 ? packets / cpuSeconds : null };
  } finally {
    await stopAll(answerers);
  }
}

const QUIET = {
  onWaiting: () => {},
  onBegin: () => {},
  onSecond: () => {},
  onGateFlip: () => {},
  onMedia: () => {},
  onWarning: () => {},
} as const;

function prepareLoopback(
  host: ProcessHost,
  load: { readonly calls: number; readonly rate: string; readonly hold: string },
): Promise<Prepared> {
  return prepare(host, {
    flags: {
      target: 'loopback',
      calls: String(load.calls),
      rate: load.rate,
      hold: load.hold,
      workers: 'signalling=1,media=1',
      seed: String(SEED),
    },
  });
}

/** The calls are dealt to the answerers in turn. */
function planFor(
  host: ProcessHost,
  prepared: Prepared,
  answerers: readonly LoopbackAnswerer[],
): ReturnType<typeof planRun> {
  const endpoints: ResolvedEndpoint[] = answerers.map(({ port }, index) => ({
    name: `link-${index}`,
    labels: {},
    uri: `sip:echo@127.0.0.1:${port}`,
    address: '127.0.0.1',
    port,
  }));
  return planRun(host, {
    prepared,
    endpoints,
    seed: SEED,
    backend: netBackend(host),
    sinkPort: null,
    localAddress: '127.0.0.1',
  });
}

/** All of them or none. */
async function startAll(starts: readonly (() => Promise<LoopbackAnswerer>)[]): Promise<LoopbackAnswerer[]> {
  const settled = await Promise.allSettled(starts.map((start) => start()));
  const started = settled.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
  const failed = settled.find((end) => end.status === 'rejected');
  if (failed !== undefined) {
    await stopAll(started);
    throw failed.reason;
  }
  return started;
}

function stopAll(answerers: readonly LoopbackAnswerer[]): Promise<(ImpairmentCounts | null)[]> {
  return Promise.all(answerers.map((answerer) => answerer.stop()));
}

/** @throws CannotRunError, or the fault of the run */
function refuse(end: RunEnd): void {
  if (end.fault !== null) {
    throw new Error(end.fault);
  }
  if (end.couldNotRun !== null) {
    throw new CannotRunError('doctor', end.couldNotRun, end.hint ?? undefined);
  }
  const [lost] = end.lostWorkers;
  if (lost !== undefined) {
    throw new Error(lost);
  }
}

function addLegs(links: readonly LinkFigures[], { legs }: MediaBatch): void {
  for (let offset = 0; offset < legs.length; offset += LEG.columns) {
    if (legs[offset + LEG.direction] === DIRECTION.received) {
      links[legs[offset + LEG.endpoint] ?? 0]?.add(legs, offset);
    }
  }
}

function steadyFigures(run: Run, end: RunEnd, calls: number): SteadyFigures {
  const { health } = run.book;
  return {
    calls,
    netBackend: end.facts?.netBackend ?? 'none',
    socketBufferBytes: end.facts?.bufferBytes ?? { requested: 0, granted: null },
    sentPackets: health.sentPackets,
    missedPackets: health.missedPackets,
    receiveDrops: health.receiveDrops,
    clockSteps: health.clockSteps,
    floorJitterMs: spreadOf(health.floorJitterMs),
    sendLatenessMs: spreadOf(health.sendLatenessMs),
    eventLoopDelayMs: spreadOf(health.eventLoopDelayMs),
  };
}

function spreadOf(distribution: Distribution): Spread | null {
  return distribution.count === 0
    ? null
    : { p50: distribution.percentile(50), p99: distribution.percentile(99), max: distribution.max };
}

function readBacksOf(links: readonly LinkFigures[], counts: readonly (ImpairmentCounts | null)[]): ReadBack[] {
  const whole = links[0] ?? new LinkFigures();
  return LINKS.flatMap((impair, index) => {
    const figures = links[index];
    if (impair === null || figures === undefined) {
      return [];
    }
    return [readBackOf(impair, { figures, whole, counts: counts[index] ?? null })];
  });
}

/** @param spanSeconds that the batch is of: its calls are their mean over that time */
function rampSecond({ sent, missed, latenessUs }: MediaBatch, spanSeconds: number): RampSecond {
  const lateness = new Distribution('ms');
  for (let i = 0; i + 1 < latenessUs.length; i += 2) {
    lateness.record((latenessUs[i] ?? 0) / 1000, latenessUs[i + 1] ?? 1);
  }
  const due = sent + missed;
  return {
    calls: Math.round(due / PACKETS_PER_SECOND / spanSeconds),
    latenessP99Ms: lateness.percentile(99),
    missedRatio: missed / due,
  };
}
