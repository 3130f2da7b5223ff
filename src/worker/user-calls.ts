/**
 * Calls between our users through a PBX: the second leg comes to us as a call of its own, with another Call-ID and perhaps
 * another From. It is known by the token in a header of ours, else by the token in the caller's name, else by the called user,
 * who is reserved for one call at a time. Its figures are those of the sent direction of the call.
 */
import { AnsweringCall, type AnswererContext } from '../call/answering-call.js';
import { callTokenOf, findCallToken, runIdOf, TOKEN_HEADER } from '../call/call-token.js';
import type { CallAgent, CallStart, CallTarget } from '../call/caller-call.js';
import { type LegMarkers, MarkerEar, markerOf } from '../call/leg-marker.js';
import { NO_GROUP, type CallRecord } from '../call/outcome.js';
import type { TransfersRecord } from '../call/transfer-record.js';
import { type HeaderBlock, joinBlocks, NO_HEADERS } from '../sip/message/builder.js';
import type { Timers } from '../sip/transaction/timers.js';
import { SipParseError } from '../sip/message/parse-error.js';
import type { SipMessage } from '../sip/message/message.js';
import { createUri, parseUri } from '../sip/message/uri.js';
import type { IncomingCall } from '../sip/ua/call-events.js';
import type { CallMatches, CallUser } from './user-messages.js';
import type { UserPool } from './user-pool.js';

export interface UserCallsOptions {
  readonly users: readonly CallUser[];
  readonly pool: UserPool;
  /** The PBX: where every call goes. */
  readonly target: CallTarget;
  readonly arePaired: boolean;
  /** Sets of labels by which their calls are told apart; absent: 1. */
  readonly groups?: number;
  /** Calls have a marker in their audio; default false. */
  readonly marksLegs?: boolean;
  readonly runToken: string;
  readonly timers: Timers;
  /** Users that may be registered, now or later. */
  possible(): number;
  /** Of this user alone; undefined: it has none of its own. */
  agentOf(user: number): CallAgent | undefined;
  /** Route headers that the registrar gave this user. */
  routesOf(user: number): HeaderBlock;
  /** A call of ours has come to the user who is called, by this INVITE. */
  onSecondLeg(call: number, invite: SipMessage): void;
  /** The PBX does not seem to know this user any more. */
  onForgotten(user: number): void;
}

/** The second leg ends by the PBX's BYE; one that gets none is ended by us so long after the first. */
const BYE_WAIT_MS = 4_000;
/** The called user is unknown to the PBX (404), or not registered (480). */
const FORGOTTEN: ReadonlySet<number> = new Set([404, 480]);
const STATUS_BUSY = 486;
const STATUS_NOT_HERE = 480;

interface Match {
  readonly call: number;
  readonly way: Exclude<keyof CallMatches, 'unmatched'>;
}

/** What a second leg needs of the driver's context. */
export type SecondLegContext = Pick<
  AnswererContext,
  'timers' | 'slots' | 'media' | 'srtp' | 'packetTimes' | 'epochNs' | 'now'
>;

export class UserCalls {
  readonly matches: { -readonly [Way in keyof CallMatches]: number } = {
    header: 0,
    callerName: 0,
    number: 0,
    unmatched: 0,
  };
  /** Of each call with a second leg, until both are over. */
  private readonly ears = new Map<number, MarkerEar>();
  private readonly runId: number;
  /** Index by the user as it stands in a URI. */
  private readonly byName: ReadonlyMap<string, number>;
  /** Second legs that are alive, by call. */
  private readonly answering = new Map<number, AnsweringCall>();
  /** Of second legs that have ended before the first, where their far side asked for some. */
  private readonly declined = new Map<number, TransfersRecord>();
  /** Calls that have a second leg, or had one. */
  private readonly matched = new Set<number>();
  /** Calls of which the first leg has ended before the second. */
  private readonly ending = new Set<number>();
  private isDraining = false;

  constructor(private readonly options: UserCallsOptions) {
    this.runId = runIdOf(options.runToken);
    this.byName = new Map(options.users.map(({ user }, index) => [nameInUri(user), index]));
  }

  /** Null: the calls have none. */
  get markers(): LegMarkers | null {
    if (this.options.marksLegs !== true) {
      return null;
    }
    return {
      digitsOf: (call) => markerOf(this.runId, call),
      verdictOf: (call) => this.ears.get(call)?.verdict ?? null,
    };
  }

  /** Transfers that the far side of the second leg has asked for, which are declined; null: none. */
  transfersOf(call: number): TransfersRecord | null {
    return this.answering.get(call)?.transfers ?? this.declined.get(call) ?? null;
  }

  /** Another call can be placed now. */
  get hasRoom(): boolean {
    return this.options.pool.hasRoom;
  }

  /** There will never be users enough: too many were refused for good. */
  get isHopeless(): boolean {
    return this.options.possible() < this.options.pool.perCall;
  }

  /** Second legs that are alive. */
  get live(): number {
    return this.answering.size;
  }

  /** Of a call for which there was no user. */
  get groupOfNobody(): number {
    return (this.options.groups ?? 1) === 1 ? 0 : NO_GROUP;
  }

  /** The caller's. */
  groupOf(call: number): number {
    const reservation = this.options.pool.reservationOf(call);
    return reservation === null ? this.groupOfNobody : (this.options.users[reservation.caller]?.group ?? 0);
  }

  /** Who calls, and whom; null when nobody is free. */
  reserve(call: number): Pick<CallStart, 'target' | 'group' | 'calledGroup'> | null {
    const { pool, users, target } = this.options;
    const reservation = pool.reserve(call);
    const caller = reservation === null ? undefined : users[reservation.caller];
    if (reservation === null || caller === undefined) {
      return null;
    }
    const callee = reservation.callee === null ? undefined : users[reservation.callee];
    const uri = callee === undefined ? target.uri : { ...target.uri, user: nameInUri(callee.user) };
    // Behind those of an outbound proxy (RFC 3608 §6.1). The INVITE itself goes where it was checked that it may go.
    const routes = joinBlocks(target.routes ?? NO_HEADERS, this.options.routesOf(reservation.caller));
    const agent = this.options.agentOf(reservation.caller);
    const own = { uri, routes, credentials: caller.credentials, fromUser: caller.user };
    return {
      target: { ...target, ...own, ...(agent !== undefined && { agent }) },
      group: caller.group ?? 0,
      ...(callee !== undefined && { calledGroup: callee.group ?? 0 }),
    };
  }

  /** The first leg has ended. */
  noteEnd({ call, outcome, sipStatus }: CallRecord): void {
    const callee = this.options.pool.reservationOf(call)?.callee ?? null;
    if (callee !== null && outcome === 'failed' && sipStatus !== null && FORGOTTEN.has(sipStatus)) {
      this.options.onForgotten(callee);
    }
    const second = this.answering.get(call);
    if (second === undefined) {
      this.release(call);
      return;
    }
    this.ending.add(call);
    this.options.timers.schedule(BYE_WAIT_MS, () => {
      if (this.answering.get(call) === second) {
        second.cut();
        second.abandon();
      }
    });
  }

  /** Takes a call to one of our users. */
  receive(incoming: IncomingCall, context: SecondLegContext): void {
    const match = this.isDraining ? null : this.match(incoming.request);
    if (match === null || this.matched.has(match.call)) {
      this.matches.unmatched++;
      incoming.reject(match === null ? STATUS_NOT_HERE : STATUS_BUSY);
      return;
    }
    const { call, way } = match;
    this.matches[way]++;
    this.matched.add(call);
    this.options.onSecondLeg(call, incoming.request);
    const second = new AnsweringCall(this.contextOf(call, context), call, incoming);
    this.answering.set(call, second);
    second.start();
  }

  /** No second leg is taken any more. Those that are up end with their first. */
  drain(): void {
    this.isDraining = true;
  }

  abandon(): void {
    for (const second of this.answering.values()) {
      second.abandon();
    }
  }

  private contextOf(call: number, context: SecondLegContext): AnswererContext {
    // What the called user receives is what the caller's leg sent.
    const { slots } = context;
    const group = this.groupOf(call);
    return {
      ...context,
      slots: {
        measured: slots.measured,
        take: (of) => slots.take(of, group),
        get shortage() {
          return slots.shortage ?? null;
        },
      },
      rejectStatus: null,
      ringMs: 0,
      dropAfterMs: null,
      onAnswered: () => {},
      ...(this.options.marksLegs === true && { onKey: this.earOf(call) }),
      onMeasured: null,
      onEnd: ({ transfers }) => this.endSecond(call, transfers ?? null),
    };
  }

  private earOf(call: number): NonNullable<AnswererContext['onKey']> {
    const ear = new MarkerEar(this.runId, call);
    this.ears.set(call, ear);
    return ({ digit }) => ear.hear(digit);
  }

  private endSecond(call: number, transfers: TransfersRecord | null): void {
    this.answering.delete(call);
    if (transfers !== null) {
      this.declined.set(call, transfers);
    }
    if (this.ending.delete(call)) {
      this.release(call);
    }
  }

  private release(call: number): void {
    this.matched.delete(call);
    this.ears.delete(call);
    this.declined.delete(call);
    this.options.pool.release(call);
  }

  /** The call whose second leg this is, and what tells so; null: none of ours. */
  private match(request: SipMessage): Match | null {
    if (!this.options.arePaired) {
      return null;
    }
    const inHeader = this.liveCall(findCallToken(request.header(TOKEN_HEADER) ?? ''));
    if (inHeader !== null) {
      return { call: inHeader, way: 'header' };
    }
    const inName = this.liveCall(callTokenOf(request));
    if (inName !== null) {
      return { call: inName, way: 'callerName' };
    }
    const callee = this.byName.get(calledUser(request));
    const reserved = callee === undefined ? null : this.options.pool.callTo(callee);
    return reserved === null ? null : { call: reserved, way: 'number' };
  }

  private liveCall(token: ReturnType<typeof findCallToken>): number | null {
    const isOurs = token !== null && token.runId === this.runId;
    return isOurs && this.options.pool.reservationOf(token.call) !== null ? token.call : null;
  }
}

const nameInUri = (user: string): string => createUri({ user, host: 'pbx' }).user ?? '';

/** The user of our Contact, which a PBX calls. */
function calledUser(request: SipMessage): string {
  try {
    return parseUri(request.requestUri).user ?? '';
  } catch (error) {
    if (!(error instanceof SipParseError)) {
      throw error;
    }
    return '';
  }
}
