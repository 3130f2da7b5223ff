/**
 * Silence that is not sent (RFC 3551 §4.1, RFC 3389): in the pauses of the clip the packets stop, comfort noise tells the level at
 * their beginning and now and then, and the first packet of speech behind them is marked. Which packets are pauses is known once for
 * all streams, since all send the same clip.
 */
import { RTP_HEADER_BYTES, type RtpHeader, writeRtpHeader } from '../rtp/packet.js';
import type { CodecContext } from './codec-context.js';

/** What is below is a pause: the level from which on audio counts as speech in our clips' own check. */
const PAUSE_DBOV = -50;
/** So long after speech its end may still come. */
const HANGOVER_MS = 100;
/** From one word of the noise to the next. */
const UPDATE_MS = 400;
const FULL_SCALE = 32_768;
/** The field has seven bits (RFC 3389 §3.1). */
const LOWEST_DBOV = -127;

/** By packet of the clip. */
interface ClipSilence {
  /** 1: not sent. */
  readonly leftOut: Uint8Array;
  /** Level in −dBov. */
  readonly levels: Uint8Array;
}

const known = new WeakMap<CodecContext, ClipSilence>();

/** Finds the pauses of a codec's clip; takes its time, once. */
export function clipSilenceOf(context: CodecContext, ptimeMs: number): ClipSilence {
  const found = known.get(context);
  if (found !== undefined) {
    return found;
  }
  const levels = levelsOf(context);
  const hangover = Math.ceil(HANGOVER_MS / ptimeMs);
  const leftOut = levels.map((_, at) => {
    // The clip is played in a circle: before its first packet comes its last.
    for (let back = 0; back <= hangover; back++) {
      const before = (((at - back) % levels.length) + levels.length) % levels.length;
      if ((levels[before] as number) < -PAUSE_DBOV) {
        return 0;
      }
    }
    return 1;
  });
  const silence = { leftOut, levels };
  known.set(context, silence);
  return silence;
}

function levelsOf({ clipPackets, bytesPerPacket, codec }: CodecContext): Uint8Array {
  const payloads = new Uint8Array(clipPackets.length * bytesPerPacket);
  clipPackets.forEach((packet, i) => payloads.set(packet.subarray(RTP_HEADER_BYTES), i * bytesPerPacket));
  const samples = codec.decode(payloads);
  const each = samples.length / clipPackets.length;
  return Uint8Array.from(clipPackets, (_, i) => -levelOf(samples.subarray(i * each, (i + 1) * each)));
}

function levelOf(samples: Int16Array): number {
  let energy = 0;
  for (const sample of samples) {
    energy += sample * sample;
  }
  const dBov = 10 * Math.log10(energy / samples.length / FULL_SCALE ** 2);
  return Math.round(Math.min(0, Math.max(LOWEST_DBOV, dBov)));
}

export class SilenceSuppression {
  private readonly silence: ClipSilence;
  private readonly packet = new Uint8Array(RTP_HEADER_BYTES + 1);
  private readonly updateEvery: number;
  /** Packets since the last word of the noise; −1: we speak. */
  private sinceUpdate = -1;

  /** @param payloadType of the noise */
  constructor(
    context: CodecContext,
    private readonly payloadType: number,
    ptimeMs: number,
  ) {
    this.silence = clipSilenceOf(context, ptimeMs);
    this.updateEvery = Math.ceil(UPDATE_MS / ptimeMs);
  }

  /**
   * What is sent in place of this packet of the clip, whose header it is: noise, or null for nothing at all. Undefined: the packet
   * itself, marked where it is the first one of speech.
   */
  next(clipPosition: number, header: RtpHeader): Uint8Array | null | undefined {
    if (this.silence.leftOut[clipPosition] !== 1) {
      header.marker ||= this.sinceUpdate >= 0;
      this.sinceUpdate = -1;
      return undefined;
    }
    this.sinceUpdate = (this.sinceUpdate + 1) % this.updateEvery;
    return this.sinceUpdate === 0 ? this.noise(this.silence.levels[clipPosition] as number, header) : null;
  }

  private noise(level: number, header: RtpHeader): Uint8Array {
    const { packet } = this;
    const { payloadType, marker } = header;
    header.payloadType = this.payloadType;
    header.marker = false;
    writeRtpHeader(packet, header);
    header.payloadType = payloadType;
    header.marker = marker;
    packet[RTP_HEADER_BYTES] = level;
    return packet;
  }
}
