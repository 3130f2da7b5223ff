import { describe, expect, it } from 'vitest';
import { headerBlock } from '../../../src/sip/message/builder.js';
import { agentOn, SDP } from '../sip/ua/network.js';
import { ScriptedCallee } from '../sip/ua/scripted-callee.js';
import { TwoSides } from './two-sides.js';

describe('an answered call', () => {
  it('is held and hung up, with every delay to the millisecond', () => {
    const sides = new TwoSides({ holdMs: 5000 });
    sides.advance(250);
    const { went } = sides.place({ call: 7, intendedMs: 240 });
    expect(went).toBe(true);
    const { caller, answerer } = sides.settle();
    expect(caller).toEqual({
      call: 7,
      endpoint: 0,
      callId: 'call-7',
      intendedMs: 240,
      startedMs: 250,
      establishedMs: 570,
      endedMs: 5590,
      outcome: 'completed',
      succeeded: true,
      phase: null,
      sipStatus: null,
      cause: null,
      detail: null,
      setupDelayMs: 20,
      answerDelayMs: 320,
      disconnectDelayMs: 20,
      dtmf: null,
      transfers: null,
      calledGroup: null,
      marker: null,
      heldBack: false,
      earlyMedia: false,
      hasMedia: true,
    });
    expect(answerer).toMatchObject({ startedMs: 260, establishedMs: 580, endedMs: 5580, outcome: 'completed' });
    expect(sides.wordsOf('10.0.0.1')).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(sides.answered).toEqual([1, 1]);
  });

  it('has its slot from the offer on, connected at the ACK and given back at the BYE, on both sides', () => {
    const sides = new TwoSides();
    sides.place();
    sides.settle();
    expect(sides.callerSlots.log).toEqual(['0 take 0/0', '320 connect 0', '1320 release 0']);
    expect(sides.answererSlots.log).toEqual(['10 take 0/0', '330 connect 0', '1330 release 0']);
    const remote = { port: 20_000, codec: 'PCMU', payloadType: 0, rtcpMux: true, sends: true, receives: true };
    expect(sides.callerSlots.connections).toMatchObject([{ ...remote, address: '10.0.0.2', answeredAtNs: 320e6 }]);
    expect(sides.answererSlots.connections).toMatchObject([{ ...remote, address: '10.0.0.1', answeredAtNs: 330e6 }]);
  });

  it('without 180 has its setup delay from the answer', () => {
    const sides = new TwoSides();
    sides.network.lose = (data) => data.startsWith('SIP/2.0 180');
    sides.place();
    expect(sides.settle().caller).toMatchObject({ setupDelayMs: 320, answerDelayMs: 320 });
  });

  it('100 Trying tells no status: it is no setup delay', () => {
    const sides = new TwoSides({}, {});
    const { onInvite } = sides.answerer.agent;
    sides.answerer.agent.onInvite = (incoming) => void sides.network.wheel.schedule(400, () => onInvite?.(incoming));
    sides.place();
    const { caller } = sides.settle();
    expect(sides.wordsOf('10.0.0.2').slice(0, 2)).toEqual(['100', '180']);
    expect(caller.setupDelayMs).toBe(420);
  });

  it('that the far side ends before its time was dropped', () => {
    const sides = new TwoSides({ holdMs: 5000 }, { dropAfterMs: 500 });
    sides.place();
    const { caller, answerer } = sides.settle();
    expect(caller).toMatchObject({ outcome: 'dropped', phase: 'established', cause: 'remoteBye', succeeded: false });
    expect(caller).toMatchObject({ establishedMs: 320, endedMs: 840, disconnectDelayMs: null, setupDelayMs: 20 });
    expect(sides.callerSlots.log.at(-1)).toBe('840 release 0');
    expect(answerer).toMatchObject({ outcome: 'completed', establishedMs: 330 });
    expect(sides.wordsOf('10.0.0.1')).toEqual(['INVITE', 'ACK', '200']);
  });

  it('whose BYEs cross is completed on both sides', () => {
    const sides = new TwoSides({ holdMs: 1000 }, { dropAfterMs: 990 });
    sides.place();
    const { caller, answerer } = sides.settle();
    expect([caller.outcome, answerer?.outcome]).toEqual(['completed', 'completed']);
  });

  it('whose BYE is never answered ends by Timer F; its slot was free at the BYE', () => {
    const sides = new TwoSides();
    sides.network.lose = (data) => data.startsWith('BYE');
    sides.place();
    sides.advance(33_310);
    expect(sides.callerRecords).toEqual([]);
    sides.advance(33_320);
    expect(sides.callerRecords[0]).toMatchObject({ outcome: 'dropped', phase: 'teardown', cause: 'byeTimeout' });
    expect(sides.callerRecords[0]).toMatchObject({ endedMs: 33_320, disconnectDelayMs: null, sipStatus: null });
    expect(sides.callerSlots.log.at(-1)).toBe('1320 release 0');
    sides.network.lose = () => false;
    sides.answeringCalls[0]!.cut();
    sides.settle();
  });

  it('whose BYE is refused was not torn down as it should', () => {
    const sides = new TwoSides({ holdMs: 1000 });
    sides.place();
    sides.advance(1000);
    sides.answeringCalls[0]!.abandon();
    sides.answerer.agent.close();
    agentOn(sides.network, '10.0.0.2', 3); // restarted: it knows no call
    expect(sides.settle().caller).toMatchObject({
      outcome: 'dropped',
      phase: 'teardown',
      cause: 'byeRefused',
      sipStatus: 481,
    });
  });

  it.each([
    ['v=0', 'sdp:'],
    ['', 'sdp:'],
    [SDP.replace('RTP/AVP 0', 'RTP/AVP 8'), 'sdp:no-common-codec'],
    [SDP.replaceAll('10.0.0.1', '8.8.8.8'), 'sdp:address-not-allowed'],
    [SDP.replace('audio 4000', 'audio 0'), 'sdp:rejected'],
  ])('with an SDP that cannot be used (%#) is acknowledged and hung up at once', (sdp, cause) => {
    const sides = new TwoSides();
    sides.answerer.agent.onInvite = (incoming) => incoming.answer(sdp);
    sides.place();
    const { caller } = sides.settle();
    expect(caller).toMatchObject({
      outcome: 'dropped',
      phase: 'setup',
      sipStatus: null,
      establishedMs: 20,
      endedMs: 40,
    });
    expect(caller).toMatchObject({ hasMedia: false, succeeded: false, disconnectDelayMs: null });
    expect(caller.cause).toContain(cause);
    expect(caller.detail).toMatch(/./);
    expect(sides.wordsOf('10.0.0.1')).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(sides.callerSlots.log).toEqual(['0 take 0/0', '20 release 0']);
  });

  it('without media to measure announces no leg', () => {
    const sides = new TwoSides();
    sides.callerSlots.measured = false;
    sides.place();
    expect(sides.settle().caller.hasMedia).toBe(false);
  });
});

describe('a call that is refused', () => {
  it('fails with its status, and its slot is free', () => {
    const sides = new TwoSides({}, { rejectStatus: 486 });
    sides.place();
    const { caller, answerer } = sides.settle();
    expect(caller).toMatchObject({
      outcome: 'failed',
      phase: 'setup',
      sipStatus: 486,
      cause: 'busy',
      succeeded: false,
    });
    expect(caller).toMatchObject({ endedMs: 20, detail: '486 Busy Here', setupDelayMs: null, answerDelayMs: null });
    expect(sides.callerSlots.log).toEqual(['0 take 0/0', '20 release 0']);
    expect(answerer).toMatchObject({ outcome: 'failed', cause: 'busy' });
    expect(sides.answererSlots.log).toEqual([]);
    expect(sides.answered).toEqual([0, 0]);
  });

  it('by a host that it was redirected to, which asks for credentials that are not for it, has a cause of its own', () => {
    const credentials = { user: 'alice', password: 'secret' };
    const refusalHeaders = headerBlock([['Contact', '<sip:carol@10.0.0.8>']]);
    const sides = new TwoSides(
      { credentials, flow: { followRedirects: 1 } },
      { rejectStatus: 302, flow: { refusalHeaders } },
    );
    const headers = ['Proxy-Authenticate: Digest realm="trap", nonce="1", qop="auth"'];
    const trap = new ScriptedCallee(sides.network, '10.0.0.8', () => ({ status: 407, reason: 'Who', headers }));
    sides.place();
    expect(sides.settle().caller).toMatchObject({
      sipStatus: 407,
      cause: 'credentialsWithheld',
      detail: 'redirected to a host whose realm "trap" is not the endpoint\'s: credentials withheld; 407 Who',
    });
    expect(trap.of('INVITE')).toHaveLength(1);
  });

  it('succeeded when that was expected, and only by that status', () => {
    for (const [rejectStatus, succeeded] of [
      [486, true],
      [480, false],
    ] as const) {
      const sides = new TwoSides({ expect: 486 }, { rejectStatus });
      sides.place();
      expect(sides.settle().caller).toMatchObject({ outcome: 'failed', sipStatus: rejectStatus, succeeded });
    }
  });

  it('an answer where a refusal was expected is no success, and says why', () => {
    const sides = new TwoSides({ expect: 486 });
    sides.place();
    const { caller } = sides.settle();
    expect(caller).toMatchObject({ outcome: 'completed', succeeded: false, cause: 'unexpectedAnswer', sipStatus: 200 });
    expect(caller).toMatchObject({ phase: 'setup', disconnectDelayMs: 20 });
  });

  it('by an answerer that is full: 503', () => {
    const sides = new TwoSides();
    sides.answererSlots.free = 0;
    sides.place();
    const { caller, answerer } = sides.settle();
    expect(caller).toMatchObject({ outcome: 'failed', sipStatus: 503, cause: 'serviceUnavailable' });
    expect(answerer).toMatchObject({ outcome: 'failed', phase: 'setup', cause: 'noSlot' });
  });

  it('has at most 160 characters of what the far side wrote', () => {
    const sides = new TwoSides();
    sides.place();
    const transport = sides.answerer.transport;
    transport.onMessage = (data) => {
      const invite = Buffer.from(data).toString();
      const copied = invite.split('\r\n').filter((line) => /^(Via|From|Call-ID|CSeq):/.test(line));
      const to = /^To: .*$/m.exec(invite)![0];
      const answer = ['SIP/2.0 599 ' + 'x'.repeat(500), ...copied, `${to};tag=t`, 'Content-Length: 0', '', ''];
      transport.send(answer.join('\r\n'), '10.0.0.1', 5060);
      transport.onMessage = null;
    };
    const { caller } = sides.settle();
    expect(caller).toMatchObject({ cause: 'status599', sipStatus: 599 });
    expect(caller.detail?.length).toBeLessThanOrEqual(160);
  });
});

describe('a call that nobody answers', () => {
  it('is cancelled after the ring timeout: 487, no answer', () => {
    const sides = new TwoSides({ ringTimeoutMs: 2000 }, { ringMs: null });
    sides.place();
    const { caller, answerer } = sides.settle();
    expect(caller).toMatchObject({ outcome: 'failed', phase: 'setup', sipStatus: 487, cause: 'noAnswer' });
    expect(caller).toMatchObject({ endedMs: 2020, succeeded: false, detail: null, establishedMs: null });
    expect(answerer).toMatchObject({ outcome: 'failed', cause: 'cancelled', endedMs: 2010 });
    expect(sides.wordsOf('10.0.0.1')).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(sides.callerSlots.log).toEqual(['0 take 0/0', '2020 release 0']);
    expect(sides.answererSlots.log).toEqual(['10 take 0/0', '2010 release 0']);
  });

  it('whose 200 crosses the CANCEL is acknowledged, hung up and counts as not answered', () => {
    const sides = new TwoSides({ ringTimeoutMs: 310 });
    sides.place();
    const { caller, answerer } = sides.settle();
    expect(sides.wordsOf('10.0.0.1')).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE']);
    expect(caller).toMatchObject({ outcome: 'failed', cause: 'noAnswer', sipStatus: 200, establishedMs: null });
    expect(sides.callerSlots.connections).toEqual([]);
    expect(sides.answered).toEqual([0, 1]);
    expect(answerer).toMatchObject({ outcome: 'completed' });
  });

  it('because nothing is there fails by Timer B, not before', () => {
    const sides = new TwoSides();
    sides.network.lose = () => true;
    sides.place();
    sides.advance(31_990);
    expect(sides.callerRecords).toEqual([]);
    expect(sides.settle().caller).toMatchObject({
      outcome: 'failed',
      phase: 'setup',
      cause: 'timeout',
      sipStatus: null,
      endedMs: 32_000,
    });
  });

  it('a ring timeout before any response sends no CANCEL into the dark', () => {
    const sides = new TwoSides({ ringTimeoutMs: 1000 });
    sides.network.lose = () => true;
    sides.place();
    expect(sides.settle().caller).toMatchObject({ outcome: 'failed', cause: 'timeout', endedMs: 32_000 });
    expect(sides.wordsOf('10.0.0.1')).not.toContain('CANCEL');
  });

  it('a host that cannot be reached fails it at once', () => {
    const sides = new TwoSides();
    sides.place();
    sides.caller.transport.onError?.('10.0.0.2', 5060, { cause: 'transport-error', detail: 'EHOSTUNREACH' });
    expect(sides.callerRecords[0]).toMatchObject({ outcome: 'failed', cause: 'transportError', endedMs: 0 });
    sides.answerer.agent.onInvite = null;
    sides.settle();
  });
});

describe('a call that we cut', () => {
  it('before its answer: CANCEL and 487', () => {
    const sides = new TwoSides();
    const { call } = sides.place();
    sides.advance(100);
    call.cut('interrupted');
    call.cut('again');
    const { caller, answerer } = sides.settle();
    expect(caller).toMatchObject({
      outcome: 'cut',
      phase: 'setup',
      cause: 'interrupted',
      sipStatus: 487,
      endedMs: 120,
    });
    expect(answerer).toMatchObject({ outcome: 'failed', cause: 'cancelled' });
    expect(sides.wordsOf('10.0.0.1')).toEqual(['INVITE', 'CANCEL', 'ACK']);
  });

  it('has not succeeded, whatever was expected', () => {
    const sides = new TwoSides({ expect: 487 });
    const { call } = sides.place();
    sides.advance(100);
    call.cut('interrupted');
    expect(sides.settle().caller).toMatchObject({ outcome: 'cut', sipStatus: 487, succeeded: false });
  });

  it('after its answer: BYE, and its delays stay known', () => {
    const sides = new TwoSides({ holdMs: 60_000 });
    const { call } = sides.place();
    sides.advance(1000);
    call.cut('interrupted');
    const { caller } = sides.settle();
    expect(caller).toMatchObject({ outcome: 'cut', phase: 'established', cause: 'interrupted', endedMs: 1020 });
    expect(caller).toMatchObject({ succeeded: false, answerDelayMs: 320, hasMedia: true });
    expect(sides.callerSlots.log.at(-1)).toBe('1000 release 0');
    expect(sides.wordsOf('10.0.0.1')).toEqual(['INVITE', 'ACK', 'BYE']);
  });

  it('after its own BYE was not cut any more: it had its time', () => {
    const sides = new TwoSides();
    const { call } = sides.place();
    sides.advance(1325);
    call.cut('interrupted');
    expect(sides.settle().caller).toMatchObject({ outcome: 'completed', succeeded: true, disconnectDelayMs: 20 });
    expect(sides.wordsOf('10.0.0.1')).toEqual(['INVITE', 'ACK', 'BYE']);
  });

  it('when the 200 crosses the CANCEL was cut', () => {
    const sides = new TwoSides();
    const { call } = sides.place();
    sides.advance(310);
    call.cut('interrupted');
    expect(sides.settle().caller).toMatchObject({ outcome: 'cut', cause: 'interrupted', establishedMs: null });
  });

  it.each([
    [100, 'setup'],
    [1000, 'established'],
    [1325, 'teardown'],
  ] as const)('and abandon at %i ms has one record, however late the far side speaks', (atMs, phase) => {
    const sides = new TwoSides();
    const { call } = sides.place();
    sides.advance(atMs);
    call.cut('interrupted');
    call.abandon('stopped');
    expect(sides.callerRecords).toHaveLength(1);
    const { caller } = sides.settle();
    expect(caller).toMatchObject({ outcome: 'cut', phase, cause: phase === 'teardown' ? 'stopped' : 'interrupted' });
    expect(caller).toMatchObject({ endedMs: atMs, succeeded: false, disconnectDelayMs: null });
  });
});

describe('a call for which this host has no socket', () => {
  const failure = { cause: 'no-file-handle', detail: 'connect EMFILE 10.0.0.2:5060' } as const;

  it('was never placed, gives its slot back, and says nothing of the target', () => {
    const sides = new TwoSides();
    sides.network.lose = () => true;
    sides.place({ call: 3, intendedMs: 0 });
    sides.caller.transport.onError?.('10.0.0.2', 5060, failure);
    expect(sides.callerRecords).toMatchObject([
      {
        call: 3,
        outcome: 'notStarted',
        phase: 'start',
        cause: 'noFileHandle',
        startedMs: null,
        detail: failure.detail,
      },
    ]);
    expect(sides.callerSlots.log.at(-1)).toBe('0 release 3');
    sides.settle();
    expect(sides.callerRecords).toHaveLength(1);
  });

  it('is cut by us where the target had begun to answer', () => {
    const sides = new TwoSides();
    sides.place();
    sides.advance(100);
    sides.caller.transport.onError?.('10.0.0.2', 5060, failure);
    expect(sides.callerRecords).toMatchObject([{ outcome: 'cut', phase: 'setup', cause: 'noFileHandle' }]);
    sides.settle();
  });
});

it('a call without a slot says why there is none', () => {
  const sides = new TwoSides();
  sides.callerSlots.free = 0;
  sides.callerSlots.shortage = 'no RTP port pair is left in 4000-4003 (widen network.rtpPorts)';
  sides.place();
  expect(sides.settle().caller).toMatchObject({ cause: 'noSlot', detail: sides.callerSlots.shortage });
});

it('a call without a slot never starts: nothing is sent', () => {
  const sides = new TwoSides();
  sides.callerSlots.free = 0;
  sides.advance(70);
  const { went } = sides.place({ call: 4, intendedMs: 20, heldBack: true });
  expect(went).toBe(false);
  expect(sides.settle().caller).toMatchObject({
    call: 4,
    outcome: 'notStarted',
    phase: 'start',
    cause: 'noSlot',
    startedMs: null,
    intendedMs: 20,
    endedMs: 70,
    heldBack: true,
  });
  expect(sides.network.log).toEqual([]);
});

const headersOf = (sides: TwoSides): [string | null, string | null] => {
  let seen: [string | null, string | null] = [null, null];
  const { onInvite } = sides.answerer.agent;
  sides.answerer.agent.onInvite = (incoming) => {
    seen = [incoming.request.header('X-Callgauge-Call'), incoming.request.from.displayName];
    onInvite?.(incoming);
  };
  sides.place({ call: 5 });
  sides.settle();
  return seen;
};

describe('the token of a call', () => {
  it('stands in a header and as the name of the caller', () => {
    expect(headersOf(new TwoSides({ tokenOf: (call) => `token-${call}` }))).toEqual(['token-5', 'token-5']);
  });

  it('is not there where none is wanted', () => {
    expect(headersOf(new TwoSides())).toEqual([null, null]);
  });
});

it('what the far side calls itself in its answer is told', () => {
  const sides = new TwoSides();
  sides.place({ call: 3 });
  sides.settle();
  expect(sides.agents).toEqual([[3, 'test']]);
});
