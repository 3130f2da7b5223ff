/**
 * The lines of `seconds.ndjson` and `calls.ndjson`. Null where nothing is known; a score stands under the name of its
 * scale, so that nobody averages two scales by accident.
 */
import { SRTP_SUITE_NAMES } from '../lib/srtp-suite.js';
import { codecKey, codecName, scaleOf } from '../run/codec-scale.js';
import { legFindings } from '../run/leg-findings.js';
import type { JoinedLegs } from '../run/leg-join.js';
import { BASIS, DIRECTION, FAR_XR, FAR_XR_FIGURES, LEG, ROW, SPOILED, type CallRecord } from '../worker/messages.js';

type Column = (column: number) => number | null;

/** What of a line says nothing of the far side, since this host dropped datagrams; the word is left out where nothing is. */
export const SPOILED_WORDS: ReadonlyMap<number, string> = new Map([
  [SPOILED.scores, 'scores'],
  [SPOILED.all, 'all'],
]);

/** One leg, direction and second. */
export function secondLine(table: Float64Array, offset: number, endpoints: readonly string[]): string {
  const at: Column = (column) => numberOrNull(table[offset + column]);
  const spoiled = SPOILED_WORDS.get(at(ROW.spoiled) ?? SPOILED.nothing);
  return JSON.stringify({
    call: at(ROW.call),
    leg: at(ROW.leg),
    endpoint: endpoints[at(ROW.endpoint) ?? 0] ?? null,
    direction: at(ROW.direction) === DIRECTION.sent ? 'sent' : 'received',
    codec: codecName(at(ROW.codec) ?? Number.NaN),
    second: at(ROW.second),
    expected: at(ROW.expected),
    received: at(ROW.received),
    lost: at(ROW.lost),
    discarded: at(ROW.discarded),
    duplicate: at(ROW.duplicate),
    reordered: at(ROW.reordered),
    jitterMs: rounded(at(ROW.jitterMs)),
    rFactor: rounded(at(ROW.rFactor)),
    ...scores(at, ROW),
    rttMs: rounded(at(ROW.rttMs)),
    mouthToEarMs: rounded(at(ROW.mouthToEarMs)),
    ...(spoiled === undefined ? {} : { spoiled }),
  });
}

/** An ended call with what both ends received of it. */
export function callLine(record: CallRecord, legs: JoinedLegs, endpoints: readonly string[]): string {
  const { received } = legs;
  // Each key by name: a spread makes another shape of object for each line, at many times the cost.
  const line = {
    call: record.call,
    callId: record.callId,
    intendedMs: rounded(record.intendedMs),
    startedMs: rounded(record.startedMs),
    establishedMs: rounded(record.establishedMs),
    endedMs: rounded(record.endedMs),
    outcome: record.outcome,
    phase: record.phase,
    sipStatus: record.sipStatus,
    cause: record.cause,
    detail: record.detail,
    succeeded: record.succeeded,
    setupDelayMs: rounded(record.setupDelayMs),
    answerDelayMs: rounded(record.answerDelayMs),
    disconnectDelayMs: rounded(record.disconnectDelayMs),
    heldBack: record.heldBack,
    earlyMedia: record.earlyMedia,
    hasMedia: record.hasMedia,
    dtmf: dtmfPart(record),
    transfers: transfersPart(record),
    marker: record.marker ?? null,
    endpoint: endpoints[record.endpoint] ?? null,
    calledEndpoint: record.calledGroup == null ? null : (endpoints[record.calledGroup] ?? null),
    codec: received === null ? null : codecName(received[LEG.codec] ?? Number.NaN),
    received: received === null ? null : receivedPart(received),
    sent: sentPart(legs),
    farEndXr: received === null ? null : farXrPart(received),
    findings: received === null ? [] : legFindings(received).map(({ finding }) => finding),
  };
  return JSON.stringify(line);
}

/** Keys that were pressed, either way; null: none. */
function dtmfPart({ dtmf }: CallRecord) {
  if (dtmf === undefined || dtmf === null) {
    return null;
  }
  const { sent, received, receivedBeyond, mismatch } = dtmf;
  return {
    sent: sent.map(({ digits, startMs, method }) => ({ digits, startMs: rounded(startMs), method })),
    received: received.map(({ digit, startMs, durationMs, method }) => ({
      digit,
      startMs: rounded(startMs),
      durationMs: rounded(durationMs),
      method,
    })),
    receivedBeyond,
    mismatch,
  };
}

/** What the far side asked for by REFER; null: nothing. */
function transfersPart({ transfers }: CallRecord) {
  if (transfers === undefined || transfers === null) {
    return null;
  }
  const first = transfers.first.map((transfer) => ({
    ...transfer,
    askedMs: rounded(transfer.askedMs),
    answeredMs: rounded(transfer.answeredMs),
  }));
  return { asked: transfers.asked, first };
}

function receivedPart(leg: Float64Array) {
  const at: Column = (column) => rounded(numberOrNull(leg[column]));
  return {
    ...figures(at),
    stray: at(LEG.stray),
    malformed: at(LEG.malformed),
    longestSilenceMs: at(LEG.longestSilenceMs),
    firstPacketMs: at(LEG.firstPacketMs),
    earlyPackets: at(LEG.earlyPackets),
    wrongPayloadType: at(LEG.wrongPayloadType),
    streams: at(LEG.streams),
    silentRatio: at(LEG.silentRatio),
    clockSkewPpm: at(LEG.clockSkewPpm),
    holds: at(LEG.holds),
    rtcpReceived: at(LEG.rtcpReceived),
    rtcpMalformed: at(LEG.rtcpMalformed),
    taken: at(LEG.taken),
    answeredMs: at(LEG.answeredMs),
    establishedForMs: at(LEG.establishedForMs),
    expectsAudio: at(LEG.expectsAudio) === 1,
    rtcpBlocks: at(LEG.rtcpBlocks),
    srtp: SRTP_SUITE_NAMES[at(LEG.srtpSuite) ?? -1] ?? null,
    srtpAuthFailures: at(LEG.srtpAuthFailures),
    dscp: at(LEG.dscp),
    roundTrip: at(LEG.reflected) === 1,
    otherSource: at(LEG.otherSource) === 1,
  };
}

/** The far end's own word in RTCP-XR; null: it told nothing. */
function farXrPart(leg: Float64Array) {
  const reports = numberOrNull(leg[LEG.farXrReports]) ?? 0;
  if (reports === 0) {
    return null;
  }
  const figures = FAR_XR_FIGURES.map((name) => [name, rounded(numberOrNull(leg[FAR_XR[name]]))] as const);
  return { reports, ...Object.fromEntries(figures) };
}

/** What we sent, and what the far end says of it; `basis` null: it said nothing. */
function sentPart({ received, sent }: JoinedLegs) {
  if (received === null && sent === null) {
    return null;
  }
  const own: Column = (column) => rounded(numberOrNull(received?.[column]));
  const far: Column = (column) => rounded(numberOrNull(sent?.[column]));
  const withCodec: Column = (column) => far(column) ?? (column === LEG.codec ? own(column) : null);
  return {
    packets: own(LEG.sent),
    missed: own(LEG.missed),
    ackToRtpMs: own(LEG.ackToRtpMs),
    basis: sent === null ? null : far(LEG.basis) === BASIS.answerer ? 'answerer' : 'rtcp',
    ...figures(withCodec),
  };
}

/** What both directions have. */
function figures(at: Column) {
  return {
    expected: at(LEG.expected),
    received: at(LEG.received),
    lost: at(LEG.lost),
    discarded: at(LEG.discarded),
    duplicate: at(LEG.duplicate),
    reordered: at(LEG.reordered),
    jitterMs: at(LEG.jitterMs),
    jitterMaxMs: at(LEG.jitterMaxMs),
    rFactor: at(LEG.rFactor),
    ...scores(at, LEG),
    rttMs: at(LEG.rttMs),
    mouthToEarMs: at(LEG.mouthToEarMs),
    burstR: at(LEG.burstR),
    burstDensity: at(LEG.burstDensity),
    burstMs: at(LEG.burstMs),
    gapDensity: at(LEG.gapDensity),
    gapMs: at(LEG.gapMs),
  };
}

/** The scores of a row of either table, by the scale of its codec. */
function scores(at: Column, columns: typeof ROW | typeof LEG) {
  const scale = scaleOf(codecKey(at(columns.codec) ?? Number.NaN));
  const narrow = scale === 'narrowband';
  const wide = scale === 'wideband';
  return {
    mosLq: narrow ? rounded(at(columns.mosLq)) : null,
    mosLqNoPlc: narrow ? rounded(at(columns.mosLqNoPlc)) : null,
    mosCq: narrow ? rounded(at(columns.mosCq)) : null,
    mosLqWb: wide ? rounded(at(columns.mosLq)) : null,
    mosCqWb: wide ? rounded(at(columns.mosCq)) : null,
  };
}

function numberOrNull(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}

/** Microseconds and the sixth decimal are beyond what any figure here knows. */
function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1e6) / 1e6;
}
