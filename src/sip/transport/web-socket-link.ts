/** A WebSocket connection (RFC 7118): subprotocol `sip`, one SIP message in each WebSocket message. */
import { isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { DEFAULT_PARSE_LIMITS } from '../message/parse-error.js';
import { connectionFailure, failureOf } from './failure.js';
import { type Link, type LinkEvents, MAX_UNSENT_BYTES } from './link.js';
import { plainAddress } from './plain-address.js';
import type { TransportFailure } from './transport.js';

export const SUBPROTOCOL = 'sip';
/** The longest WebSocket message that is taken. */
export const MAX_PAYLOAD_BYTES = DEFAULT_PARSE_LIMITS.maxMessageBytes;

/** Close codes of RFC 6455 §7.4.1. */
const NORMAL_CLOSURE = 1000;
const PROTOCOL_ERROR = 1002;
const CLOSE_TIMEOUT_MS = 500;

export class WebSocketLink implements Link {
  #unsent: Buffer[] = [];
  #unsentBytes = 0;
  #isOurs = false;
  #failure: TransportFailure | null = null;
  #stream: Socket | null = null;
  #timer: NodeJS.Timeout | null = null;

  readonly host: string;
  readonly port: number;

  /** @param stream below an accepted one; null: it comes with the upgrade */
  constructor(
    private readonly socket: WebSocket,
    stream: Socket | null,
    { host, port }: { readonly host: string; readonly port: number },
    private readonly events: LinkEvents,
  ) {
    this.host = host;
    this.port = port;
    this.#stream = stream;
    socket.on('upgrade', (response) => (this.#stream = response.socket));
    socket.on('open', () => this.#open());
    socket.on('message', (data) => this.events.onMessage(this, data as Buffer));
    socket.on('ping', () => this.#checkUnsent()); // ws has written the pong
    socket.on('error', (error) => (this.#failure ??= failureOf(error, false)));
    socket.on('close', (code) => this.#end(code));
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  get localPort(): number {
    return this.#stream?.localPort ?? 0;
  }

  get remote(): { host: string; port: number } | null {
    const { remoteAddress, remotePort } = this.#stream ?? {};
    const isKnown = remoteAddress !== undefined && remotePort !== undefined;
    return isKnown ? { host: plainAddress(remoteAddress), port: remotePort } : null;
  }

  send(data: string): void {
    const bytes = Buffer.from(data, 'latin1');
    if (this.isOpen) this.#write(bytes);
    else {
      this.#unsent.push(bytes);
      this.#unsentBytes += bytes.length;
    }
    this.#checkUnsent();
  }

  keepAlive(): void {
    if (this.isOpen) this.socket.ping();
  }

  close(): void {
    this.#isOurs = true;
    this.socket.close(NORMAL_CLOSURE);
    this.#timer = setTimeout(() => this.socket.terminate(), CLOSE_TIMEOUT_MS);
  }

  destroy(): void {
    this.#isOurs = true;
    this.socket.terminate();
  }

  #open(): void {
    if (this.socket.protocol !== SUBPROTOCOL) {
      this.#failure = connectionFailure('the server does not speak SIP over WebSocket');
      this.socket.close(PROTOCOL_ERROR);
      return;
    }
    for (const bytes of this.#unsent) this.#write(bytes);
    this.#unsent = [];
    this.#unsentBytes = 0;
    this.events.onOpen(this);
  }

  #checkUnsent(): void {
    if (this.socket.bufferedAmount + this.#unsentBytes > MAX_UNSENT_BYTES) this.#giveUp('the peer does not read');
  }

  /** A text message must be UTF-8 (RFC 6455 §5.6), which bytes of a peer that we pass on need not be. */
  #write(bytes: Buffer): void {
    this.socket.send(bytes, { binary: !isUtf8(bytes) });
  }

  #giveUp(why: string): void {
    this.#failure ??= connectionFailure(why);
    this.socket.terminate();
  }

  #end(code: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const failure = this.#failure ?? connectionFailure(`the peer closed the connection (WebSocket ${code})`);
    this.events.onEnd(this, this.#isOurs ? null : failure);
  }
}
