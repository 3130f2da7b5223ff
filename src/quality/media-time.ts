/**
 * Media time of audio packets since the stream's first one, in ms: by their timestamps, counted from the newest audio packet
 * across the wrap; by arrival where the timestamps were set anew or have left the pace of arrival.
 */
import { timestampDifference } from './jitter.js';
import type { PacketPace } from './packet-pace.js';
import type { PacketWindow } from './packet-window.js';

/** Timestamps that leave the pace of sequence and arrival by more than this have been set anew (a PBX that bridges). */
const TIMESTAMP_JUMP_MS = 1000;

export class MediaTime {
  /** Whether the packet in hand can be compared with the one before: jitter and clock skew need it. */
  isContinuous = true;

  /** The newest audio packet: what the next one is counted from. */
  private position = Number.NaN;
  private timestamp = 0;
  private arrivalMs = 0;
  private mediaMs = 0;
  private isMoved = false;

  constructor(
    private readonly clockRate: number,
    private readonly window: PacketWindow,
    private readonly pace: PacketPace,
  ) {}

  /** A new stream. */
  reset(): void {
    this.position = Number.NaN;
    this.isMoved = false;
  }

  /** The stream was on hold: timestamps may have stood still or gone on, so the next one counts as set anew. */
  move(): void {
    this.isMoved = true;
  }

  /** Takes an audio packet that came. */
  take(timestamp: number, position: number, arrivalMs: number): number {
    this.isContinuous = true;
    if (Number.isNaN(this.position)) {
      const mediaMs = this.window.newest < 0 ? 0 : this.follow(arrivalMs);
      this.refer(timestamp, position, arrivalMs, mediaMs);
      return mediaMs;
    }
    const mediaMs = this.place(timestamp, position, arrivalMs);
    if (position > this.position) {
      this.refer(timestamp, position, arrivalMs, mediaMs);
    }
    return mediaMs;
  }

  /** Media time of a packet that has none of its own (telephone events, comfort noise): that of its arrival. */
  follow(arrivalMs: number): number {
    return Math.max(this.window.newestMediaMs, arrivalMs - this.window.timelineMs);
  }

  private refer(timestamp: number, position: number, arrivalMs: number, mediaMs: number): void {
    this.timestamp = timestamp;
    this.position = position;
    this.arrivalMs = arrivalMs;
    this.mediaMs = mediaMs;
  }

  private place(timestamp: number, position: number, arrivalMs: number): number {
    const { pace } = this;
    const wasBroken = pace.isBroken;
    const changeMs = (timestampDifference(timestamp, this.timestamp) * 1000) / this.clockRate;
    // None where arrivals stand a little out of order, or the wall clock was set back.
    const passedMs = Math.max(0, arrivalMs - this.arrivalMs);
    const steps = position - this.position;
    const runsAhead = changeMs - passedMs > TIMESTAMP_JUMP_MS;
    const isSetAnew = this.isMoved || runsAhead || this.hasFallenBehind(changeMs, passedMs, steps);
    if (steps > 0 && !isSetAnew) {
      this.observePace(steps, changeMs, arrivalMs);
    }
    if (!isSetAnew && !(wasBroken || pace.isBroken)) {
      return this.mediaMs + changeMs;
    }
    this.isContinuous = false;
    if (steps < 0) {
      return this.window.mediaMsOf(position); // as it was reckoned when its place was opened
    }
    this.isMoved = false;
    return isSetAnew ? this.mediaMs + passedMs : Math.max(this.mediaMs, arrivalMs - this.window.timelineMs);
  }

  /** Behind arrival, and not because the packet was held back: it is not where its sequence number puts it either. */
  private hasFallenBehind(changeMs: number, passedMs: number, steps: number): boolean {
    return (
      passedMs - changeMs > TIMESTAMP_JUMP_MS && Math.abs(changeMs - steps * this.pace.packetMs) > TIMESTAMP_JUMP_MS
    );
  }

  /** Takes the timestamp of a packet that is newer than all audio before it, and was not set anew. */
  private observePace(steps: number, changeMs: number, arrivalMs: number): void {
    const { pace } = this;
    if (steps === 1) {
      pace.observeStep(changeMs);
    }
    if (pace.isBroken) {
      pace.observeTrial(Math.max(0, arrivalMs - this.arrivalMs), changeMs);
      return;
    }
    const lagBeforeMs = this.arrivalMs - this.mediaMs - this.window.timelineMs;
    pace.observeLag(lagBeforeMs + arrivalMs - this.arrivalMs - changeMs, lagBeforeMs);
  }
}
