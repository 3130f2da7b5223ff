/** An INVITE without SDP: the offer of the far side is answered in the ACK, or in a PRACK (RFC 3261 §13.2.1, RFC 3262 §5). */
import { describe, expect, it } from 'vitest';
import { TwoSides } from './two-sides.js';

const MEDIA = { codecs: ['PCMU', 'PCMA'], ptimeMs: 20, mayReach: (host: string) => host.startsWith('10.') };
const LATE = { media: MEDIA, flow: { lateOffer: true } };

describe('late offer', () => {
  it('is made by the answerer in its 200 and answered in our ACK; both slots are connected by it', () => {
    const sides = new TwoSides(LATE, { media: MEDIA });
    sides.place();
    const { caller, answerer } = sides.settle();
    expect([caller.succeeded, answerer?.outcome]).toEqual([true, 'completed']);
    expect(sides.callerSlots.connections).toMatchObject([{ address: '10.0.0.2', codec: 'PCMU' }]);
    expect(sides.answererSlots.connections).toMatchObject([{ address: '10.0.0.1', codec: 'PCMU' }]);
  });

  it('goes by a reliable 180 and its PRACK where the answerer sends one', () => {
    const sides = new TwoSides(LATE, { media: MEDIA, flow: { reliable: 'supported' } });
    sides.place();
    const { caller, answerer } = sides.settle();
    expect([caller.succeeded, answerer?.outcome]).toEqual([true, 'completed']);
    expect(sides.wordsOf('10.0.0.1')).toEqual(['INVITE', 'PRACK', 'ACK', 'BYE']);
    expect(sides.callerSlots.connections).toHaveLength(1);
    expect(sides.answererSlots.connections).toHaveLength(1);
  });

  it('of which we can use nothing fails the call, after its ACK and BYE', () => {
    const sides = new TwoSides({ ...LATE, media: { ...MEDIA, codecs: ['G722'] } }, { media: MEDIA });
    sides.place();
    const { caller, answerer } = sides.settle();
    expect(caller).toMatchObject({
      outcome: 'dropped',
      succeeded: false,
      phase: 'setup',
      cause: 'sdp:no-common-codec',
    });
    expect(answerer).toMatchObject({ outcome: 'dropped', cause: 'sdp:no-answer' });
    expect(sides.callerSlots.connections).toEqual([]);
  });
});

describe('early media of the answerer', () => {
  const early = { media: MEDIA, ringMs: 2000, flow: { earlyMedia: true } } as const;

  it('is a 183 with SDP; the slot sends from then on, and is connected at the ACK', () => {
    const sides = new TwoSides({ media: MEDIA }, early);
    sides.place();
    sides.advance(1000);
    expect(sides.answererSlots.connections).toMatchObject([{ isEarly: true, codec: 'PCMU' }]);
    const { caller, answerer } = sides.settle();
    expect(caller).toMatchObject({ succeeded: true, earlyMedia: true });
    expect(answerer).toMatchObject({ outcome: 'completed', hasMedia: true });
    expect(sides.answererSlots.connections).toHaveLength(2);
    expect(sides.wordsOf('10.0.0.2').slice(0, 2)).toEqual(['183', '200']);
  });

  it('that is reliable has the answer once: the 200 has no SDP', () => {
    const sides = new TwoSides({ media: MEDIA }, { ...early, flow: { earlyMedia: true, reliable: 'required' } });
    sides.place();
    const { caller } = sides.settle();
    expect(caller).toMatchObject({ succeeded: true, earlyMedia: true });
    expect(sides.wordsOf('10.0.0.1')).toEqual(['INVITE', 'PRACK', 'ACK', 'BYE']);
  });

  it('ends with the call that is given up before its answer', () => {
    const sides = new TwoSides({ media: MEDIA, ringTimeoutMs: 1000 }, early);
    sides.place();
    expect(sides.settle().caller).toMatchObject({ outcome: 'failed', cause: 'noAnswer' });
  });
});

it('an answerer that only rings reliably refuses a caller that cannot, with 421', () => {
  const sides = new TwoSides({}, { flow: { reliable: 'required' } }, { caller: { reliableProvisional: 'off' } });
  sides.place();
  const { caller, answerer } = sides.settle();
  expect(caller).toMatchObject({ outcome: 'failed', sipStatus: 421 });
  expect(answerer).toMatchObject({ cause: 'notReliable' });
});

it('a session that nobody refreshes ends the call, which says so', () => {
  const timer = { expiresS: 90, refresher: 'uas', minSeS: null } as const;
  const sides = new TwoSides({ holdMs: 600_000 }, {}, { caller: { sessionTimer: timer } });
  sides.place();
  sides.advance(1000);
  sides.network.lose = (data) => data.startsWith('UPDATE') || data.startsWith('BYE');
  expect(sides.settle().caller).toMatchObject({ outcome: 'dropped', phase: 'established', cause: 'sessionExpired' });
});
