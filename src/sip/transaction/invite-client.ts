/**
 * INVITE client transaction (RFC 3261 §17.1.1, figure 5, with Accepted and Timer M of RFC 6026 §7.1, §8.4). On a reliable
 * transport there is no Timer A, and Timer D is 0.
 *
 *   Calling ──1xx──▶ Proceeding       Timer A: INVITE again at T1, doubling      (Calling)
 *      │ │              │ │           Timer B: 64·T1, then timeout               (Calling)
 *      │ └──300-699──┬──┘ │           Timer D: ≥ 32 s, absorbs late 300-699, each answered with the ACK again (Completed)
 *     2xx        Completed 2xx        Timer M: 64·T1, every 2xx goes to the user (Accepted)
 *      └───────▶ Accepted ◀┘
 */
import { type RequestFields, NO_HEADERS, ownText, serializeCompanion, serializeRequest } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import type { TransportFailure } from '../transport/transport.js';
import { type AnyTransaction, TimerPair, type TransactionLayer } from './layer.js';
import { timerDMs, transactionTimeoutMs } from './timers.js';

export type InviteClientState = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';

export interface InviteClientUser {
  onProvisional(response: SipMessage): void;
  /** Every 2xx, retransmissions and those of other forks included; the user sends the ACK (§13.2.2.4). */
  onSuccess(response: SipMessage): void;
  /** The first 300–699; the transaction has sent its ACK. */
  onFailure(response: SipMessage): void;
  /** Timer B. */
  onTimeout(): void;
  onTransportError(failure: TransportFailure): void;
}

export interface Destination {
  readonly host: string;
  readonly port: number;
}

export class InviteClient implements AnyTransaction {
  readonly isClient = true;
  readonly heldBytes = 0;
  readonly key: string;
  readonly host: string;
  readonly port: number;
  #state: InviteClientState = 'calling';
  #timers: TimerPair;
  #data: string;
  #intervalAMs: number;
  #fields: RequestFields;

  constructor(
    private readonly layer: TransactionLayer,
    fields: RequestFields,
    destination: Destination,
    private readonly user: InviteClientUser,
  ) {
    this.#fields = fields;
    this.key = fields.branch;
    this.host = destination.host;
    this.port = destination.port;
    this.#timers = new TimerPair(layer.timers);
    this.#data = serializeRequest(fields);
    this.#intervalAMs = layer.intervals.t1Ms;
  }

  /** Of the request; once it is answered without its headers and body, which nobody needs for the 32 s of Timer M. */
  get fields(): RequestFields {
    return this.#fields;
  }

  get state(): InviteClientState {
    return this.#state;
  }

  /** Sends the INVITE and starts timers A and B. */
  start(): void {
    if (!this.layer.isReliable) this.#timers.setRetransmit(this.#intervalAMs, onTimerA, this);
    this.#timers.setDeadline(transactionTimeoutMs(this.layer.intervals), onTimerB, this);
    this.layer.output.send(this.#data, this.host, this.port);
  }

  receive(response: SipMessage): void {
    if (response.status < 200) this.#receiveProvisional(response);
    else if (response.status < 300) this.#receiveSuccess(response);
    else this.#receiveFailure(response);
  }

  #receiveProvisional(response: SipMessage): void {
    if (this.#state !== 'calling' && this.#state !== 'proceeding') return;
    if (this.#state === 'calling') {
      this.#state = 'proceeding';
      this.#timers.stop();
    }
    this.user.onProvisional(response);
  }

  #receiveSuccess(response: SipMessage): void {
    if (this.#state === 'calling' || this.#state === 'proceeding') {
      this.#state = 'accepted';
      this.#timers.stopRetransmit();
      this.#timers.setDeadline(transactionTimeoutMs(this.layer.intervals), onTimerEnd, this);
      this.#data = '';
      this.#fields = { ...this.#fields, headers: NO_HEADERS, contentType: '', body: '' };
      this.user.onSuccess(response);
    } else if (this.#state === 'accepted') {
      this.user.onSuccess(response);
    }
  }

  #receiveFailure(response: SipMessage): void {
    if (this.#state === 'calling' || this.#state === 'proceeding') {
      this.#state = 'completed';
      this.#timers.stopRetransmit();
      this.#timers.setDeadline(timerDMs(this.layer.intervals), onTimerEnd, this);
      this.#data = ownText(serializeCompanion('ACK', this.#fields, response.toText));
      this.layer.output.send(this.#data, this.host, this.port);
      if (this.layer.isReliable) this.#terminate();
      this.user.onFailure(response);
    } else if (this.#state === 'completed') {
      this.layer.output.send(this.#data, this.host, this.port);
    }
  }

  timerA(): void {
    if (this.#state !== 'calling') return;
    this.#intervalAMs *= 2;
    this.#timers.setRetransmit(this.#intervalAMs, onTimerA, this);
    this.layer.onRetransmission('INVITE');
    this.layer.output.send(this.#data, this.host, this.port);
  }

  timerB(): void {
    if (this.#state !== 'calling') return;
    this.#terminate();
    this.user.onTimeout();
  }

  failTransport(failure: TransportFailure): void {
    const waits = this.#state === 'calling' || this.#state === 'proceeding';
    // In Completed and Accepted only an ACK can have failed: the outcome stands, late responses are still absorbed.
    if (!waits) return;
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

// Module functions, so that a timer costs no closure.
const onTimerA = (transaction: InviteClient): void => transaction.timerA();
const onTimerB = (transaction: InviteClient): void => transaction.timerB();
/** Timers D and M. */
const onTimerEnd = (transaction: InviteClient): void => transaction.abandon();
