/** User agents over a transport with connections, and the next server's turn where one fails (RFC 3263 §4.3). */
import { describe, expect, it } from 'vitest';
import { headerBlock } from '../../../../src/sip/message/builder.js';
import { createUri } from '../../../../src/sip/message/uri.js';
import type { Protocol } from '../../../../src/sip/transport/transport.js';
import { Network, Recorder, SDP, agentOn, autoAnswer, FakeTransport } from './network.js';

const TARGET = createUri({ user: 'bob', host: 'example.com' });
const hop = (host: string): { host: string; port: number } => ({ host, port: 5060 });

/** The text of each message with its receiver. */
function spy(network: Network): { data: string; to: string }[] {
  const sent: { data: string; to: string }[] = [];
  const carry = network.carry.bind(network);
  network.carry = (data, from, to) => {
    sent.push({ data, to });
    carry(data, from, to);
  };
  return sent;
}

describe('Via and Contact', () => {
  it.each<[Protocol, boolean, string]>([
    ['TCP', false, '<sip:user1@10.0.0.1:5060;transport=tcp>'],
    ['TLS', false, '<sip:user1@10.0.0.1:5060;transport=tls>'],
    ['TLS', true, '<sips:user1@10.0.0.1:5060>'],
  ])('%s, secure %s', (protocol, isSecure, contact) => {
    const network = new Network();
    const sent = spy(network);
    const { agent } = agentOn(network, '10.0.0.1', 1, {
      isSecure,
      transport: new FakeTransport(network, '10.0.0.1', protocol),
    });
    agent.invite({ target: TARGET, nextHop: hop('10.0.0.2'), sdp: SDP }, new Recorder());
    expect(sent[0]?.data).toContain(`\r\nVia: SIP/2.0/${protocol} 10.0.0.1:5060;rport;branch=`);
    expect(sent[0]?.data).toContain(`\r\nContact: ${contact}\r\n`);
    agent.advertise('192.0.2.9', 7_000);
    agent.invite({ target: TARGET, nextHop: hop('10.0.0.2'), sdp: SDP }, new Recorder());
    expect(sent[1]?.data).toContain(`\r\nVia: SIP/2.0/${protocol} 192.0.2.9:7000;rport;branch=`);
    expect(sent[1]?.data).toContain('@192.0.2.9:7000');
  });

  it('a WebSocket client has a name that cannot be reached, and no port (RFC 7118 §5.2.1)', () => {
    const network = new Network();
    const sent = spy(network);
    const transport = new FakeTransport(network, '10.0.0.1', 'WSS');
    const { agent } = agentOn(network, '10.0.0.1', 1, { unreachableHost: 'r-0.invalid', transport });
    agent.invite({ target: TARGET, nextHop: hop('10.0.0.2'), sdp: SDP }, new Recorder());
    expect(sent[0]?.data).toContain('\r\nVia: SIP/2.0/WSS r-0.invalid;rport;branch=');
    expect(sent[0]?.data).toContain('\r\nContact: <sip:user1@r-0.invalid;transport=ws>\r\n');
    expect(sent[0]?.data).toContain('\r\nFrom: <sip:user1@10.0.0.1>;tag=');
  });
});

describe('a call over a connection', () => {
  it('is hung up by the callee over it, though its Contact cannot be reached', () => {
    const network = new Network();
    const caller = new Recorder();
    const callee = new Recorder();
    const from = new FakeTransport(network, '10.0.0.1', 'WS');
    const { agent: alice } = agentOn(network, '10.0.0.1', 1, { unreachableHost: 'r-0.invalid', transport: from });
    const { agent: bob } = agentOn(network, '10.0.0.2', 2, {
      transport: new FakeTransport(network, '10.0.0.2', 'WS'),
      mayReach: () => false,
    });
    const { calls } = autoAnswer(bob, callee);
    alice.invite({ target: TARGET, nextHop: hop('10.0.0.2'), sdp: SDP }, caller);
    network.wheel.advance(1_000);
    calls[0]?.bye();
    network.wheel.advance(2_000);
    expect(callee.events.at(-1)).toBe('ended local bye 200');
    expect(caller.events.at(-1)).toBe('ended remote bye 200');
    // Nothing waits for copies but who sent the 2xx (Timer L).
    expect([alice.transactionCount, bob.transactionCount]).toEqual([0, 1]);
  });

  it('fails with the reason of its connection', () => {
    const network = new Network();
    network.lose = () => true;
    const transport = new FakeTransport(network, '10.0.0.1', 'TLS');
    const { agent } = agentOn(network, '10.0.0.1', 1, { transport });
    const failures: unknown[] = [];
    const caller = Object.assign(new Recorder(), { onFailed: (failure: unknown) => void failures.push(failure) });
    agent.invite({ target: TARGET, nextHop: hop('10.0.0.2'), sdp: SDP }, caller);
    transport.onError?.('10.0.0.2', 5060, { cause: 'tls-failed', detail: 'certificate has expired' });
    expect(failures).toMatchObject([{ status: null, cause: 'tls-failed', detail: 'certificate has expired' }]);
    expect(agent.transactionCount).toBe(0);
  });
});

function twoServers(): {
  network: Network;
  place: (recorder: Recorder) => void;
  transport: FakeTransport;
  failed: string[];
  sent: { data: string; to: string }[];
} {
  const network = new Network();
  const sent = spy(network);
  const { agent, transport } = agentOn(network, '10.0.0.1', 1);
  const failed: string[] = [];
  const request = {
    target: TARGET,
    nextHop: hop('10.0.0.2'),
    otherHops: [hop('10.0.0.3')],
    onHopFailed: ({ host }: { host: string }) => void failed.push(host),
    sdp: SDP,
  };
  return { network, transport, failed, sent, place: (recorder) => void agent.invite(request, recorder) };
}

const invites = (sent: { data: string; to: string }[]): { data: string; to: string }[] =>
  sent.filter(({ data }) => data.startsWith('INVITE'));
const branchOf = (data = ''): string => /branch=(\S+)/.exec(data)?.[1] ?? '';

describe('the next server', () => {
  it('takes the call after a 503, by a transaction of its own with the same CSeq', () => {
    const { network, place, failed, sent } = twoServers();
    const { agent: busy } = agentOn(network, '10.0.0.2', 2);
    busy.onInvite = (call) => call.reject(503);
    autoAnswer(agentOn(network, '10.0.0.3', 3).agent, new Recorder());
    const caller = new Recorder();
    place(caller);
    network.wheel.advance(1_000);
    expect(caller.events).toEqual(['provisional 180', 'answered 200']);
    expect(failed).toEqual(['10.0.0.2']);
    const [first, second] = invites(sent);
    expect([first?.to, second?.to]).toEqual(['10.0.0.2:5060', '10.0.0.3:5060']);
    expect(branchOf(second?.data)).not.toBe(branchOf(first?.data));
    const rest = (data = ''): string => data.replace(branchOf(data), '');
    expect(rest(second?.data)).toBe(rest(first?.data));
  });

  it('takes it after silence (Timer B) and after a failed connection', () => {
    for (const fail of [
      ({ network }: ReturnType<typeof twoServers>) => network.wheel.advance(32_500),
      ({ transport }: ReturnType<typeof twoServers>) =>
        transport.onError?.('10.0.0.2', 5060, { cause: 'connection-failed', detail: 'refused' }),
    ]) {
      const setting = twoServers();
      autoAnswer(agentOn(setting.network, '10.0.0.3', 3).agent, new Recorder());
      const caller = new Recorder();
      setting.place(caller);
      fail(setting);
      setting.network.wheel.advance(setting.network.wheel.nowMs + 1_000);
      expect(caller.events).toEqual(['provisional 180', 'answered 200']);
      expect(setting.failed).toEqual(['10.0.0.2']);
    }
  });

  it('is not asked after another refusal, and the last failure is the call’s', () => {
    const busy = twoServers();
    agentOn(busy.network, '10.0.0.2', 2).agent.onInvite = (call) => call.reject(486);
    const refused = new Recorder();
    busy.place(refused);
    busy.network.wheel.advance(1_000);
    expect(refused.events).toEqual(['failed response 486']);
    expect(busy.failed).toEqual([]);
    const silent = twoServers();
    const caller = new Recorder();
    silent.place(caller);
    silent.network.wheel.advance(70_000);
    expect(caller.events).toEqual(['failed timeout null']);
    expect(silent.failed).toEqual(['10.0.0.2', '10.0.0.3']);
  });
});

describe('an outbound proxy', () => {
  it('gets the INVITE with a Route header, which its CANCEL and the ACK to a refusal have as well (§9.1, §17.1.1.3)', () => {
    const network = new Network();
    const sent = spy(network);
    const { agent } = agentOn(network, '10.0.0.1', 1);
    agentOn(network, '10.0.0.2', 2).agent.onInvite = (call) => call.ring();
    const routes = headerBlock([['Route', '<sip:10.0.0.2;lr>']]);
    const call = agent.invite({ target: TARGET, nextHop: hop('10.0.0.2'), routes, sdp: SDP }, new Recorder());
    network.wheel.advance(100);
    call.cancel();
    network.wheel.advance(1_000);
    const ours = sent.filter(({ data }) => !data.startsWith('SIP/2.0'));
    expect(ours.map(({ data }) => data.split(' ')[0])).toEqual(['INVITE', 'CANCEL', 'ACK']);
    for (const { data, to } of ours) {
      expect(data).toContain('\r\nRoute: <sip:10.0.0.2;lr>\r\n');
      expect(data).toMatch(/^\w+ sip:bob@example\.com SIP/);
      expect(to).toBe('10.0.0.2:5060');
    }
  });
});

describe('where a peer sees us', () => {
  it('is told from received and rport of its responses, and without them from the Via (RFC 3581 §4)', () => {
    const network = new Network();
    const { agent } = agentOn(network, '10.0.0.1', 1, { advertisedHost: '192.168.0.7' });
    const seen: unknown[] = [];
    agent.onAddressSeen = (...place) => seen.push(place);
    agentOn(network, '10.0.0.2', 2).agent.onInvite = (call) => call.reject(486);
    agent.invite({ target: TARGET, nextHop: hop('10.0.0.2'), sdp: SDP }, new Recorder());
    network.wheel.advance(1_000);
    expect(seen).toEqual([['10.0.0.1', 5060]]);
  });
});
