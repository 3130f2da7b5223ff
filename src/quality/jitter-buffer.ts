/**
 * A fixed jitter buffer, emulated: which packets come too late to be played. Playout of a packet is
 * anchor + delay + media time, where the anchor is a transit (arrival − media time): the first packet's, or the smallest
 * of the last 10 s, which follows the drift between two clocks on long calls.
 */

/** Depth of the buffer behind the headline figures, ms. */
export const JITTER_BUFFER_MS = 60;

export interface JitterBufferOptions {
  /** Buffer depth, ms. */
  readonly delayMs: number;
  readonly anchor: 'first' | 'min';
  /** A transit change above this for three packets in a row moves the anchor: the stream was moved, not late. */
  readonly resyncMs?: number;
}

const ANCHOR_SECONDS = 10;
const RESYNC_PACKETS = 3;

export class FixedJitterBuffer {
  /** Smallest transit of each of the last ten seconds, a ring by arrival second. */
  private readonly minima = new Float64Array(ANCHOR_SECONDS);
  private currentSecond = Number.NaN;
  private anchor = Number.NaN;
  private farPackets = 0;
  private readonly delayMs: number;
  private readonly resyncMs: number;
  private readonly followsMinimum: boolean;

  constructor(options: JitterBufferOptions) {
    this.delayMs = options.delayMs;
    this.resyncMs = options.resyncMs ?? 1000;
    this.followsMinimum = options.anchor === 'min';
  }

  /** The transit from which playout counts, ms; NaN before the first packet. */
  get anchorMs(): number {
    return this.anchor;
  }

  reset(): void {
    this.anchor = Number.NaN;
    this.currentSecond = Number.NaN;
    this.farPackets = 0;
  }

  /** Takes a packet in its order of arrival; false when it came too late to be played. */
  accept(arrivalMs: number, mediaMs: number): boolean {
    const transitMs = arrivalMs - mediaMs;
    if (Number.isNaN(this.anchor) || this.hasMoved(transitMs)) {
      this.reset();
      this.anchor = transitMs;
    }
    if (this.followsMinimum) {
      this.followMinimum(transitMs, Math.floor(arrivalMs / 1000));
    }
    return transitMs <= this.anchor + this.delayMs;
  }

  private hasMoved(transitMs: number): boolean {
    this.farPackets = Math.abs(transitMs - this.anchor) > this.resyncMs ? this.farPackets + 1 : 0;
    return this.farPackets >= RESYNC_PACKETS;
  }

  private followMinimum(transitMs: number, second: number): void {
    const { minima } = this;
    if (second !== this.currentSecond) {
      this.turnTo(second);
      this.currentSecond = second;
      minima[placeOf(second)] = transitMs;
      this.anchor = smallest(minima);
      return;
    }
    if (transitMs < (minima[placeOf(second)] ?? Number.POSITIVE_INFINITY)) {
      minima[placeOf(second)] = transitMs;
      this.anchor = Math.min(this.anchor, transitMs);
    }
  }

  /** Forgets the minima of seconds that the ring has no room for. */
  private turnTo(second: number): void {
    if (!(Math.abs(second - this.currentSecond) < ANCHOR_SECONDS)) {
      this.minima.fill(Number.POSITIVE_INFINITY);
      return;
    }
    for (let skipped = this.currentSecond + 1; skipped <= second; skipped++) {
      this.minima[placeOf(skipped)] = Number.POSITIVE_INFINITY;
    }
  }
}

/** Also for seconds before the epoch, where a wall clock that was set back puts arrivals. */
function placeOf(second: number): number {
  return ((second % ANCHOR_SECONDS) + ANCHOR_SECONDS) % ANCHOR_SECONDS;
}

function smallest(values: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) {
    if (value < least) {
      least = value;
    }
  }
  return least;
}
