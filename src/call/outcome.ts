/** How calls end, as data: stable cause ids for final statuses, and the record that a call leaves behind. */

import type { DtmfRecord } from './dtmf.js';
import type { MarkerVerdict } from './leg-marker.js';
import type { TransfersRecord } from './transfer-record.js';

/** Where there was no user who could have placed the call, it is not known whose figures it would have been part of. */
export const NO_GROUP = -1;

/** Times are ms since the start of the run; null where it never came to it. */
export interface CallRecord {
  readonly call: number;
  /** The group of calls that it is counted in: of its endpoint, or of the labels of its caller; NO_GROUP: of none. */
  readonly endpoint: number;
  readonly callId: string;
  readonly intendedMs: number;
  /** Null: not started. */
  readonly startedMs: number | null;
  readonly establishedMs: number | null;
  readonly endedMs: number;
  readonly outcome: 'completed' | 'failed' | 'dropped' | 'cut' | 'notStarted';
  /** The expected outcome came. */
  readonly succeeded: boolean;
  readonly phase: CallPhase | null;
  readonly sipStatus: number | null;
  /** Null for a call that was answered, held and hung up as planned. */
  readonly cause: string | null;
  /** Free text, perhaps from the network. */
  readonly detail: string | null;
  /** SRD of RFC 6076 §4.3.1: INVITE to the first response other than 100; of answered calls. */
  readonly setupDelayMs: number | null;
  readonly answerDelayMs: number | null;
  readonly disconnectDelayMs: number | null;
  /** Waited for the concurrency cap. */
  readonly heldBack: boolean;
  /** The target answered with SDP before its final response; of calls that we place. */
  readonly earlyMedia: boolean;
  /** A media worker will send the totals of its leg. */
  readonly hasMedia: boolean;
  /** Keys that were pressed, either way; null, or absent: none was, and none was missed. */
  readonly dtmf?: DtmfRecord | null;
  /** What the far side asked for by REFER; null, or absent: nothing. */
  readonly transfers?: TransfersRecord | null;
  /** The group of the user who was called; null, or absent: it was no user of ours. */
  readonly calledGroup?: number | null;
  /** What the marker in the audio says of its two legs; null, or absent: none was asked for, or there is no second leg. */
  readonly marker?: MarkerVerdict | null;
}

/** It did not come to what was expected of it, and not because we ended it. */
export function hasFailed({ succeeded, outcome }: CallRecord): boolean {
  return !succeeded && outcome !== 'cut' && outcome !== 'notStarted';
}

/** Causes by which a call was not placed, or not kept, because this host had no more of something: no fault of the target. */
export const HOST_LIMITS: ReadonlySet<string> = new Set(['noSlot', 'noFileHandle', 'noLocalPort', 'noSocketMemory']);

/** The same for calls that ended alike. */
export function causeKey({ phase, sipStatus, cause }: CallRecord): string {
  return `${phase ?? ''}|${sipStatus ?? ''}|${cause ?? ''}`;
}

export type CallPhase = 'start' | 'setup' | 'established' | 'teardown';

const CAUSES: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'notFound',
  405: 'methodNotAllowed',
  407: 'proxyAuthenticationRequired',
  408: 'requestTimeout',
  410: 'gone',
  415: 'unsupportedMediaType',
  420: 'badExtension',
  421: 'extensionRequired',
  422: 'sessionIntervalTooSmall',
  480: 'temporarilyUnavailable',
  481: 'noSuchCall',
  482: 'loopDetected',
  483: 'tooManyHops',
  484: 'addressIncomplete',
  486: 'busy',
  487: 'requestTerminated',
  488: 'notAcceptable',
  491: 'requestPending',
  500: 'serverError',
  502: 'badGateway',
  503: 'serviceUnavailable',
  504: 'serverTimeout',
  600: 'busyEverywhere',
  603: 'declined',
  604: 'doesNotExist',
  606: 'notAcceptableAnywhere',
};

/** A stable id for a cause of the user agent: `bye-timeout` → `byeTimeout`. */
export function causeOfEvent(words: string): string {
  return words.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** A stable id for a final status, e.g. `busy` for 486; `status499` for one without a name. */
export function causeOfStatus(status: number): string {
  return CAUSES[status] ?? (status >= 300 && status < 400 ? 'redirected' : `status${status}`);
}
