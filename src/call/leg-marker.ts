/**
 * A marker in the audio of a call between two of our users: tones that say which call of the run it is, sent by the leg that calls and
 * listened for at the leg that is called. It confirms that both are one call, whatever the PBX makes of Call-ID and From.
 */
import type { TimerHandle, Timers } from '../sip/transaction/timers.js';
import type { MediaSlot } from './media-slots.js';

/** `contradicted`: that of another call of the run came, twice. `notHeard`: none came whole. */
export type MarkerVerdict = 'confirmed' | 'contradicted' | 'notHeard';

/** What a call needs of it. */
export interface LegMarkers {
  /** The keys that the calling leg presses. */
  digitsOf(call: number): string;
  /** Null: there is no called leg of ours. */
  verdictOf(call: number): MarkerVerdict | null;
}

/** No key of a phone has it, so that no PBX waits for it. */
const START = 'D';
const NUMBERS = 10_000;
const DIGITS = 4;
const WEIGHTS = [3, 7, 9, 1] as const;
/** A PBX connects its two legs a moment after each has answered. */
const AFTER_MS = 500;
/** One that loses a packet is followed by a whole one. */
const REPEATS = 2;
/** Longer than Q.24 asks for: in G.722 each tone begins with the change to the encoder of its row. */
const TONE_MS = 120;
const GAP_MS = 80;
/** From the answer on; a listener decodes all audio. */
export const MARKER_LISTEN_MS = 5_000;

/** The start, the call's number modulo 10,000, and a digit that only this run would put behind it. */
export function markerOf(runId: number, call: number): string {
  const number = String(call % NUMBERS).padStart(DIGITS, '0');
  return `${START}${number}${checkDigit(runId, number)}`;
}

function checkDigit(runId: number, number: string): number {
  const sum = WEIGHTS.reduce<number>((total, weight, index) => total + weight * Number(number[index]), runId % 10);
  return sum % 10;
}

/** Presses the marker of the call that has just been answered. */
export class MarkerSender {
  private readonly timer: TimerHandle;

  constructor(
    private readonly timers: Timers,
    slot: MediaSlot,
    digits: string,
  ) {
    this.timer = timers.schedule(AFTER_MS, () => {
      // The start once more, since the first tone may be lost in the change from other audio. A row each: those of all calls are encoded once.
      for (const digit of `${START}${digits.repeat(REPEATS)}`) {
        slot.press?.({ digits: digit, method: 'inband', toneMs: TONE_MS, gapMs: GAP_MS });
      }
    });
  }

  stop(): void {
    this.timers.cancel(this.timer);
  }
}

/** What the called leg hears. */
export class MarkerEar {
  private heard: string | null = null;
  private isConfirmed = false;
  private readonly others = new Map<string, number>();
  private isContradicted = false;

  constructor(
    private readonly runId: number,
    private readonly call: number,
  ) {}

  get verdict(): MarkerVerdict {
    if (this.isConfirmed) return 'confirmed';
    return this.isContradicted ? 'contradicted' : 'notHeard';
  }

  /** Takes a key of the calling leg. */
  hear(digit: string): void {
    if (digit === START) {
      this.heard = START;
    } else if (this.heard !== null) {
      this.heard += digit;
      if (this.heard.length === DIGITS + 2) {
        this.judge(this.heard);
        this.heard = null;
      }
    }
  }

  private judge(heard: string): void {
    if (heard === markerOf(this.runId, this.call)) {
      this.isConfirmed = true;
      return;
    }
    // One that a lost packet has mutilated is none, and seldom comes twice.
    const number = heard.slice(1, -1);
    if (this.others.size >= REPEATS || heard !== `${START}${number}${checkDigit(this.runId, number)}`) return;
    const times = (this.others.get(heard) ?? 0) + 1;
    this.others.set(heard, times);
    this.isContradicted ||= times >= REPEATS;
  }
}
