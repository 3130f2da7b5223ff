/** A call that comes to us: rings, answers (or refuses) as the answerer was told, and ends by their BYE or ours. */
import { NS_PER_MS } from '../lib/clock.js';
import type { TimerHandle, Timers } from '../sip/transaction/timers.js';
import type { CallEnd, IncomingCall, IncomingCallListener } from '../sip/ua/call-events.js';
import { callTokenOf, type CallToken } from './call-token.js';
import type { MediaSlot, MediaSlots } from './media-slots.js';
import { answerTo, type AgreedMedia, type MediaPreferences } from './negotiation.js';
import { causeOfEvent, causeOfStatus, type CallPhase, type CallRecord } from './outcome.js';

export interface AnswererContext {
  readonly timers: Timers;
  readonly slots: MediaSlots;
  readonly media: MediaPreferences;
  /** Final status instead of an answer; null: answer. */
  readonly rejectStatus: number | null;
  /** Ringing before the answer, ms; null: ring for ever. */
  readonly ringMs: number | null;
  /** BYE this long after the ACK, ms; null: wait for theirs. */
  readonly dropAfterMs: number | null;
  /** Zero of all times of the records, ns. */
  readonly epochNs: number;
  now(): number;
  onAnswered(): void;
  /** The totals of what was received of a call whose run wants to hear of them; null: nobody is told. */
  readonly onMeasured: ((token: CallToken, totals: Float64Array) => void) | null;
  /** Once a call. */
  onEnd(record: CallRecord, call: AnsweringCall): void;
}

/** No slot left: the answerer is full. */
const STATUS_FULL = 503;
const STATUS_NOT_ACCEPTABLE = 488;

export class AnsweringCall implements IncomingCallListener {
  private slot: MediaSlot | null = null;
  private media: AgreedMedia | null = null;
  private timer: TimerHandle | null = null;
  private readonly startedMs: number;
  private readonly token: CallToken | null;
  private establishedMs: number | null = null;
  private connected = false;
  private sessionVersion = 1;
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
    if (context.rejectStatus !== null) {
      return this.refuse(context.rejectStatus, causeOfStatus(context.rejectStatus));
    }
    const slot = context.slots.take(this.call, 0);
    if (slot === null) {
      return this.refuse(STATUS_FULL, 'noSlot');
    }
    this.slot = slot;
    const version = { call: this.call, sessionVersion: this.sessionVersion };
    const answer = answerTo(dialog.request.body, slot, version, context.media);
    if ('cause' in answer) {
      return this.refuse(STATUS_NOT_ACCEPTABLE, answer.cause);
    }
    this.media = answer.media;
    dialog.ring();
    if (context.ringMs === 0) {
      dialog.answer(answer.sdp);
    } else if (context.ringMs !== null) {
      const pickUp = (): void => dialog.answer(answer.sdp);
      this.timer = context.timers.schedule(context.ringMs, pickUp);
    }
    return true;
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

  onAck(): void {
    const { context, media } = this;
    this.establishedMs = this.elapsedMs();
    context.onAnswered();
    if (media !== null) {
      this.connected = true;
      this.slot?.connect({ ...media, answeredAtNs: context.now() });
    }
    if (context.dropAfterMs !== null) {
      this.timer = context.timers.schedule(context.dropAfterMs, hangUp, this);
    }
  }

  /** Hold, resume, another address: the codec that was agreed on stays. */
  onReoffer(sdp: string): string | null {
    const { slot, media, context } = this;
    if (slot === null || media === null) {
      return null;
    }
    const version = { call: this.call, sessionVersion: this.sessionVersion + 1 };
    const answer = answerTo(sdp, slot, version, { ...context.media, codecs: [media.codec] });
    if ('cause' in answer) {
      return null;
    }
    this.sessionVersion++;
    slot.update({ ...answer.media, answeredAtNs: context.now() });
    return answer.sdp;
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
    } else {
      this.end(end.by === 'remote' || end.cause === 'bye' ? 'completed' : 'dropped', causeOfEvent(end.cause));
    }
  }

  hangUp(): void {
    this.hungUp = true;
    this.releaseSlot();
    this.dialog.bye();
  }

  private releaseSlot(): void {
    const { slot, token } = this;
    const { onMeasured } = this.context;
    if (slot !== null && token !== null && onMeasured !== null) {
      slot.onMeasured = (totals) => onMeasured(token, totals);
    }
    slot?.release(this.context.now());
    this.slot = null;
  }

  private refuse(status: number, cause: string): false {
    this.dialog.reject(status);
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
      hasMedia: context.slots.measured && this.connected,
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
