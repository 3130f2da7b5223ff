/**
 * A call that we are given: provisional and final responses, the 2xx again until its ACK (RFC 3261 §13.3.1, §15), provisional ones
 * until their PRACK where that is wanted (RFC 3262).
 */
import { Dialog } from '../dialog/dialog.js';
import { type HeaderBlock, NO_HEADERS, joinBlocks, toWire } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import { SUPPORTED, requires, supports } from '../message/option-tags.js';
import type { TransportFailure } from '../transport/transport.js';
import type {
  CallEnd,
  DialogOffer,
  DialogRequest,
  IncomingCall,
  IncomingCallListener,
  MidCallListener,
  OutcomeListener,
} from './call-events.js';
import type { Core } from './core.js';
import type { Exchange, ExchangeOwner } from './exchange.js';
import { ReliableProvisional } from './reliable-provisional.js';
import { RepeatedAnswer } from './repeated-answer.js';
import { Session, type SessionUser } from './session.js';

export class UasCall implements IncomingCall, SessionUser, ExchangeOwner {
  readonly callId: string;
  readonly tag: string;
  listener: IncomingCallListener | null = null;
  readonly canBeReliable: boolean;
  isReliable: boolean;
  #state: 'ringing' | 'answered' | 'confirmed' | 'finished' = 'ringing';
  #session: Session;
  #answer: RepeatedAnswer;
  #byeWanted = false;
  #reliable: ReliableProvisional | null = null;
  /** The INVITE had no offer: ours goes out with the first reliable response. */
  #isOfferless: boolean;
  /** Offer and answer have been exchanged before the 2xx: each side may offer anew (RFC 3311). */
  #isAgreed = false;
  /** SDP of the 2xx that waits for a PRACK; null: none waits. */
  #heldAnswer: string | null = null;

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
    const dialog = Dialog.fromRequest(request, local);
    const timer = core.sessionTimer;
    this.#session = new Session(core, { dialog, peer, authorizer: null, isCaller: false, timer }, this);
    this.#answer = new RepeatedAnswer(core, () => this.#noAck());
    this.callId = this.#session.dialog.callId;
    this.canBeReliable = supports(request, '100rel');
    this.isReliable = requires(request, '100rel');
    this.#isOfferless = request.body === '';
    exchange.owner = this;
  }

  get request(): SipMessage {
    return this.exchange.request;
  }

  ring(status = 180, sdp = ''): void {
    if (this.#state !== 'ringing') return;
    const body = toWire(sdp);
    if (this.isReliable) {
      this.#reliable ??= new ReliableProvisional(this.core, this.exchange, () => this.#noPrack());
      this.#reliable.send({ status, sdp: body });
    } else this.#reply(status, this.core.withContact, body);
  }

  answer(sdp: string): void {
    if (this.#state !== 'ringing' || this.#heldAnswer !== null) return;
    if (this.#reliable?.holdsAnswer === true) {
      this.#heldAnswer = sdp;
      return;
    }
    // An interval that is too small was refused when the INVITE came.
    const timer = this.#session.refreshedBy(this.exchange.request);
    this.#state = 'answered';
    this.#reliable?.stop();
    this.#session.dialog.confirm();
    const { transaction } = this.exchange;
    const headers = joinBlocks(this.core.withContact, joinBlocks(SUPPORTED, timer.headers));
    this.#answer.start(this.#reply(200, headers, toWire(sdp)), transaction);
  }

  reject(status: number, headers: HeaderBlock = NO_HEADERS): void {
    if (this.#state !== 'ringing') return;
    this.#finish();
    this.#session.drop();
    this.#reply(status, joinBlocks(this.core.noContact, headers));
  }

  bye(): void {
    if (this.#state === 'ringing') this.reject(480);
    else if (this.#state === 'confirmed') this.#session.bye();
    // §15: a callee hangs up only when the ACK has come or has been given up.
    else if (this.#state === 'answered') this.#byeWanted = true;
  }

  offer(offer: DialogOffer, done: OutcomeListener): void {
    if (this.#state === 'confirmed') this.#session.offer(offer, done);
  }

  send(request: DialogRequest, done: OutcomeListener): void {
    if (this.#state === 'confirmed') this.#session.send(request, done);
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

  /** A PRACK is answered before anything that it sets free goes out. */
  onPrack(exchange: Exchange): boolean {
    const { request } = exchange;
    const acknowledged = this.#reliable?.acknowledge(request) ?? null;
    if (acknowledged === null) return false;
    const sdp = request.contentType === 'application/sdp' ? request.body : '';
    const headers = this.core.noContact;
    if (this.#isOfferless && acknowledged.hadSdp && !this.#isAgreed) {
      this.#isAgreed = true;
      exchange.reply(200, { headers });
      this.listener?.onOfferAnswered(sdp);
    } else {
      this.#isAgreed ||= acknowledged.hadSdp;
      const answer = sdp === '' ? '' : (this.midCallListener()?.onReoffer(sdp) ?? null);
      exchange.reply(answer === null ? 488 : 200, { headers, sdp: toWire(answer ?? '') });
    }
    this.#goOn();
    return true;
  }

  /** The next provisional response, or the 2xx that waited. */
  #goOn(): void {
    this.#reliable?.sendNext();
    const sdp = this.#heldAnswer;
    if (sdp === null || this.#reliable?.holdsAnswer === true) return;
    this.#heldAnswer = null;
    this.answer(sdp);
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

  midCallListener(): MidCallListener | null {
    return this.#state === 'confirmed' || (this.#state === 'ringing' && this.#isAgreed) ? this.listener : null;
  }

  #noAck(): void {
    this.#confirm();
    this.listener?.onAckTimeout();
    this.#session.bye();
  }

  #noPrack(): void {
    if (this.#state !== 'ringing') return;
    this.reject(504);
    this.listener?.onPrackTimeout();
  }

  #confirm(): void {
    this.#state = 'confirmed';
    this.#answer.stop();
  }

  #finish(): void {
    this.#state = 'finished';
    this.#heldAnswer = null;
    this.#reliable?.stop();
    this.#answer.stop();
  }

  transportFailed({ cause, detail }: TransportFailure): void {
    if (this.#state === 'finished') return;
    this.#finish();
    this.#session.drop();
    this.listener?.onEnded({ by: 'local', status: null, cause, detail });
  }

  #reply(status: number, headers: HeaderBlock, sdp = ''): string {
    return this.exchange.reply(status, { headers, sdp });
  }
}
