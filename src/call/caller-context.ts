/** What the calls that a worker places share, and the record of one that was never placed. */
import { NS_PER_MS } from '../lib/clock.js';
import type { Timers } from '../sip/transaction/timers.js';
import type { UserAgent } from '../sip/ua/user-agent.js';
import type { CallerCall } from './caller-call.js';
import type { Expectations } from './expectations.js';
import type { CallTarget, CallerIdentity } from './invite-of.js';
import type { LegMarkers } from './leg-marker.js';
import type { TransfersRecord } from './transfer-record.js';
import type { MediaSlots } from './media-slots.js';
import type { MediaPreferences } from './negotiation.js';
import type { CallRecord } from './outcome.js';
import type { PacketTimeBook } from './packet-times.js';
import type { SrtpWish } from './srtp-keys.js';
import type { Step } from './steps.js';

/** What all calls of a worker share. */
export interface CallerContext {
  readonly userAgent: UserAgent;
  readonly timers: Timers;
  readonly slots: MediaSlots;
  readonly endpoints: readonly CallTarget[];
  readonly media: MediaPreferences;
  /** Absent: no SRTP. */
  readonly srtp?: SrtpWish;
  /** Absent: nobody counts. */
  readonly packetTimes?: PacketTimeBook;
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
  /** Of calls between users of ours; absent: they have none. */
  readonly markers?: LegMarkers;
  /** Transfers that the called leg of such a call was asked for; null: none. Absent: there are no called legs here. */
  calledLegTransfers?(call: number): TransfersRecord | null;
  /** What is special about the calls; absent: INVITE with an offer, hold, BYE. */
  readonly flow?: CallerFlow;
}

export interface CallerFlow {
  readonly identity: CallerIdentity;
  /** The offer is left to the far side. */
  readonly lateOffer: boolean;
  /** So many 3xx are followed. */
  readonly followRedirects: number;
  /** The far side may have us call somebody else (REFER). */
  readonly acceptTransfer: boolean;
  /** From the answer on; the call lasts until they are done and its hold time is over. */
  readonly steps: readonly Step[];
  readonly expect: Expectations | null;
}

/** When and why this one. */
export interface CallStart {
  readonly call: number;
  readonly intendedMs: number;
  readonly heldBack: boolean;
  /** In place of the endpoint's: one user calls another. */
  readonly target?: CallTarget;
  /** The group that it is counted in; absent: calls are dealt to the endpoints in turn. */
  readonly group?: number;
  /** That of the user who is called; absent: it is no user of ours. */
  readonly calledGroup?: number;
}

/** The record of a call that never left: a limit of ours, or the end of the run came first. */
export function notStarted(
  context: CallerContext,
  start: CallStart,
  cause: string,
  detail: string | null = null,
): CallRecord {
  return {
    call: start.call,
    endpoint: start.group ?? start.call % context.endpoints.length,
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
    detail,
    setupDelayMs: null,
    answerDelayMs: null,
    disconnectDelayMs: null,
    heldBack: start.heldBack,
    earlyMedia: false,
    hasMedia: false,
  };
}
