/**
 * Transfers that the far side of a call asks for (RFC 3515): a dialog of its own over the audio of the call, from its INVITE to its end.
 * It lives no longer than the call would have. What was asked for and what came of it stands in the call's record.
 */
import { NS_PER_MS } from '../lib/clock.js';
import { NO_HEADERS, joinBlocks } from '../sip/message/builder.js';
import type { SipMessage } from '../sip/message/message.js';
import type { TimerHandle } from '../sip/transaction/timers.js';
import type { CallEnd, CallFailure, OutgoingCall, OutgoingCallListener } from '../sip/ua/call-events.js';
import type { Referral, ReferredCall } from '../sip/ua/referral.js';
import { CallMedia } from './call-media.js';
import type { CallerContext } from './caller-context.js';
import { EarlyAnswers } from './early-answers.js';
import { type CallTarget, NOBODY, inviteOf } from './invite-of.js';
import type { MediaSlot } from './media-slots.js';
import type { MediaRefusal } from './negotiation.js';
import { causeOfEvent, causeOfStatus } from './outcome.js';
import { MAX_TRANSFERS, type Transfer, type TransfersRecord } from './transfer-record.js';

/** The call that is transferred. */
export interface TransferredCall {
  /** The audio is that of the new dialog from now on. */
  onTransferred(): void;
  /** The first dialog is over, and there is no other one. */
  onTransferLost(transfer: Transfer): void;
  onTold(request: SipMessage): void;
  onUnusable(refusal: MediaRefusal): void;
  onReanswerLost(): void;
  onSessionExpired(): void;
  /** The call is over. */
  finish(end: CallEnd): void;
}

export interface TransfersParts {
  readonly context: CallerContext;
  readonly call: number;
  readonly callId: string;
  /** Where the call itself went. */
  readonly target: CallTarget;
  readonly slot: MediaSlot;
  readonly owner: TransferredCall;
  /** Hangs up the first dialog. */
  hangUpFirst(): void;
}

interface Refusal {
  readonly status: number;
  readonly cause: string;
  readonly detail: string | null;
}

/** Who transferred us hangs up, once it has heard of the answer (RFC 5589 §6.1); who does not is hung up by us. */
const FIRST_BYE_MS = 4_000;
const STATUS_DECLINE = 603;
const STATUS_NOT_ACCEPTABLE = 488;
const STATUS_TERMINATED = 487;
/** What a NOTIFY says of a target that did not answer at all. */
const STATUS_SILENT = 408;
const STATUS_UNREACHED = 503;

export class Transfers implements OutgoingCallListener {
  private asked = 0;
  private readonly first: Transfer[] = [];
  private state: 'none' | 'ringing' | 'answered' = 'none';
  private referral: Referral | null = null;
  private dialog: OutgoingCall | null = null;
  private media: CallMedia | null = null;
  private early = new EarlyAnswers();
  private timer: TimerHandle | null = null;
  private hasTimedOut = false;
  /** How the first dialog ended; null: it is up. */
  private firstEnd: CallEnd | null = null;
  private askedMs = 0;

  constructor(private readonly parts: TransfersParts) {}

  /** The call goes on in another dialog than its first one. */
  get isUp(): boolean {
    return this.state === 'answered';
  }

  get record(): TransfersRecord {
    return { asked: this.asked, first: this.first };
  }

  /** Answers a REFER. */
  take(referral: Referral): void {
    this.asked++;
    const { call } = referral;
    const refusal = this.refusalOf(call);
    if (refusal === null && !('status' in call)) {
      this.place(referral, call);
    } else {
      const { status, cause, detail } = refusal ?? REFUSED_TARGET;
      referral.refuse(status);
      const askedMs = this.nowMs;
      this.note({ to: referral.to, outcome: 'refused', sipStatus: status, cause, detail, askedMs, answeredMs: null });
    }
  }

  onReferred(referral: Referral): void {
    this.take(referral);
  }

  /** The first dialog is over. True: the call goes on all the same. */
  outlives(end: CallEnd): boolean {
    if (this.state === 'none') {
      return false;
    }
    this.firstEnd = end;
    if (this.state === 'answered') {
      this.clearTimer();
    }
    return true;
  }

  /** The call is being hung up. */
  hangUp(): void {
    if (this.state === 'answered') {
      this.dialog?.bye();
    } else if (this.state === 'ringing') {
      this.cut();
      if (this.firstEnd !== null) {
        this.parts.owner.finish(this.firstEnd);
      }
    }
  }

  /** The call is over. */
  stop(): void {
    if (this.state === 'ringing') {
      this.cut();
    }
    this.clearTimer();
  }

  giveUpRinging(): void {
    this.timer = null;
    this.hasTimedOut = true;
    this.dialog?.cancel();
  }

  onProvisional(response: SipMessage): void {
    this.early.hear(response);
  }

  /** Our INVITE has an offer. */
  onOffered(): string | null {
    return null;
  }

  onAnswered(response: SipMessage): void {
    if (this.state !== 'ringing') {
      return;
    }
    this.clearTimer();
    const refusal = this.media?.takeAnswer(this.early.answerOf(response)) ?? null;
    this.early.forget();
    const { status } = response;
    if (refusal !== null) {
      this.dialog?.bye();
      this.fail({ sipStatus: status, ...refusal }, STATUS_NOT_ACCEPTABLE);
      return;
    }
    this.state = 'answered';
    this.settle({ outcome: 'answered', sipStatus: status, cause: null, detail: null, answeredMs: this.nowMs }, status);
    this.parts.owner.onTransferred();
    if (this.firstEnd === null) {
      this.timer = this.parts.context.timers.schedule(FIRST_BYE_MS, hangUpFirst, this.parts);
    }
  }

  onFailed({ status, cause, detail }: CallFailure): void {
    if (this.state !== 'ringing') {
      return;
    }
    this.clearTimer();
    const words = status === null ? causeOfEvent(cause) : causeOfStatus(status);
    const silent = cause === 'timeout' ? STATUS_SILENT : STATUS_UNREACHED;
    if (this.hasTimedOut) {
      this.fail({ sipStatus: status, cause: 'noAnswer', detail: null }, STATUS_TERMINATED);
    } else {
      this.fail({ sipStatus: status, cause: words, detail }, status ?? silent);
    }
  }

  onEnded(end: CallEnd): void {
    if (this.state !== 'answered') {
      return; // its answer was of no use
    }
    this.state = 'none';
    this.clearTimer();
    if (this.firstEnd === null) {
      this.parts.hangUpFirst();
    }
    this.parts.owner.finish(end);
  }

  onReoffer(sdp: string): string | null {
    return this.isUp ? (this.media?.reanswer(sdp) ?? null) : null;
  }

  onOfferAsked(scope: 'all' | 'current'): string | null {
    const { media } = this;
    if (!this.isUp || media === null) {
      return null;
    }
    return scope === 'all' ? media.offer() : media.reoffer({});
  }

  onOfferAnswered(sdp: string): void {
    const refusal = this.media?.takeAnswer(sdp) ?? null;
    if (refusal !== null) {
      this.parts.owner.onUnusable(refusal);
    }
  }

  onReanswerLost(): void {
    this.parts.owner.onReanswerLost();
  }

  onSessionExpired(): void {
    this.parts.owner.onSessionExpired();
  }

  onTold(request: SipMessage): void {
    this.parts.owner.onTold(request);
  }

  /** Null: it may be placed. */
  private refusalOf(call: Referral['call']): Refusal | null {
    if (this.parts.context.flow?.acceptTransfer !== true) {
      return { status: STATUS_DECLINE, cause: 'transferNotAccepted', detail: 'the scenario accepts no transfers' };
    }
    if (this.state !== 'none' || this.firstEnd !== null) {
      return { status: STATUS_DECLINE, cause: 'transferUnderWay', detail: null };
    }
    if (this.asked > MAX_TRANSFERS) {
      return { status: STATUS_DECLINE, cause: 'tooManyTransfers', detail: null };
    }
    return 'status' in call ? { ...REFUSED_TARGET, ...call } : null;
  }

  private place(referral: Referral, { target, hop, server, headers }: ReferredCall): void {
    const { context, call, callId, target: own, slot } = this.parts;
    const { agent = context.userAgent, routes = NO_HEADERS } = own;
    const nextHop = routes === NO_HEADERS ? hop : server;
    this.state = 'ringing';
    this.referral = referral;
    this.askedMs = this.nowMs;
    this.hasTimedOut = false;
    this.early = new EarlyAnswers();
    referral.accept();
    this.media = new CallMedia(context, call, slot);
    // The slot has its audio: what is agreed on now is a change to it.
    this.media.isConnected = true;
    this.timer = context.timers.schedule(context.ringTimeoutMs, giveUpRinging, this);
    const { identity = NOBODY } = context.flow ?? {};
    // Without a token: what the far end of the call has received is told by the first one alone.
    const parts = { callId: `t${this.asked}-${callId}`, sdp: this.media.offer(), identity, token: null };
    const invite = inviteOf(own, { ...parts, followRedirects: 0 });
    // What we are asked for by others than the server of the call is no business of theirs.
    const credentials = nextHop.host === server.host ? own.credentials : null;
    const places = { target, nextHop, otherHops: undefined, onHopFailed: undefined, credentials };
    this.dialog = agent.invite(
      { ...invite, ...places, headers: joinBlocks(invite.headers ?? NO_HEADERS, headers), partOf: callId },
      this,
    );
  }

  private fail(why: Pick<Transfer, 'sipStatus' | 'cause' | 'detail'>, told: number): void {
    this.state = 'none';
    const transfer = this.settle({ outcome: 'failed', answeredMs: null, ...why }, told);
    if (this.firstEnd !== null) {
      this.parts.owner.onTransferLost(transfer);
    }
  }

  private cut(): void {
    this.state = 'none';
    this.clearTimer();
    this.settle(
      { outcome: 'cut', sipStatus: null, cause: 'callEnded', detail: null, answeredMs: null },
      STATUS_TERMINATED,
    );
    this.dialog?.cancel();
  }

  private settle(what: Omit<Transfer, 'to' | 'askedMs'>, told: number): Transfer {
    const transfer = { to: this.referral?.to ?? '', askedMs: this.askedMs, ...what };
    this.note(transfer);
    this.referral?.conclude(told);
    this.referral = null;
    return transfer;
  }

  private note(transfer: Transfer): void {
    if (this.first.length < MAX_TRANSFERS) {
      this.first.push(transfer);
    }
  }

  private get nowMs(): number {
    const { context } = this.parts;
    return (context.now() - context.epochNs) / NS_PER_MS;
  }

  private clearTimer(): void {
    if (this.timer !== null) {
      this.parts.context.timers.cancel(this.timer);
      this.timer = null;
    }
  }
}

const REFUSED_TARGET: Refusal = { status: STATUS_DECLINE, cause: 'transferTarget', detail: null };

const giveUpRinging = (transfers: Transfers): void => transfers.giveUpRinging();

const hangUpFirst = (parts: TransfersParts): void => parts.hangUpFirst();
