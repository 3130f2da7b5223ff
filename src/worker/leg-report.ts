/** Scores a leg and writes its rows, second by second and in all: what was received, and what the far end says of ours. */
import { costsTheSame, type CodecImpairment } from '../quality/codec-impairment.js';
import { JITTER_BUFFER_MS } from '../quality/jitter-buffer.js';
import { mouthToEarMs } from '../quality/mouth-to-ear.js';
import { emptyScore, scoreInto, type Score } from '../quality/score.js';
import { SCORE_WINDOW_SECONDS, type StreamMeter } from '../quality/stream-meter.js';
import type { FarTotals } from '../rtp/rtcp/far-report.js';
import { VoipMetrics } from '../rtp/rtcp/voip-metrics.js';
import type { CodecContext } from './codec-context.js';
import { DropMarks } from './drop-marks.js';
import { FarSeconds } from './far-seconds.js';
import {
  writeReceivedRow,
  writeReceivedTotals,
  writeSentRow,
  writeSentTotals,
  type Conversation,
  type LegFacts,
  type LegKey,
} from './leg-rows.js';
import type { Rows } from './rows.js';
import { fillVoipMetrics } from './voip-figures.js';

// Shared by all legs of a thread: used and left within one call.
const scratch = emptyScore();
const conversation: Conversation = { rttMs: Number.NaN, mouthToEarMs: Number.NaN, mosCq: Number.NaN };
const ownMetrics = new VoipMetrics();

export class LegReport {
  readonly key: LegKey = { call: -1, endpoint: 0, codec: 0 };
  readonly far = new FarSeconds();
  readonly drops = new DropMarks();
  private impairment: CodecImpairment | undefined = undefined;
  /** What the leg as a whole is scored with: nothing, where codecs that cost differently followed each other. */
  private legImpairment: CodecImpairment | undefined = undefined;
  /** What seconds are scored with from a second on, after a change of codec. */
  private nextImpairment: CodecImpairment | undefined = undefined;
  private nextFrom = Number.POSITIVE_INFINITY;

  constructor(private readonly ptimeMs: number) {}

  /** The next call on the slot. */
  begin(call: number, endpoint: number): void {
    this.key.call = call;
    this.key.endpoint = endpoint;
    this.far.clear();
    this.nextFrom = Number.POSITIVE_INFINITY;
  }

  agree({ index, impairment }: CodecContext): void {
    this.key.codec = index;
    this.impairment = this.legImpairment = impairment;
  }

  /**
   * Another codec within the call. One that costs differently has no part in scores of seconds, past or in the window, that
   * were of the other: they are unknown, as is that of the call.
   */
  change({ index, impairment }: CodecContext, second: number): void {
    this.key.codec = index;
    if (costsTheSame(this.impairment, impairment) && this.nextFrom === Number.POSITIVE_INFINITY) {
      this.impairment = impairment;
      return;
    }
    this.impairment = this.legImpairment = undefined;
    this.nextImpairment = impairment;
    this.nextFrom = second + SCORE_WINDOW_SECONDS + 1;
  }

  /** Closes a second of the meter. @param isUp the call lasted into this second */
  writeSecond(second: number, meter: StreamMeter, rows: Rows, isUp: boolean): void {
    const { far, key } = this;
    if (second >= this.nextFrom) {
      this.nextFrom = Number.POSITIVE_INFINITY;
      this.impairment = this.nextImpairment;
    }
    meter.scoreWith(this.impairment);
    const rttMs = far.rttIn(second);
    const hasAudio = meter.closeSecond(second);
    const spoiled = this.drops.close(second);
    // On hold nothing is expected, and the round trip is measured all the same.
    if (hasAudio || (isUp && !Number.isNaN(rttMs))) {
      const figures = meter.second;
      // Scored with the newest round trip: reports come every few seconds, and the path is the same in between.
      this.fillConversation(figures, far.latestRttMs);
      conversation.rttMs = rttMs;
      writeReceivedRow(rows, key, second, { figures, conversation, spoiled });
    }
    const oneWayDelayMs = this.delayOf(far.latestRttMs);
    if (far.take(second, this.impairment, oneWayDelayMs)) {
      writeSentRow(rows, key, second, { figures: far.figures, score: far.score, mouthToEarMs: oneWayDelayMs });
    }
  }

  /** What we tell the far end, in its reports, of what we have received in the seconds that have closed; null before the first. */
  voipMetrics(meter: StreamMeter | null): VoipMetrics | null {
    const totals = meter?.totals;
    if (totals === undefined || !(totals.expected > 0)) {
      return null;
    }
    const { far, legImpairment: impairment, ptimeMs } = this;
    fillVoipMetrics(ownMetrics, { totals, impairment, ptimeMs, rttMs: far.meanRttMs });
    return ownMetrics;
  }

  writeTotals(
    legs: Rows,
    parts: {
      readonly meter: StreamMeter;
      readonly facts: LegFacts;
      readonly farTotals: Readonly<FarTotals>;
      readonly farMetrics: Readonly<VoipMetrics>;
    },
  ): void {
    const { far, key } = this;
    const { totals } = parts.meter;
    this.impairment = this.legImpairment;
    this.fillConversation(totals, far.meanRttMs);
    writeReceivedTotals(legs, key, { totals, conversation, facts: parts.facts, farMetrics: parts.farMetrics });
    const score = this.scoreSent(parts.farTotals.lossRatio);
    // The round trip is measured at this end and stands with what is received.
    conversation.rttMs = Number.NaN;
    conversation.mosCq = score.mosCq;
    writeSentTotals(legs, key, { totals: parts.farTotals, score, conversation });
  }

  /** Listening and conversational score of what the far end reports; how its losses lie is in no report. */
  private scoreSent(lossRatio: number): Score {
    const oneWayDelayMs = this.delayOf(this.far.meanRttMs);
    scoreInto(scratch, this.impairment, { badRatio: lossRatio, burstR: 1, oneWayDelayMs });
    return scratch;
  }

  private fillConversation(figures: { readonly badRatio: number; readonly burstR: number }, rttMs: number): void {
    const oneWayDelayMs = this.delayOf(rttMs);
    scoreInto(scratch, this.impairment, { badRatio: figures.badRatio, burstR: figures.burstR, oneWayDelayMs });
    conversation.rttMs = rttMs;
    conversation.mouthToEarMs = oneWayDelayMs;
    conversation.mosCq = scratch.mosCq;
  }

  /** Ta for a round trip; NaN where it or the codec's own delay is unknown. */
  private delayOf(rttMs: number): number {
    const codec = this.impairment;
    return codec === undefined
      ? Number.NaN
      : mouthToEarMs({ rttMs, jitterBufferMs: JITTER_BUFFER_MS, ptimeMs: this.ptimeMs, codec });
  }
}
