/** SRTP over the life of a call: the same key of ours in every offer and answer, new ones of theirs, hold, demands not met. */
import { describe, expect, it } from 'vitest';
import type { SrtpKeys } from '../../../src/lib/srtp-suite.js';
import { SRTP_SUITE_NAMES } from '../../../src/lib/srtp-suite.js';
import type { SrtpWish } from '../../../src/call/srtp-keys.js';
import { TwoSides } from './two-sides.js';

/** Keys of bytes that count up by the draw, so that each is another. */
function wish(changes: Partial<SrtpWish> = {}): SrtpWish & { drawn: number } {
  const all: SrtpWish & { drawn: number } = {
    drawn: 0,
    isRequired: true,
    suites: ['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_256_GCM'],
    randomBytes: (count: number) => new Uint8Array(count).fill(++all.drawn),
    ...changes,
  };
  return all;
}

const accepted = () => wish({ isRequired: false, suites: SRTP_SUITE_NAMES });

function keysOf(connections: readonly { srtp?: SrtpKeys }[]): SrtpKeys {
  const keys = connections.at(-1)?.srtp;
  if (keys === undefined) throw new Error('expected SRTP, found none');
  return keys;
}

const lines = (sdp: string): string[] => sdp.match(/^a=crypto:.*$/gm)?.map((line) => line.trim()) ?? [];

describe('a call', () => {
  it('that demands it, to an answerer that takes it: each end knows the key of the other', () => {
    const sides = new TwoSides({ srtp: wish() }, { srtp: accepted() });
    sides.place();
    expect(sides.settle()).toMatchObject({ caller: { outcome: 'completed' }, answerer: { outcome: 'completed' } });
    const ours = keysOf(sides.callerSlots.connections);
    const theirs = keysOf(sides.answererSlots.connections);
    expect(ours.suite).toBe('AES_CM_128_HMAC_SHA1_80');
    expect(theirs).toMatchObject({ suite: ours.suite, sendKey: ours.receiveKey, receiveKey: ours.sendKey });
    expect(ours.sendKey).toHaveLength(30);
  });

  it('has keys of its own', () => {
    const shared = { srtp: wish() };
    const sides = new TwoSides(shared, { srtp: accepted() });
    for (const call of [0, 1]) sides.place({ call });
    sides.advance(1000);
    const [first, second] = sides.callerSlots.connections;
    expect(first?.srtp?.sendKey).toHaveLength(30);
    expect(first?.srtp?.sendKey).not.toEqual(second?.srtp?.sendKey);
  });

  it('in the clear draws no key', () => {
    const taker = accepted();
    const sides = new TwoSides({}, { srtp: taker });
    sides.place();
    expect(sides.settle().caller).toMatchObject({ outcome: 'completed' });
    expect([sides.answererSlots.connections.at(-1)?.srtp, taker.drawn]).toEqual([undefined, 0]);
  });

  it.each([
    ['that demands it, to one that has none', { srtp: wish() }, {}],
    ['in the clear, to one that demands it', {}, { srtp: wish() }],
  ])('%s fails with 488', (_, caller, answerer) => {
    const sides = new TwoSides(caller, answerer);
    sides.place();
    expect(sides.settle().caller).toMatchObject({ outcome: 'failed', sipStatus: 488 });
  });

  it('with an offer of the answerer’s has it where the answerer demands it', () => {
    const sides = new TwoSides({ srtp: wish(), flow: { lateOffer: true } }, { srtp: wish() });
    sides.place();
    expect(sides.settle().caller).toMatchObject({ outcome: 'completed' });
    expect(keysOf(sides.callerSlots.connections).sendKey).toEqual(keysOf(sides.answererSlots.connections).receiveKey);
  });
});

function up() {
  const sides = new TwoSides({ srtp: wish(), holdMs: 20_000 }, { srtp: accepted() });
  const { call } = sides.place();
  sides.advance(1000);
  return { sides, call, before: keysOf(sides.callerSlots.connections) };
}

describe('within a call', () => {
  it('an offer of ours has the suite and the key that are in use', () => {
    const { call, before } = up();
    const key = Buffer.from(before.sendKey).toString('base64');
    for (const scope of ['current', 'all'] as const) {
      const offer = call.onOfferAsked(scope) ?? '';
      expect(offer).toContain('RTP/SAVP');
      expect(lines(offer)).toEqual([`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}`]);
    }
  });

  it('a new key of theirs is taken, and answered with the one that we send with', () => {
    const { sides, call, before } = up();
    const fresh = Buffer.alloc(30, 77);
    const offer =
      `v=0\r\no=- 1 3 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 20000 RTP/SAVP 0\r\n` +
      `a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:${fresh.toString('base64')}\r\n`;
    expect(lines(call.onReoffer(offer) ?? '')).toEqual([
      `a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.from(before.sendKey).toString('base64')}`,
    ]);
    expect(keysOf(sides.callerSlots.updates)).toMatchObject({
      sendKey: before.sendKey,
      receiveKey: Uint8Array.from(fresh),
    });
  });

  it('an offer in the clear is refused, and all stays as it was', () => {
    const { sides, call } = up();
    const plain = 'v=0\r\no=- 1 3 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0\r\n';
    expect(call.onReoffer(plain)).toBeNull();
    expect(sides.callerSlots.updates).toEqual([]);
  });

  it('an offer of an answerer that only takes it keeps it', () => {
    const { sides, before } = up();
    const [answering] = sides.answeringCalls;
    const offer = answering?.onOfferAsked('current') ?? '';
    expect(offer).toContain('RTP/SAVP');
    expect(lines(offer)).toEqual([
      `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.from(before.receiveKey).toString('base64')}`,
    ]);
  });
});
