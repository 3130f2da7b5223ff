/** What the SIP stack needs of a transport (RFC 3261 §18); datagram semantics. */

export interface TransportAddress {
  readonly host: string;
  readonly port: number;
  readonly family: 'IPv4' | 'IPv6';
}

/** Totals since the start. Bytes are of SIP, without UDP and IP headers. */
export interface TransportCounters {
  readonly sent: number;
  readonly received: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly sendErrors: number;
}

export interface Transport {
  readonly localAddress: TransportAddress;
  readonly counters: TransportCounters;
  /** One datagram and where it came from (an address, without brackets). The bytes are the receiver's to keep. */
  onMessage: ((data: Uint8Array, host: string, port: number) => void) | null;
  /** A send to host:port (as given to `send`) failed. */
  onError: ((host: string, port: number, error: Error) => void) | null;
  /** Sends one message; calls neither `onMessage` nor `onError` before it returns. @param data wire text, one character per byte @param host name or address, no brackets */
  send(data: string, host: string, port: number): void;
  close(): Promise<void>;
}
