/** The quadrature mirror filter of ITU-T G.722 §3.1: the same 24 taps split 16 kHz into two bands and join them again. */

const RISE = [3, -11, -11, 53, 12, -156, 32, 362, -210, -805, 951, 3876];
const TAPS = [...RISE, ...RISE.toReversed()];

const HALF = TAPS.length / 2;
const EVEN_TAPS = Int32Array.from(TAPS.filter((_, i) => i % 2 === 0));
const ODD_TAPS = Int32Array.from(TAPS.filter((_, i) => i % 2 === 1));

/** Delay line and the two half sums of one direction. */
export class QuadratureFilter {
  /** Σ h[i]·d[i] over even i (`newest` and every second before it) and over odd i, where d[0] is the newest. */
  evenSum = 0;
  oddSum = 0;
  /** Each value is written twice, `HALF` apart, so that a window newest to oldest is always in one piece. */
  private readonly even = new Int32Array(2 * HALF);
  private readonly odd = new Int32Array(2 * HALF);
  private position = 0;

  /** Takes two values in, of which `newest` is d[0], and forms the sums. */
  push(older: number, newest: number): void {
    const { even, odd } = this;
    const start = this.position === 0 ? HALF - 1 : this.position - 1;
    this.position = start;
    even[start] = even[start + HALF] = newest;
    odd[start] = odd[start + HALF] = older;
    let evenSum = 0;
    let oddSum = 0;
    for (let i = 0; i < HALF; i++) {
      evenSum += EVEN_TAPS[i]! * even[start + i]!;
      oddSum += ODD_TAPS[i]! * odd[start + i]!;
    }
    this.evenSum = evenSum;
    this.oddSum = oddSum;
  }
}
