/**
 * The answers of one call to 401 and 407 (RFC 3261 §22): which challenges are known, and the headers that meet them. What
 * was challenged once goes with every later request, its nonce counted, so that a BYE need not be challenged again.
 */
import { type HeaderBlock, NO_HEADERS, headerBlock, ownText, toWire } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import { excerpt } from '../message/parse-error.js';
import { type DigestChallenge, answerableChallenges } from './challenge.js';
import { digestKey, digestResponse, nonceCountText } from './digest.js';

/** Plain text. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

type Asker = 'WWW-Authenticate' | 'Proxy-Authenticate';

const ANSWER_HEADERS = { 'WWW-Authenticate': 'Authorization', 'Proxy-Authenticate': 'Proxy-Authorization' } as const;
const ASKERS: readonly Asker[] = ['WWW-Authenticate', 'Proxy-Authenticate'];

/** A challenge and what we know of our answer to it. */
interface Protection {
  readonly asker: Asker;
  readonly challenge: DigestChallenge;
  readonly key: string;
  /** One a nonce: the count makes each use of it different. */
  readonly cnonce: string;
  count: number;
  /** A request with our answer came past it. */
  isProven: boolean;
}

/** Answers to one request; a target that asks for ever is not asked for ever. */
const MAX_ROUNDS = 4;
/** Of one call: each one lengthens every request. */
const MAX_REALMS = 4;
/** What the peer says beside it has to be legible as well. */
const SHOWN_REALM_CHARACTERS = 24;

/** In which a target has asked for the credentials that it was given; the same object is the same user of the same endpoint. */
const realmsOf = new WeakMap<Credentials, string[]>();
/** Of one user: whoever is asked in ever new realms keeps the first ones. */
const MAX_OWN_REALMS = 8;

/** Whether a final response asks for credentials. */
export const isChallenge = (status: number): boolean => status === 401 || status === 407;

export class Authorizer {
  #credentials: Credentials | null;
  #ids: { tag(): string };
  #protections: Protection[] = [];
  #rounds = 0;
  #isElsewhere = false;
  #hasWithheld = false;

  /** @param ids where cnonces come from: unique texts */
  constructor(credentials: Credentials | null, ids: { tag(): string }) {
    this.#credentials = credentials;
    this.#ids = ids;
  }

  /** The last challenge was not answered, since it came from a host that the credentials are not for. */
  get hasWithheld(): boolean {
    return this.#hasWithheld;
  }

  /**
   * The call was redirected. Elsewhere nothing is answered but a realm in which the target itself has asked this user before, and
   * nobody is shown an answer that he did not ask for: a realm is one space of users wherever it is (§22.1), a host is not.
   */
  redirect(isElsewhere: boolean): void {
    if (isElsewhere || this.#isElsewhere) this.#protections = [];
    this.#isElsewhere = isElsewhere;
  }

  /** Takes the challenges of a 401 or 407; null: ask again with `headersFor`, else in words why that is no use. */
  accept(response: SipMessage): string | null {
    const credentials = this.#credentials;
    if (credentials === null) {
      return 'the target asks for credentials: give --user and --password, or auth in the scenario';
    }
    const all = ASKERS.flatMap((asker) =>
      answerableChallenges(response.headers(asker)).map((challenge) => ({ asker, challenge })),
    );
    const [first] = all;
    if (first === undefined)
      return 'the target asks for credentials in no way that is known here (Digest, qop=auth or auth-int)';
    const asked = all.filter(({ challenge }) => this.#isFor(challenge.realm, credentials)).slice(0, MAX_REALMS);
    this.#hasWithheld = asked.length === 0;
    if (this.#hasWithheld) {
      const realm = first.challenge.realm.slice(0, SHOWN_REALM_CHARACTERS);
      return `redirected to a host whose realm ${excerpt(realm)} is not the endpoint's: credentials withheld`;
    }
    const known = new Set(asked.map(({ asker, challenge }) => this.#find(asker, challenge.realm)));
    for (const protection of this.#protections) protection.isProven ||= !known.has(protection);
    for (const { asker, challenge } of asked) {
      const before = this.#find(asker, challenge.realm);
      if (before !== undefined && !before.isProven && !challenge.stale) {
        return `credentials refused by realm ${excerpt(challenge.realm)}: check user and password`;
      }
    }
    if (++this.#rounds > MAX_ROUNDS) return `the target asked for credentials more than ${MAX_ROUNDS} times`;
    for (const { asker, challenge } of asked) this.#protect(asker, challenge, credentials);
    return null;
  }

  /** A request with our answers was accepted; the next one has its rounds anew. */
  confirm(): void {
    this.#rounds = 0;
    for (const protection of this.#protections) protection.isProven = true;
  }

  /** Header lines for a new request; none before the first challenge. @param uri its Request-URI @param body of it; both wire text */
  headersFor(method: string, uri: string, body = ''): HeaderBlock {
    if (this.#protections.length === 0 || this.#credentials === null) return NO_HEADERS;
    const user = toWire(this.#credentials.user);
    return headerBlock(
      this.#protections.map((protection) => [
        ANSWER_HEADERS[protection.asker],
        answerTo(protection, user, { method, uri, body }),
      ]),
    );
  }

  /** Whether a realm may have an answer; one in which the target itself asks is remembered. */
  #isFor(realm: string, credentials: Credentials): boolean {
    const known = realmsOf.get(credentials) ?? [];
    if (known.includes(realm)) return true;
    if (this.#isElsewhere) return false;
    if (known.length < MAX_OWN_REALMS) realmsOf.set(credentials, [...known, ownText(realm)]);
    return true;
  }

  #find(asker: Asker, realm: string): Protection | undefined {
    return this.#protections.find((known) => known.asker === asker && known.challenge.realm === realm);
  }

  #protect(asker: Asker, given: DigestChallenge, credentials: Credentials): void {
    const challenge = ownChallenge(given);
    const { realm, nonce } = challenge;
    const cnonce = this.#ids.tag();
    const identity = { user: toWire(credentials.user), realm, password: toWire(credentials.password), nonce, cnonce };
    const key = digestKey(challenge.algorithm, identity);
    const others = this.#protections.filter((known) => known.asker !== asker || known.challenge.realm !== realm);
    // The oldest gives way: a peer that names a new realm each time must not make our requests grow.
    this.#protections = [...others.slice(1 - MAX_REALMS), { asker, challenge, key, cnonce, count: 0, isProven: false }];
  }
}

/** What is answered for; wire text. */
interface Request {
  readonly method: string;
  readonly uri: string;
  readonly body: string;
}

/** Value of Authorization or Proxy-Authorization; counts one use of the nonce. */
function answerTo(protection: Protection, user: string, request: Request): string {
  const { challenge, key, cnonce } = protection;
  const { realm, nonce, opaque, algorithm, algorithmText, qop } = challenge;
  const nonceCount = nonceCountText(++protection.count);
  const { method, uri, body } = request;
  const counted = qop === null ? null : { qop, nonceCount, cnonce, body };
  const response = digestResponse(algorithm, { method, uri, key, nonce, counted });
  return (
    `Digest username=${quote(user)}, realm=${quote(realm)}, nonce=${quote(nonce)}, uri=${quote(uri)}, ` +
    `response="${response}"` +
    (algorithmText === null ? '' : `, algorithm=${algorithmText}`) +
    (counted === null ? '' : `, qop=${counted.qop}, nc=${nonceCount}, cnonce=${quote(cnonce)}`) +
    (opaque === null ? '' : `, opaque=${quote(opaque)}`)
  );
}

/** A copy that keeps no datagram alive. */
function ownChallenge(challenge: DigestChallenge): DigestChallenge {
  const { realm, nonce, opaque, algorithmText } = challenge;
  return {
    ...challenge,
    realm: ownText(realm),
    nonce: ownText(nonce),
    opaque: opaque === null ? null : ownText(opaque),
    algorithmText: algorithmText === null ? null : ownText(algorithmText),
  };
}

const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
