/** A TCP or TLS connection (RFC 3261 §18.3, §26.2): messages by Content-Length, CRLF keep-alives (RFC 5626 §4.4.1). */
import type { Socket } from 'node:net';
import { StreamFramer } from '../message/stream-framer.js';
import { connectionFailure, failureOf } from './failure.js';
import { CONNECT_TIMEOUT_MS, type Link, type LinkEvents, MAX_UNSENT_BYTES } from './link.js';
import { plainAddress } from './plain-address.js';
import type { TransportFailure } from './transport.js';

/** A closing connection whose peer does not close its side is torn down after so long. */
const CLOSE_TIMEOUT_MS = 500;

export interface SocketLinkParts {
  readonly socket: Socket;
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** Accepted: it is open from the start. */
  readonly isAccepted: boolean;
  readonly connectTimeoutMs?: number;
}

export class SocketLink implements Link {
  readonly host: string;
  readonly port: number;
  #socket: Socket;
  #framer = new StreamFramer();
  #isOpen: boolean;
  #isTls: boolean;
  #isOurs = false;
  #hasTcp = false;
  #failure: TransportFailure | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    { socket, host, port, isTls, isAccepted, connectTimeoutMs = CONNECT_TIMEOUT_MS }: SocketLinkParts,
    private readonly events: LinkEvents,
  ) {
    this.host = host;
    this.port = port;
    this.#socket = socket;
    this.#isTls = isTls;
    this.#isOpen = isAccepted;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => (this.#failure ??= failureOf(error, this.#isInHandshake)));
    socket.once('close', () => this.#end());
    if (isAccepted) return;
    socket.once('connect', () => (this.#hasTcp = true));
    socket.once(isTls ? 'secureConnect' : 'connect', () => this.#open());
    this.#timer = setTimeout(() => this.#giveUp(`no connection within ${connectTimeoutMs} ms`), connectTimeoutMs);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  get remote(): { host: string; port: number } | null {
    const { remoteAddress, remotePort } = this.#socket;
    const isKnown = remoteAddress !== undefined && remotePort !== undefined;
    return isKnown ? { host: plainAddress(remoteAddress), port: remotePort } : null;
  }

  send(data: string): void {
    this.#write(data);
  }

  keepAlive(): void {
    if (this.#isOpen) this.#write('\r\n\r\n');
  }

  close(): void {
    if (!this.#isOpen) {
      this.destroy();
      return;
    }
    this.#isOurs = true;
    this.#socket.end();
    this.#timer = setTimeout(() => this.#socket.destroy(), CLOSE_TIMEOUT_MS);
  }

  destroy(): void {
    this.#isOurs = true;
    this.#socket.destroy();
  }

  /** Whatever is written counts: a peer that only pings and never reads would else fill the memory with answers. */
  #write(data: string): void {
    this.#socket.write(data, 'latin1');
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) this.#giveUp('the peer does not read what is sent');
  }

  get #isInHandshake(): boolean {
    return this.#isTls && this.#hasTcp && !this.#isOpen;
  }

  #open(): void {
    this.#stopTimer();
    this.#isOpen = true;
    this.events.onOpen(this);
  }

  #receive(chunk: Uint8Array): void {
    const messages = this.#framer.push(chunk);
    const pings = this.#framer.takePings();
    if (pings > 0) this.#write('\r\n'.repeat(pings));
    for (const message of messages) this.events.onMessage(this, message);
    const { failure } = this.#framer;
    if (failure !== null) this.#giveUp(`the peer sent no SIP: ${failure.message}`);
  }

  #giveUp(why: string): void {
    this.#failure ??= this.#isInHandshake ? { cause: 'tls-failed', detail: why } : connectionFailure(why);
    this.#socket.destroy();
  }

  #end(): void {
    this.#stopTimer();
    const failure = this.#failure ?? connectionFailure('the peer closed the connection');
    this.#isOpen = false;
    this.events.onEnd(this, this.#isOurs ? null : failure);
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
