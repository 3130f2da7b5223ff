/**
 * SIP over UDP on node:dgram (RFC 3261 §18). The socket is unconnected, and the kernel
 * reports ICMP errors on connected ones only: a closed port is seen as Timer B or F, an error here is a send that failed.
 */
import { type Socket, createSocket } from 'node:dgram';
import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import { DETAIL_CHARACTERS, type Transport, type TransportAddress, type TransportCounters } from './transport.js';

/** Room for a burst: 4 MiB is some 5,000 messages. */
export const SOCKET_BUFFER_BYTES = 4 * 1_024 * 1_024;

const MAX_CACHED_ADDRESSES = 10_000;
/** Names that wait for the resolver at one time; it answers four at a time. */
const MAX_PENDING_NAMES = 1_000;

export interface UdpOptions {
  /** Local address to bind; its form decides between IPv4 and IPv6. */
  readonly address: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  readonly bufferBytes?: number;
  /** A socket that is bound already, with options that dgram cannot set; `port` then means nothing. */
  readonly native?: NativeSocket;
  /** The same, of which nothing but the descriptor is used. */
  readonly fd?: number;
  /** Addresses, and names with their addresses, that are remembered. Default 10,000 of each. */
  readonly maxCachedHosts?: number;
  /** Default that of node:dns. */
  readonly lookup?: typeof lookup;
}

/** Bytes as the kernel counts them: Linux doubles what was asked for and caps it at net.core.rmem_max / wmem_max. */
export interface SocketBuffers {
  readonly requestedBytes: number;
  readonly receiveBytes: number;
  readonly sendBytes: number;
}

/** Past dgram, which stays the owner of the descriptor. */
export interface NativeSocket {
  readonly fd: number;
  /** Hands wire text to the kernel at once; false: it was not taken, and goes the way of dgram, which waits and tells of errors. */
  send(data: string, address: string, port: number): boolean;
  /** As `send`, but at the next `flush`; false: there is no room before it, or no way. */
  queue(data: string, address: string, port: number): boolean;
  /** Sends what is queued. @param onRefused told which of them the kernel did not take, in the order of `queue` */
  flush(onRefused: (index: number) => void): void;
  /** The next message that waits, valid until the next call; null: none. The fields below are of it. */
  receive(): Uint8Array | null;
  readonly host: string;
  readonly sourcePort: number;
  /** ns on the monotonic clock. */
  readonly arrivalNs: number;
  /** Blocks the thread until this monotonic time. */
  sleepUntil(deadlineNs: number): void;
}

type Pending = { data: string; port: number }[];

interface SendError extends Error {
  readonly address?: string;
  readonly port?: number;
}

/**
 * Binds a socket.
 * @throws the bind error of dgram (`EADDRINUSE`, `EADDRNOTAVAIL`, …)
 */
export async function openUdp(options: UdpOptions): Promise<UdpTransport> {
  const family = isIP(options.address) === 6 ? 6 : 4;
  // dgram asks a resolver on each send, even for an address; this one answers at once, names are resolved before.
  const resolved = (host: string, _: unknown, done: (error: null, address: string, family: number) => void): void => {
    done(null, host, family);
  };
  const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', lookup: resolved });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    const { address, port, native, fd = native?.fd } = options;
    socket.bind(fd === undefined ? { address, port, exclusive: true } : { fd }, () => {
      socket.off('error', reject);
      resolve();
    });
  }).catch((error: unknown) => {
    socket.close();
    throw error;
  });
  return new UdpTransport(socket, family, setBuffers(socket, options.bufferBytes ?? SOCKET_BUFFER_BYTES), options);
}

function setBuffers(socket: Socket, requestedBytes: number): SocketBuffers {
  try {
    socket.setRecvBufferSize(requestedBytes);
    socket.setSendBufferSize(requestedBytes);
  } catch {
    // Some systems refuse sizes above their cap instead of cutting them; what was granted is reported either way.
  }
  return { requestedBytes, receiveBytes: socket.getRecvBufferSize(), sendBytes: socket.getSendBufferSize() };
}

export class UdpTransport implements Transport {
  readonly protocol = 'UDP';
  readonly localAddress: TransportAddress;
  readonly counters: { -readonly [K in keyof TransportCounters]: number };
  onMessage: Transport['onMessage'] = null;
  onError: Transport['onError'] = null;
  #socket: Socket;
  #family: 4 | 6;
  #isGathering = false;
  #queued: { readonly data: string; readonly address: string; readonly port: number }[] = [];
  /** Hosts that are addresses. */
  #literals = new Set<string>();
  /** Names with their addresses, oldest first, and the way back. */
  #addresses = new Map<string, string>();
  #names = new Map<string, string>();
  #pending = new Map<string, Pending>();
  #isClosed = false;
  #maxCached: number;
  #lookup: typeof lookup;
  /** Null where there is none: then messages come only by callback. */
  readonly native: NativeSocket | null;
  /** Arrival of the message that is being handled, ns on the monotonic clock; null: none is, or nobody knows but the callback. */
  arrivalNs: number | null = null;

  /** Use `openUdp`. */
  constructor(
    socket: Socket,
    family: 4 | 6,
    readonly buffers: SocketBuffers,
    options: Pick<UdpOptions, 'maxCachedHosts' | 'lookup' | 'native'> = {},
  ) {
    this.#maxCached = options.maxCachedHosts ?? MAX_CACHED_ADDRESSES;
    this.#lookup = options.lookup ?? lookup;
    this.native = options.native ?? null;
    const { address, port } = socket.address();
    this.localAddress = { host: address, port, family: family === 6 ? 'IPv6' : 'IPv4' };
    this.counters = { sent: 0, received: 0, sentBytes: 0, receivedBytes: 0, sendErrors: 0 };
    this.#socket = socket;
    this.#family = family;
    socket.on('message', (data, from) => this.#receive(data, from.address, from.port));
    // Errors with an address come through the send callback; what comes here has none and harms no call.
    socket.on('error', () => void this.counters.sendErrors++);
  }

  send(data: string, host: string, port: number): void {
    if (this.#isClosed) return;
    if (this.#isLiteral(host)) {
      this.#sendTo(data, host, port);
      return;
    }
    const address = this.#addresses.get(host);
    if (address === undefined) this.#resolveThenSend(data, host, port);
    else this.#sendTo(data, address, port);
  }

  /** What is sent from now on goes out at `flush`, together. */
  gather(): void {
    this.#isGathering = this.native !== null;
  }

  /** Sends what was gathered. */
  flush(): void {
    const queued = this.#queued;
    if (queued.length === 0) return;
    this.native?.flush((index) => {
      const message = queued[index];
      if (message !== undefined) this.#sendByCallback(message.data, message.address, message.port);
    });
    queued.length = 0;
  }

  /** What is sent from now on goes out at once. */
  release(): void {
    this.flush();
    this.#isGathering = false;
  }

  /** Handles what waits, at most so many messages; gives how many there were. */
  drain(most: number): number {
    const { native } = this;
    for (let count = 0; count < most; count++) {
      // A message may close the transport.
      const data = this.#isClosed || native === null ? null : native.receive();
      if (data === null || native === null) return count;
      this.arrivalNs = native.arrivalNs;
      try {
        this.#receive(data, native.host, native.sourcePort);
      } finally {
        this.arrivalNs = null;
      }
    }
    return most;
  }

  hasConnection(): boolean {
    return false;
  }

  /** CRLFCRLF, which every SIP server ignores (RFC 5626 §3.5.1 has it for streams, and it is the custom on UDP). */
  keepAlive(host: string, port: number): void {
    const address = this.#isLiteral(host) ? host : this.#addresses.get(host);
    if (this.#isClosed || address === undefined) return;
    this.#socket.send('\r\n\r\n', port, address, this.#afterSend);
  }

  /** isIP costs more than the lookup here; bounded, since peers choose the addresses that we answer to. */
  #isLiteral(host: string): boolean {
    if (this.#literals.has(host)) return true;
    if (isIP(host) === 0) return false;
    if (this.#literals.size < this.#maxCached) this.#literals.add(host);
    return true;
  }

  /** Entries of each cache, for tests: none of them may grow with what peers say. */
  get cacheSizes(): { readonly literals: number; readonly names: number; readonly pending: number } {
    return {
      literals: this.#literals.size,
      names: this.#addresses.size + this.#names.size,
      pending: this.#pending.size,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await new Promise<void>((resolve) => {
      this.#socket.close(() => resolve());
    });
  }

  #receive(data: Uint8Array, host: string, port: number): void {
    this.counters.received++;
    this.counters.receivedBytes += data.length;
    this.onMessage?.(data, host, port);
  }

  #sendTo(data: string, address: string, port: number): void {
    this.counters.sent++;
    this.counters.sentBytes += data.length;
    const { native } = this;
    if (
      native !== null &&
      (this.#isGathering ? this.#queue(native, data, address, port) : native.send(data, address, port))
    )
      return;
    this.#sendByCallback(data, address, port);
  }

  /** Kept beside the queue, for what the kernel does not take of it. */
  #queue(native: NativeSocket, data: string, address: string, port: number): boolean {
    if (!native.queue(data, address, port)) {
      this.flush();
      if (!native.queue(data, address, port)) return false;
    }
    this.#queued.push({ data, address, port });
    return true;
  }

  #sendByCallback(data: string, address: string, port: number): void {
    try {
      this.#socket.send(Buffer.from(data, 'latin1'), port, address, this.#afterSend);
    } catch (error) {
      // dgram throws for a port of 0; the peer's Contact can say that.
      this.#fail(address, port, error as Error);
    }
  }

  /** One callback for all sends; dgram's error names the address that it was for. */
  #afterSend = (error: SendError | null): void => {
    if (error !== null) this.#fail(error.address ?? '', error.port ?? 0, error);
  };

  #fail(address: string, port: number, error: Error): void {
    this.counters.sendErrors++;
    // Deferred, so that a caller of send never hears of its failure before send has returned.
    queueMicrotask(() => {
      const failure = { cause: 'transport-error', detail: error.message.slice(0, DETAIL_CHARACTERS) } as const;
      this.onError?.(address, port, failure);
      const name = this.#names.get(address);
      if (name !== undefined) this.onError?.(name, port, failure);
    });
  }

  /** The first message to a name waits for the resolver; the address then stays, unless too many names come after it. */
  #resolveThenSend(data: string, host: string, port: number): void {
    const waiting = this.#pending.get(host);
    if (waiting !== undefined) {
      waiting.push({ data, port });
      return;
    }
    if (this.#pending.size >= MAX_PENDING_NAMES) {
      this.#fail(host, port, new Error(`expected at most ${MAX_PENDING_NAMES} names that wait for the resolver`));
      return;
    }
    this.#pending.set(host, [{ data, port }]);
    this.#lookup(host, { family: this.#family }, (error, address) => {
      if (error === null) this.#resolved(host, address);
      else this.#unresolved(host, error);
    });
  }

  #resolved(host: string, address: string): void {
    this.#remember(host, address);
    for (const { data, port } of this.#takePending(host)) if (!this.#isClosed) this.#sendTo(data, address, port);
  }

  #remember(host: string, address: string): void {
    const [oldest] = this.#addresses;
    if (oldest !== undefined && this.#addresses.size >= this.#maxCached) {
      this.#addresses.delete(oldest[0]);
      if (this.#names.get(oldest[1]) === oldest[0]) this.#names.delete(oldest[1]);
    }
    this.#addresses.set(host, address);
    this.#names.set(address, host);
  }

  #unresolved(host: string, error: Error): void {
    for (const port of new Set(this.#takePending(host).map((entry) => entry.port))) this.#fail(host, port, error);
  }

  #takePending(host: string): Pending {
    const waiting = this.#pending.get(host) ?? [];
    this.#pending.delete(host);
    return waiting;
  }
}
