/**
 * Books what was due into its seconds: packets in sequence order, and the time slots of a stream that fell silent. Each
 * second has its counts and its runs of bad packets; bursts and gaps are those of the whole call. Times in ms.
 */
import { BurstGap } from './burst-gap.js';
import { HoldTimes } from './hold-times.js';
import { OPEN_SECONDS, slotOf, type MeteredSecond } from './metered-second.js';

/** The fate of a sequence number; lost until its packet came. */
export const LOST = 0;
export const RECEIVED = 1;
export const DISCARDED = 2;
/** A telephone event or comfort noise that came: no audio, but not lost. */
export const AUXILIARY = 3;
/** The same, after which the sender is silent on purpose. */
export const SUPPRESSING = 4;

/** A row of the book has a count for each of the first three fates, the runs that began, and whether it begins in a run. */
const RUNS = 3;
const BEGINS_IN_RUN = 4;
const COLUMNS = 5;

/** A sender that leaves out packets and their sequence numbers for longer than this is silent: its time slots are loss. */
export const PAUSE_MS = 1000;
/** No packet is expected in the last moments of a call: the far side may have stopped before its BYE reached us. */
const END_GUARD_MS = 200;

export class LossBook {
  readonly bursts = new BurstGap();
  readonly holds = new HoldTimes();
  /** The latest time at which a sequence number was due that is booked; NaN before the first of the call. */
  lastDueMs = Number.NaN;
  /** Seconds before this time are closed, and the second that it lies in. */
  closedUntilMs = 0;
  firstOpenSecond = 0;

  private readonly cells = new Int32Array(OPEN_SECONDS * COLUMNS);
  private beganMs = 0;
  private endedMs = Number.POSITIVE_INFINITY;
  private expectsAudio = true;
  /** Time slots up to here are booked as silence: what was due in them is not booked again. */
  private silentUntilMs = Number.NEGATIVE_INFINITY;
  /** Comfort noise was booked last: until the next audio packet silence is no loss. */
  private isSuppressed = false;

  begin(nowMs: number, expectsAudio: boolean): void {
    this.beganMs = nowMs;
    this.closeUntil(nowMs);
    this.expectsAudio = expectsAudio;
  }

  end(nowMs: number): void {
    this.endedMs = nowMs;
  }

  closeUntil(timeMs: number): void {
    this.closedUntilMs = timeMs;
    this.firstOpenSecond = Math.floor(timeMs / 1000);
  }

  /** Takes the next sequence number: when it was due, its fate, and the audio it stands for. */
  book(dueMs: number, fate: number, packetMs: number): void {
    if (!(dueMs <= this.lastDueMs)) {
      this.lastDueMs = dueMs;
    }
    if (fate === SUPPRESSING) {
      this.isSuppressed = true;
    } else if (fate === RECEIVED || fate === DISCARDED) {
      this.isSuppressed = false;
    }
    if (
      dueMs < this.silentUntilMs ||
      (fate === LOST && dueMs < this.beganMs) ||
      (this.holds.begun > 0 && this.holds.covers(dueMs))
    ) {
      return; // its slot stands as silence already, or nobody expected it
    }
    this.count(dueMs, fate, packetMs);
  }

  /** Silence is not unknown: a stream that stopped goes on being expected at its packet time, while the call lasts. */
  bookSilence(untilMs: number, packetMs: number): void {
    if (!this.expectsAudio || this.isSuppressed) {
      return;
    }
    let slotMs = Math.max(this.lastDueMs + packetMs, this.silentUntilMs + packetMs / 2, this.closedUntilMs);
    while (slotMs < untilMs - 1e-6) {
      const excusedUntilMs = this.holds.excusedUntil(slotMs);
      if (excusedUntilMs > slotMs) {
        slotMs = excusedUntilMs;
        continue;
      }
      this.count(slotMs, LOST, packetMs);
      this.silentUntilMs = slotMs + packetMs / 2;
      slotMs += packetMs;
    }
  }

  /** Books a second in which the stream has stood still, as far as it was expected in it. */
  bookStill(endMs: number, packetMs: number): void {
    this.bookSilence(Math.min(endMs, this.expectedUntilMs()), packetMs);
  }

  /** Before the first packet of the call only whole seconds count, so that a late start is no loss. */
  bookUnbegun(startMs: number, endMs: number, packetMs: number): void {
    const isWhole = this.beganMs <= startMs && this.endedMs >= endMs && !this.holds.touches(startMs, endMs);
    if (!this.expectsAudio || !isWhole) {
      return;
    }
    for (let slots = Math.round(1000 / packetMs); slots > 0; slots--) {
      this.count(startMs, LOST, packetMs);
    }
  }

  /** Moves a second's counts to its figures; its row of the ring is free then. */
  take(second: number, figures: MeteredSecond): void {
    const { cells } = this;
    const row = slotOf(second) * COLUMNS;
    figures.lost = cells[row + LOST] ?? 0;
    figures.discarded = cells[row + DISCARDED] ?? 0;
    figures.received = (cells[row + RECEIVED] ?? 0) + figures.discarded;
    figures.expected = figures.received + figures.lost;
    figures.badRuns = cells[row + RUNS] ?? 0;
    figures.beginsInBadRun = cells[row + BEGINS_IN_RUN] ?? 0;
    cells.fill(0, row, row + COLUMNS);
  }

  private count(dueMs: number, fate: number, packetMs: number): void {
    const { cells, firstOpenSecond } = this;
    const isBad = fate === LOST || fate === DISCARDED;
    const beginsRun = this.bursts.take(isBad, packetMs);
    const second = Math.min(Math.max(Math.floor(dueMs / 1000), firstOpenSecond), firstOpenSecond + OPEN_SECONDS - 1);
    const row = slotOf(second) * COLUMNS;
    if (beginsRun) {
      cells[row + RUNS] = (cells[row + RUNS] ?? 0) + 1;
    } else if (isBad && (cells[row + LOST] ?? 0) + (cells[row + RECEIVED] ?? 0) + (cells[row + DISCARDED] ?? 0) === 0) {
      cells[row + BEGINS_IN_RUN] = 1;
    }
    const cell = row + (isBad ? fate : RECEIVED);
    cells[cell] = (cells[cell] ?? 0) + 1;
  }

  /** A stream that was whole until less than a pause before the end may have paused: only a packet after it would tell. */
  private expectedUntilMs(): number {
    const restsSinceMs = Math.max(this.lastDueMs, this.holds.endedMs);
    return this.endedMs - restsSinceMs > PAUSE_MS ? this.endedMs - END_GUARD_MS : this.lastDueMs;
  }
}
