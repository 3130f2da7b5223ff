/** Digest of RFC 7616 §3.4 with the algorithms of RFC 8760; qop `auth`, `auth-int` or none (RFC 2069), no userhash. */
import { createHash } from 'node:crypto';

export type Qop = 'auth' | 'auth-int';

export interface DigestAlgorithm {
  /** As node names it. */
  readonly hash: 'md5' | 'sha256' | 'sha512-256';
  /** The `-sess` form: the key is bound to the nonces of its first use. */
  readonly isSession: boolean;
}

const HASHES: Readonly<Record<string, DigestAlgorithm['hash']>> = {
  md5: 'md5',
  'sha-256': 'sha256',
  'sha-512-256': 'sha512-256',
};

/** The algorithm of this name in any case, or null. */
export function algorithmOf(name: string): DigestAlgorithm | null {
  const lower = name.toLowerCase();
  const isSession = lower.endsWith('-sess');
  const base = isSession ? lower.slice(0, -'-sess'.length) : lower;
  const hash = Object.hasOwn(HASHES, base) ? HASHES[base] : undefined;
  return hash === undefined ? null : { hash, isSession };
}

/** What the key is made of; wire text (one character per byte), unescaped. */
export interface DigestIdentity {
  readonly user: string;
  readonly realm: string;
  readonly password: string;
  readonly nonce: string;
  readonly cnonce: string;
}

/** H(A1) of §3.4.2: user:realm:password, of the session form bound to both nonces. Lower-case hex. */
export function digestKey({ hash, isSession }: DigestAlgorithm, identity: DigestIdentity): string {
  const { user, realm, password, nonce, cnonce } = identity;
  const key = hexHash(hash, `${user}:${realm}:${password}`);
  return isSession ? hexHash(hash, `${key}:${nonce}:${cnonce}`) : key;
}

export interface DigestRequest {
  /** H(A1), see `digestKey`. */
  readonly key: string;
  readonly method: string;
  /** The Request-URI. */
  readonly uri: string;
  readonly nonce: string;
  /** Null: without qop. */
  readonly counted: {
    readonly qop: Qop;
    readonly nonceCount: string;
    readonly cnonce: string;
    /** Wire text of the whole body, '' without one; only `auth-int` protects it. */
    readonly body: string;
  } | null;
}

/** The `response` of §3.4.1. Lower-case hex. */
export function digestResponse({ hash }: DigestAlgorithm, request: DigestRequest): string {
  const { key, method, uri, nonce, counted } = request;
  const body = counted?.qop === 'auth-int' ? `:${hexHash(hash, counted.body)}` : '';
  const subject = hexHash(hash, `${method}:${uri}${body}`);
  const middle = counted === null ? '' : `:${counted.nonceCount}:${counted.cnonce}:${counted.qop}`;
  return hexHash(hash, `${key}:${nonce}${middle}:${subject}`);
}

/** Eight hex digits (§3.4). */
export const nonceCountText = (count: number): string => count.toString(16).padStart(8, '0');

const hexHash = (hash: string, text: string): string => createHash(hash).update(text, 'latin1').digest('hex');
