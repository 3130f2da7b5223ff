/**
 * One RTP stream of a capture, measured by the meter of live legs: from the answer of its call to its BYE where the capture has the
 * signalling, else from its first packet to its last, when silence is unknown and not loss. Times are ms since the first packet of the capture.
 */
import type { CodecImpairment } from '../quality/codec-impairment.js';
import { JITTER_BUFFER_MS } from '../quality/jitter-buffer.js';
import type { MeteredSecond } from '../quality/metered-second.js';
import { StreamMeter } from '../quality/stream-meter.js';
import type { RtpHeader } from '../rtp/packet.js';
import { costOf, type GivenCosts } from './codec-costs.js';
import type { Encoding } from './encoding.js';
import { isAnswered, type MediaPlace, type SipCall } from './sip-calls.js';

/** What a live call has unless its SDP says otherwise. */
const PTIME_MS = 20;
/** A second closes when it ended so long ago, as with live legs. */
const CLOSE_DELAY_SECONDS = 2;
/** Time that passes in one step is bounded: a clock that jumps by years must not be walked through. */
const MOST_SECONDS = 7200;
/** Of bad seconds that are told one by one. */
const MAX_BAD_SECONDS = 200;
/** A call-second below this is bad, on either scale (UX: call-seconds with MOS < 3.6). */
const POOR_MOS = 3.6;

export interface StreamPlace {
  readonly source: string;
  readonly destination: string;
  readonly sourceAddress: string;
  readonly ssrc: number;
}

/** A second in which something was lost, came too late or sounded bad; NaN: not known. */
export interface BadSecond {
  readonly second: number;
  readonly expected: number;
  readonly lost: number;
  readonly discarded: number;
  readonly jitterMs: number;
  readonly mosLq: number;
}

/** What is known of a stream beside its packets. */
export interface StreamKnowledge {
  /** What SDP says; null: there is none. */
  readonly media: MediaPlace | null;
  readonly encodingOf: (payloadType: number) => Encoding | undefined;
  readonly onSecond: SecondListener;
  readonly costs: GivenCosts;
}

/** Hears the figures of each second; the object is reused. */
export type SecondListener = (second: number, figures: Readonly<MeteredSecond>, stream: RtpStream) => void;

export class RtpStream {
  packets = 0;
  early = 0;
  wrongPayloadType = 0;
  events = 0;
  comfortNoise = 0;
  readonly startedAtMs: number;
  lastAtMs: number;
  readonly badSeconds: BadSecond[] = [];
  badSecondCount = 0;
  measuredSeconds = 0;
  /** Null: nothing was measured, as of early audio alone. */
  meter: StreamMeter | null = null;
  /** What it is played with; null: nobody says, so neither time nor score of it is known. */
  encoding: Encoding | null;
  private clockRate: number;
  /** What that costs; undefined: nobody knows, and there is no score. */
  readonly impairment: CodecImpairment | undefined;
  private scoredType: number;
  private closed = 0;
  private holdsTaken = 0;
  private hasEnded = false;
  /** Its call is not answered so far. */
  private isEarly = false;

  constructor(
    readonly place: StreamPlace,
    readonly payloadType: number,
    startedAtMs: number,
    private readonly knowledge: StreamKnowledge,
  ) {
    this.startedAtMs = this.lastAtMs = startedAtMs;
    this.scoredType = payloadType;
    this.encoding = knowledge.encodingOf(payloadType) ?? null;
    this.clockRate = this.encoding?.clockRate ?? 8000;
    this.impairment = this.encoding === null ? undefined : this.costOf(this.encoding);
  }

  get call(): SipCall | null {
    return this.knowledge.media?.call ?? null;
  }

  /** Of packets by their timestamps. */
  take(header: RtpHeader, atMs: number, payloadLength: number): void {
    this.packets++;
    this.lastAtMs = Math.max(this.lastAtMs, atMs);
    this.early += this.begins(atMs) ? 0 : 1;
    this.turnTo(atMs);
    this.measure(header, atMs, payloadLength);
  }

  /** So long since its last packet that it counts as over. */
  isStale(atMs: number): boolean {
    return atMs - this.lastAtMs > MOST_SECONDS * 1000;
  }

  /** Nothing more comes. @param captureEndMs until then a call that is up expects its audio; null: another stream took its place */
  finish(captureEndMs: number | null): void {
    if (this.meter === null || this.hasEnded) {
      return;
    }
    const expectedUntilMs = this.call === null ? null : (captureEndMs ?? this.call.endedAtMs);
    const isNear = expectedUntilMs !== null && expectedUntilMs - this.lastAtMs < MOST_SECONDS * 1000;
    const endMs = isNear ? Math.max(expectedUntilMs, this.lastAtMs) : this.lastAtMs;
    this.applyHolds(endMs);
    if (!this.applyEnd(endMs)) {
      this.end(endMs);
    }
  }

  /**
   * Begins the measurement where it is time. What comes before the answer of a call is measured as well, and counts only where no
   * answer follows.
   * @returns false before the answer
   */
  private begins(atMs: number): boolean {
    const { call } = this;
    if (this.meter !== null && !this.isEarly) {
      return true;
    }
    if (call !== null && call.hasBegun && !isAnswered(call, atMs)) {
      this.isEarly = true;
      if (this.meter === null) this.begin(atMs, false);
      return false;
    }
    this.isEarly = false;
    this.events = this.comfortNoise = this.measuredSeconds = this.badSecondCount = 0;
    this.badSeconds.length = 0;
    const answeredMs = call?.answeredAtMs ?? null;
    // A call whose answer is long past has lost its audio before: where, nobody knows.
    const isRecent = answeredMs !== null && answeredMs <= atMs && atMs - answeredMs < MOST_SECONDS * 1000;
    this.begin(isRecent ? answeredMs : atMs, isRecent);
    return true;
  }

  private get ptimeMs(): number {
    return this.knowledge.media?.ptimeMs ?? PTIME_MS;
  }

  private costOf(encoding: Encoding): CodecImpairment | undefined {
    return costOf(encoding, this.ptimeMs, this.knowledge.costs);
  }

  private begin(atMs: number, expectsAudio: boolean): void {
    this.meter = new StreamMeter({
      clockRate: this.clockRate,
      ptimeMs: this.ptimeMs,
      jitterBufferMs: JITTER_BUFFER_MS,
      codec: this.impairment,
    });
    this.meter.begin(atMs, expectsAudio);
    this.closed = Math.floor(atMs / 1000);
  }

  /** Whatever happened until then happens to the meter in its order. */
  private turnTo(atMs: number): void {
    this.applyHolds(atMs);
    if (!this.hasEnded && !this.applyEnd(atMs)) {
      this.closeUntil(Math.floor(atMs / 1000) - CLOSE_DELAY_SECONDS - 1);
    }
  }

  private applyHolds(untilMs: number): void {
    const { call, meter } = this;
    const endedAtMs = call?.endedAtMs ?? Number.POSITIVE_INFINITY;
    for (; this.holdsTaken < (call?.holds.length ?? 0); this.holdsTaken++) {
      const hold = call?.holds[this.holdsTaken];
      if (hold === undefined || hold.atMs > Math.min(untilMs, endedAtMs)) {
        return;
      }
      this.closeUntil(Math.floor(hold.atMs / 1000) - CLOSE_DELAY_SECONDS - 1);
      if (hold.isHeld) {
        meter?.pause(hold.atMs);
      } else {
        meter?.resume(hold.atMs);
      }
    }
  }

  /** Its call was hung up by then. */
  private applyEnd(atMs: number): boolean {
    const endedAtMs = this.call?.endedAtMs ?? null;
    if (endedAtMs === null || endedAtMs > atMs) {
      return false;
    }
    this.end(endedAtMs);
    return true;
  }

  private end(atMs: number): void {
    this.closeUntil(Math.floor(atMs / 1000) - CLOSE_DELAY_SECONDS - 1);
    this.meter?.end(atMs);
    this.closeUntil(Math.floor(atMs / 1000));
    this.hasEnded = true;
  }

  private measure(header: RtpHeader, atMs: number, payloadLength: number): void {
    const { meter } = this;
    const encoding =
      header.payloadType === this.payloadType ? this.encoding : this.otherEncoding(header, payloadLength);
    if (meter === null || encoding === undefined) {
      this.wrongPayloadType++;
      return;
    }
    if (encoding?.name === 'TELEPHONE-EVENT' || encoding?.name === 'CN') {
      const isNoise = encoding.name === 'CN';
      this.events += isNoise ? 0 : 1;
      this.comfortNoise += isNoise ? 1 : 0;
      meter.onAuxiliary(header.sequence, atMs, isNoise);
    } else if (encoding === null || encoding.clockRate !== this.clockRate) {
      meter.onAuxiliary(header.sequence, atMs, false); // received; what its timestamp means is not known
    } else {
      this.scoreAs(header.payloadType, encoding, meter);
      meter.onPacket(header.sequence, header.timestamp, atMs);
    }
  }

  /** Audio in another codec: what was scored with the one is not what is scored with the other. */
  private scoreAs(payloadType: number, encoding: Encoding, meter: StreamMeter): void {
    if (payloadType !== this.scoredType) {
      this.scoredType = payloadType;
      meter.scoreWith(this.costOf(encoding));
    }
  }

  /** Undefined: nobody agreed on that. Without SDP a short packet of a dynamic type beside the audio is a key press. */
  private otherEncoding({ payloadType }: RtpHeader, payloadLength: number): Encoding | null | undefined {
    const known = this.knowledge.encodingOf(payloadType);
    if (known !== undefined) {
      return known;
    }
    if (this.knowledge.media !== null) {
      return undefined;
    }
    return payloadType >= 96 && payloadLength === 4 ? { name: 'TELEPHONE-EVENT', clockRate: this.clockRate } : null;
  }

  private closeUntil(last: number): void {
    const { meter } = this;
    if (meter === null) {
      return;
    }
    for (; this.closed <= last; this.closed++) {
      if (meter.closeSecond(this.closed)) {
        this.noteSecond(meter.second);
      }
    }
  }

  private noteSecond(figures: MeteredSecond): void {
    const { expected, lost, discarded, jitterMs, mosLq } = figures;
    this.measuredSeconds++;
    if (!this.isEarly) {
      this.knowledge.onSecond(this.closed, figures, this);
    }
    if (lost + discarded === 0 && !(mosLq < POOR_MOS)) {
      return;
    }
    this.badSecondCount++;
    if (this.badSeconds.length < MAX_BAD_SECONDS) {
      this.badSeconds.push({ second: this.closed, expected, lost, discarded, jitterMs, mosLq });
    }
  }
}
