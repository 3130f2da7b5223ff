/**
 * What counts in the second in which a packet arrived: jitter, silence, duplicates, reordering. A second in which the
 * wall clock jumped is voided afterwards, with all that its false arrival times have spoilt.
 */
import { nextJitter } from './jitter.js';
import { OPEN_SECONDS, slotOf, type MeteredSecond, type StreamTotals } from './metered-second.js';

/** A voided second and the two before it are open when it is voided; the other rows of the rings lie ahead. */
const SECONDS_AHEAD = OPEN_SECONDS - 3;

export class ArrivalSeconds {
  /** When the packet before came, ms; NaN before the first. */
  lastArrivalMs = Number.NaN;

  private readonly jitterSum = new Float64Array(OPEN_SECONDS);
  private readonly jitterCount = new Int32Array(OPEN_SECONDS);
  private readonly jitterMax = new Float64Array(OPEN_SECONDS);
  private readonly silenceMax = new Float64Array(OPEN_SECONDS);
  private readonly duplicates = new Int32Array(OPEN_SECONDS);
  private readonly reorderings = new Int32Array(OPEN_SECONDS);
  private readonly voided = new Uint8Array(OPEN_SECONDS);

  /** Silence counts from here at the earliest: from the answer, or the end of a hold. */
  private silenceFromMs = 0;
  /** The second of the packet in hand; it never goes back, whatever the wall clock does. */
  private second = Number.NEGATIVE_INFINITY;
  private slot = 0;
  private previousTransitMs = Number.NaN;
  private jitter = 0;
  /** The estimate when the second began. */
  private readonly jitterBefore = new Float64Array(OPEN_SECONDS);
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
      this.jitterBefore[slotOf(entered)] = this.jitter;
    }
    this.second = open;
    this.slot = slotOf(open);
  }

  countDuplicate(): void {
    this.duplicates[this.slot] = (this.duplicates[this.slot] ?? 0) + 1;
  }

  countReordering(): void {
    this.reorderings[this.slot] = (this.reorderings[this.slot] ?? 0) + 1;
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
    const { slot } = this;
    const transitMs = arrivalMs - mediaMs;
    if (!Number.isNaN(this.previousTransitMs)) {
      this.jitter = nextJitter(this.jitter, transitMs - this.previousTransitMs);
    }
    this.previousTransitMs = transitMs;
    this.jitterSum[slot] = (this.jitterSum[slot] ?? 0) + this.jitter;
    this.jitterCount[slot] = (this.jitterCount[slot] ?? 0) + 1;
    this.jitterMax[slot] = Math.max(this.jitterMax[slot] ?? 0, this.jitter);
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
    this.voided[slotOf(second)] = 1;
    for (let ahead = 1; ahead <= SECONDS_AHEAD; ahead++) {
      this.clearJitter(slotOf(second + ahead));
    }
    if (this.second >= second) {
      this.jitter = this.jitterBefore[slotOf(second)] ?? 0;
      this.second = second;
      this.slot = slotOf(second);
    }
    this.breakTransit();
    if (!Number.isNaN(this.lastArrivalMs)) {
      this.lastArrivalMs = (second + 1) * 1000; // how long the silence was, nobody knows
    }
  }

  /** Moves a second's facts to its figures and the totals; its row of the rings is free then. */
  take(second: number, figures: MeteredSecond, totals: StreamTotals): void {
    const slot = slotOf(second);
    figures.duplicate = this.duplicates[slot] ?? 0;
    figures.reordered = this.reorderings[slot] ?? 0;
    totals.duplicate += figures.duplicate;
    totals.reordered += figures.reordered;
    const packets = this.jitterCount[slot] ?? 0;
    if (this.voided[slot] === 0) {
      totals.longestSilenceMs = Math.max(totals.longestSilenceMs, this.silenceMax[slot] ?? 0);
    }
    if (packets > 0 && this.voided[slot] === 0) {
      const sum = this.jitterSum[slot] ?? 0;
      figures.jitterMs = sum / packets;
      this.totalSum += sum;
      this.totalCount += packets;
      const greatest = this.jitterMax[slot] ?? 0;
      totals.jitterMs = this.totalSum / this.totalCount;
      totals.jitterMaxMs = totals.jitterMaxMs >= greatest ? totals.jitterMaxMs : greatest;
    }
    this.clearJitter(slot);
    this.duplicates[slot] = 0;
    this.reorderings[slot] = 0;
    this.voided[slot] = 0;
  }

  private endSilence(arrivalMs: number): void {
    this.silenceMax[this.slot] = Math.max(this.silenceMax[this.slot] ?? 0, this.silenceAt(arrivalMs));
    this.lastArrivalMs = arrivalMs;
  }

  private clearJitter(slot: number): void {
    this.jitterSum[slot] = 0;
    this.jitterCount[slot] = 0;
    this.jitterMax[slot] = 0;
    this.silenceMax[slot] = 0;
  }
}
