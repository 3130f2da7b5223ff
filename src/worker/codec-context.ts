/** What a media worker holds of each codec that its legs may agree on: packets of the clip, and how its streams are scored. */
import { codecNames, findCodec, type Codec } from '../media/codec/codec.js';
import { findCodecImpairment, type CodecImpairment } from '../quality/codec-impairment.js';
import { RTP_HEADER_BYTES } from '../rtp/packet.js';
import type { CodecClip } from './messages.js';

export interface CodecContext {
  readonly codec: Codec;
  /** In the codec table, as rows name it. */
  readonly index: number;
  /** Undefined where no value is published: then there is no score rather than a guessed one. */
  readonly impairment: CodecImpairment | undefined;
  readonly bytesPerPacket: number;
  /** What the RTP timestamp grows by with each packet. */
  readonly samplesPerPacket: number;
  /** The clip as whole packets, each with room for its header: patched and sent in place, so nothing is copied. */
  readonly clipPackets: readonly Uint8Array[];
}

export function codecContext(clip: CodecClip, ptimeMs: number): CodecContext {
  const codec = findCodec(clip.codec);
  if (codec === undefined) {
    throw new Error(`no codec ${clip.codec}`);
  }
  return {
    codec,
    index: codecNames().indexOf(codec.name),
    impairment: findCodecImpairment(codec.name),
    bytesPerPacket: clip.bytesPerPacket,
    samplesPerPacket: (codec.clockRate * ptimeMs) / 1000,
    clipPackets: packetsWithHeader(clip.payloads, clip.bytesPerPacket),
  };
}

/** A packet of the clip with room for its RTP header in front. */
export function packetsWithHeader(payloads: Uint8Array, bytesPerPacket: number): Uint8Array[] {
  const count = payloads.length / bytesPerPacket;
  return Array.from({ length: count }, (_, i) => {
    const packet = new Uint8Array(RTP_HEADER_BYTES + bytesPerPacket);
    packet.set(payloads.subarray(i * bytesPerPacket, (i + 1) * bytesPerPacket), RTP_HEADER_BYTES);
    return packet;
  });
}
