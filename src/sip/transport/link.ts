/** One connection that carries whole SIP messages both ways, and where it leads. */
import type { TransportFailure } from './transport.js';

/** An unfinished connection is given up after so long; its calls then fail, or try the next server. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** What a peer does not read is not kept without end: beyond this the connection is given up. */
export const MAX_UNSENT_BYTES = 16 * 1_024 * 1_024;

export interface LinkEvents {
  /** It can carry messages; not called for one that was accepted. */
  onOpen(link: Link): void;
  onMessage(link: Link, data: Uint8Array): void;
  /** Exactly once. Null: closed by us. */
  onEnd(link: Link, failure: TransportFailure | null): void;
}

export interface Link {
  /** As it was asked for, or of an accepted one the address and port at the other end. */
  readonly host: string;
  readonly port: number;
  /** The address and port at the other end; null before it is open. */
  readonly remote: { readonly host: string; readonly port: number } | null;
  /** Our port; 0 before it is open. */
  readonly localPort: number;
  readonly isOpen: boolean;
  /** Waits for the connection where it is not open yet. @param data wire text */
  send(data: string): void;
  keepAlive(): void;
  /** Sends what waits, then closes. */
  close(): void;
  /** Closes at once. */
  destroy(): void;
}
