/**
 * A dialog in use (RFC 3261 §12.2, §15): requests of the peer inside it and ours, its session timer, our BYE, and the one report
 * of its end.
 */
import { isChallenge } from '../auth/authorizer.js';
import type { Dialog } from '../dialog/dialog.js';
import { NO_HEADERS, joinBlocks } from '../message/builder.js';
import { HeaderId } from '../message/header-name.js';
import type { SipMessage } from '../message/message.js';
import { SUPPORTED } from '../message/option-tags.js';
import { q850Reason } from '../message/reason-header.js';
import type { ClientUser } from '../transaction/client.js';
import type { TransportFailure } from '../transport/transport.js';
import type { CallEnd, DialogOffer, DialogRequest, MidCall, MidCallListener, OutcomeListener } from './call-events.js';
import type { Core } from './core.js';
import type { DialogParts } from './dialog-request.js';
import type { Exchange } from './exchange.js';
import { OwnRequests } from './own-requests.js';
import { PeerRequests } from './peer-requests.js';
import { refusalDetail } from './refusal.js';
import { SessionTimer, type SessionTimerWish, type TimerAnswer } from './session-timer.js';

export interface SessionUser {
  /** The user agent closes: stop every timer, say nothing. */
  onClosed(): void;
  onAck(ack: SipMessage): void;
  /** Who hears what the far side begins; null: nobody takes offers (yet). */
  midCallListener(): MidCallListener | null;
  /** Takes a PRACK; false: there is nothing that it acknowledges. */
  onPrack(exchange: Exchange): boolean;
  /** Exactly once. */
  onEnded(end: CallEnd): void;
}

/** What a session is made of. */
export interface SessionParts extends DialogParts {
  /** We placed the call. */
  readonly isCaller: boolean;
  /** Null: as the far side wants it. */
  readonly timer: SessionTimerWish | null;
}

/** Key of a session in the core's map; the tags of both sides, so that forks of one INVITE keep apart. */
export const sessionKey = (localTag: string, remoteTag: string): string => `${localTag} ${remoteTag}`;

export class Session implements ClientUser, MidCall {
  #state: 'active' | 'ending' | 'ended' = 'active';
  /** Their BYE crossed ours. */
  #hasGlare = false;
  #key: string;
  /** Made when they are needed: most calls need none of them. */
  #peer: PeerRequests | null = null;
  #own: OwnRequests | null = null;
  #timer: SessionTimer | null = null;
  /** The message that began the timer allows UPDATE. */
  #takesUpdate = false;
  readonly dialog: Dialog;

  /** Registers itself for requests of the peer. */
  constructor(
    private readonly core: Core,
    readonly parts: SessionParts,
    private readonly user: SessionUser,
  ) {
    const { dialog } = parts;
    this.dialog = dialog;
    this.#key = sessionKey(dialog.local.tag, dialog.remoteTag);
    core.sessions.set(this.#key, this);
  }

  get isActive(): boolean {
    return this.#state === 'active';
  }

  get isOffering(): boolean {
    return this.#own?.isOffering ?? false;
  }

  listener(): MidCallListener | null {
    return this.user.midCallListener();
  }

  offer(offer: DialogOffer, done: OutcomeListener): void {
    if (this.isActive) this.#ownRequests().offer(offer, done);
  }

  send(request: DialogRequest, done: OutcomeListener): void {
    if (this.isActive) this.#ownRequests().send(request, done);
  }

  /** The terms of the 2xx to our INVITE. */
  startTimer(response: SipMessage): void {
    if (hasTimer(response)) this.#takeTerms(response);
  }

  /** Headers of our 2xx to the INVITE or UPDATE, or the refusal. */
  refreshedBy(request: SipMessage): TimerAnswer {
    if (this.#timer === null && this.parts.timer === null && !hasTimer(request))
      return { status: 200, headers: NO_HEADERS };
    this.#noteAllow(request);
    return this.#sessionTimer().answer(request);
  }

  takePrack(exchange: Exchange): boolean {
    return this.user.onPrack(exchange);
  }

  /** Sends our BYE, once. */
  bye(): void {
    if (this.#state !== 'active') return;
    this.#state = 'ending';
    this.#stop();
    this.#sendBye();
  }

  #sendBye(): void {
    const { core, dialog } = this;
    const { peer, authorizer } = this.parts;
    const ids = { viaPrefix: core.viaPrefix, branch: core.ids.branch() };
    const authorization = authorizer?.headersFor('BYE', dialog.route.requestUri) ?? NO_HEADERS;
    const fields = dialog.nextRequest('BYE', ids, joinBlocks(authorization, core.noContact));
    const hop = core.hopOf(dialog, peer);
    core.startClient(fields, hop ?? peer.address, this);
  }

  /** Forgets the session without a BYE: it was never confirmed. */
  drop(): void {
    this.#state = 'ended';
    this.#stop();
    this.#peer?.stop();
    this.core.sessions.delete(this.#key);
  }

  /** As `drop`, for a user agent that closes. */
  close(): void {
    this.drop();
    this.user.onClosed();
  }

  receiveAck(ack: SipMessage): void {
    if (this.#peer?.receiveAck(ack) !== true) this.user.onAck(ack);
  }

  /** Answers a request inside the dialog. */
  receive(exchange: Exchange): void {
    const { request } = exchange;
    // §12.2.2: a lower number than the last is out of order.
    if (!this.dialog.acceptRemoteCseq(request.cseq.number)) exchange.reply(500);
    else if (request.method === 'BYE') this.#receiveBye(exchange);
    else (this.#peer ??= new PeerRequests(this.core, this)).receive(exchange);
  }

  onAckLost(): void {
    this.user.midCallListener()?.onReanswerLost();
    this.bye();
  }

  #receiveBye(exchange: Exchange): void {
    const detail = q850Reason(exchange.request);
    exchange.reply(200);
    if (this.#state === 'ending') this.#hasGlare = true;
    else this.#end({ by: 'remote', status: 200, cause: 'bye', detail });
  }

  onFinal(response: SipMessage): void {
    const { status } = response;
    if (status < 300 || this.#hasGlare) this.#end({ by: 'local', status, cause: 'bye', detail: null });
    else {
      const { authorizer } = this.parts;
      const refusal = isChallenge(status) && authorizer !== null ? authorizer.accept(response) : '';
      if (refusal === null) this.#sendBye();
      else this.#end({ by: 'local', status, cause: 'bye-refused', detail: refusalDetail(response, refusal) });
    }
  }

  onTimeout(): void {
    this.#end({ by: 'local', status: null, cause: this.#hasGlare ? 'bye' : 'bye-timeout', detail: null });
  }

  onTransportError({ cause, detail }: TransportFailure): void {
    this.#end({
      by: 'local',
      status: null,
      cause: this.#hasGlare ? 'bye' : cause,
      detail: this.#hasGlare ? null : detail,
    });
  }

  #end(end: CallEnd): void {
    if (this.#state === 'ended') return;
    this.drop();
    this.user.onEnded(end);
  }

  #stop(): void {
    this.#own?.close();
    this.#timer?.stop();
  }

  #ownRequests(): OwnRequests {
    return (this.#own ??= new OwnRequests(this.core, this.parts, {
      isCaller: this.parts.isCaller,
      isPeerOffering: () => this.#peer?.isOffering ?? false,
      offerHeaders: () =>
        joinBlocks(this.core.withContact, joinBlocks(SUPPORTED, this.#timer?.requestHeaders ?? NO_HEADERS)),
      onRefreshed: (response) => {
        if (this.#timer !== null || hasTimer(response)) this.#takeTerms(response);
      },
    }));
  }

  #takeTerms(response: SipMessage): void {
    this.#noteAllow(response);
    this.#sessionTimer().take(response);
  }

  #noteAllow(message: SipMessage): void {
    const allowed = message.headersById(HeaderId.allow);
    // One without the header says nothing new.
    if (allowed.length > 0) this.#takesUpdate = allowed.some((method) => method.toUpperCase() === 'UPDATE');
  }

  #sessionTimer(): SessionTimer {
    return (this.#timer ??= new SessionTimer(this.core.timers, this.parts.timer, {
      refresh: () => this.#refresh(true),
      expire: () => this.#expire(),
    }));
  }

  /** RFC 4028 §7.4: by UPDATE without an offer where the far side takes it, else by re-INVITE. @param mayRaise a 422 is no end yet */
  #refresh(mayRaise: boolean): void {
    const done: OutcomeListener = ({ response, cause }) => {
      const status = response?.status ?? null;
      if (response !== null && status === 422 && mayRaise && this.#timer?.raise(response) === true)
        this.#refresh(false);
      // §12.2.1.2: the far side knows nothing of the call any more.
      else if (status === 481 || status === 408 || cause === 'timeout') this.#expire();
      else if (response !== null && response.status < 300 && response.method === 'INVITE')
        this.listener()?.onOfferAnswered(response.body);
    };
    if (this.#takesUpdate) this.send({ method: 'UPDATE' }, done);
    else this.offer({ method: 'INVITE', sdp: () => this.listener()?.onOfferAsked('current') ?? null }, done);
  }

  #expire(): void {
    if (!this.isActive) return;
    this.user.midCallListener()?.onSessionExpired();
    this.bye();
  }
}

const hasTimer = (message: SipMessage): boolean => message.headerById(HeaderId.sessionExpires) !== null;
