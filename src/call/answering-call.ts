/** A call that comes to us: rings, answers (or refuses) as the answerer was told, and ends by their BYE or ours. */
import { NS_PER_MS } from '../lib/clock.js';
import { type HeaderBlock, NO_HEADERS, headerBlock } from '../sip/message/builder.js';
import type { SipMessage } from '../sip/message/message.js';
import type { TimerHandle, Timers } from '../sip/transaction/timers.js';
import type { CallEnd, IncomingCall, IncomingCallListener } from '../sip/ua/call-events.js';
import type { Referral } from '../sip/ua/referral.js';
import { CallMedia } from './call-media.js';
import { callTokenOf, type CallToken } from './call-token.js';
import { DeclinedTransfers } from './declined-transfers.js';
import { CallDigits, type ReceivedDigit } from './dtmf.js';
import { keyOfInfo } from './info-digit.js';
import type { DigitListener, MediaSlots } from './media-slots.js';
import type { MediaPreferences, MediaRefusal } from './negotiation.js';
import { causeOfEvent, causeOfStatus, type CallPhase, type CallRecord } from './outcome.js';
import type { PacketTimeBook } from './packet-times.js';
import type { SrtpWish } from './srtp-keys.js';
import { type Step, Steps } from './steps.js';
import type { TransfersRecord } from './transfer-record.js';

export interface AnswererContext {
  readonly timers: Timers;
  readonly slots: MediaSlots;
  readonly media: MediaPreferences;
  /** Absent: no SRTP. */
  readonly srtp?: SrtpWish;
  /** Absent: nobody counts. */
  readonly packetTimes?: PacketTimeBook;
  /** Final status instead of an answer; null: answer. */
  readonly rejectStatus: number | null;
  /** Ringing before the answer, ms; null: ring for ever. */
  readonly ringMs: number | null;
  /** BYE this long after the ACK, ms; null: wait for theirs. */
  readonly dropAfterMs: number | null;
  /** What is special about the calls; absent: 180, 200, and whatever the caller begins. */
  readonly flow?: AnswererFlow;
  /** Zero of all times of the records, ns. */
  readonly epochNs: number;
  now(): number;
  onAnswered(): void;
  /** The caller has pressed a key. Absent: nobody counts. */
  onKey?(digit: ReceivedDigit): void;
  /** The totals of what was received of a call whose run wants to hear of them; null: nobody is told. */
  readonly onMeasured: ((token: CallToken, totals: Float64Array) => void) | null;
  /** Once a call. */
  onEnd(record: CallRecord, call: AnsweringCall): void;
}

export interface AnswererFlow {
  /** Headers of the refusal: where to, in a redirection. */
  readonly refusalHeaders: HeaderBlock;
  /** 183 with SDP instead of 180, and audio from then on. */
  readonly earlyMedia: boolean;
  /** Provisional responses are sent reliably where the caller requires it, where it can, or to all, and refused is who cannot. */
  readonly reliable: 'asked' | 'supported' | 'required';
  /** From the ACK on. */
  readonly steps: readonly Step[];
}

/** No slot left: the answerer is full. */
const STATUS_FULL = 503;
const STATUS_NOT_ACCEPTABLE = 488;
const STATUS_EXTENSION_REQUIRED = 421;
const STATUS_RINGING = 180;
const STATUS_PROGRESS = 183;
const NEEDS_RELIABLE = headerBlock([['Require', '100rel']]);
const PLAIN_FLOW: AnswererFlow = { refusalHeaders: NO_HEADERS, earlyMedia: false, reliable: 'asked', steps: [] };

export class AnsweringCall implements IncomingCallListener, DigitListener {
  liveIndex = -1;
  private media: CallMedia | null = null;
  private steps: Steps | null = null;
  /** Null until a key is pressed. */
  private digits: CallDigits | null = null;
  /** Null until the caller asks for one. */
  private declined: DeclinedTransfers | null = null;
  private timer: TimerHandle | null = null;
  private readonly startedMs: number;
  private readonly token: CallToken | null;
  private establishedMs: number | null = null;
  /** The offer is ours: its answer comes by PRACK or ACK. */
  private isLateOffer = false;
  private isReleased = false;
  /** Why the caller's answer to it is of no use. */
  private refusal: MediaRefusal | null = null;
  private cutShort = false;
  private hungUp = false;
  private isAckLost = false;

  constructor(
    private readonly context: AnswererContext,
    private readonly call: number,
    private readonly dialog: IncomingCall,
  ) {
    this.startedMs = this.elapsedMs();
    this.token = context.onMeasured === null ? null : callTokenOf(dialog.request);
    dialog.listener = this;
  }

  /** Takes the INVITE; false when it was refused, and then the call is over. */
  start(): boolean {
    const { context, dialog } = this;
    const { flow = PLAIN_FLOW } = context;
    if (context.rejectStatus !== null) {
      return this.refuse(context.rejectStatus, causeOfStatus(context.rejectStatus), flow.refusalHeaders);
    }
    if (flow.reliable === 'required' && !dialog.canBeReliable) {
      return this.refuse(STATUS_EXTENSION_REQUIRED, 'notReliable', NEEDS_RELIABLE);
    }
    const slot = context.slots.take(this.call, 0);
    if (slot === null) {
      return this.refuse(STATUS_FULL, 'noSlot');
    }
    this.media = new CallMedia(context, this.call, slot);
    slot.listen?.(this);
    this.isLateOffer = dialog.request.body === '';
    const sdp = this.isLateOffer ? { sdp: this.media.offer() } : this.media.answer(dialog.request.body);
    if ('cause' in sdp) {
      return this.refuse(STATUS_NOT_ACCEPTABLE, sdp.cause);
    }
    dialog.isReliable ||= flow.reliable !== 'asked' && dialog.canBeReliable;
    this.ring(sdp.sdp, flow);
    return true;
  }

  private ring(sdp: string, { earlyMedia }: AnswererFlow): void {
    const { context, dialog } = this;
    // RFC 3261 §13.2.1: where the offer is ours, it stands in the first reliable response, whichever that is.
    const ringsWithSdp = earlyMedia ? !this.isLateOffer || dialog.isReliable : this.isLateOffer && dialog.isReliable;
    dialog.ring(earlyMedia ? STATUS_PROGRESS : STATUS_RINGING, ringsWithSdp ? sdp : '');
    if (earlyMedia) {
      this.media?.connectEarly();
    }
    // What was said reliably is not said again (RFC 6337 §3.1.1).
    const answer = ringsWithSdp && dialog.isReliable ? '' : sdp;
    if (context.ringMs === 0) {
      dialog.answer(answer);
    } else if (context.ringMs !== null) {
      this.timer = context.timers.schedule(context.ringMs, () => dialog.answer(answer));
    }
  }

  /** Ends the call now. One that we have hung up already goes on waiting for its end. */
  cut(): void {
    if (this.hungUp) {
      return;
    }
    this.cutShort = true;
    this.clearTimer();
    this.hangUp();
    if (this.establishedMs === null) {
      this.end('cut', 'shutdown');
    }
  }

  /** Ends it for us only. */
  abandon(): void {
    this.end('cut', 'shutdown');
  }

  onAck(ack: SipMessage): void {
    const { context, media } = this;
    this.establishedMs = this.elapsedMs();
    context.onAnswered();
    if (this.isLateOffer && media?.agreed === null) {
      this.onOfferAnswered(ack.contentType === 'application/sdp' ? ack.body : '');
      if (this.refusal !== null) {
        return;
      }
    }
    media?.connect();
    if (context.dropAfterMs !== null) {
      this.timer = context.timers.schedule(context.dropAfterMs, hangUp, this);
    }
    this.takeSteps();
  }

  private takeSteps(): void {
    const { context, media, dialog } = this;
    const { steps } = context.flow ?? PLAIN_FLOW;
    if (steps.length === 0 || media === null || this.hungUp) {
      return;
    }
    const { timers } = context;
    this.steps = new Steps(steps, {
      timers,
      media,
      dialog,
      digits: this.keys,
      nowMs: () => this.elapsedMs(),
      onStepFailed: (failure) => this.giveUp(failure),
      onStepsDone: (isOver) => {
        if (isOver) {
          this.hangUp();
        }
      },
    });
    this.steps.start();
  }

  onReoffer(sdp: string): string | null {
    return this.hungUp ? null : (this.media?.reanswer(sdp) ?? null);
  }

  onOfferAsked(scope: 'all' | 'current'): string | null {
    if (this.hungUp || this.media === null) {
      return null;
    }
    return scope === 'all' ? this.media.offer() : this.media.reoffer({});
  }

  onOfferAnswered(sdp: string): void {
    const refusal = this.media?.takeAnswer(sdp) ?? null;
    if (refusal !== null) {
      this.giveUp(refusal);
    }
  }

  onDigit(digit: ReceivedDigit): void {
    this.context.onKey?.(digit);
    this.keys.hear(digit);
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
    this.declined ??= new DeclinedTransfers();
    this.declined.take(referral, this.elapsedMs());
  }

  /** That the caller has asked for so far, and did not get; null: none. */
  get transfers(): TransfersRecord | null {
    return this.declined?.record ?? null;
  }

  onSessionExpired(): void {
    this.giveUp({ cause: 'sessionExpired', detail: 'nobody refreshed the session' });
  }

  onPrackTimeout(): void {
    this.end('failed', 'noPrack');
  }

  /** It cannot go on: BYE, and why is known already. */
  private giveUp(refusal: MediaRefusal): void {
    this.refusal ??= refusal;
    this.hangUp();
    if (this.establishedMs === null) {
      this.end('failed', refusal.cause);
    }
  }

  onReanswerLost(): void {
    this.isAckLost = true;
    this.hangUp();
  }

  onCancelled(): void {
    this.end('failed', 'cancelled');
  }

  onAckTimeout(): void {
    this.end('failed', 'noAck');
  }

  onEnded(end: CallEnd): void {
    if (this.cutShort) {
      this.end('cut', 'shutdown');
    } else if (this.establishedMs === null) {
      this.end('failed', end.by === 'remote' ? 'noAck' : causeOfEvent(end.cause)); // a BYE came, but never the ACK
    } else if (this.isAckLost) {
      this.end('dropped', 'noAck');
    } else if (this.refusal !== null) {
      this.end('dropped', this.refusal.cause);
    } else {
      this.end(end.by === 'remote' || end.cause === 'bye' ? 'completed' : 'dropped', causeOfEvent(end.cause));
    }
  }

  hangUp(): void {
    this.hungUp = true;
    this.steps?.stop();
    this.releaseSlot();
    this.dialog.bye();
  }

  private releaseSlot(): void {
    const { token } = this;
    const slot = this.media?.slot;
    const { onMeasured } = this.context;
    if (slot === undefined || this.isReleased) {
      return;
    }
    this.isReleased = true;
    if (token !== null && onMeasured !== null) {
      slot.onMeasured = (totals) => onMeasured(token, totals);
    }
    slot.release(this.context.now());
  }

  private refuse(status: number, cause: string, headers: HeaderBlock = NO_HEADERS): false {
    this.dialog.reject(status, headers);
    this.end('failed', cause);
    return false;
  }

  private end(outcome: 'completed' | 'failed' | 'dropped' | 'cut', cause: string): void {
    this.clearTimer();
    const { context, establishedMs } = this;
    if (this.dialog.listener === null) {
      return; // ended already: a refusal, or a BYE behind an ACK that never came
    }
    this.dialog.listener = null;
    this.steps?.stop();
    this.releaseSlot();
    const record: CallRecord = {
      call: this.call,
      endpoint: 0,
      callId: this.dialog.callId,
      intendedMs: this.startedMs,
      startedMs: this.startedMs,
      establishedMs,
      endedMs: this.elapsedMs(),
      outcome,
      succeeded: outcome === 'completed',
      phase: outcome === 'completed' ? null : this.phase,
      sipStatus: null,
      cause: outcome === 'completed' ? null : cause,
      detail: null,
      setupDelayMs: null,
      answerDelayMs: establishedMs === null ? null : establishedMs - this.startedMs,
      disconnectDelayMs: null,
      heldBack: false,
      earlyMedia: false,
      hasMedia: context.slots.measured && this.media?.isConnected === true,
      dtmf: this.digits?.record(this.elapsedMs()) ?? null,
      transfers: this.transfers,
    };
    context.onEnd(record, this);
  }

  private get phase(): CallPhase {
    const answeredPhase = this.hungUp && !this.cutShort ? 'teardown' : 'established';
    return this.establishedMs === null ? 'setup' : answeredPhase;
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

function hangUp(call: AnsweringCall): void {
  call.hangUp();
}
