/**
 * Hides whom a run called: user parts of SIP and tel URIs, caller names, digest user names and telephone numbers become
 * `***1`, `***2`, … in the order in which they are first met, the same one for the same number. Hosts stay.
 * A counter and no hash, not even a keyed one: the seed of a run stands in its result, and whoever has the key finds a
 * ten-digit number behind a hash by trying them all. The numbers are kept in memory only.
 * Keys that were pressed are hidden as well: `key-redaction.ts`.
 */
import { hideKeysInText } from './key-redaction.js';

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
const DIGITS = /\d+/g;
/** Between the parts of a number as people write it. Dots would make addresses of IP to numbers. */
const SEPARATOR = /^[ ()/-]{1,3}$/;
/** A port, a part of an address, a fraction. */
const AFTER_POINT = /\d[.:]$/;
const TAGS = /\{[^}]*\}/g;
const TAG_PART = /[^\s,{}="]+/g;
/** Forms of numbers beyond these are not looked for; numbers that a peer made up must not fill the memory. */
const MAX_FORMS = 100_000;
const BARE_NAME = /[\p{L}\w][\p{L}\w.+-]*/gu;
/** `+` and so many digits or more is a number wherever it stands; anything else only after it was met in a URI. */
const INTERNATIONAL_DIGITS = 6;
/** A known number that is shorter is hidden only where it stands as a word; in longer ones than this nobody looks for one. */
const DISTINCT_DIGITS = 7;
const LONGEST_NUMBER = 20;
/** Country codes have so many digits at most (ITU-T E.164 §6.1); what is left of a number is how it is dialled at home. */
const COUNTRY_DIGITS = 3;
/** A number is written in so many parts at most: `00 49 (0)30 12 34 56`. */
const MAX_PARTS = 8;

export class NumberRedactor {
  private readonly pseudonyms = new Map<string, string>();
  private readonly names: ReadonlySet<string>;
  private readonly numbers: readonly string[];
  /** Forms in which a number may stand in a text, to its pseudonym. */
  private readonly forms = new Map<string, string>();
  /** Lengths of these forms, the longest first: a run of digits is looked through for each. */
  private formLengths: readonly number[] = [];

  /**
   * @param known users and numbers to hide wherever they stand as a word, not only where the syntax shows what they are
   * @param gates as the run gives them: their limits stay, whatever number they are
   */
  constructor(
    known: readonly string[] = [],
    private readonly gates: readonly string[] = [],
  ) {
    known.forEach((user) => this.user(user));
    this.names = new Set(known.filter((user) => !NUMBER.test(user)).map(canonical));
    this.numbers = known.filter((user) => NUMBER.test(user)).map(canonical);
    this.numbers.filter((number) => number.length >= 4).forEach((number) => this.addForm(number, number));
  }

  /** A text with numbers and names in it: a SIP message, a command, a sentence. Linear in its length, never throws. */
  text(text: string): string {
    const gate = this.gates.find((expr) => expr !== '' && text.includes(expr));
    if (gate === undefined) return this.sentence(text);
    return text
      .split(gate)
      .map((part) => this.text(part))
      .join(this.gate(gate));
  }

  /** The expression of a gate: only its tags name somebody, by the words that endpoints and labels have. */
  gate(expr: string): string {
    return expr.replaceAll(TAGS, (tags) => tags.replaceAll(TAG_PART, (part) => this.sentence(part)));
  }

  private sentence(text: string): string {
    const addressed = loginsHidden(this.addresses(hideKeysInText(text)), (user) => this.user(user));
    return this.words(this.otherForms(addressed));
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
    if (/^\d+$/.test(key) && key.length >= DISTINCT_DIGITS) this.addForms(key);
    return pseudonym;
  }

  /** The number itself, and as it is dialled within its country: without the code, and with a 0 or nothing in its place. */
  private addForms(number: string): void {
    for (let code = 0; code <= COUNTRY_DIGITS && number.length - code >= DISTINCT_DIGITS; code++) {
      this.addForm(number.slice(code), number);
    }
  }

  private addForm(form: string, number: string): void {
    const pseudonym = this.pseudonyms.get(number);
    if (pseudonym === undefined || form.length > LONGEST_NUMBER || this.forms.has(form)) return;
    if (this.forms.size >= MAX_FORMS) return;
    this.forms.set(form, pseudonym);
    if (this.formLengths.includes(form.length)) return;
    this.formLengths = [...this.formLengths, form.length].toSorted((a, b) => b - a);
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

  /**
   * Known numbers with something before or after them (`004930123456`, `90` to get a line), as they are dialled at home, and
   * with spaces in them.
   */
  private otherForms(text: string): string {
    if (this.forms.size === 0) return text;
    const runs = [...text.matchAll(DIGITS)].map(({ 0: digits, index }) => ({ digits, start: index }));
    let hidden = '';
    let copied = 0;
    for (let first = 0; first < runs.length; first++) {
      const run = runs[first];
      if (run === undefined || run.start < copied || text[run.start - 1] === '*') continue;
      const found = this.inParts(text, runs, first) ?? this.inRun(text, run);
      if (found === null) continue;
      const start = text[run.start - 1] === '+' ? run.start - 1 : run.start;
      hidden += text.slice(copied, Math.max(copied, start)) + found.pseudonym;
      copied = found.end;
    }
    return hidden + text.slice(copied);
  }

  /** The longest row of parts from this one on that is a known number, with or without zeros before it. */
  private inParts(text: string, runs: readonly DigitRun[], first: number): FoundNumber | null {
    let digits = '';
    let found: FoundNumber | null = null;
    for (const [part, run] of runs.slice(first, first + MAX_PARTS).entries()) {
      const before = runs[first + part - 1];
      if (part > 0 && !isSeparated(text, before, run)) break;
      digits += part > 0 && isTrunkZero(text, run) ? '' : run.digits;
      if (digits.length > 2 * LONGEST_NUMBER) break;
      const pseudonym = part === 0 ? undefined : this.distinct(digits);
      if (pseudonym !== undefined) found = { pseudonym, end: run.start + run.digits.length };
    }
    return found;
  }

  private distinct(digits: string): string | undefined {
    const significant = digits.replace(/^0+/, '');
    return significant.length < DISTINCT_DIGITS ? undefined : (this.forms.get(digits) ?? this.forms.get(significant));
  }

  /** A known number within a run of digits; the whole run goes. */
  private inRun(text: string, { digits, start }: DigitRun): FoundNumber | null {
    const end = start + digits.length;
    if (AFTER_POINT.test(text.slice(Math.max(0, start - 2), start)) || /^\.\d/.test(text.slice(end, end + 2)))
      return null;
    const isWord = !/[\w*]/.test(text[start - 1] ?? '') && !/\w/.test(text[end] ?? '');
    for (const length of this.formLengths) {
      if (length > digits.length || (length < DISTINCT_DIGITS && !isWord)) continue;
      for (let from = 0; from + length <= digits.length; from++) {
        const pseudonym = this.forms.get(digits.slice(from, from + length));
        if (pseudonym !== undefined) return { pseudonym, end };
      }
    }
    return null;
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

interface DigitRun {
  readonly digits: string;
  readonly start: number;
}

interface FoundNumber {
  readonly pseudonym: string;
  /** Where the text goes on. */
  readonly end: number;
}

function isSeparated(text: string, before: DigitRun | undefined, run: DigitRun): boolean {
  return before !== undefined && SEPARATOR.test(text.slice(before.start + before.digits.length, run.start));
}

/** `+49 (0)30 …`: dialled at home only. */
function isTrunkZero(text: string, { digits, start }: DigitRun): boolean {
  return digits === '0' && text[start - 1] === '(' && text[start + 1] === ')';
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
