/**
 * A call that we place: INVITE with an offer, audio from the ACK on, BYE after the hold time. Whatever happens ends in
 * exactly one record; nothing that the far side does throws.
 */
import { NS_PER_MS } from '../lib/clock.js';
import type { Offer } from '../sdp/offer-answer.js';
import type { Credentials } from '../sip/auth/authorizer.js';
import { type HeaderBlock, headerBlock } from '../sip/message/builder.js';
import { HeaderId } from '../sip/message/header-name.js';
import type { SipMessage } from '../sip/message/message.js';
import type { SipUri } from '../sip/message/uri.js';
import type { TimerHandle, Timers } from '../sip/transaction/timers.js';
import type { CallEnd, CallFailure, OutgoingCall, OutgoingCallListener } from '../sip/ua/call-events.js';
import type { InviteRequest } from '../sip/ua/outgoing-call.js';
import type { ServerList } from '../sip/ua/server-list.js';
import type { UserAgent } from '../sip/ua/user-agent.js';
import { EarlyAnswers } from './early-answers.js';
import { TOKEN_HEADER } from './call-token.js';
import type { MediaSlot, MediaSlots } from './media-slots.js';
import { answerTo, offerFor, readAnswer, type MediaPreferences } from './negotiation.js';
import { causeOfEvent, causeOfStatus, type CallPhase, type CallRecord } from './outcome.js';

/** What places calls: a user agent, or something that makes one for each. */
export type CallAgent = Pick<UserAgent, 'invite' | 'options'>;

/** Whom to call, and the address at which that was checked. */
export interface CallTarget {
  readonly uri: SipUri;
  readonly nextHop: { readonly host: string; readonly port: number };
  /** The servers of the target, in an order for each call; absent: `nextHop` alone. */
  readonly servers?: ServerList;
  /** Route headers of the INVITE; absent: none. */
  readonly routes?: HeaderBlock;
  /** Places its calls; absent: the user agent that all share. */
  readonly agent?: CallAgent;
  /** Who we are there: the answer to 401 and 407; null: nobody in particular. */
  readonly credentials: Credentials | null;
  /** User of From; absent: that of the credentials. */
  readonly fromUser?: string;
}

/** What all calls of a worker share. */
export interface CallerContext {
  readonly userAgent: UserAgent;
  readonly timers: Timers;
  readonly slots: MediaSlots;
  readonly endpoints: readonly CallTarget[];
  readonly media: MediaPreferences;
  readonly holdMs: number;
  readonly ringTimeoutMs: number;
  readonly expect: 'answered' | number;
  /** Zero of all times of the records, ns. */
  readonly epochNs: number;
  now(): number;
  callIdOf(call: number): string;
  /** Text of the token by which the far end may return what it received; null: the call carries none. */
  tokenOf(call: number): string | null;
  /** @param agent what the far side calls itself in the answer (Server or User-Agent); network text */
  onAnswered(call: number, agent: string | null): void;
  /** Once a call. */
  onEnd(record: CallRecord, call: CallerCall): void;
}

/** When and why this one. */
export interface CallStart {
  readonly call: number;
  readonly intendedMs: number;
  readonly heldBack: boolean;
  /** In place of the endpoint's: one user calls another. */
  readonly target?: CallTarget;
}

/** What a call came to. */
type Ending = Pick<CallRecord, 'outcome' | 'phase' | 'sipStatus' | 'cause' | 'detail'>;

const COMPLETED: Ending = { outcome: 'completed', phase: null, sipStatus: null, cause: null, detail: null };
/** Nothing is wrong with it, but the scenario expects a refusal: a call that did not succeed has a cause. */
const UNEXPECTED_ANSWER: Ending = { ...COMPLETED, phase: 'setup', sipStatus: 200, cause: 'unexpectedAnswer' };
/** Of a peer's words in a record. */
const DETAIL_CHARACTERS = 160;

export class CallerCall implements OutgoingCallListener {
  private readonly endpoint: number;
  private readonly callId: string;
  private slot: MediaSlot | null = null;
  private offer: Offer | null = null;
  private dialog: OutgoingCall | null = null;
  private timer: TimerHandle | null = null;
  private startedMs = 0;
  private establishedMs: number | null = null;
  private setupDelayMs: number | null = null;
  private byeAtMs: number | null = null;
  /** Why we end it before its time; null: we do not. */
  private stop: { readonly cut: boolean; readonly phase: CallPhase; readonly cause: string } | null = null;
  private stopDetail: string | null = null;
  private connected = false;
  private codec: string | null = null;
  private sessionVersion = 1;
  private readonly early = new EarlyAnswers();
  private ended = false;

  constructor(
    private readonly context: CallerContext,
    private readonly startOf: CallStart,
  ) {
    this.endpoint = startOf.call % context.endpoints.length;
    this.callId = context.callIdOf(startOf.call);
  }

  /** Sends the INVITE; false when there is no slot, and then the call is over. */
  start(): boolean {
    const { context, startOf } = this;
    this.startedMs = this.elapsedMs();
    this.slot = context.slots.take(startOf.call, this.endpoint);
    const target = startOf.target ?? context.endpoints[this.endpoint];
    if (this.slot === null || target === undefined) {
      context.onEnd(notStarted(context, startOf, 'noSlot'), this);
      return false;
    }
    this.offer = offerFor(this.slot, startOf.call, context.media);
    this.timer = context.timers.schedule(context.ringTimeoutMs, giveUpRinging, this);
    const { uri, credentials, fromUser = credentials?.user, agent = context.userAgent } = target;
    const who = { credentials, ...(fromUser !== undefined && { fromUser }) };
    const invite = { target: uri, ...routeOf(target), sdp: this.offer.sdp, callId: this.callId, ...who };
    this.dialog = agent.invite({ ...invite, ...tokenFields(context.tokenOf(startOf.call)) }, this);
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
      this.slot?.release(this.context.now());
      this.dialog?.bye();
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
    const answer = this.early.answerOf(response);
    this.early.forget();
    if (this.stop !== null) {
      this.hangUp(); // the answer crossed our CANCEL
      return;
    }
    const { offer } = this;
    this.offer = null; // the transaction outlives the call by 32 s and would keep it
    if (offer !== null && this.connect(offer, answer)) {
      this.timer = context.timers.schedule(context.holdMs, hangUp, this);
    } else {
      this.hangUp();
    }
  }

  /** Hold, resume, another address: the codec that was agreed on stays. */
  onReoffer(sdp: string): string | null {
    const { slot, startOf, context, byeAtMs, codec } = this;
    if (slot === null || codec === null || byeAtMs !== null) {
      return null;
    }
    const preferences = { ...context.media, codecs: [codec] };
    const version = { call: startOf.call, sessionVersion: this.sessionVersion + 1 };
    const answer = answerTo(sdp, slot, version, preferences);
    if ('cause' in answer) {
      return null;
    }
    this.sessionVersion++;
    slot.update({ ...answer.media, answeredAtNs: context.now() });
    return answer.sdp;
  }

  onReanswerLost(): void {
    this.stop ??= { cut: false, phase: 'established', cause: 'noAck' };
    this.hangUp();
  }

  onFailed(failure: CallFailure): void {
    const sipStatus = failure.status;
    if (this.stop !== null && failure.cause === 'cancelled') {
      const { cut, phase, cause } = this.stop;
      this.end({ outcome: cut ? 'cut' : 'failed', phase, sipStatus, cause, detail: null });
      return;
    }
    const cause = sipStatus === null ? causeOfEvent(failure.cause) : causeOfStatus(sipStatus);
    this.end({ outcome: 'failed', phase: 'setup', sipStatus, cause, detail: failure.detail });
  }

  onEnded(end: CallEnd): void {
    const { status: sipStatus, detail } = end;
    if (this.stop !== null) {
      const { cut, phase, cause } = this.stop;
      this.end({ outcome: cut ? 'cut' : 'dropped', phase, sipStatus: null, cause, detail: this.stopDetail });
    } else if (end.by === 'remote' && this.byeAtMs === null) {
      this.end({ ...COMPLETED, outcome: 'dropped', phase: 'established', cause: 'remoteBye', detail });
    } else if (end.cause === 'bye' || end.by === 'remote') {
      this.end(this.context.expect === 'answered' ? COMPLETED : UNEXPECTED_ANSWER);
    } else {
      const cause = causeOfEvent(end.cause);
      this.end({ outcome: 'dropped', phase: 'teardown', sipStatus, cause, detail });
    }
  }

  /** Audio as their answer says; false when it cannot be, and then `stop` says why. */
  private connect(offer: Offer, answer: string): boolean {
    const { context } = this;
    const agreed = readAnswer(offer, answer, context.media);
    if ('cause' in agreed) {
      this.stop = { cut: false, phase: 'setup', cause: agreed.cause };
      this.stopDetail = agreed.detail;
      return false;
    }
    this.connected = true;
    this.codec = agreed.codec;
    this.slot?.connect({ ...agreed, answeredAtNs: context.now() });
    return true;
  }

  private end(ending: Ending): void {
    const { context, startOf, establishedMs } = this;
    if (this.ended) {
      return; // abandoned, and the far side's last word came after all
    }
    this.ended = true;
    this.early.forget();
    this.clearTimer();
    const endedMs = this.elapsedMs();
    if (this.byeAtMs === null) {
      this.slot?.release(context.now());
    }
    const { outcome, sipStatus, detail } = ending;
    const answered = establishedMs !== null;
    const refusedAsExpected = outcome === 'failed' && sipStatus === context.expect;
    const record: CallRecord = {
      call: startOf.call,
      endpoint: this.endpoint,
      callId: this.callId,
      intendedMs: startOf.intendedMs,
      startedMs: this.startedMs,
      establishedMs,
      endedMs,
      ...ending,
      succeeded: context.expect === 'answered' ? outcome === 'completed' : refusedAsExpected,
      detail: detail === null ? null : detail.slice(0, DETAIL_CHARACTERS),
      setupDelayMs: answered ? this.setupDelayMs : null,
      answerDelayMs: answered ? establishedMs - this.startedMs : null,
      disconnectDelayMs: this.byeAtMs === null || outcome !== 'completed' ? null : endedMs - this.byeAtMs,
      heldBack: startOf.heldBack,
      earlyMedia: this.early.came,
      hasMedia: context.slots.measured && this.connected,
    };
    context.onEnd(record, this);
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

/** The record of a call that never left: a limit of ours, or the end of the run came first. */
export function notStarted(context: CallerContext, start: CallStart, cause: string): CallRecord {
  return {
    call: start.call,
    endpoint: start.call % context.endpoints.length,
    callId: context.callIdOf(start.call),
    intendedMs: start.intendedMs,
    startedMs: null,
    establishedMs: null,
    endedMs: (context.now() - context.epochNs) / NS_PER_MS,
    outcome: 'notStarted',
    succeeded: false,
    phase: 'start',
    sipStatus: null,
    cause,
    detail: null,
    setupDelayMs: null,
    answerDelayMs: null,
    disconnectDelayMs: null,
    heldBack: start.heldBack,
    earlyMedia: false,
    hasMedia: false,
  };
}

/** Where the INVITE goes, and where else when it comes to nothing there. */
function routeOf({ nextHop, servers, routes }: CallTarget): Partial<InviteRequest> {
  const headers = routes === undefined ? {} : { routes };
  if (servers === undefined) return { nextHop, ...headers };
  const [first = nextHop, ...otherHops] = servers.order();
  return { nextHop: first, otherHops, onHopFailed: (hop) => servers.fail(hop), ...headers };
}

/** In a header, and in the caller's name, which a PBX between passes on. */
function tokenFields(token: string | null): Pick<InviteRequest, 'displayName' | 'headers'> {
  return token === null ? {} : { displayName: token, headers: headerBlock([[TOKEN_HEADER, token]]) };
}

function hangUp(call: CallerCall): void {
  call.hangUp();
}

function giveUpRinging(call: CallerCall): void {
  call.giveUpRinging();
}
