/** One datagram to one `SipMessage` (RFC 3261 §7, §18.3): one latin1 decode, one pass that notes where each header lies. */
import { Buffer } from 'node:buffer';
import { isBlank, isToken, parseDigits } from './characters.js';
import { HeaderId, headerIdOf, usualHeaderId } from './header-name.js';
import { type MessageIndex, SipMessage, type StartLine } from './message.js';
import { DEFAULT_PARSE_LIMITS, type ParseLimits, SipParseError, expected } from './parse-error.js';

const CR = 13;
const VERSION = 'SIP/2.0';

/**
 * Reads and checks one message: structure, and the headers that every message must have.
 * @throws SipParseError
 */
export function parseMessage(data: Uint8Array, limits: ParseLimits = DEFAULT_PARSE_LIMITS): SipMessage {
  const message = indexMessage(data, limits);
  checkMessage(message);
  return message;
}

/**
 * Structure only: a message that passes here but fails `checkMessage` can still be answered 400.
 * @throws SipParseError
 */
export function indexMessage(data: Uint8Array, limits: ParseLimits = DEFAULT_PARSE_LIMITS): SipMessage {
  if (data.length > limits.maxMessageBytes) {
    throw new SipParseError('too-large', `expected at most ${limits.maxMessageBytes} bytes, found ${data.length}`);
  }
  const text = wireText(data);
  const start = skipEmptyLines(text);
  const startLineEnd = lineEnd(text, start, limits);
  const startLine = parseStartLine(text.slice(start, startLineEnd));
  const scan: HeaderScan = { text, limits, spans: [], hasFolds: false, contentLengthAt: -1 };
  const bodyStart = scanHeaders(scan, startLineEnd + 2);
  const available = text.length - bodyStart;
  const defect = contentLengthDefect(scan, available);
  const declared = defect === null ? declaredLength(scan) : -1;
  // Octets behind Content-Length are ignored; without the header the body is all that is left (§18.3).
  const bodyEnd = bodyStart + (declared < 0 ? available : declared);
  const index: MessageIndex = {
    text,
    startLine,
    spans: scan.spans,
    hasFolds: scan.hasFolds,
    bodyStart,
    bodyEnd,
    defect,
  };
  return new SipMessage(index);
}

/** @throws SipParseError when Call-ID, CSeq, From, To or the top Via is absent or malformed, or CSeq contradicts the method. */
export function checkMessage(message: SipMessage): void {
  if (message.defect !== null) throw message.defect;
  if (message.callId === '') throw new SipParseError('bad-header', 'expected a Call-ID, found an empty one');
  const cseq = message.cseq;
  if (message.isRequest && cseq.method !== message.method)
    throw expected('bad-header', 'the method of the request in CSeq', cseq.method);
  void message.topVia;
  void message.from;
  void message.to;
}

/** Bytes as wire text, one character each. */
export function wireText(data: Uint8Array): string {
  const buffer = Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return buffer.toString('latin1');
}

interface HeaderScan {
  readonly text: string;
  readonly limits: ParseLimits;
  readonly spans: number[];
  hasFolds: boolean;
  /** Index in spans of the first Content-Length, or -1. */
  contentLengthAt: number;
}

/** CRLFs before the start line are ignored (§7.5). */
function skipEmptyLines(text: string): number {
  let start = 0;
  while (text.charCodeAt(start) === CR && text.charCodeAt(start + 1) === 10) start += 2;
  return start;
}

/** Index of the CR that ends the line. A bare CR or LF is refused: two parsers would disagree on where a header ends. */
function lineEnd(text: string, from: number, limits: ParseLimits): number {
  const lf = text.indexOf('\n', from);
  if (lf < 0) throw expected('truncated', 'a line that ends in CRLF', text.slice(from, from + 80));
  if (lf - from > limits.maxHeaderBytes) throw tooLong(limits, lf - from);
  const cr = text.indexOf('\r', from);
  if (cr !== lf - 1) throw expected('bad-header', 'CR and LF only as a pair', text.slice(from, from + 80));
  return cr;
}

function tooLong(limits: ParseLimits, found: number): SipParseError {
  return new SipParseError(
    'header-too-long',
    `expected a line of at most ${limits.maxHeaderBytes} bytes, found ${found}`,
  );
}

function parseStartLine(line: string): StartLine {
  if (line.startsWith(`${VERSION} `)) return parseStatusLine(line);
  const methodEnd = line.indexOf(' ');
  const uriEnd = line.lastIndexOf(' ');
  const method = line.slice(0, Math.max(methodEnd, 0));
  const requestUri = line.slice(methodEnd + 1, uriEnd);
  const version = line.slice(uriEnd + 1);
  const isWellFormed = uriEnd > methodEnd + 1 && !requestUri.includes(' ') && isToken(method);
  if (!isWellFormed || version.toUpperCase() !== VERSION)
    throw expected('bad-start-line', `"METHOD uri ${VERSION}"`, line);
  return { method, requestUri, status: 0, reason: '' };
}

function parseStatusLine(line: string): StartLine {
  const status = parseDigits(line, 8, 11);
  const isWellFormed = status >= 100 && status <= 699 && (line.length === 11 || line.charCodeAt(11) === 32);
  if (!isWellFormed) throw expected('bad-start-line', `"${VERSION} status reason"`, line);
  return { method: '', requestUri: '', status, reason: line.slice(12) };
}

/** Notes every header; returns where the body starts. */
function scanHeaders(scan: HeaderScan, from: number): number {
  const { text, limits, spans } = scan;
  let at = from;
  for (;;) {
    let end = lineEnd(text, at, limits);
    if (end === at) return at + 2;
    if (spans.length >= limits.maxHeaderCount * 4) {
      throw new SipParseError('too-many-headers', `expected at most ${limits.maxHeaderCount} headers, found more`);
    }
    while (isBlank(text.charCodeAt(end + 2))) {
      scan.hasFolds = true;
      end = lineEnd(text, end + 2, limits);
      if (end - at > limits.maxHeaderBytes) throw tooLong(limits, end - at);
    }
    noteHeader(scan, at, end);
    at = end + 2;
  }
}

function noteHeader(scan: HeaderScan, start: number, end: number): void {
  const { text, spans } = scan;
  const colon = text.indexOf(':', start);
  if (colon <= start || colon >= end) throw expected('bad-header', '"name: value"', text.slice(start, end));
  let nameEnd = colon;
  while (nameEnd > start && isBlank(text.charCodeAt(nameEnd - 1))) nameEnd--;
  let id = usualHeaderId(text, start, nameEnd);
  if (id === HeaderId.other) {
    const name = text.slice(start, nameEnd);
    id = headerIdOf(name);
    if (id === HeaderId.other && !isToken(name)) throw expected('bad-header', 'a header name', text.slice(start, end));
  }
  let valueStart = colon + 1;
  let valueEnd = end;
  while (valueStart < valueEnd && text.charCodeAt(valueStart) <= 32) valueStart++;
  while (valueEnd > valueStart && text.charCodeAt(valueEnd - 1) <= 32) valueEnd--;
  if (id === HeaderId.contentLength && scan.contentLengthAt < 0) scan.contentLengthAt = spans.length;
  spans.push(id, start, valueStart, valueEnd);
}

function contentLengthDefect(scan: HeaderScan, available: number): SipParseError | null {
  const at = scan.contentLengthAt;
  if (at < 0) return null;
  const declared = declaredLength(scan);
  if (declared < 0) {
    return expected(
      'bad-content-length',
      'digits in Content-Length',
      scan.text.slice(scan.spans[at + 2], scan.spans[at + 3]),
    );
  }
  if (declared <= available) return null;
  return new SipParseError('bad-content-length', `expected Content-Length up to ${available}, found ${declared}`);
}

/** -1 for none and for one that is not a number. */
function declaredLength({ spans, text, contentLengthAt: at }: HeaderScan): number {
  return at < 0 ? -1 : parseDigits(text, spans[at + 2]!, spans[at + 3]!);
}

/**
 * Content-Length of a head that ends in its empty line; -1 when it has none. For streams, before the body is there.
 * @throws SipParseError for a malformed head, or Content-Lengths that differ (message smuggling).
 */
export function contentLengthOf(head: string, limits: ParseLimits): number {
  const startLineEnd = lineEnd(head, 0, limits);
  parseStartLine(head.slice(0, startLineEnd));
  const scan: HeaderScan = { text: head, limits, spans: [], hasFolds: false, contentLengthAt: -1 };
  scanHeaders(scan, startLineEnd + 2);
  const length = declaredLength(scan);
  if (length < 0 && scan.contentLengthAt >= 0)
    throw new SipParseError('bad-content-length', 'expected digits in Content-Length');
  for (let at = 0; at < scan.spans.length; at += 4) {
    if (scan.spans[at] !== HeaderId.contentLength) continue;
    if (declaredLength({ ...scan, contentLengthAt: at }) !== length) {
      throw new SipParseError('bad-content-length', 'expected one Content-Length, found two that differ');
    }
  }
  return length;
}
