import { expect, test } from 'vitest';
import { findMetric } from '../../../src/metrics/names.js';
import { spoils } from '../../../src/metrics/spoil.js';

function of(metric: string) {
  const found = findMetric(metric);
  if (found === undefined) throw new Error(metric);
  return found;
}

test('late sending spoils what is sent, and what comes back reflected', () => {
  expect(spoils('sendLateness', of('jitter'), { direction: 'sent', reflected: false })).toBe(true);
  expect(spoils('sendLateness', of('jitter'), { direction: 'received', reflected: false })).toBe(false);
  expect(spoils('sendLateness', of('jitter'), { direction: 'received', reflected: true })).toBe(true);
});

test('our own reception spoils what we received, and of the sent direction what is timed here', () => {
  expect(spoils('receiveDrops', of('loss'), { direction: 'received', reflected: false })).toBe(true);
  expect(spoils('receiveDrops', of('loss'), { direction: 'sent', reflected: false })).toBe(false);
  expect(spoils('mediaClock', of('rtt'), { direction: 'sent', reflected: false })).toBe(true);
  expect(spoils('mediaClock', of('jitter'), { direction: 'sent', reflected: false })).toBe(false);
});

test('figures without a direction are spoiled by whatever they name', () => {
  expect(spoils('eventLoopDelay', of('setup_delay'), { direction: null, reflected: false })).toBe(true);
});

test('where both ends are ours, either direction is spoiled by what we send late and by what we do not read', () => {
  for (const direction of ['received', 'sent'] as const) {
    for (const condition of ['sendLateness', 'receiveDrops', 'mediaClock'] as const) {
      expect(spoils(condition, of('jitter'), { direction, reflected: false, bothEnds: true })).toBe(true);
    }
  }
});
