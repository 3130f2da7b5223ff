/** Where a 3xx leads (RFC 3261 §8.1.3.4): followed as often as asked, and only to whom may be called. */
import { describe, expect, it } from 'vitest';
import { createUri } from '../../../../src/sip/message/uri.js';
import type { InviteRequest } from '../../../../src/sip/ua/outgoing-call.js';
import type { UserAgentOptions } from '../../../../src/sip/ua/user-agent.js';
import { Network, Recorder, SDP, agentOn } from './network.js';
import { OK, type Say, ScriptedCallee } from './scripted-callee.js';

const moved = (...contacts: string[]): Say => ({
  status: 302,
  headers: contacts.map((contact) => `Contact: ${contact}`),
});

function redirected(first: Say, request: Partial<InviteRequest> = {}, options: Partial<UserAgentOptions> = {}) {
  const network = new Network();
  const { agent } = agentOn(network, '10.0.0.1', 1, options);
  const before = new ScriptedCallee(network, '10.0.0.9', () => first);
  const after = new ScriptedCallee(network, '10.0.0.8', ({ method }) => (method === 'INVITE' ? OK : { status: 200 }));
  const caller = new Recorder();
  const details: string[] = [];
  caller.onFailed = ({ detail }) => void details.push(detail);
  const target = createUri({ user: 'bob', host: '10.0.0.9' });
  agent.invite({ target, sdp: SDP, followRedirects: 1, ...request }, caller);
  network.wheel.advance(1000);
  return { before, after, caller, details };
}

/** A name is taken at its word, as in a run without an allow-list. */
const mayReach = (host: string): boolean => host.startsWith('10.') || !/^[\d.]+$/.test(host);

describe('a redirection', () => {
  it('is a refusal where it is not to be followed', () => {
    const { after, details } = redirected(moved('<sip:carol@10.0.0.8>'), { followRedirects: 0 });
    expect([after.requests, details]).toEqual([[], ['302 Reason']]);
  });

  it('is followed by the same call with the next number: Request-URI new, To as it was', () => {
    const { before, after, caller } = redirected(moved('"Carol" <sip:carol@10.0.0.8?Subject=x>;q=0.5'));
    const [first] = before.of('INVITE');
    const [second] = after.of('INVITE');
    expect([second!.requestUri, second!.toText]).toEqual(['sip:carol@10.0.0.8', '<sip:bob@10.0.0.9>']);
    expect([second!.callId, second!.from.tag, second!.cseq.number]).toEqual([first!.callId, first!.from.tag, 2]);
    expect(second!.header('Subject')).toBeNull();
    expect(before.of('ACK')).toHaveLength(1);
    expect(caller.events).toEqual(['answered 200']);
  });

  it('goes to the best of its Contacts that may be called', () => {
    const contacts = ['<sip:low@10.0.0.8>;q=0.1', '<sip:112@10.0.0.8>;q=1.0', '<sip:best@10.0.0.8>;q=0.9', 'rubbish<'];
    expect(redirected(moved(...contacts)).after.of('INVITE')[0]!.requestUri).toBe('sip:best@10.0.0.8');
  });

  it.each([
    ['<sip:112@10.0.0.8>', 'redirected to an emergency number, which is never called; 302 Reason'],
    ['<sip:%39%31%31@10.0.0.8>', 'redirected to an emergency number, which is never called; 302 Reason'],
    ['<sip:carol@192.0.2.1>', 'redirected to 192.0.2.1, which may not be called; 302 Reason'],
    ['<sip:carol@pbx.example>', 'redirected to pbx.example, which may not be called; 302 Reason'],
    ['<sip:carol@10.0.0.8;maddr=192.0.2.1>', 'redirected to 192.0.2.1, which may not be called; 302 Reason'],
    ['<sip:carol@10.0.0.8;transport=tcp>', 'redirected away from UDP; 302 Reason'],
    ['<sips:carol@10.0.0.8>', 'redirected away from UDP; 302 Reason'],
    ['<tel:+1>', 'redirected to a Contact that cannot be read; 302 Reason'],
    ['<sip:bob@10.0.0.9>', 'redirected in a circle; 302 Reason'],
  ])('to %s is not followed, and says why', (contact, detail) => {
    const { after, details } = redirected(moved(contact), {}, { mayReach });
    expect([after.requests, details]).toEqual([[], [detail]]);
  });

  it('without a Contact says so', () => {
    expect(redirected(moved()).details).toEqual(['redirected without a Contact; 302 Reason']);
  });

  it('is followed no more often than asked, nor in circles', () => {
    const network = new Network();
    const { agent } = agentOn(network, '10.0.0.1', 1);
    const peer = new ScriptedCallee(network, '10.0.0.9', (_, count) => moved(`<sip:n${count}@10.0.0.9>`));
    const caller = new Recorder();
    agent.invite({ target: createUri({ user: 'bob', host: '10.0.0.9' }), sdp: SDP, followRedirects: 3 }, caller);
    network.wheel.advance(1000);
    expect(peer.of('INVITE').map(({ requestUri }) => requestUri)).toEqual([
      'sip:bob@10.0.0.9',
      'sip:n1@10.0.0.9',
      'sip:n2@10.0.0.9',
      'sip:n3@10.0.0.9',
    ]);
    expect(caller.events).toEqual(['failed response 302']);
  });

  it('of a call that was given up is not followed', () => {
    const network = new Network();
    const { agent } = agentOn(network, '10.0.0.1', 1);
    const peer = new ScriptedCallee(network, '10.0.0.9', ({ method }) =>
      method === 'INVITE' ? { status: 180 } : { status: 200 },
    );
    const caller = new Recorder();
    const call = agent.invite(
      { target: createUri({ user: 'bob', host: '10.0.0.9' }), sdp: SDP, followRedirects: 3 },
      caller,
    );
    network.wheel.advance(100);
    call.cancel();
    peer.later(50, moved('<sip:carol@10.0.0.9>'));
    network.wheel.advance(1000);
    expect(peer.of('INVITE')).toHaveLength(1);
  });
});
