/** Writes the rows of a leg: what was received and what the far end says of what we sent, per second and in all. */
import { SRTP_SUITE_NAMES, type SrtpSuiteName } from '../lib/srtp-suite.js';
import type { StreamTotals } from '../quality/metered-second.js';
import type { MeteredSecond } from '../quality/metered-second.js';
import type { Score } from '../quality/score.js';
import type { FarTotals } from '../rtp/rtcp/far-report.js';
import type { FarSeconds } from './far-seconds.js';
import type { VoipMetrics } from '../rtp/rtcp/voip-metrics.js';
import { BASIS, DIRECTION, FAR_XR, FAR_XR_FIGURES, LEG, ROW, SPOILED } from './messages.js';
import type { Rows } from './rows.js';

/** Fewer packets that were listened to, one a second, say nothing: speech begins with a pause as often as not. */
const MIN_SAMPLES = 5;

/** Whose row it is. */
export interface LegKey {
  call: number;
  endpoint: number;
  codec: number;
}

/** Delay and conversational score of one direction; NaN where no round trip is known. */
export interface Conversation {
  rttMs: number;
  mouthToEarMs: number;
  mosCq: number;
}

/** Counts of the leg as a whole, and what the SDP and the source said. */
export interface LegFacts {
  stray: number;
  malformed: number;
  taken: number;
  sent: number;
  missed: number;
  earlyPackets: number;
  wrongPayloadType: number;
  silentSamples: number;
  samples: number;
  /** Times that the far side put us on hold. */
  holds: number;
  reflected: boolean;
  otherSource: boolean;
  expectsAudio: boolean;
  answeredMs: number;
  endedMs: number;
  ackToRtpMs: number;
  rtcpReceived: number;
  rtcpMalformed: number;
  rtcpBlocks: number;
  farXrReports: number;
  /** In SRTP_SUITE_NAMES; NaN: in the clear. */
  srtpSuite: number;
  srtpAuthFailures: number;
  /** Of the last packet that was taken; NaN: unknown. */
  dscp: number;
}

export function writeReceivedRow(
  rows: Rows,
  key: LegKey,
  second: number,
  parts: { readonly figures: MeteredSecond; readonly conversation: Conversation; readonly spoiled: number },
): void {
  const { figures, conversation, spoiled } = parts;
  const { table, offset } = beginRow(rows, key, second, DIRECTION.received);
  table[offset + ROW.expected] = figures.expected;
  table[offset + ROW.received] = figures.received;
  table[offset + ROW.lost] = figures.lost;
  table[offset + ROW.discarded] = figures.discarded;
  table[offset + ROW.duplicate] = figures.duplicate;
  table[offset + ROW.reordered] = figures.reordered;
  table[offset + ROW.jitterMs] = figures.jitterMs;
  table[offset + ROW.rFactor] = figures.rFactor;
  table[offset + ROW.mosLq] = figures.mosLq;
  table[offset + ROW.mosLqNoPlc] = figures.mosLqNoPlc;
  table[offset + ROW.mosCq] = conversation.mosCq;
  table[offset + ROW.rttMs] = conversation.rttMs;
  table[offset + ROW.mouthToEarMs] = conversation.mouthToEarMs;
  table[offset + ROW.spoiled] = spoiled;
}

/** What the far end's reports of this second say; what no report block tells is NaN. */
export function writeSentRow(
  rows: Rows,
  key: LegKey,
  second: number,
  { figures, score, mouthToEarMs }: Pick<FarSeconds, 'figures' | 'score'> & { readonly mouthToEarMs: number },
): void {
  const { table, offset } = beginRow(rows, key, second, DIRECTION.sent);
  table[offset + ROW.expected] = figures.expected;
  table[offset + ROW.received] = figures.received;
  table[offset + ROW.lost] = figures.lost;
  table[offset + ROW.jitterMs] = figures.jitterMs;
  table[offset + ROW.rFactor] = score.rFactor;
  table[offset + ROW.mosLq] = score.mosLq;
  table[offset + ROW.mosLqNoPlc] = score.mosLqNoPlc;
  table[offset + ROW.mosCq] = score.mosCq;
  table[offset + ROW.mouthToEarMs] = mouthToEarMs;
}

export function writeReceivedTotals(
  legs: Rows,
  key: LegKey,
  parts: {
    readonly totals: StreamTotals;
    readonly conversation: Conversation;
    readonly facts: LegFacts;
    readonly farMetrics: Readonly<VoipMetrics>;
  },
): void {
  const { totals, conversation, facts, farMetrics } = parts;
  const { table, offset } = beginLeg(legs, key, DIRECTION.received);
  writeScores(table, offset, totals);
  writeConversation(table, offset, conversation);
  table[offset + LEG.expected] = totals.expected;
  table[offset + LEG.received] = totals.received;
  table[offset + LEG.lost] = totals.lost;
  table[offset + LEG.discarded] = totals.discarded;
  table[offset + LEG.duplicate] = totals.duplicate;
  table[offset + LEG.reordered] = totals.reordered;
  table[offset + LEG.jitterMs] = totals.jitterMs;
  table[offset + LEG.jitterMaxMs] = totals.jitterMaxMs;
  table[offset + LEG.burstR] = totals.burstR;
  table[offset + LEG.burstDensity] = totals.burstDensity;
  table[offset + LEG.burstMs] = totals.burstMs;
  table[offset + LEG.gapDensity] = totals.gapDensity;
  table[offset + LEG.gapMs] = totals.gapMs;
  table[offset + LEG.longestSilenceMs] = totals.longestSilenceMs;
  table[offset + LEG.firstPacketMs] = totals.firstPacketDelayMs;
  table[offset + LEG.streams] = totals.streams;
  table[offset + LEG.clockSkewPpm] = totals.clockSkewPpm;
  writeFacts(table, offset, facts);
  if (facts.farXrReports > 0) {
    for (const name of FAR_XR_FIGURES) {
      table[offset + FAR_XR[name]] = farMetrics[name];
    }
  }
}

/** What the far end's reports say in all; false, and no row, where they tell of no interval. */
export function writeSentTotals(
  legs: Rows,
  key: LegKey,
  parts: { readonly totals: Readonly<FarTotals>; readonly score: Score; readonly conversation: Conversation },
): boolean {
  const { totals, score, conversation } = parts;
  if (totals.intervals === 0) {
    return false;
  }
  const { table, offset } = beginLeg(legs, key, DIRECTION.sent);
  writeScores(table, offset, score);
  writeConversation(table, offset, conversation);
  table[offset + LEG.expected] = totals.expected;
  table[offset + LEG.lost] = Math.max(0, totals.lost);
  table[offset + LEG.received] = totals.expected - Math.max(0, totals.lost);
  table[offset + LEG.jitterMs] = totals.jitterMeanMs;
  table[offset + LEG.jitterMaxMs] = totals.jitterMaxMs;
  table[offset + LEG.basis] = BASIS.rtcp;
  return true;
}

function beginRow(rows: Rows, key: LegKey, second: number, direction: number): { table: Float64Array; offset: number } {
  const row = rows.next();
  const { table, offset } = row;
  table.fill(Number.NaN, offset, offset + ROW.columns);
  table[offset + ROW.call] = key.call;
  table[offset + ROW.leg] = 0;
  table[offset + ROW.direction] = direction;
  table[offset + ROW.endpoint] = key.endpoint;
  table[offset + ROW.codec] = key.codec;
  table[offset + ROW.second] = second;
  table[offset + ROW.spoiled] = SPOILED.nothing;
  return row;
}

function beginLeg(legs: Rows, key: LegKey, direction: number): { table: Float64Array; offset: number } {
  const row = legs.next();
  const { table, offset } = row;
  table.fill(Number.NaN, offset, offset + LEG.columns);
  table[offset + LEG.call] = key.call;
  table[offset + LEG.direction] = direction;
  table[offset + LEG.endpoint] = key.endpoint;
  table[offset + LEG.codec] = key.codec;
  return row;
}

function writeScores(table: Float64Array, offset: number, score: Score): void {
  table[offset + LEG.rFactor] = score.rFactor;
  table[offset + LEG.mosLq] = score.mosLq;
  table[offset + LEG.mosLqNoPlc] = score.mosLqNoPlc;
}

function writeConversation(table: Float64Array, offset: number, { rttMs, mouthToEarMs, mosCq }: Conversation): void {
  table[offset + LEG.rttMs] = rttMs;
  table[offset + LEG.mouthToEarMs] = mouthToEarMs;
  table[offset + LEG.mosCq] = mosCq;
}

function writeFacts(table: Float64Array, offset: number, facts: LegFacts): void {
  table[offset + LEG.stray] = facts.stray;
  table[offset + LEG.malformed] = facts.malformed;
  table[offset + LEG.taken] = facts.taken;
  table[offset + LEG.sent] = facts.sent;
  table[offset + LEG.missed] = facts.missed;
  table[offset + LEG.earlyPackets] = facts.earlyPackets;
  table[offset + LEG.wrongPayloadType] = facts.wrongPayloadType;
  table[offset + LEG.silentRatio] = facts.samples < MIN_SAMPLES ? Number.NaN : facts.silentSamples / facts.samples;
  table[offset + LEG.holds] = facts.holds;
  table[offset + LEG.reflected] = facts.reflected ? 1 : 0;
  table[offset + LEG.otherSource] = facts.otherSource ? 1 : 0;
  table[offset + LEG.expectsAudio] = facts.expectsAudio ? 1 : 0;
  table[offset + LEG.ackToRtpMs] = facts.ackToRtpMs;
  table[offset + LEG.answeredMs] = facts.answeredMs;
  table[offset + LEG.establishedForMs] = facts.endedMs - facts.answeredMs;
  table[offset + LEG.rtcpReceived] = facts.rtcpReceived;
  table[offset + LEG.rtcpMalformed] = facts.rtcpMalformed;
  table[offset + LEG.rtcpBlocks] = facts.rtcpBlocks;
  table[offset + LEG.farXrReports] = facts.farXrReports;
  table[offset + LEG.srtpSuite] = facts.srtpSuite;
  table[offset + LEG.srtpAuthFailures] = Number.isNaN(facts.srtpSuite) ? Number.NaN : facts.srtpAuthFailures;
  table[offset + LEG.dscp] = facts.dscp;
}

/** The leg is SRTP from now on: the suite that was agreed on last counts, and one that was once SRTP stays so. */
export function noteSuite(facts: LegFacts, name: SrtpSuiteName | undefined): void {
  if (name !== undefined) facts.srtpSuite = SRTP_SUITE_NAMES.indexOf(name);
}

/** Of a leg of which nothing is known yet. */
export function emptyFacts(): LegFacts {
  return {
    stray: 0,
    malformed: 0,
    taken: 0,
    sent: 0,
    missed: 0,
    earlyPackets: 0,
    wrongPayloadType: 0,
    silentSamples: 0,
    samples: 0,
    holds: 0,
    reflected: false,
    otherSource: false,
    expectsAudio: true,
    answeredMs: 0,
    endedMs: 0,
    ackToRtpMs: Number.NaN,
    rtcpReceived: 0,
    rtcpMalformed: 0,
    rtcpBlocks: 0,
    farXrReports: 0,
    srtpSuite: Number.NaN,
    srtpAuthFailures: 0,
    dscp: Number.NaN,
  };
}
