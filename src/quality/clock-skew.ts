/**
 * By how much the sender's media clock runs faster than our clock: the slope of the smallest transit of each second, by least
 * squares (delays only add to a transit, so the smallest ones show the clocks). Positive: theirs is faster. Times in ms.
 */

/** Below this nothing can be said: 1 ppm is 0.03 ms then. */
const MIN_SPAN_MS = 30_000;
/** A smallest transit that differs so much from the one before is a new path or a stream that was moved, not a clock. */
const MOVED_MS = 200;
/** A quarter of its seconds at least must have held a packet. */
const MIN_SECONDS = 8;

export class ClockSkew {
  /** ppm; NaN before 30 s of packets. The last known one, where the stream has begun anew. */
  ppm = Number.NaN;

  /** The second in hand, from here for 1000 ms. */
  private secondMs = Number.NaN;
  /** The smallest transit of the second in hand and of the one before, which a clock step may still void. */
  private least = Number.POSITIVE_INFINITY;
  private leastAtMs = Number.NaN;
  private waiting = Number.NaN;
  private waitingAtMs = Number.NaN;

  private originMs = Number.NaN;
  private originTransitMs = 0;
  private lastTransitMs = 0;
  private spanMs = 0;
  private count = 0;
  private sumX = 0;
  private sumY = 0;
  private sumXx = 0;
  private sumXy = 0;

  take(arrivalMs: number, transitMs: number): void {
    if (!(arrivalMs >= this.secondMs && arrivalMs < this.secondMs + 1000)) {
      this.turn(Math.floor(arrivalMs / 1000) * 1000);
    }
    if (transitMs < this.least) {
      this.least = transitMs;
      this.leastAtMs = arrivalMs;
    }
  }

  /** What follows cannot be compared with what was: a new source, timestamps set anew, a step of the wall clock. */
  restart(): void {
    this.secondMs = Number.NaN;
    this.least = Number.POSITIVE_INFINITY;
    this.waiting = Number.NaN;
    this.clear();
  }

  private turn(secondMs: number): void {
    if (!Number.isNaN(this.waiting)) {
      this.add(this.waitingAtMs, this.waiting);
    }
    this.waiting = Number.isFinite(this.least) ? this.least : Number.NaN;
    this.waitingAtMs = this.leastAtMs;
    this.least = Number.POSITIVE_INFINITY;
    this.secondMs = secondMs;
  }

  private add(atMs: number, transitMs: number): void {
    if (!(Math.abs(transitMs - this.lastTransitMs) <= MOVED_MS) || !(atMs >= this.originMs)) {
      this.clear();
    }
    if (this.count === 0) {
      this.originMs = atMs;
      this.originTransitMs = transitMs;
    }
    this.lastTransitMs = transitMs;
    this.spanMs = atMs - this.originMs;
    const x = this.spanMs;
    const y = transitMs - this.originTransitMs;
    this.count++;
    this.sumX += x;
    this.sumY += y;
    this.sumXx += x * x;
    this.sumXy += x * y;
    if (this.spanMs >= MIN_SPAN_MS && this.count >= MIN_SECONDS) {
      const spread = this.count * this.sumXx - this.sumX * this.sumX;
      this.ppm = (-1e6 * (this.count * this.sumXy - this.sumX * this.sumY)) / spread;
    }
  }

  private clear(): void {
    this.originMs = Number.NaN;
    this.count = this.spanMs = this.sumX = this.sumY = this.sumXx = this.sumXy = 0;
  }
}
