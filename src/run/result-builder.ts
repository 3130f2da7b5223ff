/** From the book of a run to its result: what is unknown becomes null, and every gate is evaluated by the same code. */
import { evaluateGates, type GateResult } from '../gates/evaluate.js';
import type { Gate } from '../gates/grammar.js';
import { supportedRatio } from '../gates/support.js';
import { decideVerdict, type VerdictInput } from '../gates/verdict.js';
import { LEG } from '../worker/messages.js';
import type { GroupBook, QualityBook } from './group-book.js';
import { RESULT_SCHEMA_VERSION, type CallsBlock, type DirectionQuality, type EndpointResult } from './result.js';
import type { GeneratorBlock, Result, ResultSecond, SignallingBlock, WorstCall } from './result.js';
import type { RunBook } from './run-book.js';
import type { WorstLeg } from './worst-legs.js';

/** What is known of the run beside its measurements. */
export interface RunFacts {
  readonly tool: Result['tool'];
  readonly name: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly endpoints: readonly {
    readonly name: string;
    readonly target: string;
    readonly labels: Readonly<Record<string, string>>;
  }[];
  readonly codec: string;
  readonly media: boolean;
  readonly gates: readonly Gate[];
  readonly verdict: Omit<VerdictInput, 'gates'>;
  readonly warnings: readonly string[];
  readonly cpuRatio: number | null;
  readonly netBackend: 'libc' | 'dgram' | 'none';
  readonly environment: Result['environment'];
  readonly method: Result['method'];
  readonly scenario: unknown;
  readonly seed: number;
  targetRateAt(second: number): number;
  readonly peakTargetRate: number;
}

export function buildResult(book: RunBook, facts: RunFacts): Result {
  const spoiled = book.health.conditions(facts.netBackend);
  const gates = evaluateGates(facts.gates, book, { spoiled, reflected: book.total.calls.roundTrip > 0 });
  const doubts = [...(facts.verdict.doubts ?? []), ...doubtsOf(book, spoiled)];
  const decision = decideVerdict({ ...facts.verdict, doubts, gates });
  return {
    schemaVersion: RESULT_SCHEMA_VERSION,
    tool: facts.tool,
    name: facts.name,
    startedAt: facts.startedAt,
    durationMs: facts.durationMs,
    verdict: decision.verdict,
    exitCode: decision.exitCode,
    reasons: [...decision.reasons],
    warnings: [...facts.warnings, ...warningsOf(book, gates)],
    gates,
    load: loadBlock(book, facts),
    calls: callsBlock(book.total, book.peakActive),
    signalling: signallingBlock(book),
    quality: { received: facts.media ? qualityBlock(book.total) : null },
    seconds: book.total.series
      .seconds()
      .map((second) => Object.assign(second, { targetRate: facts.targetRateAt(second.second) })),
    endpoints: facts.endpoints.map((endpoint, index) => endpointBlock(book, facts, endpoint, index)),
    worstCalls: book.worst.list.map((worst) => worstCallBlock(worst, facts)),
    generator: generatorBlock(book, facts, Object.values(spoiled)),
    environment: facts.environment,
    method: facts.method,
    scenario: facts.scenario,
    seed: facts.seed,
  };
}

function loadBlock(book: RunBook, facts: RunFacts): Result['load'] {
  return {
    targetRate: facts.peakTargetRate,
    intended: book.health.intended,
    achieved: book.total.calls.attempted,
    heldBack: book.health.heldBack,
    activeCalls: book.loadDistribution('activeCalls').summary(),
    startRate: book.loadDistribution('started').summary(),
  };
}

function callsBlock(group: GroupBook, peakConcurrent: number): CallsBlock {
  return {
    requested: group.calls.attempted + group.calls.notStarted,
    ...group.calls,
    peakConcurrent,
    causes: [...group.causes.values()]
      .map(({ record, count }) => ({
        phase: record.phase ?? 'setup',
        sipStatus: record.sipStatus,
        cause: record.cause ?? 'unknown',
        count,
      }))
      .toSorted((a, b) => b.count - a.count),
  };
}

function signallingBlock(book: RunBook): SignallingBlock {
  const { total } = book;
  const sip = book.sipCounts();
  return {
    successRatio: successRatio(total),
    setupDelayMs: total.setupDelayMs.summary(),
    answerDelayMs: total.answerDelayMs.summary(),
    disconnectDelayMs: total.disconnectDelayMs.summary(),
    retransmissionRatio: book.retransmissionRatio(),
    retransmissions: sip.retransmissions.map(([method, count]) => ({ method, count })),
    responses: sip.responses.map(([method, status, count]) => ({ method, status, count })),
    malformed: sip.malformed,
    dropped: sip.dropped,
  };
}

function qualityBlock(group: GroupBook): DirectionQuality | null {
  if (!group.hasMedia) {
    return null;
  }
  return { ...figuresOf(group.perSecond), perCall: figuresOf(group.perCall), packets: group.packets };
}

function figuresOf(book: QualityBook): DirectionQuality['perCall'] {
  return {
    mosLq: book.mosLq.summary(),
    rFactor: book.rFactor.summary(),
    lossRatio: book.lossRatio.summary(),
    discardRatio: book.discardRatio.summary(),
    jitterMs: book.jitterMs.summary(),
  };
}

function endpointBlock(
  book: RunBook,
  facts: RunFacts,
  endpoint: RunFacts['endpoints'][number],
  index: number,
): EndpointResult {
  const group = book.groups[index] ?? book.total;
  const seconds = group.series.seconds();
  return {
    name: endpoint.name,
    target: endpoint.target,
    labels: endpoint.labels,
    codec: facts.media && group.hasMedia ? facts.codec : null,
    calls: callsBlock(group, group === book.total ? book.peakActive : peakOf(seconds)),
    signalling: {
      successRatio: successRatio(group),
      setupDelayMs: group.setupDelayMs.summary(),
      answerDelayMs: group.answerDelayMs.summary(),
      disconnectDelayMs: group.disconnectDelayMs.summary(),
      finalResponses: [...group.finalResponses].map(([status, count]) => ({ status, count })),
    },
    quality: { received: facts.media ? qualityBlock(group) : null },
    seconds,
  };
}

function generatorBlock(book: RunBook, facts: RunFacts, reasons: string[]): GeneratorBlock {
  const { health } = book;
  const lostWorkers = [...(facts.verdict.lostWorkers ?? [])];
  return {
    verdict: reasons.length === 0 && lostWorkers.length === 0 ? 'healthy' : 'strained',
    reasons,
    sendLatenessMs: health.sendLatenessMs.summary(),
    missedPackets: health.missedPackets,
    sentPackets: health.sentPackets,
    sendErrors: health.sendErrors,
    eventLoopDelayMs: health.eventLoopDelayMs.summary(),
    receiveDrops: facts.media ? health.receiveDrops : null,
    signallingDrops: health.signallingDrops,
    receiveDropRatio: health.receiveDropRatio,
    startLagMs: health.startLagMs.summary(),
    ackToRtpMs: health.ackToRtpMs.summary(),
    clockSteps: health.clockSteps,
    cpuRatio: facts.cpuRatio,
    netBackend: facts.netBackend,
    lostWorkers,
  };
}

function worstCallBlock({ record, leg }: WorstLeg, facts: RunFacts): WorstCall {
  const at = (column: number): number | null => {
    const value = leg?.[column] ?? Number.NaN;
    return Number.isNaN(value) ? null : value;
  };
  const expected = at(LEG.expected) ?? 0;
  const ratioOf = (column: number): number | null => (expected === 0 ? null : (at(column) ?? 0) / expected);
  return {
    call: record.call,
    callId: record.callId,
    endpoint: facts.endpoints[record.endpoint]?.name ?? '',
    startedAtMs: record.startedMs ?? record.intendedMs,
    outcome: record.cause === null ? record.outcome : `${record.outcome}: ${record.cause}`,
    mosLq: at(LEG.mosLq),
    lossRatio: ratioOf(LEG.lost),
    discardRatio: ratioOf(LEG.discarded),
    jitterMs: at(LEG.jitterMs),
  };
}

/** A run that did not place its calls, or could not send its audio, proves nothing that it promised. */
function doubtsOf(book: RunBook, spoiled: Readonly<Partial<Record<string, string>>>): string[] {
  const refused = book.total.causes.get('start||noSlot')?.count ?? 0;
  const doubts =
    refused === 0 ? [] : [`${refused} calls were not placed: no media slot was free (widen network.rtpPorts)`];
  const sendTrouble = book.health.sendTrouble();
  return [...doubts, ...[spoiled['lateStarts'], sendTrouble ?? undefined].filter((text) => text !== undefined)];
}

/** Things that a reader should know and no gate says. */
function warningsOf(book: RunBook, gates: readonly GateResult[]): string[] {
  const { calls, otherSourceLegs } = book.total;
  const warnings: string[] = [];
  if (otherSourceLegs > 0) {
    warnings.push(
      `on ${otherSourceLegs} of ${book.total.legs} legs the audio came from another address or port than the SDP named`,
    );
  }
  if (calls.roundTrip > 0) {
    warnings.push(
      `${calls.roundTrip} of ${book.total.legs} legs received their own packets back (RTP echo): their figures cover both ways`,
    );
  }
  const support = supportStatement(gates);
  if (support !== null) {
    warnings.push(support);
  }
  return warnings;
}

/** What the sample supports, where a gate asks for a higher success ratio than that and passes all the same. */
function supportStatement(gates: readonly GateResult[]): string | null {
  for (const { expr, state, observed, samples, limit } of gates) {
    const asked = state === 'pass' && /^success_ratio\b.*>/.test(expr);
    const succeeded = Math.round((observed ?? 0) * samples);
    const supported = asked ? supportedRatio(succeeded, samples) : null;
    if (supported !== null && supported < limit) {
      return supportInWords(succeeded, samples, supported);
    }
  }
  return null;
}

function supportInWords(succeeded: number, attempted: number, supported: number): string {
  const failures = attempted - succeeded;
  const without = failures === 0 ? 'without a failure' : `with ${failures} failure${failures === 1 ? '' : 's'}`;
  const percent = (Math.floor(supported * 1000) / 10).toFixed(1); // down: a rounded bound would show too much
  const calls = `${attempted} call${attempted === 1 ? '' : 's'}`;
  return `${calls} ${without} only show a success ratio of at least ${percent} % at 95 % confidence`;
}

function successRatio(group: GroupBook): number | null {
  return group.judged.attempted === 0 ? null : group.judged.succeeded / group.judged.attempted;
}

function peakOf(seconds: readonly Omit<ResultSecond, 'targetRate'>[]): number {
  return seconds.reduce((peak, second) => Math.max(peak, second.activeCalls), 0);
}
