/** A SIP message over its own text: header values are cut out and decoded when asked for, then cached (RFC 3261 §7). */
import { Buffer } from 'node:buffer';
import { isToken, parseDigits, splitList } from './characters.js';
import { HeaderId, headerIdOf, isListHeader } from './header-name.js';
import { SipParseError, expected } from './parse-error.js';
import { type NameAddress, type SipUri, parseAddress, parseUri } from './uri.js';
import { type Via, parseVia } from './via.js';

/** What the parser's one pass records. */
export interface MessageIndex {
  /** The datagram, one character per byte (latin1). */
  readonly text: string;
  readonly startLine: StartLine;
  /** Four numbers a header: id, start of the line, start and end of the value (folds included, blanks trimmed). */
  readonly spans: readonly number[];
  readonly hasFolds: boolean;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** A Content-Length that cannot be right: the message can still be answered 400 (§18.3). */
  readonly defect: SipParseError | null;
}

/** `status` is 0 in a request; `method` and `requestUri` are '' in a response. */
export interface StartLine {
  readonly method: string;
  readonly requestUri: string;
  readonly status: number;
  readonly reason: string;
}

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

const SPAN = 4;

/**
 * One received request or response. Text is "wire text": one character per byte.
 * Getters throw `SipParseError` when their own header is malformed; `parseMessage` has already vouched for
 * Call-ID, CSeq, From, To and the top Via.
 */
export class SipMessage {
  readonly isRequest: boolean;
  readonly requestUri: string;
  /** 100–699; 0 in a request. */
  readonly status: number;
  readonly reason: string;
  #index: MessageIndex;
  #callId: string | null = null;
  #cseq: CSeq | null = null;
  #from: NameAddress | null = null;
  #to: NameAddress | null = null;
  #topVia: Via | null = null;
  #contactUri: SipUri | null | undefined = undefined;

  constructor(index: MessageIndex) {
    this.#index = index;
    this.status = index.startLine.status;
    this.isRequest = this.status === 0;
    this.requestUri = index.startLine.requestUri;
    this.reason = index.startLine.reason;
  }

  /** What `checkMessage` throws first; null in every message that `parseMessage` returned. */
  get defect(): SipParseError | null {
    return this.#index.defect;
  }

  /** Method of the request, or of the request that this response answers (from CSeq). */
  get method(): string {
    return this.isRequest ? this.#index.startLine.method : this.cseq.method;
  }

  /** The first line of this header as one value (unfolded), or null. Any case, compact forms too. */
  header(name: string): string | null {
    const id = headerIdOf(name);
    const at = id === HeaderId.other ? this.#findOther(name.toLowerCase(), 0) : this.#find(id, 0);
    return at < 0 ? null : this.#value(at);
  }

  /** All values of this header in order; comma lists are split where the header is one. */
  headers(name: string): string[] {
    const id = headerIdOf(name);
    if (id !== HeaderId.other) return this.headersById(id);
    const values: string[] = [];
    const lower = name.toLowerCase();
    for (let at = this.#findOther(lower, 0); at >= 0; at = this.#findOther(lower, at + SPAN))
      values.push(this.#value(at));
    return values;
  }

  /** As `header`, without the lookup of the name. */
  headerById(id: HeaderId): string | null {
    const at = this.#find(id, 0);
    return at < 0 ? null : this.#value(at);
  }

  /** As `headers`, without the lookup of the name. */
  headersById(id: HeaderId): string[] {
    const lines = this.linesById(id);
    if (!isListHeader(id)) return lines;
    // None or one nearly always, at every message: then flatMap would cost more than the search.
    const [only] = lines;
    if (only === undefined) return lines;
    return lines.length === 1 ? splitList(only) : lines.flatMap(splitList);
  }

  /** One value per header line, comma lists left whole: what a response copies. */
  linesById(id: HeaderId): string[] {
    const lines: string[] = [];
    for (let at = this.#find(id, 0); at >= 0; at = this.#find(id, at + SPAN)) lines.push(this.#value(at));
    return lines;
  }

  get callId(): string {
    return (this.#callId ??= this.#required(HeaderId.callId, 'Call-ID'));
  }

  get cseq(): CSeq {
    return (this.#cseq ??= parseCSeq(this.#required(HeaderId.cseq, 'CSeq')));
  }

  get from(): NameAddress {
    return (this.#from ??= parseAddress(this.fromText));
  }

  get to(): NameAddress {
    return (this.#to ??= parseAddress(this.toText));
  }

  /** The From value as it came. */
  get fromText(): string {
    return this.#required(HeaderId.from, 'From');
  }

  /** The To value as it came. */
  get toText(): string {
    return this.#required(HeaderId.to, 'To');
  }

  get topVia(): Via {
    return (this.#topVia ??= parseVia(this.#required(HeaderId.via, 'Via')));
  }

  /** True when there is one Via element: a response with more was not meant for us (§8.1.3.3). */
  get hasSingleVia(): boolean {
    const first = this.#find(HeaderId.via, 0);
    return (
      first >= 0 && this.#find(HeaderId.via, first + SPAN) < 0 && this.topVia.text.length === this.#value(first).length
    );
  }

  /** URI of the first Contact; null when there is none or it is `*`. */
  get contactUri(): SipUri | null {
    if (this.#contactUri === undefined) {
      const first = this.headersById(HeaderId.contact)[0];
      this.#contactUri = first === undefined || first === '*' ? null : parseUri(parseAddress(first).uri);
    }
    return this.#contactUri;
  }

  /** Record-Route elements (`<uri>;params`) in the order of the message. */
  get recordRoutes(): string[] {
    return this.headersById(HeaderId.recordRoute);
  }

  /** `type/subtype` in lower case without parameters, or null. */
  get contentType(): string | null {
    const value = this.headerById(HeaderId.contentType);
    if (value === null) return null;
    const semicolon = value.indexOf(';');
    return (semicolon < 0 ? value : value.slice(0, semicolon)).trim().toLowerCase();
  }

  /** The whole datagram as wire text. */
  get text(): string {
    return this.#index.text;
  }

  /** Of the whole datagram. */
  get byteLength(): number {
    return this.#index.text.length;
  }

  /** The body as wire text. */
  get body(): string {
    return this.#index.text.slice(this.#index.bodyStart, this.#index.bodyEnd);
  }

  /** The body's bytes, as a copy. */
  get bodyBuffer(): Buffer {
    return Buffer.from(this.body, 'latin1');
  }

  #required(id: HeaderId, name: string): string {
    const at = this.#find(id, 0);
    if (at < 0) throw new SipParseError('missing-header', `expected a ${name} header, found none`);
    return this.#value(at);
  }

  #find(id: HeaderId, from: number): number {
    const spans = this.#index.spans;
    for (let at = from; at < spans.length; at += SPAN) if (spans[at] === id) return at;
    return -1;
  }

  #findOther(lowerCaseName: string, from: number): number {
    const { spans, text } = this.#index;
    for (let at = from; at < spans.length; at += SPAN) {
      if (spans[at] !== HeaderId.other) continue;
      const start = spans[at + 1]!;
      if (text.slice(start, text.indexOf(':', start)).trim().toLowerCase() === lowerCaseName) return at;
    }
    return -1;
  }

  #value(at: number): string {
    const { spans, text, hasFolds } = this.#index;
    const value = text.slice(spans[at + 2], spans[at + 3]);
    return hasFolds && value.includes('\r') ? unfold(value) : value;
  }
}

/** Each fold with the blanks round it counts as one space (§7.3.1). */
function unfold(value: string): string {
  return value
    .split('\r\n')
    .map((line) => line.trim())
    .join(' ');
}

function parseCSeq(value: string): CSeq {
  let numberEnd = 0;
  while (numberEnd < value.length && value.charCodeAt(numberEnd) > 32) numberEnd++;
  const number = parseDigits(value, 0, numberEnd);
  const method = value.slice(numberEnd + 1).trim();
  // §8.1.1.5 asks for less than 2^31; the grammar and some peers reach 2^32 - 1.
  if (number < 0 || number > 0xffff_ffff || !isToken(method))
    throw expected('bad-header', 'CSeq "number method"', value);
  return { number, method };
}
