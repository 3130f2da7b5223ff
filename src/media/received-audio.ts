/**
 * What a leg received as one sound: each packet at the place that its RTP timestamp names, silence where nothing came. A new source, or
 * timestamps that were set anew, go on where they arrived. No jitter buffer: what came too late to be played is in it.
 */
import { findCodec } from './codec/codec.js';
import { G722Decoder } from './codec/g722.js';

export interface ReceivedPacket {
  /** Encoding name, upper case. */
  readonly codec: string;
  readonly ssrc: number;
  readonly timestamp: number;
  readonly atMs: number;
  readonly payload: Uint8Array;
}

interface PlacedPacket {
  readonly at: number;
  readonly payload: Uint8Array;
  readonly codec: string;
}

/** Timestamps this far off their arrival have been set anew: the sound is no longer than the call, whatever they say. */
const JUMP_MS = 2000;
const MAX_SECONDS = 3600;

export class ReceivedAudio {
  samplesPerSecond = 8000;
  private readonly packets: PlacedPacket[] = [];
  private firstMs = Number.NaN;
  private ssrc = Number.NaN;
  private timestamp = 0;
  private at = 0;

  /** In the order of arrival. Of a codec with another sampling rate than the first packet's nothing is taken. */
  add(packet: ReceivedPacket): void {
    const codec = findCodec(packet.codec);
    if (codec === undefined || (this.packets.length > 0 && codec.samplesPerSecond !== this.samplesPerSecond)) {
      return;
    }
    if (this.packets.length === 0) {
      this.samplesPerSecond = codec.samplesPerSecond;
      this.firstMs = packet.atMs;
    }
    const at = this.placeOf(packet, codec.clockRate);
    if (at >= 0 && at < MAX_SECONDS * this.samplesPerSecond) {
      this.packets.push({ at, payload: packet.payload, codec: codec.name });
    }
  }

  /** Mono, from the first packet on. */
  samples(): Int16Array {
    const decoders = new Map<string, (payload: Uint8Array) => Int16Array>();
    const placed = this.packets.toSorted((one, other) => one.at - other.at);
    const pieces: { readonly at: number; readonly samples: Int16Array }[] = [];
    let lastAt = Number.NaN;
    for (const { at, payload, codec } of placed) {
      if (at === lastAt) {
        continue; // the same packet again
      }
      lastAt = at;
      const decode = decoders.get(codec) ?? decoderOf(codec);
      decoders.set(codec, decode);
      pieces.push({ at, samples: decode(payload) });
    }
    const whole = new Int16Array(Math.max(0, ...pieces.map(({ at, samples }) => at + samples.length)));
    for (const { at, samples } of pieces) {
      whole.set(samples, at);
    }
    return whole;
  }

  private placeOf({ ssrc, timestamp, atMs }: ReceivedPacket, clockRate: number): number {
    const changeMs = (((timestamp - this.timestamp) | 0) * 1000) / clockRate;
    const changed = this.at + Math.round((changeMs * this.samplesPerSecond) / 1000);
    const arrived = Math.round(((atMs - this.firstMs) * this.samplesPerSecond) / 1000);
    const isOff = Math.abs(changed - arrived) > (JUMP_MS * this.samplesPerSecond) / 1000;
    this.at = ssrc !== this.ssrc || isOff ? arrived : changed;
    this.ssrc = ssrc;
    this.timestamp = timestamp;
    return this.at;
  }
}

/** G.722 runs on over the borders of packets. */
function decoderOf(codec: string): (payload: Uint8Array) => Int16Array {
  if (codec === 'G722') {
    const decoder = new G722Decoder();
    return (payload) => decoder.decode(payload);
  }
  const plain = findCodec(codec);
  return (payload) => plain?.decode(payload) ?? new Int16Array(0);
}
