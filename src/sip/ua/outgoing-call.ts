/**
 * A call that we place: INVITE, again with credentials where it is challenged, CANCEL, ACKs to every 2xx of every fork
 * (RFC 3261 §9.1, §13.2, §15, §22).
 */
import { Authorizer, type Credentials, isChallenge } from '../auth/authorizer.js';
import type { Dialog } from '../dialog/dialog.js';
import { type HeaderBlock, type RequestFields, NO_HEADERS, joinBlocks, toWire } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import { type SipUri, nextHop, serializeUri } from '../message/uri.js';
import { type ClientUser, cancelOf } from '../transaction/client.js';
import type { Destination, InviteClient, InviteClientUser } from '../transaction/invite-client.js';
import type { TransportFailure } from '../transport/transport.js';
import { type TimerHandle, transactionTimeoutMs } from '../transaction/timers.js';
import type { CallEnd, CallFailure, OutgoingCall, OutgoingCallListener } from './call-events.js';
import type { Core } from './core.js';
import { forkOf } from './fork.js';
import type { Peer } from './next-hop.js';
import { DETAIL_CHARACTERS, refusalDetail } from './refusal.js';
import { Session, type SessionUser } from './session.js';

export interface InviteRequest {
  readonly target: SipUri;
  /** Plain text; default the user agent's own. */
  readonly fromUser?: string;
  /** Name of the caller in From: latin1 text. */
  readonly displayName?: string;
  /** Beside those that every INVITE of ours has. */
  readonly headers?: HeaderBlock;
  readonly sdp: string;
  readonly callId?: string;
  /** Where the INVITE goes instead of the target's host, and whatever in the dialog is for that host; the Request-URI stays. */
  readonly nextHop?: Destination;
  /** Tried in this order where the one before gives no answer, no connection or a 503 (RFC 3263 §4.3). */
  readonly otherHops?: readonly Destination[];
  /** Told of each that failed so. */
  readonly onHopFailed?: (hop: Destination) => void;
  /** Route headers: an outbound proxy, or what the registrar gave (RFC 3608). */
  readonly routes?: HeaderBlock;
  /** For 401 and 407; null: such an answer is a refusal. */
  readonly credentials?: Credentials | null;
}

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
  onAnswered: () => {},
  onFailed: () => {},
  onReoffer: () => null,
  onReanswerLost: () => {},
  onEnded: () => {},
};
/** A fork that lost: it is hung up and nobody asks how that went. */
const FORK_USER: SessionUser = {
  onClosed: () => {},
  onAck: () => {},
  onReoffer: () => null,
  onReanswerLost: () => {},
  onEnded: () => {},
};

export class UacCall implements OutgoingCall, InviteClientUser, SessionUser {
  readonly callId: string;
  #state: 'inviting' | 'answered' | 'finished' = 'inviting';
  #cancel: 'none' | 'wanted' | 'sent' = 'none';
  #hasProvisional = false;
  /** Of `otherHops`. */
  #hopsTried = 0;
  #transaction: InviteClient;
  #session: Session | null = null;
  #listener: OutgoingCallListener;
  #acks: SentAck[] = [];
  #cancelDeadline: TimerHandle | null = null;
  #tag: string;
  #peer: Peer;
  #authorizer: Authorizer;
  /** Of the last INVITE; its ACK has the same (§22.1). */
  #authorization: HeaderBlock = NO_HEADERS;

  /** Sends the INVITE. @throws SipParseError for a target whose maddr is empty */
  constructor(
    private readonly core: Core,
    private request: InviteRequest,
    listener: OutgoingCallListener,
  ) {
    this.#listener = listener;
    this.callId = request.callId ?? core.ids.callId();
    core.log?.open(this.callId);
    this.#tag = core.ids.tag();
    const named = nextHop(request.target);
    this.#peer = { named, address: request.nextHop ?? named, isConnection: core.isWebSocket };
    this.#authorizer = new Authorizer(request.credentials ?? null, core.ids);
    this.#transaction = core.startInvite(this.#inviteFields(1), this.#peer.address, this);
  }

  #inviteFields(cseq: number): RequestFields {
    const { target, fromUser, displayName, headers = NO_HEADERS, routes = NO_HEADERS } = this.request;
    const requestUri = serializeUri(target);
    return {
      method: 'INVITE',
      requestUri,
      viaPrefix: this.core.viaPrefix,
      branch: this.core.ids.branch(),
      from: this.core.fromAddress(this.#tag, fromUser, displayName),
      to: `<${requestUri}>`,
      callId: this.callId,
      cseq,
      routes,
      headers: joinBlocks(this.#authorization, joinBlocks(this.core.withContact, headers)),
      contentType: 'application/sdp',
      body: toWire(this.request.sdp),
    };
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
    this.#fail({ status: null, cause: 'cancelled', detail: 'no final response after CANCEL' });
  }

  onProvisional(response: SipMessage): void {
    this.#hasProvisional = true;
    if (this.#cancel === 'wanted') this.#sendCancel();
    if (this.#state === 'inviting') this.#listener.onProvisional(response);
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
    this.#authorizer.confirm();
    const { fields } = this.#transaction;
    const local = { address: fields.from, tag: this.#tag, cseq: fields.cseq };
    const { dialog, hop, fault } = forkOf(this.core, response, {
      local,
      target: this.request.target,
      peer: this.#peer,
    });
    const ids = { viaPrefix: this.core.viaPrefix, branch: this.core.ids.branch() };
    const data = this.core.sendAck(dialog.ack(fields.cseq, ids, this.#authorization), hop);
    this.#acks.push({ remoteTag: dialog.remoteTag, data, hop });
    if (this.#state === 'inviting' && this.#cancel === 'none' && fault === null) this.#answered(dialog, response);
    else {
      this.#openSession(dialog, FORK_USER).bye();
      const { status } = response;
      if (fault !== null) this.#fail({ status, cause: 'malformed-response', detail: fault });
      else this.#fail({ status, cause: 'cancelled', detail: 'answered while being cancelled; hung up' });
    }
  }

  #answered(dialog: Dialog, response: SipMessage): void {
    this.#state = 'answered';
    // Timer M keeps this object for 32 s.
    this.request = { target: this.request.target, sdp: '' };
    this.#session = this.#openSession(dialog, this);
    this.#listener.onAnswered(response);
  }

  #openSession(dialog: Dialog, user: SessionUser): Session {
    return new Session(this.core, { dialog, peer: this.#peer, authorizer: this.#authorizer }, user);
  }

  onFailure(response: SipMessage): void {
    const { status } = response;
    if (this.#state !== 'inviting') return;
    if (status === 503 && this.#tryNextHop()) return;
    const asks = isChallenge(status);
    const isCancelled = (this.#cancel === 'sent' && status === 487) || (this.#cancel !== 'none' && asks);
    const why = asks && !isCancelled ? this.#authorizer.accept(response) : '';
    if (why === null) this.#inviteAgain();
    else this.#fail({ status, cause: isCancelled ? 'cancelled' : 'response', detail: refusalDetail(response, why) });
  }

  /** §22.2: the same call, a transaction of its own. The one before it has sent its ACK and absorbs what comes late. */
  #inviteAgain(): void {
    const { fields } = this.#transaction;
    this.#hasProvisional = false;
    this.#authorization = this.#authorizer.headersFor('INVITE', fields.requestUri, fields.body);
    this.#transaction = this.core.startInvite(this.#inviteFields(fields.cseq + 1), this.#peer.address, this);
  }

  /**
   * The same INVITE to the next server (RFC 3263 §4.3): a transaction of its own, the CSeq number stays. False: there is none,
   * or the one that failed has said something but a 503, so that the call may have come to somebody.
   */
  #tryNextHop(): boolean {
    const failed = this.#peer.address;
    this.request.onHopFailed?.(failed);
    const next = this.request.otherHops?.[this.#hopsTried];
    if (next === undefined || this.#state !== 'inviting' || this.#cancel !== 'none') return false;
    this.#hopsTried++;
    this.#hasProvisional = false;
    this.#peer = { ...this.#peer, address: next };
    this.#transaction = this.core.startInvite(this.#inviteFields(this.#transaction.fields.cseq), next, this);
    return true;
  }

  onTimeout(): void {
    if (this.#tryNextHop()) return;
    this.#fail({ status: null, cause: 'timeout', detail: 'no response to INVITE for 64·T1' });
  }

  onTransportError({ cause, detail }: TransportFailure): void {
    if (!this.#hasProvisional && this.#tryNextHop()) return;
    this.#fail({ status: null, cause, detail });
  }

  /** Only a UAS gets ACKs. */
  onAck(): void {}

  onReoffer(sdp: string): string | null {
    return this.#listener.onReoffer(sdp);
  }

  onReanswerLost(): void {
    this.#listener.onReanswerLost();
  }

  onClosed(): void {
    this.#state = 'finished';
  }

  onEnded(end: CallEnd): void {
    this.#state = 'finished';
    const listener = this.#listener;
    // This object stays for late copies of the 2xx; not the call's dialog and its owner.
    this.#session = null;
    this.#listener = NO_LISTENER;
    listener.onEnded(end);
  }

  #fail(failure: CallFailure): void {
    if (this.#state !== 'inviting') return;
    this.#state = 'finished';
    if (this.#cancelDeadline !== null) this.core.timers.cancel(this.#cancelDeadline);
    this.#listener.onFailed({ ...failure, detail: failure.detail.slice(0, DETAIL_CHARACTERS) });
  }
}

const onCancelDeadline = (call: UacCall): void => call.cancelDeadline();
