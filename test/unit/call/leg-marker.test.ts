/** The marker that tells which call the audio is of: its digits, when they are pressed, and what is made of what comes. */
import { describe, expect, it } from 'vitest';
import { MarkerEar, MarkerSender, markerOf } from '../../../src/call/leg-marker.js';
import type { DigitsToSend } from '../../../src/call/dtmf.js';
import type { MediaSlot } from '../../../src/call/media-slots.js';
import { TimerWheel } from '../../../src/sip/transaction/timer-wheel.js';

const RUN = 1_234_567;

// 3·a + 7·b + 9·c + 1·d + 7, of which the last digit.
it.each([
  [0, 'D00007'],
  [7, 'D00074'],
  [1234, 'D12345'],
  [51_234, 'D12345'],
  [9999, 'D99997'],
])('call %i is %s', (call, digits) => {
  expect(markerOf(RUN, call)).toBe(digits);
});

function heard(call: number, ...texts: readonly string[]): MarkerEar['verdict'] {
  const ear = new MarkerEar(RUN, call);
  for (const digit of texts.join('')) ear.hear(digit);
  return ear.verdict;
}

describe('what is heard', () => {
  it.each<[string, readonly string[], MarkerEar['verdict']]>([
    ['nothing', [], 'notHeard'],
    ['its own', ['D12345'], 'confirmed'],
    ['its own behind keys, and behind half a one', ['5#', 'D12', 'D12345'], 'confirmed'],
    ['a key lost, and then the whole', ['D1245', 'D12345'], 'confirmed'],
    ['two keys lost, each in one of them', ['D1245', 'D1234'], 'notHeard'],
    ['its own without the start', ['12345'], 'notHeard'],
    ['another one once', ['D00074'], 'notHeard'],
    ['another one twice', ['D00074', 'D00074'], 'contradicted'],
    ['two others once each', ['D00074', 'D99997'], 'notHeard'],
    ['another one twice, and its own', ['D00074', 'D00074', 'D12345'], 'confirmed'],
    ['what no call of the run has, twice', ['D00075', 'D00075'], 'notHeard'],
    ['keys that are no digits', ['D*#AB1', 'D*#AB1'], 'notHeard'],
  ])('%s', (_, texts, verdict) => {
    expect(heard(1234, ...texts)).toBe(verdict);
  });
});

describe('the marker', () => {
  it('is pressed twice half a second after the answer, a tone a row', () => {
    const wheel = new TimerWheel();
    const pressed: DigitsToSend[] = [];
    const slot = { press: (keys: DigitsToSend) => void pressed.push(keys) } as unknown as MediaSlot;
    const sender = new MarkerSender(wheel, slot, 'D00074');
    wheel.advance(499);
    expect(pressed).toEqual([]);
    wheel.advance(501);
    sender.stop(); // nothing is left to stop
    expect(pressed.map(({ digits }) => digits).join('')).toBe('DD00074D00074');
    expect(new Set(pressed.map(({ method, toneMs, gapMs }) => `${method} ${toneMs} ${gapMs}`))).toEqual(
      new Set(['inband 120 80']),
    );
  });

  it('is not pressed once the call is over', () => {
    const wheel = new TimerWheel();
    const slot = {
      press: () => {
        throw new Error('pressed');
      },
    } as unknown as MediaSlot;
    new MarkerSender(wheel, slot, 'D00074').stop();
    wheel.advance(1_000);
    expect(wheel.size).toBe(0);
  });
});
