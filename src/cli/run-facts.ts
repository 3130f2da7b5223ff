/** What the result says of a run beside its measurements: tool, host, verdict's inputs, method, scenario. */
import { JITTER_BUFFER_MS } from '../quality/jitter-buffer.js';
import { findCodecImpairment } from '../quality/codec-impairment.js';
import { SCORE_WINDOW_SECONDS } from '../quality/stream-meter.js';
import type { RunFacts } from '../run/result-builder.js';
import type { RunEnd } from '../run/run.js';
import { scenarioDocument } from '../scenario/document-form.js';
import { SOCKET_BUFFER_BYTES } from '../sip/transport/udp.js';
import { shownAt } from '../scenario/scenario.js';
import type { ProcessHost } from './host.js';
import type { Prepared } from './preparation.js';
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
    codec: scenario.codecs[0] ?? '',
    media: scenario.media,
    gates: prepared.gates,
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
    method: {
      scoreWindowSeconds: SCORE_WINDOW_SECONDS,
      jitterBufferMs: JITTER_BUFFER_MS,
      model: 'ITU-T G.107 (06/2015), listening quality (no delay terms), no echo, A = 0',
      codecs: codecMethod(scenario.codecs),
    },
    scenario: scenarioDocument(scenario),
    seed: parts.seed,
    targetRateAt: (second) => schedule.rateAt(second * 1000 + 500),
    peakTargetRate: schedule.peakRate,
  };
}

/** The values that the codec was scored by; none for one without a row. */
function codecMethod(names: readonly string[]): RunFacts['method']['codecs'] {
  return names.flatMap((name) => {
    const row = findCodecImpairment(name);
    return row === undefined ? [] : [{ codec: row.codec, ie: row.ie, bpl: row.bpl, source: row.source }];
  });
}
