/**
 * Keys out of the telephone-events of a stream (RFC 4733 §2.5.2). An event is told by its timestamp, so it counts once however many
 * of its packets come, in whatever order; where its end is lost, it ends with the next event, with audio behind it, or with silence.
 */
import { type EventPayload, MAX_SEGMENT, digitOf, parseEvent } from './telephone-event.js';

export interface ReceivedEvent {
  readonly digit: string;
  /** On the clock of the arrivals: when the event began, as its first packet that came tells. */
  readonly startMs: number;
  readonly durationMs: number;
}

/** After so long without a packet an event is over (§2.5.2.2 asks for at least three of its intervals). */
const END_AFTER_MS = 200;
/** With audio behind it, the rest of its packets has had so long. */
const AUDIO_AFTER_MS = 80;
/** Events whose late packets are known again. */
const REMEMBERED = 8;

interface OpenEvent {
  code: number;
  startMs: number;
  /** Of the segment that is coming. */
  timestamp: number;
  duration: number;
  /** Of the segments before, clock units. */
  past: number;
  lastArrivalMs: number;
}

export class EventReceiver {
  private readonly payload: EventPayload = { code: 0, isEnd: false, duration: 0 };
  private open: OpenEvent | null = null;
  /** Timestamps of events that are over. */
  private readonly closed: number[] = [];

  /** @param clockRate Hz @param onEvent told of each key when it is over */
  constructor(
    private readonly clockRate: number,
    private readonly onEvent: (event: ReceivedEvent) => void,
  ) {}

  get isOpen(): boolean {
    return this.open !== null;
  }

  /** Takes a packet's payload in its order of arrival. */
  take(
    data: Uint8Array,
    at: { readonly offset: number; readonly length: number },
    timestamp: number,
    arrivalMs: number,
  ): void {
    const { payload } = this;
    if (!parseEvent(data, at.offset, at.length, payload) || this.closed.includes(timestamp)) {
      return;
    }
    const open = this.openFor(timestamp, arrivalMs);
    open.duration = Math.max(open.duration, payload.duration);
    open.lastArrivalMs = arrivalMs;
    if (payload.isEnd) {
      this.close();
    }
  }

  /** Audio came. */
  onAudio(arrivalMs: number): void {
    this.closeAfter(AUDIO_AFTER_MS, arrivalMs);
  }

  /** Time has passed. */
  onTime(nowMs: number): void {
    this.closeAfter(END_AFTER_MS, nowMs);
  }

  /** The stream is over. */
  close(): void {
    const { open } = this;
    if (open === null) {
      return;
    }
    this.open = null;
    this.remember(open.timestamp);
    const digit = digitOf(open.code);
    if (digit !== null) {
      this.onEvent({ digit, startMs: open.startMs, durationMs: this.msOf(open.past + open.duration) });
    }
  }

  clear(): void {
    this.open = null;
    this.closed.length = 0;
  }

  private openFor(timestamp: number, arrivalMs: number): OpenEvent {
    const { open, payload } = this;
    if (open !== null && open.timestamp === timestamp) {
      return open;
    }
    if (open !== null && open.code === payload.code && isNextSegment(open.timestamp, timestamp)) {
      this.remember(open.timestamp);
      open.past += MAX_SEGMENT;
      open.timestamp = timestamp;
      open.duration = 0;
      return open;
    }
    this.close();
    return (this.open = {
      code: payload.code,
      startMs: arrivalMs - this.msOf(payload.duration),
      timestamp,
      duration: 0,
      past: 0,
      lastArrivalMs: arrivalMs,
    });
  }

  private closeAfter(ms: number, nowMs: number): void {
    if (this.open !== null && nowMs - this.open.lastArrivalMs >= ms) {
      this.close();
    }
  }

  private remember(timestamp: number): void {
    this.closed.push(timestamp);
    if (this.closed.length > REMEMBERED) {
      this.closed.shift();
    }
  }

  private msOf(units: number): number {
    return (units * 1000) / this.clockRate;
  }
}

/** An event that did not end goes on where its duration field was full (§2.5.1.3). */
const isNextSegment = (before: number, timestamp: number): boolean => (timestamp - before) >>> 0 === MAX_SEGMENT;
