/**
 * A call that we place: INVITE with an offer, audio from the ACK on, BYE after the hold time. Whatever happens ends in
 * exactly one record; nothing that the far side does throws.
 */
import { NS_PER_MS } from '../lib/clock.js';
import { HeaderId } from '../sip/message/header-name.js';
import type { SipMessage } from '../sip/message/message.js';
import type { TimerHandle } from '../sip/transaction/timers.js';
import type { CallEnd, CallFailure, OutgoingCall, OutgoingCallListener } from '../sip/ua/call-events.js';
import type { Referral } from '../sip/ua/referral.js';
import { CallMedia } from './call-media.js';
import { type CallStart, type CallerContext, notStarted } from './caller-context.js';
import { CallDigits, type ReceivedDigit, mismatchInWords } from './dtmf.js';
import { EarlyAnswers } from './early-answers.js';
import { MarkerSender } from './leg-marker.js';
import { COMPLETED, DETAIL_CHARACTERS, type Ending, type Stop, completionOf } from './caller-ending.js';
import { type Disappointment, unmetHeader, unmetMedia } from './expectations.js';
import { keyOfInfo } from './info-digit.js';
import { type CallTarget, NOBODY, inviteOf } from './invite-of.js';
import type { DigitListener } from './media-slots.js';
import type { MediaRefusal } from './negotiation.js';
import { causeOfEvent, causeOfStatus, HOST_LIMITS, type CallPhase, type CallRecord } from './outcome.js';
import { type StepFailure, Steps } from './steps.js';
import { type Transfer, joinTransfers } from './transfer-record.js';
import { type TransferredCall, Transfers } from './transfers.js';

export type { CallAgent, CallTarget } from './invite-of.js';

export { notStarted, type CallerContext, type CallerFlow, type CallStart } from './caller-context.js';

export class CallerCall implements OutgoingCallListener, DigitListener, TransferredCall {
  liveIndex = -1;
  private readonly endpoint: number;
  private readonly callId: string;
  private media: CallMedia | null = null;
  private steps: Steps | null = null;
  /** Null until a key is pressed, or expected. */
  private digits: CallDigits | null = null;
  /** Null until the far side asks for one. */
  private transfers: Transfers | null = null;
  private marker: MarkerSender | null = null;
  /** Why an offer of the far side had no answer. */
  private refusal: MediaRefusal | null = null;
  /** What was expected of its answer and did not come. */
  private disappointment: Disappointment | null = null;
  private isHoldOver = false;
  private dialog: OutgoingCall | null = null;
  private timer: TimerHandle | null = null;
  private startedMs = 0;
  private establishedMs: number | null = null;
  private setupDelayMs: number | null = null;
  private byeAtMs: number | null = null;
  /** Why we end it before its time; null: we do not. */
  private stop: Stop | null = null;
  private readonly early = new EarlyAnswers();
  private ended = false;

  constructor(
    private readonly context: CallerContext,
    private readonly startOf: CallStart,
  ) {
    this.endpoint = startOf.group ?? startOf.call % context.endpoints.length;
    this.callId = context.callIdOf(startOf.call);
  }

  /** Sends the INVITE; false when there is no slot, and then the call is over. */
  start(): boolean {
    const { context, startOf } = this;
    this.startedMs = this.elapsedMs();
    const slot = context.slots.take(startOf.call, this.endpoint);
    const { target } = this;
    if (slot === null || target === undefined) {
      context.onEnd(notStarted(context, startOf, 'noSlot', context.slots.shortage ?? null), this);
      return false;
    }
    this.media = new CallMedia(context, startOf.call, slot);
    slot.listen?.(this);
    this.timer = context.timers.schedule(context.ringTimeoutMs, giveUpRinging, this);
    const { agent = context.userAgent } = target;
    const { flow } = context;
    const token = context.tokenOf(startOf.call);
    const sdp = flow?.lateOffer === true ? '' : this.media.offer();
    const { identity = NOBODY, followRedirects = 0 } = flow ?? {};
    this.dialog = agent.invite(inviteOf(target, { callId: this.callId, sdp, identity, token, followRedirects }), this);
    return true;
  }

  /** Ends the call now: BYE when it is answered, else CANCEL. One that has had its time goes on waiting for its end. */
  cut(cause: string): void {
    if (this.byeAtMs !== null) {
      return;
    }
    this.stop ??= { cut: true, phase: this.establishedMs === null ? 'setup' : 'established', cause };
    this.hangUp();
  }

  /** Ends it for us only: the far side has not said its last word in time. */
  abandon(cause: string): void {
    const answeredPhase = this.byeAtMs === null ? 'established' : 'teardown';
    const phase = this.establishedMs === null ? 'setup' : answeredPhase;
    this.end({ ...COMPLETED, outcome: 'cut', phase: this.stop?.phase ?? phase, cause: this.stop?.cause ?? cause });
  }

  /** No final response in time. */
  giveUpRinging(): void {
    this.stop ??= { cut: false, phase: 'setup', cause: 'noAnswer' };
    this.dialog?.cancel();
  }

  hangUp(): void {
    if (this.establishedMs === null) {
      this.dialog?.cancel();
    } else if (this.byeAtMs === null) {
      this.byeAtMs = this.elapsedMs();
      this.steps?.stop();
      this.marker?.stop();
      this.media?.slot.release(this.context.now());
      this.dialog?.bye();
      this.transfers?.hangUp();
    }
  }

  onProvisional(response: SipMessage): void {
    if (response.status > 100) {
      this.setupDelayMs ??= this.elapsedMs() - this.startedMs;
      this.early.hear(response);
    }
  }

  onAnswered(response: SipMessage): void {
    const { context } = this;
    this.clearTimer();
    this.establishedMs = this.elapsedMs();
    this.setupDelayMs ??= this.establishedMs - this.startedMs;
    context.onAnswered(
      this.startOf.call,
      response.headerById(HeaderId.server) ?? response.headerById(HeaderId.userAgent),
    );
    if (this.stop !== null) {
      this.early.forget();
      this.hangUp(); // the answer crossed our CANCEL
      return;
    }
    const refusal = this.takeAnswer(response);
    this.early.forget();
    if (refusal === null) {
      this.begin(response);
    } else {
      this.giveUp('setup', refusal);
    }
  }

  /** The far side's offer, where we made none. */
  onOffered(sdp: string): string | null {
    if (this.media === null || this.media.agreed !== null) {
      return null; // said once more in the 2xx
    }
    const answer = this.media.answer(sdp);
    if ('cause' in answer) {
      this.refusal = answer;
      return null;
    }
    return answer.sdp;
  }

  onReoffer(sdp: string): string | null {
    // Before our own offer has an answer there is no room for another one.
    const hasRoom = this.isInFirstDialog && (this.establishedMs !== null || this.early.came);
    return hasRoom ? (this.media?.reanswer(sdp) ?? null) : null;
  }

  onOfferAsked(scope: 'all' | 'current'): string | null {
    if (!this.isInFirstDialog || this.media === null) {
      return null;
    }
    return scope === 'all' ? this.media.offer() : this.media.reoffer({});
  }

  onOfferAnswered(sdp: string): void {
    const refusal = this.media?.takeAnswer(sdp) ?? null;
    if (refusal !== null) {
      this.onUnusable(refusal);
    }
  }

  onUnusable(refusal: MediaRefusal): void {
    this.giveUp('established', refusal);
  }

  onReanswerLost(): void {
    this.giveUp('established', { cause: 'noAck', detail: null });
  }

  onSessionExpired(): void {
    this.giveUp('established', { cause: 'sessionExpired', detail: null });
  }

  onDigit(digit: ReceivedDigit): void {
    if (!this.ended) {
      this.keys.hear(digit);
    }
  }

  private get keys(): CallDigits {
    return (this.digits ??= new CallDigits());
  }

  onTold(request: SipMessage): void {
    const key = keyOfInfo(request);
    if (key !== null) {
      this.onDigit({ ...key, startMs: this.elapsedMs(), method: 'info' });
    }
    this.steps?.hear(request);
  }

  onReferred(referral: Referral): void {
    const { context, media, dialog, target, callId } = this;
    if (media === null || dialog === null || target === undefined || this.establishedMs === null) {
      return;
    }
    this.transfers ??= new Transfers({
      context,
      call: this.startOf.call,
      callId,
      target,
      slot: media.slot,
      owner: this,
      hangUpFirst: () => dialog.bye(),
    });
    this.transfers.take(referral);
  }

  /** Steps were for who had transferred us. */
  onTransferred(): void {
    this.steps?.stop();
    this.onStepsDone(false);
  }

  onTransferLost({ sipStatus, cause, detail }: Transfer): void {
    const why = detail ?? `the target of the transfer: ${cause}`;
    this.end({ outcome: 'dropped', phase: 'established', sipStatus, cause: 'transferFailed', detail: why });
  }

  onStepFailed({ cause, sipStatus, detail }: StepFailure): void {
    this.giveUp('established', { cause, detail }, sipStatus);
  }

  onStepsDone(isOver: boolean): void {
    this.steps = null;
    if (isOver || this.isHoldOver) {
      this.hangUp();
    }
  }

  /** The hold time is over; steps that are not done go before. */
  holdOver(): void {
    this.timer = null;
    this.isHoldOver = true;
    if (this.steps === null) {
      this.hangUp();
    }
  }

  /** Null, or why the answer is of no use. */
  private takeAnswer(response: SipMessage): MediaRefusal | null {
    const { media, context } = this;
    if (media === null || media.agreed !== null) {
      return null; // by an early UPDATE, or we have answered their offer
    }
    if (context.flow?.lateOffer === true) {
      return this.refusal ?? { cause: 'sdp:no-audio', detail: 'expected an offer in the answer, found none' };
    }
    return media.takeAnswer(this.early.answerOf(response));
  }

  private begin(response: SipMessage): void {
    const { context, media, dialog } = this;
    media?.connect();
    this.timer = context.timers.schedule(context.holdMs, holdOver, this);
    if (context.markers !== undefined && media !== null) {
      this.marker = new MarkerSender(context.timers, media.slot, context.markers.digitsOf(this.startOf.call));
    }
    const { expect = null, steps = [] } = context.flow ?? {};
    if (expect !== null && media?.agreed) {
      this.disappointment = unmetHeader(expect, response) ?? unmetMedia(expect, media.agreed);
    }
    if (steps.length > 0 && media !== null && dialog !== null) {
      const { timers } = context;
      this.steps = new Steps(steps, {
        timers,
        media,
        dialog,
        digits: this.keys,
        nowMs: () => this.elapsedMs(),
        onStepFailed: (failure) => this.onStepFailed(failure),
        onStepsDone: (isOver) => this.onStepsDone(isOver),
      });
      this.steps.start();
    }
  }

  /** It cannot go on: BYE, and what it came to is known already. */
  private giveUp(
    phase: CallPhase,
    { cause, detail }: { readonly cause: string; readonly detail: string | null },
    sipStatus: number | null = null,
  ): void {
    this.stop ??= { cut: false, phase, cause, sipStatus, detail };
    this.hangUp();
  }

  onFailed(failure: CallFailure): void {
    const sipStatus = failure.status;
    if (this.stop !== null && failure.cause === 'cancelled') {
      const { cut, phase, cause } = this.stop;
      this.end({ outcome: cut ? 'cut' : 'failed', phase, sipStatus, cause, detail: null });
      return;
    }
    const { expect, flow } = this.context;
    if (sipStatus === expect && failure.response !== null && flow !== undefined && flow.expect !== null) {
      this.disappointment = unmetHeader(flow.expect, failure.response);
    }
    const isNamed = sipStatus === null || failure.cause === 'credentials-withheld';
    const cause = isNamed ? causeOfEvent(failure.cause) : causeOfStatus(sipStatus);
    if (sipStatus === null && HOST_LIMITS.has(cause)) {
      this.withdraw(cause, failure.detail);
      return;
    }
    const ending = { outcome: 'failed', phase: 'setup', sipStatus, cause, detail: failure.detail } as const;
    this.end({ ...ending, ...this.disappointment });
  }

  onEnded(end: CallEnd): void {
    if (this.transfers?.outlives(end) !== true) {
      this.finish(end);
    }
  }

  finish(end: CallEnd): void {
    const { status: sipStatus, detail } = end;
    if (this.stop !== null) {
      const { cut, phase, cause, sipStatus: status = null, detail: why = null } = this.stop;
      this.end({ outcome: cut ? 'cut' : 'dropped', phase, sipStatus: status, cause, detail: why });
    } else if (end.by === 'remote' && this.byeAtMs === null && this.steps?.isTransferring !== true) {
      this.end({ ...COMPLETED, outcome: 'dropped', phase: 'established', cause: 'remoteBye', detail });
    } else if (end.cause === 'bye' || end.by === 'remote') {
      this.end(this.completed());
    } else {
      const cause = causeOfEvent(end.cause);
      const outcome = HOST_LIMITS.has(cause) ? 'cut' : 'dropped';
      this.end({ outcome, phase: 'teardown', sipStatus, cause, detail });
    }
  }

  /** This host had no socket for it, so that the target never heard of it; of one that it had answered in part, we end it. */
  private withdraw(cause: string, detail: string): void {
    if (this.setupDelayMs !== null) {
      this.end({ outcome: 'cut', phase: 'setup', sipStatus: null, cause, detail });
      return;
    }
    this.ended = true;
    this.clearTimer();
    this.media?.slot.release(this.context.now());
    this.context.onEnd(notStarted(this.context, this.startOf, cause, detail.slice(0, DETAIL_CHARACTERS)), this);
  }

  private completed(): Ending {
    this.disappointment ??= this.unmetKeys();
    return completionOf(this.context.expect, this.disappointment);
  }

  /** Only the end of the call tells that nothing more comes. */
  private unmetKeys(): Disappointment | null {
    const expected = this.context.flow?.expect?.dtmf;
    const mismatch = expected === undefined ? null : this.keys.judgeAll(expected);
    return mismatch === null ? null : { cause: 'dtmfMismatch', detail: mismatchInWords(mismatch) };
  }

  private end(ending: Ending): void {
    const { context, startOf, establishedMs } = this;
    if (this.ended) {
      return; // abandoned, and the far side's last word came after all
    }
    this.ended = true;
    this.early.forget();
    this.clearTimer();
    this.steps?.stop();
    this.marker?.stop();
    this.transfers?.stop();
    const endedMs = this.elapsedMs();
    if (this.byeAtMs === null) {
      this.media?.slot.release(context.now());
    }
    const { outcome, sipStatus, detail } = ending;
    const answered = establishedMs !== null;
    const isRefusal = outcome === 'failed';
    const came = context.expect === 'answered' ? outcome === 'completed' : isRefusal && sipStatus === context.expect;
    const record: CallRecord = {
      call: startOf.call,
      endpoint: this.endpoint,
      callId: this.callId,
      intendedMs: startOf.intendedMs,
      startedMs: this.startedMs,
      establishedMs,
      endedMs,
      ...ending,
      succeeded: came && this.disappointment === null,
      detail: detail === null ? null : detail.slice(0, DETAIL_CHARACTERS),
      setupDelayMs: answered ? this.setupDelayMs : null,
      answerDelayMs: answered ? establishedMs - this.startedMs : null,
      disconnectDelayMs: this.byeAtMs === null || outcome !== 'completed' ? null : endedMs - this.byeAtMs,
      heldBack: startOf.heldBack,
      earlyMedia: this.early.came,
      hasMedia: context.slots.measured && this.media?.isConnected === true,
      dtmf: this.digits?.record(this.byeAtMs ?? endedMs) ?? null,
      transfers: joinTransfers(this.transfers?.record ?? null, context.calledLegTransfers?.(startOf.call) ?? null),
      calledGroup: startOf.calledGroup ?? null,
      marker: this.marker === null ? null : (context.markers?.verdictOf(startOf.call) ?? null),
    };
    context.onEnd(record, this);
  }

  private get target(): CallTarget | undefined {
    return this.startOf.target ?? this.context.endpoints[this.endpoint];
  }

  /** The audio is still that of the dialog of our INVITE. */
  private get isInFirstDialog(): boolean {
    return this.byeAtMs === null && this.transfers?.isUp !== true;
  }

  private elapsedMs(): number {
    return (this.context.now() - this.context.epochNs) / NS_PER_MS;
  }

  private clearTimer(): void {
    if (this.timer !== null) {
      this.context.timers.cancel(this.timer);
      this.timer = null;
    }
  }
}

function holdOver(call: CallerCall): void {
  call.holdOver();
}

function giveUpRinging(call: CallerCall): void {
  call.giveUpRinging();
}
