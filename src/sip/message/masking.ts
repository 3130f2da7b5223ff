/**
 * Takes out of a message's text what must reach no file: what answers a challenge (RFC 3261 §22, RFC 7616), passwords in
 * URIs (§19.1.1), and keys in SDP (RFC 4566 k=, RFC 4567 a=key-mgmt, RFC 4568 a=crypto, RFC 8839 a=ice-pwd). Works on any text, well-formed or not.
 */

const MASK = '[masked]';
/** Of one header; credentials of honest peers are shorter, and the rest is a secret as well. */
const MAX_CREDENTIALS = 2000;

/** A header line with its folds. `Authentication-Info` proves knowledge of the password as well. */
const CREDENTIALS = /^((?:proxy-)?(?:authorization|authentication-info)[ \t]*:)((?:.|\r?\n[ \t])*)/gim;
const PARAMETER = /([a-z-]+)[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|[^,\s"]*)/gi;
/** What helps to see why an answer was refused, and helps nobody to find the password. */
const SHOWN = new Set(['realm', 'algorithm', 'qop', 'nc', 'stale']);
const URI_PASSWORD = /([a-z][a-z0-9+.-]{0,20}:(?:\/\/)?[^\s:@<>"]{1,256}):[^\s@<>"]{1,256}@/gi;
/** Of a=crypto tag and suite are shown, whose names have underscores as no key has; all that follows may be a key. */
const CRYPTO = String.raw`a=crypto:[ \t]{0,9}\d{0,9}[ \t]{0,9}(?:[A-Z0-9]{1,16}_[A-Z0-9_]{1,40}[ \t]{1,9})?(?:inline:)?`;
const SDP_KEYS = new RegExp(
  String.raw`^(k=[a-z0-9-]+:|a=ice-pwd:|a=key-mgmt:[ \t]{0,9}[a-z0-9]{1,20}[ \t]|${CRYPTO}).*`,
  'gim',
);

/** The text with every secret replaced by `[masked]`; what is no secret stays as it is. */
export function maskSecrets(text: string): string {
  return text
    .replaceAll(CREDENTIALS, (_, name: string, value: string) => `${name} ${maskCredentials(value)}`)
    .replaceAll(URI_PASSWORD, `$1:${MASK}@`)
    .replaceAll(SDP_KEYS, `$1${MASK}`);
}

/** `Digest realm="a", algorithm=MD5, response=[masked]`; of any other scheme its name alone. */
function maskCredentials(value: string): string {
  const clipped = value.slice(0, MAX_CREDENTIALS).trim();
  const digest = /^digest[ \t\r\n]+/i.exec(clipped)?.[0].length;
  const isInfo = /^[a-z-]+[ \t]*=/i.test(clipped);
  if (digest === undefined && !isInfo) {
    const scheme = /^[a-z0-9-]{1,20}(?=[ \t\r\n])/i.exec(clipped)?.[0];
    return scheme === undefined ? MASK : `${scheme} ${MASK}`;
  }
  const shown = [...clipped.slice(digest ?? 0).matchAll(PARAMETER)].map(([, name = '', parameter = '']) =>
    SHOWN.has(name.toLowerCase()) ? `${name}=${parameter}` : `${name}=${MASK}`,
  );
  return `${digest === undefined ? '' : 'Digest '}${shown.join(', ')}`;
}
