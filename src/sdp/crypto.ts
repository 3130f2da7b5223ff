/**
 * Keys of SRTP in SDP: `a=crypto:tag suite inline:key||salt[|lifetime] [session parameters]` (RFC 4568 §9). A line with anything
 * that we would have to do and do not (an MKI, several keys, a parameter that is not marked as optional) is as good as none.
 * No key may get into a message of ours.
 */
import { findSrtpSuite, srtpSuite, type SrtpSuiteName } from '../lib/srtp-suite.js';
import type { Attribute, MediaDescription } from './session-description.js';

/** Key and salt behind each other. */
export interface CryptoLine {
  /** 1–9 digits, without leading zeros. */
  readonly tag: number;
  readonly suite: SrtpSuiteName;
  readonly key: Uint8Array;
}

/** Longest line that is read; honest ones have less than 150 characters. */
const MAX_LINE = 512;
/** `inline:` and base64, perhaps a lifetime; an MKI or a second key would follow. */
const KEY = /^inline:([A-Za-z0-9+/]{38,62}={0,2})(?:\|(?:2\^\d{1,2}|\d{1,15}))?$/i;
/** What changes nothing on our side: a hint for a window (§6.3.7), and what a reader may leave out (§6.3.8). */
const HARMLESS = /^(?:WSH=\d{1,5}|-[A-Za-z0-9_]{1,60}(?:=[!-~]{0,100})?)$/;
/** With an underscore, which no key has in it. */
const NAME_OF_LINE = /^\s{0,9}\d{1,9}\s{1,9}([A-Z0-9]{1,16}(?:_[A-Z0-9]{1,16}){1,6})\s/;
const TAG = /^(?:0|[1-9]\d{0,8})$/;

/** The lines that can be used with one of the suites, in the writer's order. */
export function usableLines(media: MediaDescription, suites: readonly SrtpSuiteName[]): CryptoLine[] {
  return media.attributes.flatMap((attribute) => {
    const line = attribute.name === 'crypto' ? readLine(attribute.value ?? '') : null;
    return line !== null && suites.includes(line.suite) ? [line] : [];
  });
}

export const hasCrypto = (media: MediaDescription): boolean =>
  media.attributes.some((attribute) => attribute.name === 'crypto');

/** The names of the suites in it, for people: never more of a line than that. */
export function suitesInWords(media: MediaDescription): string {
  const names = media.attributes
    .filter(({ name }) => name === 'crypto')
    .map(({ value }) => NAME_OF_LINE.exec(value ?? '')?.[1] ?? '?');
  return names.slice(0, 6).join(', ');
}

export function cryptoAttribute({ tag, suite, key }: CryptoLine): Attribute {
  return { name: 'crypto', value: `${tag} ${suite} inline:${Buffer.from(key).toString('base64')}` };
}

function readLine(value: string): CryptoLine | null {
  if (value.length > MAX_LINE) return null;
  const [tag = '', name = '', keyText = '', ...parameters] = value.trim().split(/[ \t]+/);
  const suite = findSrtpSuite(name)?.name;
  const encoded = KEY.exec(keyText)?.[1];
  if (!TAG.test(tag) || suite === undefined || encoded === undefined) return null;
  if (!parameters.every((parameter) => HARMLESS.test(parameter))) return null;
  const key = decodeKey(encoded, suite);
  return key === null ? null : { tag: Number(tag), suite, key };
}

/** Null where it is not as long as the suite wants it. */
function decodeKey(encoded: string, name: SrtpSuiteName): Uint8Array | null {
  const { keyBytes, saltBytes } = srtpSuite(name);
  const bytes = keyBytes + saltBytes;
  const digits = encoded.replace(/=+$/, '').length;
  return digits === Math.ceil((bytes * 8) / 6) ? Uint8Array.from(Buffer.from(encoded, 'base64')) : null;
}
