/** Calls to a callee that a test scripts: SDP before the answer, reasons of refusals, credentials. */
import { describe, expect, it } from 'vitest';
import type { SipMessage } from '../../../src/sip/message/message.js';
import { SDP } from '../sip/ua/network.js';
import { OK, ScriptedCallee, type Say } from '../sip/ua/scripted-callee.js';
import { type CallerSettings, TwoSides } from './two-sides.js';

function placed(answer: (request: SipMessage, count: number) => Say | null, settings: CallerSettings = {}) {
  const sides = new TwoSides(settings);
  // Takes the place of the answerer of these two sides.
  const callee = new ScriptedCallee(sides.network, '10.0.0.2', answer);
  sides.place();
  sides.advance(100);
  return { sides, callee };
}

const byInvite =
  (say: Say | null) =>
  (request: SipMessage): Say | null =>
    request.method === 'INVITE' ? say : { status: 200 };

const REMOTE = { address: '10.0.0.1', port: 4000, codec: 'PCMU', payloadType: 0, sends: true, receives: true };

describe('SDP before the answer', () => {
  it('is the answer of a 200 without SDP, and stands in the record', () => {
    const { sides, callee } = placed(byInvite({ status: 183, sdp: SDP }));
    callee.later(100, { status: 200 });
    const { caller } = sides.settle();
    expect(sides.callerSlots.connections).toMatchObject([{ ...REMOTE, answeredAtNs: 210e6 }]);
    expect(sides.callerSlots.log).toEqual(['0 take 0/0', '210 connect 0', '1210 release 0']);
    expect(caller).toMatchObject({ outcome: 'completed', earlyMedia: true, setupDelayMs: 20, answerDelayMs: 210 });
  });

  it('gives way to that of the 200', () => {
    const { sides, callee } = placed(byInvite({ status: 180, sdp: SDP }));
    callee.later(10, { status: 200, sdp: SDP.replace('4000', '5000') });
    sides.settle();
    expect(sides.callerSlots.connections).toMatchObject([{ port: 5000 }]);
  });

  it('of several forks: a 200 takes that of its own', () => {
    const { sides, callee } = placed(byInvite({ status: 183, sdp: SDP.replace('RTP/AVP 0', 'RTP/AVP 96'), tag: 'a' }));
    callee.later(10, { status: 183, sdp: SDP.replace('4000', '5000'), tag: 'b' });
    callee.later(20, { status: 183, sdp: SDP.replace('4000', '6000'), tag: 'c' });
    callee.later(30, { status: 200, tag: 'c' });
    sides.settle();
    expect(sides.callerSlots.connections).toMatchObject([{ port: 6000 }]);
  });

  it('of another fork is no answer: the call is hung up', () => {
    const { sides, callee } = placed(byInvite({ status: 183, sdp: SDP, tag: 'a' }));
    callee.later(10, { status: 200, tag: 'b' });
    expect(sides.settle().caller).toMatchObject({ outcome: 'dropped', phase: 'setup', earlyMedia: true });
  });

  it('of a call that is refused after all is in its record', () => {
    const { sides, callee } = placed(byInvite({ status: 183, sdp: SDP }));
    callee.later(10, { status: 486, reason: 'Busy Here' });
    expect(sides.settle().caller).toMatchObject({ outcome: 'failed', cause: 'busy', earlyMedia: true });
  });

  it('is not there in a 183 without a body, or with one of another type', () => {
    for (const say of [{ status: 183 }, { status: 183, sdp: SDP, headers: ['c: text/plain'] }]) {
      const { sides, callee } = placed(byInvite(say));
      callee.later(10, OK);
      expect(sides.settle().caller).toMatchObject({ outcome: 'completed', earlyMedia: false });
    }
  });
});

describe('a refusal', () => {
  const Q850 = 'Reason: SIP;cause=486, Q.850 ;cause=17 ;text="User, \\"busy\\""';
  it.each([
    [486, 'Busy Here', [Q850], 'busy', '486 Busy Here; Q.850 cause 17 (User, "busy")'],
    [404, 'Not Found', ['Reason: q.850;cause=1'], 'notFound', '404 Not Found; Q.850 cause 1'],
    [503, '', ['Reason: Q.850;cause=34;text=""'], 'serviceUnavailable', '503; Q.850 cause 34'],
    [503, 'No', ['Reason: Q.850;cause=900', 'Reason: Q.850', 'Reason: x'], 'serviceUnavailable', '503 No'],
    [480, 'x'.repeat(300), [], 'temporarilyUnavailable', `480 ${'x'.repeat(50)}`],
  ])('%i %s is an outcome with phase, status, cause, and the reason that was given', (...given) => {
    const [status, reason, headers, cause, detail] = given;
    const { sides } = placed(byInvite({ status, reason, headers }));
    expect(sides.settle().caller).toMatchObject({
      outcome: 'failed',
      phase: 'setup',
      sipStatus: status,
      cause,
      detail,
    });
  });

  it('by a long reason text stays within its bounds', () => {
    const { sides } = placed(
      byInvite({
        status: 486,
        reason: 'r'.repeat(500),
        headers: [`Reason: Q.850;cause=17;text="${'t'.repeat(2000)}"`],
      }),
    );
    expect(sides.settle().caller.detail).toBe(
      `486 ${'r'.repeat(50)}; Q.850 cause 17 (${'t'.repeat(60)})`.slice(0, 120),
    );
  });

  it('after the answer is a BYE, whose reason is kept', () => {
    const { sides, callee } = placed(byInvite(OK), { holdMs: 60_000 });
    callee.bye(['Reason: Q.850;cause=38;text="Network out of order"']);
    expect(sides.settle().caller).toMatchObject({
      outcome: 'dropped',
      phase: 'established',
      cause: 'remoteBye',
      detail: 'Q.850 cause 38 (Network out of order)',
    });
  });
});

describe('a target that asks for credentials', () => {
  const challenge: Say = { status: 401, headers: ['WWW-Authenticate: Digest realm="r", nonce="n"'] };
  const credentials = { user: 'alice', password: 'secret' };

  it('gets them, From is the user, and the setup delay counts from the first INVITE', () => {
    const { sides, callee } = placed(
      (request) => {
        if (request.method !== 'INVITE') return { status: 200 };
        return request.header('Authorization') === null ? challenge : OK;
      },
      { credentials },
    );
    expect(sides.settle().caller).toMatchObject({ outcome: 'completed', setupDelayMs: 40, answerDelayMs: 40 });
    expect(callee.of('INVITE').map(({ from }) => from.uri)).toEqual(['sip:alice@10.0.0.1', 'sip:alice@10.0.0.1']);
  });

  it.each([
    [401, 'unauthorized'],
    [407, 'proxyAuthenticationRequired'],
  ])('without any given is a failed call: %i', (status, cause) => {
    const headers = ['WWW-Authenticate: Digest realm="r", nonce="n"'];
    const { sides } = placed(byInvite({ status, headers }));
    const { caller } = sides.settle();
    expect(caller).toMatchObject({ outcome: 'failed', phase: 'setup', sipStatus: status, cause });
    expect(caller.detail).toMatch(/--user and --password/);
  });

  it('and refuses them is a failed call that says to check them', () => {
    const { sides } = placed(byInvite(challenge), { credentials });
    const { caller } = sides.settle();
    expect(caller).toMatchObject({ outcome: 'failed', sipStatus: 401, cause: 'unauthorized' });
    expect(caller.detail).toMatch(/check user and password/);
    expect(JSON.stringify(caller)).not.toContain('secret');
  });
});
