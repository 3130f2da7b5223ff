/** Packets and capture files made by hand, field by field, so that what reads and writes them is checked against the formats. */

export type Bytes = readonly number[];

export const u16 = (value: number, little = false): Bytes => order([(value >>> 8) & 255, value & 255], little);
export const u32 = (value: number, little = false): Bytes =>
  order([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255], little);
const order = (bytes: Bytes, little: boolean): Bytes => (little ? bytes.toReversed() : bytes);
export const zeros = (count: number): Bytes => Array.from({ length: count }, () => 0);
export const text = (value: string): Bytes => [...new TextEncoder().encode(value)];

/** `192.0.2.1:4000`. */
export interface End {
  readonly address: Bytes;
  readonly port: number;
}

export const end = (dotted: string, port: number): End => ({ address: dotted.split('.').map(Number), port });
export const end6 = (groups: readonly number[], port: number): End => ({
  address: groups.flatMap((group) => [...u16(group)]),
  port,
});

/** RFC 768, without a checksum. */
export const udp = (from: End, to: End, payload: Bytes): Bytes => [
  ...u16(from.port),
  ...u16(to.port),
  ...u16(8 + payload.length),
  ...u16(0),
  ...payload,
];

/** RFC 791. @param changes options behind the header, flags and fragment offset, protocol */
export function ipv4(
  from: End,
  to: End,
  body: Bytes,
  { options = [], fragment = 0, protocol = 17 }: { options?: Bytes; fragment?: number; protocol?: number } = {},
): Bytes {
  const headerBytes = 20 + options.length;
  return [
    0x40 | (headerBytes / 4),
    0,
    ...u16(headerBytes + body.length),
    ...u16(1),
    ...u16(fragment),
    64,
    protocol,
    ...u16(0),
    ...from.address,
    ...to.address,
    ...options,
    ...body,
  ];
}

/** RFC 8200. */
export const ipv6 = (from: End, to: End, next: number, body: Bytes): Bytes => [
  0x60,
  0,
  0,
  0,
  ...u16(body.length),
  next,
  64,
  ...from.address,
  ...to.address,
  ...body,
];

export const ethernet = (body: Bytes, type = 0x0800, tags: Bytes = []): Bytes => [
  ...zeros(12),
  ...tags,
  ...u16(type),
  ...body,
];

export interface Packet {
  readonly seconds: number;
  /** In the unit of the file. */
  readonly fraction: number;
  readonly data: Bytes;
  /** On the wire; absent: what is there. */
  readonly length?: number;
}

/** libpcap's format (pcap-savefile(5)). */
export function pcap(
  packets: readonly Packet[],
  { little = true, ns = false, link = 1 }: { little?: boolean; ns?: boolean; link?: number } = {},
): Uint8Array {
  const head = [
    ...u32(ns ? 0xa1b23c4d : 0xa1b2c3d4, little),
    ...u16(2, little),
    ...u16(4, little),
    ...zeros(8),
    ...u32(65_535, little),
    ...u32(link, little),
  ];
  const records = packets.flatMap(({ seconds, fraction, data, length = data.length }) => [
    ...u32(seconds, little),
    ...u32(fraction, little),
    ...u32(data.length, little),
    ...u32(length, little),
    ...data,
  ]);
  return Uint8Array.from([...head, ...records]);
}

/** A block of pcapng. */
export function block(type: number, body: Bytes, little = true): Bytes {
  const padded = [...body, ...zeros((4 - (body.length % 4)) % 4)];
  const length = 12 + padded.length;
  return [...u32(type, little), ...u32(length, little), ...padded, ...u32(length, little)];
}

export const section = (little = true): Bytes =>
  block(
    0x0a0d0d0a,
    [...u32(0x1a2b3c4d, little), ...u16(1, little), ...u16(0, little), ...Array.from({ length: 8 }, () => 255)],
    little,
  );

export const describedInterface = (link: number, options: Bytes = [], little = true): Bytes =>
  block(1, [...u16(link, little), ...u16(0, little), ...u32(0, little), ...options], little);

export const enhancedPacket = (
  {
    high,
    low,
    data,
    length = data.length,
    at = 0,
  }: { high: number; low: number; data: Bytes; length?: number; at?: number },
  little = true,
): Bytes =>
  block(
    6,
    [
      ...u32(at, little),
      ...u32(high, little),
      ...u32(low, little),
      ...u32(data.length, little),
      ...u32(length, little),
      ...data,
    ],
    little,
  );

/** RFC 3550 §5.1, version 2. */
export const rtpPacket = ({
  payloadType = 0,
  sequence = 0,
  timestamp = 0,
  ssrc = 0x1234_5678,
  payload = zeros(160),
  marker = false,
}: {
  payloadType?: number;
  sequence?: number;
  timestamp?: number;
  ssrc?: number;
  payload?: Bytes;
  marker?: boolean;
}): Bytes => [
  0x80,
  (marker ? 0x80 : 0) | payloadType,
  ...u16(sequence & 0xffff),
  ...u32(timestamp >>> 0),
  ...u32(ssrc),
  ...payload,
];
