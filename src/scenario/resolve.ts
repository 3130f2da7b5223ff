/** A read document → the scenario: shorthands expanded, the defaults that depend on other values filled in. */
import { formatDuration } from '../lib/units.js';
import { flowOf } from './resolve-flow.js';
import type { ReplayPlan } from './replay.js';
import type { GateEntry, Load, Scenario, Sources, Stage, Tls, User } from './scenario.js';
import type { ScenarioFile } from './schema.js';

const ADHOC_CALLS = 10;
const DEFAULT_RATE = 10;

function replayOf(entry: ScenarioFile['replay'][number], file: string): ReplayPlan {
  const { encoding, clockRate, channels } = entry.rtpmap;
  return {
    name: encoding.toUpperCase(),
    encoding,
    clockRate,
    channels,
    payloadType: entry.payloadType,
    fmtp: entry.fmtp ?? null,
    ptimeMs: entry.ptime,
    path: besideFile(file, entry.file),
    packetBytes: entry.packetBytes ?? null,
    ie: entry.ie ?? null,
    bpl: entry.bpl ?? null,
    scale: entry.scale ?? (clockRate >= 16_000 ? 'wideband' : 'narrowband'),
  };
}

/**
 * @param file the scenario's path as it was given; its folder is where a relative `audio` starts
 * @param users everybody of the document's `users`
 */
export function resolveScenario(
  document: ScenarioFile,
  file: string,
  sources: Sources,
  users: readonly User[] = [],
): Scenario {
  const { version, name, codec, media, rtcpXr, silenceSuppression, srtp, call, capture, safety, network } = document;
  const { loopback, workers } = document;
  return {
    version,
    name,
    endpoints: endpointsOf(document),
    auth: document.auth ?? null,
    users: usersOf(document, users),
    audioPath: document.audio === undefined ? null : besideFile(file, document.audio),
    codecs: codec,
    ptimeMs: document.ptime,
    replay: document.replay.map((entry) => replayOf(entry, file)),
    media,
    rtcpXr,
    silenceSuppression,
    srtp,
    call: {
      to: call.to,
      holdMs: call.hold,
      ringTimeoutMs: call.ringTimeout,
      expect: call.expect.status,
      figures: call.figures,
      flow: flowOf(call),
    },
    load: loadOf(document.load),
    profile: document.profile ?? null,
    gates: document.gates?.map((gate, index) => gateOf(gate, sources.where[`gates[${index}]`] ?? 'gates')) ?? null,
    safety: { ...safety, allow: safety.allow ?? null, allowPublic: [] },
    network: {
      localAddress: network.localAddress ?? null,
      advertise: network.advertise ?? null,
      rtpPorts: network.rtpPorts,
      waitMs: network.wait,
      optionsIntervalMs: network.optionsInterval ?? null,
      tls: tlsOf(network.tls, file),
      connections: network.connections,
      webSocketPath: network.webSocketPath,
      outboundProxy: network.outboundProxy ?? null,
      signallingDscp: network.signallingDscp,
      mediaDscp: network.mediaDscp,
      keepAliveMs: network.keepAlive,
    },
    loopback: { impair: loopback.impair ?? null },
    capture,
    workers: { signalling: workers.signalling, media: workers.media ?? null, realtime: workers.realtime },
    redact: document.redact ?? null,
    seed: document.seed ?? null,
    sources,
  };
}

function tlsOf(
  { ca, cert, key, keyPassword, serverName, insecure }: ScenarioFile['network']['tls'],
  file: string,
): Tls {
  const path = (written: string | undefined): string | null =>
    written === undefined ? null : besideFile(file, written);
  return {
    ca: path(ca),
    cert: path(cert),
    key: path(key),
    keyPassword: keyPassword ?? null,
    serverName: serverName ?? null,
    insecure,
  };
}

/** A path as seen from the folder of `file`, with `.` and `..` taken out; absolute paths stay. */
export function besideFile(file: string, path: string): string {
  if (/^([A-Za-z]:)?[\\/]/.test(path)) return path;
  const folder = file.slice(0, Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
  const root = folder.startsWith('/') ? '/' : '';
  const steps: string[] = [];
  for (const step of `${folder}${path}`.split('/')) {
    if (step === '..' && steps.length > 0 && steps.at(-1) !== '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  return root + steps.join('/');
}

function endpointsOf({ target, endpoints }: ScenarioFile): Scenario['endpoints'] {
  if (target !== undefined) return [{ name: 'target', target, labels: {}, auth: null }];
  return (endpoints ?? []).map(({ name, target: to, labels, auth }) => ({
    name,
    target: to,
    labels,
    auth: auth ?? null,
  }));
}

function usersOf({ users, registration }: ScenarioFile, list: readonly User[]): Scenario['users'] {
  if (users === undefined) return null;
  const entries = users.map(({ user = null, range = null, password = null, authUser = null, labels }) => ({
    user,
    range,
    password,
    authUser,
    labels,
  }));
  return { entries, list, rate: registration.rate, expiresMs: registration.expires };
}

function loadOf(load: ScenarioFile['load']): Load {
  const calls = load.calls ?? (load.stages === undefined ? ADHOC_CALLS : null);
  const stages: Stage[] = load.stages?.map(({ rate, ramp, hold, idle }) => ({
    kind: ramp === undefined ? 'hold' : 'ramp',
    rate,
    durationMs: ramp ?? hold ?? null,
    ...(idle === true && { idle }),
  })) ?? [{ kind: 'hold', rate: DEFAULT_RATE, durationMs: null }];
  return { calls, concurrency: load.concurrency ?? null, stages, warmupMs: load.warmup };
}

function gateOf(gate: NonNullable<ScenarioFile['gates']>[number], where: string): GateEntry {
  const { expr, severity, minSamples, onNoData, abortOnFail } = gate;
  return {
    expr,
    ...(severity !== undefined && { severity }),
    ...(minSamples !== undefined && { minSamples }),
    ...(onNoData !== undefined && { onNoData }),
    ...(gate.for !== undefined && { for: formatDuration(gate.for) }),
    ...(gate.after !== undefined && { after: formatDuration(gate.after) }),
    ...(abortOnFail !== undefined && { abortOnFail }),
    where,
  };
}
