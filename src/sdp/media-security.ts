/** Whether a stream is SRTP: by what the m= line says and by its keys (RFC 4568 §5, §7). Keys may be printed nowhere. */
import type { SrtpKeys, SrtpSuiteName } from '../lib/srtp-suite.js';
import { hasCrypto, suitesInWords, usableLines, type CryptoLine } from './crypto.js';
import type { MediaDescription } from './session-description.js';

/** `RTP/AVP` with keys is what peers write who would take plain RTP as well; SAVPF is SAVP with more RTCP (RFC 5124). */
export type Protocol = 'RTP/AVP' | 'RTP/SAVP' | 'RTP/SAVPF';

export const PLAIN: Protocol = 'RTP/AVP';
const SECURE: ReadonlySet<string> = new Set<Protocol>(['RTP/SAVP', 'RTP/SAVPF']);

/** What we bring of SRTP. */
export interface LocalSrtp {
  /** Nothing is agreed on without it. */
  readonly isRequired: boolean;
  /** What our offers say; null: they are in the clear. */
  readonly offerAs: Protocol | null;
  /** In order of preference. */
  readonly suites: readonly SrtpSuiteName[];
  /** What we would send with: key and salt behind each other. */
  keyOf(suite: SrtpSuiteName): Uint8Array;
}

/** A stream as it is agreed on; `line` is what we write. */
export interface Security {
  readonly protocol: Protocol;
  /** Null: in the clear. */
  readonly srtp: { readonly line: CryptoLine; readonly agreed: AgreedSrtp } | null;
}

export interface AgreedSrtp extends SrtpKeys {
  /** What the m= lines say. */
  readonly protocol: Protocol;
}

export type SecurityRefusal = 'unsupported-protocol' | 'no-crypto' | 'no-common-crypto' | 'bad-crypto';
export type SecurityOutcome =
  | ({ readonly ok: true } & Security)
  | { readonly ok: false; readonly code: SecurityRefusal; readonly message: string };

/** The lines of our offer: each suite with its key and a tag of its own. */
export function offeredLines(srtp: LocalSrtp | undefined): CryptoLine[] {
  if (srtp === undefined || srtp.offerAs === null) return [];
  return srtp.suites.map((suite, index) => ({ tag: index + 1, suite, key: srtp.keyOf(suite) }));
}

/** What we make of their offer: the first of their lines that we can use (§5.1.2: they are in their order of preference). */
export function securityOfOffer(media: MediaDescription, srtp: LocalSrtp | undefined): SecurityOutcome {
  const isSecure = SECURE.has(media.protocol);
  if (media.protocol !== PLAIN && (!isSecure || srtp === undefined)) return unsupported(media, PLAIN);
  const protocol = media.protocol as Protocol;
  if (srtp === undefined) return { ok: true, protocol, srtp: null };
  const [theirs] = usableLines(media, srtp.suites);
  if (theirs !== undefined) {
    const { tag, suite } = theirs;
    return { ok: true, protocol, srtp: agreement(protocol, { tag, suite, key: srtp.keyOf(suite) }, theirs) };
  }
  return isSecure || srtp.isRequired ? missing(media) : { ok: true, protocol, srtp: null };
}

/** What their answer makes of our offer: one line of ours, by tag and suite, with a key of theirs (§5.1.3). */
export function securityOfAnswer(media: MediaDescription, offered: readonly CryptoLine[]): SecurityOutcome {
  const isSecure = SECURE.has(media.protocol);
  const wanted = offered.length === 0 ? PLAIN : 'RTP/SAVP';
  if (media.protocol !== PLAIN && (!isSecure || offered.length === 0)) return unsupported(media, wanted);
  const protocol = media.protocol as Protocol;
  if (offered.length === 0) return { ok: true, protocol, srtp: null };
  const lines = usableLines(
    media,
    offered.map(({ suite }) => suite),
  );
  for (const theirs of lines) {
    const own = offered.find(({ tag, suite }) => tag === theirs.tag && suite === theirs.suite);
    if (own !== undefined) return { ok: true, protocol, srtp: agreement(protocol, own, theirs) };
  }
  if (!hasCrypto(media)) return missing(media);
  const message = `expected the key to one of our suites under its tag, found ${suitesInWords(media)}`;
  return { ok: false, code: 'bad-crypto', message };
}

const agreement = (protocol: Protocol, own: CryptoLine, theirs: CryptoLine): NonNullable<Security['srtp']> => ({
  line: own,
  agreed: { protocol, suite: own.suite, sendKey: own.key, receiveKey: theirs.key },
});

function unsupported(media: MediaDescription, wanted: Protocol): SecurityOutcome {
  const message = `expected ${wanted}, found ${media.protocol.slice(0, 40)}`;
  return { ok: false, code: 'unsupported-protocol', message };
}

function missing(media: MediaDescription): SecurityOutcome {
  if (!hasCrypto(media)) {
    const message = `expected SRTP with keys (a=crypto), found ${media.protocol.slice(0, 40)} without`;
    return { ok: false, code: 'no-crypto', message };
  }
  const message = `expected a key to a suite of ours and nothing else to be done, found ${suitesInWords(media)}`;
  return { ok: false, code: 'no-common-crypto', message };
}
