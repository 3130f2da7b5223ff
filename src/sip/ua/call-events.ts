/** What a call says to the state machine above it, and what can be asked of it. */
import type { HeaderBlock } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import type { TransportFailure } from '../transport/transport.js';
import type { Referral } from './referral.js';

type OwnFailure = 'cancelled' | 'malformed-response';

/** Why an INVITE of ours came to nothing. */
export interface CallFailure {
  /** Of the final response; null when there was none. */
  readonly status: number | null;
  readonly cause: 'response' | 'credentials-withheld' | 'timeout' | TransportFailure['cause'] | OwnFailure;
  /** For people; at most 120 characters, may hold network text. */
  readonly detail: string;
  /** The refusal, for who looks at its headers; null when there was none. Not to be kept. */
  readonly response: SipMessage | null;
}

/** How an answered call ended. */
export interface CallEnd {
  readonly by: 'local' | 'remote';
  /** Final response to our BYE (null: none came); 200 for theirs, which we have sent. */
  readonly status: number | null;
  readonly cause: 'bye' | 'bye-timeout' | 'bye-refused' | TransportFailure['cause'];
  /** For people: why it was refused, or their Q.850 cause; at most 120 characters, may hold network text. */
  readonly detail: string | null;
}

/** What the far side may begin while a call is up, by re-INVITE, UPDATE or PRACK. */
export interface MidCallListener {
  /** It offers anew; gives our answer, null to leave things as they are (488). */
  onReoffer(sdp: string): string | null;
  /**
   * An offer of ours is wanted: `all` that we can, since the far side asks for one (a re-INVITE without SDP), or what is
   * `current`, to refresh the session. Null to leave things as they are (488).
   */
  onOfferAsked(scope: 'all' | 'current'): string | null;
  /** Its answer to an offer that we gave it in a response; '' where it sent none. */
  onOfferAnswered(sdp: string): void;
  /** Our answer was never acknowledged: the call is over, its BYE follows. */
  onReanswerLost(): void;
  /** Nobody refreshed the session in time (RFC 4028 §10): the call is over, its BYE follows. */
  onSessionExpired(): void;
  /** INFO, MESSAGE or NOTIFY within the call, which is answered 200. */
  onTold(request: SipMessage): void;
  /** It wants us to call somebody else (REFER). Declined (603) where this is absent, or neither takes nor refuses it at once. */
  onReferred?(referral: Referral): void;
}

/** How a request of ours within the call came out. */
export interface DialogOutcome {
  /** The final response; null when there was none. Not to be kept. */
  readonly response: SipMessage | null;
  readonly cause: 'response' | 'timeout' | TransportFailure['cause'];
  /** For people; at most 120 characters, may hold network text. */
  readonly detail: string;
}

export type OutcomeListener = (outcome: DialogOutcome) => void;

/** A request of ours that offers nothing. */
export interface DialogRequest {
  readonly method: 'INFO' | 'REFER' | 'UPDATE' | 'PRACK';
  readonly headers?: HeaderBlock;
  readonly contentType?: string;
  /** Wire text. */
  readonly body?: string;
}

/** A new offer of ours: by re-INVITE, or by UPDATE (RFC 3311). */
export interface DialogOffer {
  readonly method: 'INVITE' | 'UPDATE';
  /** Asked for at each try, since the far side may have offered in between; null: there is nothing to offer any more. */
  readonly sdp: () => string | null;
}

/** What can be asked of a call that is up. Once it is being ended nothing is sent, and nobody hears of an outcome. */
export interface MidCall {
  /** Where the far side offers at the same time, it waits and tries again (RFC 3261 §14.1). */
  offer(offer: DialogOffer, done: OutcomeListener): void;
  send(request: DialogRequest, done: OutcomeListener): void;
}

export interface OutgoingCallListener extends MidCallListener {
  /** Every 1xx, 100 included. */
  onProvisional(response: SipMessage): void;
  /** The far side's offer, where our INVITE had none, before `onAnswered`; gives our answer, null: there can be none. */
  onOffered(sdp: string): string | null;
  /** The first 2xx, right after our ACK was handed to the transport. */
  onAnswered(response: SipMessage): void;
  /** Exactly once, and never after `onAnswered`. */
  onFailed(failure: CallFailure): void;
  /** Exactly once after `onAnswered`. */
  onEnded(end: CallEnd): void;
}

export interface OutgoingCall extends MidCall {
  readonly callId: string;
  /** Gives the call up before its answer; nothing once it is answered. The end comes by `onFailed`. */
  cancel(): void;
  /** Hangs up; before the answer as `cancel`. */
  bye(): void;
}

export interface IncomingCallListener extends MidCallListener {
  /** The first ACK to our 2xx. */
  onAck(ack: SipMessage): void;
  /** CANCEL, or BYE before the answer; the INVITE has been answered 487. */
  onCancelled(): void;
  /** No ACK for 64·T1: a BYE was sent, `onEnded` follows. */
  onAckTimeout(): void;
  /** A reliable provisional response was never acknowledged (RFC 3262 §3); the INVITE has been answered 504. */
  onPrackTimeout(): void;
  onEnded(end: CallEnd): void;
}

export interface IncomingCall extends MidCall {
  readonly callId: string;
  /** Only there until the final response; it throws afterwards. */
  readonly request: SipMessage;
  listener: IncomingCallListener | null;
  /** The caller speaks RFC 3262. */
  readonly canBeReliable: boolean;
  /** Provisional responses are sent again until their PRACK. From the start on true where the caller requires it. */
  isReliable: boolean;
  /** 180, or another 101–199, with SDP where audio is to flow before the answer. */
  ring(status?: number, sdp?: string): void;
  /** 200 with this SDP, sent again until the ACK comes. '' where a reliable provisional response had it. */
  answer(sdp: string): void;
  /** @param status 300–699 */
  reject(status: number, headers?: HeaderBlock): void;
  /** Hangs up once the ACK is there (§15); before the answer as `reject(480)`. */
  bye(): void;
}
