/** One stream on a bad link: what one socket sends to one destination, and the truth about what was done to it. */
import type { Destination } from './datagram.js';
import type { StreamFate } from './stream-fate.js';
import type { Waiting } from './release-queue.js';

/** A socket and what it sends, one stream after another. */
export interface Link {
  readonly handle: number;
  /** Its own: with the number of the stream the seed of its fate. */
  readonly index: number;
  readonly isRtp: boolean;
  isOpen: boolean;
  streams: number;
  stream: LinkStream | null;
}

/** Sum and number of jitter estimates, one for each packet. */
export interface JitterTruth {
  sumMs: number;
  packets: number;
}

export class LinkStream {
  /** Packets in the queue; one that is held back is not among them. */
  waiting = 0;
  held: Waiting<LinkStream> | null = null;
  /** When the last packet leaves, ns: none passes it. */
  lastDueNs = 0;

  private hasPassed = false;
  private lostInRow = 0;
  private lostAtStart = 0;
  private lastDelayMs = Number.NaN;
  private jitterMs = 0;

  constructor(
    readonly link: Link,
    readonly destination: Destination,
    readonly fate: StreamFate,
    private readonly truth: JitterTruth,
  ) {}

  /** Books whether the packet in hand was lost. */
  book(isLost: boolean): void {
    if (isLost) {
      this.lostInRow++;
      return;
    }
    if (!this.hasPassed) {
      this.lostAtStart = this.lostInRow;
      this.hasPassed = true;
    }
    this.lostInRow = 0;
  }

  /** Lost so far before the first and behind the last packet that passed: no receiver can miss those. */
  get lostUnseen(): number {
    return this.lostAtStart + this.lostInRow;
  }

  /** A packet has left after that delay: RFC 3550 A.8 over the delays alone, in the order of leaving. */
  left(delayMs: number): void {
    if (!Number.isNaN(this.lastDelayMs)) {
      this.jitterMs += (Math.abs(delayMs - this.lastDelayMs) - this.jitterMs) / 16;
    }
    this.lastDelayMs = delayMs;
    this.truth.sumMs += this.jitterMs;
    this.truth.packets++;
  }
}
