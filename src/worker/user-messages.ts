/** What travels between threads about the users of a run. */
import type { Credentials } from '../sip/auth/authorizer.js';

/** One who registers, and has one call at a time. */
export interface CallUser {
  /** Of the address-of-record; plain text. */
  readonly user: string;
  /** Null: nothing is asked for. */
  readonly credentials: Credentials | null;
  /** Whose figures the calls that it places are part of; absent: there is only one group. */
  readonly group?: number;
}

/** The users of one signalling worker. */
export interface UsersRole {
  readonly list: readonly CallUser[];
  /** They call each other; else the number of the endpoint. */
  readonly arePaired: boolean;
  /** New registrations of this worker per second. */
  readonly ratePerSecond: number;
  readonly expiresSeconds: number;
  /** The calls of users are told apart by so many sets of labels; absent: 1. */
  readonly groups?: number;
}

/** Totals since the start, but for the delays. */
export interface RegistrationFigures {
  readonly users: number;
  /** Whom the registrar knows, as far as we know. */
  readonly bound: number;
  /** Refused for good: asking again would lock the account, or be refused again. */
  readonly refused: number;
  /** Registrations and refreshes that came to an end; one that was challenged is one. */
  readonly attempts: number;
  readonly ineffective: number;
  /** Times that a registered user was not reached any more, since its connection was closed by the far side or broke; null: not counted. */
  readonly bindingsLost: number | null;
  readonly failures: readonly RegistrationFailures[];
  /** The same by group of users; absent: nobody tells them apart. */
  readonly groups?: readonly RegistrationCounts[];
  /** Since the last time: from the REGISTER that was accepted to its 2xx, ms. */
  readonly delaysMs: Float64Array;
  /** Bindings that could not be removed; null: it has not come to that. */
  readonly left: number | null;
  readonly matches: CallMatches;
}

/** Of the users with one set of labels; totals since the start. */
export type RegistrationCounts = Pick<RegistrationFigures, 'users' | 'bound' | 'refused' | 'attempts' | 'ineffective'>;

export interface RegistrationFailures {
  /** Null: no response. */
  readonly sipStatus: number | null;
  readonly cause: string;
  readonly count: number;
}

/** By what the second legs of calls were known, and calls to our users that were none of ours. */
export interface CallMatches {
  readonly header: number;
  readonly callerName: number;
  readonly number: number;
  readonly unmatched: number;
}

/** How far a worker's registrations are. `isSettled`: each has had its chance, and calls may begin. */
export interface RegistrationReport {
  readonly type: 'registering';
  readonly worker: number;
  readonly figures: RegistrationFigures;
  readonly isSettled: boolean;
}
