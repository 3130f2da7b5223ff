import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/lib/random.js';
import {
  deterministicInterval,
  type IntervalState,
  nextAverageOctets,
  randomisedInterval,
  rtcpBandwidth,
} from '../../../../src/rtp/rtcp/interval.js';

const G711_CALL: IntervalState = {
  members: 2,
  senders: 2,
  weSent: true,
  isInitial: false,
  averageOctets: 120,
  rtcpOctetsPerSecond: 500,
};

function draws(state: IntervalState): { least: number; most: number; mean: number } {
  const random = createRandom(1);
  let [least, most, sum] = [Number.POSITIVE_INFINITY, 0, 0];
  for (let i = 0; i < 100_000; i++) {
    const seconds = randomisedInterval(deterministicInterval(state), random.next());
    least = Math.min(least, seconds);
    most = Math.max(most, seconds);
    sum += seconds;
  }
  return { least, most, mean: sum / 100_000 };
}

describe('RTCP interval', () => {
  it('of a G.711 call lies in 2.0520–6.1563 s, 4.104 s in the mean', () => {
    const { least, most, mean } = draws(G711_CALL);
    expect(least).toBeGreaterThanOrEqual(2.052);
    expect(least).toBeLessThan(2.053);
    expect(most).toBeLessThanOrEqual(6.1563);
    expect(most).toBeGreaterThan(6.155);
    expect(mean).toBeCloseTo(4.104, 1);
  });

  it('lies in 1.0260–3.0781 s before the first packet', () => {
    const { least, most } = draws({ ...G711_CALL, isInitial: true });
    expect(least).toBeGreaterThanOrEqual(1.026);
    expect(least).toBeLessThan(1.027);
    expect(most).toBeLessThanOrEqual(3.0782);
    expect(most).toBeGreaterThan(3.077);
  });

  it.each([
    [0, 5 * 0.5],
    [0.5, 5],
    [0.75, 5 * 1.25],
  ])('with a random number of %d is %d s / (e − 1.5)', (random, seconds) => {
    expect(randomisedInterval(5, random)).toBeCloseTo(seconds / 1.218281828459045, 12);
  });

  it.each<[string, Partial<IntervalState>, number]>([
    // 120 octets × 100 members / 500 octets a second
    ['all share it where more than a quarter send', { members: 100, senders: 26 }, 24],
    // 20 senders have a quarter of the bandwidth
    ['a sender among a fifth', { members: 100, senders: 20 }, (120 * 20) / 125],
    // 80 receivers have three quarters
    ['a receiver among four fifths', { members: 100, senders: 20, weSent: false }, (120 * 80) / 375],
    ['one sender in a hundred', { members: 100, senders: 1 }, 5],
    ['one of 99 receivers', { members: 100, senders: 1, weSent: false }, (120 * 99) / 375],
    ['two parties', {}, 5],
    ['two parties that only listen', { senders: 0, weSent: false }, 5],
    ['initial, with the least halved', { isInitial: true }, 2.5],
    ['initial, beyond the least', { isInitial: true, members: 100, senders: 26 }, 24],
    ['packets too large for the least', { averageOctets: 1500 }, 6],
  ])('%s', (_, change, seconds) => {
    expect(deterministicInterval({ ...G711_CALL, ...change })).toBeCloseTo(seconds, 12);
  });

  it('has a twentieth of the session bandwidth', () => expect(rtcpBandwidth(80_000)).toBe(500));

  it('follows the size by a sixteenth, IP and UDP included', () => {
    expect(nextAverageOctets(100, 72)).toBe(100);
    expect(nextAverageOctets(100, 72 + 160)).toBe(110);
    expect(nextAverageOctets(160, 52)).toBe(155);
  });
});
