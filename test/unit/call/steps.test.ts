/** Steps of a call, by either side: what is said, what the slots hear, and what a step that comes to nothing makes of the call. */
import { describe, expect, it } from 'vitest';
import type { Step } from '../../../src/call/steps.js';
import { TwoSides, type AnswererSettings } from './two-sides.js';

const MEDIA = { codecs: ['PCMU', 'PCMA'], ptimeMs: 20, mayReach: (host: string) => host.startsWith('10.') };

/** Ringing takes 0 ms, a round trip 20 ms. */
function withSteps(
  steps: readonly Step[],
  { holdMs = 1000, answerer }: { readonly holdMs?: number; readonly answerer?: AnswererSettings } = {},
) {
  const sides = new TwoSides({ media: MEDIA, holdMs, flow: { steps } }, { media: MEDIA, ringMs: 0, ...answerer });
  sides.place();
  return sides;
}

describe('steps of the caller', () => {
  it('hold and resume: the far side hears sendonly and sendrecv, both slots follow, and nothing is failed', () => {
    const sides = withSteps([{ kind: 'wait', ms: 500 }, { kind: 'hold', ms: 2000 }, { kind: 'resume' }]);
    const { caller, answerer } = sides.settle();
    expect(caller).toMatchObject({ outcome: 'completed', succeeded: true, cause: null });
    expect(answerer).toMatchObject({ outcome: 'completed' });
    expect(sides.callerSlots.updates).toMatchObject([
      { sends: true, receives: false, heldByUs: true },
      { sends: true, receives: true },
    ]);
    expect(sides.callerSlots.updates[1]).not.toHaveProperty('heldByUs');
    expect(sides.answererSlots.updates).toMatchObject([
      { sends: false, receives: true },
      { sends: true, receives: true },
    ]);
    expect(sides.wordsOf('10.0.0.1')).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK', 'INVITE', 'ACK', 'BYE']);
    // 0.5 s, a round trip, 2 s of hold, a round trip: longer than the hold time of 1 s, so the BYE follows at once.
    expect(caller.endedMs - caller.establishedMs!).toBeLessThan(2700);
  });

  it('that are done before the hold time is over leave the call up until then', () => {
    const { caller } = withSteps([{ kind: 'wait', ms: 100 }], { holdMs: 3000 }).settle();
    expect(caller.endedMs - caller.establishedMs!).toBeCloseTo(3020, -2);
  });

  it('another codec by re-INVITE, and by UPDATE back', () => {
    const sides = withSteps([
      { kind: 'reinvite', codec: 'PCMA' },
      { kind: 'update', codec: 'PCMU' },
    ]);
    expect(sides.settle().caller).toMatchObject({ outcome: 'completed', succeeded: true });
    // Before its answer the new codec may come already; then it is the only one.
    expect(sides.callerSlots.updates.map(({ codec, receivePayloadTypes }) => [codec, receivePayloadTypes])).toEqual([
      ['PCMU', [0, 8]],
      ['PCMA', [8]],
      ['PCMA', [8, 0]],
      ['PCMU', [0]],
    ]);
    expect(sides.answererSlots.updates.map(({ codec }) => codec)).toEqual(['PCMA', 'PCMU']);
    expect(sides.wordsOf('10.0.0.1')).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK', 'UPDATE', 'BYE']);
  });

  it('UPDATE without SDP and INFO are said and answered', () => {
    const sides = withSteps([
      { kind: 'update', codec: null },
      { kind: 'info', contentType: 'application/dtmf-relay', body: 'Signal=5' },
    ]);
    expect(sides.settle().caller).toMatchObject({ outcome: 'completed' });
    expect(sides.wordsOf('10.0.0.1')).toEqual(['INVITE', 'ACK', 'UPDATE', 'INFO', 'BYE']);
    expect(sides.wordsOf('10.0.0.2')).toEqual(['180', '200', '200', '200', '200']);
  });

  it('bye ends the call before its hold time', () => {
    const { caller } = withSteps([{ kind: 'wait', ms: 200 }, { kind: 'bye' }], { holdMs: 60_000 }).settle();
    expect(caller).toMatchObject({ outcome: 'completed', succeeded: true });
    expect(caller.endedMs - caller.establishedMs!).toBeLessThan(300);
  });

  it('one that is refused ends the call, which says what and why', () => {
    const { caller } = withSteps([{ kind: 'refer', to: 'sip:carol@10.0.0.3' }]).settle();
    expect(caller).toMatchObject({
      outcome: 'dropped',
      succeeded: false,
      phase: 'established',
      sipStatus: 603,
      cause: 'referRefused',
      detail: '603 Decline',
    });
    const codec = withSteps([{ kind: 'reinvite', codec: 'PCMA' }], {
      answerer: { media: { ...MEDIA, codecs: ['PCMU'] } },
    });
    expect(codec.settle().caller).toMatchObject({ outcome: 'dropped', sipStatus: 488, cause: 'reinviteRefused' });
  });

  it('one that nobody answers ends the call as well', () => {
    const sides = withSteps(
      [
        { kind: 'wait', ms: 100 },
        { kind: 'hold', ms: 1000 },
      ],
      { holdMs: 60_000 },
    );
    sides.advance(100);
    sides.network.lose = (data) => data.startsWith('INVITE');
    expect(sides.settle().caller).toMatchObject({ outcome: 'dropped', sipStatus: null, cause: 'holdTimeout' });
  });

  it('are left where the far side hangs up, or the run ends', () => {
    const left = withSteps([{ kind: 'hold', ms: 30_000 }, { kind: 'resume' }], { answerer: { dropAfterMs: 500 } });
    expect(left.settle().caller).toMatchObject({ outcome: 'dropped', cause: 'remoteBye' });
    const sides = new TwoSides({ flow: { steps: [{ kind: 'wait', ms: 30_000 }, { kind: 'resume' }] } }, { ringMs: 0 });
    const { call } = sides.place();
    sides.advance(500);
    call.cut('stopped');
    expect(sides.settle().caller).toMatchObject({ outcome: 'cut', cause: 'stopped' });
    expect(sides.wordsOf('10.0.0.1')).toEqual(['INVITE', 'ACK', 'BYE']);
  });
});

describe('steps of the answerer', () => {
  it('hold, resume and another codec: the caller follows, and its call is a good one', () => {
    const steps: readonly Step[] = [
      { kind: 'wait', ms: 200 },
      { kind: 'hold', ms: 1000 },
      { kind: 'resume' },
      { kind: 'reinvite', codec: 'PCMA' },
    ];
    const sides = withSteps([], { holdMs: 3000, answerer: { flow: { steps } } });
    expect(sides.settle().caller).toMatchObject({ outcome: 'completed', succeeded: true });
    expect(sides.callerSlots.updates).toMatchObject([
      { sends: false, receives: true, codec: 'PCMU' },
      { sends: true, receives: true, codec: 'PCMU' },
      { sends: true, receives: true, codec: 'PCMA' },
    ]);
    expect(sides.answererSlots.updates[0]).toMatchObject({ receives: false, heldByUs: true });
  });

  it('bye hangs up', () => {
    const sides = withSteps([], {
      holdMs: 60_000,
      answerer: { flow: { steps: [{ kind: 'wait', ms: 300 }, { kind: 'bye' }] } },
    });
    const { caller, answerer } = sides.settle();
    expect(caller).toMatchObject({ outcome: 'dropped', cause: 'remoteBye' });
    expect(answerer).toMatchObject({ outcome: 'completed' });
  });
});

it('both sides that offer at the same time both come through (RFC 3261 §14.1)', () => {
  const steps: readonly Step[] = [{ kind: 'wait', ms: 100 }, { kind: 'hold', ms: 5000 }, { kind: 'resume' }];
  // The caller's time begins 10 ms before the answerer's, with the ACK.
  const later: readonly Step[] = [{ kind: 'wait', ms: 90 }, ...steps.slice(1)];
  const sides = withSteps(steps, { holdMs: 20_000, answerer: { flow: { steps: later } } });
  const { caller, answerer } = sides.settle();
  expect([caller.outcome, answerer?.outcome]).toEqual(['completed', 'completed']);
  expect(sides.wordsOf('10.0.0.1')).toContain('491');
  expect(sides.wordsOf('10.0.0.2')).toContain('491');
  expect(sides.callerSlots.updates.at(-1)).toMatchObject({ sends: true, receives: true });
  expect(sides.answererSlots.updates.at(-1)).toMatchObject({ sends: true, receives: true });
});
