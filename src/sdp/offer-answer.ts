/** Offer and answer for one audio stream over RTP, or SRTP with keys in the SDP (RFC 3264 §5–§7). */
import { isLiteral, rtcpTargetOf } from './address.js';
import { COMFORT_NOISE, type Codec, TELEPHONE_EVENT, codecNamed, eventsBeside } from './codec.js';
import { cryptoAttribute, type CryptoLine } from './crypto.js';
import { rtpMapLine } from './format.js';
import {
  type AgreedSrtp,
  type LocalSrtp,
  offeredLines,
  PLAIN,
  type Protocol,
  type Security,
  type SecurityOutcome,
  type SecurityRefusal,
  securityOfAnswer,
  securityOfOffer,
} from './media-security.js';
import { parseSdp } from './parser.js';
import { type Choice, type ExpectedTypes, type TheirFormats, expectedTypes, readFormats } from './payload-types.js';
import { RTCP_XR, rtcpXrOf, type RtcpXrWishes } from './rtcp-xr.js';
import { SdpError, type SdpErrorCode } from './sdp-error.js';
import { serializeSdp } from './serializer.js';
import {
  type Attribute,
  type Direction,
  type MediaDescription,
  type SessionDescription,
  attributeOf,
  connectionOf,
  directionOf,
  maxPtimeMsOf,
  ptimeMsOf,
} from './session-description.js';

/** What we say of ourselves in an offer or answer. */
export interface LocalMedia {
  /** IPv4 or IPv6 address at which the RTP socket is reached, without brackets. */
  readonly address: string;
  readonly port: number;
  /** Names from the codec table, or of `others`, in order of preference; at least one. */
  readonly codecs: readonly string[];
  /** Codecs beside those of the table. */
  readonly others?: readonly Codec[];
  /** An answer takes the first codec of an offer that has none of ours. */
  readonly takesAny?: boolean;
  readonly ptimeMs: number;
  readonly sessionId: number;
  readonly sessionVersion: number;
  /** Name of the program, as a=tool (RFC 8866 §6.3). Absent: not said. */
  readonly tool?: string;
  /** What we want the stream to do; default sendrecv. */
  readonly direction?: Direction;
  /** RTCP-XR is offered, and agreed to; default false. */
  readonly rtcpXr?: boolean;
  /** Comfort noise is wanted (RFC 3389): offered, and taken where it is offered. An offer of this very program has it taken anyhow. */
  readonly comfortNoise?: boolean;
  /** Absent: no SRTP. */
  readonly srtp?: LocalSrtp;
}

/** The stream as both sides have agreed on it, seen from ours. No payload type stands in two of the lists. */
export interface NegotiatedMedia {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** RTP and RTCP share a port, at both ends (RFC 5761). */
  readonly rtcpMux: boolean;
  /** Where the peer takes RTCP: beside the audio when muxed, else by a=rtcp or on the next port. */
  readonly remoteRtcpAddress: string;
  /** Null where there is none: audio at port 65535 leaves no next port. */
  readonly remoteRtcpPort: number | null;
  readonly codec: Codec;
  /** What the peer wants to receive the codec as. */
  readonly sendPayloadType: number;
  /** What the peer may send it as: our number, and its own. */
  readonly receivePayloadTypes: readonly number[];
  /** What may come as telephone-event; empty when it was not agreed on. */
  readonly eventPayloadTypes: readonly number[];
  /** What the peer wants to receive telephone-event as; null when it was not agreed on. */
  readonly eventSendPayloadType: number | null;
  /** What the peer calls comfort noise: it may come, although we never ask for it. */
  readonly comfortNoisePayloadTypes: readonly number[];
  /** What the peer wants to receive comfort noise as; null when it was not agreed on. */
  readonly comfortNoiseSendPayloadType: number | null;
  /** Packet time that the peer would like to get: its a=ptime, else ours. */
  readonly ptimeMs: number;
  /** The longest that it takes (a=maxptime); null where it does not say. */
  readonly maxPtimeMs: number | null;
  readonly direction: Direction;
  /** What they want of RTCP-XR; null: nothing, or we have not spoken of it. */
  readonly rtcpXr: RtcpXrWishes | null;
  /** Their a=tool; null where they do not say. */
  readonly remoteTool: string | null;
  /** Null: in the clear. */
  readonly srtp: AgreedSrtp | null;
}

export type RefusalCode =
  | 'no-audio'
  | 'rejected'
  | SecurityRefusal
  | 'no-common-codec'
  | 'mux-payload-type'
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
  /** With our keys; empty: in the clear. */
  readonly cryptoLines: readonly CryptoLine[];
}

export type AcceptedAnswer = ({ readonly ok: true } & NegotiatedMedia) | RefusedMedia;
export type AnsweredOffer = { readonly ok: true; readonly media: NegotiatedMedia; readonly sdp: string } | RefusedMedia;

/** An offer of one audio stream, with telephone-event and rtcp-mux. @throws RangeError for an unknown codec name */
export function createOffer(local: LocalMedia): Offer {
  const codecs = local.codecs.map((name) => codecNamed(name, local.others));
  const formats = codecs.map((codec) => ({ codec, payloadType: codec.payloadType }));
  formats.push({ codec: eventsBeside(codecs[0]), payloadType: TELEPHONE_EVENT.payloadType });
  if (local.comfortNoise === true) formats.push({ codec: COMFORT_NOISE, payloadType: COMFORT_NOISE.payloadType });
  const protocol = local.srtp?.offerAs ?? PLAIN;
  const cryptoLines = offeredLines(local.srtp);
  const direction = local.direction ?? 'sendrecv';
  const rtcpXr = local.rtcpXr === true;
  const description = describe(local, [
    audioSection(local, { formats, rtcpMux: true, direction, protocol, cryptoLines, rtcpXr }),
  ]);
  return { sdp: serializeSdp(description), description, codecs, cryptoLines };
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
  const theirs = readFormats(answered, offer.codecs);
  const { choice } = theirs;
  const security = securityOfAnswer(answered, offer.cryptoLines);
  const obstacle = obstacleIn(answer, answered, { theirs, security });
  if (obstacle !== null || choice === null || !security.ok) return obstacle ?? noCommonCodec(answered);
  const direction = directionFor(answer, answered, directionOf(offer.description, offered));
  const ptimeMs = ptimeMsOf(offered) ?? 20;
  // §6.1: the peer sends with the numbers of our offer; one that has another number in its answer may use that one.
  const isWithEvents = theirs.events.length > 0;
  const expected = expectedTypes(
    [choice.codec.payloadType, choice.payloadType],
    isWithEvents ? [TELEPHONE_EVENT.payloadType, ...theirs.events] : [],
    theirs.comfortNoise,
  );
  const rtcpXr = attributeOf(offered, 'rtcp-xr') === null ? null : rtcpXrOf(answer, answered);
  const media = negotiated({
    session: answer,
    media: answered,
    theirs,
    choice,
    direction,
    ptimeMs,
    expected,
    security,
    rtcpXr,
  });
  // Assigned, not `{ ok: true, ...media }`: a spread behind another property takes the engine's slow path at every call.
  return Object.assign(media, { ok: true as const });
}

/**
 * Our answer to a peer's offer (SDP text, §6): its first audio stream that we can serve, every other one with port 0.
 * Never throws for what the peer wrote. @throws RangeError for an unknown codec name of ours
 */
export function createAnswer(offerText: string, local: LocalMedia): AnsweredOffer {
  const codecs = local.codecs.map((name) => codecNamed(name, local.others));
  const offer = readSdp(offerText);
  if ('ok' in offer) return offer;
  let refusal: RefusedMedia | null = null;
  for (const [index, media] of offer.media.entries()) {
    if (media.type !== 'audio') continue;
    const theirs = readFormats(media, codecs, local.takesAny);
    const security = securityOfOffer(media, local.srtp);
    const obstacle = obstacleIn(offer, media, { theirs, security });
    if (obstacle === null && theirs.choice !== null && security.ok) {
      return answerWith(offer, index, { theirs, choice: theirs.choice, local, security });
    }
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

interface AnswerChoice {
  readonly theirs: TheirFormats;
  readonly choice: Choice;
  readonly local: LocalMedia;
  readonly security: Security;
}

function answerWith(
  offer: SessionDescription,
  index: number,
  { theirs, choice, local, security }: AnswerChoice,
): AnsweredOffer {
  const offered = offer.media[index]!;
  const direction = directionFor(offer, offered, local.direction ?? 'sendrecv');
  const events = theirs.events.slice(0, 1);
  const noise = takesNoise(offer, local) ? theirs.comfortNoise.slice(0, 1) : [];
  const formats = [
    choice,
    ...events.map((payloadType) => ({ codec: eventsBeside(choice.codec), payloadType })),
    ...noise.map((payloadType) => ({ codec: COMFORT_NOISE, payloadType })),
  ];
  const { protocol, srtp } = security;
  const cryptoLines = srtp === null ? [] : [srtp.line];
  const rtcpXr = local.rtcpXr === true ? rtcpXrOf(offer, offered) : null;
  const { rtcpMux } = theirs;
  const section = { formats, rtcpMux, direction, protocol, cryptoLines, rtcpXr: rtcpXr !== null };
  const sections = offer.media.map((media, at) =>
    at === index ? audioSection(local, section) : rejectedSection(media),
  );
  const { ptimeMs } = local;
  const expected = expectedTypes([choice.payloadType], events, theirs.comfortNoise);
  const media = negotiated({
    session: offer,
    media: offered,
    theirs,
    choice,
    direction,
    ptimeMs,
    expected,
    security,
    rtcpXr,
  });
  return { ok: true, media, sdp: serializeSdp(describe(local, sections)) };
}

function obstacleIn(
  session: SessionDescription,
  media: MediaDescription,
  { theirs: { choice, unusable }, security }: { readonly theirs: TheirFormats; readonly security: SecurityOutcome },
): RefusedMedia | null {
  if (media.port === 0) return refused('rejected', 'expected a port for audio, found 0');
  if (!security.ok) return refused(security.code, security.message);
  const connection = connectionOf(session, media);
  if (connection === null) return refused('bad-address', 'expected a c= line, found none');
  if (!isLiteral(connection))
    return refused('bad-address', `expected an ${connection.family} address, found ${connection.address.slice(0, 40)}`);
  if (unusable !== null)
    return refused('mux-payload-type', `expected no payload type from 64 to 95 beside rtcp-mux, found ${unusable}`);
  return choice === null ? noCommonCodec(media) : null;
}

const toolOf = ({ attributes }: SessionDescription): string | null =>
  attributes.find(({ name }) => name === 'tool')?.value ?? null;

/** A peer that may suppress silence shows less audio to be measured: that is for its own scenario to ask, or for ours. */
const takesNoise = (offer: SessionDescription, { comfortNoise, tool }: LocalMedia): boolean =>
  comfortNoise === true || (tool !== undefined && toolOf(offer) === tool);

function noCommonCodec(media: MediaDescription): RefusedMedia {
  return refused('no-common-codec', `expected a codec of ours, found formats ${media.formats.join(' ').slice(0, 60)}`);
}

const refused = (code: RefusalCode, message: string): RefusedMedia => ({ ok: false, refusal: { code, message } });

interface Agreement {
  readonly session: SessionDescription;
  readonly media: MediaDescription;
  readonly theirs: TheirFormats;
  readonly choice: Choice;
  readonly direction: Direction;
  readonly ptimeMs: number;
  readonly expected: ExpectedTypes;
  readonly security: Security;
  readonly rtcpXr: RtcpXrWishes | null;
}

function negotiated(agreement: Agreement): NegotiatedMedia {
  const { session, media, theirs, choice, direction, ptimeMs, expected, security, rtcpXr } = agreement;
  const remoteAddress = connectionOf(session, media)?.address ?? '';
  const rtcp = theirs.rtcpMux ? { address: remoteAddress, port: media.port } : rtcpTargetOf(session, media);
  return {
    remoteAddress,
    remotePort: media.port,
    rtcpMux: theirs.rtcpMux,
    remoteRtcpAddress: rtcp.address,
    remoteRtcpPort: rtcp.port,
    codec: choice.codec,
    sendPayloadType: choice.payloadType,
    receivePayloadTypes: expected.audio,
    eventPayloadTypes: expected.events,
    eventSendPayloadType: theirs.events[0] ?? null,
    comfortNoisePayloadTypes: expected.comfortNoise,
    comfortNoiseSendPayloadType: theirs.comfortNoise[0] ?? null,
    ptimeMs: ptimeMsOf(media) ?? ptimeMs,
    maxPtimeMs: maxPtimeMsOf(media),
    direction,
    rtcpXr,
    remoteTool: toolOf(session),
    srtp: security.srtp?.agreed ?? null,
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
  const attributes = local.tool === undefined ? [] : [{ name: 'tool', value: local.tool }];
  return { origin, name: '-', connection: { family, address: local.address }, attributes, media };
}

interface AudioSection {
  readonly formats: readonly Choice[];
  readonly rtcpMux: boolean;
  readonly direction: Direction;
  readonly protocol: Protocol;
  readonly cryptoLines: readonly CryptoLine[];
  readonly rtcpXr: boolean;
}

function audioSection(local: LocalMedia, section: AudioSection): MediaDescription {
  const { formats, rtcpMux, direction, protocol, cryptoLines, rtcpXr } = section;
  const attributes: Attribute[] = cryptoLines.map(cryptoAttribute);
  for (const { codec, payloadType } of formats) {
    attributes.push({ name: 'rtpmap', value: rtpMapLine(payloadType, codec) });
    // The sixteen keys, RFC 4733 §2.4.1.
    if (codec.name === TELEPHONE_EVENT.name) attributes.push({ name: 'fmtp', value: `${payloadType} 0-15` });
    if (codec.fmtp !== undefined) attributes.push({ name: 'fmtp', value: `${payloadType} ${codec.fmtp}` });
  }
  attributes.push({ name: 'ptime', value: String(local.ptimeMs) });
  if (rtcpMux) attributes.push({ name: 'rtcp-mux', value: null });
  if (rtcpXr) attributes.push(RTCP_XR);
  attributes.push({ name: direction, value: null });
  return {
    type: 'audio',
    port: local.port,
    protocol,
    formats: formats.map((format) => String(format.payloadType)),
    connection: null,
    attributes,
  };
}

/** §6: as many m= lines as the offer, in its order. */
const rejectedSection = (media: MediaDescription): MediaDescription => ({
  ...media,
  port: 0,
  connection: null,
  attributes: [],
});
