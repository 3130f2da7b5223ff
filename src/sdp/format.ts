/** The payload types of a stream and what they stand for in its writer's description (RFC 8866 §6.6, RFC 3551 §6). */
import type { Codec } from './codec.js';
import { type MediaDescription, parsePort } from './session-description.js';

interface RtpMap {
  readonly name: string;
  readonly clockRate: number;
  readonly channels: number;
}

export interface Format {
  /** 0–127. */
  readonly payloadType: number;
  /** Null without an rtpmap: then it is the static type of that number, if there is one. */
  readonly map: RtpMap | null;
}

/** In the writer's order of preference, each number once: at most 128, however long the m= line is. */
export function formatsOf(media: MediaDescription): Format[] {
  const formats: Format[] = [];
  for (const text of media.formats) {
    const payloadType = parsePort(text);
    if (payloadType < 0 || payloadType > 127 || formats.some((format) => format.payloadType === payloadType)) continue;
    formats.push({ payloadType, map: rtpMapOf(media, text) });
  }
  return formats;
}

/** By its rtpmap, or as static type when it has none. */
export function formatIs({ payloadType, map }: Format, codec: Codec): boolean {
  if (map === null) return payloadType === codec.staticPayloadType;
  const isSameName = map.name.toLowerCase() === codec.name.toLowerCase();
  return isSameName && map.clockRate === codec.clockRate && map.channels === codec.channels;
}

/** 64 to 95: with the marker bit they look like RTCP on a port that carries both (RFC 5761 §4). */
export const looksLikeRtcp = ({ payloadType }: Format): boolean => payloadType >= 64 && payloadType <= 95;

/** `payload type encoding/clock[/channels]` of an `a=rtpmap`. */
export const rtpMapLine = (payloadType: number, { name, clockRate, channels }: Codec): string =>
  `${payloadType} ${name}/${clockRate}${channels === 1 ? '' : `/${channels}`}`;

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
