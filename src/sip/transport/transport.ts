/** What the SIP stack needs of a transport (RFC 3261 §18): whole messages to and from an address and port, whatever carries them. */

/** Of the words of a peer or of the system in a failure. */
export const DETAIL_CHARACTERS = 120;

/** As it stands in Via. */
export type Protocol = 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS';

/** What of this host was used up, so that no socket came about: it says nothing of the peer. */
export type HostLimit = 'no-file-handle' | 'no-local-port' | 'no-socket-memory';

/** Why a message could not be brought to the peer, or its connection is gone. */
export interface TransportFailure {
  /** `connection-failed`: refused, timed out, closed or reset. `tls-failed`: no agreement on TLS, or a bad certificate. */
  readonly cause: 'transport-error' | 'connection-failed' | 'tls-failed' | HostLimit;
  /** For people; at most 120 characters, may hold network text. */
  readonly detail: string;
}

export interface TransportAddress {
  readonly host: string;
  readonly port: number;
  readonly family: 'IPv4' | 'IPv6';
}

/** Totals since the start. Bytes are of SIP, without the headers of the layers below. */
export interface TransportCounters {
  readonly sent: number;
  readonly received: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly sendErrors: number;
}

export interface Transport {
  readonly protocol: Protocol;
  /** What the peer can reach: the bound socket, the listener, or without one the local end of the connection. */
  readonly localAddress: TransportAddress;
  readonly counters: TransportCounters;
  /** One message and where it came from (an address, without brackets). The bytes are valid until it returns. */
  onMessage: ((data: Uint8Array, host: string, port: number) => void) | null;
  /** A send to host:port (as given to `send`) failed, or the connection to it is gone. */
  onError: ((host: string, port: number, failure: TransportFailure) => void) | null;
  /** Sends one message; calls neither `onMessage` nor `onError` before it returns. @param data wire text, one character per byte @param host name or address, no brackets */
  send(data: string, host: string, port: number): void;
  /** Opens the connection to host:port, where there is none; null: it is up. Absent over datagrams. */
  connect?(host: string, port: number): Promise<TransportFailure | null>;
  /** Whether a connection to host:port is up; never over datagrams. */
  hasConnection(host: string, port: number): boolean;
  /** Something to show a NAT or firewall that the way is in use; nothing where no connection is up. */
  keepAlive(host: string, port: number): void;
  close(): Promise<void>;
}
