/** The hard cap on calls per second as a token bucket: it never shapes a planned load, only what would run away. */

/** What may start at once, as a share of a second: a late turn of the loop makes up for its starts together. */
const BURST_SECONDS = 0.1;

export class StartLimiter {
  private tokens: number;
  private readonly burst: number;
  private lastMs = 0;

  /** @param ratePerSecond calls/s, above 0 */
  constructor(private readonly ratePerSecond: number) {
    this.burst = Math.max(1, ratePerSecond * BURST_SECONDS);
    this.tokens = this.burst;
  }

  /** True when a call may start now. */
  take(nowMs: number): boolean {
    const grown = this.tokens + (Math.max(0, nowMs - this.lastMs) * this.ratePerSecond) / 1000;
    this.tokens = Math.min(this.burst, grown);
    this.lastMs = nowMs;
    if (this.tokens < 1) {
      return false;
    }
    this.tokens--;
    return true;
  }
}
