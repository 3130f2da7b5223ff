/** Reliable provisional responses (RFC 3262), as the called side and as the calling one. */
import { describe, expect, it } from 'vitest';
import type { SipMessage } from '../../../../src/sip/message/message.js';
import { createUri } from '../../../../src/sip/message/uri.js';
import type { IncomingCall } from '../../../../src/sip/ua/call-events.js';
import { parseMessage } from '../../../../src/sip/message/parser.js';
import { Network, Recorder, SDP, agentOn } from './network.js';
import { OK, type Say, ScriptedCallee } from './scripted-callee.js';

const TARGET = createUri({ user: 'bob', host: '10.0.0.9' });
const HOLD = `${SDP}a=sendonly\r\n`;

/** Our callee, which does with each call what the test says, and a caller of nothing but text. */
function called(take: (call: IncomingCall, callee: Recorder) => void, headers: readonly string[], sdp = SDP) {
  const network = new Network();
  const { agent } = agentOn(network, '10.0.0.2', 2);
  const callee = new Recorder();
  agent.onInvite = (call) => {
    call.listener = callee;
    take(call, callee);
  };
  const peer = network.node('10.0.0.8');
  const got: SipMessage[] = [];
  peer.onMessage = (data) => void got.push(parseMessage(Buffer.from(data)));
  let tag = '';
  const say = (method: string, cseq: number, text: readonly string[] = [], body = ''): void => {
    const head = [
      `${method} sip:bob@10.0.0.2 SIP/2.0`,
      `Via: SIP/2.0/UDP 10.0.0.8;branch=z9hG4bK${method}${cseq}`,
      'From: <sip:y@10.0.0.8>;tag=y1',
      `To: <sip:bob@10.0.0.2>${tag}`,
      'Call-ID: reliable',
      `CSeq: ${cseq} ${method}`,
      'Contact: <sip:y@10.0.0.8>',
      ...text,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
    ];
    peer.send(`${head.join('\r\n')}\r\n\r\n${body}`, '10.0.0.2', 5060);
    network.wheel.advance(network.wheel.nowMs + 50);
  };
  say('INVITE', 1, headers, sdp);
  tag = `;tag=${got[0]?.to.tag ?? ''}`;
  const prack = (cseq: number, response: SipMessage, body = ''): void =>
    say('PRACK', cseq, [`RAck: ${response.header('RSeq')} 1 INVITE`], body);
  const wait = (ms: number): void => network.wheel.advance(network.wheel.nowMs + ms);
  return { network, callee, got, say, prack, wait };
}

const REQUIRED = ['Require: 100rel'];
const statuses = (got: readonly SipMessage[]): number[] => got.map(({ status }) => status);

const reliableWherePossible = (call: IncomingCall): void => {
  call.isReliable ||= call.canBeReliable;
  call.ring();
};

describe('the called side', () => {
  it('sends a reliable 180 again at 0.5, 1.5 and 3.5 s until its PRACK, and answers that', () => {
    const { got, prack, wait } = called((call) => call.ring(), REQUIRED);
    wait(3600);
    expect(statuses(got)).toEqual([180, 180, 180, 180]);
    expect([got[0]!.header('Require'), got[0]!.header('RSeq')]).toEqual(['100rel', got[3]!.header('RSeq')]);
    expect(Number(got[0]!.header('RSeq'))).toBeGreaterThan(0);
    prack(2, got[0]!);
    wait(60_000);
    expect(statuses(got)).toEqual([180, 180, 180, 180, 200]);
  });

  it('without a PRACK for 64·T1 gives the call up (§3: a 5xx)', () => {
    const { got, callee, wait } = called((call) => call.ring(), REQUIRED);
    wait(32_100);
    expect(statuses(got).at(-1)).toBe(504);
    expect(callee.events).toEqual(['prack-timeout']);
  });

  it('refuses a PRACK that acknowledges nothing with 481, and one that comes twice', () => {
    const { got, say, prack } = called((call) => call.ring(), REQUIRED);
    say('PRACK', 2, ['RAck: 1 2 INVITE']);
    say('PRACK', 3, ['RAck: rubbish']);
    say('PRACK', 4);
    expect(statuses(got)).toEqual([180, 481, 481, 481]);
    prack(5, got[0]!);
    prack(6, got[0]!);
    expect(statuses(got).slice(4)).toEqual([200, 481]);
  });

  it('sends the next one only after the PRACK, with the next number', () => {
    const { got, prack } = called((call: IncomingCall): void => {
      call.ring();
      call.ring(183, HOLD);
    }, REQUIRED);
    expect(statuses(got)).toEqual([180]);
    prack(2, got[0]!);
    expect(statuses(got)).toEqual([180, 200, 183]);
    expect(Number(got[2]!.header('RSeq'))).toBe(Number(got[0]!.header('RSeq')) + 1);
    expect(got[2]!.body).toBe(HOLD);
  });

  it('holds the 2xx back while SDP is not acknowledged, and not while a plain 180 is not', () => {
    const early = called((call) => {
      call.ring(183, HOLD);
      call.answer('');
    }, REQUIRED);
    expect(statuses(early.got)).toEqual([183]);
    early.prack(2, early.got[0]!);
    expect(statuses(early.got)).toEqual([183, 200, 200]);
    expect(early.got.map(({ method }) => method)).toEqual(['INVITE', 'PRACK', 'INVITE']);
    const plain = called((call) => {
      call.ring();
      call.answer(SDP);
    }, REQUIRED);
    expect(statuses(plain.got)).toEqual([180, 200]);
    plain.say('ACK', 1);
    plain.wait(60_000);
    expect(statuses(plain.got)).toEqual([180, 200]); // the 180 is not sent again either
  });

  it('is reliable only where the caller requires it, or where it is told to and the caller can', () => {
    expect(called(reliableWherePossible, ['Supported: 100rel']).got[0]!.header('RSeq')).not.toBeNull();
    expect(called(reliableWherePossible, []).got[0]!.header('RSeq')).toBeNull();
    expect(called((call) => call.ring(), ['Supported: 100rel']).got[0]!.header('RSeq')).toBeNull();
  });

  it('takes the answer to an offer of ours from the PRACK, and an offer in a PRACK is answered in its 200', () => {
    const late = called((call) => call.ring(180, SDP), REQUIRED, '');
    expect(late.got[0]!.body).toBe(SDP);
    late.prack(2, late.got[0]!, HOLD);
    expect(late.callee.events).toEqual([`offer-answered ${HOLD.length}`]);
    const anew = called((call, callee) => {
      callee.reanswer = 'v=0';
      call.ring(183, SDP);
    }, REQUIRED);
    anew.prack(2, anew.got[0]!, HOLD);
    expect(anew.callee.events).toEqual([`reoffer ${HOLD.length}`]);
    expect(anew.got.map(({ status, body }) => [status, body])).toEqual([
      [183, SDP],
      [200, 'v=0'],
    ]);
  });

  it('takes an UPDATE with an offer before the answer only when the first offer is settled (RFC 3311 §5.2)', () => {
    const { got, say, prack, callee } = called((call, callee) => {
      callee.reanswer = 'v=0';
      call.ring(183, SDP);
    }, REQUIRED);
    say('UPDATE', 2, [], HOLD);
    expect(statuses(got)).toEqual([183, 500]);
    expect(Number(got[1]!.header('Retry-After'))).toBeLessThanOrEqual(10);
    prack(3, got[0]!);
    say('UPDATE', 4, [], HOLD);
    expect(statuses(got)).toEqual([183, 500, 200, 200]);
    expect(callee.events).toEqual([`reoffer ${HOLD.length}`]);
  });
});

const RELIABLE = (rseq: number, more: Partial<Say> = {}): Say => ({
  status: 180,
  headers: ['Require: 100rel', `RSeq: ${rseq}`, 'Contact: <sip:bob@10.0.0.9>'],
  ...more,
});

function calling(answer: (request: SipMessage, count: number) => Say | null, { sdp = SDP, ...options } = {}) {
  const network = new Network();
  const { agent } = agentOn(network, '10.0.0.1', 1, options);
  const peer = new ScriptedCallee(network, '10.0.0.9', answer);
  const caller = new Recorder();
  const call = agent.invite({ target: TARGET, sdp }, caller);
  const wait = (ms: number): void => network.wheel.advance(network.wheel.nowMs + ms);
  wait(50);
  return { network, agent, peer, caller, call, wait };
}
const rings =
  (...says: Say[]) =>
  ({ method }: SipMessage): Say | null =>
    method === 'INVITE' ? says[0]! : { status: 200 };

describe('the calling side', () => {
  it('offers 100rel, and acknowledges a reliable 180 by PRACK in its dialog (RFC 3262 §4)', () => {
    const { peer, caller, wait } = calling(rings(RELIABLE(7)));
    const [invite] = peer.of('INVITE');
    expect(invite!.header('Supported')).toBe('100rel, timer');
    wait(50);
    const [prack] = peer.of('PRACK');
    expect(prack!.header('RAck')).toBe('7 1 INVITE');
    expect([prack!.to.tag, prack!.cseq.number]).toEqual(['callee', 2]);
    expect(caller.events).toEqual(['provisional 180']);
  });

  it('hears a copy and one out of order not again, and acknowledges neither', () => {
    const { peer, caller, wait } = calling(rings(RELIABLE(7)));
    for (const rseq of [7, 9, 6]) peer.later(0, RELIABLE(rseq));
    wait(100);
    peer.later(0, RELIABLE(8, { status: 183, sdp: SDP }));
    wait(100);
    expect(peer.of('PRACK').map((prack) => prack.header('RAck'))).toEqual(['7 1 INVITE', '8 1 INVITE']);
    expect(caller.events).toEqual(['provisional 180', 'provisional 183']);
  });

  it('goes on in the early dialog: its BYE has the next number, and nothing is left behind', () => {
    const { network, agent, peer, caller, call, wait } = calling(rings(RELIABLE(1)));
    peer.later(0, { ...OK, headers: ['Contact: <sip:bob@10.0.0.9>'] });
    wait(100);
    expect(caller.events.at(-1)).toBe('answered 200');
    expect(peer.of('ACK').map(({ cseq }) => cseq.number)).toEqual([1]);
    call.bye();
    wait(50);
    expect(peer.of('BYE').map(({ cseq }) => cseq.number)).toEqual([3]);
    wait(60_000);
    expect([agent.sessionCount, agent.transactionCount, network.wheel.size]).toEqual([0, 0, 0]);
  });

  it('keeps the forks apart, and lets go of those that do not answer', () => {
    const { agent, peer, wait } = calling(rings(RELIABLE(1, { tag: 'one' })));
    peer.later(0, RELIABLE(50, { tag: 'two' }));
    wait(100);
    expect(peer.of('PRACK').map((prack) => [prack.to.tag, prack.header('RAck')])).toEqual([
      ['one', '1 1 INVITE'],
      ['two', '50 1 INVITE'],
    ]);
    expect(agent.sessionCount).toBe(2);
    peer.later(0, { ...OK, tag: 'two' });
    wait(100);
    expect(agent.sessionCount).toBe(1);
  });

  it('makes no more than eight early dialogs of one INVITE', () => {
    const { agent, peer, wait } = calling(rings(RELIABLE(1, { tag: 'f0' })));
    for (let fork = 1; fork < 20; fork++) peer.later(0, RELIABLE(1, { tag: `f${fork}` }));
    wait(100);
    expect([agent.sessionCount, peer.of('PRACK').length]).toEqual([8, 8]);
    peer.later(0, { status: 486 });
    wait(50);
    expect(agent.sessionCount).toBe(0);
  });

  it('answers an offer in a reliable response to an INVITE without SDP in the PRACK', () => {
    const network = new Network();
    const { agent } = agentOn(network, '10.0.0.1', 1);
    const peer = new ScriptedCallee(network, '10.0.0.9', rings(RELIABLE(3, { status: 183, sdp: SDP })));
    const caller = new Recorder();
    caller.firstAnswer = HOLD;
    agent.invite({ target: TARGET, sdp: '' }, caller);
    network.wheel.advance(100);
    expect([peer.of('INVITE')[0]!.body, peer.of('INVITE')[0]!.contentType]).toEqual(['', null]);
    expect([peer.of('PRACK')[0]!.body, peer.of('PRACK')[0]!.contentType]).toEqual([HOLD, 'application/sdp']);
    expect(caller.events).toEqual([`offered ${SDP.length}`, 'provisional 183']);
  });

  it('gives a call up whose PRACK is refused', () => {
    const { peer, caller, wait } = calling(({ method }: SipMessage): Say | null =>
      method === 'INVITE' ? RELIABLE(1) : method === 'PRACK' ? { status: 403 } : { status: 200 },
    );
    wait(100);
    expect(peer.of('CANCEL')).toHaveLength(1);
    peer.later(0, { status: 487 });
    wait(50);
    expect(caller.events).toEqual(['provisional 180', 'failed response 487']);
  });

  it('off: says nothing of 100rel, and takes what comes for unreliable; required: says so', () => {
    const off = calling(rings(RELIABLE(1)), { reliableProvisional: 'off' } as object);
    off.wait(50);
    expect([off.peer.of('INVITE')[0]!.header('Supported'), off.peer.of('PRACK').length]).toEqual(['timer', 0]);
    expect(off.caller.events).toEqual(['provisional 180']);
    const required = calling(rings(RELIABLE(1)), { reliableProvisional: 'required' } as object);
    expect(required.peer.of('INVITE')[0]!.header('Require')).toBe('100rel');
  });
});

it('ours on both sides', () => {
  const network = new Network();
  const { agent: alice } = agentOn(network, '10.0.0.1', 1, { reliableProvisional: 'required' });
  const { agent: bob } = agentOn(network, '10.0.0.2', 2);
  const [caller, callee] = [new Recorder(), new Recorder()];
  bob.onInvite = (call) => {
    call.listener = callee;
    call.ring(183, SDP);
    call.answer('');
  };
  const call = alice.invite({ target: createUri({ user: 'bob', host: '10.0.0.2' }), sdp: SDP }, caller);
  network.wheel.advance(100);
  call.bye();
  network.wheel.advance(60_000);
  expect(caller.events).toEqual(['provisional 183', 'answered 200', 'ended local bye 200']);
  expect(callee.events).toEqual(['ack', 'ended remote bye 200']);
  expect([alice.sessionCount, bob.sessionCount, network.wheel.size]).toEqual([0, 0, 0]);
});
