/** IP addresses and ranges (RFC 4291, RFC 4632), and which are public (RFC 6890). Numbers only, no lookups. */

/** An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) is the IPv4 address that it means. */
export interface IpAddress {
  readonly family: 4 | 6;
  /** 4 or 16 bytes, network order. */
  readonly bytes: readonly number[];
}

const DOT = 46;

export interface IpRange {
  readonly address: IpAddress;
  /** Bits that count: 0–32 or 0–128. */
  readonly prefix: number;
}

/** Dotted quad without leading zeros, or IPv6 text without brackets and zone; undefined for anything else. */
export function parseIp(text: string): IpAddress | undefined {
  if (text.includes(':')) return parseIpv6(text);
  const bytes = parseQuad(text);
  return bytes && { family: 4, bytes };
}

/** `192.0.2.0/24`, `2001:db8::/32`, or a lone address, which is a range of one. */
export function parseIpRange(text: string): IpRange | undefined {
  const [before = '', bits, ...rest] = text.split('/');
  const address = parseIp(before);
  if (address === undefined || rest.length > 0) return undefined;
  const width = address.bytes.length * 8;
  if (bits === undefined) return { address, prefix: width };
  if (!/^(0|[1-9]\d{0,2})$/.test(bits)) return undefined;
  // The prefix of a mapped range counts the 96 bits that were taken off.
  const prefix = Number(bits) - (before.includes(':') && address.family === 4 ? 96 : 0);
  return prefix >= 0 && prefix <= width ? { address, prefix } : undefined;
}

/** Whether the range holds the address; families never mix. */
export function rangeHolds(range: IpRange, address: IpAddress): boolean {
  if (range.address.family !== address.family) return false;
  return range.address.bytes.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, range.prefix - index * 8));
    const mask = (0xff << (8 - bits)) & 0xff;
    return (byte & mask) === ((address.bytes[index] ?? 0) & mask);
  });
}

/**
 * Ranges that RFC 6890 does not call globally reachable and that a private lab uses. Everything else is public, also
 * the documentation and reserved ranges and multicast: what is not known to be private needs permission.
 */
const PRIVATE_RANGES = [
  '10.0.0.0/8',
  '100.64.0.0/10', // shared address space (CGNAT)
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '198.18.0.0/15', // benchmarking (RFC 2544)
  '::1/128',
  '2001:2::/48', // benchmarking (RFC 5180)
  'fc00::/7',
  'fe80::/10',
].map((text) => {
  const range = parseIpRange(text);
  if (range === undefined) throw new Error(`expected a range, got ${text}`);
  return range;
});

/** Whether packets to this address leave private ground. */
export function isPublic(address: IpAddress): boolean {
  return !PRIVATE_RANGES.some((range) => rangeHolds(range, address));
}

/** 4 or 16 bytes as text; IPv6 in the form of RFC 5952, an IPv4-mapped address as `::ffff:192.0.2.1`. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const words = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0));
  if (words[5] === 0xffff && words.slice(0, 5).every((word) => word === 0))
    return `::ffff:${bytes.slice(12).join('.')}`;
  const text = words.map((word) => word.toString(16)).join(':');
  // The longest run of two zero words or more is left out, the first of equal ones.
  const [longest = ''] = [...text.matchAll(/(?<![^:])0(?::0)+(?![^:])/g)]
    .map(([run]) => run)
    .toSorted((a, b) => b.length - a.length);
  if (longest === '') return text;
  const at = text.search(new RegExp(`(?<![^:])${longest}(?![^:])`));
  return `${text.slice(0, at).replace(/:$/, '')}::${text.slice(at + longest.length).replace(/^:/, '')}`;
}

/** A DNS name as RFC 3261 has it: the last label starts with a letter, so that no odd way to write IPv4 passes. */
export function isHostName(text: string): boolean {
  const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
  return text.length <= 253 && new RegExp(`^(?:${label}\\.)*(?=[a-z])${label}$`, 'i').test(text);
}

/** By hand: every SDP and every address of a message comes through here, and a regular expression costs ten times as much. */
function parseQuad(text: string): number[] | undefined {
  if (text.length > 15) return undefined;
  const bytes: number[] = [];
  let byte = -1; // no digit yet
  for (let at = 0; at <= text.length; at++) {
    const code = at === text.length ? DOT : text.charCodeAt(at);
    if (code === DOT) {
      if (byte < 0) return undefined;
      bytes.push(byte);
      byte = -1;
    } else {
      // A leading zero means octal to some, so it is no address here.
      if (code < 48 || code > 57 || byte === 0) return undefined;
      byte = Math.max(0, byte) * 10 + code - 48;
      if (byte > 255) return undefined;
    }
  }
  return bytes.length === 4 ? bytes : undefined;
}

function parseIpv6(text: string): IpAddress | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = [groupBytes(halves[0] ?? ''), groupBytes(halves[1] ?? '')];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  const bytes = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return mapped ? { family: 4, bytes: bytes.slice(12) } : { family: 6, bytes };
}

/** Colon-separated groups of 1–4 hex digits, the last one maybe a dotted quad. */
function groupBytes(text: string): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    const quad = index === groups.length - 1 ? parseQuad(group) : undefined;
    if (quad !== undefined) bytes.push(...quad);
    else if (/^[0-9a-f]{1,4}$/i.test(group))
      bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff);
    else return undefined;
  }
  return bytes;
}
