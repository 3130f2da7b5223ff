/** What is known of a run before its first packet: tool, host, gates, method, scenario. */
import type { RunGates } from '../gates/run-gates.js';
import { JITTER_BUFFER_MS } from '../quality/jitter-buffer.js';
import { findCodecImpairment, type CodecImpairment } from '../quality/codec-impairment.js';
import { SCORE_WINDOW_SECONDS } from '../quality/stream-meter.js';
import type { Result } from '../run/result.js';
import { RUN_RECORD_VERSION, type RunRecord } from '../run/run-record.js';
import { callGroups } from '../scenario/call-groups.js';
import { idleMsOf } from '../scenario/fit-stages.js';
import { codecsOfCalls } from '../scenario/flow-plan.js';
import { ptimeOf } from '../scenario/replay.js';
import { scenarioDocument } from '../scenario/document-form.js';
import { SOCKET_BUFFER_BYTES } from '../sip/transport/udp.js';
import type { Scenario } from '../scenario/scenario.js';
import { shownTarget } from '../scenario/shown-target.js';
import type { ReplayedCodec } from '../worker/messages.js';
import type { ProcessHost } from './host.js';
import type { Prepared } from './preparation.js';
import { workerCounts } from './run-plan.js';

export interface RecordParts {
  readonly host: ProcessHost;
  readonly prepared: Prepared;
  readonly startedAt: Date;
  readonly seed: number;
  readonly noGates: boolean;
  readonly inconclusive: 'fail' | 'warn' | null;
}

/** The record as it stands before the sockets are open. */
export function runRecord({ host, prepared, startedAt, seed, noGates, inconclusive }: RecordParts): RunRecord {
  const { scenario, runGates } = prepared;
  return {
    schemaVersion: RUN_RECORD_VERSION,
    tool: { name: 'callgauge', version: host.version, commit: null },
    name: scenario.name,
    startedAt: startedAt.toISOString(),
    process: host.identity,
    endpoints: recordedEndpoints(scenario),
    media: scenario.media,
    warmupMs: scenario.load.warmupMs,
    idleMs: idleMsOf(scenario.load),
    gates: {
      inputs: [...runGates.inputs],
      context: contextOf(runGates.context),
      profile: runGates.profile,
      scope: { ...runGates.scope, scales: [...runGates.scope.scales] },
    },
    inconclusive,
    ignoreGates: noGates,
    warnings: [...prepared.warnings],
    schedule: {
      calls: scenario.load.calls,
      stages: scenario.load.stages.map(({ kind, rate, durationMs }) => ({ kind, rate, durationMs })),
    },
    callIds: null,
    netBackend: null,
    environment: {
      ...host.facts(),
      workers: workerCounts(host, prepared),
      socketBufferBytes: { requested: SOCKET_BUFFER_BYTES, granted: null },
      signallingDscp: null,
      mediaDscp: null,
      seenAddress: null, // known to the book
      command: host.commandLine,
    },
    method: methodOf(codecsOfCalls(scenario.codecs, scenario.call.flow), {
      ptimeMs: ptimeOf(scenario),
      replayed: prepared.replayed,
    }),
    replayedCodecs: prepared.replayed.map(({ name, impairment }) => ({
      name,
      cost: impairment === null ? null : { scale: impairment.scale, ie: impairment.ie, bpl: impairment.bpl },
    })),
    scenario: scenarioDocument(scenario),
    seed,
  };
}

function contextOf({ endpoints, labels, codecs, areDefaults, references }: RunGates['context']) {
  return {
    areDefaults: areDefaults ?? false,
    endpoints: [...endpoints],
    labels: Object.fromEntries(Object.entries(labels).map(([key, values]) => [key, [...values]])),
    codecs: [...codecs],
    references: [...(references ?? [])],
  };
}

/** The groups of calls that have figures of their own. @param uris where the endpoints are, once that is known */
export function recordedEndpoints(scenario: Scenario, uris: readonly string[] = []): RunRecord['endpoints'] {
  const { endpoints, users } = scenario;
  return callGroups(endpoints, users?.list ?? null).list.map(({ name, labels, partOf }, group) => {
    const index = partOf === null ? group : endpoints.findIndex((endpoint) => endpoint.name === partOf);
    const target = endpoints[index]?.target;
    const shown =
      target?.kind === 'sip'
        ? shownTarget(scenario, `endpoints[${index}].target`, target)
        : (uris[index] ?? 'loopback');
    return { name, labels: { ...labels }, target: shown, partOf };
  });
}

interface MethodParts {
  readonly ptimeMs: number;
  readonly replayed: readonly ReplayedCodec[];
}

/** How figures come about, in words that every report prints. */
export function methodOf(codecs: readonly string[], { ptimeMs, replayed }: MethodParts): Result['method'] {
  const costs = codecs.map(
    (name) => findCodecImpairment(name) ?? replayed.find((codec) => codec.name === name)?.impairment ?? null,
  );
  const lookaheads = replayed.flatMap(({ impairment }) =>
    impairment === null ? [] : [`${impairment.codec} ${impairment.lookaheadMs} ms`],
  );
  const lookahead = ['G.711 0 ms', 'G.722 1.5 ms', ...lookaheads].join(', ');
  return {
    scoreWindowSeconds: SCORE_WINDOW_SECONDS,
    jitterBufferMs: JITTER_BUFFER_MS,
    model:
      'E-model: ITU-T G.107 (06/2015) for narrowband, G.107.1 (06/2019) for wideband codecs; MOS-LQ without, MOS-CQ with the delay Ta',
    codecs: costs.filter((row) => row !== null).map(methodRow),
    echo: 'none: T = Tr = 0, since a tester has no acoustic path',
    advantageFactor: 0,
    oneWayDelay: `Ta = RTT/2 + ${JITTER_BUFFER_MS} ms jitter buffer + ${ptimeMs} ms packet time + codec look-ahead (${lookahead}); unknown without a round trip`,
    burstRatio:
      'mean length of the runs of lost packets × (1 − loss ratio), at least 1 (ITU-T G.107, 7-30), of whole calls',
    sentFrom:
      'of a call between users of this run: what the called one received; else of a second: RTCP reports of the far end, each over the time since the report before; of a call: our own answerer where it is the far end, else RTCP',
    rtcpInterval: 'RFC 3550 §6.2 (5 s, randomised) with foreign peers, 1 s between our own ends',
  };
}

function methodRow({
  codec,
  ie,
  bpl,
  source,
  scale,
  provisional,
}: CodecImpairment): Result['method']['codecs'][number] {
  return { codec, ie, bpl, source, scale, provisional };
}
