/**
 * For each user a socket or connection of its own, as separate phones have it: opened when its registration is due, and what it
 * registers, places and takes goes over it. One that cannot be opened is a user who is in no call.
 */
import { messageOf } from '../lib/errors.js';
import { type HeaderBlock, NO_HEADERS } from '../sip/message/builder.js';
import { hostLimitOf } from '../sip/transport/failure.js';
import type { IncomingCall } from '../sip/ua/call-events.js';
import type { RegistrationListener } from '../sip/ua/registration.js';
import type { UserAgent } from '../sip/ua/user-agent.js';
import type { KeptRegistration } from './user-registrations.js';

/** Opens the line to the place where its user registers. */
export type OpenLine = (host: string, port: number) => Promise<UserAgent>;

/** Sends the first REGISTER. */
type Begin = (agent: UserAgent) => KeptRegistration;

export class UserLines {
  #agents: UserAgent[] = [];
  #onInvite: ((call: IncomingCall) => void) | null = null;

  constructor(private readonly open: OpenLine) {}

  /** Undefined: the user has no line yet. */
  agentOf(user: number): UserAgent | undefined {
    return this.#agents[user];
  }

  /** From now on calls to the users are taken. */
  answer(onInvite: (call: IncomingCall) => void): void {
    this.#onInvite = onInvite;
    this.#agents.forEach((agent) => (agent.onInvite = onInvite));
  }

  /** @param begin sends the first REGISTER over the line, once it is there */
  register(
    user: number,
    place: { readonly host: string; readonly port: number },
    listener: RegistrationListener,
    begin: Begin,
  ): KeptRegistration {
    const opened = this.open(place.host, place.port).then((agent) => {
      this.#agents[user] = agent;
      agent.onInvite = this.#onInvite;
      return agent;
    });
    return new OpeningRegistration(opened, listener, begin);
  }
}

/** A registration whose line may still be opening. */
class OpeningRegistration implements KeptRegistration {
  #begun: KeptRegistration | null = null;
  #isOver = false;

  constructor(opened: Promise<UserAgent>, listener: RegistrationListener, begin: Begin) {
    void this.#await(opened, listener, begin);
  }

  async #await(opened: Promise<UserAgent>, listener: RegistrationListener, begin: Begin): Promise<void> {
    let agent: UserAgent;
    try {
      agent = await opened;
    } catch (error) {
      if (this.#isOver) return;
      this.#isOver = true;
      const cause = hostLimitOf((error as NodeJS.ErrnoException).code) ?? 'transport-error';
      const failure = { status: null, cause, detail: messageOf(error), retryInMs: null } as const;
      listener.onFailure('register', failure);
      return;
    }
    if (!this.#isOver) this.#begun = begin(agent);
  }

  get isUnderWay(): boolean {
    return this.#begun?.isUnderWay ?? !this.#isOver;
  }

  get serviceRoutes(): HeaderBlock {
    return this.#begun?.serviceRoutes ?? NO_HEADERS;
  }

  refresh(): void {
    this.#begun?.refresh();
  }

  /** Nothing was registered over a line that is not there. */
  remove(): void {
    this.#isOver = true;
    this.#begun?.remove();
  }

  abandon(): void {
    this.#isOver = true;
    this.#begun?.abandon();
  }
}
