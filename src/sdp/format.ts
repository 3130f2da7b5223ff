/** The payload types of a stream and what they stand for in its writer's description (RFC 8866 §6.6, RFC 3551 §6). */
import { type Codec, COMFORT_NOISE, isInTable, STATIC_CODECS, TELEPHONE_EVENT } from './codec.js';
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

/**
 * A format of a peer as a codec of its own, with the peer's parameters: null for what is no audio (key presses, comfort noise,
 * redundancy) or has no clock that can be.
 */
export function foreignCodec(media: MediaDescription, format: Format): Codec | null {
  const { payloadType, map } = format;
  const known = map ?? STATIC_CODECS.find(({ staticPayloadType }) => staticPayloadType === payloadType);
  if (known === undefined) return null;
  const { name, clockRate, channels } = known;
  const isAudio = !NO_AUDIO.has(name.toLowerCase()) && !isInTable(name) && /^[\w.+-]{1,32}$/.test(name);
  const isTimed = Number.isInteger(clockRate) && clockRate >= 8000 && clockRate <= 192_000;
  if (!isAudio || !isTimed || (channels !== 1 && channels !== 2)) return null;
  const fmtp = parametersOf(media, payloadType);
  const isStatic = map === null ? payloadType : null;
  return {
    name,
    clockRate,
    channels,
    staticPayloadType: isStatic,
    payloadType,
    isForeign: true,
    ...(fmtp !== null && { fmtp }),
  };
}

const NO_AUDIO: ReadonlySet<string> = new Set([
  TELEPHONE_EVENT.name,
  COMFORT_NOISE.name.toLowerCase(),
  'tone',
  'red',
  'ulpfec',
  'flexfec',
  'parityfec',
  'rtx',
]);

function parametersOf(media: MediaDescription, payloadType: number): string | null {
  const start = `${payloadType} `;
  const found = media.attributes.find(({ name, value }) => name === 'fmtp' && value?.startsWith(start) === true);
  return found?.value?.slice(start.length).trim() ?? null;
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
