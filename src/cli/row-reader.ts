/**
 * Reads the lines that `row-lines.ts` and the progress write. What comes from a file is checked as what comes from the
 * network: null for a line that is not as it must be, and never an exception.
 */
import { SRTP_SUITE_NAMES } from '../lib/srtp-suite.js';
import { codecIndexOf, UNKNOWN_CODEC } from '../run/codec-scale.js';
import type { RebuiltCall } from '../run/rebuild.js';
import type { MediaProgress, ProgressLine, SignallingProgress, StateProgress } from '../run/progress-lines.js';
import {
  BASIS,
  DIRECTION,
  FAR_XR,
  FAR_XR_FIGURES,
  LEG,
  NO_GROUP,
  ROW,
  SPOILED,
  type CallRecord,
} from '../worker/messages.js';
import { readDtmf } from './dtmf-reader.js';
import { readTransfers } from './transfer-reader.js';
import { SPOILED_WORDS } from './row-lines.js';

type Fields = Readonly<Record<string, unknown>>;

/** Twelve days: a later second is none, and would take the room of all before it. */
const MAX_SECOND = 1_000_000;
const MAX_COUNT = 2 ** 48;
const MAX_TEXT = 4096;
const MAX_LIST = 100_000;
const MAX_CALLS = 10_000_000;
const OUTCOMES = ['completed', 'failed', 'dropped', 'cut', 'notStarted'] as const;
const MARKERS = ['confirmed', 'contradicted', 'notHeard'] as const;
const PHASES = ['start', 'setup', 'established', 'teardown'] as const;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Figures of either table that stand under their own names. */
const SECOND_FIGURES = [
  'expected',
  'received',
  'lost',
  'discarded',
  'duplicate',
  'reordered',
  'jitterMs',
  'rFactor',
  'rttMs',
  'mouthToEarMs',
] as const;
const LEG_FIGURES = [
  ...SECOND_FIGURES,
  'jitterMaxMs',
  'burstR',
  'burstDensity',
  'burstMs',
  'gapDensity',
  'gapMs',
] as const;
const RECEIVED_FIGURES = [
  'stray',
  'malformed',
  'longestSilenceMs',
  'firstPacketMs',
  'earlyPackets',
  'wrongPayloadType',
  'streams',
  'silentRatio',
  'clockSkewPpm',
  'holds',
  'rtcpReceived',
  'rtcpMalformed',
  'rtcpBlocks',
  'taken',
  'answeredMs',
  'establishedForMs',
  'srtpAuthFailures',
  'dscp',
] as const;

/** A line of `seconds.ndjson` as a row by ROW. @param endpoints index by name */
export function readSecondLine(text: string, endpoints: ReadonlyMap<string, number>): Float64Array | null {
  const line = objectOf(text);
  const endpoint = endpoints.get(String(line?.['endpoint']));
  const { call, second, direction } = line ?? {};
  const isDirection = direction === 'received' || direction === 'sent';
  if (line === null || endpoint === undefined || !isCount(call) || !isCount(second, MAX_SECOND) || !isDirection) {
    return null;
  }
  const row = new Float64Array(ROW.columns).fill(Number.NaN);
  row[ROW.call] = call;
  row[ROW.leg] = numberOf(line['leg']);
  row[ROW.endpoint] = endpoint;
  row[ROW.direction] = DIRECTION[direction];
  row[ROW.codec] = codecOf(line['codec']);
  row[ROW.second] = second;
  for (const name of SECOND_FIGURES) {
    row[ROW[name]] = numberOf(line[name]);
  }
  readScores(row, ROW, line);
  row[ROW.spoiled] = spoiledOf(line['spoiled']);
  return row;
}

/** A line of `calls.ndjson`. */
export function readCallLine(text: string, endpoints: ReadonlyMap<string, number>): RebuiltCall | null {
  const line = objectOf(text);
  const name = line?.['endpoint'];
  const endpoint = name === null ? NO_GROUP : typeof name === 'string' ? endpoints.get(name) : undefined;
  const calledGroup = endpoints.get(String(line?.['calledEndpoint'])) ?? null;
  const record = line === null || endpoint === undefined ? null : recordOf(line, endpoint, calledGroup);
  if (line === null || record === null) {
    return null;
  }
  const received = receivedLeg(line, record);
  return { record, received, sent: sentLeg(line, record) };
}

/** A line of `progress.ndjson`. */
export function readProgressLine(text: string): ProgressLine | null {
  const line = objectOf(text);
  switch (line?.['type']) {
    case 'media':
      return isMediaProgress(line) ? line : null;
    case 'signalling':
      return isSignallingProgress(line) ? line : null;
    case 'state':
      return isStateProgress(line) ? line : null;
    default:
      return null;
  }
}

function recordOf(line: Fields, endpoint: number, calledGroup: number | null): CallRecord | null {
  const { call, callId, intendedMs, endedMs, outcome, phase, cause, detail, sipStatus } = line;
  const outcomeName = OUTCOMES.find((name) => name === outcome);
  const phaseName = PHASES.find((name) => name === phase) ?? null;
  const isWhole = isCount(call) && isText(callId) && isTime(intendedMs) && isTime(endedMs) && outcomeName !== undefined;
  const isKnown = (cause === null || isText(cause)) && (detail === null || isText(detail));
  const isStatus = sipStatus === null || (isCount(sipStatus, 699) && sipStatus >= 100);
  if (!isWhole || !isKnown || !isStatus) {
    return null;
  }
  return {
    call,
    endpoint,
    callId,
    intendedMs,
    startedMs: timeOrNull(line['startedMs']),
    establishedMs: timeOrNull(line['establishedMs']),
    endedMs,
    outcome: outcomeName,
    succeeded: line['succeeded'] === true,
    phase: phaseName,
    sipStatus,
    cause,
    detail,
    setupDelayMs: timeOrNull(line['setupDelayMs']),
    answerDelayMs: timeOrNull(line['answerDelayMs']),
    disconnectDelayMs: timeOrNull(line['disconnectDelayMs']),
    heldBack: line['heldBack'] === true,
    earlyMedia: line['earlyMedia'] === true,
    hasMedia: line['hasMedia'] === true,
    dtmf: readDtmf(line['dtmf']),
    transfers: readTransfers(line['transfers']),
    calledGroup,
    marker: MARKERS.find((name) => name === line['marker']) ?? null,
  };
}

function receivedLeg(line: Fields, record: CallRecord): Float64Array | null {
  const part = fieldsOf(line['received']);
  if (part === null) {
    return null;
  }
  const leg = legOf(part, line, record, 'received');
  for (const name of RECEIVED_FIGURES) {
    leg[LEG[name]] = numberOf(part[name]);
  }
  leg[LEG.srtpSuite] = suiteOf(part['srtp']);
  leg[LEG.reflected] = part['roundTrip'] === true ? 1 : 0;
  leg[LEG.otherSource] = part['otherSource'] === true ? 1 : 0;
  leg[LEG.expectsAudio] = part['expectsAudio'] === true ? 1 : 0;
  // What we sent is counted here; it stands beside what the far end says of it.
  const sent = fieldsOf(line['sent']);
  leg[LEG.sent] = numberOf(sent?.['packets']);
  leg[LEG.missed] = numberOf(sent?.['missed']);
  leg[LEG.ackToRtpMs] = numberOf(sent?.['ackToRtpMs']);
  const told = fieldsOf(line['farEndXr']);
  leg[LEG.farXrReports] = line['farEndXr'] === null ? 0 : numberOf(told?.['reports']);
  for (const name of FAR_XR_FIGURES) {
    leg[FAR_XR[name]] = numberOf(told?.[name]);
  }
  return leg;
}

function sentLeg(line: Fields, record: CallRecord): Float64Array | null {
  const part = fieldsOf(line['sent']);
  const basis = part?.['basis'];
  if (part === null || (basis !== 'rtcp' && basis !== 'answerer')) {
    return null; // the far end said nothing
  }
  const leg = legOf(part, line, record, 'sent');
  leg[LEG.basis] = BASIS[basis];
  return leg;
}

function legOf(part: Fields, line: Fields, record: CallRecord, direction: keyof typeof DIRECTION): Float64Array {
  const leg = new Float64Array(LEG.columns).fill(Number.NaN);
  leg[LEG.call] = record.call;
  leg[LEG.endpoint] = record.endpoint;
  leg[LEG.direction] = DIRECTION[direction];
  leg[LEG.codec] = codecOf(line['codec']);
  for (const name of LEG_FIGURES) {
    leg[LEG[name]] = numberOf(part[name]);
  }
  readScores(leg, LEG, part);
  return leg;
}

/** A score stands under the name of its scale; a leg has one scale. */
function readScores(row: Float64Array, columns: typeof ROW | typeof LEG, part: Fields): void {
  row[columns.mosLq] = numberOf(part['mosLq'] ?? part['mosLqWb']);
  row[columns.mosCq] = numberOf(part['mosCq'] ?? part['mosCqWb']);
  row[columns.mosLqNoPlc] = numberOf(part['mosLqNoPlc']);
}

function isMediaProgress(line: Fields): line is Fields & MediaProgress {
  const { worker, second, sent, missed, sendErrors, received, drops, clockSteps, latenessUs, floor } = line;
  const figures = fieldsOf(floor);
  const hasFloor =
    floor === null || (figures !== null && isPairs(figures['jitterUs']) && isPairs(figures['transitUs']));
  const counts = [worker, sent, missed, sendErrors, received].every((value) => isCount(value));
  const { undatedDrops = 0, pulses = [] } = line;
  const arePulses = isCount(undatedDrops) && isTable(pulses, 6);
  const isWhole = counts && arePulses && isCount(second, MAX_SECOND) && isCount(clockSteps, MAX_LIST);
  return isWhole && (drops === null || isCount(drops)) && isPairs(latenessUs) && hasFloor;
}

function isSignallingProgress(line: Fields): line is Fields & SignallingProgress {
  const { worker, second, intended, started, answered, failed, active, peakActive, seconds } = line;
  const counts = [worker, started, answered, failed, active, peakActive].every((value) => isCount(value));
  // Of each of these calls a number is kept.
  const isWhole =
    counts && isTable(line['pulses'] ?? [], 4) && isCount(second, MAX_SECOND) && isCount(intended, MAX_CALLS);
  return (
    isWhole && isSip(line['sip']) && isPairs(line['loopDelayUs']) && isPairs(line['optionsRttMs']) && isSeconds(seconds)
  );
}

function isStateProgress(line: Fields): line is Fields & StateProgress {
  const { elapsedMs, cpuSeconds, interrupted, lostWorkers, doubts, warnings } = line;
  const isSignal = interrupted === null || SIGNALS.some((name) => name === interrupted);
  const isCpu = [line['cpu'], line['hostCpu']].every((cpu) => isTable(cpu ?? [], 2));
  const isOfUsers = isRegistrations(line['registrations'] ?? null);
  return (
    isTime(elapsedMs) &&
    isTime(cpuSeconds) &&
    isCpu &&
    isOfUsers &&
    isSignal &&
    [lostWorkers, doubts, warnings].every(isTexts)
  );
}

function isRegistrations(value: unknown): boolean {
  const figures = fieldsOf(value);
  if (figures === null) {
    return value === null;
  }
  const matches = fieldsOf(figures['matches']);
  const { registeredAtBegin, users, bound, refused, attempts, ineffective, failures, delayMs } = figures;
  const ways = [matches?.['header'], matches?.['callerName'], matches?.['number'], matches?.['unmatched']];
  const lost = figures['bindingsLost'] ?? 0;
  const counts = [users, bound, refused, attempts, ineffective, lost, ...ways].every((one) => isCount(one));
  const hasBegin = registeredAtBegin === null || isCount(registeredAtBegin);
  const hasGroups = isTable(figures['groups'] ?? [], 6);
  return counts && hasBegin && hasGroups && isList(failures) && failures.every(isFailure) && isDelays(delayMs);
}

function isFailure(value: unknown): boolean {
  const { sipStatus, cause, count } = fieldsOf(value) ?? {};
  return (sipStatus === null || isCount(sipStatus, 699)) && isText(cause) && isCount(count);
}

function isDelays(value: unknown): boolean {
  return isPairs(value) && value.every((one, index) => index % 2 === 0 || isCount(one));
}

function isSip(value: unknown): boolean {
  const sip = fieldsOf(value);
  const isCounted = (rows: unknown, columns: number): boolean =>
    isList(rows) &&
    rows.every(
      (row) => isList(row) && row.length === columns && isText(row[0]) && row.slice(1).every((n) => isCount(n)),
    );
  return (
    sip !== null &&
    isCounted(sip['requests'], 2) &&
    isCounted(sip['retransmissions'], 2) &&
    isCounted(sip['responses'], 3) &&
    isCount(sip['malformed']) &&
    isCount(sip['dropped'])
  );
}

function isSeconds(value: unknown): boolean {
  return (
    isList(value) &&
    value.every((row) => isList(row) && row.length === 5 && row.every((n) => isCount(n)) && isCount(row[0], MAX_SECOND))
  );
}

function isFigure(value: unknown): boolean {
  return value === null || (typeof value === 'number' && value >= 0 && value <= MAX_COUNT);
}

/** Rows of a second and figures of it, null where one is unknown. */
function isTable(value: unknown, columns: number): boolean {
  return (
    isList(value) &&
    value.every((row) => isList(row) && row.length === columns && isCount(row[0], MAX_SECOND) && row.every(isFigure))
  );
}

function isPairs(value: unknown): value is number[] {
  return (
    isList(value) && value.length % 2 === 0 && value.every((n) => typeof n === 'number' && n >= 0 && n <= MAX_COUNT)
  );
}

function isTexts(value: unknown): value is string[] {
  return isList(value) && value.every(isText);
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length <= MAX_LIST;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT;
}

function isCount(value: unknown, most = MAX_COUNT): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}

/** ms since the start of the run; the clock of a thread may be a little ahead of it. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= -1000 && value <= MAX_SECOND * 1000;
}

function timeOrNull(value: unknown): number | null {
  return isTime(value) ? value : null;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : Number.NaN;
}

function spoiledOf(value: unknown): number {
  return [...SPOILED_WORDS].find(([, word]) => word === value)?.[0] ?? SPOILED.nothing;
}

function codecOf(value: unknown): number {
  return typeof value === 'string' ? codecIndexOf(value) : UNKNOWN_CODEC;
}

function suiteOf(value: unknown): number {
  const index = SRTP_SUITE_NAMES.findIndex((name) => name === value);
  return index < 0 ? Number.NaN : index;
}

function objectOf(text: string): Fields | null {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return null;
  }
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}
