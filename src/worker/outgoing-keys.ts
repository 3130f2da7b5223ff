/** The keys that a leg sends in place of its audio: as telephone-events, or as tones in the codec of the leg. */
import type { DigitsToSend } from '../call/dtmf.js';
import { digitSamples } from '../media/tone/dtmf-tones.js';
import { EventSender } from '../rtp/dtmf/event-sender.js';
import { type RtpHeader, writeRtpHeader } from '../rtp/packet.js';
import { type CodecContext, packetsWithHeader } from './codec-context.js';

/** Rows of keys that are kept encoded, a codec: all calls of a run press the same ones. */
const KEPT_TONES = 64;

const encodedTones = new WeakMap<CodecContext, Map<string, readonly Uint8Array[]>>();

export class OutgoingKeys {
  private readonly events = new EventSender();
  private readonly rows: DigitsToSend[] = [];
  private tones: readonly Uint8Array[] = [];
  private tonesSent = 0;

  constructor(
    private codec: CodecContext,
    private eventPayloadType: number | null,
    private readonly ptimeMs: number,
  ) {}

  /** Agreed on anew; tones that are under way end with the codec that they are in. */
  agree(codec: CodecContext, eventPayloadType: number | null): void {
    if (codec !== this.codec) {
      this.tones = [];
    }
    this.codec = codec;
    this.eventPayloadType = eventPayloadType;
  }

  send(keys: DigitsToSend): void {
    if (keys.method === 'inband') {
      this.rows.push(keys);
      return;
    }
    const unitsPerMs = this.codec.codec.clockRate / 1000;
    for (const digit of keys.digits) {
      this.events.send({ digit, tone: keys.toneMs * unitsPerMs, gap: keys.gapMs * unitsPerMs });
    }
  }

  /** The packet in place of the audio with this header; null: the audio. Each call is a ptime. Valid until the next call. */
  next(header: RtpHeader): Uint8Array | null {
    if (this.eventPayloadType !== null && !this.events.isIdle) {
      return this.events.next(header, this.eventPayloadType, this.codec.samplesPerPacket);
    }
    const packet = this.nextTone();
    if (packet !== null) {
      writeRtpHeader(packet, header);
    }
    return packet;
  }

  private nextTone(): Uint8Array | null {
    if (this.tonesSent >= this.tones.length) {
      const row = this.rows.shift();
      if (row === undefined) {
        return null;
      }
      this.tones = tonesOf(row, this.codec, this.ptimeMs);
      this.tonesSent = 0;
    }
    return this.tones[this.tonesSent++] ?? null;
  }
}

function tonesOf(keys: DigitsToSend, context: CodecContext, ptimeMs: number): readonly Uint8Array[] {
  const name = `${keys.digits} ${keys.toneMs} ${keys.gapMs} ${ptimeMs}`;
  const kept = encodedTones.get(context) ?? new Map<string, readonly Uint8Array[]>();
  encodedTones.set(context, kept);
  const known = kept.get(name);
  if (known !== undefined) {
    return known;
  }
  const { samplesPerSecond } = context.codec;
  const timing = { samplesPerSecond, samplesPerPacket: (samplesPerSecond * ptimeMs) / 1000 };
  const packets = packetsWithHeader(
    context.codec.encode(digitSamples(keys.digits, keys, timing)),
    context.bytesPerPacket,
  );
  if (kept.size < KEPT_TONES) {
    kept.set(name, packets);
  }
  return packets;
}
