/** When a call was on hold: nothing is expected then, and nothing that is due then is booked. Times in ms. */

/** So many holds are known of a call; seconds close within 4 s, so older ones are of no use. */
const KEPT = 8;
/** The sender may have stopped so much before we heard of the hold. */
const GUARD_MS = 200;
/** And may take so long after the hold until its first packet: as with a late start, that is no loss. */
const RETURN_MS = 1000;

const FROM = 0;
const UNTIL = 1;
const RETURNED = 2;
const COLUMNS = 3;
const NO_HOLDS = new Float64Array(0);

export class HoldTimes {
  /** When the last hold ended, −∞ before there was one. */
  endedMs = Number.NEGATIVE_INFINITY;
  /** How many there were. */
  begun = 0;
  /** Whether a hold has ended and no packet came since. */
  awaitsPacket = false;

  /** Of each: from when, until when, and when the first packet after it came, if soon. Most calls have none, and no table. */
  private times = NO_HOLDS;

  private isOpen = false;

  get isHeld(): boolean {
    return this.isOpen;
  }

  begin(nowMs: number): void {
    if (this.begun === 0) {
      this.times = new Float64Array(KEPT * COLUMNS);
    }
    const row = (this.begun % KEPT) * COLUMNS;
    this.times[row + FROM] = nowMs;
    this.times[row + UNTIL] = this.times[row + RETURNED] = Number.POSITIVE_INFINITY;
    this.begun++;
    this.isOpen = true;
    this.awaitsPacket = false;
  }

  end(nowMs: number): void {
    const row = this.lastRow;
    this.times[row + UNTIL] = this.times[row + RETURNED] = this.endedMs = nowMs;
    this.isOpen = false;
    this.awaitsPacket = true;
  }

  /** The first packet after a hold came: silence is excused until then, if it came soon. */
  noteArrival(arrivalMs: number): void {
    this.awaitsPacket = false;
    if (arrivalMs > this.endedMs && arrivalMs - this.endedMs <= RETURN_MS) {
      this.times[this.lastRow + RETURNED] = this.endedMs = arrivalMs;
    }
  }

  /** Whether a packet that was due then is none of ours to expect. */
  covers(timeMs: number): boolean {
    const { times, rows } = this;
    for (let row = 0; row < rows; row += COLUMNS) {
      if (timeMs >= (times[row + FROM] ?? 0) && timeMs < (times[row + UNTIL] ?? 0)) {
        return true;
      }
    }
    return false;
  }

  /** Until when silence at that time is excused; NaN where it is not. */
  excusedUntil(timeMs: number): number {
    const { times, rows } = this;
    for (let row = 0; row < rows; row += COLUMNS) {
      if (timeMs >= (times[row + FROM] ?? 0) - GUARD_MS && timeMs < (times[row + RETURNED] ?? 0)) {
        return times[row + RETURNED] ?? Number.NaN;
      }
    }
    return Number.NaN;
  }

  /** Whether a part of this stretch of time was on hold. */
  touches(fromMs: number, untilMs: number): boolean {
    const { times, rows } = this;
    for (let row = 0; row < rows; row += COLUMNS) {
      if ((times[row + FROM] ?? 0) < untilMs && (times[row + UNTIL] ?? 0) > fromMs) {
        return true;
      }
    }
    return false;
  }

  /** Cells in use. */
  private get rows(): number {
    return Math.min(this.begun, KEPT) * COLUMNS;
  }

  private get lastRow(): number {
    return ((this.begun - 1) % KEPT) * COLUMNS;
  }
}
