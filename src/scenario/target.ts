/**
 * Where calls go: `loopback` or a SIP or SIPS URI (RFC 3261 §19.1) with a user part. Left out: passwords, URI headers and
 * parameters other than `transport`.
 */
import { isHostName, parseIp } from '../lib/ip-address.js';
import { isEmergencyUser } from '../lib/emergency.js';
import type { SipAddress, Target, TransportName } from './scenario.js';

export const TARGET_FORM = 'loopback or sip:user@host[:port][;transport=…]';
export const PROXY_FORM = 'sip:host[:port][;transport=…]';
export const TRANSPORTS = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;
const MAX_LENGTH = 512;

const SIP_URI = /^(sips?):([^@]+)@(\[[^\]]*\]|[^:;?[\]]*)(?::([^;?]*))?((?:;[^?]*)?)(\?.*)?$/is;
/** unreserved, escaped and user-unreserved of RFC 3261 §25.1. */
const USER = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]|%[0-9A-Fa-f]{2})+$/;

/** The target, or undefined when `text` is none; `explainTarget` then says why. */
export function parseTarget(text: string): Target | undefined {
  const parsed = readTarget(text);
  return typeof parsed === 'string' ? undefined : parsed;
}

/** What was expected, for a text that `parseTarget` refuses. The text itself is not in it. */
export function explainTarget(text: string): string {
  const parsed = readTarget(text);
  return typeof parsed === 'string' ? parsed : `expected ${TARGET_FORM}`;
}

function readTarget(text: string): Target | string {
  if (text === 'loopback') return { kind: 'loopback' };
  if (isEmergencyUser(text)) return 'expected a target that is no emergency service: those are never called';
  const match = text.length <= MAX_LENGTH ? SIP_URI.exec(text) : null;
  if (match === null) return explainShape(text);
  const [, scheme = '', user = '', hostText = '', portText, parameters = '', headers] = match;
  if (headers !== undefined) return `expected ${TARGET_FORM} without URI headers`;
  if (!USER.test(user)) return explainUser(user);
  const isSecure = scheme.toLowerCase() === 'sips';
  const transport = readTransport(parameters, isSecure);
  if ('refusal' in transport) return transport.refusal;
  const host = readHost(hostText);
  if (host === undefined) return 'expected a host name, an IPv4 address or an [IPv6 address] after the @';
  const port = portText === undefined ? null : readPort(portText);
  if (port === undefined) return 'expected a port from 1 to 65535';
  const place = `${hostText}${portText === undefined ? '' : `:${portText}`}`;
  const uri = `${isSecure ? 'sips' : 'sip'}:${user}@${place}${transport.written}`;
  const transportByDns = !transport.isNamed && port === null && isDomain(host);
  return { kind: 'sip', uri, user, host, port, transport: transport.name, transportByDns, isSecure };
}

/** The outbound proxy: the same without a user. */
export function parseProxy(text: string): SipAddress | undefined {
  const target = text.includes('@') ? undefined : parseTarget(text.replace(/^(sips?):/i, '$1:proxy@'));
  if (target?.kind !== 'sip') return undefined;
  const { uri, host, port, transport, transportByDns, isSecure } = target;
  return { uri: uri.replace(':proxy@', ':'), host, port, transport, transportByDns, isSecure };
}

/** A PBX whose users are called: a target without a user, whose `user` is ''. */
export function parsePlace(text: string): Target | undefined {
  const place = parseProxy(text);
  return place && { kind: 'sip', user: '', ...place };
}

function explainShape(text: string): string {
  if (text.length > MAX_LENGTH) return `expected ${TARGET_FORM} of at most ${MAX_LENGTH} characters`;
  return `expected ${TARGET_FORM}`;
}

function explainUser(user: string): string {
  return user.includes(':')
    ? 'expected a target without a password'
    : 'expected a user of letters, digits and the marks that RFC 3261 allows';
}

interface ReadTransport {
  readonly name: TransportName;
  readonly written: string;
  readonly isNamed: boolean;
}

/** UDP is not written: it is what a SIP URI without the parameter means. Over SIPS each of them is its secure twin. */
function readTransport(parameters: string, isSecure: boolean): ReadTransport | { readonly refusal: string } {
  let name: TransportName = isSecure ? 'tls' : 'udp';
  let [written, isNamed] = ['', false];
  for (const parameter of parameters.split(';').slice(1)) {
    const [key = '', value = ''] = parameter.toLowerCase().split('=');
    const known = TRANSPORTS.find((transport) => transport === value);
    if (key !== 'transport') return { refusal: 'expected no URI parameter but transport' };
    if (known === undefined) return { refusal: `expected transport=${TRANSPORTS.join(', ')}` };
    if (isSecure && known === 'udp') return { refusal: 'expected no transport=udp in a sips: target: it has no TLS' };
    isNamed = true;
    name = isSecure ? SECURE_TWIN[known] : known;
    written = known === 'udp' ? '' : `;transport=${known}`;
  }
  return { name, written, isNamed };
}

const SECURE_TWIN: Readonly<Record<TransportName, TransportName>> = {
  udp: 'tls',
  tcp: 'tls',
  tls: 'tls',
  ws: 'wss',
  wss: 'wss',
};

/** A name without a dot (`localhost`) has no services of its own. */
const isDomain = (host: string): boolean => parseIp(host) === undefined && host.includes('.');

function readHost(text: string): string | undefined {
  if (text.startsWith('[')) {
    const inner = text.slice(1, -1).toLowerCase();
    return inner.includes(':') && parseIp(inner) !== undefined ? inner : undefined;
  }
  return parseIp(text) !== undefined || isHostName(text) ? text.toLowerCase() : undefined;
}

function readPort(text: string): number | undefined {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}
