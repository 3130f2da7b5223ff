/** Which payload types a stream uses for what: as its writer's description has it, and as both sides' together (RFC 3264 §6.1). */
import { COMFORT_NOISE, type Codec, eventsBeside } from './codec.js';
import { foreignCodec, type Format, formatIs, formatsOf, looksLikeRtcp } from './format.js';
import { type MediaDescription, attributeOf } from './session-description.js';

export interface Choice {
  readonly codec: Codec;
  readonly payloadType: number;
}

/** What the formats of a peer's stream are to us. */
export interface TheirFormats {
  readonly rtcpMux: boolean;
  /** The writer's formats are in its order of preference (§5.1); the first one that we know wins. */
  readonly choice: Choice | null;
  readonly events: readonly number[];
  readonly comfortNoise: readonly number[];
  /** A codec of ours that only its payload type stands against. */
  readonly unusable: number | null;
}

/** @param takesAny where none of `codecs` is among them, the first other one is taken as it stands there */
export function readFormats(media: MediaDescription, codecs: readonly Codec[], takesAny = false): TheirFormats {
  const rtcpMux = attributeOf(media, 'rtcp-mux') !== null;
  const codecOf = (format: Format): Codec | undefined => codecs.find((codec) => formatIs(format, codec));
  const all = formatsOf(media);
  const formats = rtcpMux ? all.filter((format) => !looksLikeRtcp(format)) : all;
  const numbersOf = (codec: Codec): number[] =>
    formats.filter((format) => formatIs(format, codec)).map((format) => format.payloadType);
  let choice: Choice | null = null;
  for (const format of formats) {
    const codec = codecOf(format);
    if (codec === undefined) continue;
    choice = { codec, payloadType: format.payloadType };
    break;
  }
  if (choice === null && takesAny) {
    choice = firstOf(formats, (format) => foreignCodec(media, format));
  }
  const unusable = choice === null ? all.find((format) => codecOf(format) !== undefined) : undefined;
  return {
    rtcpMux,
    choice,
    events: numbersOf(eventsBeside(choice?.codec)),
    comfortNoise: numbersOf(COMFORT_NOISE),
    unusable: unusable?.payloadType ?? null,
  };
}

function firstOf(formats: readonly Format[], codecOf: (format: Format) => Codec | null): Choice | null {
  for (const format of formats) {
    const codec = codecOf(format);
    if (codec !== null) return { codec, payloadType: format.payloadType };
  }
  return null;
}

export interface ExpectedTypes {
  readonly audio: readonly number[];
  readonly events: readonly number[];
  readonly comfortNoise: readonly number[];
}

/**
 * Each list without repetition and without what stands in another. The first number of a list is ours: it holds against the peer's
 * use of the same number for something else, since what comes to us is numbered as we have said.
 */
export function expectedTypes(
  audio: readonly number[],
  events: readonly number[],
  comfortNoise: readonly number[],
): ExpectedTypes {
  const ownAudio = audio.slice(0, 1);
  const ownEvents = without(events.slice(0, 1), ownAudio);
  const allAudio = [...new Set([...ownAudio, ...without(audio, ownEvents)])];
  const allEvents = [...new Set([...ownEvents, ...without(events, allAudio)])];
  return { audio: allAudio, events: allEvents, comfortNoise: without(without(comfortNoise, allAudio), allEvents) };
}

const without = (types: readonly number[], taken: readonly number[]): number[] =>
  types.filter((type) => !taken.includes(type));
