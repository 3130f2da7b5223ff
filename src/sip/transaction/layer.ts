/** What all four transaction machines share: where they send, their timers, and their place in the table (RFC 3261 §17). */
import type { TransportFailure } from '../transport/transport.js';
import type { Intervals, TimerHandle, Timers } from './timers.js';

/** A transport, as far as a transaction cares. `data` is wire text. */
export interface TransactionOutput {
  send(data: string, host: string, port: number): void;
}

export interface TransactionLayer {
  readonly output: TransactionOutput;
  readonly timers: Timers;
  readonly intervals: Intervals;
  /** A transport that loses nothing: no retransmissions of requests and final responses, and no waiting for copies (§17). */
  readonly isReliable: boolean;
  /** Called once, when the machine reaches Terminated. */
  onTerminated(transaction: AnyTransaction): void;
  /** Called for each request that a client transaction sends again. */
  onRetransmission(method: string): void;
  /** Called when a server transaction that is in the table holds more or less message text than before. */
  onHeldBytes(change: number): void;
}

/** The part of a transaction that the table and the user agent need whatever its kind. */
export interface AnyTransaction {
  readonly key: string;
  readonly isClient: boolean;
  readonly host: string;
  readonly port: number;
  /** Text of a request that is not answered yet, then of the answer; 0 in client transactions, whose number is ours. */
  readonly heldBytes: number;
  /** Goes to Terminated at once and reports a transport error to the user when it still waits for something. */
  failTransport(failure: TransportFailure): void;
  /** Goes to Terminated at once without a word to the user. */
  abandon(): void;
}

/** Two timers at most run at a time: one that retransmits, one that ends the state. */
export class TimerPair {
  #retransmit: TimerHandle | null = null;
  #deadline: TimerHandle | null = null;

  constructor(private readonly timers: Timers) {}

  setRetransmit<T>(delayMs: number, fire: (target: T) => void, target: T): void {
    this.stopRetransmit();
    this.#retransmit = this.timers.schedule(delayMs, fire, target);
  }

  setDeadline<T>(delayMs: number, fire: (target: T) => void, target: T): void {
    this.stopDeadline();
    this.#deadline = this.timers.schedule(delayMs, fire, target);
  }

  stopRetransmit(): void {
    if (this.#retransmit !== null) this.timers.cancel(this.#retransmit);
    this.#retransmit = null;
  }

  stopDeadline(): void {
    if (this.#deadline !== null) this.timers.cancel(this.#deadline);
    this.#deadline = null;
  }

  stop(): void {
    this.stopRetransmit();
    this.stopDeadline();
  }
}
