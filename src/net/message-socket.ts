/**
 * A UDP socket for SIP on libc's own calls: what is sent goes to the kernel at once, what came can be taken without waiting for a
 * callback, and the kernel says when it came. node:dgram watches the same descriptor and owns it: it wakes a thread that has little
 * to do, where looking each millisecond would cost more than it saves.
 */
import { Buffer } from 'node:buffer';
import { formatIp, parseIp } from '../lib/ip-address.js';
import { monotonicNs, NS_PER_SECOND } from '../lib/clock.js';
import type { Destination } from './datagram.js';
import { type Libc, LibcSockets, loadLibc, MSG_DONTWAIT } from './libc.js';
import { SendBatch } from './send-batch.js';

/** Longest payload over UDP. */
const MAX_UDP_BYTES = 65_507;
/** Taken, or sent, by one call. */
const BATCH_MESSAGES = 32;
/** Of what waits to be sent together. */
const BATCH_BYTES = 256 * 1024;
/** Addresses that are remembered; peers choose where our answers go. */
const MAX_DESTINATIONS = 10_000;

export interface MessageSocketOptions {
  readonly address: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  /** Code point of what is sent (RFC 2474), 0–63. */
  readonly dscp: number;
}

/** Null where native sockets are not to be had, or this one not: whoever then binds by dgram learns why. */
export async function openMessageSocket(options: MessageSocketOptions): Promise<MessageSocket | null> {
  const libc = await loadLibc();
  const ip = parseIp(options.address);
  // A link-local address goes with a zone, which stands in no sockaddr of ours.
  if (libc === null || ip === undefined || /^fe[89ab]/i.test(options.address)) return null;
  const sockets = new LibcSockets(libc, { slots: BATCH_MESSAGES, slotBytes: MAX_UDP_BYTES, dscp: options.dscp });
  try {
    const handle = await sockets.open(options.address, options.port);
    const socket = new MessageSocket(libc, sockets, handle, ip.family);
    return socket;
  } catch {
    return null;
  }
}

/** The descriptor of a bound socket whose packets are marked, for a node:dgram socket to take over; null as above. */
export async function openMarkedSocket(options: MessageSocketOptions): Promise<number | null> {
  const libc = await loadLibc();
  const ip = parseIp(options.address);
  if (libc === null || ip === undefined || /^fe[89ab]/i.test(options.address)) return null;
  try {
    return await new LibcSockets(libc, { slots: 1, slotBytes: 1, dscp: options.dscp }).open(
      options.address,
      options.port,
    );
  } catch {
    return null;
  }
}

export class MessageSocket {
  /** Of the message received last: where it came from, and when, ns on the monotonic clock. */
  host = '';
  sourcePort = 0;
  arrivalNs = 0;
  private readonly packet = Buffer.alloc(MAX_UDP_BYTES);
  private readonly batch: SendBatch;
  private readonly destinations = new Map<number, Map<string, Destination>>();
  private destinationCount = 0;
  private readonly hosts = new Map<number, string>();
  /** When the looks began that found the socket empty last, and those of now; NaN: none has begun since. */
  private polledNs = monotonicNs();
  private beganNs = Number.NaN;
  private sampledNs = 0;

  /** Use `openMessageSocket`. */
  constructor(
    private readonly libc: Libc,
    private readonly sockets: LibcSockets,
    /** Whoever takes it over closes it; nothing is sent or received after that. */
    readonly fd: number,
    private readonly family: 4 | 6,
  ) {
    this.batch = new SendBatch(libc, BATCH_MESSAGES, BATCH_BYTES);
  }

  /** Sends wire text (one character a byte); false: the kernel did not take it. Per message, so nothing is allocated for a known destination. */
  send(data: string, address: string, port: number): boolean {
    const to = this.destinations.get(port)?.get(address) ?? this.know(address, port);
    if (to === null || data.length > MAX_UDP_BYTES) return false;
    const { packet, libc } = this;
    const bytes = packet.write(data, 'latin1');
    return libc.sendto(this.fd, packet, bytes, MSG_DONTWAIT, to.sockaddr, to.sockaddr.length) === bytes;
  }

  /** As `send`, at the next `flush`; false: there is no room before it, or no way to this address. */
  queue(data: string, address: string, port: number): boolean {
    const to = this.destinations.get(port)?.get(address) ?? this.know(address, port);
    if (to === null || data.length > MAX_UDP_BYTES) return false;
    return this.batch.add(data, to.sockaddr);
  }

  /** Sends what is queued. @param onRefused told which of them the kernel did not take, in the order of `queue` */
  flush(onRefused: (index: number) => void): void {
    if (this.batch.count > 0) this.batch.flush(this.fd, onRefused);
  }

  /** Takes the next message that waits and gives its bytes, which are valid until the next call; null: there is none. */
  receive(): Uint8Array | null {
    const { sockets } = this;
    const nowNs = monotonicNs();
    if (nowNs - this.sampledNs > NS_PER_SECOND) {
      this.sampledNs = nowNs;
      sockets.sampleClock();
    }
    if (Number.isNaN(this.beganNs)) this.beganNs = nowNs;
    const length = sockets.receive(this.fd);
    if (length < 0) {
      // Not now: what was found empty is what there was at the last system call, and others may have come since.
      this.polledNs = this.beganNs;
      this.beganNs = Number.NaN;
      return null;
    }
    // The kernel's time is wall time, which may be set while we run: a message came neither before the last look nor after this one.
    this.arrivalNs = Math.min(nowNs, Math.max(this.polledNs, sockets.arrivalNs));
    this.sourcePort = sockets.sourcePort;
    this.host = this.hostOf(sockets.sourceAddress);
    return sockets.data.subarray(0, length);
  }

  /** Blocks this thread until the monotonic time `deadlineNs`. */
  sleepUntil(deadlineNs: number): void {
    this.sockets.sleepUntil(deadlineNs);
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
