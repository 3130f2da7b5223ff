/**
 * Non-INVITE client transaction (RFC 3261 §17.1.2, figure 6).
 *
 *   Trying ──1xx──▶ Proceeding ──200-699──▶ Terminated
 *      └────────────200-699─────────────────────▲
 *   Timer E: again at T1, doubling up to T2; in Proceeding every T2.   Timer F: 64·T1, then timeout.
 *   On a reliable transport there is no Timer E.
 * Completed and its Timer K are left out: they absorb copies of the final response, as whoever finds no transaction for a response does;
 * thousands that wait 5 s for that would cost a garbage collector more than the calls.
 */
import { type RequestFields, serializeCompanion, serializeRequest } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import type { TransportFailure } from '../transport/transport.js';
import type { Destination } from './invite-client.js';
import { type AnyTransaction, TimerPair, type TransactionLayer } from './layer.js';
import { clientKey } from './transaction-key.js';
import { transactionTimeoutMs } from './timers.js';

export type ClientState = 'trying' | 'proceeding' | 'terminated';

export interface ClientUser {
  /** The first final response. */
  onFinal(response: SipMessage): void;
  /** Timer F. */
  onTimeout(): void;
  onTransportError(failure: TransportFailure): void;
}

export class Client implements AnyTransaction {
  readonly isClient = true;
  readonly heldBytes = 0;
  readonly key: string;
  readonly host: string;
  readonly port: number;
  readonly method: string;
  #state: ClientState = 'trying';
  #timers: TimerPair;
  #data: string;
  #intervalEMs: number;
  #wasRetransmitted = false;

  /** @param fields the request; for a CANCEL the fields of the INVITE that it cancels, see `cancelOf` */
  constructor(
    private readonly layer: TransactionLayer,
    fields: RequestFields,
    destination: Destination,
    private readonly user: ClientUser,
  ) {
    this.method = fields.method;
    this.key = clientKey(fields.branch, fields.method);
    this.host = destination.host;
    this.port = destination.port;
    this.#timers = new TimerPair(layer.timers);
    this.#data =
      fields.method === 'CANCEL' ? serializeCompanion('CANCEL', fields, fields.to) : serializeRequest(fields);
    this.#intervalEMs = layer.intervals.t1Ms;
  }

  get state(): ClientState {
    return this.#state;
  }

  /** It was sent more than once: a response may answer any of the copies. */
  get wasRetransmitted(): boolean {
    return this.#wasRetransmitted;
  }

  /** Sends the request and starts timers E and F. */
  start(): void {
    if (!this.layer.isReliable) this.#timers.setRetransmit(this.#intervalEMs, onTimerE, this);
    this.#timers.setDeadline(transactionTimeoutMs(this.layer.intervals), onTimerF, this);
    this.layer.output.send(this.#data, this.host, this.port);
  }

  receive(response: SipMessage): void {
    if (this.#state !== 'trying' && this.#state !== 'proceeding') return;
    if (response.status < 200) {
      this.#state = 'proceeding';
      return;
    }
    this.#terminate();
    this.user.onFinal(response);
  }

  timerE(): void {
    const { t2Ms } = this.layer.intervals;
    this.#intervalEMs = this.#state === 'proceeding' ? t2Ms : Math.min(2 * this.#intervalEMs, t2Ms);
    this.#timers.setRetransmit(this.#intervalEMs, onTimerE, this);
    this.#wasRetransmitted = true;
    this.layer.onRetransmission(this.method);
    this.layer.output.send(this.#data, this.host, this.port);
  }

  timerF(): void {
    this.#terminate();
    this.user.onTimeout();
  }

  failTransport(failure: TransportFailure): void {
    if (this.#state !== 'trying' && this.#state !== 'proceeding') return;
    this.#terminate();
    this.user.onTransportError(failure);
  }

  abandon(): void {
    this.#terminate();
  }

  #terminate(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#timers.stop();
    this.layer.onTerminated(this);
  }
}

/** The fields of the CANCEL for this INVITE: same branch, same CSeq number (§9.1). */
export const cancelOf = (invite: RequestFields): RequestFields => ({ ...invite, method: 'CANCEL' });

const onTimerE = (transaction: Client): void => transaction.timerE();
const onTimerF = (transaction: Client): void => transaction.timerF();
