/**
 * What WWW-Authenticate and Proxy-Authenticate ask (RFC 3261 §20.44, RFC 7616 §3.3, RFC 8760): several challenges a value,
 * each a scheme with parameters. Of the schemes only Digest is read; `userhash`, `domain` and unknown parameters are skipped.
 */
import { isBlank, isToken, skipQuoted, unquote } from '../message/characters.js';
import { SipParseError, expected } from '../message/parse-error.js';
import { type DigestAlgorithm, type Qop, algorithmOf } from './digest.js';

/** A Digest challenge that can be answered. Texts are wire text, unescaped. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | null;
  readonly algorithm: DigestAlgorithm;
  /** As it was written, to be sent back; null: it was not, which means MD5. */
  readonly algorithmText: string | null;
  /** `auth` where it is offered, else `auth-int`; null for the form of RFC 2069. */
  readonly qop: Qop | null;
  /** The credentials may be right, only the nonce was too old (§3.3). */
  readonly stale: boolean;
}

/** One challenge as written; names in lower case, the first of equal names counts. */
export interface RawChallenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Of one header value. */
const MAX_CHALLENGES = 16;
const MAX_PARAMETERS = 32;
/** Of a realm, nonce or opaque: they come back in every request, and a datagram has an end. */
const MAX_TEXT = 1024;

/**
 * The challenges of one header value, in its order.
 * @throws SipParseError when it is no list of challenges, or too long a one
 */
export function parseChallenges(value: string): RawChallenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  for (let at = skipSeparators(value, 0); at < value.length;) {
    const end = endOfToken(value, at);
    const word = value.slice(at, end);
    if (!isToken(word)) throw expected('bad-header', 'an authentication scheme or parameter', value.slice(at));
    const next = skipBlanks(value, end);
    const current = challenges.at(-1);
    if (value.charCodeAt(next) === EQUALS && current !== undefined) {
      const { text, after } = readValue(value, skipBlanks(value, next + 1));
      addParameter(current.parameters, word.toLowerCase(), text);
      at = skipSeparators(value, after);
    } else {
      if (challenges.length === MAX_CHALLENGES) throw tooMany(`at most ${MAX_CHALLENGES} challenges`);
      challenges.push({ scheme: word.toLowerCase(), parameters: new Map() });
      at = skipSeparators(value, end);
    }
  }
  return challenges;
}

/** The challenge as one that can be answered; null for another scheme, an unknown algorithm, or no known `qop`. */
export function digestChallenge({ scheme, parameters }: RawChallenge): DigestChallenge | null {
  const realm = parameters.get('realm');
  const nonce = parameters.get('nonce');
  const opaque = parameters.get('opaque') ?? null;
  const algorithmText = parameters.get('algorithm') ?? null;
  const algorithm = algorithmOf(algorithmText ?? 'MD5');
  const offered = parameters.get('qop');
  const qop = offered === undefined ? null : qopOf(offered);
  if (scheme !== 'digest' || realm === undefined || nonce === undefined) return null;
  // A session key is made with a cnonce, which only a request with qop carries (RFC 7616 §3.4).
  if (algorithm === null || qop === undefined || (algorithm.isSession && qop === null)) return null;
  if (Math.max(realm.length, nonce.length, opaque?.length ?? 0) > MAX_TEXT) return null;
  const stale = parameters.get('stale')?.toLowerCase() === 'true';
  return { realm, nonce, opaque, algorithm, algorithmText, qop, stale };
}

/**
 * The challenges of several header lines that can be answered: of each realm the topmost, which is the one that the peer
 * likes best (RFC 8760 §2.4). A line that cannot be read hides none of the others.
 */
export function answerableChallenges(values: readonly string[]): DigestChallenge[] {
  const byRealm = new Map<string, DigestChallenge>();
  for (const challenge of values.flatMap(readable)) {
    const digest = digestChallenge(challenge);
    if (digest !== null && !byRealm.has(digest.realm)) byRealm.set(digest.realm, digest);
  }
  return [...byRealm.values()];
}

function readable(value: string): RawChallenge[] {
  try {
    return parseChallenges(value);
  } catch (error) {
    if (error instanceof SipParseError) return [];
    throw error;
  }
}

function addParameter(parameters: Map<string, string>, name: string, text: string): void {
  if (parameters.size === MAX_PARAMETERS) throw tooMany(`at most ${MAX_PARAMETERS} parameters in a challenge`);
  if (!parameters.has(name)) parameters.set(name, text);
}

/** `undefined`: none that we know. An empty list is taken for none at all. */
function qopOf(text: string): Qop | null | undefined {
  const options = new Set(text.split(',').map((option) => option.trim().toLowerCase()));
  if (options.has('auth')) return 'auth';
  if (options.has('auth-int')) return 'auth-int';
  return text.trim() === '' ? null : undefined;
}

/** A quoted string without quotes and escapes, or everything up to a blank or comma. */
function readValue(value: string, at: number): { text: string; after: number } {
  if (value.charCodeAt(at) !== QUOTE) {
    const after = endOfWord(value, at);
    return { text: value.slice(at, after), after };
  }
  const after = skipQuoted(value, at);
  if (after < 0) throw expected('bad-header', 'a closing quote in a challenge', value.slice(at));
  return { text: unquote(value.slice(at, after)), after };
}

const COMMA = 44;
const EQUALS = 61;
const QUOTE = 34;

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text.charCodeAt(at))) at++;
  return at;
}

function skipSeparators(text: string, from: number): number {
  let at = from;
  while (at < text.length && (isBlank(text.charCodeAt(at)) || text.charCodeAt(at) === COMMA)) at++;
  return at;
}

function endOfWord(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isBlank(text.charCodeAt(at)) && text.charCodeAt(at) !== COMMA) at++;
  return at;
}

function endOfToken(text: string, from: number): number {
  const end = endOfWord(text, from);
  const equals = text.indexOf('=', from);
  return equals < 0 ? end : Math.min(end, equals);
}

const tooMany = (what: string): SipParseError => new SipParseError('bad-header', `expected ${what}, found more`);
