/** Text → syntax tree of one gate. Names are not looked up here; the first syntax error ends the parse. */
import { REFERENCES, type GateSyntax, type Quantity, type Token } from './grammar.js';

/** Where and why a text is no gate. */
export class GateSyntaxError extends Error {
  constructor(
    /** From 1. */
    readonly column: number,
    readonly expected: string,
    readonly found: string,
  ) {
    super(`expected ${expected}, got ${found === '' ? 'the end' : JSON.stringify(found)}`);
    this.name = 'GateSyntaxError';
  }
}

/** No gate needs more; a limit keeps a pasted file from being shown back. */
const MAX_LENGTH = 500;

/** @throws GateSyntaxError */
export function parseGate(text: string): GateSyntax {
  if (text.length > MAX_LENGTH) {
    throw new GateSyntaxError(MAX_LENGTH + 1, `at most ${MAX_LENGTH} characters`, `${text.length} characters`);
  }
  const cursor = new Cursor(text);
  const prefix = cursor.take(/(?:baseline|idle)\s*\./y)?.text ?? '';
  const metric = cursor.expect(/[A-Za-z_]\w*/y, 'a metric like mos_lq');
  const tags = parseTags(cursor);
  const stat = parseStat(cursor);
  const operator = cursor.expect(/[<>=!≤≥≠~]+/y, 'an operator (<, <=, >, >=, ==)');
  const limit = parseQuantity(cursor, 'a value like 3.6, 99% or 2s');
  cursor.expectEnd();
  const reference = REFERENCES.find((name) => prefix.startsWith(name)) ?? null;
  return { reference, metric, tags, stat, operator, limit };
}

function parseTags(cursor: Cursor): GateSyntax['tags'] {
  const tags: { key: Token; value: Token }[] = [];
  if (cursor.take(/\{/y) === undefined) return tags;
  do {
    const key = cursor.expect(/[\w*-]+/y, 'a tag like endpoint'); // `***1` stands for a number that was hidden
    cursor.expect(/=/y, '"=" after the tag');
    tags.push({ key, value: cursor.expect(/[^\s,{}="]+/y, 'the value of the tag') });
  } while (cursor.take(/,/y) !== undefined);
  cursor.expect(/\}/y, '"," or "}" after the tag');
  return tags;
}

function parseStat(cursor: Cursor): GateSyntax['stat'] {
  if (cursor.take(/\./y) === undefined) return null;
  const name = cursor.expect(/[A-Za-z_]\w*(?:\.\d+)?/y, 'a stat like p5, mean or below(3.6)');
  if (cursor.take(/\(/y) === undefined) return { name, argument: null };
  const argument = parseQuantity(cursor, 'a value like 3.6, 1% or 2s');
  cursor.expect(/\)/y, '")"');
  return { name, argument };
}

function parseQuantity(cursor: Cursor, what: string): Quantity {
  const number = cursor.expect(/[+-]?\d+(?:\.\d+)?/y, what);
  return { number, unit: cursor.take(/[%/A-Za-zµ]+/y) ?? { text: '', column: cursor.column } };
}

/** Reads pieces from left to right; blanks between them do not count. */
class Cursor {
  #index = 0;

  constructor(readonly text: string) {}

  /** Of the next piece, from 1. */
  get column(): number {
    return this.#index + 1;
  }

  /** The piece that the sticky pattern finds here, or undefined: then nothing is read but blanks. */
  take(pattern: RegExp): Token | undefined {
    this.#skipBlanks();
    pattern.lastIndex = this.#index;
    const text = pattern.exec(this.text)?.[0];
    if (text === undefined) return undefined;
    const column = this.column;
    this.#index += text.length;
    return { text, column };
  }

  expect(pattern: RegExp, what: string): Token {
    const token = this.take(pattern);
    if (token === undefined) throw this.#error(what);
    return token;
  }

  expectEnd(): void {
    this.#skipBlanks();
    if (this.#index < this.text.length) throw this.#error('the end');
  }

  #skipBlanks(): void {
    while (/\s/.test(this.text.charAt(this.#index))) this.#index++;
  }

  #error(what: string): GateSyntaxError {
    // Names and numbers are shown whole, anything else as one character.
    const found = /^(?:[\w.%-]+|.)/su.exec(this.text.slice(this.#index))?.[0] ?? '';
    return new GateSyntaxError(this.column, what, found);
  }
}
