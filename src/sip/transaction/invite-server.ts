/**
 * INVITE server transaction (RFC 3261 §17.2.1, figure 7, with Accepted and Timer L of RFC 6026 §7.1, §8.7). On a
 * reliable transport there is no Timer G, and Timer I is 0. Retransmitting the 2xx is the user agent's work (§13.3.1.4), not this machine's.
 *
 *   Proceeding ──300-699──▶ Completed ──ACK──▶ Confirmed ──I──▶ Terminated
 *       └──2xx──▶ Accepted ──L──▶ Terminated      (INVITEs again: absorbed; ACKs: to the user)
 *   Timer G: final response again at T1, doubling up to T2.   Timer H: 64·T1 without ACK.   Timer I: T4.   Timer L: 64·T1.
 */
import { ownText } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import type { TransportFailure } from '../transport/transport.js';
import type { Destination } from './invite-client.js';
import { type AnyTransaction, TimerPair, type TransactionLayer } from './layer.js';
import { TRYING_AFTER_MS, transactionTimeoutMs } from './timers.js';
import { serverKey } from './transaction-key.js';

export type InviteServerState = 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';

export interface InviteServerUser {
  /** The text of 100 Trying; asked for when the user has not answered within 200 ms. */
  trying(): string;
  /** Timer H: no ACK came for our 300–699. */
  onTimeout(): void;
  onTransportError(failure: TransportFailure): void;
}

export class InviteServer implements AnyTransaction {
  readonly isClient = false;
  readonly key: string;
  readonly host: string;
  readonly port: number;
  /** Under which the user agent finds a copy of this INVITE that came by another path; null for none (§8.2.2.2). */
  mergeKey: string | null = null;
  #state: InviteServerState = 'proceeding';
  #timers: TimerPair;
  #lastResponse = '';
  #heldBytes: number;
  #user: InviteServerUser | null;
  #intervalGMs: number;

  constructor(
    private readonly layer: TransactionLayer,
    request: SipMessage,
    destination: Destination,
    user: InviteServerUser,
  ) {
    this.key = ownText(serverKey(request));
    this.#heldBytes = request.byteLength;
    this.#user = user;
    this.host = destination.host;
    this.port = destination.port;
    this.#timers = new TimerPair(layer.timers);
    this.#intervalGMs = layer.intervals.t1Ms;
  }

  get state(): InviteServerState {
    return this.#state;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Arms the automatic 100 Trying. */
  start(): void {
    this.#timers.setRetransmit(TRYING_AFTER_MS, onTrying, this);
  }

  /** Sends a response of the user. @param status of `data`; ignored after a final one */
  respond(status: number, data: string): void {
    if (this.#state !== 'proceeding') return;
    this.#timers.stopRetransmit();
    if (status >= 300) this.#complete(ownText(data));
    else if (status >= 200) this.#accept();
    else this.#lastResponse = data;
    this.layer.output.send(data, this.host, this.port);
  }

  #complete(data: string): void {
    this.#state = 'completed';
    this.#hold(data);
    if (!this.layer.isReliable) this.#timers.setRetransmit(this.#intervalGMs, onTimerG, this);
    this.#timers.setDeadline(transactionTimeoutMs(this.layer.intervals), onTimerH, this);
  }

  #accept(): void {
    this.#state = 'accepted';
    this.#user = null;
    this.#hold('');
    this.#timers.setDeadline(transactionTimeoutMs(this.layer.intervals), onTimerEnd, this);
  }

  /** After a final response only that is needed, so nothing may keep the request alive. */
  #hold(data: string): void {
    this.#lastResponse = data;
    this.layer.onHeldBytes(data.length - this.#heldBytes);
    this.#heldBytes = data.length;
  }

  /** The INVITE once more. */
  receiveRetransmission(): void {
    const answers = this.#state === 'proceeding' || this.#state === 'completed';
    if (answers && this.#lastResponse !== '') this.layer.output.send(this.#lastResponse, this.host, this.port);
  }

  /** An ACK with the INVITE's branch, so one for a 300–699. */
  receiveAck(): void {
    if (this.#state !== 'completed') return;
    if (this.layer.isReliable) {
      this.abandon();
      return;
    }
    this.#state = 'confirmed';
    this.#timers.stopRetransmit();
    this.#timers.setDeadline(this.layer.intervals.t4Ms, onTimerEnd, this);
  }

  trying(): void {
    if (this.#state !== 'proceeding' || this.#lastResponse !== '' || this.#user === null) return;
    this.respond(100, this.#user.trying());
  }

  timerG(): void {
    this.#intervalGMs = Math.min(2 * this.#intervalGMs, this.layer.intervals.t2Ms);
    this.#timers.setRetransmit(this.#intervalGMs, onTimerG, this);
    this.layer.output.send(this.#lastResponse, this.host, this.port);
  }

  timerH(): void {
    this.abandon();
    this.#user?.onTimeout();
  }

  failTransport(failure: TransportFailure): void {
    if (this.#state !== 'proceeding' && this.#state !== 'completed') return;
    this.abandon();
    this.#user?.onTransportError(failure);
  }

  abandon(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#timers.stop();
    this.layer.onTerminated(this);
  }
}

const onTrying = (transaction: InviteServer): void => transaction.trying();
const onTimerG = (transaction: InviteServer): void => transaction.timerG();
const onTimerH = (transaction: InviteServer): void => transaction.timerH();
/** Timers I and L. */
const onTimerEnd = (transaction: InviteServer): void => transaction.abandon();
