/**
 * Joins each ended call with the totals of its leg: what came in, and what the far end received of it. Of the latter there
 * may be two, the RTCP reports of the next hop and those of our own answerer; the answerer's win, as they are end to end.
 * Bounded for any length of run.
 */
import { BASIS, LEG, type CallRecord } from '../worker/messages.js';

export interface JoinedLegs {
  /** By the columns of LEG; null when the call had no media. */
  readonly received: Float64Array | null;
  /** Null when nobody told. */
  readonly sent: Float64Array | null;
}

/** Calls and legs that wait for their other half; a leg's totals follow its call within seconds. */
const WAITING_LIMIT = 100_000;
/** A joined call is told of so long after, in case that a better source tells of the sent direction. */
const SETTLE_SECONDS = 5;
const NO_LEGS: JoinedLegs = { received: null, sent: null };

interface Waiting {
  readonly call: number;
  record: CallRecord | null;
  received: Float64Array | null;
  rtcp: Float64Array | null;
  answerer: Float64Array | null;
  /** The second in which both record and leg were there. */
  joinedAt: number;
}

export class LegJoin {
  private readonly waiting = new Map<number, Waiting>();
  /** Those of which record and leg are there, in the order in which they joined. */
  private readonly settling = new Set<Waiting>();
  /** Calls that have been told of, and whether with their sent direction: figures that come later open none of them again. */
  private readonly told = new Map<number, boolean>();
  private second = 0;
  /** Told of each call once. */
  onJoined: (record: CallRecord, legs: JoinedLegs) => void = () => {};
  /** Told of the sent totals of each leg once, with the call and the leg as far as they are known. */
  onSent: (sent: Float64Array, call: { record: CallRecord | null; received: Float64Array | null }) => void = () => {};

  addCall(record: CallRecord): void {
    const entry = record.hasMedia ? this.entryOf(record.call) : null;
    if (entry === null) {
      this.onJoined(record, NO_LEGS);
      return;
    }
    entry.record = record;
    this.settle(entry);
  }

  /** A row of the received direction. */
  addReceived(table: Float64Array, offset: number): void {
    const entry = this.entryOf(table[offset + LEG.call] ?? -1);
    if (entry !== null) {
      entry.received = table.slice(offset, offset + LEG.columns);
      this.settle(entry);
    }
  }

  /** A row of the sent direction, of either basis. */
  addSent(table: Float64Array, offset: number): void {
    const call = table[offset + LEG.call] ?? -1;
    const hadSent = this.told.get(call);
    if (hadSent === false) {
      this.told.set(call, true);
      this.onSent(table.slice(offset, offset + LEG.columns), { record: null, received: null });
    }
    const entry = hadSent === undefined ? this.entryOf(call) : null;
    if (entry !== null) {
      const isAnswerer = table[offset + LEG.basis] === BASIS.answerer;
      entry[isAnswerer ? 'answerer' : 'rtcp'] = table.slice(offset, offset + LEG.columns);
    }
  }

  /** The second that the workers have reached: calls that have waited long enough are told of. */
  advance(second: number): void {
    this.second = Math.max(this.second, second);
    for (const entry of this.settling) {
      if (entry.answerer !== null || entry.joinedAt + SETTLE_SECONDS <= this.second) {
        this.finish(entry);
      }
    }
  }

  /** The end: what still waits (its media worker died, or the far end said something late) is told of as it is. */
  flush(): void {
    for (const entry of this.waiting.values()) {
      this.finish(entry);
    }
  }

  /** Calls and legs that wait for their other half, or for a better source. */
  get waitingCalls(): number {
    return this.waiting.size;
  }

  private entryOf(call: number): Waiting | null {
    let entry = this.waiting.get(call);
    if (entry === undefined) {
      if (this.waiting.size >= WAITING_LIMIT) {
        return null;
      }
      entry = { call, record: null, received: null, rtcp: null, answerer: null, joinedAt: 0 };
      this.waiting.set(call, entry);
    }
    return entry;
  }

  private settle(entry: Waiting): void {
    if (entry.record !== null && entry.received !== null && !this.settling.has(entry)) {
      entry.joinedAt = this.second;
      this.settling.add(entry);
    }
  }

  private finish(entry: Waiting): void {
    this.waiting.delete(entry.call);
    this.settling.delete(entry);
    const { record, received } = entry;
    const sent = entry.answerer ?? entry.rtcp;
    this.remember(entry.call, sent !== null);
    if (sent !== null) {
      this.onSent(sent, { record, received });
    }
    if (record !== null) {
      this.onJoined(record, { received, sent });
    }
  }

  private remember(call: number, hadSent: boolean): void {
    this.told.set(call, hadSent);
    if (this.told.size > WAITING_LIMIT) {
      for (const oldest of this.told.keys()) {
        this.told.delete(oldest);
        break;
      }
    }
  }
}
