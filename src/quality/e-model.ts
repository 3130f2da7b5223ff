/**
 * The narrowband E-model: ITU-T G.107 (06/2015) in full, equations 7-1 to 7-30. Levels in dB, dBm0p and dB(A), delays
 * in ms, Ppl in percent. Wideband (G.107.1) is another scale, in its own file; fullband (G.107.2) is left out.
 */
import type { LossImpairment } from './codec-impairment.js';
import { rToMos } from './mos.js';

/** Input of the model, by the names of Table 3. */
export interface EModelParameters {
  /** Send loudness rating, dB (0–18). */
  readonly SLR: number;
  /** Receive loudness rating, dB (−5–14). */
  readonly RLR: number;
  /** Sidetone masking rating, dB (10–20). */
  readonly STMR: number;
  /** Listener sidetone rating, dB (13–23). */
  readonly LSTR: number;
  /** D-value of the telephone, send side (−3–3). */
  readonly Ds: number;
  /** D-value of the telephone, receive side (−3–3); acts through LSTR, which is given apart. */
  readonly Dr: number;
  /** Talker echo loudness rating, dB (5–65). */
  readonly TELR: number;
  /** Weighted echo path loss, dB (5–110). */
  readonly WEPL: number;
  /** Mean one-way delay of the echo path, ms (0–500). */
  readonly T: number;
  /** Round-trip delay in the 4-wire loop, ms (0–1000). */
  readonly Tr: number;
  /** Absolute one-way delay, mouth to ear, ms (0–500). */
  readonly Ta: number;
  /** Minimum perceivable delay, ms; 100 for telephony. */
  readonly mT: number;
  /** Delay sensitivity; 1 for telephony. */
  readonly sT: number;
  /** Quantization distortion units (1–14). */
  readonly qdu: number;
  /** Equipment impairment factor, points of R (0–40). */
  readonly Ie: number;
  /** Packet-loss robustness factor (4.3–40). */
  readonly Bpl: number;
  /** Random packet-loss probability, percent (0–20). */
  readonly Ppl: number;
  /** Burst ratio (1–8). */
  readonly BurstR: number;
  /** Circuit noise at the 0 dBr point, dBm0p (−80–−40). */
  readonly Nc: number;
  /** Noise floor at the receive side, dBmp. */
  readonly Nfor: number;
  /** Room noise at the send side, dB(A) (35–85). */
  readonly Ps: number;
  /** Room noise at the receive side, dB(A) (35–85). */
  readonly Pr: number;
  /** Advantage factor, points of R (0–20). A measuring tool leaves it at 0. */
  readonly A: number;
}

/** Every term of the model, by the names of the Recommendation. */
export interface EModelResult {
  /** Send-side room noise at 0 dBr, dBm0p (7-4). */
  readonly Nos: number;
  /** Effective room noise at the receive side, dB(A) (7-6). */
  readonly Pre: number;
  /** Receive-side room noise at 0 dBr, dBm0p (7-5). */
  readonly Nor: number;
  /** Noise floor at 0 dBr, dBm0p (7-7). */
  readonly Nfo: number;
  /** Sum of all noise, dBm0p (7-3). */
  readonly No: number;
  /** Basic signal-to-noise ratio, points of R (7-2). */
  readonly Ro: number;
  readonly Xolr: number;
  /** Too low an overall loudness rating (7-9). */
  readonly Iolr: number;
  readonly STMRo: number;
  /** Sidetone (7-11). */
  readonly Ist: number;
  /** Quantization (7-13). */
  readonly Iq: number;
  /** Simultaneous impairments (7-8). */
  readonly Is: number;
  /** Talker echo loudness after delay, dB (7-22), before the correction for a strong sidetone (7-23). */
  readonly TERV: number;
  /** Talker echo (7-19); Idtes where STMR > 20 dB (7-24). */
  readonly Idte: number;
  /** Listener echo (7-25). */
  readonly Idle: number;
  /** Absolute delay (7-27). */
  readonly Idd: number;
  /** Delay impairments (7-18). */
  readonly Id: number;
  /** Codec and packet loss (7-29). */
  readonly IeEff: number;
  /** Transmission rating (7-1), not clamped: bursts can take it below 0. */
  readonly R: number;
  /** MOS of R, 1–4.5 (Annex B). */
  readonly MOS: number;
  /** True when an input lies outside the range for which the model was validated (Table 3 and its note 6). */
  readonly extrapolated: boolean;
}

/** Table 3. */
export const E_MODEL_DEFAULTS: EModelParameters = {
  SLR: 8,
  RLR: 2,
  STMR: 15,
  LSTR: 18,
  Ds: 3,
  Dr: 3,
  TELR: 65,
  WEPL: 110,
  T: 0,
  Tr: 0,
  Ta: 0,
  mT: 100,
  sT: 1,
  qdu: 1,
  Ie: 0,
  Bpl: 4.3,
  Ppl: 0,
  BurstR: 1,
  Nc: -70,
  Nfor: -64,
  Ps: 35,
  Pr: 35,
  A: 0,
};

const VALIDATED_RANGES: readonly (readonly [name: keyof EModelParameters, low: number, high: number])[] = [
  ['SLR', 0, 18],
  ['RLR', -5, 14],
  ['STMR', 10, 20],
  ['LSTR', 13, 23],
  ['Ds', -3, 3],
  ['Dr', -3, 3],
  ['TELR', 5, 65],
  ['WEPL', 5, 110],
  ['T', 0, 500],
  ['Tr', 0, 1000],
  ['Ta', 0, 500],
  ['qdu', 1, 14],
  ['Ie', 0, 40],
  ['Bpl', 4.3, 40],
  ['Ppl', 0, 20],
  ['BurstR', 1, 8],
  ['Nc', -80, -40],
  ['Ps', 35, 85],
  ['Pr', 35, 85],
  ['A', 0, 20],
];

/**
 * G.107 for the given parameters, the rest at their defaults (7-1): R = Ro − Is − Id − Ie,eff + A.
 * @throws RangeError when a parameter is not finite, a delay is negative, or qdu, Bpl, mT or sT is not above 0.
 */
export function eModel(input: Partial<EModelParameters>): EModelResult {
  const parameters = { ...E_MODEL_DEFAULTS, ...input };
  checkParameters(parameters);
  const noise = noiseTerms(parameters);
  const simultaneous = simultaneousTerms(parameters, noise);
  const delay = delayTerms(parameters, noise, simultaneous.Ist);
  const { Ie, Bpl, Ppl, BurstR, A } = parameters;
  const IeEff = ieEffective({ ie: Ie, bpl: Bpl }, Ppl, BurstR);
  const R = noise.Ro - simultaneous.Is - delay.Id - IeEff + A;
  const extrapolated = isExtrapolated(parameters);
  return { ...noise, ...simultaneous, ...delay, IeEff, R, MOS: rToMos(R), extrapolated };
}

/**
 * Ie,eff = Ie + (95 − Ie)·Ppl / (Ppl/BurstR + Bpl), points of R (7-29). Bursts can take it above 95: that is the formula.
 * @param pplPercent loss, percent
 * @param burstR burst ratio; values below 1 count as 1
 */
export function ieEffective({ ie, bpl }: LossImpairment, pplPercent: number, burstR: number): number {
  if (pplPercent <= 0) return ie;
  return ie + ((95 - ie) * pplPercent) / (pplPercent / Math.max(1, burstR) + bpl);
}

/** Idd, points of R, of an absolute one-way delay in ms (7-27, 7-28). A well-known library reads 6 − sT for the exponent 6·sT. */
export function absoluteDelayImpairment(
  Ta: number,
  mT: number = E_MODEL_DEFAULTS.mT,
  sT: number = E_MODEL_DEFAULTS.sT,
): number {
  if (Ta <= mT) return 0;
  const X = Math.log2(Ta / mT);
  const exponent = 6 * sT;
  return 25 * ((1 + X ** exponent) ** (1 / exponent) - 3 * (1 + (X / 3) ** exponent) ** (1 / exponent) + 2);
}

/** R of a faultless narrowband call without delay and echo: 93.2062. */
export const CLEAN_R: number = eModel({}).R;

function checkParameters(parameters: EModelParameters): void {
  for (const [name, value] of Object.entries<number>({ ...parameters })) {
    if (!Number.isFinite(value)) throw new RangeError(`E-model: expected a finite ${name}, got ${value}`);
  }
  for (const name of ['T', 'Tr', 'Ta'] as const) {
    if (parameters[name] < 0) throw new RangeError(`E-model: expected ${name} >= 0 ms, got ${parameters[name]}`);
  }
  for (const name of ['qdu', 'Bpl', 'mT', 'sT'] as const) {
    if (parameters[name] <= 0) throw new RangeError(`E-model: expected ${name} > 0, got ${parameters[name]}`);
  }
}

function isExtrapolated(parameters: EModelParameters): boolean {
  // Note 6 of Table 3: bursty loss is validated below 2 % only.
  if (parameters.BurstR > 2 && parameters.Ppl >= 2) return true;
  return VALIDATED_RANGES.some(([name, low, high]) => parameters[name] < low || parameters[name] > high);
}

type NoiseTerms = Pick<EModelResult, 'Nos' | 'Pre' | 'Nor' | 'Nfo' | 'No' | 'Ro'>;

/** Ro, the basic signal-to-noise ratio (7-2 to 7-7). */
function noiseTerms({ SLR, RLR, LSTR, Ds, Ps, Pr, Nc, Nfor }: EModelParameters): NoiseTerms {
  const OLR = SLR + RLR;
  const Nos = Ps - SLR - Ds - 100 + 0.004 * (Ps - OLR - Ds - 14) ** 2;
  const Pre = Pr + 10 * Math.log10(1 + 10 ** ((10 - LSTR) / 10));
  const Nor = RLR - 121 + Pre + 0.008 * (Pre - 35) ** 2;
  const Nfo = Nfor + RLR;
  const No = 10 * Math.log10(10 ** (Nc / 10) + 10 ** (Nos / 10) + 10 ** (Nor / 10) + 10 ** (Nfo / 10));
  return { Nos, Pre, Nor, Nfo, No, Ro: 15 - 1.5 * (SLR + No) };
}

type SimultaneousTerms = Pick<EModelResult, 'Xolr' | 'Iolr' | 'STMRo' | 'Ist' | 'Iq' | 'Is'>;

/** Is, what happens together with the voice: loudness, sidetone, quantization (7-8 to 7-17). */
function simultaneousTerms(parameters: EModelParameters, { No, Ro }: NoiseTerms): SimultaneousTerms {
  const { SLR, RLR, STMR, TELR, T, qdu } = parameters;
  const Xolr = SLR + RLR + 0.2 * (64 + No - RLR);
  const Iolr = 20 * ((1 + (Xolr / 8) ** 8) ** (1 / 8) - Xolr / 8);
  const STMRo = -10 * Math.log10(10 ** (-STMR / 10) + Math.exp(-T / 4) * 10 ** (-TELR / 10));
  const Ist =
    12 * (1 + ((STMRo - 13) / 6) ** 8) ** (1 / 8) -
    28 * (1 + ((STMRo + 1) / 19.4) ** 35) ** (1 / 35) -
    13 * (1 + ((STMRo - 3) / 33) ** 13) ** (1 / 13) +
    29;
  const Iq = quantizationTerm(Ro, qdu);
  return { Xolr, Iolr, STMRo, Ist, Iq, Is: Iolr + Ist + Iq };
}

/** Iq (7-13 to 7-17). */
function quantizationTerm(Ro: number, qdu: number): number {
  const Q = 37 - 15 * Math.log10(qdu);
  const G = 1.07 + 0.258 * Q + 0.0602 * Q ** 2;
  const Y = (Ro - 100) / 15 + 46 / 8.4 - G / 9;
  const Z = 46 / 30 - G / 40;
  return 15 * Math.log10(1 + 10 ** Y + 10 ** Z);
}

type DelayTerms = Pick<EModelResult, 'TERV' | 'Idte' | 'Idle' | 'Idd' | 'Id'>;

/** Id, echo and delay (7-18 to 7-28). */
function delayTerms(parameters: EModelParameters, { No, Ro }: NoiseTerms, Ist: number): DelayTerms {
  const { RLR, STMR, TELR, WEPL, T, Tr, Ta, mT, sT } = parameters;
  const TERV = TELR - 40 * Math.log10((1 + T / 10) / (1 + T / 150)) + 6 * Math.exp(-0.3 * T ** 2);
  const Roe = -1.5 * (No - RLR);
  const Re = 80 + 2.5 * ((STMR < 9 ? TERV + Ist / 2 : TERV) - 14);
  const halfEcho = (Roe - Re) / 2;
  // Below 1 ms an echo is heard as sidetone.
  const echo = T < 1 ? 0 : (halfEcho + Math.sqrt(halfEcho ** 2 + 100) - 1) * (1 - Math.exp(-T));
  const Idte = STMR > 20 ? Math.hypot(echo, Ist) : echo;
  const Rle = 10.5 * (WEPL + 7) * (Tr + 1) ** -0.25;
  const Idle = (Ro - Rle) / 2 + Math.sqrt((Ro - Rle) ** 2 / 4 + 169);
  const Idd = absoluteDelayImpairment(Ta, mT, sT);
  return { TERV, Idte, Idle, Idd, Id: Idte + Idle + Idd };
}
