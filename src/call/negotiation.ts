/** Offer and answer as texts: what the sdp room says, turned into what a call needs. Bad SDP is data, never a throw. */
import { type IpAddress, parseIp } from '../lib/ip-address.js';
import type { Codec } from '../sdp/codec.js';
import { acceptAnswer, createAnswer, createOffer } from '../sdp/offer-answer.js';
import type { LocalMedia, NegotiatedMedia, Offer, Refusal } from '../sdp/offer-answer.js';
import type { RtcpXrWishes } from '../sdp/rtcp-xr.js';
import type { AgreedSrtp, LocalSrtp } from '../sdp/media-security.js';
import type { Direction } from '../sdp/session-description.js';
import type { MediaSlot } from './media-slots.js';
import { type PacketTime, otherPacketTime } from './packet-times.js';
import { AnswerMemo, OfferTemplate } from './sdp-memo.js';

/** Where audio and reports go, which ways the audio flows, and what may come. No payload type stands in two of the lists. */
export interface AgreedMedia {
  /** Of the family of our sockets. */
  readonly address: string;
  readonly port: number;
  /** Name in the codec table, upper case. */
  readonly codec: string;
  /** What we send the codec as. */
  readonly payloadType: number;
  readonly receivePayloadTypes: readonly number[];
  readonly eventPayloadTypes: readonly number[];
  /** What we send telephone-event as; null: it was not agreed on. */
  readonly eventSendPayloadType: number | null;
  readonly comfortNoisePayloadTypes: readonly number[];
  /** Present where our pauses are not sent: what the noise is sent as. */
  readonly comfortNoiseSendPayloadType?: number;
  /** RTCP comes and goes on the ports of the audio. */
  readonly rtcpMux: boolean;
  /** Where RTCP goes, muxed or not. Null, as is the port then: nowhere that we may reach, so none is sent. */
  readonly rtcpAddress: string | null;
  readonly rtcpPort: number | null;
  readonly sends: boolean;
  readonly receives: boolean;
  /** The far end of the audio says that it is this program too (a=tool). */
  readonly isOurs: boolean;
  /** A codec that is not ours: it can only be sent back as it comes. Absent: it is ours. */
  readonly foreign?: Codec;
  /** What the far end wants of RTCP-XR; absent: nothing. */
  readonly rtcpXr?: RtcpXrWishes;
  /** Absent: in the clear. Its keys may be printed nowhere. */
  readonly srtp?: AgreedSrtp;
  /** The far end wants another packet time than we send; absent: it does not. */
  readonly packetTime?: PacketTime;
}

/** Whose SDP it is: the call, and how many of its descriptions there were (RFC 3264 §8). */
export interface SdpVersion {
  readonly call: number;
  readonly sessionVersion: number;
}

export interface MediaRefusal {
  /** `sdp:` and the code of what is wrong. */
  readonly cause: string;
  readonly detail: string;
}

export interface MediaPreferences {
  /** Names from the codec table in order of preference; at least one. */
  readonly codecs: readonly string[];
  readonly ptimeMs: number;
  /** Whether audio may be sent to an address: an SDP from the network must not aim our packets at a stranger. */
  mayReach(address: string): boolean;
  /** Of our sockets; default 4. */
  readonly family?: 4 | 6;
  /** Comfort noise is offered, and where it is taken our pauses are not sent. */
  readonly suppressesSilence?: boolean;
  /** Keys are expected as tones too. */
  readonly listensForTones?: boolean;
  /** So long from the answer on, ms. Absent: to the end of the call. */
  readonly listensForMs?: number;
  /** What we want the audio to do; default sendrecv. */
  readonly direction?: Direction;
  /** RTCP-XR is offered, and agreed to; default false. */
  readonly rtcpXr?: boolean;
  /** Codecs beside those of the table. */
  readonly others?: readonly Codec[];
  /** An answer takes whatever codec is offered; default false. */
  readonly takesAny?: boolean;
  /** Absent: no SRTP. */
  readonly srtp?: LocalSrtp;
}

/** How this program names itself, and knows its own: between our ends reports go once a second. */
const TOOL = 'callgauge';

/** Of preferences, and so of the offers that are made by them. */
const memos = new WeakMap<MediaPreferences, { offer: OfferTemplate | null; readonly answers: AnswerMemo }>();

function memoOf(preferences: MediaPreferences): { offer: OfferTemplate | null; readonly answers: AnswerMemo } {
  const known = memos.get(preferences);
  if (known !== undefined) return known;
  const memo = { offer: null, answers: new AnswerMemo() };
  memos.set(preferences, memo);
  return memo;
}

/** Our offer for a call. */
export function offerFor(slot: MediaSlot, version: SdpVersion, preferences: MediaPreferences): Offer {
  // The keys of an offer are of one call only.
  if (preferences.srtp !== undefined) return createOffer(localMedia(slot, version, preferences));
  const memo = memoOf(preferences);
  if (memo.offer?.address !== slot.address) {
    memo.offer = new OfferTemplate(slot.address, (port, sessionId, sessionVersion) =>
      createOffer({ ...localMedia(slot, version, preferences), port, sessionId, sessionVersion }),
    );
  }
  return memo.offer.with(slot.rtpPort, version.call + 1, version.sessionVersion);
}

/** What their answer makes of our offer. */
export function readAnswer(offer: Offer, sdp: string, preferences: MediaPreferences): AgreedMedia | MediaRefusal {
  const { answers } = memoOf(preferences);
  const isPersonal = offer.cryptoLines.length > 0;
  const known = isPersonal ? null : answers.recall(sdp);
  if (known !== null) return known;
  const outcome = acceptAnswer(offer, sdp);
  if (!outcome.ok) return refused(outcome.refusal);
  const agreed = agreedMedia(outcome, preferences);
  if (!isPersonal && !('cause' in agreed)) answers.keep(sdp, agreed);
  return agreed;
}

/** Our answer to their offer, and what it means. */
export function answerTo(
  offerSdp: string,
  slot: MediaSlot,
  version: SdpVersion,
  preferences: MediaPreferences,
): { readonly sdp: string; readonly media: AgreedMedia } | MediaRefusal {
  const outcome = createAnswer(offerSdp, localMedia(slot, version, preferences));
  if (!outcome.ok) {
    return refused(outcome.refusal);
  }
  const media = agreedMedia(outcome.media, preferences);
  return 'cause' in media ? media : { sdp: outcome.sdp, media };
}

function localMedia(slot: MediaSlot, { call, sessionVersion }: SdpVersion, preferences: MediaPreferences): LocalMedia {
  return {
    address: slot.address,
    port: slot.rtpPort,
    codecs: preferences.codecs,
    ptimeMs: preferences.ptimeMs,
    sessionId: call + 1,
    sessionVersion,
    tool: TOOL,
    ...(preferences.suppressesSilence === true && { comfortNoise: true }),
    ...(preferences.direction !== undefined && { direction: preferences.direction }),
    ...(preferences.rtcpXr === true && { rtcpXr: true }),
    ...(preferences.others !== undefined && { others: preferences.others }),
    ...(preferences.takesAny === true && { takesAny: true }),
    ...(preferences.srtp !== undefined && { srtp: preferences.srtp }),
  };
}

function agreedMedia(media: NegotiatedMedia, preferences: MediaPreferences): AgreedMedia | MediaRefusal {
  const address = parseIp(media.remoteAddress);
  const { family = 4 } = preferences;
  if (address?.family !== family) {
    const detail = `expected an IPv${family} address for audio, found ${media.remoteAddress}`;
    return { cause: 'sdp:bad-address', detail };
  }
  const sends = media.direction === 'sendrecv' || media.direction === 'sendonly';
  // Where nothing is sent there is nobody to protect: hold of old names 0.0.0.0, which counts as public.
  if (sends && !preferences.mayReach(media.remoteAddress)) {
    const detail = `audio to ${media.remoteAddress} is not allowed: add it to safety.allow, or give --allow-public`;
    return { cause: 'sdp:address-not-allowed', detail };
  }
  const rtcp = rtcpTarget(media, preferences);
  const agreed: AgreedMedia = {
    address: plainText(address, media.remoteAddress),
    port: media.remotePort,
    codec: media.codec.name.toUpperCase(),
    ...(media.codec.isForeign === true && { foreign: media.codec }),
    payloadType: media.sendPayloadType,
    receivePayloadTypes: media.receivePayloadTypes,
    eventPayloadTypes: media.eventPayloadTypes,
    eventSendPayloadType: media.eventSendPayloadType,
    comfortNoisePayloadTypes: media.comfortNoisePayloadTypes,
    rtcpMux: media.rtcpMux,
    rtcpAddress: rtcp?.address ?? null,
    rtcpPort: rtcp?.port ?? null,
    sends,
    receives: media.direction === 'sendrecv' || media.direction === 'recvonly',
    isOurs: media.remoteTool === TOOL,
    ...(media.rtcpXr !== null && { rtcpXr: media.rtcpXr }),
  };
  // Our own answerer takes packets of any time.
  const packetTime =
    sends && !agreed.isOurs ? otherPacketTime(preferences.ptimeMs, media.ptimeMs, media.maxPtimeMs) : null;
  if (packetTime !== null) {
    Object.assign(agreed, { packetTime });
  }
  const noise = media.comfortNoiseSendPayloadType;
  if (preferences.suppressesSilence === true && noise !== null) {
    Object.assign(agreed, { comfortNoiseSendPayloadType: noise });
  }
  return media.srtp === null ? agreed : Object.assign(agreed, { srtp: media.srtp });
}

interface Target {
  readonly address: string;
  readonly port: number;
}

/**
 * The address of a=rtcp is as much network input as that of the audio. Where it may not be reached, reports go beside the audio;
 * where that may not be either (a hold, in which no audio is sent), nowhere.
 */
function rtcpTarget(media: NegotiatedMedia, preferences: MediaPreferences): Target | null {
  const named = allowedTarget(media.remoteRtcpAddress, media.remoteRtcpPort ?? 0, preferences);
  return named ?? allowedTarget(media.remoteAddress, media.remotePort + (media.rtcpMux ? 0 : 1), preferences);
}

function allowedTarget(host: string, port: number, preferences: MediaPreferences): Target | null {
  const ip = parseIp(host);
  // 0.0.0.0 is nobody's address (hold of old), and a socket would take it for this host.
  const isSomebody = ip?.family === (preferences.family ?? 4) && ip.bytes.some((byte) => byte !== 0);
  if (!isSomebody || port <= 0 || port > 65_535 || !preferences.mayReach(host)) return null;
  return { address: plainText(ip, host), port };
}

/** Not as it came: an IPv4 address may be written as IPv6 (::ffff:192.0.2.1). */
const plainText = ({ family, bytes }: IpAddress, text: string): string => (family === 4 ? bytes.join('.') : text);

function refused(refusal: Refusal): MediaRefusal {
  return { cause: `sdp:${refusal.code}`, detail: refusal.message };
}
