/**
 * The seconds of a leg in which this host dropped datagrams at its socket: what seems lost in them is not the far side's
 * doing. A drop is known only by the packets read before and after it, so every second between the two is marked.
 */
import { SCORE_WINDOW_SECONDS } from '../quality/score-window.js';
import { SPOILED } from './messages.js';

/** A packet counts in the second in which it was due, which is so long before it came at most. */
const LATEST_MS = 200;

export class DropMarks {
  /** When what was read last had come; NaN: nothing has. */
  lastReadMs = Number.NaN;
  /** Datagrams dropped at the socket as far as they are noted, those of earlier calls as well. */
  seen = 0;
  /** Those that still spoil a second that is open; hardly ever any. */
  private dropped: number[] = [];
  private firstSecond = 0;
  private firstOpen = 0;
  private isUp = false;
  private endedMs = Number.NaN;

  /** The next call on the slot. */
  begin(answeredMs: number): void {
    this.dropped = [];
    this.firstSecond = this.firstOpen = Math.floor(answeredMs / 1000);
    this.isUp = true;
  }

  /** Its last second has closed. */
  end(endedMs: number): void {
    this.isUp = false;
    this.endedMs = endedMs;
  }

  /**
   * The socket was read, and tells of more drops than before.
   * @returns how many fell into seconds whose rows have been told without a mark
   */
  note(drops: number, nowMs: number): number {
    const added = drops - this.seen;
    this.seen = drops;
    // Between two calls nothing is spoiled, unless it fell in the last moments of the one before.
    const isDated = this.isUp ? this.mark(nowMs) : !(this.lastReadMs < this.endedMs);
    return isDated ? 0 : added;
  }

  /** Marks all seconds since the last read; false when one of the call's is closed. */
  private mark(nowMs: number): boolean {
    const from = Math.floor((this.lastReadMs - LATEST_MS) / 1000);
    const first = from > this.firstSecond ? from : this.firstSecond; // also where nothing had come before
    for (let second = Math.max(first, this.firstOpen); second <= Math.floor(nowMs / 1000); second++) {
      if (!this.dropped.includes(second)) {
        this.dropped.push(second);
      }
    }
    return first >= this.firstOpen;
  }

  /** Closes a second; gives what is spoiled of it, a value of SPOILED. */
  close(second: number): number {
    this.firstOpen = Math.max(this.firstOpen, second + 1);
    if (this.dropped.length === 0) {
      return SPOILED.nothing;
    }
    this.dropped = this.dropped.filter((at) => second - at < SCORE_WINDOW_SECONDS);
    if (this.dropped.includes(second)) {
      return SPOILED.all;
    }
    return this.dropped.some((at) => at < second) ? SPOILED.scores : SPOILED.nothing;
  }
}
