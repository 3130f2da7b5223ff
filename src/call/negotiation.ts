/** Offer and answer as texts: what the sdp room says, turned into what a call needs. Bad SDP is data, never a throw. */
import { parseIp } from '../lib/ip-address.js';
import { acceptAnswer, createAnswer, createOffer } from '../sdp/offer-answer.js';
import type { LocalMedia, NegotiatedMedia, Offer, Refusal } from '../sdp/offer-answer.js';
import type { MediaSlot } from './media-slots.js';

/** Where audio goes, and which ways it flows. */
export interface AgreedMedia {
  /** IPv4. */
  readonly address: string;
  readonly port: number;
  readonly payloadType: number;
  readonly sends: boolean;
  readonly receives: boolean;
}

export interface MediaRefusal {
  /** `sdp:` and the code of what is wrong. */
  readonly cause: string;
  readonly detail: string;
}

export interface MediaPreferences {
  readonly codec: string;
  readonly ptimeMs: number;
  /** Whether audio may be sent to an address: an SDP from the network must not aim our packets at a stranger. */
  mayReach(address: string): boolean;
}

/** Our offer for a call. */
export function offerFor(slot: MediaSlot, call: number, preferences: MediaPreferences): Offer {
  return createOffer(localMedia(slot, call, preferences));
}

/** What their answer makes of our offer. */
export function readAnswer(offer: Offer, sdp: string, preferences: MediaPreferences): AgreedMedia | MediaRefusal {
  const outcome = acceptAnswer(offer, sdp);
  return outcome.ok ? agreedMedia(outcome, preferences) : refused(outcome.refusal);
}

/** Our answer to their offer, and what it means. */
export function answerTo(
  offerSdp: string,
  slot: MediaSlot,
  call: number,
  preferences: MediaPreferences,
): { readonly sdp: string; readonly media: AgreedMedia } | MediaRefusal {
  const outcome = createAnswer(offerSdp, localMedia(slot, call, preferences));
  if (!outcome.ok) {
    return refused(outcome.refusal);
  }
  const media = agreedMedia(outcome.media, preferences);
  return 'cause' in media ? media : { sdp: outcome.sdp, media };
}

function localMedia(slot: MediaSlot, call: number, preferences: MediaPreferences): LocalMedia {
  return {
    address: slot.address,
    port: slot.rtpPort,
    codecs: [preferences.codec],
    ptimeMs: preferences.ptimeMs,
    sessionId: call + 1,
    sessionVersion: 1,
  };
}

function agreedMedia(media: NegotiatedMedia, preferences: MediaPreferences): AgreedMedia | MediaRefusal {
  const address = parseIp(media.remoteAddress);
  if (address?.family !== 4) {
    return { cause: 'sdp:bad-address', detail: `expected an IPv4 address for audio, found ${media.remoteAddress}` };
  }
  const sends = media.direction === 'sendrecv' || media.direction === 'sendonly';
  // Where nothing is sent there is nobody to protect: hold of old names 0.0.0.0, which counts as public.
  if (sends && !preferences.mayReach(media.remoteAddress)) {
    const detail = `audio to ${media.remoteAddress} is not allowed: add it to safety.allow, or give --allow-public`;
    return { cause: 'sdp:address-not-allowed', detail };
  }
  return {
    address: media.remoteAddress,
    port: media.remotePort,
    payloadType: media.sendPayloadType,
    sends,
    receives: media.direction === 'sendrecv' || media.direction === 'recvonly',
  };
}

function refused(refusal: Refusal): MediaRefusal {
  return { cause: `sdp:${refusal.code}`, detail: refusal.message };
}
