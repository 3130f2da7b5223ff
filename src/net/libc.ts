/**
 * Linux back end: libc's own calls through koffi. `recvmmsg` with SO_TIMESTAMPNS gives the kernel's arrival time and
 * SO_RXQ_OVFL the drops. Other systems use dgram.ts: their structs and constants differ.
 */
import { Buffer } from 'node:buffer';
import type koffi from 'koffi';
import {
  ipv6Number,
  MAX_DATAGRAM_BYTES,
  NetError,
  parseIpv4,
  type DatagramSockets,
  type Destination,
  type PacketSender,
} from './datagram.js';
import { NO_DATAGRAM, ReceiveBatch } from './receive-batch.js';
import { RingTraffic } from './ring-traffic.js';
import { parseIp } from '../lib/ip-address.js';
import { monotonicNs } from '../lib/clock.js';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_RXQ_OVFL = 40;
const SO_TIMESTAMPNS = 35;
/** Level, the option that marks what is sent, and the one that asks to be told of marks. */
const TRAFFIC_CLASS = {
  4: { level: 0, mark: 1, ask: 13 },
  6: { level: 41, mark: 67, ask: 66 },
} as const;
/** The two bits below it belong to congestion notification. */
const DSCP_SHIFT = 2;
export const MSG_DONTWAIT = 0x40;
const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const TIMER_ABSTIME = 1;
const ERRNO = { EPERM: 1, EACCES: 13, EMFILE: 24, ENFILE: 23, EADDRINUSE: 98, EADDRNOTAVAIL: 99 } as const;
const PROT_READ_WRITE = 3;
const MAP_SHARED_POPULATED = 0x8001;
const MAP_FAILED = 2n ** 64n - 1n;
const CLOCK_STEP_NS = 1e6;
const CLOCK_SAMPLES = 5;
/** A pair of readings no further apart than this needs no second try. */
const CLOCK_GOOD_NS = 20_000;

/** `struct sockaddr_in`: family (2), port (2), address (4). `sockaddr_in6`: family (2), port (2), flow (4), address (16), scope (4). */
const SOCKADDR_BYTES = 16;
const SOCKADDR6_BYTES = 28;
const SOCKADDR6_ADDRESS = 8;
/** Taken by one call. More than one waits only where packets come together, or this thread is late. */
const BATCH_SLOTS = 4;
/** `struct cmsghdr`: length (8), level (4), type (4), then the data. */
const CMSG_DATA = 16;

type NativeCall = (...args: readonly unknown[]) => number;

export interface Libc {
  readonly socket: NativeCall;
  readonly bind: NativeCall;
  readonly close: NativeCall;
  readonly setsockopt: NativeCall;
  readonly sendto: NativeCall;
  readonly recvmmsg: NativeCall;
  readonly sendmmsg: NativeCall;
  readonly clockGettime: NativeCall;
  readonly clockNanosleep: NativeCall;
  readonly schedSetscheduler: NativeCall;
  readonly ioUringSetup: NativeCall;
  readonly ioUringEnter: NativeCall;
  readonly errno: () => number;
  readonly address: (memory: Uint8Array) => bigint;
  /** Memory that the kernel shares by a descriptor, for as long as this process lives; null: it does not. */
  readonly map: (fd: number, bytes: number, offset: number) => ArrayBuffer | null;
}

/** Loads libc; null where koffi or a 64-bit Linux is missing, and then the run uses dgram.ts. */
export async function loadLibc(): Promise<Libc | null> {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    return null;
  }
  const ffi = await importKoffi();
  if (ffi === null) {
    return null;
  }
  const library = ffi.load(null);
  const call = (prototype: string): NativeCall => library.func(prototype) as NativeCall;
  const mmap = library.func('void *mmap(void *, size_t, int, int, int, int64_t)');
  return {
    socket: call('int socket(int, int, int)'),
    bind: call('int bind(int, const void *, uint32_t)'),
    close: call('int close(int)'),
    setsockopt: call('int setsockopt(int, int, int, const void *, uint32_t)'),
    sendto: call('long sendto(int, const void *, size_t, int, const void *, uint32_t)'),
    recvmmsg: call('int recvmmsg(int, void *, unsigned int, int, void *)'),
    sendmmsg: call('int sendmmsg(int, void *, unsigned int, int)'),
    clockGettime: call('int clock_gettime(int, void *)'),
    schedSetscheduler: call('int sched_setscheduler(int, int, const void *)'),
    clockNanosleep: call('int clock_nanosleep(int, int, const void *, void *)'),
    ioUringSetup: call('int syscall(long, unsigned int, void *)'),
    ioUringEnter: call('int syscall(long, int, unsigned int, unsigned int, unsigned int, void *, size_t)'),
    errno: () => ffi.errno(),
    address: (memory) => ffi.address(memory),
    map: (fd, bytes, offset) => {
      const memory = mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED_POPULATED, fd, offset) as bigint;
      return memory === MAP_FAILED ? null : ffi.view(memory, bytes);
    },
  };
}

/** The optional dependency; null when it is not installed or has no build for this system. */
async function importKoffi(): Promise<typeof koffi | null> {
  try {
    return (await import('koffi')).default;
  } catch {
    return null;
  }
}

export interface LibcSocketsOptions {
  /** Taken by one call. */
  readonly slots: number;
  /** Longest datagram kept; a longer one is cut. */
  readonly slotBytes: number;
  /** Code point of what is sent (RFC 2474), 0–63. */
  readonly dscp: number;
  /** What is queued goes by a submission ring, where the kernel gives one. */
  readonly ring: boolean;
}

export class LibcSockets implements DatagramSockets {
  arrivalNs = 0;
  sourceAddress = 0;
  sourcePort = 0;
  dscp = Number.NaN;
  data: Uint8Array;

  private readonly mark: number;
  /** Read into where the ring has not read already. */
  private readonly own: ReceiveBatch;
  /** Null: each packet by a call of its own. */
  private readonly ring: RingTraffic | null;
  /** Of which socket the datagrams are that were taken, where they are, and which slots are left. */
  private batchHandle = -1;
  private batch: ReceiveBatch;
  private batchNext = 0;
  private batchEnd = 0;
  /** Fewer came than there was room for: behind them nothing waits. */
  private isEmptied = false;
  private readonly timespec = new BigInt64Array(2);
  /** By socket, as the kernel counts them, and what we took and did not read. */
  private readonly dropCounts: (number | undefined)[] = [];
  private readonly givenUp: (number | undefined)[] = [];
  /** Wall minus monotonic: whole seconds and the rest in ns apart, since a double cannot hold 2^60 ns exactly. */
  private offsetSeconds = 0;
  private offsetNs = 0;
  private clockSampled = false;

  constructor(
    private readonly libc: Libc,
    { slots = BATCH_SLOTS, slotBytes = MAX_DATAGRAM_BYTES, dscp = 0, ring = false }: Partial<LibcSocketsOptions> = {},
  ) {
    this.mark = dscp;
    this.batch = this.own = new ReceiveBatch(libc, slots, slotBytes);
    this.data = this.own.datagrams[0] ?? this.own.data;
    this.ring = ring ? RingTraffic.open(libc) : null;
    this.sampleClock();
  }

  get backend(): 'io_uring' | 'libc' {
    return this.ring?.works === true ? 'io_uring' : 'libc';
  }

  async open(address: string, port: number): Promise<number> {
    const sockaddr = sockaddrOf(address, port);
    const handle = this.libc.socket(
      address.includes(':') ? AF_INET6 : AF_INET,
      SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
      0,
    );
    if (handle < 0) {
      throw this.openError(address, port);
    }
    if (this.libc.bind(handle, sockaddr, sockaddr.length) !== 0) {
      const error = this.openError(address, port);
      this.libc.close(handle);
      throw error;
    }
    const traffic = TRAFFIC_CLASS[address.includes(':') ? 6 : 4];
    if (!this.setOption(handle, traffic.level, traffic.mark, this.mark << DSCP_SHIFT)) {
      this.libc.close(handle);
      throw new NetError('no-permission', `the kernel refuses the code point ${this.mark} on UDP ${address}:${port}`);
    }
    this.setOption(handle, traffic.level, traffic.ask, 1);
    this.setOption(handle, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    this.setOption(handle, SOL_SOCKET, SO_RXQ_OVFL, 1);
    this.dropCounts[handle] = 0;
    this.givenUp[handle] = 0;
    return handle;
  }

  close(handle: number): void {
    // Closed already: by now the number may be that of another socket.
    if (this.dropCounts[handle] !== undefined) {
      this.dropCounts[handle] = this.givenUp[handle] = undefined;
      if (handle === this.batchHandle) {
        this.batchNext = this.batchEnd;
        this.batchHandle = -1;
      }
      this.libc.close(handle);
    }
  }

  /** The thread ends; its sockets are closed one by one. */
  end(): void {
    this.ring?.close();
  }

  destination(address: string, port: number): Destination {
    return { address, port, sockaddr: sockaddrOf(address, port) };
  }

  send(handle: number, packet: Uint8Array, destination: Destination): boolean {
    const { sockaddr } = destination;
    return this.libc.sendto(handle, packet, packet.length, MSG_DONTWAIT, sockaddr, sockaddr.length) >= 0;
  }

  queue(handle: number, packet: Uint8Array, destination: Destination, sender: PacketSender): void {
    if (this.ring?.isFull === true) {
      this.submit();
    }
    if (this.ring?.queue(handle, packet, destination.sockaddr, sender) !== true) {
      sender.onSent(this.send(handle, packet, destination), packet, packet.length);
    }
  }

  fetch(handle: number, most: number): void {
    this.ring?.fetch(handle, most);
  }

  submit(): void {
    if (this.ring === null) {
      return;
    }
    for (let unread = this.ring.nextSocket; unread >= 0; unread = this.ring.nextSocket) {
      this.turnTo(unread);
    }
    this.turnTo(-1);
    this.ring.submit();
  }

  receive(handle: number): number {
    if (handle !== this.batchHandle) {
      this.turnTo(handle);
    }
    do {
      while (this.batchNext < this.batchEnd) {
        const slot = this.batchNext++;
        const length = this.batch.lengthOf(slot);
        if (length !== NO_DATAGRAM) {
          this.take(handle, slot);
          return length;
        }
        this.isEmptied = true;
      }
    } while (this.fill(handle));
    return -1;
  }

  /** Source of the last datagram: 4 or 16 bytes, network order; valid until the next `receive`. */
  sourceBytes(): Uint8Array {
    const { sourceBytes } = this.batch;
    const start = this.batch.sourceOffset(Math.max(0, this.batchNext - 1));
    return sourceBytes[start] === AF_INET6
      ? sourceBytes.subarray(start + SOCKADDR6_ADDRESS, start + SOCKADDR6_ADDRESS + 16)
      : sourceBytes.subarray(start + 4, start + 8);
  }

  drops(handle: number): number | null {
    const drops = this.dropCounts[handle];
    return drops === undefined ? null : drops + (this.givenUp[handle] ?? 0);
  }

  sendErrors(): number {
    return 0; // the kernel answers at once: each failure is a `send` that said false
  }

  sampleClock(beforeStep?: () => void): boolean {
    let narrowestNs = Number.POSITIVE_INFINITY;
    let seconds = 0;
    let offsetNs = 0;
    // The best of a few: a preemption between the readings would look like a step, and shift a second's arrivals.
    for (let i = 0; i < CLOCK_SAMPLES && narrowestNs > CLOCK_GOOD_NS; i++) {
      const before = monotonicNs();
      this.libc.clockGettime(CLOCK_REALTIME, this.timespec);
      const after = monotonicNs();
      if (after - before < narrowestNs) {
        narrowestNs = after - before;
        seconds = Number(this.timespec[0] ?? 0n);
        offsetNs = Number(this.timespec[1] ?? 0n) - (before + after) / 2;
      }
    }
    const stepNs = (seconds - this.offsetSeconds) * 1e9 + (offsetNs - this.offsetNs);
    const stepped = this.clockSampled && Math.abs(stepNs) > CLOCK_STEP_NS;
    if (stepped) {
      beforeStep?.();
    }
    this.offsetSeconds = seconds;
    this.offsetNs = offsetNs;
    this.clockSampled = true;
    return stepped;
  }

  /** Blocks this thread until the monotonic time `deadlineNs`. */
  sleepUntil(deadlineNs: number): void {
    const seconds = Math.floor(deadlineNs / 1e9);
    this.timespec[0] = BigInt(seconds);
    this.timespec[1] = BigInt(Math.floor(deadlineNs - seconds * 1e9));
    this.libc.clockNanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, this.timespec, null);
  }

  /** Another socket's turn. What was taken of the one before and not read is lost here, and counts as dropped. */
  private turnTo(handle: number): void {
    for (; this.batchNext < this.batchEnd; this.batchNext++) {
      if (this.batch.lengthOf(this.batchNext) !== NO_DATAGRAM) {
        this.take(this.batchHandle, this.batchNext);
        this.givenUp[this.batchHandle] = (this.givenUp[this.batchHandle] ?? 0) + 1;
      }
    }
    this.batchHandle = handle;
    this.batchNext = this.batchEnd = 0;
    this.isEmptied = false;
    if (this.ring !== null && this.ring.nextSocket === handle && handle >= 0) {
      this.batch = this.ring.received;
      this.batchNext = this.ring.turn();
      this.batchEnd = this.ring.endSlot;
    }
  }

  /** More of the same socket; false: nothing waits, or that is known already. */
  private fill(handle: number): boolean {
    const { own, isEmptied } = this;
    this.batch = own;
    this.batchNext = 0;
    this.batchEnd = isEmptied ? 0 : own.fill(handle);
    this.isEmptied = this.batchEnd > 0 && this.batchEnd < own.slots;
    return this.batchEnd > 0;
  }

  /** Reads all about the datagram in a slot, and makes room for the next one. */
  private take(handle: number, slot: number): void {
    const { batch } = this;
    this.data = batch.datagrams[slot] ?? this.data;
    this.readSource(slot);
    this.readControl(handle, slot);
    batch.renew(slot);
  }

  private readSource(slot: number): void {
    const { sourceBytes: source } = this.batch;
    const at = this.batch.sourceOffset(slot);
    this.sourcePort = ((source[at + 2] ?? 0) << 8) | (source[at + 3] ?? 0);
    this.sourceAddress =
      source[at] === AF_INET6
        ? ipv6Number(source, at + SOCKADDR6_ADDRESS)
        : (((source[at + 4] ?? 0) << 24) |
            ((source[at + 5] ?? 0) << 16) |
            ((source[at + 6] ?? 0) << 8) |
            (source[at + 7] ?? 0)) >>>
          0;
  }

  /** Walks the ancillary data: arrival time and the socket's count of drops. */
  private readControl(handle: number, slot: number): void {
    const { controlWords: words } = this.batch;
    const start = this.batch.controlStart(slot);
    const controlLength = this.batch.controlLength(slot);
    this.dscp = Number.NaN; // until it is told: that of the packet before is not this one's
    let offset = 0;
    while (offset + CMSG_DATA <= controlLength) {
      const word = start + (offset >> 2);
      const length = words[word] ?? 0;
      if (length < CMSG_DATA) {
        return;
      }
      const data = word + CMSG_DATA / 4;
      if (words[word + 2] !== SOL_SOCKET) {
        // A mark: nothing else is asked for beside what the socket level tells. IPv4 tells one byte, IPv6 an int: the low byte of the word in either case.
        this.dscp = ((words[data] ?? 0) & 0xff) >> DSCP_SHIFT;
      } else if (words[word + 3] === SO_TIMESTAMPNS) {
        const wallSeconds = (words[data] ?? 0) + (words[data + 1] ?? 0) * 0x1_0000_0000;
        this.arrivalNs = (wallSeconds - this.offsetSeconds) * 1e9 + ((words[data + 2] ?? 0) - this.offsetNs);
      } else if (words[word + 3] === SO_RXQ_OVFL) {
        this.dropCounts[handle] = words[data] ?? 0;
      }
      offset += (length + 7) & ~7;
    }
  }

  private setOption(handle: number, level: number, option: number, value: number): boolean {
    return this.libc.setsockopt(handle, level, option, new Uint8Array(Int32Array.of(value).buffer), 4) === 0;
  }

  private openError(address: string, port: number): NetError {
    const where = `UDP ${address}:${port}`;
    switch (this.libc.errno()) {
      case ERRNO.EADDRINUSE:
        return new NetError('address-in-use', `${where} is in use by another program`);
      case ERRNO.EADDRNOTAVAIL:
        return new NetError('address-not-available', `${address} is no address of this host`);
      case ERRNO.EMFILE:
      case ERRNO.ENFILE:
        return new NetError('too-many-open-files', `no file handle is left for ${where}`);
      case ERRNO.EACCES:
      case ERRNO.EPERM:
        return new NetError('no-permission', `not allowed to bind ${where}`);
      default:
        return new NetError('other', `cannot bind ${where}: errno ${this.libc.errno()}`);
    }
  }
}

/** `struct sockaddr_in` or `sockaddr_in6`. @throws NetError when `address` is none */
function sockaddrOf(address: string, port: number): Uint8Array {
  if (address.includes(':')) {
    return sockaddr6Of(address, port);
  }
  const value = parseIpv4(address);
  if (value === null) {
    throw new NetError('address-not-available', `expected an IP address, got "${address}"`);
  }
  const sockaddr = Buffer.alloc(SOCKADDR_BYTES);
  sockaddr.writeUInt16LE(AF_INET, 0);
  sockaddr.writeUInt16BE(port, 2);
  sockaddr.writeUInt32BE(value, 4);
  return sockaddr;
}

function sockaddr6Of(address: string, port: number): Uint8Array {
  const ip = parseIp(address);
  if (ip?.family !== 6) {
    throw new NetError('address-not-available', `expected an IP address, got "${address}"`);
  }
  const sockaddr = Buffer.alloc(SOCKADDR6_BYTES);
  sockaddr.writeUInt16LE(AF_INET6, 0);
  sockaddr.writeUInt16BE(port, 2);
  sockaddr.set(ip.bytes, SOCKADDR6_ADDRESS);
  return sockaddr;
}
