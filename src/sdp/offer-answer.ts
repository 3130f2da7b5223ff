/** Offer and answer for one audio stream over RTP/AVP (RFC 3264 §5–§7). */
import { type Codec, codecNamed, codecOf, formatIs, parsePayloadType } from './codec.js';
import { parseSdp } from './parser.js';
import { SdpError, type SdpErrorCode } from './sdp-error.js';
import { serializeSdp } from './serializer.js';
import {
  type Attribute,
  type Direction,
  type MediaDescription,
  type SessionDescription,
  connectionOf,
  directionOf,
  ptimeMsOf,
  rtcpPortOf,
} from './session-description.js';

/** What we say of ourselves in an offer or answer. */
export interface LocalMedia {
  /** IPv4 or IPv6 address at which the RTP socket is reached, without brackets. */
  readonly address: string;
  readonly port: number;
  /** Names from the codec table in order of preference; at least one. */
  readonly codecs: readonly string[];
  readonly ptimeMs: number;
  readonly sessionId: number;
  readonly sessionVersion: number;
}

/** The stream as both sides have agreed on it, seen from ours. */
export interface NegotiatedMedia {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly remoteRtcpPort: number;
  readonly codec: Codec;
  /** What the peer wants to receive the codec as. */
  readonly sendPayloadType: number;
  /** What the peer may send it as. */
  readonly receivePayloadTypes: readonly number[];
  /** Packet time that we send with: the peer's a=ptime, else ours. */
  readonly ptimeMs: number;
  readonly direction: Direction;
}

export type RefusalCode =
  | 'no-audio'
  | 'rejected'
  | 'unsupported-protocol'
  | 'no-common-codec'
  | 'bad-address'
  | 'media-mismatch'
  | SdpErrorCode;

/** Why there is no stream: what the peer wrote, or that it cannot be read. */
export interface Refusal {
  readonly code: RefusalCode;
  /** Expected and found, for people. */
  readonly message: string;
}

export interface RefusedMedia {
  readonly ok: false;
  readonly refusal: Refusal;
}

/** Our offer: its text, and what `acceptAnswer` needs to read the answer. */
export interface Offer {
  readonly sdp: string;
  readonly description: SessionDescription;
  readonly codecs: readonly Codec[];
}

export type AcceptedAnswer = ({ readonly ok: true } & NegotiatedMedia) | RefusedMedia;
export type AnsweredOffer = { readonly ok: true; readonly media: NegotiatedMedia; readonly sdp: string } | RefusedMedia;

const PROTOCOL = 'RTP/AVP';

/** An offer of one sendrecv audio stream. @throws RangeError for an unknown codec name */
export function createOffer(local: LocalMedia): Offer {
  const codecs = local.codecs.map(codecNamed);
  const choices = codecs.map((codec) => ({ codec, payloadType: codec.payloadType }));
  const description = describe(local, [audioSection(local, choices, 'sendrecv')]);
  return { sdp: serializeSdp(description), description, codecs };
}

/** What the peer's answer (SDP text) makes of our offer (§7). Never throws for what the peer wrote. */
export function acceptAnswer(offer: Offer, answerText: string): AcceptedAnswer {
  const answer = readSdp(answerText);
  if ('ok' in answer) return answer;
  const offered = offer.description.media[0];
  const answered = answer.media[0];
  if (offered === undefined || answered === undefined)
    return refused('no-audio', 'expected an audio stream in the answer, found none');
  if (answered.type !== 'audio')
    return refused('media-mismatch', `expected m=audio, found m=${answered.type.slice(0, 40)}`);
  const choice = chooseCodec(answered, offer.codecs);
  const obstacle = obstacleIn(answer, answered, choice);
  if (obstacle !== null || choice === null) return obstacle ?? noCommonCodec(answered);
  // §6.1: the peer sends with the payload type of our offer; one with another number in its answer may use that one.
  const own = offered.formats.filter((format) => formatIs(offered, format, choice.codec)).map(Number);
  const receivePayloadTypes = [...new Set([...own, choice.payloadType])];
  const direction = directionFor(answer, answered, directionOf(offer.description, offered));
  const ptimeMs = ptimeMsOf(offered) ?? 20;
  const media = negotiated({ session: answer, media: answered, choice, direction, ptimeMs, receivePayloadTypes });
  // Assigned, not `{ ok: true, ...media }`: a spread behind another property takes the engine's slow path at every call.
  return Object.assign(media, { ok: true as const });
}

/**
 * Our answer to a peer's offer (SDP text, §6): its first audio stream that we can serve, every other one with port 0.
 * Never throws for what the peer wrote. @throws RangeError for an unknown codec name of ours
 */
export function createAnswer(offerText: string, local: LocalMedia): AnsweredOffer {
  const codecs = local.codecs.map(codecNamed);
  const offer = readSdp(offerText);
  if ('ok' in offer) return offer;
  let refusal: RefusedMedia | null = null;
  for (const [index, media] of offer.media.entries()) {
    if (media.type !== 'audio') continue;
    const choice = chooseCodec(media, codecs);
    const obstacle = obstacleIn(offer, media, choice);
    if (obstacle === null && choice !== null) return answerWith(offer, index, choice, local);
    refusal ??= obstacle;
  }
  return refusal ?? refused('no-audio', 'expected an audio stream in the offer, found none');
}

function readSdp(text: string): SessionDescription | RefusedMedia {
  try {
    return parseSdp(text);
  } catch (error) {
    if (!(error instanceof SdpError)) throw error;
    return refused(error.code, error.message);
  }
}

interface Choice {
  readonly codec: Codec;
  readonly payloadType: number;
}

function answerWith(offer: SessionDescription, index: number, choice: Choice, local: LocalMedia): AnsweredOffer {
  const offered = offer.media[index]!;
  const direction = directionFor(offer, offered, 'sendrecv');
  const sections = offer.media.map((media, at) =>
    at === index ? audioSection(local, [choice], direction) : rejectedSection(media),
  );
  const { ptimeMs } = local;
  const receivePayloadTypes = [choice.payloadType];
  const media = negotiated({ session: offer, media: offered, choice, direction, ptimeMs, receivePayloadTypes });
  return { ok: true, media, sdp: serializeSdp(describe(local, sections)) };
}

/** The writer's formats are in its order of preference (§5.1); the first one that we know wins. */
function chooseCodec(media: MediaDescription, codecs: readonly Codec[]): Choice | null {
  for (const format of media.formats) {
    const payloadType = parsePayloadType(format);
    const codec = payloadType < 0 ? null : codecOf(media, format, codecs);
    if (codec !== null) return { codec, payloadType };
  }
  return null;
}

function obstacleIn(session: SessionDescription, media: MediaDescription, choice: Choice | null): RefusedMedia | null {
  if (media.port === 0) return refused('rejected', 'expected a port for audio, found 0');
  if (media.protocol !== PROTOCOL)
    return refused('unsupported-protocol', `expected ${PROTOCOL}, found ${media.protocol.slice(0, 40)}`);
  const connection = connectionOf(session, media);
  if (connection === null) return refused('bad-address', 'expected a c= line, found none');
  const isAddress = connection.family === 'IP4' ? isIp4(connection.address) : isIp6(connection.address);
  if (!isAddress)
    return refused('bad-address', `expected an ${connection.family} address, found ${connection.address.slice(0, 40)}`);
  return choice === null ? noCommonCodec(media) : null;
}

function noCommonCodec(media: MediaDescription): RefusedMedia {
  return refused('no-common-codec', `expected a codec of ours, found formats ${media.formats.join(' ').slice(0, 60)}`);
}

const refused = (code: RefusalCode, message: string): RefusedMedia => ({ ok: false, refusal: { code, message } });

interface Agreement {
  readonly session: SessionDescription;
  readonly media: MediaDescription;
  readonly choice: Choice;
  readonly direction: Direction;
  readonly ptimeMs: number;
  readonly receivePayloadTypes: readonly number[];
}

function negotiated(agreement: Agreement): NegotiatedMedia {
  const { session, media, choice, direction, ptimeMs, receivePayloadTypes } = agreement;
  return {
    remoteAddress: connectionOf(session, media)?.address ?? '',
    remotePort: media.port,
    remoteRtcpPort: rtcpPortOf(media),
    codec: choice.codec,
    sendPayloadType: choice.payloadType,
    receivePayloadTypes,
    ptimeMs: ptimeMsOf(media) ?? ptimeMs,
    direction,
  };
}

/** Ours from theirs: we send if they receive and receive if they send. An address of 0.0.0.0 is hold of old (§8.4). */
function directionFor(session: SessionDescription, media: MediaDescription, ours: Direction): Direction {
  const theirs = directionOf(session, media);
  const isHeld = connectionOf(session, media)?.address === '0.0.0.0';
  const sends =
    !isHeld && (theirs === 'sendrecv' || theirs === 'recvonly') && (ours === 'sendrecv' || ours === 'sendonly');
  const receives = (theirs === 'sendrecv' || theirs === 'sendonly') && (ours === 'sendrecv' || ours === 'recvonly');
  if (sends) return receives ? 'sendrecv' : 'sendonly';
  return receives ? 'recvonly' : 'inactive';
}

function describe(local: LocalMedia, media: readonly MediaDescription[]): SessionDescription {
  const family = local.address.includes(':') ? 'IP6' : 'IP4';
  const origin = {
    username: '-',
    sessionId: String(local.sessionId),
    sessionVersion: String(local.sessionVersion),
    address: local.address,
  };
  return { origin, name: '-', connection: { family, address: local.address }, attributes: [], media };
}

function audioSection(local: LocalMedia, choices: readonly Choice[], direction: Direction): MediaDescription {
  const attributes: Attribute[] = choices.map(({ codec, payloadType }) => ({
    name: 'rtpmap',
    value: `${payloadType} ${rtpMap(codec)}`,
  }));
  attributes.push({ name: 'ptime', value: String(local.ptimeMs) }, { name: direction, value: null });
  const formats = choices.map((choice) => String(choice.payloadType));
  return { type: 'audio', port: local.port, protocol: PROTOCOL, formats, connection: null, attributes };
}

const rtpMap = (codec: Codec): string =>
  `${codec.name}/${codec.clockRate}${codec.channels === 1 ? '' : `/${codec.channels}`}`;

/** §6: as many m= lines as the offer, in its order. */
const rejectedSection = (media: MediaDescription): MediaDescription => ({
  ...media,
  port: 0,
  connection: null,
  attributes: [],
});

function isIp4(address: string): boolean {
  const parts = address.split('.');
  return (
    parts.length === 4 &&
    parts.every((part) => part.length > 0 && part.length <= 3 && isDigits(part) && Number(part) <= 255)
  );
}

function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 48 || text.charCodeAt(i) > 57) return false;
  return true;
}

/** Shape only: hexadecimal groups between colons; the socket has the last word. */
function isIp6(address: string): boolean {
  for (const character of address) if (!'0123456789abcdefABCDEF:.'.includes(character)) return false;
  return address.includes(':') && address.length <= 45;
}
