/**
 * What counts in the second in which a packet arrived: jitter, silence, duplicates, reordering. A second in which the
 * wall clock jumped is voided afterwards, with all that its false arrival times have spoilt.
 */
import { nextJitter } from './jitter.js';
import { OPEN_SECONDS, slotOf, type MeteredSecond, type StreamTotals } from './metered-second.js';

/** A voided second and the two before it are open when it is voided; the other rows of the rings lie ahead. */
const SECONDS_AHEAD = OPEN_SECONDS - 3;

const JITTER_SUM = 0;
const JITTER_COUNT = 1;
const JITTER_MAX = 2;
const SILENCE_MAX = 3;
const DUPLICATES = 4;
const REORDERINGS = 5;
/** 1: the wall clock jumped in it. */
const VOIDED = 6;
/** The estimate when the second began. */
const JITTER_BEFORE = 7;
const COLUMNS = 8;

const rowOf = (second: number): number => slotOf(second) * COLUMNS;

export class ArrivalSeconds {
  /** When the packet before came, ms; NaN before the first. */
  lastArrivalMs = Number.NaN;

  /** A row for each open second: one table, for each array of its own costs more than what stands in it. */
  private readonly cells = new Float64Array(OPEN_SECONDS * COLUMNS);

  /** Silence counts from here at the earliest: from the answer, or the end of a hold. */
  private silenceFromMs = 0;
  /** The second of the packet in hand; it never goes back, whatever the wall clock does. */
  private second = Number.NEGATIVE_INFINITY;
  private row = 0;
  private previousTransitMs = Number.NaN;
  private jitter = 0;
  private totalSum = 0;
  private totalCount = 0;

  begin(beganMs: number): void {
    this.silenceFromMs = beganMs;
  }

  /** The second of the packet that is taken next: that of its arrival, as far as it is still open. */
  place(arrivalMs: number, firstOpen: number): void {
    const second = Math.max(Math.floor(arrivalMs / 1000), this.second, firstOpen);
    const open = Math.min(second, firstOpen + OPEN_SECONDS - 1);
    for (let entered = Math.max(this.second + 1, firstOpen); entered <= open; entered++) {
      this.cells[rowOf(entered) + JITTER_BEFORE] = this.jitter;
    }
    this.second = open;
    this.row = rowOf(open);
  }

  countDuplicate(): void {
    this.count(DUPLICATES);
  }

  countReordering(): void {
    this.count(REORDERINGS);
  }

  /** The next packet's transit cannot be compared with the last one's. */
  breakTransit(): void {
    this.previousTransitMs = Number.NaN;
  }

  /** A new source: its jitter starts at zero. */
  startStream(): void {
    this.breakTransit();
    this.jitter = 0;
  }

  countArrival(arrivalMs: number, mediaMs: number): void {
    const { cells, row } = this;
    const transitMs = arrivalMs - mediaMs;
    if (!Number.isNaN(this.previousTransitMs)) {
      this.jitter = nextJitter(this.jitter, transitMs - this.previousTransitMs);
    }
    this.previousTransitMs = transitMs;
    cells[row + JITTER_SUM] = (cells[row + JITTER_SUM] ?? 0) + this.jitter;
    cells[row + JITTER_COUNT] = (cells[row + JITTER_COUNT] ?? 0) + 1;
    cells[row + JITTER_MAX] = Math.max(cells[row + JITTER_MAX] ?? 0, this.jitter);
    this.endSilence(arrivalMs);
  }

  /** A telephone event or comfort noise: its timestamp tells no transit, nor can the next audio be compared across it. */
  countAuxiliary(arrivalMs: number): void {
    this.breakTransit();
    this.endSilence(arrivalMs);
  }

  /** Nothing had to come until now. */
  excuseSilence(nowMs: number): void {
    this.silenceFromMs = nowMs;
  }

  /** Time since the last packet, or since one could be expected, ms. */
  silenceAt(nowMs: number): number {
    return nowMs - (this.lastArrivalMs > this.silenceFromMs ? this.lastArrivalMs : this.silenceFromMs);
  }

  /** The wall clock jumped in this second, which has just ended. */
  voidSecond(second: number): void {
    this.cells[rowOf(second) + VOIDED] = 1;
    for (let ahead = 1; ahead <= SECONDS_AHEAD; ahead++) {
      this.clearJitter(rowOf(second + ahead));
    }
    if (this.second >= second) {
      this.jitter = this.cells[rowOf(second) + JITTER_BEFORE] ?? 0;
      this.second = second;
      this.row = rowOf(second);
    }
    this.breakTransit();
    if (!Number.isNaN(this.lastArrivalMs)) {
      this.lastArrivalMs = (second + 1) * 1000; // how long the silence was, nobody knows
    }
  }

  /** Moves a second's facts to its figures and the totals; its row of the rings is free then. */
  take(second: number, figures: MeteredSecond, totals: StreamTotals): void {
    const { cells } = this;
    const row = rowOf(second);
    const isVoided = cells[row + VOIDED] === 1;
    figures.duplicate = cells[row + DUPLICATES] ?? 0;
    figures.reordered = cells[row + REORDERINGS] ?? 0;
    totals.duplicate += figures.duplicate;
    totals.reordered += figures.reordered;
    const packets = cells[row + JITTER_COUNT] ?? 0;
    if (!isVoided) {
      totals.longestSilenceMs = Math.max(totals.longestSilenceMs, cells[row + SILENCE_MAX] ?? 0);
    }
    if (packets > 0 && !isVoided) {
      const sum = cells[row + JITTER_SUM] ?? 0;
      figures.jitterMs = sum / packets;
      this.totalSum += sum;
      this.totalCount += packets;
      const greatest = cells[row + JITTER_MAX] ?? 0;
      totals.jitterMs = this.totalSum / this.totalCount;
      totals.jitterMaxMs = totals.jitterMaxMs >= greatest ? totals.jitterMaxMs : greatest;
    }
    cells.fill(0, row, row + JITTER_BEFORE);
  }

  private count(column: number): void {
    const at = this.row + column;
    this.cells[at] = (this.cells[at] ?? 0) + 1;
  }

  private endSilence(arrivalMs: number): void {
    const at = this.row + SILENCE_MAX;
    this.cells[at] = Math.max(this.cells[at] ?? 0, this.silenceAt(arrivalMs));
    this.lastArrivalMs = arrivalMs;
  }

  private clearJitter(row: number): void {
    this.cells.fill(0, row + JITTER_SUM, row + DUPLICATES);
  }
}
