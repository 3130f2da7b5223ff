/**
 * A UDP socket for SIP on libc's own calls: what is sent goes to the kernel at once, what came is taken by polling, and the
 * kernel says when. node:dgram costs four times as much a message (a request, a callback and 64 KB of room for each), and what
 * it hands over late counts as late.
 */
import { formatIp, parseIp } from '../lib/ip-address.js';
import { monotonicNs, NS_PER_SECOND } from '../lib/clock.js';
import type { Destination } from './datagram.js';
import { type Libc, LibcSockets, loadLibc } from './libc.js';

/** Linux: level and option of IPv4's type of service, and of IPv6's traffic class. */
const TYPE_OF_SERVICE = { 4: [0, 1], 6: [41, 67] } as const;
/** The two bits below it belong to congestion notification. */
const DSCP_SHIFT = 2;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
/** Longest payload over UDP. */
const MAX_UDP_BYTES = 65_507;
/** Addresses that are remembered; peers choose where our answers go. */
const MAX_DESTINATIONS = 10_000;

export interface MessageSocketOptions {
  readonly address: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  /** Code point of what is sent (RFC 2474), 0–63. */
  readonly dscp: number;
  /** Asked for in each direction. */
  readonly bufferBytes: number;
}

/** Null where native sockets are not to be had, or this one not: whoever then binds by dgram learns why. */
export async function openMessageSocket(options: MessageSocketOptions): Promise<MessageSocket | null> {
  const libc = await loadLibc();
  const ip = parseIp(options.address);
  // A link-local address goes with a zone, which stands in no sockaddr of ours.
  if (libc === null || ip === undefined || /^fe[89ab]/i.test(options.address)) return null;
  const sockets = new LibcSockets(libc, MAX_UDP_BYTES);
  try {
    const handle = await sockets.open(options.address, options.port);
    const socket = new MessageSocket(libc, sockets, handle, ip.family);
    if (socket.prepare(options)) return socket;
    socket.close();
    return null;
  } catch {
    return null;
  }
}

export class MessageSocket {
  port = 0;
  /** As the kernel counts them: Linux doubles what was asked for and caps it. */
  receiveBytes = 0;
  sendBytes = 0;
  /** Of the message received last: where it came from, and when, ns on the monotonic clock. */
  host = '';
  sourcePort = 0;
  arrivalNs = 0;
  private readonly packet = Buffer.alloc(MAX_UDP_BYTES);
  private readonly destinations = new Map<number, Map<string, Destination>>();
  private destinationCount = 0;
  private readonly hosts = new Map<number, string>();
  private polledNs = monotonicNs();
  private sampledNs = 0;

  /** Use `openMessageSocket`. */
  constructor(
    private readonly libc: Libc,
    private readonly sockets: LibcSockets,
    /** The file descriptor. */
    readonly handle: number,
    private readonly family: 4 | 6,
  ) {}

  /** False when the kernel refuses the mark. */
  prepare({ dscp, bufferBytes }: MessageSocketOptions): boolean {
    const [level, option] = TYPE_OF_SERVICE[this.family];
    if (this.setOption(level, option, dscp << DSCP_SHIFT) !== 0) return false;
    this.setOption(SOL_SOCKET, SO_RCVBUF, bufferBytes);
    this.setOption(SOL_SOCKET, SO_SNDBUF, bufferBytes);
    this.receiveBytes = this.libc.intOption(this.handle, SOL_SOCKET, SO_RCVBUF);
    this.sendBytes = this.libc.intOption(this.handle, SOL_SOCKET, SO_SNDBUF);
    this.port = this.libc.boundPort(this.handle);
    return true;
  }

  /** Sends wire text (one character a byte). Null: the kernel took it; else why not. Per message, so nothing is allocated for a known destination. */
  send(data: string, address: string, port: number): string | null {
    const to = this.destinations.get(port)?.get(address) ?? this.know(address, port);
    if (to === null || data.length > MAX_UDP_BYTES) return to === null ? `no address: ${address}` : 'message too long';
    const { packet, libc } = this;
    const bytes = packet.write(data, 'latin1');
    return libc.sendNow(this.handle, packet, bytes, to.sockaddr) ? null : libc.errorText();
  }

  /** Takes the next message that waits and gives its bytes, which are valid until the next call; null: there is none. */
  receive(): Uint8Array | null {
    const { sockets } = this;
    const nowNs = monotonicNs();
    if (nowNs - this.sampledNs > NS_PER_SECOND) {
      this.sampledNs = nowNs;
      sockets.sampleClock();
    }
    const length = sockets.receive(this.handle);
    if (length < 0) {
      this.polledNs = nowNs;
      return null;
    }
    // The kernel's time is wall time, which may be set while we run: a message came neither before the last look nor after this one.
    this.arrivalNs = Math.min(nowNs, Math.max(this.polledNs, sockets.arrivalNs));
    this.sourcePort = sockets.sourcePort;
    this.host = this.hostOf(sockets.sourceAddress);
    return sockets.data.subarray(0, length);
  }

  close(): void {
    this.sockets.close(this.handle);
  }

  private setOption(level: number, option: number, value: number): number {
    return this.libc.setsockopt(this.handle, level, option, new Uint8Array(Int32Array.of(value).buffer), 4);
  }

  private know(address: string, port: number): Destination | null {
    if (parseIp(address)?.family !== this.family || !(port > 0 && port < 65_536)) return null;
    if (this.destinationCount++ >= MAX_DESTINATIONS) {
      this.destinations.clear();
      this.destinationCount = 1;
    }
    const destination = this.sockets.destination(address, port);
    const ofPort = this.destinations.get(port) ?? new Map<string, Destination>();
    this.destinations.set(port, ofPort.set(address, destination));
    return destination;
  }

  /** Of IPv6 the number is a hash, so its text is made each time. */
  private hostOf(address: number): string {
    if (this.family === 6) return formatIp(this.sockets.sourceBytes());
    const known = this.hosts.get(address);
    if (known !== undefined) return known;
    if (this.hosts.size >= MAX_DESTINATIONS) this.hosts.clear();
    const host = formatIp(this.sockets.sourceBytes());
    this.hosts.set(address, host);
    return host;
  }
}
