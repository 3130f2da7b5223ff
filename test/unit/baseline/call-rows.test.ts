import { describe, expect, it } from 'vitest';
import { callRowSamples } from '../../../src/baseline/call-rows.js';
import type { FigureKey } from '../../../src/baseline/figures.js';
import { findMetric } from '../../../src/metrics/names.js';
import type { Result } from '../../../src/run/result.js';
import { typicalPass } from '../report/result-fixture.js';

const leg = (lost: number) => ({ expected: 100, lost, discarded: null, mosLq: 4, rFactor: 90, jitterMs: 2 });
const row = (over: Record<string, unknown>) => ({
  intendedMs: 0,
  startedMs: 0,
  establishedMs: 10,
  outcome: 'completed',
  succeeded: true,
  setupDelayMs: 5,
  endpoint: 'a',
  received: leg(0),
  sent: null,
  ...over,
});
const ROWS = [
  row({}),
  row({ startedMs: 2000, establishedMs: 2010, setupDelayMs: 7, received: leg(10) }),
  row({
    startedMs: 3000,
    establishedMs: null,
    outcome: 'failed',
    succeeded: false,
    setupDelayMs: null,
    received: null,
  }),
  row({ startedMs: 4000, establishedMs: 4010, outcome: 'dropped', succeeded: false, endpoint: 'b', received: leg(-1) }),
  row({ startedMs: 5000, establishedMs: 5010, outcome: 'cut', succeeded: false, endpoint: 'b', received: null }),
  row({
    startedMs: null,
    intendedMs: 6000,
    establishedMs: null,
    outcome: 'notStarted',
    succeeded: false,
    setupDelayMs: null,
    received: null,
  }),
];

const NO_CALLS = { attempted: 0, succeeded: 0, answered: 0, dropped: 0, legs: 0, oneWay: 0, noMedia: 0 };

function resultOf(requested: number, warmup: unknown = '0s'): Result {
  const base = typicalPass();
  return { ...base, calls: { ...base.calls, requested }, scenario: { load: { warmup } } };
}

function valuesOf(metric: string, over: Partial<FigureKey> = {}, warmup = '0s'): number[] | null {
  const definition = findMetric(metric);
  if (definition === undefined) throw new Error(metric);
  const source = callRowSamples(ROWS.map((one) => JSON.stringify(one)).join('\n'), resultOf(ROWS.length, warmup));
  const sample = source?.({ metric: definition, direction: null, endpoint: null, ...over });
  return sample === null || sample === undefined
    ? null
    : Array.from({ length: sample.count }, (_, rank) => sample.at(rank));
}

describe('the rows of calls', () => {
  it('give the outcome of the calls that we did not cut', () => {
    expect(valuesOf('success_ratio')).toEqual([0, 0, 1, 1]);
    expect(valuesOf('dropped')).toEqual([0, 0, 1]);
  });

  it('give delays and the audio of legs, unknown left out', () => {
    expect(valuesOf('setup_delay')).toEqual([5, 5, 5, 7]);
    expect(valuesOf('loss', { direction: 'received' })).toEqual([0, 0, 0.1]); // more received than expected is no loss
    expect(valuesOf('jitter', { direction: 'received' })).toEqual([2, 2, 2]);
    expect(valuesOf('discard', { direction: 'received' })).toBeNull();
    expect(valuesOf('loss', { direction: 'sent' })).toBeNull();
  });

  it('leave out the warm-up: calls by their start, legs by their answer', () => {
    expect(valuesOf('setup_delay', {}, '1s')).toEqual([5, 5, 7]);
    expect(valuesOf('loss', { direction: 'received' }, '1s')).toEqual([0, 0.1]);
  });

  it('leave out idle stages as well, and judge a leg that was answered after them', () => {
    const late = row({ startedMs: 2900, establishedMs: 3100, setupDelayMs: 9, received: leg(20) });
    const load = { warmup: '1s', stages: [{ idle: true, rate: '1/s', hold: '2s' }, { rate: '5/s' }] };
    const base = resultOf(2);
    const text = [late, row({ startedMs: 3000, establishedMs: 3010 })].map((one) => JSON.stringify(one)).join('\n');
    const told = { ...base, scenario: {}, calls: { ...base.calls, judged: { ...NO_CALLS, fromMs: 3000 } } };
    for (const result of [{ ...base, scenario: { load } }, told]) {
      const source = callRowSamples(text, result);
      const countOf = (id: string, direction: 'received' | null): number | undefined => {
        const metric = findMetric(id);
        return metric === undefined ? undefined : source?.({ metric, direction, endpoint: null })?.count;
      };
      expect([countOf('setup_delay', null), countOf('loss', 'received')]).toEqual([1, 2]);
    }
  });

  it('know endpoints by name', () => {
    expect(valuesOf('success_ratio', { endpoint: 'b' })).toEqual([0]);
    expect(valuesOf('success_ratio', { endpoint: 'c' })).toBeNull();
  });

  it('are no source where a call is missing, a line is odd or the warm-up is unknown', () => {
    const text = `${JSON.stringify(row({}))}\n`;
    expect(callRowSamples(text, resultOf(1))).not.toBeNull();
    expect(callRowSamples(text, resultOf(2))).toBeNull();
    expect(callRowSamples(`${text}{"call":`, resultOf(2))).toBeNull();
    expect(callRowSamples(`${text}[1]\n`, resultOf(2))).toBeNull();
    expect(callRowSamples(text, resultOf(1, '[redacted]'))).toBeNull();
  });
});
