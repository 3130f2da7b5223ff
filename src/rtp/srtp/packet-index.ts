/**
 * Index of received packets: the 48 bits of RTP are guessed from the 16 that are sent (RFC 3711 §3.3.1, appendix A), those of
 * RTCP are sent; and which ones have been received already (§3.3.2). Nothing here changes by a packet that is not authentic.
 */

/** Twice what §3.3.2 asks for: 2.5 s of audio. */
const WINDOW = 128;
const SEQUENCES = 0x1_0000;
const HALF = 0x8000;

/** Indices that were seen, among the last 128 of them. */
export class ReplayWindow {
  /** The highest one; -1: none yet. */
  highest = -1;
  private readonly seen = new Uint32Array(WINDOW / 32);

  /** Received already, or too old to know. */
  isReplay(index: number): boolean {
    if (index > this.highest) return false;
    if (index <= this.highest - WINDOW) return true;
    return (this.seen[slotOf(index)]! & bitOf(index)) !== 0;
  }

  note(index: number): void {
    const { seen, highest } = this;
    for (let skipped = Math.max(highest + 1, index - WINDOW + 1); skipped <= index; skipped++) {
      seen[slotOf(skipped)] = seen[slotOf(skipped)]! & ~bitOf(skipped);
    }
    if (index > highest) this.highest = index;
    seen[slotOf(index)] = seen[slotOf(index)]! | bitOf(index);
  }

  reset(): void {
    this.highest = -1;
    this.seen.fill(0);
  }
}

/** Remainders of a power of two, so that the sign of a shifted number does not matter. */
const slotOf = (index: number): number => (index & (WINDOW - 1)) >>> 5;
const bitOf = (index: number): number => 1 << (index & 31);

/**
 * The index that a sequence number most probably stands for.
 * @param highest index so far; -1: none, and then the rollover counter is 0
 */
export function guessIndex(highest: number, sequence: number): number {
  if (highest < 0) return sequence;
  const rollover = Math.floor(highest / SEQUENCES);
  const last = highest % SEQUENCES;
  if (last < HALF && sequence - last > HALF && rollover > 0) return (rollover - 1) * SEQUENCES + sequence;
  if (last >= HALF && last - HALF > sequence) return (rollover + 1) * SEQUENCES + sequence;
  return rollover * SEQUENCES + sequence;
}
