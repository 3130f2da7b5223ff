/**
 * The one place where a second or a call is scored: codec, loss, burst ratio and delay to R and MOS, listening (LQ, without
 * delay) and conversational (CQ). The scale is that of the codec: narrowband (G.107, R up to 93.2) or wideband (G.107.1, up
 * to 129); their MOS must not be compared. A is 0.
 */
import type { CodecImpairment, LossImpairment } from './codec-impairment.js';
import { WIDEBAND_CLEAN_R, widebandDelayImpairment, widebandRToMos } from './e-model-wideband.js';
import { absoluteDelayImpairment, CLEAN_R, eModel, ieEffective } from './e-model.js';
import { rToMos } from './mos.js';

/**
 * none: no acoustic path exists, delay acts through Idd alone (T = Tr = 0). classic: the planning form of many tools, an
 * echo path as long as the call's (T = Ta, Tr = 2·Ta, TELR 65 dB, WEPL 110 dB); up to some 5 points of R lower.
 */
export type EchoMode = 'none' | 'classic';

export interface ScoreFacts {
  /** Lost plus discarded over expected packets, 0–1; NaN where too little was expected to say. */
  readonly badRatio: number;
  /** Burst ratio, at least 1. */
  readonly burstR: number;
  /** Mouth to ear, ms; NaN where it is not known. Absent: not known. */
  readonly oneWayDelayMs?: number;
  /** Absent: none. */
  readonly echo?: EchoMode;
}

/** Unknown is NaN. */
export interface Score {
  /** Listening R, on the scale of the codec; from 0, where the model goes below it under long bursts. */
  rFactor: number;
  mosLq: number;
  /** MOS-LQ were lost packets not concealed; NaN where no value is published for the codec. */
  mosLqNoPlc: number;
  /** Conversational R, from 0; NaN without a delay. */
  rFactorCq: number;
  mosCq: number;
}

export function emptyScore(): Score {
  return {
    rFactor: Number.NaN,
    mosLq: Number.NaN,
    mosLqNoPlc: Number.NaN,
    rFactorCq: Number.NaN,
    mosCq: Number.NaN,
  };
}

/** As `scoreInto`, in a new object. */
export function score(codec: CodecImpairment | undefined, facts: ScoreFacts): Score {
  const fresh = emptyScore();
  scoreInto(fresh, codec, facts);
  return fresh;
}

/**
 * Writes the five figures; allocates nothing (but for the classic echo). Without a codec's row all are unknown, save that
 * nothing played is MOS 1 with every codec: there (7-29) would still give 1.2 for random loss.
 * @throws RangeError for the classic echo with a wideband codec: its echo terms are not settled.
 */
export function scoreInto(into: Score, codec: CodecImpairment | undefined, facts: ScoreFacts): void {
  const { badRatio, burstR, oneWayDelayMs = Number.NaN, echo = 'none' } = facts;
  if (echo === 'classic' && codec?.scale === 'wideband') {
    throw new RangeError(`echo: expected none for ${codec.codec}, which is wideband, got classic`);
  }
  const isConcealmentRated = codec !== undefined && codec.noConcealment !== null;
  if (badRatio >= 1) {
    const isDelayKnown = !Number.isNaN(oneWayDelayMs);
    into.rFactor = 0;
    into.mosLq = 1;
    into.mosLqNoPlc = isConcealmentRated ? 1 : Number.NaN;
    into.rFactorCq = isDelayKnown ? 0 : Number.NaN;
    into.mosCq = isDelayKnown ? 1 : Number.NaN;
    return;
  }
  const pplPercent = badRatio * 100;
  const rFactor = codec === undefined ? Number.NaN : listeningR(codec, codec, pplPercent, burstR);
  into.rFactor = atLeastZero(rFactor);
  into.mosLq = mosOf(codec, rFactor);
  into.mosLqNoPlc = isConcealmentRated
    ? mosOf(codec, listeningR(codec, codec.noConcealment, pplPercent, burstR))
    : Number.NaN;
  const rFactorCq = codec === undefined ? Number.NaN : rFactor - delayLoss(codec, oneWayDelayMs, echo);
  into.rFactorCq = atLeastZero(rFactorCq);
  into.mosCq = mosOf(codec, rFactorCq);
}

function listeningR(codec: CodecImpairment, loss: LossImpairment, pplPercent: number, burstR: number): number {
  const clean = codec.scale === 'wideband' ? WIDEBAND_CLEAN_R : CLEAN_R;
  return clean - ieEffective(loss, pplPercent, burstR);
}

/** What a one-way delay takes from R, points on the scale of the codec; NaN of NaN. */
function delayLoss(codec: CodecImpairment, Ta: number, echo: EchoMode): number {
  if (Number.isNaN(Ta)) return Number.NaN;
  if (codec.scale === 'wideband') return widebandDelayImpairment(Ta);
  if (echo === 'none') return absoluteDelayImpairment(Ta);
  return CLEAN_R - eModel({ T: Ta, Tr: 2 * Ta, Ta }).R; // (7-1) is a sum: codec and loss take their own share
}

function mosOf(codec: CodecImpairment | undefined, rFactor: number): number {
  return codec?.scale === 'wideband' ? widebandRToMos(rFactor) : rToMos(rFactor);
}

function atLeastZero(rFactor: number): number {
  return rFactor < 0 ? 0 : rFactor;
}
