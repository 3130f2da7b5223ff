/**
 * The user agents of one signalling thread: one on UDP, which also carries the reports of received figures, and one for
 * each endpoint that is reached by connections. Via and Contact are of one transport, so each has its own.
 */
import type { CallAgent } from '../call/caller-call.js';
import { type ConnectionsOptions, openConnections } from '../sip/transport/connections.js';
import { openMarkedSocket, openMessageSocket } from '../net/message-socket.js';
import { monotonicNs } from '../lib/clock.js';
import { parseIp } from '../lib/ip-address.js';
import { formatHost } from '../sip/message/uri.js';
import type { Protocol, Transport } from '../sip/transport/transport.js';
import { openUdp, type UdpTransport } from '../sip/transport/udp.js';
import { UserAgent, type UserAgentOptions } from '../sip/ua/user-agent.js';
import { CallConnections } from './call-connections.js';
import type { CallerEndpoint, SignallingSetup } from './messages.js';
import type { OpenLine } from './user-lines.js';

/** Of a user's socket, which has one call at a time. */
const LINE_BUFFER_BYTES = 256 * 1024;

/** What all user agents of the thread share. */
export type SharedOptions = Omit<UserAgentOptions, 'transport' | keyof Identity>;

type Identity = Pick<UserAgentOptions, 'advertisedHost' | 'unreachableHost' | 'isSecure'>;

export interface OpenAgent {
  readonly userAgent: UserAgent;
  readonly transport: Transport;
}

export class Agents {
  #open: OpenAgent[] = [];

  /** @throws the error of the socket that cannot be bound */
  static async open(setup: SignallingSetup, shared: SharedOptions): Promise<Agents> {
    const listens = setup.role.type === 'answerer' ? setup.role.protocol : 'UDP';
    const [address, port] = [setup.localAddress, listens === 'UDP' ? setup.localPort : 0];
    const { dscp } = setup.links;
    const native = dscp === null ? null : await openMessageSocket({ address, port, dscp });
    const udp = await openUdp({ address, port, ...(native !== null && { native }) });
    const agents = new Agents(setup, shared, udp);
    try {
      agents.dscp = native === null ? null : dscp;
      if (listens !== 'UDP') agents.#listening = await agents.#listen(listens);
      return agents;
    } catch (error) {
      await udp.close();
      throw error;
    }
  }

  readonly udp: OpenAgent;
  /** Of the UDP socket; null: not set. */
  dscp: number | null = null;
  /** Our address and port as the first response named them. */
  seenAddress: string | null = null;
  /** Where far ends send their reports: the UDP socket. */
  figuresAddress: { readonly address: string; readonly port: number };
  /** Told of each new address, where it is to be advertised. */
  onLearned: (host: string) => void = () => {};
  #listening: OpenAgent | null = null;
  #perCall: CallConnections[] = [];
  #learned = new Map<UserAgent, string>();

  private constructor(
    private readonly setup: SignallingSetup,
    private readonly shared: SharedOptions,
    readonly socket: UdpTransport,
  ) {
    this.udp = this.#add(socket);
    this.figuresAddress = { address: this.#advertised, port: socket.localAddress.port };
  }

  /** Takes the calls of an answerer. */
  get listening(): OpenAgent {
    return this.#listening ?? this.udp;
  }

  /** Places the calls to an endpoint. */
  async agentFor(endpoint: CallerEndpoint): Promise<CallAgent> {
    const { protocol } = endpoint;
    if (protocol === 'UDP') return this.udp.userAgent;
    const options = connectionOptions(this.setup, endpoint, protocol);
    const shared = await this.#connected(endpoint, options);
    if (this.setup.links.connections !== 'call') return shared;
    const calls = new CallConnections({
      userAgent: { ...this.shared, ...this.#identity(endpoint) },
      connections: { ...options, listenPort: null },
      options: shared.options.bind(shared),
    });
    this.#perCall.push(calls);
    return calls;
  }

  /** Opens the socket or connection of one user; null: they share one. */
  get openLine(): OpenLine | null {
    const { links, role } = this.setup;
    const endpoint = role.type === 'caller' ? role.endpoints[0] : undefined;
    if (links.connections !== 'user' || endpoint === undefined) return null;
    return (host, port) => this.#openLine(endpoint, host, port);
  }

  /** Something to show NATs and firewalls on the way that it is in use. */
  keepAlive(endpoint: CallerEndpoint): void {
    for (const { addresses, port } of endpoint.servers)
      for (const { transport } of this.#open)
        if (transport.protocol === endpoint.protocol) transport.keepAlive(addresses[0] ?? '', port);
  }

  /** Monotonic ns: while a message is handled whose arrival the kernel has noted, that, so that our own lateness is in no delay. */
  readonly now = (): number => this.socket.arrivalNs ?? monotonicNs();

  /** Whether all that can come comes to the UDP socket. */
  get isDatagramOnly(): boolean {
    return this.#open.length === 1 && this.#perCall.length === 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.#perCall.map((calls) => calls.close()));
    for (const { userAgent } of this.#open) userAgent.close();
    await Promise.all(this.#open.map(({ transport }) => transport.close()));
  }

  get #advertised(): string {
    return this.setup.advertise ?? this.setup.localAddress;
  }

  /** A WebSocket client cannot be connected to, and says so (RFC 7118 §5.2.1). */
  #identity({ protocol, isSecure }: Pick<CallerEndpoint, 'protocol' | 'isSecure'>): Identity {
    const isWebSocket = protocol === 'WS' || protocol === 'WSS';
    const unreachableHost = `${this.setup.runToken}-${this.setup.index}.invalid`;
    return { advertisedHost: this.#advertised, isSecure, ...(isWebSocket && { unreachableHost }) };
  }

  #add(transport: Transport, isSecure = false): OpenAgent {
    const { protocol } = transport;
    const identity = this.#identity({ protocol, isSecure });
    const userAgent = new UserAgent({ ...this.shared, transport, ...identity });
    // A WebSocket client is reached over its connection, wherever it is seen.
    if (identity.unreachableHost === undefined)
      userAgent.onAddressSeen = (host, port) => this.#noteSeen(userAgent, host, port);
    this.#open.push({ userAgent, transport });
    return { userAgent, transport };
  }

  #noteSeen(userAgent: UserAgent, host: string, port: number | null): void {
    // The peer's word: it goes into our messages only as an address and a port.
    if (parseIp(host) === undefined || port === null || !(port > 0 && port < 65_536)) return;
    this.seenAddress ??= `${formatHost(host)}:${port}`;
    if (!this.setup.links.learnsAddress) {
      userAgent.onAddressSeen = null;
      return;
    }
    if (userAgent === this.udp.userAgent) this.figuresAddress = { address: host, port };
    const before = this.#learned.get(userAgent);
    if (before === `${host} ${port}`) return;
    this.#learned.set(userAgent, `${host} ${port}`);
    userAgent.advertise(host, port);
    this.onLearned(host);
  }

  async #listen(protocol: Exclude<Protocol, 'UDP'>): Promise<OpenAgent> {
    const { localAddress, localPort, links } = this.setup;
    return this.#add(await openConnections({ protocol, address: localAddress, listenPort: localPort, tls: links.tls }));
  }

  async #openLine(endpoint: CallerEndpoint, host: string, port: number): Promise<UserAgent> {
    const { protocol, isSecure } = endpoint;
    if (protocol === 'UDP') return this.#openPort();
    const options = { ...connectionOptions(this.setup, endpoint, protocol), listenPort: null };
    const connections = await openConnections(options);
    const { userAgent } = this.#add(connections, isSecure);
    // Our end of the connection is where the user is reached.
    if (protocol === 'TCP' || protocol === 'TLS')
      connections.onLocalPort = (localPort) => userAgent.advertise(this.#advertised, localPort);
    // One that fails now is tried again by the REGISTER, which says why it failed.
    await connections.connect(host, port);
    return userAgent;
  }

  async #openPort(): Promise<UserAgent> {
    const { localAddress: address, links } = this.setup;
    const fd = links.dscp === null ? null : await openMarkedSocket({ address, port: 0, dscp: links.dscp });
    const bufferBytes = LINE_BUFFER_BYTES;
    return this.#add(await openUdp({ address, port: 0, bufferBytes, ...(fd !== null && { fd }) })).userAgent;
  }

  /** Over TCP we can be connected to as well; over TLS only with a certificate, so there our end of the connection must do. */
  async #connected(endpoint: CallerEndpoint, options: ConnectionsOptions): Promise<UserAgent> {
    const connections = await openConnections(options);
    const { protocol, isSecure, servers } = endpoint;
    const { userAgent } = this.#add(connections, isSecure);
    if (protocol === 'TLS') connections.onLocalPort = (port) => userAgent.advertise(this.#advertised, port);
    const [first] = servers;
    // The first call is not to wait for it. Its failure is no end: each call tries again, and says why it failed.
    if (this.setup.links.connections === 'worker')
      await connections.connect(first?.addresses[0] ?? '', first?.port ?? 0);
    return userAgent;
  }
}

function connectionOptions(
  { localAddress, links }: SignallingSetup,
  { serverName }: CallerEndpoint,
  protocol: Exclude<Protocol, 'UDP'>,
): ConnectionsOptions {
  return {
    protocol,
    address: localAddress,
    listenPort: protocol === 'TCP' ? 0 : null,
    tls: { ...links.tls, serverName: links.tls.serverName ?? serverName },
    webSocketPath: links.webSocketPath,
  };
}
