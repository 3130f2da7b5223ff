/**
 * What the SIP messages of a capture say of its audio: which endpoint belongs to which call, what its payload types mean, when
 * the call was answered, held and over. Messages are recognised by their start line on any port. Bounded, and never throws.
 */
import { parseIp } from '../lib/ip-address.js';
import { formatsOf } from '../sdp/format.js';
import { parseSdp } from '../sdp/parser.js';
import { connectionOf, directionOf, ptimeMsOf } from '../sdp/session-description.js';
import type { Direction, MediaDescription } from '../sdp/session-description.js';
import type { SessionDescription } from '../sdp/session-description.js';
import type { SipMessage } from '../sip/message/message.js';
import { indexMessage } from '../sip/message/parser.js';
import { endpointText } from './endpoint.js';
import { isClockRate, staticEncoding, type Encoding } from './encoding.js';

/** A call by its Call-ID; times are ms since the first packet of the capture. */
export interface SipCall {
  readonly callId: string;
  /** The INVITE that began it is in the capture: until the answer its audio is early. */
  hasBegun: boolean;
  okAtMs: number | null;
  /** Of the ACK; where none was captured, of the 2xx. */
  answeredAtMs: number | null;
  endedAtMs: number | null;
  /** When one side put the other on hold, and when it ended. */
  readonly holds: { readonly atMs: number; readonly isHeld: boolean }[];
  /** Who of both sides holds by its last description. */
  readonly heldBy: Set<string>;
  /** Its beginning is not in the capture: what is said first may be a hold. */
  readonly isJoined: boolean;
  /** What each side has sent or taken from the beginning, and nothing else; null: it was open since. */
  readonly oneWay: Map<string, Direction | null>;
}

/** Where a side of a call wants its audio. */
export interface MediaPlace {
  readonly call: SipCall;
  readonly encodings: ReadonlyMap<number, Encoding>;
  /** Null: not said. */
  readonly ptimeMs: number | null;
}

/** A description within a call. */
interface Saying {
  readonly call: SipCall;
  /** The call is not up so far. */
  readonly isForming: boolean;
  readonly atMs: number;
}

const MAX_CALLS = 20_000;
const MAX_PLACES = 40_000;
const MAX_HOLDS = 200;
const MAX_SIDES = 16;
const MAX_NAME = 40;
/** An ACK that has not come by then was not captured. */
const ACK_WAIT_MS = 500;
const START_LINE = /^(?:SIP\/2\.0 [1-6]\d\d |[A-Z]{3,20} sips?:[^\r\n]{1,2000} SIP\/2\.0\r\n)/;
const START_BYTES = 2100;

export class SipCalls {
  messages = 0;
  malformed = 0;
  private readonly calls = new Map<string, SipCall>();
  private readonly places = new Map<string, MediaPlace>();

  /** Call-IDs seen. */
  get count(): number {
    return this.calls.size;
  }

  /** Takes a datagram that may be a message; false when it is none. */
  take(payload: Uint8Array, atMs: number): boolean {
    const first = payload[0] ?? 0;
    if (first < 65 || first > 90 || !START_LINE.test(latin1(payload.subarray(0, START_BYTES)))) {
      return false;
    }
    this.messages++;
    try {
      this.read(indexMessage(payload), atMs);
    } catch {
      this.malformed++; // cut by the capture, or no good: what it would have said is unknown
    }
    return true;
  }

  /** Who wants audio at this address and port (`address:port`). */
  placeAt(endpoint: string): MediaPlace | undefined {
    return this.places.get(endpoint);
  }

  private read(message: SipMessage, atMs: number): void {
    const call = this.callOf(message);
    if (call === null) {
      return;
    }
    const { method, status, isRequest } = message;
    const isForming = !call.isJoined && call.answeredAtMs === null;
    if (isRequest && method === 'BYE') {
      call.endedAtMs ??= atMs;
    } else if (isRequest && method === 'INVITE') {
      call.hasBegun ||= call.okAtMs === null && call.answeredAtMs === null;
    } else if (method === 'INVITE' && status >= 200 && status < 300) {
      call.okAtMs ??= atMs;
    } else if (isRequest && method === 'ACK' && call.okAtMs !== null) {
      call.answeredAtMs ??= atMs;
    }
    if (message.contentType === 'application/sdp' && message.body !== '') {
      this.describe({ call, isForming, atMs }, parseSdp(message.body));
    }
  }

  private callOf({ callId, method, to }: SipMessage): SipCall | null {
    const known = this.calls.get(callId);
    if (known !== undefined || this.calls.size >= MAX_CALLS || !['INVITE', 'ACK', 'UPDATE', 'PRACK'].includes(method)) {
      return known ?? null;
    }
    const call: SipCall = {
      callId,
      hasBegun: false,
      okAtMs: null,
      answeredAtMs: null,
      endedAtMs: null,
      holds: [],
      heldBy: new Set(),
      isJoined: method !== 'INVITE' || to.tag !== null,
      oneWay: new Map(),
    };
    this.calls.set(callId, call);
    return call;
  }

  private describe({ call, isForming, atMs }: Saying, sdp: SessionDescription): void {
    for (const media of sdp.media) {
      const connection = connectionOf(sdp, media);
      const address = connection === null ? undefined : parseIp(connection.address);
      if (media.type !== 'audio' || media.port === 0 || connection === null || address === undefined) {
        continue;
      }
      const endpoint = endpointText(Uint8Array.from(address.bytes), media.port);
      if (this.places.has(endpoint) || this.places.size < MAX_PLACES) {
        this.places.set(endpoint, { call, encodings: encodingsOf(media), ptimeMs: ptimeMsOf(media) });
      }
      const side = `${sdp.origin.username} ${sdp.origin.sessionId} ${sdp.origin.address}`;
      const direction = directionOf(sdp, media);
      const isUsual = isAsFromTheBeginning(call, side, direction, isForming);
      noteHold(call, side, !isUsual || connection.address === '0.0.0.0', atMs);
      return; // audio in a second stream of one call is none of ours
    }
  }
}

/** Whether the call is answered by then; an ACK that is missing is given up for the 2xx. */
export function isAnswered(call: SipCall, nowMs: number): boolean {
  if (call.answeredAtMs === null && call.okAtMs !== null && nowMs - call.okAtMs > ACK_WAIT_MS) {
    call.answeredAtMs = call.okAtMs;
  }
  return call.answeredAtMs !== null;
}

/** Open, or one way as it has always been: who began by only sending or taking puts nobody on hold by saying it again. */
function isAsFromTheBeginning({ oneWay }: SipCall, side: string, direction: Direction, isForming: boolean): boolean {
  if (!oneWay.has(side) && oneWay.size < MAX_SIDES) {
    const isOneWay = isForming && (direction === 'sendonly' || direction === 'recvonly');
    oneWay.set(side, isOneWay ? direction : null);
  } else if (direction === 'sendrecv') {
    oneWay.set(side, null);
  }
  return direction === 'sendrecv' || direction === oneWay.get(side);
}

function noteHold(call: SipCall, side: string, isHeld: boolean, atMs: number): void {
  const { heldBy, holds } = call;
  const before = heldBy.size > 0;
  if (!isHeld) {
    heldBy.delete(side);
  } else if (heldBy.size < MAX_SIDES) {
    heldBy.add(side);
  }
  if (heldBy.size > 0 !== before && holds.length < MAX_HOLDS) {
    holds.push({ atMs, isHeld: heldBy.size > 0 });
  }
}

function encodingsOf(media: MediaDescription): Map<number, Encoding> {
  const encodings = new Map<number, Encoding>();
  for (const { payloadType, map } of formatsOf(media)) {
    const encoding =
      map !== null && isClockRate(map.clockRate)
        ? { name: map.name.slice(0, MAX_NAME).toUpperCase(), clockRate: map.clockRate }
        : staticEncoding(payloadType);
    if (encoding !== undefined) {
      encodings.set(payloadType, encoding);
    }
  }
  return encodings;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
