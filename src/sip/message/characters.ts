/** Character classes and cutting of header text (RFC 3261 §25.1), by char code: no regular expression runs per message. */

const TOKEN = 1;
const USER = 2;
const HOST = 4;
const URI_REST = 8;
const CLASSES = buildClasses();

function buildClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  const mark = (characters: string, bit: number): void => {
    for (const character of characters) classes[character.charCodeAt(0)]! |= bit;
  };
  const alphanumeric = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  mark(alphanumeric, TOKEN | USER | HOST | URI_REST);
  mark("-.!%*_+`'~", TOKEN);
  // `:` parts user and password; both travel as one text here.
  mark("-_.!~*'()&=+$,;?/:", USER);
  mark('-._', HOST);
  mark("-_.!~*'()[]/:&+$%;=?@,", URI_REST);
  return classes;
}

function allIn(text: string, bit: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255 || (CLASSES[code]! & bit) === 0) return false;
  }
  return text.length > 0;
}

/** RFC 3261 `token`, at least one character. */
export const isToken = (text: string): boolean => allIn(text, TOKEN);
/** Letters, digits, `-`, `.` and the `_` that real host names hold. */
export const isHostText = (text: string): boolean => allIn(text, HOST);
/** What may follow the host in a SIP URI: parameters and headers, escaped. */
export const isUriRest = (text: string): boolean => allIn(text, URI_REST);
/** True for a character that may stand unescaped in the user part of a SIP URI. */
export const isUserCode = (code: number): boolean => code < 256 && (CLASSES[code]! & USER) !== 0;

/** Space or horizontal tab. */
export const isBlank = (code: number): boolean => code === 32 || code === 9;

/** 0–9 of `text[from, to)` as a number, or -1 when it is empty, not all digits, or above 2^53. */
export function parseDigits(text: string, from: number, to: number): number {
  if (to <= from || to - from > 15) return -1;
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Index just behind the quoted string that opens at `at`, or -1 when it never closes. */
export function skipQuoted(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 92) i++;
    else if (code === 34) return i + 1;
  }
  return -1;
}

/** Index of the first `,` outside quotes and `<>` at or after `from`, or the length. */
export function endOfElement(text: string, from: number): number {
  let inAngle = false;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 34 && !inAngle) {
      const after = skipQuoted(text, i);
      if (after < 0) return text.length;
      i = after - 1;
    } else if (code === 60) inAngle = true;
    else if (code === 62) inAngle = false;
    else if (code === 44 && !inAngle) return i;
  }
  return text.length;
}

/** The elements of a comma list, trimmed; empty ones are dropped. */
export function splitList(value: string): string[] {
  if (!value.includes(',')) return value === '' ? [] : [value];
  const elements: string[] = [];
  for (let start = 0; start < value.length;) {
    const end = endOfElement(value, start);
    const element = value.slice(start, end).trim();
    if (element !== '') elements.push(element);
    start = end + 1;
  }
  return elements;
}

/**
 * The value of `;name=value` in a parameter text that starts at its first `;`: '' for a parameter without value, null
 * when absent. `name` in lower case; quoted values come without their quotes.
 */
export function parameterOf(params: string, name: string): string | null {
  for (let start = params.indexOf(';'); start >= 0 && start < params.length;) {
    const end = endOfParameter(params, start + 1);
    const equals = params.indexOf('=', start);
    const nameEnd = equals < 0 || equals > end ? end : equals;
    if (sameName(params.slice(start + 1, nameEnd).trim(), name)) {
      return nameEnd === end ? '' : unquote(params.slice(nameEnd + 1, end).trim());
    }
    start = end;
  }
  return null;
}

function endOfParameter(params: string, from: number): number {
  const end = params.indexOf(';', from);
  const quote = params.indexOf('"', from);
  if (quote < 0 || (end >= 0 && quote > end)) return end < 0 ? params.length : end;
  const after = skipQuoted(params, quote);
  if (after < 0) return params.length;
  const next = params.indexOf(';', after);
  return next < 0 ? params.length : next;
}

function sameName(found: string, lowerCaseName: string): boolean {
  return found === lowerCaseName || (found.length === lowerCaseName.length && found.toLowerCase() === lowerCaseName);
}

/** Takes off the quotes and backslashes of a quoted string; other text comes back as it is. */
export function unquote(text: string): string {
  if (text.length < 2 || text.charCodeAt(0) !== 34 || text.charCodeAt(text.length - 1) !== 34) return text;
  const inner = text.slice(1, -1);
  if (!inner.includes('\\')) return inner;
  let plain = '';
  for (let i = 0; i < inner.length; i++) {
    if (inner.charCodeAt(i) === 92 && i + 1 < inner.length) i++;
    plain += inner.charAt(i);
  }
  return plain;
}
