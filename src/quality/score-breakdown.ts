/**
 * Which term of the E-model cost how many points of R: the sum of (7-1) taken apart in one order, from a faultless leg down.
 * Ie,eff of (7-29) is split into the codec's Ie, what random loss of that share costs, and what its coming in bursts adds;
 * the loss is shared out between packets that never came and those that came too late by their numbers. R ends at 0, so a
 * term takes no more than is left.
 */
import type { CodecScale, LossImpairment } from './codec-impairment.js';
import { findCodecImpairment } from './codec-impairment.js';
import { WIDEBAND_CLEAN_R, widebandDelayImpairment, widebandRToMos } from './e-model-wideband.js';
import { absoluteDelayImpairment, CLEAN_R, ieEffective } from './e-model.js';
import { rToMos } from './mos.js';

/** In the order in which they are taken off. */
export const BREAKDOWN_TERMS = ['codec', 'lost', 'late', 'bursts', 'delay'] as const;
export type BreakdownTerm = (typeof BREAKDOWN_TERMS)[number];

export interface BreakdownStep {
  readonly term: BreakdownTerm;
  /** Points of R that the term cost, at least 0. */
  readonly points: number;
  /** What is left after it. */
  readonly rFactor: number;
  readonly mos: number;
}

export interface ScoreBreakdown {
  readonly scale: CodecScale;
  /** R of a leg without any impairment, on that scale. */
  readonly faultlessR: number;
  /** Without `delay` where no round trip is known. */
  readonly steps: readonly BreakdownStep[];
  /** Listening R: faultless minus all terms but the delay. */
  readonly rFactor: number;
  /** Conversational R: with the delay; null where it is unknown. */
  readonly rFactorCq: number | null;
}

export interface BreakdownFacts {
  readonly expected: number;
  /** Packets that never came. */
  readonly lost: number;
  /** Packets that came too late for the jitter buffer; NaN: nobody tells, and then they are in no score. */
  readonly discarded: number;
  /** NaN: unknown, and scored as random loss. */
  readonly burstR: number;
  /** Ta; NaN: unknown. */
  readonly mouthToEarMs: number;
}

/** What a codec costs that is not built in. */
export interface OtherCost extends LossImpairment {
  readonly scale: CodecScale;
}

/**
 * Null for a codec without a score, and for a leg on which nothing was expected.
 * @param of a codec by its name, or what it costs
 */
export function scoreBreakdown(of: string | OtherCost, facts: BreakdownFacts): ScoreBreakdown | null {
  const codec = typeof of === 'string' ? findCodecImpairment(of) : of;
  if (codec === undefined || !(facts.expected > 0)) return null;
  const isWide = codec.scale === 'wideband';
  const faultlessR = isWide ? WIDEBAND_CLEAN_R : CLEAN_R;
  const mosOf = isWide ? widebandRToMos : rToMos;
  let left = faultlessR;
  const steps: BreakdownStep[] = [];
  const take = (term: BreakdownTerm, asked: number): void => {
    const points = Math.min(asked, left);
    left -= points;
    steps.push({ term, points, rFactor: left, mos: mosOf(left) });
  };
  take('codec', codec.ie);
  const loss = lossPoints(codec, facts, left);
  take('lost', loss.lost);
  take('late', loss.late);
  take('bursts', loss.bursts);
  const rFactor = left;
  const isDelayKnown = !Number.isNaN(facts.mouthToEarMs);
  if (isDelayKnown) {
    const delay = isWide ? widebandDelayImpairment : absoluteDelayImpairment;
    take('delay', delay(facts.mouthToEarMs));
  }
  return { scale: codec.scale, faultlessR, steps, rFactor, rFactorCq: isDelayKnown ? left : null };
}

/** @param left what is left of R before the loss: all of it goes where nothing at all was played */
function lossPoints(codec: LossImpairment, facts: BreakdownFacts, left: number) {
  const lost = Math.max(0, facts.lost);
  const late = facts.discarded > 0 ? facts.discarded : 0;
  const bad = lost + late;
  if (bad === 0) return { lost: 0, late: 0, bursts: 0 };
  const pplPercent = (bad / facts.expected) * 100;
  const isAll = pplPercent >= 100;
  const random = isAll ? left : Math.min(left, ieEffective(codec, pplPercent, 1) - codec.ie);
  const burstR = Number.isNaN(facts.burstR) ? 1 : facts.burstR;
  const bursts = isAll ? 0 : ieEffective(codec, pplPercent, burstR) - ieEffective(codec, pplPercent, 1);
  return { lost: (random * lost) / bad, late: (random * late) / bad, bursts };
}
