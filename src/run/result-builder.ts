/** From the book of a run to its result: what is unknown becomes null, and every gate is evaluated by the same code. */
import { evaluateGates, type GateResult } from '../gates/evaluate.js';
import type { Gate } from '../gates/grammar.js';
import type { HealthConditions, MetricSource } from '../gates/source.js';
import { decideVerdict, type VerdictInput } from '../gates/verdict.js';
import { lostBlock, lostInWords, lostList, NOTHING_LOST, type LostList } from './lost-calls.js';
import type { GroupBook } from './group-book.js';
import { healthOf, type EndingGate } from './live-gates.js';
import { calledBlock, codecsOf, dscpOf, qualityBlocks, srtpOf } from './quality-blocks.js';
import { RESULT_SCHEMA_VERSION, type CallsBlock, type EndpointResult } from './result.js';
import type { GeneratorBlock, Result, SignallingBlock } from './result.js';
import type { ResultSecond } from './result-quality.js';
import type { RunBook } from './run-book.js';
import { doubtsOf, warningsOf } from './run-warnings.js';
import type { SessionRatio } from './session-counts.js';
import type { NetBackend } from '../lib/net-backend.js';
import { asItIs, evidenceBlock, worstCallBlocks, type CallBlockPlan } from './worst-call-block.js';

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
    readonly partOf?: string | null;
  }[];
  readonly media: boolean;
  readonly gates: readonly Gate[];
  /** What gates with `baseline.` compare with; absent: none was given. */
  readonly baseline?: MetricSource | null;
  /** The gate that ended the run early. */
  readonly endedBy?: EndingGate | null;
  readonly verdict: Omit<VerdictInput, 'gates'>;
  /** Calls that left no record. */
  readonly lostCalls?: LostList;
  readonly warnings: readonly string[];
  readonly cpuRatio: number | null;
  readonly netBackend: NetBackend | 'none';
  /** What this host alone contributes; absent where it was not measured. */
  readonly environment: Result['environment'];
  readonly method: Result['method'];
  readonly scenario: unknown;
  readonly seed: number;
  targetRateAt(second: number): number;
  readonly peakTargetRate: number;
  /** What every text of the evidence passes; absent: it is shown as it is. */
  readonly redact?: (text: string) => string;
}

export function buildResult(book: RunBook, facts: RunFacts): Result {
  const health = healthOf(book, facts.netBackend);
  const { spoiled } = health;
  const gates = gateResults(book, facts, health);
  const audio = lostAudio(book, facts);
  const unknownAudio = audio.count === 0 ? [] : [`the audio of ${lostInWords(audio)} is unknown`];
  const doubts = [...(facts.verdict.doubts ?? []), ...unknownAudio, ...doubtsOf(book, spoiled)];
  const decision = decideVerdict({ ...facts.verdict, doubts, gates });
  const plan: CallBlockPlan = {
    endpoints: facts.endpoints.map(({ name }) => name),
    redact: facts.redact ?? asItIs,
    captures: book.captures,
  };
  const worstCalls = worstCallBlocks(book.worst.list, book.evidence, plan);
  return {
    schemaVersion: RESULT_SCHEMA_VERSION,
    tool: facts.tool,
    name: facts.name,
    startedAt: facts.startedAt,
    durationMs: facts.durationMs,
    verdict: decision.verdict,
    exitCode: decision.exitCode,
    reasons: [...decision.reasons],
    warnings: [...facts.warnings, ...warningsOf(book, gates, facts.media ? facts.netBackend : 'none')],
    gates,
    load: loadBlock(book, facts),
    calls: callsBlock(book, book.total, book.peakActive),
    signalling: signallingBlock(book),
    quality: { ...qualityBlocks(book.total, facts.media), findings: book.findings.list() },
    dtmf: book.dtmf.block(),
    transfers: book.transfers.block(),
    lost: lostBlock(facts.lostCalls ?? NOTHING_LOST, audio),
    seconds: book.total.series
      .seconds()
      .map((second) => Object.assign(second, { targetRate: facts.targetRateAt(second.second) })),
    endpoints: facts.endpoints.map((endpoint, index) => endpointBlock(book, facts, endpoint, index)),
    worstCalls,
    evidence: evidenceBlock(
      book.evidence,
      book.worst.list.map(({ record }) => record),
      plan,
    ),
    generator: { ...generatorBlock(book, facts, Object.values(spoiled)), spoiled },
    environment: { ...facts.environment, seenAddress: book.seenAddress },
    method: { ...facts.method, codecs: usedCodecs(book, facts.method.codecs) },
    baseline: null,
    scenario: facts.scenario,
    seed: facts.seed,
  };
}

/**
 * The gate that ended the run stays as it was seen then: what came after it is no better for the stop. Only what the
 * generator turns out to have spoiled (drops at the SIP sockets are counted at the end) takes the verdict from it.
 */
function gateResults(book: RunBook, facts: RunFacts, health: HealthConditions): GateResult[] {
  const { baseline = null, endedBy = null } = facts;
  const results = evaluateGates(facts.gates, book, health, { idle: book.idle, baseline });
  if (endedBy === null) {
    return results;
  }
  const { index, result } = endedBy;
  const last = results[index];
  const why = last?.state === 'untrusted' ? last.reason : null;
  const seen: GateResult =
    why === null ? result : { ...result, state: 'untrusted', reason: [result.reason, why].join('; ') };
  return results.with(index, seen);
}

/** A leg without totals is lost only where a thread died; else it is one that the end of the run was quicker than. */
function lostAudio(book: RunBook, { verdict }: RunFacts): LostList {
  return (verdict.lostWorkers ?? []).length === 0 ? NOTHING_LOST : lostList(book.unmeasured);
}

function loadBlock(book: RunBook, facts: RunFacts): Result['load'] {
  return {
    targetRate: facts.peakTargetRate,
    intended: book.health.intended,
    achieved: Math.max(book.total.calls.attempted, book.started), // calls that were lost had begun as well
    heldBack: book.health.heldBack,
    activeCalls: book.loadDistribution('activeCalls').summary(),
    startRate: book.loadDistribution('started').summary(),
  };
}

function callsBlock({ judgedFromMs }: RunBook, group: GroupBook, peakConcurrent: number): CallsBlock {
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
    judged: { fromMs: judgedFromMs, ...group.judged, ...judgedLegs(group) },
  };
}

/** Of calls whose leg was answered after the warm-up, whatever its codec. */
function judgedLegs({ received }: GroupBook): { legs: number; oneWay: number; noMedia: number } {
  const sum = { legs: 0, oneWay: 0, noMedia: 0 };
  for (const { judged } of received.books()) {
    sum.legs += judged.legs;
    sum.oneWay += judged.oneWay;
    sum.noMedia += judged.noMedia;
  }
  return sum;
}

function signallingBlock(book: RunBook): SignallingBlock {
  const { total } = book;
  const sip = book.sipCounts();
  return {
    successRatio: successRatio(total),
    ...sessionBlock(total),
    setupDelayMs: total.setupDelayMs.summary(),
    answerDelayMs: total.answerDelayMs.summary(),
    disconnectDelayMs: total.disconnectDelayMs.summary(),
    signallingRttMs: total.signallingRttMs.summary(),
    registrationDelayMs: book.registrations.delayMs.summary(),
    ira: book.registrations.ira?.value ?? null,
    registrations: book.registrations.block(),
    retransmissionRatio: book.retransmissionRatio(),
    retransmissions: sip.retransmissions.map(([method, count]) => ({ method, count })),
    responses: sip.responses.map(([method, status, count]) => ({ method, status, count })),
    malformed: sip.malformed,
    dropped: sip.dropped,
  };
}

/** How the INVITEs ended, by the names of RFC 6076. */
function sessionBlock({ sessions, sessionDurationMs }: GroupBook) {
  const { attempts, redirected } = sessions;
  const ratioOf = (name: SessionRatio): number | null => sessions.ratio(name)?.value ?? null;
  return {
    attempts,
    redirected,
    ser: ratioOf('ser'),
    seer: ratioOf('seer'),
    isa: ratioOf('isa'),
    scr: ratioOf('scr'),
    asr: ratioOf('asr'),
    ner: ratioOf('ner'),
    sessionDurationMs: sessionDurationMs.summary(),
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
  const codecs = facts.media ? codecsOf(group) : [];
  return {
    name: endpoint.name,
    target: endpoint.target,
    labels: endpoint.labels,
    partOf: endpoint.partOf ?? null,
    codec: codecs.length === 1 ? (codecs[0]?.codec ?? null) : null,
    codecs,
    srtp: facts.media ? srtpOf(group) : [],
    receivedDscp: dscpOf(group),
    calls: callsBlock(book, group, group === book.total ? book.peakActive : peakOf(seconds)),
    signalling: {
      successRatio: successRatio(group),
      ...sessionBlock(group),
      setupDelayMs: group.setupDelayMs.summary(),
      answerDelayMs: group.answerDelayMs.summary(),
      disconnectDelayMs: group.disconnectDelayMs.summary(),
      signallingRttMs: group.signallingRttMs.summary(),
      finalResponses: [...group.finalResponses].map(([status, count]) => ({ status, count })),
    },
    called: (endpoint.partOf ?? null) === null ? null : calledBlock(group),
    registrations: book.registrations.groups.block(index),
    quality: qualityBlocks(group, facts.media),
    seconds,
  };
}

function generatorBlock(book: RunBook, facts: RunFacts, reasons: string[]): Omit<GeneratorBlock, 'spoiled'> {
  const { health, generatorSeconds } = book;
  const known = (spoiled: number): number | null =>
    spoiled > 0 || (facts.media && health.receiveDrops !== null) ? spoiled : null;
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
    spoiledCallSeconds: known(book.spoiled.all),
    spoiledScoreSeconds: known(book.spoiled.scores),
    startLagMs: health.startLagMs.summary(),
    ackToRtpMs: health.ackToRtpMs.summary(),
    clockSteps: health.clockSteps,
    cpuRatio: facts.cpuRatio,
    netBackend: facts.netBackend,
    lostWorkers,
    floor: floorOf(book),
    binSeconds: generatorSeconds.binSeconds,
    seconds: generatorSeconds.list(),
  };
}

/** What the host alone contributed while it made these calls; null where no media worker could measure it. */
function floorOf({ health }: RunBook): GeneratorBlock['floor'] {
  const jitterMs = health.floorJitterMs.summary();
  const source = 'during the run, by a stream of each media worker to itself over loopback';
  return jitterMs === null ? null : { jitterMs, source };
}

function successRatio(group: GroupBook): number | null {
  return group.judged.attempted === 0 ? null : group.judged.succeeded / group.judged.attempted;
}

function peakOf(seconds: readonly Omit<ResultSecond, 'targetRate'>[]): number {
  return seconds.reduce((peak, second) => Math.max(peak, second.activeCalls), 0);
}

/** The codecs that legs came to use; those that were offered where no leg tells. */
function usedCodecs(book: RunBook, offered: Result['method']['codecs']): Result['method']['codecs'] {
  const used = new Set(codecsOf(book.total).map(({ codec }) => codec));
  return used.size === 0 ? offered : offered.filter(({ codec }) => used.has(codec));
}
