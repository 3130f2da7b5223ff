/**
 * SIP over connections: TCP, TLS, WS and WSS (RFC 3261 §18, RFC 7118). One connection for each address and port, opened by
 * the first message and used again while it lasts, in both directions; a message after its end opens the next one.
 */
import { type Server as HttpServer, createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type LookupFunction, type Server, type Socket, connect, createServer, isIP } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { WebSocket, WebSocketServer } from 'ws';
import { connectionFailure } from './failure.js';
import { CONNECT_TIMEOUT_MS, type Link, type LinkEvents } from './link.js';
import { plainAddress } from './plain-address.js';
import { SocketLink } from './socket-link.js';
import { type TlsMaterial, NO_TLS_MATERIAL, clientOptions, serverOptions } from './tls-settings.js';
import type { Protocol, Transport, TransportAddress, TransportCounters, TransportFailure } from './transport.js';
import { MAX_PAYLOAD_BYTES, SUBPROTOCOL, WebSocketLink } from './web-socket-link.js';

export type ConnectedProtocol = Exclude<Protocol, 'UDP'>;

/** Peers choose how many connections they open, and by their Contacts where we connect to. */
const MAX_LINKS = 20_000;
const BACKLOG = 4_096;

export interface ConnectionsOptions {
  readonly protocol: ConnectedProtocol;
  /** Local address of every connection. */
  readonly address: string;
  /** Takes connections on this port, 0: any free one; null: takes none. TLS and WSS need a certificate for it. */
  readonly listenPort: number | null;
  readonly tls?: TlsMaterial;
  /** Of the WebSocket URL. Default `/ws`. */
  readonly webSocketPath?: string;
  readonly connectTimeoutMs?: number;
  /** Default that of node:dns. */
  readonly lookup?: LookupFunction;
}

/** How many connections there were. */
export interface ConnectionCounters {
  opened: number;
  accepted: number;
  /** That could not be opened. */
  failed: number;
}

/** Of a connection that is there. */
interface LinkState {
  /** Its keys in the table of links. */
  readonly keys: string[];
  wasOpen: boolean;
}

/** @throws the bind error of node:net (`EADDRINUSE`, `EADDRNOTAVAIL`, …) */
export async function openConnections(options: ConnectionsOptions): Promise<Connections> {
  const connections = new Connections(options);
  if (options.listenPort !== null) await connections.listen(options.listenPort);
  return connections;
}

export class Connections implements Transport {
  readonly protocol: ConnectedProtocol;
  readonly counters: { -readonly [K in keyof TransportCounters]: number };
  readonly connections: ConnectionCounters = { opened: 0, accepted: 0, failed: 0 };
  onMessage: Transport['onMessage'] = null;
  onError: Transport['onError'] = null;
  /** Without a listener: our end of the connection that was opened first, or again, at which the peer reaches us. */
  onLocalPort: ((port: number) => void) | null = null;
  /** Under `host:port` as asked for and, once open, as it turned out to be. */
  #links = new Map<string, Link>();
  #all = new Map<Link, LinkState>();
  #listener: Server | HttpServer | null = null;
  #waiting = new Map<Link, ((failure: TransportFailure | null) => void)[]>();
  #localPort = 0;
  /** The first place that was connected to: our end of that connection is where we are reached. */
  #home: string | null = null;
  #isClosed = false;

  /** Use `openConnections`. */
  constructor(private readonly options: ConnectionsOptions) {
    this.protocol = options.protocol;
    this.counters = { sent: 0, received: 0, sentBytes: 0, receivedBytes: 0, sendErrors: 0 };
  }

  get localAddress(): TransportAddress {
    const { address } = this.options;
    return { host: address, port: this.#localPort, family: isIP(address) === 6 ? 'IPv6' : 'IPv4' };
  }

  /** Connections that are there, the unfinished ones included. */
  get size(): number {
    return this.#all.size;
  }

  /** Opens the connection to host:port, where there is none; null: it is open. */
  connect(host: string, port: number): Promise<TransportFailure | null> {
    return new Promise((resolve) => {
      const link = this.#linkTo(host, port);
      if (link === null) resolve(connectionFailure(`cannot connect to port ${port}`));
      else if (link.isOpen) resolve(null);
      else this.#waiting.set(link, [...(this.#waiting.get(link) ?? []), resolve]);
    });
  }

  send(data: string, host: string, port: number): void {
    if (this.#isClosed) return;
    const link = this.#linkTo(host, port);
    if (link === null) {
      this.counters.sendErrors++;
      // Deferred, so that a caller of send never hears of its failure before send has returned.
      queueMicrotask(() => this.onError?.(host, port, connectionFailure('no connection can be opened to it')));
      return;
    }
    this.counters.sent++;
    this.counters.sentBytes += data.length;
    link.send(data);
  }

  hasConnection(host: string, port: number): boolean {
    return this.#links.get(keyOf(host, port))?.isOpen ?? false;
  }

  keepAlive(host: string, port: number): void {
    this.#links.get(keyOf(host, port))?.keepAlive();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const ended = [...this.#all.keys()].map(
      (link) => new Promise<void>((resolve) => this.#waiting.set(link, [() => resolve()])),
    );
    for (const link of this.#all.keys()) link.close();
    this.#listener?.close();
    await Promise.all(ended);
  }

  /** Takes connections. @throws the bind error */
  async listen(port: number): Promise<void> {
    const listener = this.#createListener();
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen({ host: this.options.address, port, exclusive: true, backlog: BACKLOG }, () => {
        listener.off('error', reject);
        resolve();
      });
    });
    // A connection that could not be accepted (no file left) harms no call that is there.
    listener.on('error', () => void this.connections.failed++);
    listener.maxConnections = MAX_LINKS;
    this.#listener = listener;
    const bound = listener.address();
    if (typeof bound === 'object' && bound !== null) this.#localPort = bound.port;
  }

  #createListener(): Server | HttpServer {
    const { protocol, tls = NO_TLS_MATERIAL } = this.options;
    if (protocol === 'TCP') return createServer((socket) => this.#accept(socket, false));
    if (protocol === 'TLS') {
      const server = createTlsServer(serverOptions(tls), (socket) => this.#accept(socket, true));
      server.on('tlsClientError', () => void this.connections.failed++);
      return server;
    }
    const server = protocol === 'WS' ? createHttpServer() : createHttpsServer(serverOptions(tls));
    server.on('tlsClientError', () => void this.connections.failed++);
    const sockets = new WebSocketServer({
      server,
      maxPayload: MAX_PAYLOAD_BYTES,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
    sockets.on('error', () => {}); // heard by the listener itself
    sockets.on('connection', (socket, request) => this.#acceptWebSocket(socket, request.socket));
    return server;
  }

  #accept(socket: Socket, isTls: boolean): void {
    const host = plainAddress(socket.remoteAddress ?? '');
    const port = socket.remotePort ?? 0;
    const link = new SocketLink({ socket, host, port, isTls, isAccepted: true }, this.#events);
    this.#keepAccepted(link);
  }

  #acceptWebSocket(socket: WebSocket, stream: Socket): void {
    if (socket.protocol !== SUBPROTOCOL) {
      socket.close(1002, 'expected the subprotocol sip');
      return;
    }
    const from = { host: plainAddress(stream.remoteAddress ?? ''), port: stream.remotePort ?? 0 };
    this.#keepAccepted(new WebSocketLink(socket, stream, from, this.#events));
  }

  #keepAccepted(link: Link): void {
    this.connections.accepted++;
    const key = keyOf(link.host, link.port);
    this.#all.set(link, { keys: [key], wasOpen: true });
    this.#links.set(key, link);
    if (this.#isClosed) link.destroy();
  }

  /** The connection to host:port, a new one where there is none; null: there can be none. */
  #linkTo(host: string, port: number): Link | null {
    const key = keyOf(host, port);
    const known = this.#links.get(key);
    if (known !== undefined) return known;
    if (this.#isClosed || this.#all.size >= MAX_LINKS || !(port > 0 && port < 65_536)) return null;
    const link = this.#open(host, port);
    this.#links.set(key, link);
    this.#all.set(link, { keys: [key], wasOpen: false });
    this.#home ??= key;
    return link;
  }

  #open(host: string, port: number): Link {
    const { protocol, address, lookup, tls = NO_TLS_MATERIAL, connectTimeoutMs = CONNECT_TIMEOUT_MS } = this.options;
    const family = isIP(address) === 6 ? 6 : 4;
    const from = { localAddress: address, family, ...(lookup !== undefined && { lookup }) } as const;
    if (protocol === 'WS' || protocol === 'WSS') {
      const scheme = protocol === 'WS' ? 'ws' : 'wss';
      const url = `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}${this.options.webSocketPath ?? '/ws'}`;
      const socket = new WebSocket(url, [SUBPROTOCOL], {
        ...(protocol === 'WSS' ? clientOptions(tls, host) : {}),
        ...from,
        handshakeTimeout: connectTimeoutMs,
        maxPayload: MAX_PAYLOAD_BYTES,
        perMessageDeflate: false,
      });
      return new WebSocketLink(socket, null, { host, port }, this.#events);
    }
    const isTls = protocol === 'TLS';
    const socket = isTls
      ? connectTls({ host, port, ...from, ...clientOptions(tls, host) })
      : connect({ host, port, ...from });
    return new SocketLink({ socket, host, port, isTls, isAccepted: false, connectTimeoutMs }, this.#events);
  }

  readonly #events: LinkEvents = {
    onOpen: (link) => this.#opened(link),
    onMessage: (link, data) => {
      const { host, port } = link.remote ?? link;
      this.counters.received++;
      this.counters.receivedBytes += data.length;
      this.onMessage?.(data, host, port);
    },
    onEnd: (link, failure) => this.#ended(link, failure),
  };

  #opened(link: Link): void {
    this.connections.opened++;
    const state = this.#all.get(link);
    if (state !== undefined) {
      state.wasOpen = true;
      this.#addRemoteKey(link, state);
    }
    if (this.#listener === null && this.#home === keyOf(link.host, link.port)) {
      this.#localPort = link.localPort;
      this.onLocalPort?.(link.localPort);
    }
    this.#tell(link, null);
  }

  /** What comes over it is answered to the address, which need not be what was asked for. */
  #addRemoteKey(link: Link, state: LinkState): void {
    const { remote } = link;
    if (remote === null || this.#links.has(keyOf(remote.host, remote.port))) return;
    const key = keyOf(remote.host, remote.port);
    this.#links.set(key, link);
    state.keys.push(key);
  }

  #ended(link: Link, failure: TransportFailure | null): void {
    const { keys, wasOpen } = this.#all.get(link) ?? { keys: [], wasOpen: true };
    this.#all.delete(link);
    const lost = keys.filter((key) => this.#links.get(key) === link);
    for (const key of lost) this.#links.delete(key);
    if (failure !== null && !wasOpen) this.connections.failed++;
    this.#tell(link, failure);
    if (failure === null) return;
    for (const { host, port } of lost.map(placeOf)) this.onError?.(host, port, failure);
  }

  #tell(link: Link, failure: TransportFailure | null): void {
    const waiting = this.#waiting.get(link) ?? [];
    this.#waiting.delete(link);
    for (const resolve of waiting) resolve(failure);
  }
}

const keyOf = (host: string, port: number): string => `${host}:${port}`;

function placeOf(key: string): { host: string; port: number } {
  const colon = key.lastIndexOf(':');
  return { host: key.slice(0, colon), port: Number(key.slice(colon + 1)) };
}
