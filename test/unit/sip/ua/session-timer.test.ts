/** Session timers (RFC 4028): who refreshes, by what, and what becomes of a session that nobody refreshes. */
import { describe, expect, it } from 'vitest';
import { createUri } from '../../../../src/sip/message/uri.js';
import type { SessionTimerWish } from '../../../../src/sip/ua/session-timer.js';
import { Network, Recorder, SDP, agentOn } from './network.js';
import { established, wordsOf } from './peer-in-call.js';
import { OK, type Say, ScriptedCallee } from './scripted-callee.js';
import type { SipMessage } from '../../../../src/sip/message/message.js';

const TARGET = createUri({ user: 'bob', host: '10.0.0.9' });
const WISH: SessionTimerWish = { expiresS: 90, refresher: 'uac', minSeS: null };

const timed = (headers: readonly string[], sessionTimer?: SessionTimerWish) =>
  established(SDP, { invite: { headers }, ...(sessionTimer !== undefined && { sessionTimer }) });
const expiresOf = (message: SipMessage): (string | null)[] => [
  message.header('Session-Expires'),
  message.header('Require'),
];

function calling(answer: (request: SipMessage, count: number) => Say | null, sessionTimer?: SessionTimerWish) {
  const network = new Network();
  const { agent } = agentOn(network, '10.0.0.1', 1, sessionTimer === undefined ? {} : { sessionTimer });
  const peer = new ScriptedCallee(network, '10.0.0.9', answer);
  const caller = new Recorder();
  caller.ownOffer = SDP;
  agent.invite({ target: TARGET, sdp: SDP }, caller);
  const wait = (ms: number): void => network.wheel.advance(network.wheel.nowMs + ms);
  wait(100);
  return { network, agent, peer, caller, wait };
}
const answers =
  (...headers: string[]) =>
  ({ method }: SipMessage): Say =>
    method === 'INVITE' ? { ...OK, headers } : { status: 200, headers };

describe('a call to us', () => {
  it.each<[readonly string[], SessionTimerWish | undefined, string | null, string | null]>([
    [[], undefined, null, null],
    [['Supported: timer'], undefined, null, null],
    [['Supported: timer', 'Session-Expires: 1800;refresher=uac'], undefined, '1800;refresher=uac', 'timer'],
    [['Supported: timer', 'x: 1800;refresher=uas'], undefined, '1800;refresher=uas', null],
    [['Supported: timer', 'Session-Expires: 1800'], undefined, '1800;refresher=uac', 'timer'],
    [['Session-Expires: 1800;refresher=uac'], undefined, '1800;refresher=uas', null],
    [['Session-Expires: 30'], undefined, '30;refresher=uas', null],
    [['Supported: timer'], WISH, '90;refresher=uac', 'timer'],
    [['Supported: timer', 'Session-Expires: 1800', 'Min-SE: 120'], WISH, '120;refresher=uac', 'timer'],
    [['Supported: timer', 'Session-Expires: rubbish'], undefined, null, null],
  ])('with %j and %j is answered with Session-Expires %s and Require %s (§9)', (headers, wish, expires, require) => {
    expect(expiresOf(timed(headers, wish).answer)).toEqual([expires, require]);
  });

  it.each([
    ['Supported: timer', undefined, '90'],
    ['Supported: timer', { ...WISH, minSeS: 300 }, '300'],
  ])('with an interval that is too small is refused with 422 (%s)', (supported, wish, least) => {
    const { answer } = timed([supported, 'Session-Expires: 80'], wish);
    expect([answer.status, answer.header('Min-SE')]).toEqual([422, least]);
  });

  it('that is refreshed lives on, by UPDATE or re-INVITE, and one that is not is hung up at 90 - 30 s (§10)', () => {
    const headers = ['Supported: timer', 'Session-Expires: 90;refresher=uac'];
    const { network, got, say, callee } = timed(headers);
    const wait = (ms: number): void => network.wheel.advance(network.wheel.nowMs + ms);
    wait(45_000);
    say('UPDATE', 6, { headers });
    wait(45_000);
    say('INVITE', 7, { headers, sdp: SDP });
    say('ACK', 7);
    expect(got.map((message) => message.header('Session-Expires'))).toEqual(['90;refresher=uac', '90;refresher=uac']);
    wait(59_800);
    expect(wordsOf(got)).toEqual([200, 200]);
    wait(300);
    expect(wordsOf(got)).toEqual([200, 200, 'BYE']);
    expect(callee.events.at(-1)).toBe('session-expired');
  });

  it('is refreshed by us where the caller leaves it to us: at half of the interval, by UPDATE where it takes that', () => {
    const headers = ['Supported: timer', 'Allow: INVITE, UPDATE', 'Session-Expires: 100;refresher=uas'];
    const { network, got, reply, callee } = timed(headers);
    const wait = (ms: number): void => network.wheel.advance(network.wheel.nowMs + ms);
    wait(50_000);
    expect(wordsOf(got)).toEqual(['UPDATE']);
    expect([got[0]!.body, got[0]!.header('Session-Expires')]).toEqual(['', '100;refresher=uac']);
    reply(got[0]!, 200, { headers: ['Session-Expires: 100;refresher=uac'] });
    wait(50_000);
    expect(wordsOf(got)).toEqual(['UPDATE', 'UPDATE']);
    // This one is refused: at 100 - 32 s after the last refresh it is over.
    reply(got[1]!, 500);
    wait(17_800);
    expect(wordsOf(got)).toEqual(['UPDATE', 'UPDATE']);
    wait(300);
    expect(wordsOf(got)).toEqual(['UPDATE', 'UPDATE', 'BYE']);
    expect(callee.events).toEqual(['session-expired']);
  });

  it('is refreshed by re-INVITE with what is current where the caller does not take UPDATE', () => {
    const { network, got, reply, callee } = timed(['Supported: timer', 'Session-Expires: 100;refresher=uas']);
    callee.ownOffer = SDP;
    network.wheel.advance(network.wheel.nowMs + 50_000);
    expect(got.map(({ method, body }) => [method, body])).toEqual([['INVITE', SDP]]);
    reply(got[0]!, 200, { sdp: SDP, headers: ['Session-Expires: 100;refresher=uac'] });
    expect(callee.events).toEqual(['offer-asked current', `offer-answered ${SDP.length}`]);
    network.wheel.advance(network.wheel.nowMs + 50_000);
    expect(wordsOf(got)).toEqual(['INVITE', 'ACK', 'INVITE']);
  });

  it('of which the caller knows nothing any more (481) is over', () => {
    const headers = ['Supported: timer', 'Allow: UPDATE', 'Session-Expires: 100;refresher=uas'];
    const { network, got, reply, callee } = timed(headers);
    network.wheel.advance(network.wheel.nowMs + 50_000);
    reply(got[0]!, 481);
    expect(wordsOf(got)).toEqual(['UPDATE', 'BYE']);
    expect(callee.events).toEqual(['session-expired']);
  });
});

describe('a call of ours', () => {
  it('asks for a timer only where it is told to', () => {
    const plain = calling(answers()).peer.of('INVITE')[0]!;
    expect([plain.header('Session-Expires'), plain.header('Min-SE')]).toEqual([null, null]);
    const asked = calling(answers(), { ...WISH, minSeS: 90 }).peer.of('INVITE')[0]!;
    expect([asked.header('Session-Expires'), asked.header('Min-SE')]).toEqual(['90;refresher=uac', '90']);
  });

  it('that is told 422 comes again with what is asked, the same call (§7.3)', () => {
    const { peer, caller } = calling(
      ({ method }: SipMessage, count: number): Say =>
        method === 'INVITE' && count === 1 ? { status: 422, headers: ['Min-SE: 300'] } : OK,
      WISH,
    );
    const [first, second] = peer.of('INVITE');
    expect([second!.header('Session-Expires'), second!.header('Min-SE')]).toEqual(['300;refresher=uac', '300']);
    expect([second!.callId, second!.cseq.number]).toEqual([first!.callId, 2]);
    expect(caller.events).toEqual(['answered 200']);
  });

  it('that is told 422 for ever gives up, and one that asked for nothing at once', () => {
    const { peer, caller, wait } = calling(
      (_: SipMessage, count: number): Say => ({ status: 422, headers: [`Min-SE: ${300 * count}`] }),
      WISH,
    );
    wait(1000);
    expect(peer.of('INVITE')).toHaveLength(4);
    expect(caller.events).toEqual(['failed response 422']);
    expect(calling(() => ({ status: 422, headers: ['Min-SE: 300'] })).peer.of('INVITE')).toHaveLength(1);
  });

  it('refreshes a timer that only the far side wanted, and stops when a 2xx says nothing of it', () => {
    const { peer, wait } = calling(({ method }: SipMessage, count: number): Say =>
      method === 'INVITE'
        ? { ...OK, headers: ['Session-Expires: 100;refresher=uac', 'Allow: UPDATE'] }
        : { status: 200, headers: count === 1 ? ['Session-Expires: 100;refresher=uac'] : [] },
    );
    wait(50_100);
    expect(peer.of('UPDATE').map((update) => update.header('Session-Expires'))).toEqual(['100;refresher=uac']);
    wait(50_100);
    wait(500_000);
    expect([peer.of('UPDATE').length, peer.of('BYE').length]).toEqual([2, 0]);
  });

  it('is hung up where the far side was to refresh it and did not', () => {
    const { peer, caller, wait } = calling(answers('Session-Expires: 90;refresher=uas'));
    wait(59_800);
    expect(peer.of('BYE')).toHaveLength(0);
    wait(300);
    expect(peer.of('BYE')).toHaveLength(1);
    expect(caller.events).toEqual(['answered 200', 'session-expired', 'ended local bye 200']);
  });

  it('raises its interval for a refresh that is told 422, once', () => {
    const { peer, wait } = calling(({ method }: SipMessage, count: number): Say =>
      method === 'INVITE'
        ? { ...OK, headers: ['Session-Expires: 90;refresher=uac', 'Allow: UPDATE'] }
        : count === 1
          ? { status: 422, headers: ['Min-SE: 200'] }
          : { status: 200, headers: ['Session-Expires: 200;refresher=uac'] },
    );
    wait(45_200);
    const asked = peer.of('UPDATE').map((update) => update.header('Session-Expires'));
    expect(asked).toEqual(['90;refresher=uac', '200;refresher=uac']);
    wait(99_000);
    expect([peer.of('UPDATE').length, peer.of('BYE').length]).toEqual([2, 0]);
  });

  it('is refreshed at most every second, whatever the far side asks for', () => {
    const { peer, wait } = calling(answers('Session-Expires: 0;refresher=uac', 'Allow: UPDATE'));
    wait(10_000);
    expect(peer.of('UPDATE').length).toBeLessThanOrEqual(10);
  });
});

it('ours on both sides refresh until the call ends, and leave nothing behind', () => {
  const network = new Network();
  const { agent: alice } = agentOn(network, '10.0.0.1', 1, { sessionTimer: WISH });
  const { agent: bob } = agentOn(network, '10.0.0.2', 2);
  const [caller, callee] = [new Recorder(), new Recorder()];
  bob.onInvite = (call) => {
    call.listener = callee;
    call.answer(SDP);
  };
  const call = alice.invite({ target: createUri({ user: 'bob', host: '10.0.0.2' }), sdp: SDP }, caller);
  network.wheel.advance(100_000);
  call.bye();
  network.wheel.advance(200_000);
  expect(network.sentBy('10.0.0.1').filter((line) => line.startsWith('UPDATE'))).toHaveLength(2);
  expect(caller.events).toEqual(['answered 200', 'ended local bye 200']);
  expect([alice.sessionCount, bob.sessionCount, network.wheel.size]).toEqual([0, 0, 0]);
});
