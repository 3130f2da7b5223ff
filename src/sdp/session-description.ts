/** A session description in its parts (RFC 8866 §5); b=, i=, k=, r= and their like are not kept. */

export interface Origin {
  readonly username: string;
  /** Decimal digits: they may exceed what a number holds. */
  readonly sessionId: string;
  readonly sessionVersion: string;
  readonly address: string;
}

export interface Connection {
  readonly family: 'IP4' | 'IP6';
  /** As it came, without a multicast TTL. */
  readonly address: string;
}

/** `a=name` (value null) or `a=name:value`. */
export interface Attribute {
  readonly name: string;
  readonly value: string | null;
}

export interface MediaDescription {
  /** `audio`, `video`, … */
  readonly type: string;
  /** 0 refuses the stream. */
  readonly port: number;
  /** `RTP/AVP`, … */
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly connection: Connection | null;
  readonly attributes: readonly Attribute[];
}

export interface SessionDescription {
  readonly origin: Origin;
  readonly name: string;
  readonly connection: Connection | null;
  readonly attributes: readonly Attribute[];
  readonly media: readonly MediaDescription[];
}

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

const DIRECTIONS: ReadonlySet<string> = new Set(['sendrecv', 'sendonly', 'recvonly', 'inactive']);

/** The writer's direction for this stream: the media's own, else the session's, else sendrecv (§6.7). */
export function directionOf(session: SessionDescription, media: MediaDescription): Direction {
  for (const attributes of [media.attributes, session.attributes]) {
    const found = attributes.find((attribute) => DIRECTIONS.has(attribute.name));
    if (found !== undefined) return found.name as Direction;
  }
  return 'sendrecv';
}

/** c= of the stream, else of the session; null when there is none. */
export const connectionOf = (session: SessionDescription, media: MediaDescription): Connection | null =>
  media.connection ?? session.connection;

/** a=ptime in ms; null when absent or not a number in (0, 1000]. */
export const ptimeMsOf = (media: MediaDescription): number | null => packetTimeOf(media, 'ptime');

/** a=maxptime likewise. */
export const maxPtimeMsOf = (media: MediaDescription): number | null => packetTimeOf(media, 'maxptime');

function packetTimeOf(media: MediaDescription, name: string): number | null {
  const value = attributeOf(media, name);
  const ptimeMs = value === null || value === '' ? Number.NaN : Number(value);
  return ptimeMs > 0 && ptimeMs <= 1_000 ? ptimeMs : null;
}

/** Value of the first attribute of that name ('' without value), or null. */
export function attributeOf(media: MediaDescription, name: string): string | null {
  const found = media.attributes.find((attribute) => attribute.name === name);
  return found === undefined ? null : (found.value ?? '');
}

/** 0–65535, or -1. */
export function parsePort(text: string): number {
  if (text.length === 0 || text.length > 5) return -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return -1;
  }
  const port = Number(text);
  return port <= 65_535 ? port : -1;
}
