/**
 * Requests and responses as text (RFC 3261 §7, §8.1.1, §8.2.6). This is the hot path of a load tester: plain concatenation
 * lets V8 build one rope that is flattened once by the socket, several times cheaper than arrays and join or templates of maps.
 */
import { Buffer } from 'node:buffer';
import { HeaderId } from './header-name.js';
import type { SipMessage } from './message.js';
import { reasonPhrase } from './reason-phrase.js';

declare const headerBlockBrand: unique symbol;
/** Whole header lines, each with its CRLF; made by `headerBlock` only, so that no value in it holds a line break. */
export type HeaderBlock = string & { readonly [headerBlockBrand]: true };

export const NO_HEADERS = '' as HeaderBlock;

/** The fields of a request; every text is wire text (one character per byte, see `toWire`). */
export interface RequestFields {
  readonly method: string;
  readonly requestUri: string;
  /** Value of our Via up to and with `branch=`, cached for all requests of one transport. */
  readonly viaPrefix: string;
  readonly branch: string;
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly cseq: number;
  /** Route headers, or `NO_HEADERS`. */
  readonly routes: HeaderBlock;
  /** Contact, User-Agent, Allow, … */
  readonly headers: HeaderBlock;
  /** '' when there is no body. */
  readonly contentType: string;
  readonly body: string;
}

export interface ResponseFields {
  readonly status: number;
  /** Appended to To when the request's To has none; null for 100 Trying. */
  readonly toTag: string | null;
  /** The top Via with received and rport filled in (`stampVia`). */
  readonly topVia: string;
  readonly headers: HeaderBlock;
  readonly contentType: string;
  readonly body: string;
}

/** The request as it goes on the wire. Content-Length is in bytes, Max-Forwards is 70. */
export function serializeRequest(fields: RequestFields): string {
  return (
    clean(fields.method) +
    ' ' +
    clean(fields.requestUri) +
    ' SIP/2.0\r\nVia: ' +
    clean(fields.viaPrefix) +
    clean(fields.branch) +
    '\r\nMax-Forwards: 70\r\n' +
    fields.routes +
    'From: ' +
    clean(fields.from) +
    '\r\nTo: ' +
    clean(fields.to) +
    '\r\nCall-ID: ' +
    clean(fields.callId) +
    '\r\nCSeq: ' +
    fields.cseq +
    ' ' +
    clean(fields.method) +
    '\r\n' +
    fields.headers +
    bodyPart(fields.contentType, fields.body)
  );
}

/**
 * The ACK to a non-2xx (§17.1.1.3) or the CANCEL (§9.1): same Request-URI, Via, From, Call-ID, CSeq number and Route as
 * the INVITE. @param to the response's To for an ACK, the INVITE's own for a CANCEL
 */
export function serializeCompanion(method: 'ACK' | 'CANCEL', invite: RequestFields, to: string): string {
  return serializeRequest({ ...invite, method, to, headers: NO_HEADERS, contentType: '', body: '' });
}

/** The response: Via, From, To, Call-ID and CSeq of the request, and Record-Route where it builds a dialog (§12.1.1). */
export function serializeResponse(request: SipMessage, fields: ResponseFields): string {
  const { status, toTag } = fields;
  const tag = toTag === null || request.to.tag !== null ? '' : ';tag=' + clean(toTag);
  const buildsDialog = status > 100 && status < 300 && request.method === 'INVITE';
  return (
    'SIP/2.0 ' +
    status +
    ' ' +
    reasonPhrase(status) +
    '\r\nVia: ' +
    clean(fields.topVia) +
    '\r\n' +
    otherVias(request) +
    (buildsDialog ? copyLines('Record-Route: ', request.linesById(HeaderId.recordRoute)) : '') +
    'From: ' +
    clean(request.fromText) +
    '\r\nTo: ' +
    clean(request.toText) +
    tag +
    '\r\nCall-ID: ' +
    clean(request.callId) +
    '\r\nCSeq: ' +
    request.cseq.number +
    ' ' +
    request.cseq.method +
    '\r\n' +
    fields.headers +
    bodyPart(fields.contentType, fields.body)
  );
}

/** Every Via element below the top one, in order. */
function otherVias(request: SipMessage): string {
  if (request.hasSingleVia) return '';
  return copyLines('Via: ', request.headersById(HeaderId.via).slice(1));
}

function copyLines(prefix: string, values: readonly string[]): string {
  let lines = '';
  for (const value of values) lines += prefix + clean(value) + '\r\n';
  return lines;
}

function bodyPart(contentType: string, body: string): string {
  if (body === '') return 'Content-Length: 0\r\n\r\n';
  const bytes = wireBody(body);
  return 'Content-Type: ' + clean(contentType) + '\r\nContent-Length: ' + bytes.length + '\r\n\r\n' + bytes;
}

/** Header lines from name and value pairs, cleaned once so that messages can reuse them. */
export function headerBlock(pairs: readonly (readonly [name: string, value: string])[]): HeaderBlock {
  let lines = '';
  for (const [name, value] of pairs) lines += clean(name) + ': ' + clean(value) + '\r\n';
  return lines as HeaderBlock;
}

/** Blocks one after another are a block. */
export const joinBlocks = (first: HeaderBlock, second: HeaderBlock): HeaderBlock => (first + second) as HeaderBlock;

/**
 * A value that cannot end its line: control characters become blanks. Characters above U+00FF go out as UTF-8; cut to
 * their low byte, as latin1 output does, U+010D U+010A would be CR LF.
 */
export function clean(value: string): string {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 32 || code === 127 || code > 255) return scrub(value);
  }
  return value;
}

function scrub(value: string): string {
  let safe = '';
  for (const character of value) {
    const code = character.codePointAt(0)!;
    if (code > 255) safe += toWire(character);
    else safe += code < 32 || code === 127 ? ' ' : character;
  }
  return safe;
}

function wireBody(body: string): string {
  for (let i = 0; i < body.length; i++) if (body.charCodeAt(i) > 255) return toWire(body);
  return body;
}

/** A copy that stands alone: a part of a message keeps the whole of its text alive, and what is put together keeps its parts. */
export const ownText = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

/** Text of ours as wire text: UTF-8, one character per byte. Text from a message is wire text already. */
export function toWire(text: string): string {
  return Buffer.byteLength(text, 'utf8') === text.length ? text : Buffer.from(text, 'utf8').toString('latin1');
}
