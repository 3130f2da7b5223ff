/**
 * The two sub-bands of ITU-T G.722 at 64 kbit/s (mode 1): quantizers and scale factors (§3.3–§3.5, §4.3–§4.5) around the predictor.
 * The low band has 6 bits a sample, of which the top 4 drive the adaptation; the high band has 2. Leaves out modes 2 and 3.
 */
import { limitSubBand, saturate } from './g722-arithmetic.js';
import { Predictor } from './g722-predictor.js';

/** Decision levels of the 6-bit quantizer (Q6), in 1/4096 of the scale factor. */
const LOW_LEVELS = Int32Array.from([
  0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339,
  1458, 1612, 1765, 1980, 2195, 2557, 2919,
]);
/** Code words by interval (1–30) of a negative and of a positive difference (ILN, ILP). */
const LOW_NEGATIVE = Uint8Array.from({ length: 31 }, (_, i) => (i === 0 ? 0 : i < 3 ? 64 - i : 34 - i));
const LOW_POSITIVE = Uint8Array.from({ length: 31 }, (_, i) => (i === 0 ? 0 : 62 - i));

/** Outputs of the 4-bit inverse quantizer (QM4), in 1/32768 of the scale factor. */
const LOW_OUTPUTS_4 = Int32Array.from([
  0, -20_456, -12_896, -8968, -6288, -4240, -2584, -1200, 20_456, 12_896, 8968, 6288, 4240, 2584, 1200, 0,
]);
/** Magnitudes that the 6-bit inverse quantizer (QM6) has for both signs, from the largest on. */
const LOW_MAGNITUDES = [
  24_808, 21_904, 19_008, 16_704, 14_984, 13_512, 12_280, 11_192, 10_232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
  4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728,
];
/** Of the 64 codes, 4 are not used by an encoder, and the last 4 stand around zero. */
const LOW_OUTPUTS_6 = Int32Array.from(
  [-136, -136, -136, -136].concat(
    LOW_MAGNITUDES.map((magnitude) => -magnitude),
    LOW_MAGNITUDES,
    [432, 136, -432, -136],
  ),
);
/** What a 4-bit code adds to the logarithmic scale factor (WL by way of RL42). */
const LOW_WEIGHTS = Int32Array.of(-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60);

/** Inverse quantizer (QM2) and log weights (WH by way of RH2) of the high band's codes; decision level 564/4096. */
const HIGH_OUTPUTS = Int32Array.of(-7408, -1616, 7408, 1616);
const HIGH_WEIGHTS = Int32Array.of(798, -214, 798, -214);
const HIGH_LEVEL = 564;

/** 2^(i/32) in Q11 (ILB). */
const EXPONENTIALS = Int32Array.from([
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025,
  3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
]);

/** Logarithm of the low band's scale factor (2048 to an octave, from 0 on) after a 6-bit code. */
export const adaptLow = (logarithm: number, code: number): number =>
  Math.max(0, Math.min(18_432, ((logarithm * 127) >> 7) + LOW_WEIGHTS[code >> 2]!));

/** Logarithm of the high band's scale factor (2048 to an octave, from 0 on) after a 2-bit code. */
export const adaptHigh = (logarithm: number, code: number): number =>
  Math.max(0, Math.min(22_528, ((logarithm * 127) >> 7) + HIGH_WEIGHTS[code]!));

/** Scale factor of a quantizer: its logarithm leaks by 1/128 a sample and is pushed by the codes. */
class ScaleFactor {
  value: number;
  private logarithm = 0;

  /** `shift`: how far down the table of exponentials is scaled. */
  constructor(
    private readonly shift: number,
    private readonly adaptLogarithm: (logarithm: number, code: number) => number,
  ) {
    this.value = this.linear();
  }

  adapt(code: number): void {
    this.logarithm = this.adaptLogarithm(this.logarithm, code);
    this.value = this.linear();
  }

  private linear(): number {
    const mantissa = EXPONENTIALS[(this.logarithm >> 6) & 31]!;
    const down = this.shift - (this.logarithm >> 11);
    return (down < 0 ? mantissa << -down : mantissa >> down) << 2;
  }
}

/** 0 to 4 kHz. */
export class LowBand {
  private readonly predictor = new Predictor();
  private readonly scale = new ScaleFactor(8, adaptLow);

  /** The 6-bit code of a sub-band sample. */
  encode(sample: number): number {
    const difference = saturate(sample - this.predictor.estimate);
    const magnitude = difference < 0 ? -difference - 1 : difference;
    const scale = this.scale.value;
    let interval = 1;
    while (interval < 30 && magnitude >= (LOW_LEVELS[interval]! * scale) >> 12) interval++;
    const code = (difference < 0 ? LOW_NEGATIVE : LOW_POSITIVE)[interval]!;
    this.adapt(code);
    return code;
  }

  /** The sub-band sample of a 6-bit code. */
  decode(code: number): number {
    const difference = (this.scale.value * LOW_OUTPUTS_6[code]!) >> 15;
    const sample = limitSubBand(saturate(this.predictor.estimate + difference));
    this.adapt(code);
    return sample;
  }

  /** By the top 4 bits only: the modes that give the two others away must adapt alike. */
  private adapt(code: number): void {
    const difference = (this.scale.value * LOW_OUTPUTS_4[code >> 2]!) >> 15;
    this.scale.adapt(code);
    this.predictor.update(difference);
  }
}

/** 4 to 8 kHz. */
export class HighBand {
  private readonly predictor = new Predictor();
  private readonly scale = new ScaleFactor(10, adaptHigh);

  /** The 2-bit code of a sub-band sample. */
  encode(sample: number): number {
    const difference = saturate(sample - this.predictor.estimate);
    const magnitude = difference < 0 ? -difference - 1 : difference;
    const isOuter = magnitude >= (HIGH_LEVEL * this.scale.value) >> 12;
    const sign = difference < 0 ? 0 : 2;
    const code = isOuter ? sign : sign + 1;
    this.adapt(code);
    return code;
  }

  /** The sub-band sample of a 2-bit code. */
  decode(code: number): number {
    const { estimate } = this.predictor;
    return limitSubBand(saturate(this.adapt(code) + estimate));
  }

  /** Returns the quantized difference. */
  private adapt(code: number): number {
    const difference = (this.scale.value * HIGH_OUTPUTS[code]!) >> 15;
    this.scale.adapt(code);
    this.predictor.update(difference);
    return difference;
  }
}
