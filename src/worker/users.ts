/** The users of a signalling worker, from their registration to its end. */
import type { CallTarget } from '../call/caller-call.js';
import { MARKER_LISTEN_MS } from '../call/leg-marker.js';
import { NS_PER_MS } from '../lib/clock.js';
import type { Timers } from '../sip/transaction/timers.js';
import type { SipMessage } from '../sip/message/message.js';
import type { IncomingCall } from '../sip/ua/call-events.js';
import type { Registration } from '../sip/ua/registration.js';
import { UserAgent } from '../sip/ua/user-agent.js';
import type { SignallingSetup } from './messages.js';
import { UserCalls, type SecondLegContext } from './user-calls.js';
import type { RegistrationFigures, UsersRole } from './user-messages.js';
import { type OpenLine, UserLines } from './user-lines.js';
import { UserPool } from './user-pool.js';
import { UserRegistrations } from './user-registrations.js';

export interface UsersOptions {
  readonly role: UsersRole;
  /** Registers them, and takes the calls to them, where they have no lines of their own. */
  readonly userAgent: UserAgent;
  /** Calls between them have a marker in their audio. */
  readonly marksLegs: boolean;
  /** A socket or connection for each user; null: one for all. */
  readonly openLine: OpenLine | null;
  readonly target: CallTarget;
  readonly timers: Timers;
  readonly runToken: string;
  now(): number;
  /** A call has come to the user who is called, by this INVITE. */
  onSecondLeg(call: number, invite: SipMessage): void;
}

/** Bindings that are not removed by then run out by themselves. */
const REMOVAL_MS = 3_000;
const POLL_MS = 20;
/** How often it is told how far the registrations are. */
const REPORT_MS = 500;

export class Users {
  readonly calls: UserCalls;
  private readonly registrations: UserRegistrations;
  private readonly lines: UserLines | null;

  constructor(private readonly options: UsersOptions) {
    const { role, userAgent, target, timers, runToken, openLine } = options;
    const lines = openLine === null ? null : new UserLines(openLine);
    this.lines = lines;
    const { list: users, arePaired, groups = 1 } = role;
    const pool = new UserPool(users.length, arePaired);
    this.registrations = new UserRegistrations({
      users,
      groups,
      ratePerSecond: role.ratePerSecond,
      timers,
      now: () => options.now(),
      register: ({ user, credentials }, listener, index) => {
        const { expiresSeconds } = role;
        const { uri, nextHop, routes, servers } = target;
        const [first = nextHop] = servers?.order() ?? [];
        const request = { registrar: uri, user, credentials, nextHop: first, expiresSeconds };
        const begin = (agent: UserAgent): Registration =>
          agent.register({ ...request, ...(routes !== undefined && { routes }) }, listener);
        return lines === null ? begin(userAgent) : lines.register(index, first, listener, begin);
      },
      onBound: (user, isBound) => pool.setBound(user, isBound),
    });
    const { registrations } = this;
    this.calls = new UserCalls({
      users,
      pool,
      target,
      arePaired,
      groups,
      marksLegs: options.marksLegs,
      runToken,
      timers,
      possible: () => registrations.possible,
      agentOf: (user) => lines?.agentOf(user),
      routesOf: (user) => registrations.routesOf(user),
      onSecondLeg: (call, invite) => options.onSecondLeg(call, invite),
      onForgotten: (user) => registrations.refresh(user),
    });
  }

  /** Registers everybody. @param report told now and then, and at last that all have had their chance */
  async register(report: (figures: RegistrationFigures, isSettled: boolean) => void): Promise<void> {
    this.registrations.start();
    let reportedNs = this.options.now();
    while (!this.registrations.isSettled) {
      await pause(POLL_MS);
      if (this.options.now() - reportedNs > REPORT_MS * NS_PER_MS) {
        reportedNs = this.options.now();
        report(this.figures(), false);
      }
    }
    report(this.figures(), true);
  }

  /** From now on calls to the users are taken. */
  answer(context: SecondLegContext): void {
    const heard = this.options.marksLegs ? { ...context, media: listening(context.media) } : context;
    const take = (incoming: IncomingCall): void => this.calls.receive(incoming, heard);
    if (this.lines === null) {
      this.options.userAgent.onInvite = take;
    } else {
      this.lines.answer(take);
    }
  }

  /** Totals so far, and the delays since the last time. */
  figures(): RegistrationFigures {
    return { ...this.registrations.take(), matches: { ...this.calls.matches } };
  }

  /** Removes all bindings, if it goes quickly. */
  async unregister(): Promise<void> {
    const { registrations, options } = this;
    registrations.removeAll();
    const endNs = options.now() + REMOVAL_MS * NS_PER_MS;
    while (!registrations.isRemoved && options.now() < endNs) {
      await pause(POLL_MS);
    }
    registrations.abandon();
  }
}

/** Who expects keys anyhow listens for the whole call. */
function listening(media: SecondLegContext['media']): SecondLegContext['media'] {
  return media.listensForTones === true ? media : { ...media, listensForTones: true, listensForMs: MARKER_LISTEN_MS };
}

/** Null: the run has none. @param shared of the thread: `userAgent` places the calls to a target that has no agent of its own */
export function createUsers(
  { role, runToken }: SignallingSetup,
  target: CallTarget | undefined,
  shared: Pick<UsersOptions, 'userAgent' | 'openLine' | 'timers' | 'now' | 'onSecondLeg'>,
): Users | null {
  const users = role.type === 'caller' ? (role.users ?? null) : null;
  if (users === null || target === undefined) {
    return null;
  }
  const { agent: userAgent = shared.userAgent } = target;
  if (!(userAgent instanceof UserAgent)) {
    throw new TypeError('expected one connection for all users of a worker, got one for each call');
  }
  const marksLegs = role.type === 'caller' && role.flow?.marksLegs === true;
  return new Users({ ...shared, role: users, userAgent, target, runToken, marksLegs });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
