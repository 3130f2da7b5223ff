/**
 * Non-INVITE server transaction (RFC 3261 §17.2.2, figure 8).
 *
 *   Trying ──1xx──▶ Proceeding ──200-699──▶ Completed ──J──▶ Terminated
 *   Requests again: ignored in Trying, answered by the last response else.   Timer J: 64·T1,
 *   and 0 on a reliable transport.
 */
import { ownText } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import type { Destination } from './invite-client.js';
import type { AnyTransaction, TransactionLayer } from './layer.js';
import { type TimerHandle, transactionTimeoutMs } from './timers.js';
import { serverKey } from './transaction-key.js';

export type ServerState = 'trying' | 'proceeding' | 'completed' | 'terminated';

export class Server implements AnyTransaction {
  readonly isClient = false;
  readonly key: string;
  readonly host: string;
  readonly port: number;
  #state: ServerState = 'trying';
  #timerJ: TimerHandle | null = null;
  #lastResponse = '';
  #heldBytes: number;

  constructor(
    private readonly layer: TransactionLayer,
    request: SipMessage,
    destination: Destination,
  ) {
    this.key = ownText(serverKey(request));
    this.#heldBytes = request.byteLength;
    this.host = destination.host;
    this.port = destination.port;
  }

  get state(): ServerState {
    return this.#state;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Sends a response of the user. @param status of `data`; ignored after a final one */
  respond(status: number, data: string): void {
    if (this.#state !== 'trying' && this.#state !== 'proceeding') return;
    if (status < 200) {
      this.#state = 'proceeding';
      this.#lastResponse = data;
    } else this.#complete(ownText(data));
    this.layer.output.send(this.#lastResponse, this.host, this.port);
    if (status >= 200 && this.layer.isReliable) this.abandon();
  }

  /** From here on only the response is needed, so nothing may keep the request alive. */
  #complete(data: string): void {
    this.#state = 'completed';
    this.#lastResponse = data;
    this.layer.onHeldBytes(data.length - this.#heldBytes);
    this.#heldBytes = data.length;
    this.#timerJ = this.layer.timers.schedule(transactionTimeoutMs(this.layer.intervals), onTimerJ, this);
  }

  /** The request once more. */
  receiveRetransmission(): void {
    const answers = this.#state === 'proceeding' || this.#state === 'completed';
    if (answers) this.layer.output.send(this.#lastResponse, this.host, this.port);
  }

  /** A response that could not be sent is sent again when the request comes again: nothing to tell anyone. */
  failTransport(): void {}

  abandon(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    if (this.#timerJ !== null) this.layer.timers.cancel(this.#timerJ);
    this.layer.onTerminated(this);
  }
}

const onTimerJ = (transaction: Server): void => transaction.abandon();
