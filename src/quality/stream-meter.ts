/**
 * Measures one received RTP stream: loss, duplicates and reordering (RFC 3550 A.1 and A.3, with distinct packets counted),
 * jitter, discards of a fixed jitter buffer, and the R of each second (G.107). Every sequence number is booked once, in
 * the second in which it was due by its timestamp; so a second closes two seconds late. Times are ms since the epoch
 * that all threads share. Hot path: `onPacket` allocates nothing.
 */
import { ArrivalSeconds } from './arrival-seconds.js';
import { FixedJitterBuffer } from './jitter-buffer.js';
import { timestampDifference } from './jitter.js';
import {
  clearSecond,
  emptySecond,
  OPEN_SECONDS,
  slotOf,
  type MeteredSecond,
  type StreamTotals,
} from './metered-second.js';
import { PacketPace } from './packet-pace.js';
import { ScoreWindow } from './score-window.js';

export { SCORE_WINDOW_SECONDS } from './score-window.js';

export interface StreamMeterOptions {
  /** RTP clock, Hz. */
  readonly clockRate: number;
  readonly ptimeMs: number;
  readonly jitterBufferMs: number;
  /** R of a share of bad packets (0–1) with this leg's codec. */
  readonly rFactorOf: (badRatio: number) => number;
}

/** Sequence numbers whose fate is kept: 10 s at 20 ms, 5 s at 10 ms; seconds close within 4. */
const WINDOW = 512;
const MASK = WINDOW - 1;
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
/** No packet is expected in the last moments of a call: the far side may have stopped before its BYE reached us. */
const END_GUARD_MS = 200;
/** A sender that leaves out packets and their sequence numbers for longer than this is silent: its time slots are loss. */
const PAUSE_MS = 1000;
/** And only where nothing arrived either: timestamps alone do not make silence. Less than a pause, for jitter may eat of it. */
const QUIET_MS = 500;
/** Timestamps that leave the pace of sequence and arrival by more than this have been set anew (a PBX that bridges). */
const TIMESTAMP_JUMP_MS = 1000;

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
  private readonly arrivals = new ArrivalSeconds();
  private readonly scores: ScoreWindow;
  private readonly pace: PacketPace;
  private readonly fate = new Uint8Array(WINDOW);
  private readonly mediaMs = new Float64Array(WINDOW);
  /** How long nothing had arrived when the packet (or the one behind the gap) came. */
  private readonly quietMs = new Float64Array(WINDOW);
  private readonly booked = new Int32Array(OPEN_SECONDS * BOOK_COLUMNS);

  private beganMs = 0;
  private expectsAudio = true;
  private endedMs = Number.POSITIVE_INFINITY;
  private hasStream = false;
  /** Sequence numbers as a count from the stream's first packet. */
  private newest = 0;
  private toBook = 0;
  private newestSequence = 0;
  private badSequence = -1;
  private newestTimestamp = 0;
  private newestArrivalMs = 0;
  /** A packet is due at its media time plus this: the jitter buffer's anchor, and its value when a second closed last. */
  private timelineMs = 0;
  private steadyTimelineMs = Number.NaN;
  /** The latest time that a sequence number was due at which is booked; NaN before the first of the call. */
  private lastDueMs = Number.NaN;
  /** Time slots up to here are booked as silence: what was due in them is not booked again. */
  private silentUntilMs = Number.NEGATIVE_INFINITY;
  /** Seconds before this time are closed. */
  private closedUntilMs = 0;

  constructor(private readonly options: StreamMeterOptions) {
    this.buffer = new FixedJitterBuffer({ delayMs: options.jitterBufferMs, anchor: 'min' });
    this.scores = new ScoreWindow(options.rFactorOf);
    this.pace = new PacketPace(options.ptimeMs);
  }

  /** The call was answered. `expectsAudio`: its silence is loss; else (their SDP does not send) it is nothing. */
  begin(nowMs: number, expectsAudio = true): void {
    this.beganMs = nowMs;
    this.expectsAudio = expectsAudio;
    this.closedUntilMs = nowMs;
    this.arrivals.begin(nowMs);
  }

  /** Expects none any more (BYE sent or received); later packets are ignored. */
  end(nowMs: number): void {
    this.endedMs = nowMs;
    if (this.expectsAudio) {
      this.totals.longestSilenceMs = Math.max(this.totals.longestSilenceMs, this.arrivals.silenceAt(nowMs));
    }
  }

  /** A new source took over the stream (new SSRC): sequence, timestamps and buffer start afresh, the sums go on. */
  restart(): void {
    this.bookPending(Number.POSITIVE_INFINITY);
    this.hasStream = false;
  }

  /** The wall clock jumped in this second, which has just ended: its arrival times cannot be compared with any others. */
  voidJitter(second: number): void {
    this.arrivals.voidSecond(second);
    this.buffer.reset();
    if (!Number.isNaN(this.steadyTimelineMs)) {
      this.timelineMs = this.steadyTimelineMs;
    }
    const perSecond = Math.ceil(1000 / this.pace.packetMs);
    for (let position = Math.max(this.toBook, this.newest - perSecond); position <= this.newest; position++) {
      if (this.fate[position & MASK] === DISCARDED) {
        this.fate[position & MASK] = RECEIVED; // the clock was late, not the packet
      }
    }
  }

  /** Takes a packet in its order of arrival. */
  onPacket(sequence: number, timestamp: number, arrivalMs: number): void {
    if (arrivalMs > this.endedMs) {
      return;
    }
    const position = this.hasStream ? this.positionOf(sequence, arrivalMs) : this.firstPosition(sequence);
    if (Number.isNaN(position)) {
      return;
    }
    this.arrivals.place(arrivalMs, this.firstOpenSecond());
    if (position < this.toBook || (position <= this.newest && this.fate[position & MASK] !== LOST)) {
      this.countOldPacket(position);
      return;
    }
    const mediaMs = this.unwrap(timestamp, position, arrivalMs);
    const played = this.buffer.accept(arrivalMs, mediaMs);
    this.timelineMs = this.buffer.anchorMs;
    if (position > this.newest) {
      this.openPositions(position, mediaMs);
      this.markQuiet(position, arrivalMs);
      this.newest = position;
      this.newestSequence = sequence;
      this.newestTimestamp = timestamp;
      this.newestArrivalMs = arrivalMs;
    } else {
      this.arrivals.countReordering();
    }
    this.fate[position & MASK] = played ? RECEIVED : DISCARDED;
    this.mediaMs[position & MASK] = mediaMs;
    this.arrivals.countArrival(arrivalMs, mediaMs);
  }

  /**
   * Closes a second and leaves its figures in `second`; call it for every second in turn, two seconds late.
   * @returns false when nothing was expected in it (before the call, after it, too short a part of it, closed already)
   */
  closeSecond(second: number): boolean {
    const startMs = second * 1000;
    const endMs = startMs + 1000;
    clearSecond(this.second);
    if (endMs <= this.closedUntilMs) {
      return false;
    }
    this.closedUntilMs = Math.max(this.closedUntilMs, startMs);
    this.bookPending(endMs);
    if (Number.isNaN(this.lastDueMs)) {
      this.bookUnbegun(startMs, endMs);
    } else if (this.toBook > this.newest) {
      this.bookSilence(Math.min(endMs, this.expectedUntilMs()));
    }
    this.takeBooked(second);
    this.arrivals.take(second, this.second, this.totals);
    this.closedUntilMs = endMs;
    this.steadyTimelineMs = this.hasStream ? this.timelineMs : Number.NaN;
    if (this.second.expected === 0) {
      return false;
    }
    this.addToTotals();
    this.second.rFactor = this.scores.score(this.second);
    return true;
  }

  private firstPosition(sequence: number): number {
    this.hasStream = true;
    this.fate.fill(LOST);
    this.buffer.reset();
    this.arrivals.startStream();
    this.pace.startStream();
    this.newest = -1;
    this.toBook = 0;
    this.badSequence = -1;
    this.newestSequence = (sequence - 1) & 0xffff;
    this.steadyTimelineMs = Number.NaN;
    return 0;
  }

  /** The packet's place in the stream; NaN for a jump that is not believed yet (RFC 3550 A.1: two in a row restart), or that no time was for. */
  private positionOf(sequence: number, arrivalMs: number): number {
    const distance = ((sequence - this.newestSequence) << 16) >> 16;
    const isNear = distance < MAX_DROPOUT && distance > -MAX_MISORDER;
    if (isNear && (distance <= 1 || this.pace.holds(distance - 1, this.passedMs(arrivalMs)))) {
      return this.newest + distance;
    }
    if (sequence !== this.badSequence) {
      this.badSequence = (sequence + 1) & 0xffff;
      return Number.NaN;
    }
    this.restart();
    return this.firstPosition(sequence);
  }

  /** Booked already, or here already: a duplicate, or too late for its second (there it stands as lost). */
  private countOldPacket(position: number): void {
    const withinWindow = position >= 0 && this.newest - position < WINDOW;
    if (withinWindow && this.fate[position & MASK] !== LOST) {
      this.arrivals.countDuplicate();
    } else {
      this.arrivals.countReordering();
    }
  }

  /** Media time of the packet since the stream's first one, counted from the newest across the wrap of timestamps. */
  private unwrap(timestamp: number, position: number, arrivalMs: number): number {
    if (this.newest < 0) {
      return 0;
    }
    const { pace } = this;
    const wasBroken = pace.isBroken;
    const changeMs = (timestampDifference(timestamp, this.newestTimestamp) * 1000) / this.options.clockRate;
    const passedMs = this.passedMs(arrivalMs);
    const steps = position - this.newest;
    const runsAhead = changeMs - passedMs > TIMESTAMP_JUMP_MS;
    const isOffSequence = Math.abs(changeMs - steps * pace.packetMs) > TIMESTAMP_JUMP_MS;
    const isSetAnew = runsAhead || (passedMs - changeMs > TIMESTAMP_JUMP_MS && isOffSequence);
    if (steps > 0) {
      pace.advance(steps - 1, passedMs);
      if (!isSetAnew) {
        this.observePace(steps, changeMs, arrivalMs);
      }
    }
    const newestMediaMs = this.mediaMs[this.newest & MASK] ?? 0;
    if (!isSetAnew && !(wasBroken || pace.isBroken)) {
      return newestMediaMs + changeMs;
    }
    this.arrivals.breakTransit();
    if (steps < 0) {
      return this.mediaMs[position & MASK] ?? newestMediaMs; // as it was reckoned when its place was opened
    }
    return isSetAnew ? newestMediaMs + passedMs : Math.max(newestMediaMs, arrivalMs - this.timelineMs);
  }

  /** Takes the timestamp of a packet that is newer than all before it, and was not set anew. */
  private observePace(steps: number, changeMs: number, arrivalMs: number): void {
    const { pace } = this;
    if (steps === 1) {
      pace.observeStep(changeMs);
    }
    if (pace.isBroken) {
      pace.observeTrial(this.passedMs(arrivalMs), changeMs);
      return;
    }
    const lagBeforeMs = this.newestArrivalMs - (this.mediaMs[this.newest & MASK] ?? 0) - this.timelineMs;
    pace.observeLag(lagBeforeMs + arrivalMs - this.newestArrivalMs - changeMs, lagBeforeMs);
  }

  /** Time since the newest packet; none where arrivals stand a little out of order, or the wall clock was set back. */
  private passedMs(arrivalMs: number): number {
    return Math.max(0, arrivalMs - this.newestArrivalMs);
  }

  private markQuiet(position: number, arrivalMs: number): void {
    const quietMs = arrivalMs - this.arrivals.lastArrivalMs;
    for (let opened = Math.max(this.newest + 1, this.toBook); opened <= position; opened++) {
      this.quietMs[opened & MASK] = quietMs;
    }
  }

  /** Opens the sequence numbers up to this one; a missing one is due a ptime after the one before it. */
  private openPositions(position: number, mediaMs: number): void {
    const missing = position - this.newest - 1;
    if (missing === 0 && position - this.toBook < WINDOW) {
      return;
    }
    const beforeMs = this.mediaMs[this.newest & MASK] ?? 0;
    const stepMs = Math.min(this.pace.packetMs, Math.max(0, mediaMs - beforeMs) / (missing + 1));
    if (position - this.toBook >= WINDOW) {
      this.bookPending(Number.POSITIVE_INFINITY); // no room: a gap as wide as this is booked at once
      this.fate.fill(LOST);
      for (let gap = 1; gap <= missing; gap++) {
        this.book(this.timelineMs + beforeMs + gap * stepMs, LOST);
      }
      this.toBook = position;
      return;
    }
    for (let gap = 1; gap <= missing; gap++) {
      this.fate[(this.newest + gap) & MASK] = LOST;
      this.mediaMs[(this.newest + gap) & MASK] = beforeMs + gap * stepMs;
    }
  }

  private firstOpenSecond(): number {
    return Math.floor(this.closedUntilMs / 1000);
  }

  /** Books what was due before `endMs`, in sequence. */
  private bookPending(endMs: number): void {
    while (this.hasStream && this.toBook <= this.newest) {
      const index = this.toBook & MASK;
      const dueMs = this.timelineMs + (this.mediaMs[index] ?? 0);
      if (dueMs - this.lastDueMs > PAUSE_MS && (this.quietMs[index] ?? 0) > QUIET_MS) {
        this.bookSilence(Math.min(dueMs - this.pace.packetMs / 2, endMs));
      }
      if (dueMs >= endMs) {
        return;
      }
      this.toBook++;
      this.book(dueMs, this.fate[index] ?? LOST);
    }
  }

  private book(dueMs: number, fate: number): void {
    if (!(dueMs <= this.lastDueMs)) {
      this.lastDueMs = dueMs;
    }
    if (dueMs < this.silentUntilMs || (fate === LOST && dueMs < this.beganMs)) {
      return; // its slot stands as silence already, or nobody expected it
    }
    this.count(dueMs, fate);
  }

  private count(dueMs: number, fate: number): void {
    const firstOpen = this.firstOpenSecond();
    const second = Math.min(Math.max(Math.floor(dueMs / 1000), firstOpen), firstOpen + OPEN_SECONDS - 1);
    const cell = slotOf(second) * BOOK_COLUMNS + fate;
    this.booked[cell] = (this.booked[cell] ?? 0) + 1;
  }

  /** A stream that was whole until less than a pause before the end may have paused: only a packet after it would tell. */
  private expectedUntilMs(): number {
    return this.endedMs - this.lastDueMs > PAUSE_MS ? this.endedMs - END_GUARD_MS : this.lastDueMs;
  }

  /** Silence is not unknown: a stream that stopped goes on being expected at its packet time, while the call lasts. */
  private bookSilence(untilMs: number): void {
    if (!this.expectsAudio) {
      return;
    }
    const { packetMs } = this.pace;
    let slotMs = Math.max(this.lastDueMs + packetMs, this.silentUntilMs + packetMs / 2, this.closedUntilMs);
    for (; slotMs < untilMs - 1e-6; slotMs += packetMs) {
      this.count(slotMs, LOST);
      this.silentUntilMs = slotMs + packetMs / 2;
    }
  }

  /** Before the first packet of the call only whole seconds count, so that a late start is no loss. */
  private bookUnbegun(startMs: number, endMs: number): void {
    if (this.expectsAudio && this.beganMs <= startMs && this.endedMs >= endMs) {
      const cell = slotOf(startMs / 1000) * BOOK_COLUMNS + LOST;
      this.booked[cell] = (this.booked[cell] ?? 0) + Math.round(1000 / this.options.ptimeMs);
    }
  }

  private takeBooked(second: number): void {
    const row = slotOf(second) * BOOK_COLUMNS;
    const { booked, second: figures } = this;
    figures.lost = booked[row + LOST] ?? 0;
    figures.discarded = booked[row + DISCARDED] ?? 0;
    figures.received = (booked[row + RECEIVED] ?? 0) + figures.discarded;
    figures.expected = figures.received + figures.lost;
    booked.fill(0, row, row + BOOK_COLUMNS);
  }

  private addToTotals(): void {
    const { second, totals } = this;
    totals.expected += second.expected;
    totals.received += second.received;
    totals.lost += second.lost;
    totals.discarded += second.discarded;
    totals.rFactor = this.options.rFactorOf((totals.lost + totals.discarded) / totals.expected);
  }
}
