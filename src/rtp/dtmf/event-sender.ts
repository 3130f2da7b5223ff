/**
 * Keys as telephone-events (RFC 4733 §2.5.1), one packet a ptime in the place of the audio: all packets of an event carry its
 * timestamp, the first one the marker; the duration grows, and the last packet is sent three times. Tone and gap are rounded up to
 * whole ptimes; the repeated ends fall into the gap. An event longer than 0xFFFF units goes on under a new timestamp, unmarked.
 */
import { RTP_HEADER_BYTES, RtpHeader, writeRtpHeader } from '../packet.js';
import { EVENT_BYTES, type EventPayload, MAX_SEGMENT, eventCodeOf, writeEvent } from './telephone-event.js';

/** The end is told so often (§2.5.1.4). */
const ENDS = 3;

/** A key to send. Times in clock units. */
export interface EventToSend {
  readonly digit: string;
  readonly tone: number;
  /** Before the next key. */
  readonly gap: number;
}

export class EventSender {
  private readonly queue: EventToSend[] = [];
  private current: EventToSend | null = null;
  private readonly header = new RtpHeader();
  private readonly payload: EventPayload = { code: 0, isEnd: false, duration: 0 };
  private readonly packet = new Uint8Array(RTP_HEADER_BYTES + EVENT_BYTES);
  /** Of the current event: how far it is in all, and in the segments before the one that is sent. */
  private elapsed = 0;
  private past = 0;
  private endsSent = 0;
  private gapLeft = 0;

  /** @param limit more keys than this do not wait: what is beyond is let go */
  constructor(private readonly limit = 256) {}

  get isIdle(): boolean {
    return this.current === null && this.queue.length === 0;
  }

  send(event: EventToSend): void {
    if (this.queue.length < this.limit) {
      this.queue.push(event);
    }
  }

  clear(): void {
    this.queue.length = 0;
    this.current = null;
  }

  /**
   * What is sent in place of the audio packet with this header; null: the audio itself. Valid until the next call. Each call is a
   * ptime of `step` clock units.
   */
  next(audio: Readonly<RtpHeader>, payloadType: number, step: number): Uint8Array | null {
    this.takeNext(audio.timestamp, step);
    if (this.current === null) {
      return null;
    }
    if (this.payload.isEnd && this.endsSent >= ENDS) {
      this.passGap(step);
      return null;
    }
    const isFirst = this.elapsed === 0;
    this.grow(this.current, step);
    const { header, packet } = this;
    header.ssrc = audio.ssrc;
    header.sequence = audio.sequence;
    header.payloadType = payloadType;
    header.marker = isFirst;
    writeRtpHeader(packet, header);
    writeEvent(packet, RTP_HEADER_BYTES, this.payload);
    return packet;
  }

  private takeNext(timestamp: number, step: number): void {
    if (this.current !== null) {
      return;
    }
    const event = this.queue.shift();
    if (event === undefined) {
      return;
    }
    this.current = event;
    this.payload.code = Math.max(0, eventCodeOf(event.digit));
    this.payload.isEnd = false;
    this.payload.duration = 0;
    this.header.timestamp = timestamp;
    this.elapsed = this.past = this.endsSent = 0;
    this.gapLeft = Math.ceil(event.gap / step) * step;
  }

  /** One step on: a longer duration, or the end once more, in whose time the gap passes. */
  private grow({ tone }: EventToSend, step: number): void {
    const { payload, header } = this;
    if (payload.isEnd) {
      this.endsSent++;
      this.passGap(step);
      return;
    }
    this.elapsed += step;
    if (payload.duration === MAX_SEGMENT) {
      header.timestamp = (header.timestamp + MAX_SEGMENT) >>> 0;
      this.past += MAX_SEGMENT;
    }
    // The full one is told before the next segment begins (§2.5.1.3), and never as the end.
    payload.duration = Math.min(MAX_SEGMENT, this.elapsed - this.past);
    payload.isEnd = this.elapsed >= tone && this.elapsed - this.past <= MAX_SEGMENT;
    this.endsSent = payload.isEnd ? 1 : 0;
  }

  private passGap(step: number): void {
    this.gapLeft -= step;
    if (this.gapLeft <= 0 && this.endsSent >= ENDS) {
      this.current = null;
    }
  }
}
