/** Codecs as data: what stands in an rtpmap (RFC 8866 §6.6) and the static payload types (RFC 3551 §6). */
import { type MediaDescription, parsePort } from './session-description.js';

export interface Codec {
  /** Encoding name, compared without regard to case. */
  readonly name: string;
  /** RTP clock in Hz. */
  readonly clockRate: number;
  readonly channels: number;
  /** Payload type without rtpmap; null for a dynamic one. */
  readonly staticPayloadType: number | null;
  /** Payload type in our offers. */
  readonly payloadType: number;
}

export const PCMU: Codec = { name: 'PCMU', clockRate: 8_000, channels: 1, staticPayloadType: 0, payloadType: 0 };

const CODECS: readonly Codec[] = [PCMU];

/**
 * The codec of that name, in any case.
 * @throws RangeError for a name that is not in the table: a fault of the caller, never of the peer
 */
export function codecNamed(name: string): Codec {
  const found = CODECS.find((codec) => codec.name === name.toUpperCase());
  if (found === undefined)
    throw new RangeError(`expected one of ${CODECS.map((codec) => codec.name).join(', ')}, found ${name}`);
  return found;
}

interface RtpMap {
  readonly name: string;
  readonly clockRate: number;
  readonly channels: number;
}

/** True when payload type `format` of this stream is the codec: by its rtpmap, or as static type when it has none. */
export function formatIs(media: MediaDescription, format: string, codec: Codec): boolean {
  const map = rtpMapOf(media, format);
  if (map === null) return codec.staticPayloadType !== null && Number(format) === codec.staticPayloadType;
  const isSameName = map.name.toLowerCase() === codec.name.toLowerCase();
  return isSameName && map.clockRate === codec.clockRate && map.channels === codec.channels;
}

/** The codec behind a payload type of this stream, or null. */
export function codecOf(media: MediaDescription, format: string, codecs: readonly Codec[]): Codec | null {
  return codecs.find((codec) => formatIs(media, format, codec)) ?? null;
}

/** A payload type of 0–127, or -1. */
export function parsePayloadType(format: string): number {
  const value = parsePort(format);
  return value <= 127 ? value : -1;
}

function rtpMapOf(media: MediaDescription, format: string): RtpMap | null {
  for (const { name, value } of media.attributes) {
    if (name !== 'rtpmap' || value === null || !value.startsWith(`${format} `)) continue;
    const [encoding = '', clock = '', channels = '1'] = value
      .slice(format.length + 1)
      .trim()
      .split('/');
    return { name: encoding, clockRate: Number(clock), channels: Number(channels) };
  }
  return null;
}
