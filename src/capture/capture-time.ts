/**
 * Times of captured packets: ticks of any size since 1970 in two 32-bit words, as seconds and a rest in ns. A double does not
 * hold 2^60, but products of a power of two and remainders of doubles are exact.
 */

/** Ticks of a second: 10^6 unless the interface says otherwise. */
export const MICROSECONDS = 1e6;
const NS_PER_SECOND = 1e9;
/** Finer clocks than that cannot be divided exactly, and no writer has one. */
const MOST_TICKS = 2 ** 50;

export interface CaptureTime {
  /** Whole seconds since 1970. */
  seconds: number;
  /** Below 10^9, perhaps with a fraction. */
  ns: number;
}

/** Reads ticks into a reused object. */
export function setTicks(time: CaptureTime, high: number, low: number, ticksPerSecond: number): void {
  const upper = high * 0x1_0000_0000;
  const upperRest = upper % ticksPerSecond;
  const rest = (upperRest + low) % ticksPerSecond;
  time.seconds = (upper - upperRest) / ticksPerSecond + (upperRest + low - rest) / ticksPerSecond;
  time.ns = (rest / ticksPerSecond) * NS_PER_SECOND;
}

/** Ticks of a second by `if_tsresol`: a power of 10, or of 2 where its highest bit is set; null for one that is too fine. */
export function ticksOf(resolution: number): number | null {
  const ticks = (resolution & 0x80) === 0 ? 10 ** resolution : 2 ** (resolution & 0x7f);
  return ticks <= MOST_TICKS ? ticks : null;
}
