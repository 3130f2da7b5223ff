/**
 * Session timers (RFC 4028): a call that nobody refreshes is over. `SessionTimer` keeps the time of one session; the terms come
 * from the 2xx to each INVITE and UPDATE, whichever side sent it.
 */
import { type HeaderBlock, NO_HEADERS, headerBlock } from '../message/builder.js';
import type { SipMessage } from '../message/message.js';
import { supports } from '../message/option-tags.js';
import {
  LEAST_INTERVAL_S,
  MOST_INTERVAL_S,
  type Refresher,
  minSeOf,
  sessionExpiresOf,
} from '../message/session-expires.js';
import type { TimerHandle, Timers } from '../transaction/timers.js';

/** What we ask for in our own requests, and give a caller that asks for nothing. */
export interface SessionTimerWish {
  readonly expiresS: number;
  /** Of the INVITE: `uac` is its sender. Null: as the far side wants it. */
  readonly refresher: Refresher | null;
  /** The least that we take, in requests of ours and theirs; null: the least of the RFC, and not said. */
  readonly minSeS: number | null;
}

/** The session ends so long before its interval does, at most (§10). */
const GRACE_S = 32;

export interface SessionTimerOwner {
  /** Half of the interval has passed, and the refresh is ours. */
  refresh(): void;
  /** The session was not refreshed in time. */
  expire(): void;
}

export interface TimerAnswer {
  /** 200, or 422. */
  readonly status: number;
  readonly headers: HeaderBlock;
}

/** The least that we take, in s, where the sender asks for less and understands a 422; null: the request is fine (§9). */
export function intervalRefusal(request: SipMessage, wish: SessionTimerWish | null): number | null {
  const asked = sessionExpiresOf(request);
  const leastS = Math.max(wish?.minSeS ?? LEAST_INTERVAL_S, LEAST_INTERVAL_S);
  return asked !== null && asked.intervalS < leastS && supports(request, 'timer') ? leastS : null;
}

export class SessionTimer {
  /** Null: the session does not expire. */
  #intervalS: number | null = null;
  #weRefresh = false;
  #timer: TimerHandle | null = null;

  constructor(
    private readonly timers: Timers,
    private readonly wish: SessionTimerWish | null,
    private readonly owner: SessionTimerOwner,
  ) {}

  /** Seconds; null: the session does not expire. */
  get intervalS(): number | null {
    return this.#intervalS;
  }

  /** Of our re-INVITE or UPDATE: as it was agreed on, so that the roles stay (§7.4). */
  get requestHeaders(): HeaderBlock {
    if (this.#intervalS === null) return NO_HEADERS;
    return expiresHeaders(this.#intervalS, this.#weRefresh ? 'uac' : 'uas', this.wish?.minSeS ?? null);
  }

  /** The 2xx to an INVITE or UPDATE of ours: none of its header, no timer (§7.2). */
  take(response: SipMessage): void {
    const terms = sessionExpiresOf(response);
    this.stop();
    if (terms !== null) this.#run(terms.intervalS, terms.refresher !== 'uas');
  }

  /** Answers the timer of a request of theirs (§9): headers of the 2xx, or the refusal; the time runs from now. */
  answer(request: SipMessage): TimerAnswer {
    const leastS = intervalRefusal(request, this.wish);
    if (leastS !== null) return { status: 422, headers: headerBlock([['Min-SE', String(leastS)]]) };
    const asked = sessionExpiresOf(request);
    const current = this.#intervalS === null ? null : this.#weRefresh ? 'uas' : 'uac';
    const intervalS = asked?.intervalS ?? this.#intervalS ?? this.wish?.expiresS ?? null;
    this.stop();
    if (intervalS === null) return { status: 200, headers: NO_HEADERS };
    const ownS = Math.min(intervalS, this.wish?.expiresS ?? intervalS);
    const agreedS = Math.max(ownS, Math.min(minSeOf(request) ?? 0, MOST_INTERVAL_S));
    // Who does not speak of timers refreshes nothing.
    const wanted = asked?.refresher ?? current ?? this.wish?.refresher ?? 'uac';
    const refresher = supports(request, 'timer') ? wanted : 'uas';
    this.#run(agreedS, refresher === 'uas');
    const needed = refresher === 'uac' ? ([['Require', 'timer']] as const) : [];
    const expires = ['Session-Expires', `${agreedS};refresher=${refresher}`] as const;
    return { status: 200, headers: headerBlock([...needed, expires]) };
  }

  /** A 422 to our refresh: what it asks for, once; false: it asks for nothing that we could give. */
  raise(refusal: SipMessage): boolean {
    const leastS = minSeOf(refusal);
    if (this.#intervalS === null || leastS === null || leastS <= this.#intervalS || leastS > MOST_INTERVAL_S)
      return false;
    this.#intervalS = leastS;
    return true;
  }

  stop(): void {
    this.#clear();
    this.#intervalS = null;
  }

  #run(intervalS: number, weRefresh: boolean): void {
    this.#intervalS = intervalS;
    this.#weRefresh = weRefresh;
    const delayS = weRefresh ? intervalS / 2 : expiryS(intervalS);
    this.#timer = this.timers.schedule(1000 * delayS, weRefresh ? onRefresh : onExpired, this);
  }

  /** Until the 2xx to our refresh comes, the session goes towards its end. */
  fireRefresh(): void {
    const intervalS = this.#intervalS ?? 0;
    this.#timer = this.timers.schedule(1000 * (expiryS(intervalS) - intervalS / 2), onExpired, this);
    this.owner.refresh();
  }

  fireExpiry(): void {
    this.stop();
    this.owner.expire();
  }

  #clear(): void {
    if (this.#timer !== null) this.timers.cancel(this.#timer);
    this.#timer = null;
  }
}

/** §10: BYE so long after the last refresh: before the end by a third of the interval, and at most by 32 s. */
const expiryS = (intervalS: number): number => intervalS - Math.min(GRACE_S, intervalS / 3);

/** @param minSeS null: the header is left out */
export function expiresHeaders(expiresS: number, refresher: Refresher | null, minSeS: number | null): HeaderBlock {
  const value = refresher === null ? String(expiresS) : `${expiresS};refresher=${refresher}`;
  const least = minSeS === null ? [] : ([['Min-SE', String(minSeS)]] as const);
  return headerBlock([['Session-Expires', value], ...least]);
}

const onRefresh = (timer: SessionTimer): void => timer.fireRefresh();
const onExpired = (timer: SessionTimer): void => timer.fireExpiry();
