/**
 * Where calls go: `loopback` or a SIP URI (RFC 3261 §19.1) with a user part, over UDP. Left out: SIPS, passwords, URI
 * headers and parameters other than `transport=udp`.
 */
import { isHostName, parseIp } from '../lib/ip-address.js';
import { isEmergencyUser } from './emergency.js';
import type { Target } from './scenario.js';

export const TARGET_FORM = 'loopback or sip:user@host[:port]';
const DEFAULT_PORT = 5060;
const MAX_LENGTH = 512;

const SIP_URI = /^sip:([^@]+)@(\[[^\]]*\]|[^:;?[\]]*)(?::([^;?]*))?((?:;[^?]*)?)(\?.*)?$/is;
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
  const [, user = '', hostText = '', portText, parameters = '', headers] = match;
  if (headers !== undefined) return `expected ${TARGET_FORM} without URI headers`;
  if (!USER.test(user)) return explainUser(user);
  const refusal = explainParameters(parameters);
  if (refusal !== undefined) return refusal;
  const host = readHost(hostText);
  if (host === undefined) return 'expected a host name, an IPv4 address or an [IPv6 address] after the @';
  const port = portText === undefined ? DEFAULT_PORT : readPort(portText);
  if (port === undefined) return 'expected a port from 1 to 65535';
  const uri = `sip:${user}@${hostText}${portText === undefined ? '' : `:${portText}`}`;
  return { kind: 'sip', uri, user, host, port };
}

function explainShape(text: string): string {
  if (/^sips:/i.test(text)) return 'expected a sip: target: only UDP is supported by this version';
  if (text.length > MAX_LENGTH) return `expected ${TARGET_FORM} of at most ${MAX_LENGTH} characters`;
  return `expected ${TARGET_FORM}`;
}

function explainUser(user: string): string {
  return user.includes(':')
    ? 'expected a target without a password'
    : 'expected a user of letters, digits and the marks that RFC 3261 allows';
}

function explainParameters(parameters: string): string | undefined {
  for (const parameter of parameters.split(';').slice(1)) {
    const [name = '', value = ''] = parameter.toLowerCase().split('=');
    if (name !== 'transport') return 'expected no URI parameter but transport=udp';
    if (value !== 'udp') return 'expected transport=udp: only UDP is supported by this version';
  }
  return undefined;
}

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
