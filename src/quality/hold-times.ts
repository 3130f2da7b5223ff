/** When a call was on hold: nothing is expected then, and nothing that is due then is booked. Times in ms. */

/** So many holds are known of a call; seconds close within 4 s, so older ones are of no use. */
const KEPT = 8;
/** The sender may have stopped so much before we heard of the hold. */
const GUARD_MS = 200;
/** And may take so long after the hold until its first packet: as with a late start, that is no loss. */
const RETURN_MS = 1000;

export class HoldTimes {
  /** When the last hold ended, −∞ before there was one. */
  endedMs = Number.NEGATIVE_INFINITY;
  /** How many there were. */
  begun = 0;
  /** Whether a hold has ended and no packet came since. */
  awaitsPacket = false;

  private readonly from = new Float64Array(KEPT).fill(Number.NaN);
  private readonly until = new Float64Array(KEPT).fill(Number.NaN);
  /** When the first packet after it came, if soon. */
  private readonly returned = new Float64Array(KEPT).fill(Number.NaN);

  private isOpen = false;

  get isHeld(): boolean {
    return this.isOpen;
  }

  begin(nowMs: number): void {
    const place = this.begun % KEPT;
    this.from[place] = nowMs;
    this.until[place] = this.returned[place] = Number.POSITIVE_INFINITY;
    this.begun++;
    this.isOpen = true;
    this.awaitsPacket = false;
  }

  end(nowMs: number): void {
    const place = (this.begun - 1) % KEPT;
    this.until[place] = this.returned[place] = this.endedMs = nowMs;
    this.isOpen = false;
    this.awaitsPacket = true;
  }

  /** The first packet after a hold came: silence is excused until then, if it came soon. */
  noteArrival(arrivalMs: number): void {
    this.awaitsPacket = false;
    if (arrivalMs > this.endedMs && arrivalMs - this.endedMs <= RETURN_MS) {
      this.returned[(this.begun - 1) % KEPT] = this.endedMs = arrivalMs;
    }
  }

  /** Whether a packet that was due then is none of ours to expect. */
  covers(timeMs: number): boolean {
    for (let i = 0; i < Math.min(this.begun, KEPT); i++) {
      if (timeMs >= (this.from[i] ?? 0) && timeMs < (this.until[i] ?? 0)) {
        return true;
      }
    }
    return false;
  }

  /** Until when silence at that time is excused; NaN where it is not. */
  excusedUntil(timeMs: number): number {
    for (let i = 0; i < Math.min(this.begun, KEPT); i++) {
      if (timeMs >= (this.from[i] ?? 0) - GUARD_MS && timeMs < (this.returned[i] ?? 0)) {
        return this.returned[i] ?? Number.NaN;
      }
    }
    return Number.NaN;
  }

  /** Whether a part of this stretch of time was on hold. */
  touches(fromMs: number, untilMs: number): boolean {
    for (let i = 0; i < Math.min(this.begun, KEPT); i++) {
      if ((this.from[i] ?? 0) < untilMs && (this.until[i] ?? 0) > fromMs) {
        return true;
      }
    }
    return false;
  }
}
