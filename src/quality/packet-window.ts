/** The sequence numbers of a stream whose second is still open: their fate and media time, booked in sequence once they were due. */
import { DISCARDED, LOST, PAUSE_MS, RECEIVED, type LossBook } from './loss-book.js';
import type { PacketPace } from './packet-pace.js';

/** Sequence numbers whose fate is kept: 10 s at 20 ms, 5 s at 10 ms; seconds close within 4. */
const WINDOW = 512;
const MASK = WINDOW - 1;
/** Only where nothing arrived either do timestamps make silence. Less than a pause, for jitter may eat of it. */
const QUIET_MS = 500;

export class PacketWindow {
  /** Positions are a count from the stream's first packet: the newest that came, and the next to book. */
  newest = -1;
  /** A packet is due at its media time plus this, ms. */
  timelineMs = 0;

  private toBook = 0;
  private readonly fate = new Uint8Array(WINDOW);
  private readonly mediaMs = new Float64Array(WINDOW);
  /** How long nothing had arrived when the packet (or the one behind the gap) came. */
  private readonly quietMs = new Float64Array(WINDOW);

  constructor(
    private readonly book: LossBook,
    private readonly pace: PacketPace,
  ) {}

  /** A new stream. */
  reset(): void {
    this.fate.fill(LOST);
    this.newest = -1;
    this.toBook = 0;
  }

  /** All that came is booked: the stream stands still. */
  get isBooked(): boolean {
    return this.toBook > this.newest;
  }

  get newestMediaMs(): number {
    return this.mediaMs[this.newest & MASK] ?? 0;
  }

  mediaMsOf(position: number): number {
    return this.mediaMs[position & MASK] ?? 0;
  }

  /** Booked already, or here already. */
  isTaken(position: number): boolean {
    return position < this.toBook || (position <= this.newest && this.fate[position & MASK] !== LOST);
  }

  /** As far as is remembered. */
  hasCome(position: number): boolean {
    return position >= 0 && this.newest - position < WINDOW && this.fate[position & MASK] !== LOST;
  }

  put(position: number, fate: number, mediaMs: number): void {
    this.fate[position & MASK] = fate;
    this.mediaMs[position & MASK] = mediaMs;
  }

  /** Moves the newest position to this one; what is missing before it is due a packet time after the one before it. */
  open(position: number, mediaMs: number, quietMs: number): void {
    const missing = position - this.newest - 1;
    if (missing > 0 || position - this.toBook >= WINDOW) {
      this.openGap(position, missing, mediaMs);
      for (let opened = Math.max(this.newest + 1, this.toBook); opened < position; opened++) {
        this.quietMs[opened & MASK] = quietMs;
      }
    }
    this.quietMs[position & MASK] = quietMs;
    this.newest = position;
  }

  /** Books what was due before `endMs`, in sequence. */
  bookUntil(endMs: number): void {
    const { book, pace } = this;
    while (this.toBook <= this.newest) {
      const index = this.toBook & MASK;
      const dueMs = this.timelineMs + (this.mediaMs[index] ?? 0);
      if (dueMs - book.lastDueMs > PAUSE_MS && (this.quietMs[index] ?? 0) > QUIET_MS) {
        book.bookSilence(Math.min(dueMs - pace.packetMs / 2, endMs), pace.packetMs);
      }
      if (dueMs >= endMs) {
        return;
      }
      this.toBook++;
      book.book(dueMs, this.fate[index] ?? LOST, pace.packetMs);
    }
  }

  /** The clock was late in the last second, not the packets. */
  forgiveLateness(): void {
    const perSecond = Math.ceil(1000 / this.pace.packetMs);
    for (let position = Math.max(this.toBook, this.newest - perSecond); position <= this.newest; position++) {
      if (this.fate[position & MASK] === DISCARDED) {
        this.fate[position & MASK] = RECEIVED;
      }
    }
  }

  private openGap(position: number, missing: number, mediaMs: number): void {
    const { packetMs } = this.pace;
    const beforeMs = this.newestMediaMs;
    const stepMs = Math.min(packetMs, Math.max(0, mediaMs - beforeMs) / (missing + 1));
    if (position - this.toBook < WINDOW) {
      for (let gap = 1; gap <= missing; gap++) {
        this.put(this.newest + gap, LOST, beforeMs + gap * stepMs);
      }
      return;
    }
    this.bookUntil(Number.POSITIVE_INFINITY); // no room: a gap as wide as this is booked at once
    this.fate.fill(LOST);
    for (let gap = 1; gap <= missing; gap++) {
      this.book.book(this.timelineMs + beforeMs + gap * stepMs, LOST, packetMs);
    }
    this.toBook = position;
  }
}
