/** Lines of users that open, fail, and are given up before they are there. */
import { describe, expect, it } from 'vitest';
import { NO_HEADERS, headerBlock } from '../../../src/sip/message/builder.js';
import type { RegistrationListener } from '../../../src/sip/ua/registration.js';
import type { UserAgent } from '../../../src/sip/ua/user-agent.js';
import { UserLines } from '../../../src/worker/user-lines.js';
import type { KeptRegistration } from '../../../src/worker/user-registrations.js';
import { Network, agentOn } from '../sip/ua/network.js';

const PLACE = { host: '10.0.0.9', port: 5060 };
const ROUTES = headerBlock([['Route', '<sip:edge;lr>']]);

interface Bench {
  readonly lines: UserLines;
  readonly kept: KeptRegistration;
  readonly events: string[];
  readonly agent: UserAgent;
  readonly opened: () => Promise<void>;
  readonly failed: () => Promise<void>;
}

interface Settle {
  readonly resolve: (agent: UserAgent) => void;
  readonly reject: (error: Error) => void;
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
const take = (): void => {};

function bench(): Bench {
  const { agent } = agentOn(new Network(), '10.0.0.1', 1);
  const events: string[] = [];
  let settle: Settle | null = null;
  const lines = new UserLines((host, port) => {
    events.push(`open ${host} ${port}`);
    return new Promise((resolve, reject) => (settle = { resolve, reject }));
  });
  const listener: RegistrationListener = {
    onAttempt: () => {},
    onSuccess: () => {},
    onFailure: (kind, { status, cause, detail, retryInMs }) =>
      void events.push(`${kind} ${status} ${cause} ${detail} ${retryInMs}`),
  };
  const kept = lines.register(1, PLACE, listener, (with_) => {
    events.push(`begin ${with_ === agent}`);
    const note = (what: string) => () => void events.push(what);
    return {
      isUnderWay: false,
      serviceRoutes: ROUTES,
      refresh: note('refresh'),
      remove: note('remove'),
      abandon: note('abandon'),
    };
  });
  const opened = (): Promise<void> => (settle?.resolve(agent), turn());
  const failed = (): Promise<void> => (settle?.reject(new Error('EMFILE')), turn());
  return { lines, kept, events, agent, opened, failed };
}

describe('the line of a user', () => {
  it('is opened to the registrar, and then registers, calls and is called over', async () => {
    const { lines, kept, events, agent, opened } = bench();
    expect([kept.isUnderWay, kept.serviceRoutes, lines.agentOf(1)]).toEqual([true, NO_HEADERS, undefined]);
    kept.refresh(); // nothing is bound that could be
    lines.answer(take);
    await opened();
    expect([kept.isUnderWay, kept.serviceRoutes, lines.agentOf(1)]).toEqual([false, ROUTES, agent]);
    expect(lines.agentOf(0)).toBeUndefined();
    expect(agent.onInvite).toBe(take);
    kept.refresh();
    kept.remove();
    kept.abandon();
    expect(events).toEqual(['open 10.0.0.9 5060', 'begin true', 'refresh', 'remove', 'abandon']);
  });

  it('that was there before calls are taken takes them as well', async () => {
    const { lines, agent, opened } = bench();
    await opened();
    lines.answer(take);
    expect(agent.onInvite).toBe(take);
  });

  it('that cannot be opened leaves its user out for good', async () => {
    const { kept, events, failed } = bench();
    await failed();
    expect(events).toEqual(['open 10.0.0.9 5060', 'register null transport-error EMFILE null']);
    expect(kept.isUnderWay).toBe(false);
  });

  it.each(['remove', 'abandon'] as const)(
    'is not used any more after %s, and its failure tells nobody',
    async (how) => {
      for (const end of ['opened', 'failed'] as const) {
        const one = bench();
        one.kept[how]();
        expect(one.kept.isUnderWay).toBe(false);
        await one[end]();
        expect(one.events).toEqual(['open 10.0.0.9 5060']);
      }
    },
  );
});
