/**
 * The registrations of a worker's users: begun at the chosen rate, kept by `sip/ua/registration.ts`, removed at the end.
 * Counts what RFC 6076 §4.1 and §4.2 ask for: the delay of the REGISTER that was accepted, and attempts that came to nothing.
 */
import { causeOfEvent, causeOfStatus, HOST_LIMITS } from '../call/outcome.js';
import { NS_PER_MS } from '../lib/clock.js';
import { type HeaderBlock, NO_HEADERS } from '../sip/message/builder.js';
import type { Timers } from '../sip/transaction/timers.js';
import type {
  Registration,
  RegistrationFailure,
  RegistrationKind,
  RegistrationListener,
} from '../sip/ua/registration.js';
import type { CallUser, RegistrationCounts, RegistrationFigures } from './user-messages.js';

/** What is kept of a registration while it lives. */
export type KeptRegistration = Pick<Registration, 'isUnderWay' | 'refresh' | 'remove' | 'abandon' | 'serviceRoutes'>;

export interface RegistrationsOptions {
  readonly users: readonly CallUser[];
  /** Groups of users (`CallUser.group`); default 1. */
  readonly groups?: number;
  /** New registrations per second. */
  readonly ratePerSecond: number;
  readonly timers: Timers;
  /** ns, monotonic. */
  now(): number;
  /** Sends the first REGISTER. @param index of the user */
  register(user: CallUser, listener: RegistrationListener, index: number): KeptRegistration;
  /** The registrar knows this user from now on, or does not any more. */
  onBound(user: number, isBound: boolean): void;
}

const TURN_MS = 10;
/** After the last REGISTER of a user who has no answer yet: some retries, and then the calls begin without. */
const GRACE_MS = 8_000;
/** A registrar that has said nothing at all for so long is not there. */
const SILENT_MS = 10_000;
/** A PBX that closes each connection at once is not registered at without end. */
const RENEWAL_INTERVAL_MS = 5_000;
/** All are removed within about a second. */
const REMOVAL_TURNS = 100;

export class UserRegistrations {
  private readonly kept: KeptRegistration[] = [];
  /** When the last REGISTER of each went out, ns. */
  private readonly sentAtNs: Float64Array;
  private readonly bound: Uint8Array;
  private readonly refusedUsers: Uint8Array;
  /** To be registered anew, over another connection. */
  private readonly unreached: Uint8Array;
  /** When the next of them may begin, ns. */
  private nextRenewalNs = 0;
  private readonly failures = new Map<string, { sipStatus: number | null; cause: string; count: number }>();
  private readonly counts = noCounts();
  private readonly byGroup: readonly Counts[];
  private bindingsLost = 0;
  private delaysMs: number[] = [];
  private startedAtNs: number | null = null;
  private lastStartNs = 0;
  private hasAnswer = false;
  private isRemoving = false;
  private toRemove = 0;

  constructor(private readonly options: RegistrationsOptions) {
    const count = options.users.length;
    this.sentAtNs = new Float64Array(count);
    this.bound = new Uint8Array(count);
    this.refusedUsers = new Uint8Array(count);
    this.unreached = new Uint8Array(count);
    this.byGroup = Array.from({ length: options.groups ?? 1 }, noCounts);
    options.users.forEach((_, user) => this.count(user, 'users', 1));
  }

  /** Begins with the first user. */
  start(): void {
    this.startedAtNs = this.options.now();
    this.turn();
  }

  /** Starts those that are due; the next turn follows while some are left. */
  turn(): void {
    const { users, ratePerSecond, timers } = this.options;
    if (this.isRemoving) {
      return;
    }
    const elapsedMs = (this.options.now() - (this.startedAtNs ?? 0)) / NS_PER_MS;
    const due = Math.min(users.length, 1 + Math.floor((elapsedMs * ratePerSecond) / 1000));
    while (this.kept.length < due) {
      this.begin(this.kept.length);
    }
    if (this.kept.length < users.length) {
      timers.schedule(TURN_MS, takeTurn, this);
    }
  }

  /** Every user is registered or refused, or has had time enough; or the registrar is not there. */
  get isSettled(): boolean {
    const nowNs = this.options.now();
    const { bound, refused } = this.counts;
    const hasBegun = this.kept.length === this.options.users.length;
    const isLate = nowNs - this.lastStartNs > GRACE_MS * NS_PER_MS;
    const isSilent = !this.hasAnswer && nowNs - (this.startedAtNs ?? nowNs) > SILENT_MS * NS_PER_MS;
    return this.isRemoving || isSilent || (hasBegun && (isLate || bound + refused === this.options.users.length));
  }

  /** Users that may be bound, now or later. */
  get possible(): number {
    return this.options.users.length - this.counts.refused;
  }

  /** Registers a user anew, whom the registrar seems to have forgotten. */
  refresh(user: number): void {
    this.kept[user]?.refresh();
  }

  /** Removes all bindings, spread over about a second. */
  removeAll(): void {
    this.isRemoving = true;
    this.removeSome();
  }

  removeSome(): void {
    const { users, timers } = this.options;
    const perTurn = Math.ceil(users.length / REMOVAL_TURNS);
    for (let n = 0; n < perTurn && this.toRemove < this.kept.length; n++) {
      this.kept[this.toRemove++]?.remove();
    }
    if (this.toRemove < this.kept.length) {
      timers.schedule(TURN_MS, removeMore, this);
    }
  }

  /** Route headers that the registrar wants in the user's calls. */
  routesOf(user: number): HeaderBlock {
    return this.kept[user]?.serviceRoutes ?? NO_HEADERS;
  }

  /** All were asked for, and each has its answer. */
  get isRemoved(): boolean {
    return this.toRemove === this.kept.length && !this.kept.some(({ isUnderWay }) => isUnderWay);
  }

  /** Ends all timers and requests. */
  abandon(): void {
    this.isRemoving = true;
    this.kept.forEach((registration) => registration.abandon());
  }

  /** Totals so far, and the delays since the last time. */
  take(): Omit<RegistrationFigures, 'matches'> {
    const delaysMs = Float64Array.from(this.delaysMs);
    this.delaysMs = [];
    const { bound } = this.counts;
    return {
      ...this.counts,
      bindingsLost: this.bindingsLost,
      groups: this.byGroup.map((counts) => Object.assign(noCounts(), counts)),
      failures: [...this.failures.values()],
      delaysMs,
      left: this.isRemoving ? bound : null,
    };
  }

  private begin(user: number): void {
    const { options } = this;
    this.lastStartNs = options.now();
    const listener: RegistrationListener = {
      onAttempt: () => {},
      onRequest: () => void (this.sentAtNs[user] = options.now()),
      onSuccess: (kind) => this.noteSuccess(user, kind),
      onFailure: (kind, failure) => this.noteFailure(user, kind, failure),
      onUnreached: () => this.noteUnreached(user),
    };
    this.kept.push(options.register(options.users[user] as CallUser, listener, user));
  }

  private noteSuccess(user: number, kind: RegistrationKind): void {
    this.hasAnswer = true;
    if (kind !== 'remove') {
      this.count(user, 'attempts', 1);
      this.delaysMs.push((this.options.now() - (this.sentAtNs[user] ?? 0)) / NS_PER_MS);
    }
    this.setBound(user, kind !== 'remove');
  }

  private noteFailure(user: number, kind: RegistrationKind, failure: RegistrationFailure): void {
    this.hasAnswer ||= failure.status !== null;
    if (kind === 'remove') {
      return; // the binding stands until it runs out
    }
    this.countFailure(user, failure);
    // A refresh that nobody answered leaves the binding as it is.
    if (kind === 'register' || failure.cause === 'response') {
      this.setBound(user, false);
    }
    if (failure.retryInMs === null && this.refusedUsers[user] === 0 && !this.isRemoving) {
      this.refusedUsers[user] = 1;
      this.count(user, 'refused', 1);
    }
  }

  /** Nobody is called where no call can come, until the registrar has the Contact of another connection. */
  private noteUnreached(user: number): void {
    const { ratePerSecond, timers } = this.options;
    if (this.isRemoving || this.unreached[user] === 1) {
      return;
    }
    this.unreached[user] = 1;
    this.bindingsLost++;
    this.setBound(user, false);
    const nowNs = this.options.now();
    // All at once, as when a PBX restarts, come back at the rate at which they came.
    const turnNs = Math.max(nowNs, this.nextRenewalNs);
    this.nextRenewalNs = turnNs + (1000 / ratePerSecond) * NS_PER_MS;
    const atNs = Math.max(turnNs, (this.sentAtNs[user] ?? 0) + RENEWAL_INTERVAL_MS * NS_PER_MS);
    timers.schedule((atNs - nowNs) / NS_PER_MS, () => this.renew(user));
  }

  private renew(user: number): void {
    this.unreached[user] = 0;
    if (!this.isRemoving && this.bound[user] === 0) {
      this.kept[user]?.refresh();
    }
  }

  private count(user: number, what: keyof Counts, by: number): void {
    this.counts[what] += by;
    const group = this.byGroup[this.options.users[user]?.group ?? 0];
    if (group !== undefined) {
      group[what] += by;
    }
  }

  private countFailure(user: number, { status, cause }: RegistrationFailure): void {
    const named = status === null ? causeOfEvent(cause) : causeOfStatus(status);
    // Where this host had no socket for it, the registrar was not asked.
    const counts = HOST_LIMITS.has(named) ? 0 : 1;
    this.count(user, 'attempts', counts);
    this.count(user, 'ineffective', counts);
    const key = `${status ?? cause}`;
    const known = this.failures.get(key);
    if (known === undefined) {
      this.failures.set(key, { sipStatus: status, cause: named, count: 1 });
    } else {
      known.count++;
    }
  }

  private setBound(user: number, isBound: boolean): void {
    const before = this.bound[user] === 1;
    if (before !== isBound) {
      this.bound[user] = isBound ? 1 : 0;
      this.count(user, 'bound', isBound ? 1 : -1);
      this.options.onBound(user, isBound);
    }
  }
}

type Counts = { -readonly [What in keyof RegistrationCounts]: number };

const noCounts = (): Counts => ({ users: 0, bound: 0, refused: 0, attempts: 0, ineffective: 0 });

function takeTurn(registrations: UserRegistrations): void {
  registrations.turn();
}

function removeMore(registrations: UserRegistrations): void {
  registrations.removeSome();
}
