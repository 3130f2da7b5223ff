/** SIP and SIPS URIs (RFC 3261 §19.1) and name-addr (§20.10). Parameters stay text, so that what came goes out unchanged. */
import { Buffer } from 'node:buffer';
import {
  endOfElement,
  isBlank,
  isHostText,
  isUriRest,
  isUserCode,
  parameterOf,
  parseDigits,
  skipQuoted,
  unquote,
} from './characters.js';
import { SipParseError, expected } from './parse-error.js';

export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** User part with its password, still escaped; null when there is none. */
  readonly user: string | null;
  /** Host name or address; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number | null;
  /** From the first `;` on, or ''. */
  readonly params: string;
  /** From the `?` on, or ''. */
  readonly headers: string;
}

/** `"display" <uri>;params` in its parts. */
export interface NameAddress {
  readonly displayName: string | null;
  readonly uri: string;
  /** Header parameters from the first `;` on, or ''. */
  readonly params: string;
  readonly tag: string | null;
}

/** A URI of our own making: the user is plain text and is escaped here. */
export function createUri(parts: {
  user?: string | null;
  host: string;
  port?: number | null;
  params?: string;
}): SipUri {
  const user = parts.user === undefined || parts.user === null ? null : escapeUser(parts.user, true);
  return {
    scheme: 'sip',
    user,
    host: stripBrackets(parts.host),
    port: parts.port ?? null,
    params: parts.params ?? '',
    headers: '',
  };
}

/** @throws SipParseError `bad-uri` for anything but a sip: or sips: URI. */
export function parseUri(text: string): SipUri {
  const colon = text.indexOf(':');
  const scheme = text.slice(0, Math.max(colon, 0)).toLowerCase();
  if (scheme !== 'sip' && scheme !== 'sips') throw expected('bad-uri', 'a sip: or sips: URI', text);
  // `?` and `;` may stand in the user part, `@` nowhere else unescaped (§25.1): so the first `@` ends the user.
  const userEnd = text.indexOf('@', colon);
  const user = userEnd < 0 ? null : text.slice(colon + 1, userEnd);
  if (user !== null && !isUser(user)) throw expected('bad-uri', 'an escaped user part', text);
  const hostStart = userEnd < 0 ? colon + 1 : userEnd + 1;
  const hostEnd = endOfHostPort(text, hostStart);
  const { host, port } = parseHostPort(text.slice(hostStart, hostEnd));
  const rest = text.slice(hostEnd);
  if (rest !== '' && !isUriRest(rest)) throw expected('bad-uri', 'parameters without blanks, quotes or brackets', rest);
  const question = rest.indexOf('?');
  const params = question < 0 ? rest : rest.slice(0, question);
  return { scheme, user, host, port, params, headers: question < 0 ? '' : rest.slice(question) };
}

function endOfHostPort(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 59 || code === 63) return i;
  }
  return text.length;
}

function isUser(user: string): boolean {
  for (let i = 0; i < user.length; i++) {
    const code = user.charCodeAt(i);
    if (!isUserCode(code) && code !== 37) return false;
  }
  return user.length > 0;
}

/**
 * `host`, `host:port`, `[v6]` or `[v6]:port`.
 * @throws SipParseError `bad-uri`.
 */
export function parseHostPort(text: string): { host: string; port: number | null } {
  const isV6 = text.charCodeAt(0) === 91;
  const hostEnd = isV6 ? text.indexOf(']') + 1 : endOfName(text);
  const host = isV6 ? text.slice(1, hostEnd - 1) : text.slice(0, hostEnd);
  if (!(isV6 ? isV6Text(host) : isHostText(host))) throw expected('bad-uri', 'a host name or address', text);
  if (hostEnd === text.length) return { host, port: null };
  const port = text.charCodeAt(hostEnd) === 58 ? parseDigits(text, hostEnd + 1, text.length) : -1;
  if (port < 0 || port > 65_535) throw expected('bad-uri', 'a port from 0 to 65535', text);
  return { host, port };
}

function endOfName(text: string): number {
  const colon = text.indexOf(':');
  return colon < 0 ? text.length : colon;
}

function isV6Text(host: string): boolean {
  let colons = 0;
  for (let i = 0; i < host.length; i++) {
    const code = host.charCodeAt(i);
    const lower = code | 32;
    if (code === 58) colons++;
    else if (!((code >= 48 && code <= 57) || code === 46 || (lower >= 97 && lower <= 102))) return false;
  }
  return colons >= 2;
}

/** A host as it stands in a URI or Via: IPv6 addresses in brackets. */
export function formatHost(host: string): string {
  return host.includes(':') && host.charCodeAt(0) !== 91 ? `[${host}]` : host;
}

function stripBrackets(host: string): string {
  return host.charCodeAt(0) === 91 && host.endsWith(']') ? host.slice(1, -1) : host;
}

/** The URI as text; a user part that is not escaped where it must be is escaped here. */
export function serializeUri(uri: SipUri): string {
  const user = uri.user === null ? '' : `${escapeUser(uri.user, false)}@`;
  const port = uri.port === null ? '' : `:${uri.port}`;
  return `${uri.scheme}:${user}${formatHost(uri.host)}${port}${uri.params}${uri.headers}`;
}

/** The value of a URI parameter ('' without value), or null. @param name in lower case. */
export const uriParameter = (uri: SipUri, name: string): string | null => parameterOf(uri.params, name);

function escapeUser(user: string, escapePercent: boolean): string {
  let isPlain = true;
  for (let i = 0; i < user.length && isPlain; i++) isPlain = isUserCode(user.charCodeAt(i));
  if (isPlain) return user;
  let escaped = '';
  for (const byte of Buffer.from(user, 'utf8')) {
    const keep = isUserCode(byte) || (byte === 37 && !escapePercent);
    escaped += keep ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return escaped;
}

/** `"display" <uri>;tag=…`; the display name is quoted and escaped. */
export function formatAddress(uri: string | SipUri, displayName?: string | null, tag?: string | null): string {
  const text = typeof uri === 'string' ? uri : serializeUri(uri);
  const display = displayName ? `"${displayName.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}" ` : '';
  return `${display}<${text}>${tag ? `;tag=${tag}` : ''}`;
}

/**
 * From, To, Contact, Route: `"display" <uri>;params` or a bare URI, whose parameters then belong to the header (§20.10).
 * @throws SipParseError `bad-header` for brackets or quotes that do not close.
 */
export function parseAddress(text: string): NameAddress {
  let from = 0;
  if (text.charCodeAt(0) === 34) {
    from = skipQuoted(text, 0);
    if (from < 0) throw expected('bad-header', 'a closing quote', text);
  }
  const open = text.indexOf('<', from);
  if (open < 0) return bareAddress(text, from);
  const close = text.indexOf('>', open);
  if (close < 0) throw expected('bad-header', 'a closing ">"', text);
  const display = text.slice(0, open).trim();
  const params = paramsBehind(text, close + 1);
  const uri = text.slice(open + 1, close);
  if (uri === '') throw expected('bad-header', 'a URI between "<" and ">"', text);
  return { displayName: display === '' ? null : unquote(display), uri, params, tag: tagOf(params) };
}

function bareAddress(text: string, from: number): NameAddress {
  if (from > 0) throw expected('bad-header', '"<" after the display name', text);
  const semicolon = text.indexOf(';');
  const end = semicolon < 0 ? text.length : semicolon;
  const uri = text.slice(0, end).trim();
  if (uri === '' || uri.includes(' ')) throw expected('bad-header', 'a URI', text);
  const params = text.slice(end);
  return { displayName: null, uri, params, tag: tagOf(params) };
}

function paramsBehind(text: string, from: number): string {
  let start = from;
  while (start < text.length && isBlank(text.charCodeAt(start))) start++;
  if (start === text.length) return '';
  if (text.charCodeAt(start) !== 59) throw expected('bad-header', '";" or nothing behind ">"', text);
  return text.slice(start, endOfElement(text, start));
}

function tagOf(params: string): string | null {
  // Nearly every From and To has the tag as its only parameter.
  if (params.startsWith(';tag=') && !params.includes(';', 5)) return params.slice(5).trim() || null;
  return parameterOf(params, 'tag') || null;
}

/** Host and port to send to for a URI: its maddr or host, its port or that of its transport (§18.1.1, without SRV lookups). */
export function nextHop(uri: SipUri): { host: string; port: number } {
  const maddr = uri.params === '' ? null : uriParameter(uri, 'maddr');
  if (maddr !== null && maddr === '') throw new SipParseError('bad-uri', 'expected a host in maddr, found nothing');
  return { host: stripBrackets(maddr ?? uri.host), port: uri.port ?? defaultPort(uri) };
}

/** RFC 3261 §19.1.2, RFC 7118 §5.3. */
function defaultPort(uri: SipUri): number {
  const isSecure = uri.scheme === 'sips';
  const transport = uri.params === '' ? null : uriParameter(uri, 'transport')?.toLowerCase();
  if (transport === 'ws') return isSecure ? 443 : 80;
  return isSecure || transport === 'tls' ? 5061 : 5060;
}
