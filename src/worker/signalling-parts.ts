/** What a signalling thread opens before its loop begins: sockets, user agents, and where the calls go. */
import type { CallTarget } from '../call/caller-call.js';
import { monotonicNs, NS_PER_MS } from '../lib/clock.js';
import { createRandom, deriveSeed } from '../lib/random.js';
import { reachTest } from '../lib/reach.js';
import { NO_HEADERS, headerBlock } from '../sip/message/builder.js';
import { parseUri } from '../sip/message/uri.js';
import { TimerWheel } from '../sip/transaction/timer-wheel.js';
import { createIdSource } from '../sip/ua/id-source.js';
import { ServerList } from '../sip/ua/server-list.js';
import { SipCounters } from '../sip/ua/sip-counters.js';
import { Agents } from './agents.js';
import { CallLadders } from './call-ladders.js';
import { FIGURES_RULES } from './figures-report.js';
import { agentFlow } from './flows.js';
import type { SignallingSetup } from './messages.js';

/** What has to be there before the thread's loop begins. */
export interface ThreadParts {
  readonly wheel: TimerWheel;
  readonly mayReach: (host: string) => boolean;
  readonly agents: Agents;
  readonly targets: readonly CallTarget[];
  /** Of a caller. */
  readonly ladders: CallLadders | null;
}

/** @throws the error of a socket that cannot be bound */
export async function openParts(setup: SignallingSetup): Promise<ThreadParts> {
  const { role } = setup;
  const wheel = new TimerWheel(monotonicMs(), monotonicMs);
  const mayReach = reachTest(setup.reach);
  const ladders = role.type === 'caller' ? new CallLadders(monotonicNs) : null;
  const agents = await Agents.open(setup, {
    timers: wheel,
    ids: createIdSource(setup.runToken, setup.index),
    counters: new SipCounters(),
    user: 'callgauge',
    userAgent: 'callgauge',
    mayReach,
    ...agentFlow(setup),
    ...(role.type === 'caller' && role.figures ? { publications: FIGURES_RULES } : {}),
    ...(ladders === null ? {} : { log: ladders.log }),
  });
  const endpoints = role.type === 'caller' ? role.endpoints : [];
  const random = createRandom(deriveSeed(setup.seed, setup.index));
  const targets = await Promise.all(
    endpoints.map(async (endpoint): Promise<CallTarget> => {
      const { uri, servers, credentials, proxyUri } = endpoint;
      const [first] = servers;
      return {
        uri: parseUri(uri),
        nextHop: { host: first?.addresses[0] ?? '', port: first?.port ?? 0 },
        servers: new ServerList(servers, () => random.next(), monotonicMs),
        agent: await agents.agentFor(endpoint),
        routes: proxyUri === null ? NO_HEADERS : headerBlock([['Route', `<${proxyUri};lr>`]]),
        credentials,
      };
    }),
  );
  return { wheel, mayReach, agents, targets, ladders };
}

function monotonicMs(): number {
  return monotonicNs() / NS_PER_MS;
}
