/**
 * Hides whom a run called: user parts of SIP and tel URIs, caller names, digest user names and telephone numbers become
 * `***1`, `***2`, … in the order in which they are first met, the same one for the same number. Hosts stay.
 * A counter and no hash, not even a keyed one: the seed of a run stands in its result, and whoever has the key finds a
 * ten-digit number behind a hash by trying them all. The numbers are kept in memory only.
 */

const MARK = '***';
/** Different numbers with a pseudonym of their own; what a peer sends may not grow this without bound. */
const MAX_NUMBERS = 1_000_000;
const SCHEME = /(sips?|(?<![a-z])tel):/gi;
const END_OF_USER = /[@\s<>"]/g;
const END_OF_NUMBER = /[;,?\s<>"']/g;
/** Stand for nobody: our own name, and what RFC 3323 writes in place of one. */
const NOBODY = /^(callgauge|anonymous|-|cg-[a-z2-7]{24}|\*\*\*\d*)$/i;
const CLIPPED_NUMBER = /^\+?\d+$/;
const NUMBER = /^\+?\d[\d().-]*$/;
const BARE_NUMBER = /(?<![\w*]|\d[.:])\+?\d{4,20}(?!\w|\.\d)/g;
const BARE_NAME = /[\p{L}\w][\p{L}\w.+-]*/gu;
/** `+` and so many digits or more is a number wherever it stands; anything else only after it was met in a URI. */
const INTERNATIONAL_DIGITS = 6;

export class NumberRedactor {
  private readonly pseudonyms = new Map<string, string>();
  private readonly names: ReadonlySet<string>;
  private readonly numbers: readonly string[];

  /** @param known users and numbers to hide wherever they stand as a word, not only where the syntax shows what they are */
  constructor(known: readonly string[] = []) {
    known.forEach((user) => this.user(user));
    this.names = new Set(known.filter((user) => !NUMBER.test(user)).map(canonical));
    this.numbers = known.filter((user) => NUMBER.test(user)).map(canonical);
  }

  /** A text with numbers and names in it: a SIP message, a command, a sentence. Linear in its length, never throws. */
  text(text: string): string {
    return this.words(loginsHidden(this.addresses(text), (user) => this.user(user)));
  }

  /** A value that is a user, number or caller name as a whole; what stands for nobody stays. */
  user(user: string): string {
    const key = canonical(user);
    if (key === '' || NOBODY.test(key)) return user;
    const known = this.pseudonyms.get(key);
    if (known !== undefined) return known;
    if (this.pseudonyms.size >= MAX_NUMBERS) return MARK;
    const pseudonym = `${MARK}${this.pseudonyms.size + 1}`;
    this.pseudonyms.set(key, pseudonym);
    return pseudonym;
  }

  /** URIs and the names before them. */
  private addresses(text: string): string {
    let hidden = '';
    let copied = 0;
    SCHEME.lastIndex = 0;
    for (let match = SCHEME.exec(text); match !== null; match = SCHEME.exec(text)) {
      const start = SCHEME.lastIndex;
      const end = endOfUser(text, start, match[1] ?? '');
      if (end > start) {
        const name = nameBefore(text, copied, match.index);
        if (name !== null) {
          hidden += text.slice(copied, name.start) + this.user(text.slice(name.start, name.end));
          copied = name.end;
        }
        hidden += text.slice(copied, start) + this.user(text.slice(start, end));
        copied = end;
      }
      SCHEME.lastIndex = Math.max(start, Math.abs(end));
    }
    return hidden + text.slice(copied);
  }

  /** The known number that a text which was clipped ends in the middle of; else the number itself. */
  private whole(number: string): string {
    const start = canonical(number);
    return this.pseudonyms.has(start) ? number : (this.numbers.find((known) => known.startsWith(start)) ?? number);
  }

  /** Numbers and names outside of any syntax. */
  private words(text: string): string {
    const numbers = text.replaceAll(BARE_NUMBER, (number: string, at: number) => {
      const isInternational = number.startsWith('+') && number.length > INTERNATIONAL_DIGITS;
      const isLast = at + number.length === text.length;
      return (
        this.pseudonyms.get(canonical(isLast ? this.whole(number) : number)) ??
        (isInternational ? this.user(number) : number)
      );
    });
    if (this.names.size === 0) return numbers;
    return numbers.replaceAll(BARE_NAME, (name) => {
      const word = name.replace(/[.+-]+$/, '');
      return this.names.has(word) ? this.user(word) + name.slice(word.length) : name;
    });
  }
}

/** Where the user part ends. Negative: there is none, and nothing more to see before that place. */
function endOfUser(text: string, start: number, scheme: string): number {
  const pattern = scheme.toLowerCase() === 'tel' ? END_OF_NUMBER : END_OF_USER;
  pattern.lastIndex = start;
  const end = pattern.exec(text)?.index ?? text.length;
  // A message that was clipped ends in the middle of a number; no host is digits alone.
  const isUser = pattern === END_OF_NUMBER || text[end] === '@' || CLIPPED_NUMBER.test(text.slice(start, end));
  return isUser ? end : -end;
}

/** The display name before a `<`, without its quotes (RFC 3261 §25.1 name-addr). */
function nameBefore(text: string, from: number, uriStart: number): { start: number; end: number } | null {
  if (text[uriStart - 1] !== '<') return null;
  let end = uriStart - 1;
  while (end > from && isSpace(text[end - 1])) end--;
  if (text[end - 1] === '"') return quotedBefore(text, from, end - 1);
  let start = end;
  while (start > from && !/[:,;="<>\r\n]/.test(text[start - 1] ?? '')) start--;
  while (start < end && isSpace(text[start])) start++;
  return end > start ? { start, end } : null;
}

function quotedBefore(text: string, from: number, end: number): { start: number; end: number } | null {
  let start = end;
  while (start > from && (text[start - 1] !== '"' || text[start - 2] === '\\')) start--;
  return end > start ? { start, end } : null;
}

/** `username="1001"` of digest credentials, and what SDP says of its author (RFC 8866 §5.2, §5.6). */
function loginsHidden(text: string, hide: (user: string) => string): string {
  return (
    text
      .replaceAll(/(\busername\s{0,9}=\s{0,9}")([^"]*)/gi, (_, before: string, user: string) => before + hide(user))
      // A name that was clipped: its quotes do not close.
      .replaceAll(/^([\w-]{1,40}:\s{0,9}")([^"\r\n]+)$/gm, (_, before: string, name: string) => before + hide(name))
      .replaceAll(/^(o=)(\S+)(?= \d)/gm, (_, before: string, user: string) => before + hide(user))
      .replaceAll(/^([pe]=)(.+)$/gm, (_, before: string, who: string) => before + hide(who.trimEnd()))
  );
}

/** One form for what is one number: without escapes, password, parameters, `+` and visual separators (RFC 3966 §5.1.1). */
function canonical(user: string): string {
  const bare = decoded(user)
    .replace(/[;:].*$/s, '')
    .trim();
  return NUMBER.test(bare) ? bare.replaceAll(/[+().-]/g, '') : bare;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n';
}
