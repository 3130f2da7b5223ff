/**
 * Measures one received RTP stream: loss, duplicates and reordering (RFC 3550 A.1 and A.3, with distinct packets counted),
 * jitter, discards of a fixed jitter buffer, and the R of each second (G.107). Every sequence number is booked once, in
 * the second in which it was due by its timestamp; so a second closes two seconds late. Times are ms since the epoch
 * that all threads share. Hot path: `onPacket` allocates nothing.
 */
import { FixedJitterBuffer } from './jitter-buffer.js';
import { nextJitter, timestampDifference } from './jitter.js';

export interface StreamMeterOptions {
  /** RTP clock, Hz. */
  readonly clockRate: number;
  readonly ptimeMs: number;
  readonly jitterBufferMs: number;
  /** R of a share of bad packets (0–1) with this leg's codec. */
  readonly rFactorOf: (badRatio: number) => number;
}

/** One direction of one leg in one second. Null in `jitterMs`, `rFactor`: NaN here, since this is reused, not kept. */
export interface MeteredSecond {
  expected: number;
  received: number;
  lost: number;
  discarded: number;
  duplicate: number;
  reordered: number;
  /** Mean of the estimate over the packets that arrived in this second; NaN without packets or with a clock step. */
  jitterMs: number;
  /** Over the trailing five seconds; NaN in the first, 0 in a second without packets. */
  rFactor: number;
}

/** Sums over the closed seconds, and what belongs to no second. */
export interface StreamTotals extends MeteredSecond {
  jitterMaxMs: number;
  /** Longest time without any packet while the stream was expected, ms. */
  longestSilenceMs: number;
}

/** Sequence numbers whose fate is kept: 10 s at 20 ms, 5 s at 10 ms; seconds close within 4. */
const WINDOW = 512;
const MASK = WINDOW - 1;
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
/** Rings by second: those that may still be open. */
const OPEN_SECONDS = 8;
/** The score of a second covers so many trailing seconds. */
export const SCORE_WINDOW_SECONDS = 5;
/** No packet is expected in the last moments of a call: the far side may have stopped before its BYE reached us. */
const END_GUARD_MS = 200;

/** The fate of a sequence number; LOST until its packet came. */
const LOST = 0;
const RECEIVED = 1;
const DISCARDED = 2;
/** A row of `booked` has a count for each fate. */
const BOOK_COLUMNS = 3;

export class StreamMeter {
  readonly second: MeteredSecond = emptySecond();
  readonly totals: StreamTotals = { ...emptySecond(), jitterMaxMs: Number.NaN, longestSilenceMs: 0 };

  private readonly buffer: FixedJitterBuffer;
  private readonly fate = new Uint8Array(WINDOW);
  private readonly mediaMs = new Float64Array(WINDOW);
  private readonly jitterSum = new Float64Array(OPEN_SECONDS);
  private readonly jitterCount = new Int32Array(OPEN_SECONDS);
  private readonly duplicates = new Int32Array(OPEN_SECONDS);
  private readonly reorderings = new Int32Array(OPEN_SECONDS);
  private readonly booked = new Int32Array(OPEN_SECONDS * BOOK_COLUMNS);
  private readonly windowExpected = new Int32Array(SCORE_WINDOW_SECONDS);
  private readonly windowBad = new Int32Array(SCORE_WINDOW_SECONDS);

  private beganMs = 0;
  private expectsAudio = true;
  private endedMs = Number.POSITIVE_INFINITY;
  private hasStream = false;
  /** Sequence numbers as a count from the stream's first packet. */
  private newest = 0;
  private toBook = 0;
  private newestSequence = 0;
  private badSequence = -1;
  private lastTimestamp = 0;
  private lastMediaMs = 0;
  private lastArrivalMs = Number.NaN;
  private previousTransitMs = Number.NaN;
  private jitter = 0;
  private totalJitterSum = 0;
  private totalJitterCount = 0;
  private lastDueMs = Number.NaN;
  /** Seconds before this time are closed; what was due in them has been booked. */
  private bookedUntilMs = 0;
  private secondsClosed = 0;
  private voidedSecond = -1;

  constructor(private readonly options: StreamMeterOptions) {
    this.buffer = new FixedJitterBuffer({ delayMs: options.jitterBufferMs, anchor: 'min' });
  }

  /** The call was answered. `expectsAudio`: its silence is loss; else (their SDP does not send) it is nothing. */
  begin(nowMs: number, expectsAudio = true): void {
    this.beganMs = nowMs;
    this.expectsAudio = expectsAudio;
    this.bookedUntilMs = nowMs;
  }

  /** Expects none any more (BYE sent or received); later packets are ignored. */
  end(nowMs: number): void {
    this.endedMs = nowMs;
    const since = Number.isNaN(this.lastArrivalMs) ? this.beganMs : this.lastArrivalMs;
    this.totals.longestSilenceMs = Math.max(this.totals.longestSilenceMs, nowMs - since);
  }

  /** A new source took over the stream (new SSRC): sequence, timestamps and buffer start afresh, the sums go on. */
  restart(): void {
    this.bookPending(Number.POSITIVE_INFINITY);
    this.hasStream = false;
  }

  /** The wall clock jumped: arrival times of this second cannot be compared with any others. */
  voidJitter(second: number): void {
    this.voidedSecond = second;
    this.previousTransitMs = Number.NaN;
    this.buffer.reset();
  }

  /** Takes a packet in its order of arrival. */
  onPacket(sequence: number, timestamp: number, arrivalMs: number): void {
    if (arrivalMs > this.endedMs) {
      return;
    }
    const position = this.hasStream ? this.positionOf(sequence) : this.firstPosition(sequence, timestamp);
    if (Number.isNaN(position)) {
      return;
    }
    const slot = Math.floor(arrivalMs / 1000) & (OPEN_SECONDS - 1);
    if (position < this.toBook || (position <= this.newest && this.fate[position & MASK] !== LOST)) {
      this.countOldPacket(position, slot);
      return;
    }
    const mediaMs = this.unwrap(timestamp, position);
    const played = this.buffer.accept(arrivalMs, mediaMs);
    if (position > this.newest) {
      this.openPositions(position, this.buffer.anchorMs + mediaMs);
      this.newest = position;
      this.newestSequence = sequence;
    } else if (position < this.newest) {
      this.reorderings[slot] = (this.reorderings[slot] ?? 0) + 1;
    }
    this.fate[position & MASK] = played ? RECEIVED : DISCARDED;
    this.mediaMs[position & MASK] = mediaMs;
    this.updateJitter(arrivalMs, mediaMs, slot);
  }

  /**
   * Closes a second and leaves its figures in `second`; call it for every second in turn, two seconds late.
   * @returns false when nothing was expected in it (before the call, after it, or too short a part of it)
   */
  closeSecond(second: number): boolean {
    const figures = this.second;
    clear(figures);
    const endMs = (second + 1) * 1000;
    this.bookPending(endMs);
    this.takeBooked(second);
    this.takeArrivalFacts(second);
    this.bookSilence(second * 1000, endMs);
    this.bookedUntilMs = Math.max(this.bookedUntilMs, endMs);
    if (figures.expected === 0 && figures.received === 0) {
      return false;
    }
    this.addToTotals();
    figures.rFactor = this.score();
    return true;
  }

  private firstPosition(sequence: number, timestamp: number): number {
    this.hasStream = true;
    this.fate.fill(0);
    this.buffer.reset();
    this.newest = -1;
    this.toBook = 0;
    this.badSequence = -1;
    this.newestSequence = (sequence - 1) & 0xffff;
    this.lastTimestamp = timestamp;
    this.lastMediaMs = 0;
    this.lastDueMs = Number.NaN;
    this.previousTransitMs = Number.NaN;
    this.jitter = 0;
    return 0;
  }

  /** The packet's place in the stream; NaN for a jump that is not believed yet (RFC 3550 A.1: two in a row restart). */
  private positionOf(sequence: number): number {
    const distance = ((sequence - this.newestSequence) << 16) >> 16;
    if (distance < MAX_DROPOUT && distance > -MAX_MISORDER) {
      return this.newest + distance;
    }
    if (sequence !== this.badSequence) {
      this.badSequence = (sequence + 1) & 0xffff;
      return Number.NaN;
    }
    this.restart();
    return this.firstPosition(sequence, this.lastTimestamp);
  }

  /** Booked already, or here already: a duplicate, or too late for its second (there it stands as lost). */
  private countOldPacket(position: number, slot: number): void {
    const withinWindow = position >= 0 && this.newest - position < WINDOW;
    if (withinWindow && this.fate[position & MASK] !== LOST) {
      this.duplicates[slot] = (this.duplicates[slot] ?? 0) + 1;
    } else {
      this.reorderings[slot] = (this.reorderings[slot] ?? 0) + 1;
    }
  }

  /** Opens the sequence numbers up to this one. A gap wider than the window is booked at once, up to `dueMs`. */
  private openPositions(position: number, dueMs: number): void {
    if (position - this.toBook >= WINDOW) {
      this.bookPending(Number.POSITIVE_INFINITY);
      for (; this.toBook < position; this.toBook++) {
        this.lastDueMs = Math.min(this.lastDueMs + this.options.ptimeMs, dueMs);
        this.book(this.lastDueMs, LOST);
      }
    }
    for (let gap = Math.max(this.newest + 1, this.toBook); gap < position; gap++) {
      this.fate[gap & MASK] = LOST;
    }
  }

  private unwrap(timestamp: number, position: number): number {
    if (position === 0 && this.newest < 0) {
      this.lastTimestamp = timestamp; // also after a restart, which has no timestamp to start from
    }
    const change = timestampDifference(timestamp, this.lastTimestamp);
    this.lastTimestamp = timestamp;
    this.lastMediaMs += (change * 1000) / this.options.clockRate;
    return this.lastMediaMs;
  }

  private updateJitter(arrivalMs: number, mediaMs: number, slot: number): void {
    const transitMs = arrivalMs - mediaMs;
    if (!Number.isNaN(this.previousTransitMs)) {
      this.jitter = nextJitter(this.jitter, transitMs - this.previousTransitMs);
    }
    this.previousTransitMs = transitMs;
    this.jitterSum[slot] = (this.jitterSum[slot] ?? 0) + this.jitter;
    this.jitterCount[slot] = (this.jitterCount[slot] ?? 0) + 1;
    this.totalJitterSum += this.jitter;
    this.totalJitterCount++;
    const totals = this.totals;
    if (!(this.jitter <= totals.jitterMaxMs)) {
      totals.jitterMaxMs = this.jitter;
    }
    const since = Number.isNaN(this.lastArrivalMs) ? this.beganMs : this.lastArrivalMs;
    if (arrivalMs - since > totals.longestSilenceMs && arrivalMs > this.beganMs) {
      totals.longestSilenceMs = arrivalMs - Math.max(since, this.beganMs);
    }
    this.lastArrivalMs = arrivalMs;
  }

  /** Books what was due before `endMs`, in sequence. */
  private bookPending(endMs: number): void {
    while (this.hasStream && this.toBook <= this.newest) {
      const fate = this.fate[this.toBook & MASK] ?? LOST;
      const dueMs =
        fate === LOST
          ? this.lastDueMs + this.options.ptimeMs
          : this.buffer.anchorMs + (this.mediaMs[this.toBook & MASK] ?? 0);
      if (dueMs >= endMs) {
        return;
      }
      this.lastDueMs = dueMs;
      this.toBook++;
      this.book(dueMs, fate);
    }
  }

  private book(dueMs: number, fate: number): void {
    if (fate === LOST && dueMs < this.bookedUntilMs) {
      return; // stands in a closed second as silence
    }
    const firstOpen = Math.floor(this.bookedUntilMs / 1000);
    const second = Math.min(Math.max(Math.floor(dueMs / 1000), firstOpen), firstOpen + OPEN_SECONDS - 1);
    const cell = (second & (OPEN_SECONDS - 1)) * BOOK_COLUMNS + fate;
    this.booked[cell] = (this.booked[cell] ?? 0) + 1;
  }

  /**
   * Silence is not unknown: a stream that stopped, or never came, goes on being expected at one packet a ptime. Only
   * what the call covers counts; before a first packet only whole seconds do, so that a late start is no loss.
   */
  private bookSilence(startMs: number, endMs: number): void {
    if (!this.expectsAudio) {
      return;
    }
    const lastMs = Math.min(endMs, this.endedMs - END_GUARD_MS);
    let expected: number;
    if (this.hasStream) {
      if (this.toBook <= this.newest) {
        return; // the next packet is here and due later: nothing is missing before it
      }
      const nextMs = Math.max(this.lastDueMs + this.options.ptimeMs, this.bookedUntilMs);
      expected = Math.max(0, Math.ceil((lastMs - nextMs) / this.options.ptimeMs - 1e-9));
    } else {
      const whole = this.beganMs <= startMs && this.endedMs >= endMs;
      expected = whole ? Math.round(1000 / this.options.ptimeMs) : 0;
    }
    this.second.expected += expected;
    this.second.lost += expected;
  }

  private takeBooked(second: number): void {
    const row = (second & (OPEN_SECONDS - 1)) * BOOK_COLUMNS;
    const { booked, second: figures } = this;
    figures.lost = booked[row + LOST] ?? 0;
    figures.discarded = booked[row + DISCARDED] ?? 0;
    figures.received = (booked[row + RECEIVED] ?? 0) + figures.discarded;
    figures.expected = figures.received + figures.lost;
    booked.fill(0, row, row + BOOK_COLUMNS);
  }

  private takeArrivalFacts(second: number): void {
    const slot = second & (OPEN_SECONDS - 1);
    const figures = this.second;
    const packets = this.jitterCount[slot] ?? 0;
    figures.duplicate = this.duplicates[slot] ?? 0;
    figures.reordered = this.reorderings[slot] ?? 0;
    figures.jitterMs =
      packets === 0 || second === this.voidedSecond ? Number.NaN : (this.jitterSum[slot] ?? 0) / packets;
    this.jitterSum[slot] = 0;
    this.jitterCount[slot] = 0;
    this.duplicates[slot] = 0;
    this.reorderings[slot] = 0;
  }

  private addToTotals(): void {
    const { second, totals } = this;
    totals.expected += second.expected;
    totals.received += second.received;
    totals.lost += second.lost;
    totals.discarded += second.discarded;
    totals.duplicate += second.duplicate;
    totals.reordered += second.reordered;
    totals.jitterMs = this.totalJitterCount === 0 ? Number.NaN : this.totalJitterSum / this.totalJitterCount;
    totals.rFactor =
      totals.expected === 0 ? Number.NaN : this.options.rFactorOf((totals.lost + totals.discarded) / totals.expected);
  }

  /** R over the trailing five seconds. */
  private score(): number {
    const figures = this.second;
    const slot = this.secondsClosed % SCORE_WINDOW_SECONDS;
    this.windowExpected[slot] = figures.expected;
    this.windowBad[slot] = figures.lost + figures.discarded;
    this.secondsClosed++;
    if (figures.received === 0) {
      return 0;
    }
    if (this.secondsClosed < 2) {
      return Number.NaN;
    }
    let expected = 0;
    let bad = 0;
    for (let i = 0; i < SCORE_WINDOW_SECONDS; i++) {
      expected += this.windowExpected[i] ?? 0;
      bad += this.windowBad[i] ?? 0;
    }
    return this.options.rFactorOf(bad / expected);
  }
}

function emptySecond(): MeteredSecond {
  return {
    expected: 0,
    received: 0,
    lost: 0,
    discarded: 0,
    duplicate: 0,
    reordered: 0,
    jitterMs: Number.NaN,
    rFactor: Number.NaN,
  };
}

function clear(second: MeteredSecond): void {
  second.expected = 0;
  second.received = 0;
  second.lost = 0;
  second.discarded = 0;
  second.duplicate = 0;
  second.reordered = 0;
  second.jitterMs = Number.NaN;
  second.rFactor = Number.NaN;
}
