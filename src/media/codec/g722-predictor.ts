/**
 * Adaptive predictor of a G.722 sub-band (ITU-T G.722 §3.6, blocks 4L and 4H): two poles, six zeros, gradient signs only.
 * Encoder and decoder run the same one on the same quantized differences. Whole numbers throughout; the order of roundings counts.
 */
import { saturate } from './g722-arithmetic.js';

const ZEROS = 6;
/** Leaks of 1/256 (zeros and first pole) and 1/128 (second pole), in Q15. */
const SLOW_LEAK = 32_640;
const FAST_LEAK = 32_512;
const MAX_SECOND_POLE = 12_288;
/** The first pole stays below this less the second: beyond, the filter could ring. */
const STABLE = 15_360;

export class Predictor {
  /** Prediction of the next sample (s). */
  estimate = 0;
  private zeroEstimate = 0;
  private readonly zeros = new Int32Array(ZEROS);
  /** Quantized differences, newest first. */
  private readonly differences = new Int32Array(ZEROS);
  private pole1 = 0;
  private pole2 = 0;
  private reconstructed = 0;
  private partial1 = 0;
  private partial2 = 0;

  /** Takes the quantized difference of this sample, and predicts the next. */
  update(difference: number): void {
    const previous = this.reconstructed;
    const reconstructed = saturate(this.estimate + difference);
    const partial = saturate(this.zeroEstimate + difference);
    this.adaptPoles(partial);
    this.adaptZeros(difference);
    this.reconstructed = reconstructed;
    this.partial2 = this.partial1;
    this.partial1 = partial;
    const first = (this.pole1 * saturate(2 * reconstructed)) >> 15;
    const second = (this.pole2 * saturate(2 * previous)) >> 15;
    this.estimate = saturate(saturate(first + second) + this.zeroEstimate);
  }

  /** UPPOL2, then UPPOL1 with the new second pole: each moves by the sign of the partial reconstruction against earlier ones. */
  private adaptPoles(partial: number): void {
    const isLike1 = partial < 0 === this.partial1 < 0;
    const isLike2 = partial < 0 === this.partial2 < 0;
    const quadrupled = saturate(this.pole1 << 2);
    const pull = isLike1 ? Math.min(32_767, -quadrupled) : quadrupled;
    const pole2 = (pull >> 7) + (isLike2 ? 128 : -128) + ((this.pole2 * FAST_LEAK) >> 15);
    this.pole2 = Math.max(-MAX_SECOND_POLE, Math.min(MAX_SECOND_POLE, pole2));
    const pole1 = saturate((isLike1 ? 192 : -192) + ((this.pole1 * SLOW_LEAK) >> 15));
    const limit = STABLE - this.pole2;
    this.pole1 = Math.max(-limit, Math.min(limit, pole1));
  }

  /** UPZERO, the shift of the differences, and FILTEZ in one pass from the oldest to the newest. */
  private adaptZeros(difference: number): void {
    const { zeros, differences } = this;
    let sum = 0;
    for (let i = ZEROS - 1; i >= 0; i--) {
      const isLike = differences[i]! < 0 === difference < 0;
      const step = difference === 0 ? 0 : isLike ? 128 : -128;
      const zero = saturate(step + ((zeros[i]! * SLOW_LEAK) >> 15));
      const newer = i === 0 ? difference : differences[i - 1]!;
      zeros[i] = zero;
      differences[i] = newer;
      sum = saturate(sum + ((zero * saturate(2 * newer)) >> 15));
    }
    this.zeroEstimate = sum;
  }
}
