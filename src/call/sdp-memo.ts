/**
 * Offers and answers of a run are alike: from call to call the port changes, and two numbers that say whose description it is. What
 * was written once, or understood once, is used again with those put in; any other difference is another text, read as if it were the
 * first. Without this, writing and reading SDP is a fifth of the cost of a call.
 */
import type { Offer } from '../sdp/offer-answer.js';
import type { AgreedMedia } from './negotiation.js';

/** Texts that are remembered; peers choose how many there are. */
const MOST_SHAPES = 64;
/** A longer one is no common answer. */
const MOST_CHARACTERS = 2000;
const LAST_PORT = 65_535;
/** What is of one call only: its keys, and a port of its own for RTCP. */
const PERSONAL = ['a=crypto:', 'a=rtcp:', 'a=candidate:', 'a=fingerprint:'];

/** A description without what changes from call to call: what stands before the two numbers, between them and the port, and behind it. */
interface Shape {
  readonly head: string;
  readonly middle: string;
  readonly tail: string;
  readonly port: number;
}

interface Known {
  readonly shape: Shape;
  readonly agreed: AgreedMedia;
}

/** Meanings of answers. */
export class AnswerMemo {
  private readonly known = new Map<string, Known>();
  /** The newest: nearly always the next one is like it, and then nothing is put together to look it up. */
  private last: Known | null = null;

  /** What an answer like this one meant, for its port; null: none was like it. */
  recall(sdp: string): AgreedMedia | null {
    const { last } = this;
    const port = last === null ? 0 : portOfLike(sdp, last.shape);
    if (last !== null && port > 0) {
      return withPort(last.agreed, port);
    }
    const shape = shapeOf(sdp);
    const known = shape === null ? undefined : this.known.get(textOf(shape));
    if (known === undefined || shape === null) {
      return null;
    }
    this.last = known;
    return withPort(known.agreed, shape.port);
  }

  /** From now on this is what such answers mean. */
  keep(sdp: string, agreed: AgreedMedia): void {
    const shape = shapeOf(sdp);
    const { port, rtcpPort } = agreed;
    const isBeside = rtcpPort !== null && (rtcpPort === port || rtcpPort === port + 1);
    if (shape !== null && shape.port === port && isBeside && this.known.size < MOST_SHAPES) {
      this.known.set(textOf(shape), { shape, agreed });
    }
  }
}

const textOf = ({ head, middle, tail }: Shape): string => head + middle + tail;

function withPort(known: AgreedMedia, port: number): AgreedMedia {
  const behind = (known.rtcpPort ?? 0) - known.port;
  return { ...known, port, rtcpPort: port + behind };
}

/** The port of a description of that shape; 0: it is of another. */
function portOfLike(sdp: string, { head, middle, tail }: Shape): number {
  if (!sdp.startsWith(head)) {
    return 0;
  }
  const idEnd = digitsEnd(sdp, head.length);
  const versionEnd = digitsEnd(sdp, idEnd + 1);
  const port = versionEnd + middle.length;
  const portEnd = digitsEnd(sdp, port);
  const isLike =
    idEnd > head.length &&
    sdp[idEnd] === ' ' &&
    versionEnd > idEnd + 1 &&
    sdp.startsWith(middle, versionEnd) &&
    sdp.length - portEnd === tail.length &&
    sdp.startsWith(tail, portEnd);
  return isLike ? portAt(sdp, port, portEnd) : 0;
}

/** 0: it is no port, or none that has one beside it. */
function portAt(sdp: string, start: number, end: number): number {
  const number = Number(sdp.slice(start, end));
  return number > 0 && number < LAST_PORT && sdp[start] !== '0' ? number : 0;
}

/**
 * Null where there is something unusual in it. Of `o=user 123 456 IN IP4 host` the numbers, of `m=audio 20000 RTP/AVP 0` the port is left out;
 * there must be one of each, so that nothing else was left out.
 */
export function shapeOf(sdp: string): Shape | null {
  if (sdp.length > MOST_CHARACTERS || PERSONAL.some((line) => sdp.includes(line))) {
    return null;
  }
  const user = sdp.indexOf('\no=') + 3;
  const id = sdp.indexOf(' ', user) + 1;
  const idEnd = digitsEnd(sdp, id);
  const versionEnd = digitsEnd(sdp, idEnd + 1);
  const port = sdp.indexOf('\nm=audio ', versionEnd) + 9;
  const portEnd = digitsEnd(sdp, port);
  const isUsual =
    user > 2 && id > user && idEnd > id && sdp[idEnd] === ' ' && versionEnd > idEnd + 1 && sdp[versionEnd] === ' ';
  if (!isUsual || port < versionEnd || portEnd === port || sdp[portEnd] !== ' ' || sdp.includes('\nm=', portEnd)) {
    return null;
  }
  // An o= line that ends before its numbers would have them taken from another line.
  if (sdp.indexOf('\n', user) < versionEnd) {
    return null;
  }
  const number = portAt(sdp, port, portEnd);
  return number > 0
    ? { head: sdp.slice(0, id), middle: sdp.slice(versionEnd, port), tail: sdp.slice(portEnd), port: number }
    : null;
}

/** At most 20 of them. */
function digitsEnd(text: string, from: number): number {
  let at = from;
  for (; at < from + 20; at++) {
    const code = text.charCodeAt(at);
    if (!(code >= 48 && code <= 57)) {
      break;
    }
  }
  return at;
}

/** Stand where the numbers of a call go; no other number of an offer is one of them. */
const MARKS = { port: 60_001, sessionId: 9_000_000_001, sessionVersion: 9_000_000_002 } as const;

/** An offer of ours, with room for what changes from call to call. */
export class OfferTemplate {
  private readonly offer: Offer;
  private readonly parts: readonly [beforeId: string, beforeVersion: string, beforePort: string, rest: string];

  constructor(
    /** At which our audio is reached. */
    readonly address: string,
    create: (port: number, sessionId: number, sessionVersion: number) => Offer,
  ) {
    const { port, sessionId, sessionVersion } = MARKS;
    this.offer = create(port, sessionId, sessionVersion);
    const { sdp } = this.offer;
    const id = sdp.indexOf(`${sessionId}`);
    const version = sdp.indexOf(`${sessionVersion}`);
    const audio = sdp.indexOf(` ${port} `) + 1;
    this.parts = [
      sdp.slice(0, id),
      sdp.slice(id + `${sessionId}`.length, version),
      sdp.slice(version + `${sessionVersion}`.length, audio),
      sdp.slice(audio + `${port}`.length),
    ];
  }

  with(port: number, sessionId: number, sessionVersion: number): Offer {
    const [beforeId, beforeVersion, beforePort, rest] = this.parts;
    const { description, codecs, cryptoLines } = this.offer;
    const sdp = beforeId + sessionId + beforeVersion + sessionVersion + beforePort + port + rest;
    return { sdp, description, codecs, cryptoLines };
  }
}
