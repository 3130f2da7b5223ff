/** Where a peer takes packets, by its description: addresses are literals, for a name in SDP would be looked up at a peer's will. */
import {
  type Connection,
  type MediaDescription,
  type SessionDescription,
  attributeOf,
  connectionOf,
  parsePort,
} from './session-description.js';

/** True when the address is a literal of its family. */
export const isLiteral = ({ family, address }: Connection): boolean =>
  family === 'IP4' ? isIp4(address) : isIp6(address);

export interface RtcpTarget {
  readonly address: string;
  /** 1–65535; null where there is none: RTP at 65535 leaves no next port. */
  readonly port: number | null;
}

/**
 * Where the writer takes RTCP on a port of its own: `a=rtcp:port [IN IP4|IP6 address]` (RFC 3605), else the port after RTP's. An
 * address that cannot be read gives way to that of c=, an attribute without a port to the whole rule.
 */
export function rtcpTargetOf(session: SessionDescription, media: MediaDescription): RtcpTarget {
  const address = connectionOf(session, media)?.address ?? '';
  const next = media.port < 65_535 ? media.port + 1 : null;
  const value = attributeOf(media, 'rtcp');
  if (value === null) return { address, port: next };
  const [portText = '', network, family, own = ''] = value.trim().split(' ', 4);
  const port = parsePort(portText);
  if (port <= 0) return { address, port: next };
  const isOwn = network === 'IN' && (family === 'IP4' || family === 'IP6') && isLiteral({ family, address: own });
  return { address: isOwn ? own : address, port };
}

function isIp4(address: string): boolean {
  const parts = address.split('.');
  return (
    parts.length === 4 &&
    parts.every((part) => part.length > 0 && part.length <= 3 && isDigits(part) && Number(part) <= 255)
  );
}

function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 48 || text.charCodeAt(i) > 57) return false;
  return true;
}

/** Shape only: hexadecimal groups between colons; the socket has the last word. */
function isIp6(address: string): boolean {
  if (address.length > 45) return false;
  for (const character of address) if (!'0123456789abcdefABCDEF:.'.includes(character)) return false;
  return address.includes(':');
}
