/** What is wrong with a received SIP message, and how much of one we are ready to read (RFC 3261 §7, §18.3). */

export type SipParseCode =
  | 'too-large'
  | 'too-many-headers'
  | 'header-too-long'
  | 'bad-start-line'
  | 'bad-header'
  | 'missing-header'
  | 'bad-content-length'
  | 'bad-uri'
  | 'truncated';

/** Network input that is not SIP as we read it; the message quotes at most 80 characters of it. */
export class SipParseError extends Error {
  constructor(
    readonly code: SipParseCode,
    message: string,
  ) {
    super(message);
    this.name = 'SipParseError';
  }
}

/** Limits on hostile input, in bytes unless the name says a count. */
export interface ParseLimits {
  readonly maxMessageBytes: number;
  readonly maxHeaderCount: number;
  /** One header line, its folds included. */
  readonly maxHeaderBytes: number;
}

export const DEFAULT_PARSE_LIMITS: ParseLimits = {
  maxMessageBytes: 65_535,
  maxHeaderCount: 200,
  maxHeaderBytes: 8_192,
};

/** At most 80 characters of network text, quoted, with everything unprintable as a dot. */
export function excerpt(text: string): string {
  let shown = '';
  const length = Math.min(text.length, 77);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    shown += code > 31 && code < 127 ? text.charAt(i) : '.';
  }
  return `"${shown}${text.length > length ? '...' : ''}"`;
}

/** An error that says what was expected and what was found. */
export function expected(code: SipParseCode, what: string, found: string): SipParseError {
  return new SipParseError(code, `expected ${what}, found ${excerpt(found)}`);
}
