/**
 * A bound UDP socket whose packets carry a differentiated-services code point (RFC 2474), as a file descriptor: node:dgram
 * cannot set one, but takes over a socket that has it.
 */
import { parseIp } from '../lib/ip-address.js';
import { AF_INET, AF_INET6, loadLibc, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, sockaddrOf } from './libc.js';

/** Linux: level and option of IPv4's type of service, and of IPv6's traffic class. */
const TYPE_OF_SERVICE = { 4: [0, 1], 6: [41, 67] } as const;
/** The two bits below it belong to congestion notification. */
const DSCP_SHIFT = 2;

/** Null where native sockets are not to be had, or this one not: whoever then binds without the mark learns why. */
export async function openMarkedUdp(address: string, port: number, dscp: number): Promise<number | null> {
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
  return fd;
}
