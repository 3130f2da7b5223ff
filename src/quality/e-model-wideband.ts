/**
 * The wideband E-model without echo: ITU-T G.107.1 (06/2019), equations 7-1, 7-2, 7-13 and 7-15, MOS by Annex A. Its scale
 * ends at R 129: figures of it must not stand beside narrowband ones. Talker and listener echo are left out: equation 7-6
 * was superseded by Corrigendum 1, and a tester has no acoustic path.
 */
import { absoluteDelayImpairment, ieEffective } from './e-model.js';
import { rToMos } from './mos.js';

/** Ro on the wideband scale (7-2). */
export const WIDEBAND_CLEAN_R = 129;
/** R of the wideband scale over R of the 0–100 scale (7-13, A-1). */
const WIDEBAND_RATIO = 1.29;

/** Input of the model, by the names of the Recommendation. */
export interface WidebandParameters {
  /** Equipment impairment factor, points of the wideband R. */
  readonly Ie: number;
  /** Packet-loss robustness factor. */
  readonly Bpl: number;
  /** Random packet-loss probability, percent. */
  readonly Ppl: number;
  /** Burst ratio; the Recommendation knows none, so above 1 the result is a `burstExtension`. */
  readonly BurstR: number;
  /** Absolute one-way delay, mouth to ear, ms. */
  readonly Ta: number;
  /** Advantage factor, points of R. */
  readonly A: number;
}

export interface WidebandResult {
  /** Absolute delay (7-13). */
  readonly Idd: number;
  /** Codec and packet loss (7-15). */
  readonly IeEff: number;
  /** Transmission rating (7-1), at most 129 + A, not clamped. */
  readonly R: number;
  /** R on the 0–100 scale of bands and MOS. */
  readonly Rx: number;
  /** MOS of Rx, 1–4.5 (Annex A). */
  readonly MOS: number;
  /** True when loss came in bursts: the burst ratio is taken over from G.107 (7-29), beyond the Recommendation. */
  readonly burstExtension: boolean;
}

const DEFAULTS: WidebandParameters = { Ie: 0, Bpl: 4.3, Ppl: 0, BurstR: 1, Ta: 0, A: 0 };

/**
 * G.107.1 without echo (7-1): R = 129 − 1.29·Idd(Ta) − Ie,eff + A.
 * @throws RangeError when a parameter is not finite, Ta is negative or Bpl not above 0.
 */
export function eModelWideband(input: Partial<WidebandParameters>): WidebandResult {
  const parameters = { ...DEFAULTS, ...input };
  for (const [name, value] of Object.entries<number>({ ...parameters })) {
    if (!Number.isFinite(value)) throw new RangeError(`wideband E-model: expected a finite ${name}, got ${value}`);
  }
  const { Ie, Bpl, Ppl, BurstR, Ta, A } = parameters;
  if (Ta < 0) throw new RangeError(`wideband E-model: expected Ta >= 0 ms, got ${Ta}`);
  if (Bpl <= 0) throw new RangeError(`wideband E-model: expected Bpl > 0, got ${Bpl}`);
  const Idd = widebandDelayImpairment(Ta);
  const IeEff = ieEffective({ ie: Ie, bpl: Bpl }, Ppl, BurstR); // its constant is 95 on this scale too
  const R = WIDEBAND_CLEAN_R - Idd - IeEff + A;
  return { Idd, IeEff, R, Rx: R / WIDEBAND_RATIO, MOS: widebandRToMos(R), burstExtension: BurstR > 1 && Ppl > 0 };
}

/** Idd on the wideband scale, points of R, of an absolute one-way delay in ms (7-13). */
export function widebandDelayImpairment(Ta: number): number {
  return WIDEBAND_RATIO * absoluteDelayImpairment(Ta);
}

/** MOS (1–4.5) of a wideband R: the narrowband curve at Rx = R / 1.29. */
export function widebandRToMos(r: number): number {
  return rToMos(r / WIDEBAND_RATIO);
}
