/**
 * A call that went badly as the result holds it: its figures, its seconds, which term of the E-model cost the points, and
 * its SIP messages. All text of it that may be of the network passes the filter of `CallBlockPlan`, and only there.
 */
import { SRTP_SUITE_NAMES } from '../lib/srtp-suite.js';
import { scoreBreakdown } from '../quality/score-breakdown.js';
import { BASIS, hasFailed, LEG, SPOILED } from '../worker/messages.js';
import type { CallRecord, LadderPart } from '../worker/messages.js';
import type { Strip } from './call-strips.js';
import type { CaptureBook } from './capture-book.js';
import { codecKey, codecName, declaredCost, scaleOf } from './codec-scale.js';
import type { EvidenceBook, EvidenceCall } from './evidence-book.js';
import { legFindings } from './leg-findings.js';
import type { CallBreakdown, CallSeconds, EvidenceBlock, Ladder, WorstCall } from './result-evidence.js';

export interface CallBlockPlan {
  /** Names of the endpoints. */
  readonly endpoints: readonly string[];
  /** What of the evidence must not be shown is taken out here: every text of it passes this one function. */
  readonly redact: (text: string) => string;
  /** Absent: nothing is captured. */
  readonly captures?: Pick<CaptureBook, 'of' | 'list'>;
}

/** Takes nothing out. */
export const asItIs = (text: string): string => text;

/** A model that gives another R than the far end reports was fed with something else, and explains nothing. */
const EXPLAINED_POINTS = 0.05;
/** Causes whose first call is shown whole. */
const EXAMPLES = 10;

/** Path of a call's file, relative to the folder of the run. */
export function evidencePath(call: number): string {
  return `evidence/call-${call}.txt`;
}

/** Of its captured packets, and of what it received as WAV. */
export function capturePath(call: number): string {
  return `evidence/call-${call}.pcapng`;
}

export function audioPath(call: number): string {
  return `evidence/call-${call}.wav`;
}

/** A call of the evidence as the result and its file hold it. */
export function callBlock({ record, legs, strips, ladder }: EvidenceCall, plan: CallBlockPlan): WorstCall {
  const { received, sent } = legs;
  const capture = plan.captures?.of(record.call) ?? null;
  return {
    call: record.call,
    callId: plan.redact(record.callId),
    endpoint: plan.endpoints[record.endpoint] ?? '',
    startedAtMs: record.startedMs ?? record.intendedMs,
    outcome: record.cause === null ? record.outcome : `${record.outcome}: ${record.cause}`,
    codec: received === null ? null : codecName(received[LEG.codec] ?? Number.NaN),
    srtp: SRTP_SUITE_NAMES[received?.[LEG.srtpSuite] ?? -1] ?? null,
    ...legFigures(received),
    rttMs: figureOf(received, LEG.rttMs) ?? figureOf(sent, LEG.rttMs),
    mouthToEarMs: figureOf(received, LEG.mouthToEarMs),
    sent:
      sent === null
        ? null
        : { basis: sent[LEG.basis] === BASIS.answerer ? 'answerer' : 'rtcp', ...legFigures(sent, received) },
    findings: received === null ? [] : legFindings(received).map(({ finding }) => finding),
    sipStatus: record.sipStatus,
    detail: record.detail === null ? null : plan.redact(record.detail),
    answeredAtMs: record.establishedMs,
    endedAtMs: record.endedMs,
    seconds: bothOrNull(stripBlock(strips.received, received), stripBlock(strips.sent, sent ?? received)),
    breakdown: bothOrNull(breakdownOf(received, received), breakdownOf(sent, received)),
    ladder: ladder === null ? null : ladderBlock(ladder, plan),
    calledLadder: ladder === null || ladder.called === null ? null : ladderBlock(ladder.called, plan),
    evidence: evidencePath(record.call),
    capture: capture === null ? null : capturePath(record.call),
    audio: capture?.hasAudio === true ? audioPath(record.call) : null,
  };
}

/** The worst calls, each with its ladder. */
export function worstCallBlocks(
  worst: readonly Omit<EvidenceCall, 'ladder'>[],
  evidence: EvidenceBook,
  plan: CallBlockPlan,
): WorstCall[] {
  return worst.map((call) => callBlock({ ...call, ladder: evidence.ladderOf(call.record) }, plan));
}

/** What stands in `evidence/`, and why calls failed. @param worst the records of the worst calls */
export function evidenceBlock(book: EvidenceBook, worst: readonly CallRecord[], plan: CallBlockPlan): EvidenceBlock {
  const kept = book.causes.flatMap((cause) => cause.kept.map(({ record }) => record));
  const worstCalls = new Set(worst.map(({ call }) => call));
  const records = new Map([...kept, ...worst].map((record) => [record.call, record]));
  const files = [...records.values()]
    .toSorted((one, other) => one.call - other.call)
    .map((record) => ({
      call: record.call,
      path: evidencePath(record.call),
      why: [
        ...(hasFailed(record) ? ['failed' as const] : []),
        ...(worstCalls.has(record.call) ? ['worst' as const] : []),
      ],
    }));
  const failures = book.causes.map(({ record, count, kept: own }, index) => {
    const example = index < EXAMPLES ? own[0] : undefined;
    return {
      phase: record.phase ?? 'setup',
      sipStatus: record.sipStatus,
      cause: record.cause ?? 'unknown',
      count,
      files: own.length,
      example: example === undefined ? null : callBlock(example, plan),
    };
  });
  const failed = book.causes.reduce((sum, { count }) => sum + count, 0);
  const captures = (plan.captures?.list ?? []).map(({ call, why, packets, isWhole, hasAudio }) => ({
    call,
    path: capturePath(call),
    audio: hasAudio ? audioPath(call) : null,
    why,
    packets,
    isWhole,
  }));
  return { files, failures, withoutFile: failed - files.filter(({ why }) => why.includes('failed')).length, captures };
}

function bothOrNull<Part>(
  received: Part | null,
  sent: Part | null,
): { received: Part | null; sent: Part | null } | null {
  return received === null && sent === null ? null : { received, sent };
}

function ladderBlock({ messages, omitted, firstKept }: LadderPart, { redact }: CallBlockPlan): Ladder {
  return {
    messages: messages.map(({ atMs, isSent, text, cutBytes }) => {
      const shown = redact(text);
      return {
        atMs: rounded(atMs) ?? 0,
        direction: isSent ? 'out' : 'in',
        firstLine: shown.slice(0, Math.max(0, shown.search(/\r?\n|$/))),
        text: shown,
        cutBytes,
      };
    }),
    omitted,
    omittedAfter: omitted > 0 ? firstKept : 0,
  };
}

/** @param leg of the direction, which knows the codec */
function stripBlock(strip: Strip | null, leg: Float64Array | null): CallSeconds | null {
  if (strip === null) {
    return null;
  }
  const scale = scaleOf(codecKey(figureOf(leg, LEG.codec) ?? strip.codec));
  const list = strip.list();
  const points = list.map(({ second, expected, lost, discarded, mosLq, jitterMs, rttMs }) => ({
    second,
    mosLq: scale === 'narrowband' ? rounded(mosLq) : null,
    mosLqWb: scale === 'wideband' ? rounded(mosLq) : null,
    lossRatio: expected > 0 ? rounded(Math.max(0, lost) / expected) : null,
    discardRatio: expected > 0 ? rounded(discarded / expected) : null,
    jitterMs: rounded(jitterMs),
    rttMs: rounded(rttMs),
  }));
  const spoiledBy = (what: number): number[] =>
    list.filter(({ spoiled }) => spoiled === what).map(({ second }) => second);
  return points.length === 0
    ? null
    : {
        binSeconds: strip.binSeconds,
        points,
        spoiled: spoiledBy(SPOILED.all),
        spoiledScores: spoiledBy(SPOILED.scores),
      };
}

/** @param codecFrom the leg that knows the codec, where this one does not */
function breakdownOf(leg: Float64Array | null, codecFrom: Float64Array | null): CallBreakdown | null {
  const index = figureOf(leg, LEG.codec) ?? figureOf(codecFrom, LEG.codec) ?? Number.NaN;
  const codec = declaredCost(index) ?? codecName(index);
  const reported = figureOf(leg, LEG.rFactor);
  if (leg === null || codec === null || reported === null) {
    return null;
  }
  const at = (column: number): number => leg[column] ?? Number.NaN;
  const breakdown = scoreBreakdown(codec, {
    expected: at(LEG.expected),
    lost: at(LEG.lost),
    discarded: at(LEG.discarded),
    burstR: at(LEG.burstR),
    mouthToEarMs: at(LEG.mouthToEarMs),
  });
  const explains = breakdown !== null && Math.abs(breakdown.rFactor - Math.max(0, reported)) <= EXPLAINED_POINTS;
  return explains ? { ...breakdown, steps: [...breakdown.steps] } : null;
}

/** @param codecFrom the leg that knows the codec, where this one does not */
function legFigures(leg: Float64Array | null, codecFrom: Float64Array | null = leg) {
  const index = figureOf(leg, LEG.codec) ?? figureOf(codecFrom, LEG.codec) ?? Number.NaN;
  const scale = scaleOf(codecKey(index));
  const expected = figureOf(leg, LEG.expected) ?? 0;
  const ratioOf = (column: number): number | null => {
    const part = figureOf(leg, column);
    return expected > 0 && part !== null ? Math.max(0, part) / expected : null;
  };
  return {
    mosLq: scale === 'narrowband' ? figureOf(leg, LEG.mosLq) : null,
    mosLqWb: scale === 'wideband' ? figureOf(leg, LEG.mosLq) : null,
    mosCq: scale === 'narrowband' ? figureOf(leg, LEG.mosCq) : null,
    mosCqWb: scale === 'wideband' ? figureOf(leg, LEG.mosCq) : null,
    lossRatio: ratioOf(LEG.lost),
    discardRatio: ratioOf(LEG.discarded),
    jitterMs: figureOf(leg, LEG.jitterMs),
  };
}

function figureOf(leg: Float64Array | null, column: number): number | null {
  const value = leg?.[column] ?? Number.NaN;
  return Number.isFinite(value) ? value + 0 : null; // −0 would not survive JSON
}

/** Four decimals: the strips are kept in single precision. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 1e4) / 1e4 + 0 : null;
}
