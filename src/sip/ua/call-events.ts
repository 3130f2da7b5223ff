/** What a call says to the state machine above it, and what can be asked of it. */
import type { SipMessage } from '../message/message.js';
import type { TransportFailure } from '../transport/transport.js';

/** Why an INVITE of ours came to nothing. */
export interface CallFailure {
  /** Of the final response; null when there was none. */
  readonly status: number | null;
  readonly cause: 'response' | 'timeout' | TransportFailure['cause'] | 'cancelled' | 'malformed-response';
  /** For people; at most 120 characters, may hold network text. */
  readonly detail: string;
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

export interface OutgoingCallListener {
  /** Every 1xx, 100 included. */
  onProvisional(response: SipMessage): void;
  /** The first 2xx, right after our ACK was handed to the transport. */
  onAnswered(response: SipMessage): void;
  /** Exactly once, and never after `onAnswered`. */
  onFailed(failure: CallFailure): void;
  /** The far side offers anew within the call; gives our answer, null to leave things as they are (488). */
  onReoffer(sdp: string): string | null;
  /** That answer was never acknowledged: the call is over, its BYE follows. */
  onReanswerLost(): void;
  /** Exactly once after `onAnswered`. */
  onEnded(end: CallEnd): void;
}

export interface OutgoingCall {
  readonly callId: string;
  /** Gives the call up before its answer; nothing once it is answered. The end comes by `onFailed`. */
  cancel(): void;
  /** Hangs up; before the answer as `cancel`. */
  bye(): void;
}

export interface IncomingCallListener {
  /** The first ACK to our 2xx. */
  onAck(ack: SipMessage): void;
  /** CANCEL, or BYE before the answer; the INVITE has been answered 487. */
  onCancelled(): void;
  /** No ACK for 64·T1: a BYE was sent, `onEnded` follows. */
  onAckTimeout(): void;
  /** The far side offers anew within the call; gives our answer, null to leave things as they are (488). */
  onReoffer(sdp: string): string | null;
  /** That answer was never acknowledged: the call is over, its BYE follows. */
  onReanswerLost(): void;
  onEnded(end: CallEnd): void;
}

export interface IncomingCall {
  readonly callId: string;
  /** Only there until the final response; it throws afterwards. */
  readonly request: SipMessage;
  listener: IncomingCallListener | null;
  /** 180. */
  ring(): void;
  /** 200 with this SDP, sent again until the ACK comes. */
  answer(sdp: string): void;
  /** @param status 300–699 */
  reject(status: number): void;
  /** Hangs up once the ACK is there (§15); before the answer as `reject(480)`. */
  bye(): void;
}
