/**
 * The datagram sockets of one media worker, one small interface over two back ends: libc (kernel arrival times, no
 * callback) and node:dgram (portable, arrival times are callback times). Both are polled: `receive` until it says none.
 */

import { parseIp } from '../lib/ip-address.js';
import type { NetBackend } from '../lib/net-backend.js';

/** What cannot be opened or bound. */
export class NetError extends Error {
  constructor(
    readonly code: 'address-in-use' | 'address-not-available' | 'too-many-open-files' | 'no-permission' | 'other',
    message: string,
  ) {
    super(message);
    this.name = 'NetError';
  }
}

/** An address and port, prepared once a leg so that a send costs no conversion. */
export interface Destination {
  readonly address: string;
  readonly port: number;
  /** `struct sockaddr_in` or `sockaddr_in6`; empty on the dgram back end. */
  readonly sockaddr: Uint8Array;
}

/** Who has queued a packet. */
export interface PacketSender {
  /**
   * The packet has left, or the kernel did not take it; not later than `submit`.
   * @param data the packet is its first `length` bytes
   */
  onSent(taken: boolean, data: Uint8Array, length: number): void;
}

/** Facts of the datagram that `receive` returned last live in the fields, so that nothing is allocated per packet. */
export interface DatagramSockets {
  readonly backend: NetBackend;
  /** The datagram received last, from its first byte: another view for each, valid until the next `receive`. */
  readonly data: Uint8Array;
  /** When it arrived, ns on the monotonic clock. */
  readonly arrivalNs: number;
  /** Source address as `addressNumber` gives it. */
  readonly sourceAddress: number;
  readonly sourcePort: number;
  /** Its code point (RFC 2474), 0–63; NaN where it cannot be seen. */
  readonly dscp: number;

  /** Opens and binds a socket and gives its handle. @throws NetError */
  open(address: string, port: number): Promise<number>;
  close(handle: number): void;
  destination(address: string, port: number): Destination;
  /** Sends now; true when the kernel took it. */
  send(handle: number, packet: Uint8Array, destination: Destination): boolean;
  /** Sends now, or together with what else is queued, at the next `submit` at the latest; the memory of the packet is free at once. */
  queue(handle: number, packet: Uint8Array, destination: Destination, sender: PacketSender): void;
  /** `receive` will be asked for this socket next after `submit`, sockets in this order: up to `most` of its datagrams may be read with it. */
  fetch(handle: number, most: number): void;
  /** Sends what is queued. */
  submit(): void;
  /**
   * Takes the next datagram that waits, if any: its length in bytes (cut at `data.length`), or −1 when there is none. Ask until
   * there is none before another socket has its turn, or a few that were taken with it are lost and counted as drops.
   */
  receive(handle: number): number;
  /** Datagrams that the kernel (or our ring) dropped at this socket so far; null where it cannot be known. */
  drops(handle: number): number | null;
  /** Sends so far that failed after `send` had said true, over all sockets, closed ones too. */
  sendErrors(): number;
  /**
   * Samples the offset between wall and monotonic clock; true when the wall clock jumped by more than 1 ms since.
   * @param beforeStep called then, while times are still told by the old offset
   */
  sampleClock(beforeStep?: () => void): boolean;
}

/** Longest datagram kept; a longer one is no audio packet of ours and is cut. */
export const MAX_DATAGRAM_BYTES = 2048;

/** `192.0.2.1` as an unsigned 32-bit number; null when it is no dotted quad. */
export function parseIpv4(address: string): number | null {
  const parts = address.split('.');
  if (parts.length !== 4) {
    return null;
  }
  let value = 0;
  for (const part of parts) {
    const octet = /^\d{1,3}$/.test(part) ? Number(part) : 256;
    if (octet > 255) {
      return null;
    }
    value = value * 256 + octet;
  }
  return value;
}

/**
 * An address as one number, so that a packet's source is compared without a text: IPv4 as its 32 bits; IPv6 as 2^32 and above,
 * by a hash of 52 bits. Null for anything else.
 */
export function addressNumber(address: string): number | null {
  if (!address.includes(':')) {
    return parseIpv4(address);
  }
  const ip = parseIp(address);
  if (ip?.family === 4) {
    return parseIpv4(ip.bytes.join('.'));
  }
  return ip === undefined ? null : ipv6Number(Uint8Array.from(ip.bytes), 0);
}

/** @param bytes 16 of them from `offset` on are an IPv6 address */
export function ipv6Number(bytes: Uint8Array, offset: number): number {
  // Two runs of FNV-1a, 32 bits each, over the same octets in both directions.
  let high = 0x811c_9dc5;
  let low = 0x811c_9dc5;
  for (let i = 0; i < 16; i++) {
    high = Math.imul(high ^ (bytes[offset + i] ?? 0), 0x0100_0193);
    low = Math.imul(low ^ (bytes[offset + 15 - i] ?? 0), 0x0100_0193);
  }
  return 0x1_0000_0000 + (high & 0xf_ffff) * 0x1_0000_0000 + (low >>> 0);
}

/** An unsigned 32-bit number as a dotted quad. */
export function formatIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}
