/** A call that we are given: provisional and final responses, the 2xx again until its ACK (RFC 3261 §13.3.1, §15). */
import { Dialog } from '../dialog/dialog.js';
import { toWire } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import { TimerPair } from '../transaction/layer.js';
import { transactionTimeoutMs } from '../transaction/timers.js';
import type { CallEnd, IncomingCall, IncomingCallListener } from './call-events.js';
import type { Core } from './core.js';
import type { Exchange, ExchangeOwner } from './exchange.js';
import { Session, type SessionUser } from './session.js';

export class UasCall implements IncomingCall, SessionUser, ExchangeOwner {
  readonly callId: string;
  readonly tag: string;
  listener: IncomingCallListener | null = null;
  #state: 'ringing' | 'answered' | 'confirmed' | 'finished' = 'ringing';
  #session: Session;
  #timers: TimerPair;
  #answer = '';
  #intervalMs: number;
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
    const peer = { named: source, address: source };
    this.#session = new Session(core, { dialog: Dialog.fromRequest(request, local), peer, authorizer: null }, this);
    this.#timers = new TimerPair(core.timers);
    this.#intervalMs = core.intervals.t1Ms;
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
    // §13.3.1.4: the 2xx is ours to repeat, end to end, whatever the transport.
    this.#timers.setRetransmit(this.#intervalMs, onRepeat, this);
    this.#timers.setDeadline(transactionTimeoutMs(this.core.intervals), onAckDeadline, this);
    this.#answer = this.#reply(200, toWire(sdp));
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

  repeat(): void {
    this.#intervalMs = Math.min(2 * this.#intervalMs, this.core.intervals.t2Ms);
    this.#timers.setRetransmit(this.#intervalMs, onRepeat, this);
    const { host, port } = this.exchange.transaction;
    this.core.output.send(this.#answer, host, port);
  }

  ackDeadline(): void {
    this.#confirm();
    this.listener?.onAckTimeout();
    this.#session.bye();
  }

  #confirm(): void {
    this.#state = 'confirmed';
    this.#timers.stop();
    this.#answer = '';
  }

  #finish(): void {
    this.#state = 'finished';
    this.#timers.stop();
  }

  transportFailed(): void {
    if (this.#state === 'finished') return;
    this.#finish();
    this.#session.drop();
    this.listener?.onEnded({ by: 'local', status: null, cause: 'transport-error', detail: null });
  }

  #reply(status: number, sdp = ''): string {
    const headers = status < 300 ? this.core.withContact : this.core.noContact;
    return this.exchange.reply(status, { headers, sdp });
  }
}

const onRepeat = (call: UasCall): void => call.repeat();
const onAckDeadline = (call: UasCall): void => call.ackDeadline();
