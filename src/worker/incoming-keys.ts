/** The keys that a leg receives: out of its telephone-events always, out of its audio where somebody listens for them. */
import type { ReceivedDigit } from '../call/dtmf.js';
import { DtmfDetector, type HeardDigit } from '../media/tone/dtmf-detector.js';
import { EventReceiver, type ReceivedEvent } from '../rtp/dtmf/event-receiver.js';
import type { RtpHeader } from '../rtp/packet.js';
import type { Codec } from '../media/codec/codec.js';
import type { CodecContext } from './codec-context.js';

/** Of a leg: a far side that presses keys for ever is not listened to for ever. */
const MAX_KEYS = 1000;
/** Lost packets of audio that are bridged with the one before. */
const MAX_BRIDGED = 2;
/** A gateway lets the beginning of a tone through before it sends the event: both are one press. */
const SAME_PRESS_MS = 200;

export class IncomingKeys {
  private readonly events: EventReceiver;
  private ear: ToneEar | null = null;
  private keys = 0;
  private lastEvent: ReceivedEvent | null = null;

  /** @param onKey told of each when it is over */
  constructor(
    clockRate: number,
    private readonly onKey: (digit: ReceivedDigit) => void,
  ) {
    this.events = new EventReceiver(clockRate, (event) => this.takeEvent(event));
  }

  /** From now on audio in this codec is listened to. */
  listen(codec: CodecContext): void {
    this.ear?.end();
    const { audio } = codec.codec;
    this.ear = audio === null ? null : new ToneEar(codec, audio, (heard) => this.takeTone(heard));
  }

  /** Audio is listened to no more. */
  deafen(): void {
    this.ear?.end();
    this.ear = null;
  }

  get isListening(): boolean {
    return this.ear !== null;
  }

  onEvent(data: Uint8Array, header: RtpHeader, arrivalMs: number): void {
    const at = { offset: header.payloadOffset, length: header.payloadLength };
    this.events.take(data, at, header.timestamp, arrivalMs);
  }

  onAudio(data: Uint8Array, header: RtpHeader, arrivalMs: number): void {
    if (this.events.isOpen) {
      this.events.onAudio(arrivalMs);
    }
    this.ear?.take(data, header, arrivalMs);
  }

  onTime(nowMs: number): void {
    this.events.onTime(nowMs);
  }

  /** Another source: its timestamps are no news of the one before. */
  restart(): void {
    this.events.close();
    this.events.clear();
    this.ear?.end();
  }

  private takeEvent(event: ReceivedEvent): void {
    this.lastEvent = event;
    this.tell({ ...event, method: 'rfc4733' });
  }

  private takeTone(heard: HeardDigit): void {
    const { lastEvent } = this;
    const isEvent =
      lastEvent !== null &&
      lastEvent.digit === heard.digit &&
      heard.startMs < lastEvent.startMs + lastEvent.durationMs + SAME_PRESS_MS &&
      heard.startMs + heard.durationMs > lastEvent.startMs - SAME_PRESS_MS;
    if (!isEvent) {
      this.tell({ ...heard, method: 'inband' });
    }
  }

  private tell(digit: ReceivedDigit): void {
    if (this.keys++ < MAX_KEYS) {
      this.onKey(digit);
    }
  }
}

/** Decodes a leg's audio and listens for tones. */
class ToneEar {
  private readonly detector: DtmfDetector;
  private readonly decode: (payload: Uint8Array) => Int16Array;
  private sequence = -1;
  private last: Int16Array = new Int16Array(0);
  private samples = 0;
  /** When the first sample would have arrived at the pace of the newest packet. */
  private originMs = 0;

  constructor(
    private readonly codec: CodecContext,
    private readonly format: Codec,
    private readonly onHeard: (heard: HeardDigit) => void,
  ) {
    this.detector = new DtmfDetector(format.samplesPerSecond, (heard) =>
      this.onHeard({ ...heard, startMs: this.originMs + heard.startMs }),
    );
    this.decode = format.openDecoder?.() ?? ((payload) => format.decode(payload));
  }

  take(data: Uint8Array, { sequence, payloadOffset, payloadLength }: RtpHeader, arrivalMs: number): void {
    // A packet of another length is of nobody's ptime: decoding it costs no more than a few packets would.
    if (payloadLength === 0 || payloadLength > 4 * this.codec.bytesPerPacket) {
      return;
    }
    const missing = this.sequence < 0 ? 0 : (sequence - this.sequence - 1) & 0xffff;
    if (missing >= 0x8000) {
      return; // late, or twice: its place has been heard
    }
    for (let i = 0; i < Math.min(missing, MAX_BRIDGED); i++) {
      this.hear(this.last);
    }
    this.sequence = sequence;
    this.originMs = arrivalMs - (this.samples * 1000) / this.format.samplesPerSecond;
    this.last = this.decode(data.subarray(payloadOffset, payloadOffset + payloadLength));
    this.hear(this.last);
  }

  end(): void {
    this.detector.end();
    this.sequence = -1;
  }

  private hear(samples: Int16Array): void {
    this.detector.take(samples);
    this.samples += samples.length;
  }
}
