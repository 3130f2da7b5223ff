import { describe, expect, it } from 'vitest';
import { encodeCallToken, type CallToken } from '../../../src/call/call-token.js';
import { TwoSides, type CallerSettings } from './two-sides.js';

describe('an answerer', () => {
  it('rings for the time that it was told, then answers', () => {
    const sides = new TwoSides({}, { ringMs: 1500 });
    sides.place();
    const { answerer } = sides.settle();
    expect(sides.network.log.filter((line) => line.split(' ')[1] === '10.0.0.2').slice(0, 2)).toEqual([
      '10 10.0.0.2 SIP/2.0 180 Ringing',
      '1510 10.0.0.2 SIP/2.0 200 OK',
    ]);
    expect(answerer).toMatchObject({ startedMs: 10, establishedMs: 1530, answerDelayMs: 1520, succeeded: true });
    expect(answerer).toMatchObject({ phase: null, cause: null, hasMedia: true });
  });

  it('answers in the same moment without a ringing time', () => {
    const sides = new TwoSides({}, { ringMs: 0 });
    sides.place();
    expect(sides.settle().caller).toMatchObject({ answerDelayMs: 20, setupDelayMs: 20 });
  });

  it('refuses an offer that it cannot serve with 488, and gives the slot back', () => {
    const sides = new TwoSides();
    const send = sides.caller.transport.send.bind(sides.caller.transport);
    sides.caller.transport.send = (data, ...to) =>
      send(data.replaceAll('AVP 0', 'AVP 8').replace('rtpmap:0 PCMU', 'rtpmap:8 PCMA'), ...to);
    sides.place();
    const { caller, answerer } = sides.settle();
    expect(caller).toMatchObject({ outcome: 'failed', sipStatus: 488 });
    expect(answerer).toMatchObject({ outcome: 'failed', phase: 'setup', cause: 'sdp:no-common-codec' });
    expect(sides.answererSlots.log).toEqual(['10 take 0/0', '10 release 0']);
  });

  it('hangs up once the ACK is there when it drops calls, and its slot is free at its BYE', () => {
    const sides = new TwoSides({ holdMs: 60_000 }, { dropAfterMs: 2000 });
    sides.place();
    const { answerer } = sides.settle();
    expect(sides.answererSlots.log).toEqual(['10 take 0/0', '330 connect 0', '2330 release 0']);
    expect(answerer).toMatchObject({ outcome: 'completed', endedMs: 2350 });
  });

  it('whose BYE is never answered has dropped the call', () => {
    const sides = new TwoSides({ holdMs: 600_000 }, { dropAfterMs: 2000 });
    sides.network.lose = (data) => data.startsWith('BYE') && sides.nowMs < 100_000;
    const { call } = sides.place();
    sides.advance(100_000);
    call.cut('over');
    expect(sides.settle().answerer).toMatchObject({ outcome: 'dropped', phase: 'teardown', cause: 'byeTimeout' });
  });
});

describe('an ACK that never comes', () => {
  it('fails the call after 64·T1, with a BYE, and audio never began', () => {
    const sides = new TwoSides({ holdMs: 60_000 });
    sides.network.lose = (data) => data.startsWith('ACK');
    sides.place();
    const { caller, answerer } = sides.settle();
    expect(answerer).toMatchObject({ outcome: 'failed', phase: 'setup', cause: 'noAck', endedMs: 32_310 });
    expect(answerer).toMatchObject({ establishedMs: null, hasMedia: false });
    expect(sides.answererSlots.log).toEqual(['10 take 0/0', '32310 release 0']);
    expect(caller).toMatchObject({ outcome: 'dropped', cause: 'remoteBye' });
    expect(sides.answered).toEqual([1, 0]);
  });

  it('but a BYE does: it was never established, so it cannot have been completed', () => {
    const sides = new TwoSides({ holdMs: 1000 });
    sides.network.lose = (data) => data.startsWith('ACK');
    sides.place();
    const { caller, answerer } = sides.settle();
    expect(caller.outcome).toBe('completed');
    expect(answerer).toMatchObject({ outcome: 'failed', phase: 'setup', cause: 'noAck', endedMs: 1330 });
  });
});

describe('an answerer that is shut down', () => {
  it('while it rings: 480', () => {
    const sides = new TwoSides({}, { ringMs: null });
    sides.place();
    sides.advance(500);
    sides.answeringCalls[0]!.cut();
    const { caller, answerer } = sides.settle();
    expect(caller).toMatchObject({ outcome: 'failed', sipStatus: 480 });
    expect(answerer).toMatchObject({ outcome: 'cut', phase: 'setup', cause: 'shutdown', endedMs: 500 });
    expect(sides.wordsOf('10.0.0.2')).toEqual(['180', '480']);
  });

  it('while it rings, never answers afterwards', () => {
    const sides = new TwoSides({}, { ringMs: 600 });
    sides.place();
    sides.advance(500);
    sides.answeringCalls[0]!.cut();
    sides.settle();
    expect(sides.wordsOf('10.0.0.2')).toEqual(['180', '480']);
  });

  it('between its 200 and the ACK: BYE behind the ACK', () => {
    const sides = new TwoSides({ holdMs: 60_000 });
    sides.place();
    sides.advance(315);
    sides.answeringCalls[0]!.cut();
    const { caller, answerer } = sides.settle();
    expect(answerer).toMatchObject({ outcome: 'cut', phase: 'setup', establishedMs: null, hasMedia: false });
    expect(caller).toMatchObject({ outcome: 'dropped', cause: 'remoteBye' });
    expect(sides.answered).toEqual([1, 0]);
  });

  it('in a call: BYE, one record when that is answered', () => {
    const sides = new TwoSides({ holdMs: 60_000 });
    sides.place();
    sides.advance(1000);
    sides.answeringCalls[0]!.cut();
    expect(sides.answererRecords).toEqual([]);
    expect(sides.settle().answerer).toMatchObject({
      outcome: 'cut',
      phase: 'established',
      cause: 'shutdown',
      endedMs: 1020,
    });
    expect(sides.answererSlots.log.at(-1)).toBe('1000 release 0');
  });

  it('after its own BYE: that call had ended as it was told', () => {
    const sides = new TwoSides({ holdMs: 60_000 }, { dropAfterMs: 1000 });
    sides.place();
    sides.advance(1335);
    sides.answeringCalls[0]!.cut();
    expect(sides.settle().answerer).toMatchObject({ outcome: 'completed', cause: null });
  });

  it.each([100, 315, 1000])('and gives up at %i ms: one record, however late the caller speaks', (atMs) => {
    const sides = new TwoSides({ holdMs: 60_000, ringTimeoutMs: 90_000 });
    const { call } = sides.place();
    sides.advance(atMs);
    sides.answeringCalls[0]!.cut();
    sides.answeringCalls[0]!.abandon();
    expect(sides.answererRecords).toHaveLength(1);
    call.cut('over');
    expect(sides.settle().answerer).toMatchObject({ outcome: 'cut', endedMs: atMs });
  });
});

it('a host that cannot be reached any more fails a call that rings', () => {
  const sides = new TwoSides();
  sides.place();
  sides.advance(100);
  sides.answerer.transport.onError?.('10.0.0.1', 5060, { cause: 'transport-error', detail: 'EHOSTUNREACH' });
  expect(sides.answererRecords[0]).toMatchObject({ outcome: 'failed', phase: 'setup', cause: 'transportError' });
  expect(sides.answererRecords).toHaveLength(1);
  expect(sides.answererSlots.inUse).toBe(0);
});

const measured = (caller: CallerSettings): [sides: TwoSides, heard: [CallToken, Float64Array][]] => {
  const heard: [CallToken, Float64Array][] = [];
  const sides = new TwoSides(caller, { onMeasured: (token, totals) => void heard.push([token, totals]) });
  sides.place();
  return [sides, heard];
};

describe('an answerer that returns what it received', () => {
  const TOKEN = encodeCallToken({ address: '10.0.0.1', port: 5060, runId: 1, call: 7 });
  it('hears of the totals of a call with a token, and to whom they belong', () => {
    const [sides, heard] = measured({ tokenOf: () => TOKEN });
    sides.settle();
    const totals = Float64Array.of(1);
    sides.answererSlots.released[0]?.onMeasured?.(totals);
    expect(heard).toEqual([[{ address: '10.0.0.1', port: 5060, runId: 1, call: 7 }, totals]]);
  });

  it('asks for none without a token, or with one that is forged', () => {
    for (const token of [null, 'cg-aaaaaaaaaaaaaaaaaaaaaaaa']) {
      const [sides] = measured({ tokenOf: () => token });
      sides.settle();
      expect(sides.answererSlots.released[0]?.onMeasured).toBeNull();
    }
  });
});
