/** Via (RFC 3261 §20.42): the top element of a message, and what a server writes into it (§18.2.1, RFC 3581). */
import { endOfElement, isToken, parameterOf } from './characters.js';
import { expected } from './parse-error.js';
import { parseHostPort } from './uri.js';

export interface Via {
  /** The element as it came. */
  readonly text: string;
  /** `UDP`, `TCP`, `TLS`, … in capitals. */
  readonly transport: string;
  /** Host and port of sent-by; port null when not given. */
  readonly host: string;
  readonly port: number | null;
  /** '' when there is none (RFC 2543). */
  readonly branch: string;
  /** From the first `;` on, or ''. */
  readonly params: string;
}

const UDP_PREFIX = 'SIP/2.0/UDP ';

/**
 * The first element of a Via value.
 * @throws SipParseError `bad-header`, or `bad-uri` for its sent-by.
 */
export function parseVia(value: string): Via {
  const end = value.includes(',') ? endOfElement(value, 0) : value.length;
  const text = end === value.length ? value : value.slice(0, end).trimEnd();
  const semicolon = text.indexOf(';');
  const paramsStart = semicolon < 0 ? text.length : semicolon;
  const params = text.slice(paramsStart);
  const isUsual = text.startsWith(UDP_PREFIX);
  const sentByStart = isUsual ? UDP_PREFIX.length : protocolEnd(text, paramsStart);
  const transport = isUsual ? 'UDP' : transportOf(text.slice(0, sentByStart));
  const { host, port } = parseHostPort(withoutBlanks(text.slice(sentByStart, paramsStart)));
  return { text, transport, host, port, branch: branchOf(params), params };
}

/** Sent-by may have blanks round its colon (§25.1 COLON). */
function withoutBlanks(sentBy: string): string {
  return sentBy.includes(' ') || sentBy.includes('\t') ? sentBy.replaceAll(' ', '').replaceAll('\t', '') : sentBy;
}

function protocolEnd(text: string, paramsStart: number): number {
  // `SIP / 2.0 / UDP host`: blanks are allowed round the slashes (§25.1 SLASH).
  const second = text.indexOf('/', text.indexOf('/') + 1);
  if (second <= 0 || second >= paramsStart) throw expected('bad-header', 'SIP/2.0/transport in Via', text);
  let at = second + 1;
  while (at < paramsStart && text.charCodeAt(at) <= 32) at++;
  while (at < paramsStart && text.charCodeAt(at) > 32) at++;
  return at;
}

function transportOf(protocol: string): string {
  const [name, version, transport] = protocol.split('/').map((part) => part.trim().toUpperCase());
  if (name !== 'SIP' || version !== '2.0' || transport === undefined || !isToken(transport)) {
    throw expected('bad-header', 'SIP/2.0/transport in Via', protocol);
  }
  return transport;
}

function branchOf(params: string): string {
  return parameterOf(params, 'branch') ?? '';
}

/** Where a request came from, as the socket saw it. */
export interface Source {
  readonly host: string;
  readonly port: number;
}

/** The Via element that goes into the responses: received and rport are filled in from the source address. */
export function stampVia(via: Via, source: Source): string {
  const rport = parameterOf(via.params, 'rport');
  const stale = via.params.includes('received');
  if (rport === null && !stale && via.host === source.host) return via.text;
  const base = via.text.slice(0, via.text.length - via.params.length);
  return `${base}${keptParams(via.params)};received=${source.host}${rport === null ? '' : `;rport=${source.port}`}`;
}

/** The parameters without rport and any received that the peer made up. */
function keptParams(params: string): string {
  let kept = '';
  for (const param of params.split(';')) {
    const name = (param.split('=', 1)[0] ?? '').trim().toLowerCase();
    if (name !== '' && name !== 'rport' && name !== 'received') kept += `;${param}`;
  }
  return kept;
}

/**
 * Port of the response's destination (§18.2.2, RFC 3581 §4); the host is always the source address. A maddr is not
 * followed: it serves multicast only, and it would let a stranger aim our answers.
 */
export function responsePort(via: Via, source: Source): number {
  return parameterOf(via.params, 'rport') === null ? (via.port ?? 5060) : source.port;
}
