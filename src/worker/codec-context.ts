/** What a media worker holds of each codec that its legs may agree on: packets of the clip, and how its streams are scored. */
import type { RemoteMedia } from '../call/media-slots.js';
import { codecNames, findCodec, type Codec } from '../media/codec/codec.js';
import { findCodecImpairment, type CodecImpairment } from '../quality/codec-impairment.js';
import { RTP_HEADER_BYTES } from '../rtp/packet.js';
import type { CodecClip, ReplayedClip } from './messages.js';

/** What a leg needs of a codec beside its packets. */
export interface LegCodec {
  /** Upper case. */
  readonly name: string;
  readonly clockRate: number;
  /** The payload octet of silence; null: unknown, and packets are echoed whole. */
  readonly silence: number | null;
  /** Null: what silence is in it is not known. */
  readonly isSilent: ((data: Uint8Array, offset: number, length: number) => boolean) | null;
  /** Encodes and decodes; null: nobody here can. */
  readonly audio: Codec | null;
}

export interface CodecContext {
  readonly codec: LegCodec;
  /** In the codec table and behind it, as rows name it; −1: in neither. */
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
  if (clip.replayed !== undefined) {
    return replayedContext(clip.payloads, clip.replayed, ptimeMs);
  }
  const codec = findCodec(clip.codec);
  if (codec === undefined) {
    throw new Error(`no codec ${clip.codec}`);
  }
  return {
    codec: legCodecOf(codec),
    index: codecNames().indexOf(codec.name),
    impairment: findCodecImpairment(codec.name),
    bytesPerPacket: clip.bytesPerPacket,
    samplesPerPacket: (codec.clockRate * ptimeMs) / 1000,
    clipPackets: packetsWithHeader(clip.payloads, clip.bytesPerPacket),
  };
}

function replayedContext(payloads: Uint8Array, { codec, lengths }: ReplayedClip, ptimeMs: number): CodecContext {
  const { name, clockRate, index, impairment } = codec;
  let at = 0;
  const clipPackets = Array.from(lengths, (length) => {
    const packet = new Uint8Array(RTP_HEADER_BYTES + length);
    packet.set(payloads.subarray(at, at + length), RTP_HEADER_BYTES);
    at += length;
    return packet;
  });
  return {
    codec: { name, clockRate, silence: null, isSilent: null, audio: null },
    index,
    impairment: impairment ?? undefined,
    bytesPerPacket: 0,
    samplesPerPacket: (clockRate * ptimeMs) / 1000,
    clipPackets,
  };
}

/** Of a far side's own codec: nothing of it is known but its clock, and nothing can be sent but what comes. */
function foreignContext(
  { name, clockRate }: { readonly name: string; readonly clockRate: number },
  ptimeMs: number,
): CodecContext {
  return {
    codec: { name: name.toUpperCase(), clockRate, silence: null, isSilent: null, audio: null },
    index: -1,
    impairment: undefined,
    bytesPerPacket: 0,
    samplesPerPacket: (clockRate * ptimeMs) / 1000,
    clipPackets: [],
  };
}

function isSameForeign(a: CodecContext, b: CodecContext): boolean {
  return a.index === b.index && a.codec.name === b.codec.name && a.codec.clockRate === b.codec.clockRate;
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

function legCodecOf(audio: Codec): LegCodec {
  const { name, clockRate, silence } = audio;
  return { name, clockRate, silence, isSilent: (data, offset, length) => audio.isSilent(data, offset, length), audio };
}

/**
 * The codec that was agreed on. @param before what the leg had: one that is not ours stays the same object while it is the same
 * @throws Error for one that no clip was given for: a fault of ours
 */
export function codecFor(
  { codec: name, foreign }: Pick<RemoteMedia, 'codec' | 'foreign'>,
  { codecs, ptimeMs }: { readonly codecs: ReadonlyMap<string, CodecContext>; readonly ptimeMs: number },
  before: CodecContext | null,
): CodecContext {
  if (foreign !== undefined) {
    const context = foreignContext(foreign, ptimeMs);
    return before !== null && isSameForeign(before, context) ? before : context;
  }
  const codec = codecs.get(name);
  if (codec === undefined) {
    throw new Error(`expected a codec of this worker, got ${name}`);
  }
  return codec;
}
