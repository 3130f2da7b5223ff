/** The figures of one direction of one leg in a second, and their sums; reused objects, so unknown is NaN and not null. */
import type { BurstGapFigures } from './burst-gap.js';
import type { Score } from './score.js';

/**
 * The scores cover the trailing five seconds, and are NaN in the first; of a second without packets they are R 0 and MOS 1.
 * The conversational ones are NaN until the caller, who knows a round trip, scores `badRatio` and `burstR` with its delay.
 */
export interface MeteredSecond extends Score {
  expected: number;
  received: number;
  lost: number;
  discarded: number;
  duplicate: number;
  reordered: number;
  /** Mean of the estimate over the packets that arrived in this second; NaN without packets or with a clock step. */
  jitterMs: number;
  /** Runs of lost or discarded packets that began in this second; 1 in the other where it begins within such a run. */
  badRuns: number;
  beginsInBadRun: number;
  /** What the scores stand for: lost and discarded over expected packets (0–1), and the burst ratio (at least 1). */
  badRatio: number;
  burstR: number;
}

/** Sums over the closed seconds, and what belongs to no second. Its scores are those of the sums, not means. */
export interface StreamTotals extends MeteredSecond, BurstGapFigures {
  jitterMaxMs: number;
  /** Longest time without any packet while the stream was expected, ms. */
  longestSilenceMs: number;
  /** From the beginning of the call to the first packet, ms; 0 where it was there before, NaN where none came. */
  firstPacketDelayMs: number;
  /** By how much their media clock is faster than ours, parts per million; NaN before 30 s of packets. */
  clockSkewPpm: number;
  /** Streams seen: one, and one more with each new SSRC and each restart of the sequence. */
  streams: number;
}

/** Rings by second: those that may still be open. */
export const OPEN_SECONDS = 8;

/** The place of a second in those rings. */
export function slotOf(second: number): number {
  return second & (OPEN_SECONDS - 1);
}

/** Written out, as the totals are: an object that is put together by spreading has a shape of its own, which costs more than itself. */
export function emptySecond(): MeteredSecond {
  return {
    expected: 0,
    received: 0,
    lost: 0,
    discarded: 0,
    duplicate: 0,
    reordered: 0,
    jitterMs: Number.NaN,
    badRuns: 0,
    beginsInBadRun: 0,
    badRatio: Number.NaN,
    burstR: Number.NaN,
    rFactor: Number.NaN,
    mosLq: Number.NaN,
    mosLqNoPlc: Number.NaN,
    rFactorCq: Number.NaN,
    mosCq: Number.NaN,
  };
}

export function emptyTotals(): StreamTotals {
  return {
    expected: 0,
    received: 0,
    lost: 0,
    discarded: 0,
    duplicate: 0,
    reordered: 0,
    jitterMs: Number.NaN,
    badRuns: 0,
    beginsInBadRun: 0,
    badRatio: Number.NaN,
    burstR: Number.NaN,
    rFactor: Number.NaN,
    mosLq: Number.NaN,
    mosLqNoPlc: Number.NaN,
    rFactorCq: Number.NaN,
    mosCq: Number.NaN,
    bursts: 0,
    burstDensity: Number.NaN,
    gapDensity: Number.NaN,
    burstMs: Number.NaN,
    gapMs: Number.NaN,
    jitterMaxMs: Number.NaN,
    longestSilenceMs: 0,
    firstPacketDelayMs: Number.NaN,
    clockSkewPpm: Number.NaN,
    streams: 0,
  };
}

export function clearSecond(second: MeteredSecond): void {
  second.expected = 0;
  second.received = 0;
  second.lost = 0;
  second.discarded = 0;
  second.duplicate = 0;
  second.reordered = 0;
  second.jitterMs = Number.NaN;
  second.badRuns = 0;
  second.beginsInBadRun = 0;
  second.badRatio = Number.NaN;
  second.burstR = Number.NaN;
  second.rFactor = Number.NaN;
  second.mosLq = Number.NaN;
  second.mosLqNoPlc = Number.NaN;
  second.rFactorCq = Number.NaN;
  second.mosCq = Number.NaN;
}
