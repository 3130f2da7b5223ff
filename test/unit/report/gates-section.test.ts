import { expect, test } from 'vitest';
import { gateLimits, mosLimits } from '../../../src/report/html/gate-limits.js';
import { gatesSection } from '../../../src/report/html/gates-section.js';
import { renderHeadline } from '../../../src/report/html/headline.js';
import { keyFigures } from '../../../src/report/key-figures.js';
import type { GateResult } from '../../../src/run/result.js';
import { typicalPass } from './result-fixture.js';

function gate(change: Partial<GateResult>): GateResult {
  const [first] = typicalPass().gates;
  if (first === undefined) throw new Error('no gate');
  return { ...first, firstFailedAtSecond: null, ...change };
}

/** The texts of a gate's cells, by column. */
function cellsOf(change: Partial<GateResult>): string[] {
  const own = gate({ expr: 'one_way == 0', profile: null, state: 'pass' });
  const html = gatesSection({ ...typicalPass(), gates: [gate({ state: 'fail', ...change }), own] }).body.toString();
  const body = html.slice(html.indexOf('<tbody'));
  return [...body.matchAll(/<t[hd][^>]*>([^]*?)<\/t[hd]>/g)].map((match) =>
    (match[1] ?? '')
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  );
}

test('a gate tells its profile, and what of the run it is about', () => {
  expect(cellsOf({ expr: 'mos.p5 >= 3.6' })[1]).toBe('mos.p5 >= 3.6');
  expect(cellsOf({ expr: 'mos.p5 >= 4.2', profile: 'ci' })[1]).toBe('mos.p5 >= 4.2 profile ci');
  expect(cellsOf({ expr: 'loss.p95 <= 1%', forMs: 30_000, afterMs: 5000 })[1]).toBe(
    'loss.p95 <= 1% fails when broken for 30 s, from 5 s on',
  );
});

test('a profile that all gates are from is told once', () => {
  const gates = ['mos.p5 >= 4.2', 'one_way == 0'].map((expr) => gate({ expr, profile: 'ci' }));
  const html = gatesSection({ ...typicalPass(), gates }).body.toString();
  expect(html).toContain('Gates, failures first; all of profile ci');
  expect(html.match(/profile ci/g)?.length).toBe(html.match(/failures first; all of profile ci/g)?.length);
});

test('a limit tells which part of it is this host alone', () => {
  const jitter = { expr: 'jitter.p95 <= 10ms', limit: 12.1, limitFloor: 2.1, unit: 'ms', observed: 3 };
  expect(cellsOf(jitter)[3]).toBe('12.1 ms 10 ms + 2.1 ms of this host');
  expect(cellsOf({ ...jitter, limit: 10, limitFloor: null })[3]).toBe('10 ms');
});

test('a difference tells what it is the difference from', () => {
  const idle = {
    expr: 'idle.rtt.p95 <= 50ms',
    comparedWith: 'idle',
    reference: 20,
    observed: 12.5,
    limit: 50,
    unit: 'ms',
  } as const;
  expect(cellsOf(idle)[2]).toBe('+12.5 ms from 20 ms when idle');
  expect(cellsOf({ ...idle, comparedWith: 'baseline', observed: -3 })[2]).toBe('−3 ms from 20 ms in the baseline');
  expect(cellsOf({ ...idle, reference: null, observed: null })[2]).toBe('not measured');
});

test('the limit of a difference is drawn where it lies, from its reference on', () => {
  const rtt = gate({ expr: 'idle.rtt.p95 <= 50ms', comparedWith: 'idle', reference: 20, limit: 50, unit: 'ms' });
  expect(gateLimits([rtt], ['rtt'])).toEqual([{ value: 70, label: 'gate idle.rtt.p95 <= 50ms: 70 ms' }]);
  expect(gateLimits([{ ...rtt, reference: null }], ['rtt'])).toEqual([]);
  const mos = gate({
    expr: 'baseline.mos.p50 >= -0.05',
    comparedWith: 'baseline',
    reference: 4.21,
    limit: -0.05,
    unit: 'MOS',
  });
  expect(mosLimits([mos], 'narrowband', ['received']).map(({ label }) => label)).toEqual([
    'gate baseline.mos.p50 >= -0.05: 4.16',
  ]);
  const floored = gate({ expr: 'jitter.p95 <= 10ms', limit: 12.1, limitFloor: 2.1, unit: 'ms' });
  expect(gateLimits([floored], ['jitter'])).toEqual([{ value: 12.1, label: 'gate jitter.p95 <= 10ms: 12.1 ms' }]);
});

test('calls that began and left no record are told beside those that did', () => {
  const base = typicalPass();
  const crashed = {
    ...base,
    calls: { ...base.calls, attempted: 0, answered: 0 },
    load: { ...base.load, achieved: 12 },
    lost: { ...base.lost, calls: { count: 12, callIds: [] } },
  };
  const text = (result: typeof base) =>
    renderHeadline(result)
      .toString()
      .replaceAll(/<[^>]*>/g, '');
  expect(text(crashed)).toContain('0 attempted, 0 answered, 12 more begun and left without a record');
  expect(text(base)).toContain('100 attempted, 100 answered\n'.trim());
  expect(text(base)).not.toContain('without a record');
  const [calls] = keyFigures(crashed);
  expect(calls?.figures.slice(0, 2)).toMatchObject([{ value: '0' }, { label: 'begun, no record', value: '12' }]);
});
