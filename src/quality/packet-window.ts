/** The sequence numbers of a stream whose second is still open: their fate and media time, booked in sequence once they were due. */
import { DISCARDED, LOST, PAUSE_MS, RECEIVED, type LossBook } from './loss-book.js';
import type { PacketPace } from './packet-pace.js';

/** Sequence numbers whose fate is kept at most: 10 s at 20 ms, 5 s at 10 ms; seconds close within 4. */
const WINDOW = 512;
/** What a stream at 20 ms needs; one that needs more grows once. */
const FIRST_WINDOW = 256;
/** In a cell: the fate, and above it whether nothing had arrived for a while when the packet (or the one behind the gap) came. */
const FATE = 7;
const QUIET = 8;
/** Only where nothing arrived either do timestamps make silence. Less than a pause, for jitter may eat of it. */
const QUIET_MS = 500;

export class PacketWindow {
  /** Positions are a count from the stream's first packet: the newest that came, and the next to book. */
  newest = -1;
  /** A packet is due at its media time plus this, ms. */
  timelineMs = 0;

  private toBook = 0;
  private mask = FIRST_WINDOW - 1;
  private cells = new Uint8Array(FIRST_WINDOW);
  /** µs, the lower 32 bits: 35 minutes to either side of the newest, of which seconds are kept. */
  private mediaUs = new Int32Array(FIRST_WINDOW);
  private newestUs = 0;

  constructor(
    private readonly book: LossBook,
    private readonly pace: PacketPace,
  ) {}

  /** A new stream. */
  reset(): void {
    this.cells.fill(LOST);
    this.newestUs = 0;
    this.newest = -1;
    this.toBook = 0;
  }

  /** All that came is booked: the stream stands still. */
  get isBooked(): boolean {
    return this.toBook > this.newest;
  }

  get newestMediaMs(): number {
    return this.newestUs / 1000;
  }

  mediaMsOf(position: number): number {
    const { newestUs } = this;
    return (newestUs + (((this.mediaUs[position & this.mask] ?? 0) - newestUs) | 0)) / 1000;
  }

  /** Booked already, or here already. */
  isTaken(position: number): boolean {
    return position < this.toBook || (position <= this.newest && this.fateOf(position) !== LOST);
  }

  /** As far as is remembered. */
  hasCome(position: number): boolean {
    return position >= 0 && this.newest - position <= this.mask && this.fateOf(position) !== LOST;
  }

  put(position: number, fate: number, mediaMs: number): void {
    const at = position & this.mask;
    const us = Math.round(mediaMs * 1000);
    this.cells[at] = ((this.cells[at] ?? 0) & QUIET) | fate;
    this.mediaUs[at] = us;
    if (position === this.newest) {
      this.newestUs = us;
    }
  }

  /** Moves the newest position to this one; what is missing before it is due a packet time after the one before it. */
  open(position: number, mediaMs: number, quietMs: number): void {
    const missing = position - this.newest - 1;
    if (position - this.toBook > this.mask && this.mask < WINDOW - 1) {
      this.grow();
    }
    const quiet = quietMs > QUIET_MS ? QUIET : 0;
    if (missing > 0 || position - this.toBook > this.mask) {
      this.openGap(position, missing, mediaMs);
      for (let opened = Math.max(this.newest + 1, this.toBook); opened < position; opened++) {
        this.markQuiet(opened, quiet);
      }
    }
    this.markQuiet(position, quiet);
    this.newest = position;
  }

  /** Books what was due before `endMs`, in sequence. */
  bookUntil(endMs: number): void {
    const { book, pace } = this;
    while (this.toBook <= this.newest) {
      const cell = this.cells[this.toBook & this.mask] ?? LOST;
      const dueMs = this.timelineMs + this.mediaMsOf(this.toBook);
      if (dueMs - book.lastDueMs > PAUSE_MS && (cell & QUIET) !== 0) {
        book.bookSilence(Math.min(dueMs - pace.packetMs / 2, endMs), pace.packetMs);
      }
      if (dueMs >= endMs) {
        return;
      }
      this.toBook++;
      book.book(dueMs, cell & FATE, pace.packetMs);
    }
  }

  /** The clock was late in the last second, not the packets. */
  forgiveLateness(): void {
    const perSecond = Math.ceil(1000 / this.pace.packetMs);
    for (let position = Math.max(this.toBook, this.newest - perSecond); position <= this.newest; position++) {
      if (this.fateOf(position) === DISCARDED) {
        const at = position & this.mask;
        this.cells[at] = ((this.cells[at] ?? 0) & QUIET) | RECEIVED;
      }
    }
  }

  private fateOf(position: number): number {
    return (this.cells[position & this.mask] ?? LOST) & FATE;
  }

  private markQuiet(position: number, quiet: number): void {
    const at = position & this.mask;
    this.cells[at] = ((this.cells[at] ?? 0) & FATE) | quiet;
  }

  /** To the whole window, with all that is remembered. */
  private grow(): void {
    const { cells, mediaUs, mask } = this;
    this.mask = WINDOW - 1;
    this.cells = new Uint8Array(WINDOW);
    this.mediaUs = new Int32Array(WINDOW);
    for (let position = Math.max(0, this.newest - mask); position <= this.newest; position++) {
      this.cells[position & this.mask] = cells[position & mask] ?? LOST;
      this.mediaUs[position & this.mask] = mediaUs[position & mask] ?? 0;
    }
  }

  private openGap(position: number, missing: number, mediaMs: number): void {
    const { packetMs } = this.pace;
    const beforeMs = this.newestMediaMs;
    const stepMs = Math.min(packetMs, Math.max(0, mediaMs - beforeMs) / (missing + 1));
    if (position - this.toBook <= this.mask) {
      for (let gap = 1; gap <= missing; gap++) {
        this.put(this.newest + gap, LOST, beforeMs + gap * stepMs);
      }
      return;
    }
    this.bookUntil(Number.POSITIVE_INFINITY); // no room: a gap as wide as this is booked at once
    this.cells.fill(LOST);
    for (let gap = 1; gap <= missing; gap++) {
      this.book.book(this.timelineMs + beforeMs + gap * stepMs, LOST, packetMs);
    }
    this.toBook = position;
  }
}
