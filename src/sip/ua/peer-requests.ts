/**
 * What the far side begins within a dialog, answered (RFC 3261 §12.2.2, §14.2; RFC 3311 §5.2; RFC 6086): offers as the call
 * above says, one at a time; requests that ask nothing with 200; a transfer is declined unless the call above takes it, since whom we
 * call is not the peer's to say.
 */
import { type HeaderBlock, headerBlock, joinBlocks, toWire } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import { unsupportedBy } from '../message/option-tags.js';
import type { Dialog } from '../dialog/dialog.js';
import type { MidCallListener } from './call-events.js';
import type { Core } from './core.js';
import type { DialogParts } from './dialog-request.js';
import type { Exchange } from './exchange.js';
import { Referral } from './referral.js';
import { RepeatedAnswer } from './repeated-answer.js';
import type { TimerAnswer } from './session-timer.js';
import { fractionOf } from './spread.js';
import { hasUsableContact, refreshTarget } from './target-refresh.js';

/** The session that is spoken to. */
export interface PeerRequestsOwner {
  readonly dialog: Dialog;
  /** What requests of ours in the dialog need. */
  readonly parts: DialogParts;
  /** We have not begun to hang up. */
  readonly isActive: boolean;
  /** An offer of ours is on its way. */
  readonly isOffering: boolean;
  /** Null: the call above takes no offers yet. */
  listener(): MidCallListener | null;
  /** Takes a PRACK; false: there is nothing that it acknowledges. */
  takePrack(exchange: Exchange): boolean;
  /** The session timer of an INVITE or UPDATE: headers of the 2xx, or the refusal (422). */
  refreshedBy(request: SipMessage): TimerAnswer;
  /** Our 2xx to a re-INVITE was never acknowledged. */
  onAckLost(): void;
}

const ACCEPT_SDP = headerBlock([['Accept', 'application/sdp']]);
/** RFC 6086 §4.2.2: we know no Info package. */
const NO_INFO_PACKAGES = headerBlock([['Recv-Info', '']]);

export class PeerRequests {
  /** Our 2xx to their re-INVITE, and its number; null before the first one. */
  #answer: RepeatedAnswer | null = null;
  #cseq = -1;
  /** That 2xx has an offer of ours in it. */
  #awaitsAnswer = false;

  constructor(
    private readonly core: Core,
    private readonly owner: PeerRequestsOwner,
  ) {}

  /** Their re-INVITE waits for its ACK. */
  get isOffering(): boolean {
    return this.#answer?.isPending ?? false;
  }

  /** Answers a request that is neither BYE nor out of order. */
  receive(exchange: Exchange): void {
    const { request } = exchange;
    const unsupported = unsupportedBy(request);
    if (unsupported !== '') exchange.reply(420, { headers: headerBlock([['Unsupported', unsupported]]) });
    else if (request.method === 'INVITE' || request.method === 'UPDATE') this.#receiveRefresh(exchange);
    else if (request.method === 'PRACK') {
      if (!this.owner.takePrack(exchange)) exchange.reply(481);
    } else this.#receiveOther(exchange);
  }

  /** True: the ACK was one to a re-INVITE. */
  receiveAck(ack: SipMessage): boolean {
    if (!this.isOffering || ack.cseq.number !== this.#cseq) return false;
    this.#answer?.stop();
    if (this.#awaitsAnswer) {
      this.#awaitsAnswer = false;
      this.owner.listener()?.onOfferAnswered(hasSdp(ack) ? ack.body : '');
    }
    return true;
  }

  stop(): void {
    this.#answer?.stop();
  }

  #receiveOther(exchange: Exchange): void {
    const { request } = exchange;
    const { method } = request;
    if (method === 'OPTIONS') exchange.reply(200, { headers: this.core.capabilities });
    else if (method === 'INFO' && request.header('Info-Package') !== null)
      exchange.reply(469, this.#with(NO_INFO_PACKAGES));
    else if (method === 'INFO' || method === 'MESSAGE' || method === 'NOTIFY') {
      exchange.reply(200);
      this.owner.listener()?.onTold(request);
    } else if (method === 'REFER') this.#receiveRefer(exchange);
    else exchange.reply(405, { headers: this.core.allow });
  }

  #receiveRefer(exchange: Exchange): void {
    const referral = new Referral(this.core, this.owner.parts, exchange);
    if (this.owner.isActive) this.owner.listener()?.onReferred?.(referral);
    if (!referral.isAnswered) referral.refuse();
  }

  /** Re-INVITE and UPDATE: both refresh target and session, and may hold an offer. */
  #receiveRefresh(exchange: Exchange): void {
    const { request } = exchange;
    if (!hasUsableContact(request)) exchange.reply(400);
    else if (request.body !== '' && !hasSdp(request)) exchange.reply(415, this.#with(ACCEPT_SDP));
    else if (!this.owner.isActive) exchange.reply(488);
    else {
      const timer = this.owner.refreshedBy(request);
      if (timer.status !== 200) exchange.reply(timer.status, this.#with(timer.headers));
      else if (request.method === 'UPDATE' && request.body === '') this.#accept(exchange, '', timer.headers);
      else this.#receiveOffer(exchange, timer.headers);
    }
  }

  #receiveOffer(exchange: Exchange, timerHeaders: HeaderBlock): void {
    const { request } = exchange;
    const listener = this.owner.listener();
    if (this.owner.isOffering || this.#awaitsAnswer) exchange.reply(491);
    else if (listener === null) exchange.reply(500, this.#with(this.#retryAfter(request)));
    else {
      const asksForOffer = request.body === '';
      const sdp = asksForOffer ? listener.onOfferAsked('all') : listener.onReoffer(request.body);
      if (sdp === null) exchange.reply(488);
      else {
        this.#awaitsAnswer = asksForOffer;
        this.#accept(exchange, sdp, timerHeaders);
      }
    }
  }

  #accept(exchange: Exchange, sdp: string, timerHeaders: HeaderBlock): void {
    const { request, transaction } = exchange;
    const { method, cseq } = request;
    refreshTarget(this.owner.dialog, request);
    const text = exchange.reply(200, { headers: joinBlocks(this.core.withContact, timerHeaders), sdp: toWire(sdp) });
    if (method !== 'INVITE') return;
    this.#cseq = cseq.number;
    this.#answer ??= new RepeatedAnswer(this.core, () => this.#giveUp());
    this.#answer.start(text, transaction);
  }

  #giveUp(): void {
    this.#awaitsAnswer = false;
    this.owner.onAckLost();
  }

  /** RFC 3311 §5.2: a random number of seconds from 0 to 10. */
  #retryAfter({ callId, cseq }: SipMessage): HeaderBlock {
    return headerBlock([['Retry-After', String(Math.floor(fractionOf(`${callId} ${cseq.number}`) * 11))]]);
  }

  #with(headers: HeaderBlock): { readonly headers: HeaderBlock } {
    return { headers: joinBlocks(this.core.noContact, headers) };
  }
}

const hasSdp = (message: SipMessage): boolean => message.body !== '' && message.contentType === 'application/sdp';
