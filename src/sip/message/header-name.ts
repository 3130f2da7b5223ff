/** Header names (RFC 3261 §7.3.1, §20): ids of those we read ourselves, compact forms, which ones are comma lists. */

/** Ids of the headers that are looked up per message; `other` is every name not in this table. */
export const HeaderId = {
  other: 0,
  via: 1,
  from: 2,
  to: 3,
  callId: 4,
  cseq: 5,
  contact: 6,
  maxForwards: 7,
  route: 8,
  recordRoute: 9,
  contentLength: 10,
  contentType: 11,
  require: 12,
  allow: 13,
  supported: 14,
  userAgent: 15,
  accept: 16,
  unsupported: 17,
  server: 18,
  subject: 19,
  contentEncoding: 20,
  event: 21,
  sessionExpires: 22,
  minSe: 23,
  rseq: 24,
  rack: 25,
  retryAfter: 26,
} as const;
export type HeaderId = (typeof HeaderId)[keyof typeof HeaderId];

const NAMES: readonly (readonly [HeaderId, string, ...string[]])[] = [
  [HeaderId.via, 'Via', 'v'],
  [HeaderId.from, 'From', 'f'],
  [HeaderId.to, 'To', 't'],
  [HeaderId.callId, 'Call-ID', 'i'],
  [HeaderId.cseq, 'CSeq'],
  [HeaderId.contact, 'Contact', 'm'],
  [HeaderId.maxForwards, 'Max-Forwards'],
  [HeaderId.route, 'Route'],
  [HeaderId.recordRoute, 'Record-Route'],
  [HeaderId.contentLength, 'Content-Length', 'l'],
  [HeaderId.contentType, 'Content-Type', 'c'],
  [HeaderId.require, 'Require'],
  [HeaderId.allow, 'Allow'],
  [HeaderId.supported, 'Supported', 'k'],
  [HeaderId.userAgent, 'User-Agent'],
  [HeaderId.accept, 'Accept'],
  [HeaderId.unsupported, 'Unsupported'],
  [HeaderId.server, 'Server'],
  [HeaderId.subject, 'Subject', 's'],
  [HeaderId.contentEncoding, 'Content-Encoding', 'e'],
  [HeaderId.event, 'Event', 'o'],
  [HeaderId.sessionExpires, 'Session-Expires', 'x'],
  [HeaderId.minSe, 'Min-SE'],
  [HeaderId.rseq, 'RSeq'],
  [HeaderId.rack, 'RAck'],
  [HeaderId.retryAfter, 'Retry-After'],
];

const LISTS: ReadonlySet<number> = new Set([
  HeaderId.via,
  HeaderId.contact,
  HeaderId.route,
  HeaderId.recordRoute,
  HeaderId.require,
  HeaderId.allow,
  HeaderId.supported,
  HeaderId.accept,
  HeaderId.unsupported,
  HeaderId.contentEncoding,
]);

const IDS = new Map<string, HeaderId>();
for (const [id, ...names] of NAMES) {
  for (const name of names) {
    IDS.set(name, id);
    IDS.set(name.toLowerCase(), id);
  }
}

/** Names in their usual spelling, by length and first letter. */
const USUAL: { readonly name: string; readonly id: HeaderId }[][] = [];
for (const [id, name] of NAMES) (USUAL[placeOf(name, 0, name.length)] ??= []).push({ name, id });

function placeOf(text: string, start: number, end: number): number {
  return ((end - start) << 8) | (text.charCodeAt(start) & 0xff);
}

/**
 * The id of the usual spelling that stands between `start` and `end`; `HeaderId.other` for every other spelling. Nearly all headers
 * are told so without a copy of their name, which would be hashed once and thrown away.
 */
export function usualHeaderId(text: string, start: number, end: number): HeaderId {
  for (const { name, id } of USUAL[placeOf(text, start, end)] ?? []) if (text.startsWith(name, start)) return id;
  return HeaderId.other;
}

/** The id of a header name in any case or compact form; `HeaderId.other` for names we do not read. */
export function headerIdOf(name: string): HeaderId {
  // The usual spelling is in the map, so most names cost one lookup and no lower-casing.
  return IDS.get(name) ?? IDS.get(name.toLowerCase()) ?? HeaderId.other;
}

/** True when commas part the values of this header (§7.3.1); a Date or Subject holds commas of its own. */
export const isListHeader = (id: HeaderId): boolean => LISTS.has(id);
