/** What a leg sends: the shared clip, or the echo of what it hears, one packet a ptime under a header of its own. */
import { RtpHeader, writeRtpHeader } from '../rtp/packet.js';
import type { DigitsToSend } from '../call/dtmf.js';
import type { CodecContext } from './codec-context.js';
import { EchoBuffer } from './echo-buffer.js';
import type { MediaSource } from './messages.js';
import { OutgoingKeys } from './outgoing-keys.js';
import { PacketEcho } from './packet-echo.js';
import { SilenceSuppression } from './silence-suppression.js';

/** Between keys that are sent back: room for the repeated end. */
const ECHO_GAP_MS = 60;

/** How a stream begins: RFC 3550 §5.1 wants all three random. */
export interface StreamStart {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payloadType: number;
  /** Any number; not all calls say the same word at once. */
  readonly clipOffset: number;
}

export class OutgoingAudio {
  /** The header of the packet that is sent next. */
  readonly header = new RtpHeader();
  private codec: CodecContext | null = null;
  private echo: EchoBuffer | PacketEcho | null = null;
  private clipPosition = 0;
  /** Pressed in this call; null: none was. */
  private keys: OutgoingKeys | null = null;
  /** Of the clip's pauses; null: they are sent as they are. */
  private silence: SilenceSuppression | null = null;
  /** What keys go as; null: they cannot go as events. */
  private eventPayloadType: number | null = null;

  constructor(
    private readonly source: MediaSource,
    private readonly ptimeMs: number,
  ) {}

  start(codec: CodecContext, start: StreamStart): void {
    const { header } = this;
    this.codec = codec;
    this.keys = null;
    this.silence = null;
    this.echo = this.echoes(codec) ? this.echoFor(codec) : null;
    this.clipPosition = start.clipOffset % (codec.clipPackets.length || 1);
    header.marker = true;
    header.ssrc = start.ssrc;
    header.sequence = start.sequence;
    header.timestamp = start.timestamp;
    header.payloadType = start.payloadType;
  }

  /** Another codec of the same clock within the stream; what an echo had heard in the old one is let go. */
  change(codec: CodecContext): void {
    if (codec === this.codec) return;
    this.codec = codec;
    this.echo = this.echoes(codec) ? this.echoFor(codec) : null;
    this.clipPosition %= codec.clipPackets.length || 1;
  }

  /** What keys are sent as from now on. */
  agreeEvents(payloadType: number | null): void {
    this.eventPayloadType = payloadType;
    if (this.codec !== null) {
      this.keys?.agree(this.codec, payloadType);
    }
  }

  /** The clip's pauses are left out from now on, and noise of this payload type tells of them; null: they are sent. */
  agreeNoise(payloadType: number | null): void {
    const { codec } = this;
    const leavesOut = payloadType !== null && codec !== null && this.source === 'clip';
    this.silence = leavesOut ? new SilenceSuppression(codec, payloadType, this.ptimeMs) : null;
  }

  /** Keys in place of the audio, behind those that are being sent. */
  press(keys: DigitsToSend): void {
    if (this.codec !== null) {
      this.keys ??= new OutgoingKeys(this.codec, this.eventPayloadType, this.ptimeMs);
      this.keys.send(keys);
    }
  }

  /** An echo gives keys back as it got them. */
  echoKey(digit: string, durationMs: number): void {
    if (this.source === 'echo') {
      this.press({ digits: digit, method: 'rfc4733', toneMs: durationMs, gapMs: ECHO_GAP_MS });
    }
  }

  /** What was heard, for an echo. */
  hear(data: Uint8Array, offset: number, length: number): void {
    this.echo?.push(data, offset, length);
  }

  /** The next packet with its header; valid until the next call. Null: nothing is sent, and that is meant. */
  next(): Uint8Array | null {
    const { clipPosition } = this;
    const packet = this.nextPayload();
    const key = this.keys?.next(this.header) ?? null;
    if (key !== null) {
      return key;
    }
    const instead = this.silence?.next(clipPosition, this.header);
    if (instead !== undefined) {
      return instead;
    }
    if (packet === null) {
      this.header.marker = true; // what comes after it begins a new stretch of audio
      return null;
    }
    writeRtpHeader(packet, this.header);
    return packet;
  }

  /** It left; the one after it has the next sequence number. */
  advance(): void {
    this.header.marker = false;
    this.header.sequence = (this.header.sequence + 1) & 0xffff;
    this.passTime();
  }

  /** Its time has passed: its audio is left out, or an echo would grow later. @returns whether there was anything to send */
  skip(): boolean {
    const isDue = this.next() !== null;
    this.passTime();
    return isDue;
  }

  /** It did not leave: time goes on, the sequence does not, so the far end books no loss for our fault. */
  passTime(): void {
    this.header.timestamp = (this.header.timestamp + (this.codec?.samplesPerPacket ?? 0)) >>> 0;
  }

  private nextPayload(): Uint8Array | null {
    if (this.echo !== null) {
      return this.echo.nextPacket();
    }
    const packets = this.codec?.clipPackets ?? [];
    const packet = packets[this.clipPosition] ?? null;
    this.clipPosition = (this.clipPosition + 1) % (packets.length || 1);
    return packet;
  }

  /** A codec without a clip can only be sent back. */
  private echoes({ clipPackets }: CodecContext): boolean {
    return this.source === 'echo' || clipPackets.length === 0;
  }

  /** The slot's last one again where it fits: a ring for each call would be garbage at thousands of calls. */
  private echoFor({ bytesPerPacket, codec }: CodecContext): EchoBuffer | PacketEcho {
    const { echo } = this;
    const fits =
      codec.silence === null
        ? echo instanceof PacketEcho
        : echo instanceof EchoBuffer && echo.fits(bytesPerPacket, codec.silence);
    if (echo !== null && fits) {
      echo.clear();
      return echo;
    }
    return codec.silence === null ? new PacketEcho() : new EchoBuffer(bytesPerPacket, codec.silence);
  }
}
