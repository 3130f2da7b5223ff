/** From a prepared scenario to what the threads are told: workers, slots, addresses, seeds. */
import { monotonicNs, NS_PER_MS, NS_PER_SECOND } from '../lib/clock.js';
import { CannotRunError, messageOf } from '../lib/errors.js';
import { createRandom } from '../lib/random.js';
import type { ReachRules } from '../lib/reach.js';
import { bindSink, routedLocalAddress } from '../net/resolve.js';
import { socketDrops } from '../net/socket-drops.js';
import type { RunPlan } from '../run/run.js';
import { callGroups } from '../scenario/call-groups.js';
import { idleMsOf } from '../scenario/fit-stages.js';
import { legsPerCall, usersCap } from '../scenario/peak.js';
import { ptimeOf } from '../scenario/replay.js';
import { ownsCall } from '../schedule/split.js';
import { findCodec } from '../media/codec/codec.js';
import type { CallerEndpoint, CaptureSetup, MediaWorkerSetup } from '../worker/messages.js';
import type { SignallingSetup, UsersRole } from '../worker/messages.js';
import type { Scenario } from '../scenario/scenario.js';
import { callerFlowPlan } from './flow-plan.js';
import type { ProcessHost } from './host.js';
import type { Prepared } from './preparation.js';

/** Streams that one media worker carries with room to spare. */
const LEGS_PER_MEDIA_WORKER = 1500;

/** Where the calls go, once every target has an address. */
export interface ResolvedEndpoint extends Omit<CallerEndpoint, 'credentials'> {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Our own answerer on this host. */
export function loopbackEndpoint(port: number): Omit<ResolvedEndpoint, 'name' | 'labels'> {
  const servers = [{ addresses: ['127.0.0.1'], port, priority: 0, weight: 0 }];
  const uri = `sip:echo@127.0.0.1:${port}`;
  return { uri, servers, protocol: 'UDP', isSecure: false, serverName: null, proxyUri: null };
}

const addressesOf = ({ servers }: ResolvedEndpoint): string[] => servers.flatMap(({ addresses }) => addresses);

export interface PlanParts {
  readonly prepared: Prepared;
  readonly endpoints: readonly ResolvedEndpoint[];
  readonly seed: number;
  readonly backend: MediaWorkerSetup['backend'];
  /** Port of the sink that signalling-only calls advertise; null with media. */
  readonly sinkPort: number | null;
  readonly localAddress: string;
  /** Of this run alone: its Call-IDs begin with it. */
  readonly runToken: string;
}

export function planRun(host: ProcessHost, parts: PlanParts): RunPlan {
  const { prepared, endpoints } = parts;
  const { scenario, peak } = prepared;
  const capture = captureSetup(prepared, wallOffset());
  const mediaWorkers = mediaWorkerCount(host, prepared);
  return {
    fleet: {
      media: Array.from({ length: mediaWorkers }, (_, index) => ({
        ...mediaSetup(parts, index, mediaWorkers),
        capture,
      })),
      signalling: Array.from({ length: signallingWorkerCount(prepared) }, (_, index) => signallingSetup(parts, index)),
      slots: scenario.media ? peak.ports / 2 : 0,
    },
    callIds: { runToken: parts.runToken, host: scenario.network.advertise ?? parts.localAddress },
    book: {
      endpoints: callGroups(endpoints, scenario.users?.list ?? null).list,
      media: scenario.media,
      warmupMs: scenario.load.warmupMs,
      idleMs: idleMsOf(scenario.load),
      watched: prepared.gates,
      keepsAudio: (codec) => capture.audio && findCodec(codec) !== undefined,
    },
    gates: { gates: prepared.gates, baseline: prepared.baseline?.source ?? null },
    waitMs: scenario.network.waitMs,
    users: scenario.users?.list.length ?? 0,
    slotsNeeded: scenario.media ? peak.calls * legsPerCall(scenario) : 0,
    socketDrops,
  };
}

/** The address of this host from which the kernel reaches every endpoint. @throws CannotRunError when there is none */
export async function localAddressFor(wanted: string | null, endpoints: readonly ResolvedEndpoint[]): Promise<string> {
  if (wanted !== null) {
    await checkLocalAddress(wanted);
    return wanted;
  }
  const routes = await Promise.all(endpoints.map((endpoint) => routeTo(endpoint.name, addressesOf(endpoint)[0] ?? '')));
  const different = new Set(routes);
  if (different.size > 1) {
    const message = `the endpoints are reached from different addresses of this host: ${[...different].join(', ')}`;
    throw new CannotRunError('many-routes', message, 'choose one with --local-address, or run the endpoints apart');
  }
  return routes[0] ?? '127.0.0.1';
}

/** Binds a socket to it and closes it again. @throws CannotRunError when it is no address of this host */
export async function checkLocalAddress(address: string): Promise<void> {
  try {
    (await bindSink(address)).close();
  } catch (error) {
    const isForeign = error instanceof Error && 'code' in error && error.code === 'EADDRNOTAVAIL';
    const message = isForeign
      ? `${address} is no address of this host`
      : `no socket can be bound to ${address}: ${messageOf(error)}`;
    throw new CannotRunError('bad-local-address', message, 'give one that it has with --local-address');
  }
}

async function routeTo(name: string, address: string): Promise<string> {
  try {
    return await routedLocalAddress(address);
  } catch {
    throw new CannotRunError(
      'no-route',
      `this host has no route to endpoint ${name}`,
      'check the address and the network',
    );
  }
}

/** Threads of both kinds. */
export function workerCounts(host: ProcessHost, prepared: Prepared): { signalling: number; media: number } {
  return { signalling: signallingWorkerCount(prepared), media: mediaWorkerCount(host, prepared) };
}

/** Each has its share of the cap: one without any would hold its calls back for ever. */
function signallingWorkerCount(prepared: Prepared): number {
  return Math.min(prepared.scenario.workers.signalling, concurrencyCap(prepared));
}

function mediaWorkerCount(host: ProcessHost, { scenario, peak }: Prepared): number {
  if (!scenario.media) {
    return 0;
  }
  const most = Math.max(1, host.facts().cores - 1);
  return (
    scenario.workers.media ??
    Math.min(most, Math.max(1, Math.ceil((peak.calls * legsPerCall(scenario)) / LEGS_PER_MEDIA_WORKER)))
  );
}

function mediaSetup(
  { prepared, backend, seed, localAddress }: PlanParts,
  index: number,
  workers: number,
): MediaWorkerSetup {
  const { scenario, clips } = prepared;
  return {
    kind: 'media',
    index,
    workers,
    backend,
    dscp: scenario.network.mediaDscp,
    realtime: scenario.workers.realtime,
    localAddress,
    rtpPorts: scenario.network.rtpPorts,
    source: 'clip',
    ptimeMs: ptimeOf(scenario),
    clips,
    seed,
    suppressesSilence: scenario.silenceSuppression,
  };
}

/** The bytes that all sampled legs together may hold in memory until their files are written, and those of one. */
const CAPTURE_BYTES = 64 * 1024 * 1024;
const LEG_CAPTURE_BYTES = 8 * 1024 * 1024;
/** Of a run without an end: its first calls are as good as any. */
const ENDLESS_STEP = 100;

function captureSetup({ scenario, schedule }: Prepared, wall: CaptureSetup['wallOffset']): CaptureSetup {
  const { legs, audio } = scenario.capture;
  const count = scenario.media ? Math.min(legs, schedule.totalCalls ?? legs) : 0;
  const step = schedule.totalCalls === null ? ENDLESS_STEP : schedule.totalCalls / Math.max(1, count);
  return {
    calls: Array.from({ length: count }, (_, index) => Math.floor(index * step)),
    audio,
    hidesKeys: scenario.redact !== null,
    maxBytes: Math.min(LEG_CAPTURE_BYTES, Math.floor(CAPTURE_BYTES / Math.max(1, count))),
    wallOffset: wall,
  };
}

/** Wall time at 0 of the monotonic clock, taken once for all threads: a step of the wall clock is in no capture. */
function wallOffset(): CaptureSetup['wallOffset'] {
  const wallMs = performance.timeOrigin + performance.now();
  const monotonic = monotonicNs();
  const wholeSeconds = Math.floor(wallMs / 1000) - Math.ceil(monotonic / NS_PER_SECOND);
  const restNs = (wallMs % 1000) * NS_PER_MS + (Math.ceil(monotonic / NS_PER_SECOND) * NS_PER_SECOND - monotonic);
  return { seconds: wholeSeconds + Math.floor(restNs / NS_PER_SECOND), ns: Math.round(restNs % NS_PER_SECOND) };
}

function signallingSetup(parts: PlanParts, index: number): SignallingSetup {
  const { prepared, endpoints, seed, backend, sinkPort, localAddress, runToken } = parts;
  const { scenario } = prepared;
  return {
    kind: 'signalling',
    index,
    workers: signallingWorkerCount(prepared),
    localAddress,
    localPort: 0,
    advertise: scenario.network.advertise === 'learned' ? null : scenario.network.advertise,
    links: {
      tls: prepared.tls,
      webSocketPath: scenario.network.webSocketPath,
      connections: scenario.network.connections,
      dscp: backend === 'dgram' ? null : scenario.network.signallingDscp,
      learnsAddress: scenario.network.advertise === 'learned',
      keepAliveMs: scenario.network.keepAliveMs,
    },
    seed,
    runToken,
    ptimeMs: ptimeOf(scenario),
    codecs: scenario.codecs,
    replayed: prepared.replayed,
    rtcpXr: scenario.rtcpXr,
    suppressesSilence: scenario.silenceSuppression && scenario.media,
    ...(scenario.srtp !== null && { srtp: { use: 'required' as const, suites: scenario.srtp } }),
    reach: reachRules(prepared, endpoints),
    sinkPort,
    role: {
      type: 'caller',
      endpoints: endpoints.map(({ uri, servers, protocol, isSecure, serverName, proxyUri }, index) => ({
        uri,
        servers,
        protocol,
        isSecure,
        serverName,
        proxyUri,
        credentials: scenario.endpoints[index]?.auth ?? scenario.auth,
      })),
      load: { ...scenario.load, concurrency: concurrencyCap(prepared) },
      holdMs: scenario.call.holdMs,
      ringTimeoutMs: scenario.call.ringTimeoutMs,
      expect: scenario.call.expect,
      stopAfterRefusals: scenario.safety.stopAfterRefusals,
      maxRate: scenario.safety.maxRate,
      figures: scenario.call.figures && scenario.media, // without audio of ours there is nothing to receive
      optionsIntervalMs: scenario.network.optionsIntervalMs,
      flow: callerFlowPlan(scenario.call.flow),
      users: usersRole(scenario, index, signallingWorkerCount(prepared)),
    },
  };
}

/** A worker's share of the users. They call each other within it: both legs of a call are on one thread. */
function usersRole({ users, call, endpoints }: Scenario, index: number, workers: number): UsersRole | null {
  if (users === null) {
    return null;
  }
  const groups = callGroups(endpoints, users.list);
  const all = users.list.map(({ user, authUser, password }, n) => ({
    user,
    credentials: password === null ? null : { user: authUser, password },
    group: groups.ofUser[n] ?? 0,
  }));
  return {
    list: all.filter((_, n) => ownsCall(n, workers, index)),
    groups: groups.list.length,
    arePaired: call.to === 'users',
    ratePerSecond: users.rate / workers,
    expiresSeconds: Math.round(users.expiresMs / 1000),
  };
}

/** The user's cap, and never more than the hard one: slow answers make more calls live than any plan foresees. */
function concurrencyCap({ scenario }: Prepared): number {
  const { load, safety } = scenario;
  return Math.min(load.concurrency ?? Number.POSITIVE_INFINITY, safety.maxConcurrency, usersCap(scenario));
}

function reachRules({ scenario, addresses }: Prepared, endpoints: readonly ResolvedEndpoint[]): ReachRules {
  const { safety } = scenario;
  return {
    allow: safety.allow,
    publicHosts: safety.authorised ? 'any' : safety.allowPublic,
    targets: [...addresses.keys(), ...endpoints.flatMap(addressesOf)],
  };
}

/** Different for every run, also with the same seed: a target remembers the Call-IDs of the last one. */
export function createRunToken(host: ProcessHost, seed: number): string {
  return (
    createRandom((seed ^ host.now().getTime()) >>> 0)
      .nextUint32()
      .toString(36) + host.now().getTime().toString(36)
  );
}
