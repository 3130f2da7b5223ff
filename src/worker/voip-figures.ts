/** What we measure of a stream as VoIP metrics (RFC 3611 §4.7), for the far end; bursts and gaps are those of the definition. */
import { WIDEBAND_CLEAN_R } from '../quality/e-model-wideband.js';
import type { CodecImpairment } from '../quality/codec-impairment.js';
import { JITTER_BUFFER_MS } from '../quality/jitter-buffer.js';
import type { StreamTotals } from '../quality/metered-second.js';
import { mouthToEarMs } from '../quality/mouth-to-ear.js';
import { emptyScore, scoreInto } from '../quality/score.js';
import { CONCEALMENT, JITTER_BUFFER, type VoipMetrics } from '../rtp/rtcp/voip-metrics.js';

/** R of the wideband model goes to 129, and the field to 100: R/1.29. */
const WIDEBAND_R_PER_POINT = WIDEBAND_CLEAN_R / 100;

export interface OwnFigures {
  readonly totals: StreamTotals;
  /** Undefined: there is no score. */
  readonly impairment: CodecImpairment | undefined;
  readonly ptimeMs: number;
  /** NaN: unknown. */
  readonly rttMs: number;
}

const score = emptyScore();

/** Levels and echo are not measured: they stay unavailable. */
export function fillVoipMetrics(into: VoipMetrics, { totals, impairment, ptimeMs, rttMs }: OwnFigures): void {
  const oneWayDelayMs =
    impairment === undefined
      ? Number.NaN
      : mouthToEarMs({ rttMs, jitterBufferMs: JITTER_BUFFER_MS, ptimeMs, codec: impairment });
  scoreInto(score, impairment, { badRatio: totals.badRatio, burstR: totals.burstR, oneWayDelayMs });
  into.lossRatio = totals.lost / totals.expected;
  into.discardRatio = totals.discarded / totals.expected;
  into.burstDensity = totals.burstDensity;
  into.gapDensity = totals.gapDensity;
  into.burstMs = totals.burstMs;
  into.gapMs = totals.gapMs;
  into.roundTripMs = rttMs;
  into.endSystemDelayMs = JITTER_BUFFER_MS + ptimeMs + (impairment?.lookaheadMs ?? 0);
  into.rFactor = impairment?.scale === 'wideband' ? score.rFactorCq / WIDEBAND_R_PER_POINT : score.rFactorCq;
  into.mosLq = score.mosLq;
  into.mosCq = score.mosCq;
  into.concealment = impairment === undefined ? CONCEALMENT.unspecified : CONCEALMENT.enhanced;
  into.jitterBuffer = JITTER_BUFFER.nonAdaptive;
  into.jitterBufferMs = into.jitterBufferMaxMs = into.jitterBufferLimitMs = JITTER_BUFFER_MS;
}
