/**
 * A call that we place: INVITE, again with credentials where it is challenged, with a longer interval where that was too short, or
 * to where it is redirected; CANCEL, PRACKs, ACKs to every 2xx of every fork (RFC 3261 §8.1.3.4, §9.1, §13.2, §15, §22).
 */
import { isChallenge } from '../auth/authorizer.js';
import type { Dialog, LocalParty } from '../dialog/dialog.js';
import { type RequestFields, toWire } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import { type ClientUser, cancelOf } from '../transaction/client.js';
import type { Destination, InviteClient, InviteClientUser } from '../transaction/invite-client.js';
import type { TransportFailure } from '../transport/transport.js';
import { type TimerHandle, transactionTimeoutMs } from '../transaction/timers.js';
import type {
  CallEnd,
  CallFailure,
  DialogOffer,
  DialogRequest,
  MidCallListener,
  OutcomeListener,
  OutgoingCall,
  OutgoingCallListener,
} from './call-events.js';
import type { Core } from './core.js';
import { EarlyDialogs, isReliable } from './early-dialogs.js';
import { type Fork, confirmedFork, forkOf } from './fork.js';
import { type InviteRequest, InviteTerms } from './invite-terms.js';
import { DETAIL_CHARACTERS, refusalDetail } from './refusal.js';
import { Session, type SessionParts, type SessionUser } from './session.js';

interface SentAck {
  readonly remoteTag: string;
  readonly data: string;
  readonly hop: Destination;
}

/** Dialogs of one INVITE: every further To tag in a 2xx is dropped, or one peer could make us send without end. */
const MAX_FORKS = 8;
/** The answers to a CANCEL do not matter: the INVITE's own final response does (§9.1). */
const CANCEL_USER: ClientUser = { onFinal: () => {}, onTimeout: () => {}, onTransportError: () => {} };
/** Of a call that is over. */
const NO_LISTENER: OutgoingCallListener = {
  onProvisional: () => {},
  onOffered: () => null,
  onAnswered: () => {},
  onFailed: () => {},
  onReoffer: () => null,
  onOfferAsked: () => null,
  onOfferAnswered: () => {},
  onReanswerLost: () => {},
  onSessionExpired: () => {},
  onTold: () => {},
  onEnded: () => {},
};
/** A fork that lost: it is hung up and nobody asks how that went. */
const FORK_USER: SessionUser = {
  onClosed: () => {},
  onAck: () => {},
  midCallListener: () => null,
  onPrack: () => false,
  onEnded: () => {},
};

export type { InviteRequest } from './invite-terms.js';

export class UacCall implements OutgoingCall, InviteClientUser, SessionUser {
  readonly callId: string;
  #state: 'inviting' | 'answered' | 'finished' = 'inviting';
  #cancel: 'none' | 'wanted' | 'sent' = 'none';
  #hasProvisional = false;
  #transaction: InviteClient;
  #session: Session | null = null;
  #listener: OutgoingCallListener;
  #acks: SentAck[] = [];
  #cancelDeadline: TimerHandle | null = null;
  #terms: InviteTerms;
  /** Made when the first reliable provisional response comes. */
  #early: EarlyDialogs | null = null;
  /** Why we cancel a call that rings reliably. */
  #prackFailure: string | null = null;

  /** Sends the INVITE. @throws SipParseError for a target whose maddr is empty */
  constructor(
    private readonly core: Core,
    private request: InviteRequest,
    listener: OutgoingCallListener,
  ) {
    this.#listener = listener;
    this.callId = request.callId ?? core.ids.callId();
    if (request.partOf === undefined) core.log?.open(this.callId);
    else core.log?.openPart(request.partOf, this.callId);
    this.#terms = new InviteTerms(core, request, this.callId);
    this.#transaction = core.startInvite(this.#terms.fields(1), this.#terms.peer.address, this);
  }

  cancel(): void {
    if (this.#state !== 'inviting' || this.#cancel !== 'none') return;
    this.#cancel = 'wanted';
    // §9.1: before a provisional response the CANCEL could overtake the INVITE.
    if (this.#hasProvisional) this.#sendCancel();
  }

  bye(): void {
    if (this.#state === 'inviting') this.cancel();
    else this.#session?.bye();
  }

  offer(offer: DialogOffer, done: OutcomeListener): void {
    this.#session?.offer(offer, done);
  }

  send(request: DialogRequest, done: OutcomeListener): void {
    this.#session?.send(request, done);
  }

  #sendCancel(): void {
    this.#cancel = 'sent';
    const { fields } = this.#transaction;
    this.core.startClient(cancelOf(fields), this.#transaction, CANCEL_USER);
    // §9.1: without a final response 64·T1 after the CANCEL the INVITE is taken for cancelled.
    this.#cancelDeadline = this.core.timers.schedule(transactionTimeoutMs(this.core.intervals), onCancelDeadline, this);
  }

  cancelDeadline(): void {
    // The user agent was closed, or the INVITE got its end in the meantime.
    if (this.#transaction.state !== 'proceeding') return;
    this.#transaction.abandon();
    this.#fail({ status: null, cause: 'cancelled', detail: 'no final response after CANCEL', response: null });
  }

  onProvisional(response: SipMessage): void {
    this.#hasProvisional = true;
    if (this.#cancel === 'wanted') this.#sendCancel();
    if (this.#state !== 'inviting') return;
    const wantsPrack = this.core.reliableProvisional !== 'off' && isReliable(response);
    if (!wantsPrack || this.#earlyDialogs().take(response)) this.#listener.onProvisional(response);
  }

  #earlyDialogs(): EarlyDialogs {
    return (this.#early ??= new EarlyDialogs(this.core, {
      local: this.#local,
      target: this.#terms.target,
      parts: this.#sessionParts,
      user: this,
      answerOffer: (sdp) => (this.request.sdp === '' ? this.#listener.onOffered(sdp) : null),
      onPrackFailed: (detail) => this.#prackFailed(detail),
    }));
  }

  /** Without it the far side goes on ringing and gives up: there is no call to be had. */
  #prackFailed(detail: string): void {
    if (this.#state !== 'inviting') return;
    this.#prackFailure ??= detail;
    this.cancel();
  }

  get #local(): LocalParty {
    const { from, cseq } = this.#transaction.fields;
    return { address: from, tag: this.#terms.tag, cseq };
  }

  onSuccess(response: SipMessage): void {
    const remoteTag = response.to.tag ?? '';
    const known = this.#acks.find((ack) => ack.remoteTag === remoteTag);
    if (known === undefined) this.#acknowledge(response);
    else {
      this.core.onRetransmission('ACK');
      this.core.output.send(known.data, known.hop.host, known.hop.port);
    }
  }

  #acknowledge(response: SipMessage): void {
    if (this.#acks.length >= MAX_FORKS) {
      this.core.counters.droppedForks++;
      return;
    }
    this.#terms.authorizer.confirm();
    const early = this.#early?.claim(response.to.tag ?? '') ?? null;
    const { dialog, hop, fault } = this.#forkOf(response, early);
    const isOurs = this.#state === 'inviting' && this.#cancel === 'none' && fault === null;
    const data = this.core.sendAck(this.#ackTo(dialog, isOurs ? this.#answerTo(response) : null), hop);
    this.#acks.push({ remoteTag: dialog.remoteTag, data, hop });
    if (isOurs) this.#answered(early ?? this.#openSession(dialog, this), response);
    else {
      early?.drop();
      this.#openSession(dialog, FORK_USER).bye();
      const { status } = response;
      if (fault !== null) this.#fail({ status, cause: 'malformed-response', detail: fault, response: null });
      else
        this.#fail({ status, cause: 'cancelled', detail: 'answered while being cancelled; hung up', response: null });
    }
  }

  #forkOf(response: SipMessage, early: Session | null): Fork {
    if (early !== null) return confirmedFork(this.core, response, early.dialog, this.#terms.peer);
    return forkOf(this.core, response, { local: this.#local, target: this.#terms.target, peer: this.#terms.peer });
  }

  /** Our answer, where the 2xx has the offer. */
  #answerTo(response: SipMessage): string | null {
    const isOffer = this.request.sdp === '' && response.body !== '' && response.contentType === 'application/sdp';
    return isOffer ? this.#listener.onOffered(response.body) : null;
  }

  #ackTo(dialog: Dialog, sdp: string | null): RequestFields {
    const ids = { viaPrefix: this.core.viaPrefix, branch: this.core.ids.branch() };
    const fields = dialog.ack(this.#transaction.fields.cseq, ids, this.#terms.authorization);
    return sdp === null ? fields : { ...fields, contentType: 'application/sdp', body: toWire(sdp) };
  }

  #answered(session: Session, response: SipMessage): void {
    this.#state = 'answered';
    this.#session = session;
    this.#early?.drop();
    this.#early = null;
    // This object stays as long as the call.
    this.request = { target: this.request.target, sdp: '' };
    this.#terms.forget();
    session.startTimer(response);
    this.#listener.onAnswered(response);
  }

  get #sessionParts(): Omit<SessionParts, 'dialog'> {
    const { peer, authorizer } = this.#terms;
    return { peer, authorizer, isCaller: true, timer: this.core.sessionTimer };
  }

  #openSession(dialog: Dialog, user: SessionUser): Session {
    const { peer, authorizer } = this.#terms;
    return new Session(this.core, { dialog, peer, authorizer, isCaller: true, timer: this.core.sessionTimer }, user);
  }

  onFailure(response: SipMessage): void {
    const { status } = response;
    if (this.#state !== 'inviting') return;
    if (status === 503 && this.#tryNextHop()) return;
    const asks = isChallenge(status);
    const isCancelled = (this.#cancel === 'sent' && status === 487) || (this.#cancel !== 'none' && asks);
    const why = isCancelled ? '' : this.#terms.mend(response, this.#cancel === 'none');
    if (why === null) this.#inviteAgain();
    else {
      const detail = this.#prackFailure ?? refusalDetail(response, why);
      const isWithheld = asks && this.#terms.authorizer.hasWithheld;
      const refusal = isWithheld ? 'credentials-withheld' : 'response';
      const cause = isCancelled && this.#prackFailure === null ? 'cancelled' : refusal;
      this.#fail({ status, cause, detail, response });
    }
  }

  /** §22.2 and where else it may be mended: the same call, a transaction of its own. The one before it has sent its ACK and absorbs what comes late. */
  #inviteAgain(): void {
    const { fields } = this.#transaction;
    this.#hasProvisional = false;
    this.#early?.drop();
    this.#early = null;
    this.#transaction = this.core.startInvite(this.#terms.fields(fields.cseq + 1), this.#terms.peer.address, this);
  }

  /**
   * The same INVITE to the next server (RFC 3263 §4.3): a transaction of its own, the CSeq number stays. False: there is none,
   * or the one that failed has said something but a 503, so that the call may have come to somebody.
   */
  #tryNextHop(): boolean {
    const terms = this.#terms;
    this.request.onHopFailed?.(terms.peer.address);
    if (this.#state !== 'inviting' || this.#cancel !== 'none' || !terms.takeNextHop()) return false;
    this.#hasProvisional = false;
    const { cseq } = this.#transaction.fields;
    this.#transaction = this.core.startInvite(terms.fields(cseq), terms.peer.address, this);
    return true;
  }

  onTimeout(): void {
    if (this.#tryNextHop()) return;
    this.#fail({ status: null, cause: 'timeout', detail: 'no response to INVITE for 64·T1', response: null });
  }

  onTransportError({ cause, detail }: TransportFailure): void {
    if (!this.#hasProvisional && this.#tryNextHop()) return;
    this.#fail({ status: null, cause, detail, response: null });
  }

  /** Only a UAS gets ACKs. */
  onAck(): void {}

  midCallListener(): MidCallListener {
    return this.#listener;
  }

  /** Only a UAS gets PRACKs. */
  onPrack(): boolean {
    return false;
  }

  onClosed(): void {
    this.#state = 'finished';
  }

  onEnded(end: CallEnd): void {
    // A BYE in an early dialog is none that a callee may send (§15): its final response is the end.
    if (this.#state === 'inviting') return;
    this.#state = 'finished';
    const listener = this.#listener;
    this.#session = null;
    this.#listener = NO_LISTENER;
    // A 2xx that comes yet is answered without this object (late-answer.ts): thousands that stay for 32 s each cost more than the calls.
    this.#transaction.abandon();
    listener.onEnded(end);
  }

  #fail(failure: CallFailure): void {
    if (this.#state !== 'inviting') return;
    this.#state = 'finished';
    this.#early?.drop();
    if (this.#cancelDeadline !== null) this.core.timers.cancel(this.#cancelDeadline);
    this.#listener.onFailed({ ...failure, detail: failure.detail.slice(0, DETAIL_CHARACTERS) });
  }
}

const onCancelDeadline = (call: UacCall): void => call.cancelDeadline();
