/** IP addresses and ranges (RFC 4291, RFC 4632), and which are public (RFC 6890). Numbers only, no lookups. */

/** An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) is the IPv4 address that it means. */
export interface IpAddress {
  readonly family: 4 | 6;
  /** 4 or 16 bytes, network order. */
  readonly bytes: readonly number[];
}

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

/** A DNS name as RFC 3261 has it: the last label starts with a letter, so that no odd way to write IPv4 passes. */
export function isHostName(text: string): boolean {
  const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
  return text.length <= 253 && new RegExp(`^(?:${label}\\.)*(?=[a-z])${label}$`, 'i').test(text);
}

function parseQuad(text: string): number[] | undefined {
  const bytes = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/
    .exec(text)
    ?.slice(1)
    .map(Number);
  return bytes?.every((byte) => byte <= 255) ? bytes : undefined;
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
