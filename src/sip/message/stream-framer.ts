/** Messages out of a byte stream (RFC 3261 §18.3, §7.5): CRLFCRLF ends the head, Content-Length measures the body. */
import { DEFAULT_PARSE_LIMITS, type ParseLimits, SipParseError } from './parse-error.js';
import { contentLengthOf, wireText } from './parser.js';

const CR = 13;
const LF = 10;

/**
 * `idle` skips keep-alives, `head` waits for the empty line, `body` for Content-Length bytes; `failed` is final: where the
 * next message starts is unknown then, and the connection must be closed.
 */
export type FramerState = 'idle' | 'head' | 'body' | 'failed';

/** One per connection. Never holds more than `maxMessageBytes` of an unfinished message. */
export class StreamFramer {
  #state: FramerState = 'idle';
  #failure: SipParseError | null = null;
  #pending: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** How far the search for the empty line has come. */
  #searched = 0;
  #messageEnd = 0;
  /** CRLFs in a row between two messages, and the pings among them that nobody has taken yet. */
  #blankLines = 0;
  #pings = 0;

  constructor(private readonly limits: ParseLimits = DEFAULT_PARSE_LIMITS) {}

  get state(): FramerState {
    return this.#state;
  }

  /** Why the stream was given up, or null. */
  get failure(): SipParseError | null {
    return this.#failure;
  }

  /** Double CRLFs (RFC 5626 §4.4.1) since the last time; each wants one CRLF back. */
  takePings(): number {
    const pings = this.#pings;
    this.#pings = 0;
    return pings;
  }

  /**
   * The bytes of each message that this chunk completes, in order; whether they are a good message is not looked at, where
   * the next one starts is known anyway. Never throws: see `failure`.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = [];
    if (this.#state === 'failed') return messages;
    this.#append(chunk);
    try {
      while (this.#step(messages));
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
      this.#fail(error);
    }
    return messages;
  }

  /** One state's work; false when more bytes are needed. */
  #step(messages: Uint8Array[]): boolean {
    if (this.#state === 'idle') return this.#skipKeepAlives();
    if (this.#state === 'head') return this.#findHeadEnd();
    return this.#takeMessage(messages);
  }

  #skipKeepAlives(): boolean {
    const bytes = this.#pending;
    while (this.#end - this.#start >= 2 && bytes[this.#start] === CR && bytes[this.#start + 1] === LF) {
      this.#start += 2;
      this.#blankLines++;
      if (this.#blankLines % 2 === 0) this.#pings++;
    }
    const left = this.#end - this.#start;
    // A lone CR may be half of a keep-alive.
    if (left === 0 || (left === 1 && bytes[this.#start] === CR)) return false;
    this.#blankLines = 0;
    this.#searched = this.#start;
    this.#state = 'head';
    return true;
  }

  #findHeadEnd(): boolean {
    const view = this.#pending.subarray(0, this.#end);
    const at = view.indexOf('\r\n\r\n', this.#searched, 'latin1');
    if (at < 0) {
      this.#searched = Math.max(this.#start, this.#end - 3);
      this.#checkSize(this.#end - this.#start);
      return false;
    }
    const headEnd = at + 4;
    this.#checkSize(headEnd - this.#start);
    const length = contentLengthOf(wireText(view.subarray(this.#start, headEnd)), this.limits);
    // §18.3: over a stream the length is the only way to find the next message.
    if (length < 0)
      throw new SipParseError('missing-header', 'expected a Content-Length header on a stream, found none');
    this.#checkSize(headEnd - this.#start + length);
    this.#messageEnd = headEnd + length;
    this.#state = 'body';
    return true;
  }

  #takeMessage(messages: Uint8Array[]): boolean {
    if (this.#end < this.#messageEnd) return false;
    messages.push(this.#pending.subarray(this.#start, this.#messageEnd));
    this.#start = this.#messageEnd;
    this.#state = 'idle';
    return true;
  }

  #checkSize(bytes: number): void {
    if (bytes > this.limits.maxMessageBytes) {
      throw new SipParseError('too-large', `expected at most ${this.limits.maxMessageBytes} bytes, found ${bytes}`);
    }
  }

  #append(chunk: Uint8Array): void {
    const left = this.#end - this.#start;
    if (this.#end + chunk.length > this.#pending.length) {
      // Doubling keeps a peer that sends byte by byte from costing a copy of the whole each time.
      const room = left + chunk.length > this.#pending.length ? 2 * (left + chunk.length) : this.#pending.length;
      const next = Buffer.allocUnsafe(Math.max(room, 2_048));
      this.#pending.copy(next, 0, this.#start, this.#end);
      this.#searched -= this.#start;
      this.#messageEnd -= this.#start;
      this.#start = 0;
      this.#end = left;
      this.#pending = next;
    }
    this.#pending.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  #fail(error: SipParseError): void {
    this.#failure = error;
    this.#state = 'failed';
    this.#pending = Buffer.alloc(0);
  }
}
