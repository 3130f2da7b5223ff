/**
 * A scenario written back as a document: units, all defaults, and references in place of what they stood for. It is
 * what `result.json` keeps, and loads again as the same scenario; only a password that was written out is not in it.
 */
import { formatDuration, formatRate } from '../lib/units.js';
import { flowForm } from './resolve-flow.js';
import { shownAt, shownPassword, type Auth, type Endpoint, type Scenario, type Target } from './scenario.js';
import { formatUserRange } from './user-range.js';

/** The redacted document of a scenario. Values of references are not in it. */
export function scenarioDocument(scenario: Scenario): Record<string, unknown> {
  const text = (path: string, value: string): string => shownAt(scenario, path, value);
  /** A value that is no string in the document, unless it came from a reference. */
  const value = (path: string, plain: unknown): unknown => scenario.sources?.written[path] ?? plain;
  return withoutNulls({
    version: scenario.version,
    name: scenario.name,
    endpoints: scenario.endpoints.map((endpoint, index) => endpointForm(scenario, endpoint, index)),
    auth: authForm(scenario, scenario.auth, 'auth'),
    ...usersForm(scenario),
    audio: scenario.audioPath === null ? null : text('audio', scenario.audioPath),
    codec: value('codec', scenario.codecs.length === 1 ? scenario.codecs[0] : scenario.codecs),
    // Left out where it is what it was before it could be chosen.
    ptime: scenario.ptimeMs === 20 ? null : value('ptime', formatDuration(scenario.ptimeMs)),
    ...replayForm(scenario),
    media: value('media', scenario.media),
    rtcpXr: value('rtcpXr', scenario.rtcpXr),
    // These are left out where they are off, as in the documents of runs before there was any.
    silenceSuppression: scenario.silenceSuppression ? value('silenceSuppression', true) : null,
    srtp: scenario.srtp === null ? null : value('srtp', scenario.srtp),
    call: {
      // Left out where it is the target, as in the documents of runs before there were users.
      ...(scenario.call.to === 'users' && { to: value('call.to', 'users') }),
      hold: text('call.hold', formatDuration(scenario.call.holdMs)),
      ringTimeout: text('call.ringTimeout', formatDuration(scenario.call.ringTimeoutMs)),
      figures: value('call.figures', scenario.call.figures),
      ...flowForm(scenario),
    },
    load: loadForm(scenario),
    profile: scenario.profile,
    gates: scenario.gates?.map((gate) => withoutNulls({ ...gate, where: null })) ?? null,
    safety: safetyForm(scenario),
    network: networkForm(scenario),
    loopback: scenario.loopback.impair === null ? null : { impair: text('loopback.impair', scenario.loopback.impair) },
    capture: {
      legs: value('capture.legs', scenario.capture.legs),
      audio: value('capture.audio', scenario.capture.audio),
    },
    workers: withoutNulls({
      signalling: value('workers.signalling', scenario.workers.signalling),
      media: value('workers.media', scenario.workers.media),
      realtime: value('workers.realtime', scenario.workers.realtime),
    }),
    redact: value('redact', scenario.redact),
    seed: value('seed', scenario.seed),
  });
}

/** `loopback` or the SIP URI. */
export function targetText(target: Target): string {
  return target.kind === 'loopback' ? 'loopback' : target.uri;
}

/** Left out where there is none, as in the documents of runs before there was any. */
function replayForm({ replay }: Scenario): Record<string, unknown> {
  if (replay.length === 0) return {};
  const entries = replay.map(({ path, packetBytes, encoding, clockRate, channels, payloadType, ptimeMs, ...rest }) =>
    withoutNulls({
      file: path ?? '',
      packetBytes,
      rtpmap: `${encoding}/${clockRate}${channels === 1 ? '' : `/${channels}`}`,
      payloadType,
      ptime: formatDuration(ptimeMs),
      fmtp: rest.fmtp,
      ie: rest.ie,
      bpl: rest.bpl,
      scale: rest.scale,
    }),
  );
  return { replay: entries };
}

function endpointForm(scenario: Scenario, endpoint: Endpoint, index: number): Record<string, unknown> {
  const path = `endpoints[${index}]`;
  const target = shownAt(scenario, `${path}.target`, targetText(endpoint.target));
  const auth = authForm(scenario, endpoint.auth, `${path}.auth`);
  return withoutNulls({ name: endpoint.name, target, labels: endpoint.labels, auth });
}

function authForm(scenario: Scenario, auth: Auth | null, path: string): Record<string, unknown> | null {
  if (auth === null) return null;
  const user = shownAt(scenario, `${path}.user`, auth.user);
  return { user, password: shownPassword(scenario, `${path}.password`) };
}

function usersForm(scenario: Scenario): Record<string, unknown> {
  const { users } = scenario;
  if (users === null) return {};
  const entries = users.entries.map(({ user, range, password, authUser, labels }, index) => {
    const path = `users[${index}]`;
    const text = (key: string, plain: string | null): string | null =>
      plain === null ? null : shownAt(scenario, `${path}.${key}`, plain);
    return withoutNulls({
      user: text('user', user),
      range: text('range', range && formatUserRange(range)),
      password: password === null ? null : shownPassword(scenario, `${path}.password`),
      authUser: text('authUser', authUser),
      // Left out where there are none, as in the documents of runs before users could have any.
      labels: Object.keys(labels).length === 0 ? null : labels,
    });
  });
  const registration = {
    rate: shownAt(scenario, 'registration.rate', formatRate(users.rate)),
    expires: shownAt(scenario, 'registration.expires', formatDuration(users.expiresMs)),
  };
  return { users: entries, registration };
}

function loadForm(scenario: Scenario): Record<string, unknown> {
  const { load } = scenario;
  const value = (path: string, plain: unknown): unknown => scenario.sources?.written[`load.${path}`] ?? plain;
  return withoutNulls({
    calls: value('calls', load.calls),
    concurrency: value('concurrency', load.concurrency),
    stages: load.stages.map((stage, index) => {
      const duration = stage.durationMs === null ? null : formatDuration(stage.durationMs);
      return withoutNulls({
        rate: value(`stages[${index}].rate`, formatRate(stage.rate)),
        [stage.kind]: value(`stages[${index}].${stage.kind}`, duration),
        idle: stage.idle === true ? value(`stages[${index}].idle`, true) : null,
      });
    }),
    warmup: value('warmup', formatDuration(load.warmupMs)),
  });
}

function safetyForm(scenario: Scenario): Record<string, unknown> {
  const { safety } = scenario;
  const value = (path: string, plain: unknown): unknown => scenario.sources?.written[`safety.${path}`] ?? plain;
  return withoutNulls({
    authorised: value('authorised', safety.authorised),
    allow: safety.allow?.map((entry, index) => value(`allow[${index}]`, entry)) ?? null,
    maxRate: value('maxRate', formatRate(safety.maxRate)),
    maxConcurrency: value('maxConcurrency', safety.maxConcurrency),
    stopAfterRefusals: value('stopAfterRefusals', safety.stopAfterRefusals),
  });
}

function networkForm(scenario: Scenario): Record<string, unknown> {
  const { network } = scenario;
  const value = (path: string, plain: unknown): unknown => scenario.sources?.written[`network.${path}`] ?? plain;
  return withoutNulls({
    localAddress: value('localAddress', network.localAddress),
    advertise: value('advertise', network.advertise),
    rtpPorts: value('rtpPorts', `${network.rtpPorts.first}-${network.rtpPorts.last}`),
    wait: value('wait', formatDuration(network.waitMs)),
    optionsInterval: value(
      'optionsInterval',
      network.optionsIntervalMs === null ? null : formatDuration(network.optionsIntervalMs),
    ),
    tls: tlsForm(scenario),
    connections: value('connections', network.connections),
    webSocketPath: value('webSocketPath', network.webSocketPath),
    outboundProxy: value('outboundProxy', network.outboundProxy?.uri ?? null),
    signallingDscp: value('signallingDscp', network.signallingDscp),
    mediaDscp: value('mediaDscp', network.mediaDscp),
    keepAlive: value('keepAlive', formatDuration(network.keepAliveMs)),
  });
}

function tlsForm(scenario: Scenario): Record<string, unknown> {
  const { tls } = scenario.network;
  const value = (path: string, plain: unknown): unknown => scenario.sources?.written[`network.tls.${path}`] ?? plain;
  return withoutNulls({
    ca: value('ca', tls.ca),
    cert: value('cert', tls.cert),
    key: value('key', tls.key),
    keyPassword: tls.keyPassword === null ? null : shownPassword(scenario, 'network.tls.keyPassword'),
    serverName: value('serverName', tls.serverName),
    insecure: value('insecure', tls.insecure),
  });
}

function withoutNulls(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}
