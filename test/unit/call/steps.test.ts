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

const press = (digits: string, method: 'rfc4733' | 'inband' | 'info' | 'info-plain' = 'rfc4733') =>
  ({ kind: 'dtmf', digits, method, toneMs: 100, gapMs: 70 }) as const;
const key = (digit: string, startMs: number) => ({ digit, startMs, durationMs: 100, method: 'rfc4733' }) as const;

/** Keys of the far side, by when they come. */
const hears = (sides: TwoSides, keys: readonly (readonly [atMs: number, digit: string])[]): void => {
  for (const [atMs, digit] of keys)
    sides.network.wheel.schedule(atMs, () => sides.callerSlots.listeners[0]?.onDigit(key(digit, atMs - 100)));
};

describe('keys', () => {
  it('go to the media side, and the next step waits until they are over', () => {
    const sides = withSteps([press('12'), press('3', 'inband'), { kind: 'bye' }]);
    const { caller } = sides.settle();
    expect(sides.callerSlots.pressed).toEqual([
      { digits: '12', method: 'rfc4733', toneMs: 100, gapMs: 70 },
      { digits: '3', method: 'inband', toneMs: 100, gapMs: 70 },
    ]);
    // Events take whole packets: 2 × (100 + 80); tones are filled up at the end: 170 → 180.
    const [first, second] = caller.dtmf!.sent;
    expect([first!.digits, second!.digits, second!.startMs - first!.startMs]).toEqual(['12', '3', 360]);
    expect(caller.endedMs - caller.establishedMs!).toBeCloseTo(360 + 180 + 20, -1);
    expect(caller).toMatchObject({ succeeded: true, dtmf: { received: [], mismatch: null } });
  });

  it('of a call that ends before them are left out', () => {
    const sides = withSteps([press('123456')], { answerer: { dropAfterMs: 400 } });
    const { caller } = sides.settle();
    // Pressed at 0, 180 and 360 ms; the BYE comes at about 410 ms.
    expect(caller.dtmf).toMatchObject({ sent: [{ digits: '123', method: 'rfc4733' }] });
  });

  it('by INFO are requests of either form, one after another', () => {
    const sides = withSteps([press('4#', 'info'), press('5', 'info-plain')]);
    const { caller, answerer } = sides.settle();
    expect(sides.wordsOf('10.0.0.1')).toEqual(['INVITE', 'ACK', 'INFO', 'INFO', 'INFO', 'BYE']);
    expect(caller.dtmf!.sent.map(({ digits, method }) => `${digits} ${method}`)).toEqual([
      '4 info',
      '# info',
      '5 info',
    ]);
    expect(answerer?.dtmf?.received).toMatchObject([
      { digit: '4', durationMs: 100, method: 'info' },
      { digit: '#', durationMs: 100, method: 'info' },
      { digit: '5', durationMs: null, method: 'info' },
    ]);
  });

  it('cannot go where there is no audio', () => {
    const sides = new TwoSides({ media: MEDIA, flow: { steps: [press('1')] } }, { media: MEDIA, ringMs: 0 });
    sides.callerSlots.canPress = false;
    sides.place();
    expect(sides.settle().caller).toMatchObject({ succeeded: false, cause: 'dtmfNotPossible' });
  });

  it('that are expected let the call go on as soon as they are there', () => {
    const sides = withSteps([
      { kind: 'expectDtmf', digits: '45', ms: 9000 },
      { kind: 'expectDtmf', digits: '6', ms: 9000 },
      { kind: 'bye' },
    ]);
    hears(sides, [
      [500, '4'],
      [700, '5'],
      [900, '6'],
    ]);
    const { caller } = sides.settle();
    expect(caller).toMatchObject({ succeeded: true, dtmf: { mismatch: null } });
    expect(caller.dtmf!.received.map(({ digit }) => digit).join('')).toBe('456');
    expect(caller.endedMs).toBeLessThan(1000);
  });

  it.each([
    [
      [
        [500, '4'],
        [700, '6'],
      ],
      '46',
    ],
    [[[500, '4']], '4'],
    [[], ''],
  ] as const)('that are others end the call: %j', (keys, received) => {
    const sides = withSteps([{ kind: 'expectDtmf', digits: '45', ms: 2000 }]);
    hears(sides, keys);
    expect(sides.settle().caller).toMatchObject({
      outcome: 'dropped',
      phase: 'established',
      succeeded: false,
      cause: 'dtmfMismatch',
      detail: `expected the keys 45, got ${received === '' ? 'none' : received}`,
      dtmf: { mismatch: { expected: '45', received } },
    });
  });

  it.each([
    ['45', null],
    ['46', { expected: '45', received: '46' }],
  ])('are judged in a long call as in a short one: after 320 keys %s', (last, mismatch) => {
    const keys = '1'.repeat(64);
    const expected: Step[] = Array.from({ length: 5 }, () => ({ kind: 'expectDtmf', digits: keys, ms: 9000 }));
    const sides = withSteps([...expected, { kind: 'expectDtmf', digits: '45', ms: 9000 }]);
    hears(
      sides,
      `${keys.repeat(5)}${last}`.split('').map((digit, i) => [500 + 10 * i, digit] as const),
    );
    const { caller } = sides.settle();
    expect(caller).toMatchObject({ succeeded: mismatch === null, dtmf: { receivedBeyond: 66, mismatch } });
    expect(caller.dtmf!.received).toHaveLength(256);
  });

  it('that came in a flood before they were expected are others, and held in bounded memory', () => {
    const sides = withSteps([
      { kind: 'wait', ms: 6000 },
      { kind: 'expectDtmf', digits: '1', ms: 1000 },
    ]);
    hears(
      sides,
      Array.from({ length: 400 }, (_, i) => [500 + 10 * i, '1'] as const),
    );
    const { dtmf } = sides.settle().caller;
    expect(dtmf?.mismatch).toEqual({ expected: '1', received: '1'.repeat(256) });
  });

  it('of which there are more than are kept are not all that was expected of the call', () => {
    const dtmf = '1'.repeat(64);
    const expectation = { headers: [], codec: null, direction: null, dtmf };
    const sides = new TwoSides(
      { media: MEDIA, holdMs: 6000, flow: { expect: expectation } },
      { media: MEDIA, ringMs: 0 },
    );
    sides.place();
    hears(
      sides,
      Array.from({ length: 400 }, (_, i) => [500 + 10 * i, '1'] as const),
    );
    expect(sides.settle().caller.dtmf?.mismatch?.received).toHaveLength(256);
  });

  it.each([
    ['45', '45', true],
    ['45', '456', false],
    ['45', '4', false],
  ])('all of a call are to be %s: with %s it succeeds: %s', (dtmf, came, succeeded) => {
    const expectation = { headers: [], codec: null, direction: null, dtmf };
    const sides = new TwoSides(
      { media: MEDIA, holdMs: 1000, flow: { expect: expectation } },
      { media: MEDIA, ringMs: 0 },
    );
    sides.place();
    hears(
      sides,
      came.split('').map((digit, i) => [300 + 100 * i, digit] as const),
    );
    const { caller } = sides.settle();
    expect(caller).toMatchObject({ outcome: 'completed', succeeded, cause: succeeded ? null : 'dtmfMismatch' });
    expect(caller).toMatchObject(
      succeeded
        ? { phase: null, detail: null }
        : { phase: 'established', sipStatus: null, detail: `expected the keys 45, got ${came}` },
    );
  });
});
