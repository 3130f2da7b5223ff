import { describe, expect, it } from 'vitest';
import { createUri } from '../../../src/sip/message/uri.js';
import { OptionsRtt } from '../../../src/worker/options-rtt.js';
import { Network, agentOn } from '../sip/ua/network.js';

/** A packet takes 10 ms each way. @param hosts of the endpoints; those at 10.0.0.2 and 10.0.0.3 are there */
function bench(hosts: readonly string[], intervalMs = 1000) {
  const network = new Network();
  const { agent: userAgent } = agentOn(network, '10.0.0.1', 1);
  agentOn(network, '10.0.0.2', 2);
  agentOn(network, '10.0.0.3', 3);
  const rtt = new OptionsRtt({
    userAgent,
    timers: network.wheel,
    endpoints: hosts.map((host) => ({ uri: createUri({ host }), nextHop: { host, port: 5060 }, credentials: null })),
    intervalMs,
    now: () => network.wheel.nowMs * 1e6,
  });
  rtt.start();
  const asked = (): string[] =>
    network.log
      .filter((line) => line.includes('OPTIONS'))
      .map((line) => `${line.split(' ')[0]} ${line.split(':')[1]?.split(' ')[0]}`);
  return { network, userAgent, rtt, asked };
}

describe('the round trip of the signalling', () => {
  it('is asked for at its interval, of each endpoint in its turn', () => {
    const { network, rtt, asked } = bench(['10.0.0.2', '10.0.0.3'], 2000);
    network.wheel.advance(4000);
    expect(asked()).toEqual(['10 10.0.0.2', '1000 10.0.0.3', '2010 10.0.0.2', '3000 10.0.0.3']);
    expect([...rtt.take()]).toEqual([0, 20, 1, 20, 0, 20, 1, 20]);
    expect(rtt.take()).toHaveLength(0);
  });

  it('is not known from an answer to a request that was sent again (Karn)', () => {
    const { network, rtt, userAgent } = bench(['10.0.0.2']);
    network.lose = (_, index) => index === 0; // the first copy; its second is answered 520 ms after the first was sent
    network.wheel.advance(900);
    expect(userAgent.counters.retransmissions.get('OPTIONS')).toBe(1);
    expect(userAgent.counters.responsesReceived.get('OPTIONS')).toEqual(new Map([[200, 1]]));
    expect(rtt.take()).toHaveLength(0);
    network.wheel.advance(1500);
    expect([...rtt.take()]).toEqual([0, 20]);
  });

  it('of a peer that answers none stays unknown, and one request at a time is under way', () => {
    const { network, rtt, userAgent } = bench(['10.9.9.9']);
    network.wheel.advance(10_500);
    expect(rtt.take()).toHaveLength(0);
    expect(userAgent.counters.requestsSent.get('OPTIONS')).toBe(11);
    expect(userAgent.transactionCount).toBe(1);
  });

  it('is not asked for any more once it is stopped, and nothing is left behind', () => {
    const { network, rtt, userAgent, asked } = bench(['10.9.9.9', '10.0.0.2']);
    network.wheel.advance(700);
    rtt.stop();
    const before = asked().length;
    network.wheel.advance(60_000);
    expect([asked().length, userAgent.transactionCount, network.wheel.size]).toEqual([before, 0, 0]);
  });
});
