/**
 * IP and UDP headers for datagrams of which only the payload is known (RFC 791, RFC 8200, RFC 768). The UDP checksum is 0 over
 * IPv4, which means none; over IPv6 it must be there (RFC 8200 §8.1), so it is computed where the payload is whole.
 */
import type { IpAddress } from '../lib/ip-address.js';

export interface UdpEnd {
  readonly address: IpAddress;
  readonly port: number;
}

export const IPV4_HEADER_BYTES = 20;
export const IPV6_HEADER_BYTES = 40;
export const UDP_HEADER_BYTES = 8;
const PROTOCOL_UDP = 17;
const HOPS = 64;
/** Of IPv4, where nothing is said of routers on the way: Don't Fragment. */
const DONT_FRAGMENT = 0x4000;

/** Bytes of the headers in front of a payload between ends of this family. */
export function headerBytes(family: 4 | 6): number {
  return (family === 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES) + UDP_HEADER_BYTES;
}

/**
 * Writes the headers. Both ends have one family. @param view whose payload stands behind the headers already
 * @param length of the whole payload @param captured bytes of it that are there
 */
export function writeHeaders(
  view: DataView,
  offset: number,
  ends: { readonly from: UdpEnd; readonly to: UdpEnd },
  { length, captured }: { readonly length: number; readonly captured: number },
): void {
  const isIpv4 = ends.from.address.family === 4;
  const udp = offset + (isIpv4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES);
  const udpLength = UDP_HEADER_BYTES + length;
  view.setUint16(udp, ends.from.port);
  view.setUint16(udp + 2, ends.to.port);
  view.setUint16(udp + 4, udpLength);
  view.setUint16(udp + 6, 0);
  if (isIpv4) {
    writeIpv4(view, offset, ends, IPV4_HEADER_BYTES + udpLength);
    return;
  }
  writeIpv6(view, offset, ends, udpLength);
  if (captured === length) {
    const sum = onesSum(view, offset + 8, 32) + udpLength + PROTOCOL_UDP + onesSum(view, udp, udpLength);
    view.setUint16(udp + 6, complement(sum) || 0xffff);
  }
}

function writeIpv4(view: DataView, offset: number, ends: { from: UdpEnd; to: UdpEnd }, length: number): void {
  view.setUint16(offset, 0x4500);
  view.setUint16(offset + 2, length);
  view.setUint16(offset + 4, 0);
  view.setUint16(offset + 6, DONT_FRAGMENT);
  view.setUint8(offset + 8, HOPS);
  view.setUint8(offset + 9, PROTOCOL_UDP);
  view.setUint16(offset + 10, 0);
  writeAddress(view, offset + 12, ends.from.address);
  writeAddress(view, offset + 16, ends.to.address);
  view.setUint16(offset + 10, complement(onesSum(view, offset, IPV4_HEADER_BYTES)));
}

function writeIpv6(view: DataView, offset: number, ends: { from: UdpEnd; to: UdpEnd }, length: number): void {
  view.setUint32(offset, 0x6000_0000);
  view.setUint16(offset + 4, length);
  view.setUint8(offset + 6, PROTOCOL_UDP);
  view.setUint8(offset + 7, HOPS);
  writeAddress(view, offset + 8, ends.from.address);
  writeAddress(view, offset + 24, ends.to.address);
}

function writeAddress(view: DataView, offset: number, { bytes }: IpAddress): void {
  for (const [index, byte] of bytes.entries()) view.setUint8(offset + index, byte);
}

/** Sum of 16-bit words; an odd last octet counts as the upper half of one (RFC 1071). */
function onesSum(view: DataView, offset: number, length: number): number {
  let sum = 0;
  for (let at = 0; at + 1 < length; at += 2) sum += view.getUint16(offset + at);
  return (length & 1) === 1 ? sum + (view.getUint8(offset + length - 1) << 8) : sum;
}

function complement(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  return ~folded & 0xffff;
}
