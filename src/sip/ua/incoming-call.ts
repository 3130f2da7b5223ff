/** A call that we are given: provisional and final responses, the 2xx again until its ACK (RFC 3261 §13.3.1, §15). */
import { Dialog } from '../dialog/dialog.js';
import { toWire } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import type { TransportFailure } from '../transport/transport.js';
import type { CallEnd, IncomingCall, IncomingCallListener } from './call-events.js';
import type { Core } from './core.js';
import type { Exchange, ExchangeOwner } from './exchange.js';
import { RepeatedAnswer } from './repeated-answer.js';
import { Session, type SessionUser } from './session.js';

export class UasCall implements IncomingCall, SessionUser, ExchangeOwner {
  readonly callId: string;
  readonly tag: string;
  listener: IncomingCallListener | null = null;
  #state: 'ringing' | 'answered' | 'confirmed' | 'finished' = 'ringing';
  #session: Session;
  #answer: RepeatedAnswer;
  #byeWanted = false;

  /** @throws SipParseError when the INVITE's Contact or Record-Route cannot be read; nothing was registered then */
  constructor(
    private readonly core: Core,
    private readonly exchange: Exchange,
  ) {
    const { request } = exchange;
    this.tag = exchange.tag;
    const local = { address: `${request.toText};tag=${this.tag}`, tag: this.tag, cseq: 0 };
    const { host, port } = exchange.transaction;
    const source = { host, port };
    const peer = { named: source, address: source, isConnection: core.isReliable };
    this.#session = new Session(core, { dialog: Dialog.fromRequest(request, local), peer, authorizer: null }, this);
    this.#answer = new RepeatedAnswer(core, () => this.#noAck());
    this.callId = this.#session.dialog.callId;
    exchange.owner = this;
  }

  get request(): SipMessage {
    return this.exchange.request;
  }

  ring(): void {
    if (this.#state === 'ringing') this.#reply(180);
  }

  answer(sdp: string): void {
    if (this.#state !== 'ringing') return;
    this.#state = 'answered';
    this.#session.dialog.confirm();
    const { transaction } = this.exchange;
    this.#answer.start(this.#reply(200, toWire(sdp)), transaction);
  }

  reject(status: number): void {
    if (this.#state !== 'ringing') return;
    this.#finish();
    this.#session.drop();
    this.#reply(status);
  }

  bye(): void {
    if (this.#state === 'ringing') this.reject(480);
    else if (this.#state === 'confirmed') this.#session.bye();
    // §15: a callee hangs up only when the ACK has come or has been given up.
    else if (this.#state === 'answered') this.#byeWanted = true;
  }

  /** A CANCEL has matched this call's INVITE; nothing once there is a final response (§9.2). */
  receiveCancel(): void {
    if (this.#state !== 'ringing') return;
    this.reject(487);
    this.listener?.onCancelled();
  }

  onAck(ack: SipMessage): void {
    if (this.#state !== 'answered') return;
    this.#confirm();
    this.listener?.onAck(ack);
    if (this.#byeWanted) this.#session.bye();
  }

  onEnded(end: CallEnd): void {
    if (this.#state === 'ringing') {
      // The caller may leave an early dialog by BYE (§15).
      this.receiveCancel();
      return;
    }
    this.#finish();
    this.listener?.onEnded(end);
  }

  onClosed(): void {
    this.#finish();
  }

  onReoffer(sdp: string): string | null {
    return this.#state === 'confirmed' ? (this.listener?.onReoffer(sdp) ?? null) : null;
  }

  onReanswerLost(): void {
    this.listener?.onReanswerLost();
  }

  #noAck(): void {
    this.#confirm();
    this.listener?.onAckTimeout();
    this.#session.bye();
  }

  #confirm(): void {
    this.#state = 'confirmed';
    this.#answer.stop();
  }

  #finish(): void {
    this.#state = 'finished';
    this.#answer.stop();
  }

  transportFailed({ cause, detail }: TransportFailure): void {
    if (this.#state === 'finished') return;
    this.#finish();
    this.#session.drop();
    this.listener?.onEnded({ by: 'local', status: null, cause, detail });
  }

  #reply(status: number, sdp = ''): string {
    const headers = status < 300 ? this.core.withContact : this.core.noContact;
    return this.exchange.reply(status, { headers, sdp });
  }
}
