/**
 * A bound UDP socket whose packets carry a differentiated-services code point (RFC 2474), as a file descriptor: node:dgram
 * cannot set one, but takes over a socket that has it. What is sent goes to the kernel at once; dgram's own way makes a request and
 * a callback of each message.
 */
import { parseIp } from '../lib/ip-address.js';
import {
  AF_INET,
  AF_INET6,
  type Libc,
  loadLibc,
  MSG_DONTWAIT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  sockaddrOf,
} from './libc.js';

/** Linux: level and option of IPv4's type of service, and of IPv6's traffic class. */
const TYPE_OF_SERVICE = { 4: [0, 1], 6: [41, 67] } as const;
/** The two bits below it belong to congestion notification. */
const DSCP_SHIFT = 2;
/** Longest payload over UDP. */
const MAX_UDP_BYTES = 65_507;
/** Destinations that are remembered; peers choose where our answers go. */
const MAX_DESTINATIONS = 10_000;

export interface MarkedSocket {
  /** Whoever takes it over closes it. */
  readonly fd: number;
  /** Sends wire text (one character a byte); false: the kernel did not take it. Not after `fd` was closed. */
  readonly send: (data: string, address: string, port: number) => boolean;
}

/** Null where native sockets are not to be had, or this one not: whoever then binds without the mark learns why. */
export async function openMarkedUdp(address: string, port: number, dscp: number): Promise<MarkedSocket | null> {
  const family = parseIp(address)?.family;
  const libc = await loadLibc();
  if (libc === null || family === undefined) {
    return null;
  }
  const kind = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = libc.socket(family === 6 ? AF_INET6 : AF_INET, kind, 0);
  if (fd < 0) {
    return null;
  }
  const [level, option] = TYPE_OF_SERVICE[family];
  const value = new Uint8Array(Int32Array.of(dscp << DSCP_SHIFT).buffer);
  const sockaddr = sockaddrOf(address, port);
  if (libc.setsockopt(fd, level, option, value, 4) !== 0 || libc.bind(fd, sockaddr, sockaddr.length) !== 0) {
    libc.close(fd);
    return null;
  }
  return { fd, send: senderOf(libc, fd, family) };
}

/** Per message, so nothing is allocated but for the first one to a destination. */
function senderOf(libc: Libc, fd: number, family: 4 | 6): MarkedSocket['send'] {
  const packet = Buffer.alloc(MAX_UDP_BYTES);
  const destinations = new Map<number, Map<string, Uint8Array>>();
  let count = 0;
  const know = (address: string, port: number): Uint8Array | null => {
    if (parseIp(address)?.family !== family || !(port > 0 && port < 65_536)) return null;
    if (count++ >= MAX_DESTINATIONS) {
      destinations.clear();
      count = 1;
    }
    const sockaddr = sockaddrOf(address, port);
    const ofPort = destinations.get(port) ?? new Map<string, Uint8Array>();
    destinations.set(port, ofPort.set(address, sockaddr));
    return sockaddr;
  };
  return (data, address, port) => {
    const sockaddr = destinations.get(port)?.get(address) ?? know(address, port);
    if (sockaddr === null || data.length > MAX_UDP_BYTES) return false;
    const bytes = packet.write(data, 'latin1');
    return libc.sendto(fd, packet, bytes, MSG_DONTWAIT, sockaddr, sockaddr.length) === bytes;
  };
}
