/**
 * SIP over UDP on node:dgram (RFC 3261 §18): the one file here that does I/O. The socket is unconnected, and the kernel
 * reports ICMP errors on connected ones only: a closed port is seen as Timer B or F, an error here is a send that failed.
 */
import { type Socket, createSocket } from 'node:dgram';
import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import type { Transport, TransportAddress, TransportCounters } from './transport.js';

/** Room for a burst: 4 MiB is some 5,000 messages. */
export const SOCKET_BUFFER_BYTES = 4 * 1_024 * 1_024;

const MAX_CACHED_ADDRESSES = 10_000;

export interface UdpOptions {
  /** Local address to bind; its form decides between IPv4 and IPv6. */
  readonly address: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  readonly bufferBytes?: number;
}

/** Bytes as the kernel counts them: Linux doubles what was asked for and caps it at net.core.rmem_max / wmem_max. */
export interface SocketBuffers {
  readonly requestedBytes: number;
  readonly receiveBytes: number;
  readonly sendBytes: number;
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
    socket.bind({ address: options.address, port: options.port, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  }).catch((error: unknown) => {
    socket.close();
    throw error;
  });
  return new UdpTransport(socket, family, setBuffers(socket, options.bufferBytes ?? SOCKET_BUFFER_BYTES));
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
  readonly localAddress: TransportAddress;
  readonly counters: { -readonly [K in keyof TransportCounters]: number };
  onMessage: Transport['onMessage'] = null;
  onError: Transport['onError'] = null;
  #socket: Socket;
  #family: 4 | 6;
  #addresses = new Map<string, string>();
  #pending = new Map<string, Pending>();
  #names = new Map<string, string>();
  #isClosed = false;

  /** Use `openUdp`. */
  constructor(
    socket: Socket,
    family: 4 | 6,
    readonly buffers: SocketBuffers,
  ) {
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
    const address = this.#addresses.get(host);
    if (address !== undefined) this.#sendTo(data, address, port);
    else if (isIP(host) !== 0) {
      // isIP costs more than the lookup here; bounded, since peers choose the addresses that we answer to.
      if (this.#addresses.size < MAX_CACHED_ADDRESSES) this.#addresses.set(host, host);
      this.#sendTo(data, host, port);
    } else this.#resolveThenSend(data, host, port);
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
      this.onError?.(address, port, error);
      const name = this.#names.get(address);
      if (name !== undefined) this.onError?.(name, port, error);
    });
  }

  /** The first message to a name waits for the resolver; the address then stays for the life of the transport. */
  #resolveThenSend(data: string, host: string, port: number): void {
    const waiting = this.#pending.get(host);
    if (waiting !== undefined) {
      waiting.push({ data, port });
      return;
    }
    this.#pending.set(host, [{ data, port }]);
    lookup(host, { family: this.#family }, (error, address) => {
      if (error === null) this.#resolved(host, address);
      else this.#unresolved(host, error);
    });
  }

  #resolved(host: string, address: string): void {
    this.#addresses.set(host, address);
    this.#names.set(address, host);
    for (const { data, port } of this.#takePending(host)) if (!this.#isClosed) this.#sendTo(data, address, port);
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
