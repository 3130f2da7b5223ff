/** Text to session description (RFC 8866 §5, §9). Lines may end in LF alone, as many peers write them. */
import { DEFAULT_SDP_LIMITS, SdpError, type SdpLimits, expectedSdp } from './sdp-error.js';
import {
  type Attribute,
  type Connection,
  type MediaDescription,
  type Origin,
  type SessionDescription,
  parsePort,
} from './session-description.js';

/** A section while it is read: the session itself, or one m=. */
interface Section {
  connection: Connection | null;
  readonly attributes: Attribute[];
}

interface MediaSection extends Section {
  readonly head: Pick<MediaDescription, 'type' | 'port' | 'protocol' | 'formats'>;
}

interface Reading {
  readonly limits: SdpLimits;
  readonly session: Section;
  readonly media: MediaSection[];
  current: Section;
  origin: Origin | null;
  name: string;
}

/**
 * Reads an SDP body.
 * @param text wire text, one character per byte
 * @throws SdpError
 */
export function parseSdp(text: string, limits: SdpLimits = DEFAULT_SDP_LIMITS): SessionDescription {
  if (text.length > limits.maxBytes) {
    throw new SdpError('too-large', `expected at most ${limits.maxBytes} bytes, found ${text.length}`);
  }
  const session: Section = { connection: null, attributes: [] };
  const reading: Reading = { limits, session, media: [], current: session, origin: null, name: '-' };
  const lines = text.split('\n');
  const first = withoutCr(lines[0] ?? '');
  if (first !== 'v=0') throw expectedSdp('bad-version', '"v=0" in the first line', first);
  for (let i = 1; i < lines.length; i++) readLine(reading, withoutCr(lines[i]!));
  if (reading.origin === null) throw new SdpError('bad-origin', 'expected an o= line, found none');
  return {
    origin: reading.origin,
    name: reading.name,
    connection: session.connection,
    attributes: session.attributes,
    media: reading.media.map(finished),
  };
}

/** Field by field: in a function that runs for every call a spread costs more than the reading of a line. */
function finished({ head, connection, attributes }: MediaSection): MediaDescription {
  const { type, port, protocol, formats } = head;
  return { type, port, protocol, formats, connection, attributes };
}

const withoutCr = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);

function readLine(reading: Reading, line: string): void {
  if (line === '') return;
  if (line.charCodeAt(1) !== 61 || line.includes('\r')) throw expectedSdp('bad-line', '"x=value"', line);
  const value = line.slice(2);
  switch (line.charAt(0)) {
    case 'o':
      reading.origin = parseOrigin(value);
      break;
    case 's':
      reading.name = value;
      break;
    case 'c':
      reading.current.connection = parseConnection(value);
      break;
    case 'a':
      addAttribute(reading, value);
      break;
    case 'm':
      addMedia(reading, value);
      break;
    default:
      // Everything else (b=, t=, i=, …) has no bearing on a call of ours.
      break;
  }
}

function parseOrigin(value: string): Origin {
  const fields = value.split(' ');
  const [username = '', sessionId = '', sessionVersion = '', network, family, address = ''] = fields;
  const isWellFormed = fields.length === 6 && network === 'IN' && (family === 'IP4' || family === 'IP6');
  if (!isWellFormed || username === '' || sessionId === '' || sessionVersion === '' || address === '') {
    throw expectedSdp('bad-origin', '"user id version IN IP4|IP6 address"', value);
  }
  return { username, sessionId, sessionVersion, address };
}

function parseConnection(value: string): Connection {
  const [network, family, address = '', extra] = value.trim().split(' ');
  const plain = address.split('/', 1)[0] ?? '';
  if (network !== 'IN' || (family !== 'IP4' && family !== 'IP6') || plain === '' || extra !== undefined) {
    throw expectedSdp('bad-connection', '"IN IP4|IP6 address"', value);
  }
  return { family, address: plain };
}

function addAttribute(reading: Reading, value: string): void {
  const { attributes } = reading.current;
  if (attributes.length >= reading.limits.maxAttributes) {
    throw new SdpError(
      'too-many-attributes',
      `expected at most ${reading.limits.maxAttributes} a= lines in a section, found more`,
    );
  }
  const colon = value.indexOf(':');
  const name = colon < 0 ? value : value.slice(0, colon);
  if (name === '') throw expectedSdp('bad-line', '"a=name" or "a=name:value"', value);
  attributes.push({ name, value: colon < 0 ? null : value.slice(colon + 1) });
}

function addMedia(reading: Reading, value: string): void {
  if (reading.media.length >= reading.limits.maxMedia) {
    throw new SdpError('too-many-media', `expected at most ${reading.limits.maxMedia} m= lines, found more`);
  }
  const [type = '', ports = '', protocol = '', ...formats] = value.split(' ').filter((field) => field !== '');
  const port = parsePort(ports.split('/', 1)[0] ?? '');
  if (type === '' || protocol === '' || port < 0 || formats.length === 0) {
    throw expectedSdp('bad-media', '"type port protocol formats"', value);
  }
  const section: MediaSection = { head: { type, port, protocol, formats }, connection: null, attributes: [] };
  reading.media.push(section);
  reading.current = section;
}
