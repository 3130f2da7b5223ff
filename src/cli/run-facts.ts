/** What the result says of a run beside its measurements: tool, host, verdict's inputs, method, scenario. */
import { JITTER_BUFFER_MS } from '../quality/jitter-buffer.js';
import { findCodecImpairment, type CodecImpairment } from '../quality/codec-impairment.js';
import { SCORE_WINDOW_SECONDS } from '../quality/stream-meter.js';
import type { Result } from '../run/result.js';
import type { RunFacts } from '../run/result-builder.js';
import type { RunEnd } from '../run/run.js';
import { scenarioDocument } from '../scenario/document-form.js';
import { SOCKET_BUFFER_BYTES } from '../sip/transport/udp.js';
import { shownAt } from '../scenario/scenario.js';
import type { ProcessHost } from './host.js';
import { PTIME_MS, type Prepared } from './preparation.js';
import type { ResolvedEndpoint } from './run-plan.js';

export interface FactParts {
  readonly host: ProcessHost;
  readonly prepared: Prepared;
  readonly end: RunEnd;
  readonly endpoints: readonly ResolvedEndpoint[];
  readonly startedAt: Date;
  readonly seed: number;
  readonly cpuSeconds: number;
  readonly noGates: boolean;
  readonly inconclusive: 'fail' | 'warn' | null;
  readonly workers: { readonly signalling: number; readonly media: number };
  /** What every text of the evidence passes. */
  readonly redact: (text: string) => string;
}

export function resultFacts(parts: FactParts): RunFacts {
  const { host, prepared, end, endpoints } = parts;
  const { scenario, schedule } = prepared;
  const hostFacts = host.facts();
  const wallSeconds = end.durationMs / 1000;
  const hint = end.hint === null ? '' : ` (${end.hint})`;
  return {
    tool: { name: 'callgauge', version: host.version, commit: null },
    name: scenario.name,
    startedAt: parts.startedAt.toISOString(),
    durationMs: end.durationMs,
    endpoints: endpoints.map(({ name, uri, labels }, index) => ({
      name,
      labels,
      target: shownAt(scenario, `endpoints[${index}].target`, uri),
    })),
    media: scenario.media,
    gates: prepared.gates,
    baseline: prepared.baseline,
    endedBy: end.endedBy,
    verdict: {
      interrupted: end.interrupted,
      fault: end.fault,
      couldNotRun: end.couldNotRun === null ? null : end.couldNotRun + hint,
      lostWorkers: end.lostWorkers,
      doubts: end.doubts,
      inconclusive: parts.inconclusive,
      ignoreGates: parts.noGates,
    },
    warnings: [...prepared.warnings, ...end.warnings],
    cpuRatio: wallSeconds > 0 ? parts.cpuSeconds / (wallSeconds * hostFacts.cores) : null,
    netBackend: end.facts?.netBackend ?? 'none',
    environment: {
      ...hostFacts,
      workers: parts.workers,
      socketBufferBytes: end.facts?.bufferBytes ?? { requested: SOCKET_BUFFER_BYTES, granted: null },
      command: host.commandLine,
    },
    method: methodOf(scenario.codecs),
    scenario: scenarioDocument(scenario),
    seed: parts.seed,
    targetRateAt: (second) => schedule.rateAt(second * 1000 + 500),
    peakTargetRate: schedule.peakRate,
    redact: parts.redact,
  };
}

/** How figures come about, in words that every report prints. */
export function methodOf(codecs: readonly string[]): Result['method'] {
  return {
    scoreWindowSeconds: SCORE_WINDOW_SECONDS,
    jitterBufferMs: JITTER_BUFFER_MS,
    model:
      'E-model: ITU-T G.107 (06/2015) for narrowband, G.107.1 (06/2019) for wideband codecs; MOS-LQ without, MOS-CQ with the delay Ta',
    codecs: codecs.flatMap((name) => {
      const row = findCodecImpairment(name);
      return row === undefined ? [] : [methodRow(row)];
    }),
    echo: 'none: T = Tr = 0, since a tester has no acoustic path',
    advantageFactor: 0,
    oneWayDelay: `Ta = RTT/2 + ${JITTER_BUFFER_MS} ms jitter buffer + ${PTIME_MS} ms packet time + codec look-ahead (G.711 0 ms, G.722 1.5 ms); unknown without a round trip`,
    burstRatio:
      'mean length of the runs of lost packets × (1 − loss ratio), at least 1 (ITU-T G.107, 7-30), of whole calls',
    sentFrom:
      'of a second: RTCP reports of the far end, each over the time since the report before; of a call: our own answerer where it is the far end, else RTCP',
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
