import { describe, expect, it } from 'vitest';
import { parseGates } from '../../../src/gates/check.js';
import { defaultGates } from '../../../src/gates/defaults.js';
import { evaluateGates } from '../../../src/gates/evaluate.js';
import type { HealthConditions, MetricQuery, MetricSource, ScalarView } from '../../../src/gates/source.js';
import { decideVerdict } from '../../../src/gates/verdict.js';
import { statOfValues } from '../../../src/run/second-watch.js';
import { Distribution, type DistributionKind } from '../../../src/metrics/histogram.js';
import type { ScoreScale } from '../../../src/metrics/names.js';
import { type GateResult, gateResultSchema } from '../../../src/run/result.js';

const HEALTHY: HealthConditions = { spoiled: {}, reflected: false };
const context = { endpoints: ['trunk-a'], labels: {}, codecs: ['PCMU'] };

interface Figures {
  readonly scalars?: Readonly<Record<string, ScalarView>>;
  readonly ratios?: Readonly<Record<string, ScalarView>>;
  /** One value per second, from second 0. */
  readonly values?: Readonly<Record<string, readonly number[]>>;
  /** Of a scalar: how many counted of how many in each second, from second 0. */
  readonly counts?: Readonly<Record<string, readonly (readonly [number, number])[]>>;
  /** Only queries with exactly these tags have data. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly why?: string;
  readonly scales?: readonly ScoreScale[];
}

const KINDS: Readonly<Record<string, DistributionKind>> = {
  mos_lq: 'mos',
  mos_lq_wb: 'mosWb',
  mos_cq: 'mosCq',
  r_factor: 'rFactor',
  loss: 'ratio',
};

function sourceOf(figures: Figures): MetricSource {
  const known = (query: MetricQuery): boolean =>
    figures.tags === undefined || JSON.stringify(figures.tags) === JSON.stringify(query.tags);
  const valuesOf = (query: MetricQuery): readonly number[] => (known(query) && figures.values?.[query.metric]) || [];
  return {
    scalar: (query) => (known(query) ? (figures.scalars?.[query.metric] ?? null) : null),
    ratio: (query) => (known(query) ? (figures.ratios?.[query.metric] ?? null) : null),
    distribution: (query) => {
      const distribution = new Distribution(KINDS[query.metric] ?? 'ms');
      for (const value of valuesOf(query)) distribution.record(value);
      return distribution.count === 0 ? null : distribution;
    },
    missing: () => figures.why ?? 'nothing was measured',
    scales: () => new Set(figures.scales ?? ['narrowband']),
    window: (query) => ({ fromSecond: 0, toSecond: Math.max(0, valuesOf(query).length - 1) }),
    seconds: (query, stat) =>
      figures.counts?.[query.metric]?.map(([value, samples], second) => ({ second, value, samples })) ??
      valuesOf(query).map((value, second) => ({ second, value: statOfValues([value], stat), samples: 1 })),
  };
}

function evaluate(gate: unknown, figures: Figures, health: HealthConditions = HEALTHY): GateResult {
  const { gates, problems } = parseGates([gate], context);
  expect(problems).toEqual([]);
  const [result] = evaluateGates(gates, sourceOf(figures), health);
  expect(gateResultSchema.parse(result)).toEqual(result);
  if (result === undefined) throw new Error('no result');
  return result;
}

const times = (n: number, value: number): number[] => Array.from({ length: n }, () => value);
const calls = (value: number, samples = 200): ScalarView => ({ value, samples });

describe('pass and fail', () => {
  it('of a distribution, with all that a report prints', () => {
    const values = { mos_lq: [...times(30, 4.4), 3, 3, ...times(8, 4.4)] };
    expect(evaluate('mos.p5 >= 3.6', { values })).toEqual({
      expr: 'mos.p5 >= 3.6',
      state: 'fail',
      observed: 3,
      limit: 3.6,
      unit: 'MOS',
      margin: 3 - 3.6,
      samples: 40,
      window: { fromSecond: 0, toSecond: 39 },
      severity: 'gate',
      firstFailedAtSecond: 30,
      reason: null,
      comparedWith: 'limit',
      reference: null,
      forMs: null,
      afterMs: 0,
      limitFloor: null,
      profile: null,
    });
    expect(evaluate('mos.p5 >= 3', { values })).toMatchObject({ state: 'pass', margin: 0, firstFailedAtSecond: null });
  });

  it.each([
    ['mos.min >= 2', [2, 4], 'pass', 2, 0],
    ['mos.max <= 4', [2, 4.4], 'fail', 4.4, 4 - 4.4],
    ['mos.mean == 3', [2, 4], 'pass', 3, 0],
    ['mos.mean == 3.5', [2, 4], 'fail', 3, -0.5],
    ['mos.mean < 3', [2, 4], 'fail', 3, 0],
    ['mos.mean > 3', [2, 4], 'fail', 3, 0],
    ['mos.count >= 2', [2, 4], 'pass', 2, 0],
    ['mos.below(3) <= 50%', [2, 4], 'pass', 0.5, 0],
    ['mos.above(3) > 50%', [2, 4], 'fail', 0.5, 0],
    ['setup_delay.p50 <= 0.5s', [499, 500], 'pass', 499, 1],
    ['loss.p50 <= 2%', [0.02, 0.02, 0.5], 'pass', 0.02, 0],
  ])('%s of %j is %s', (...[expr, seen, state, observed, margin]) => {
    const metric = expr.startsWith('mos') ? 'mos_lq' : expr.startsWith('loss') ? 'loss' : 'setup_delay';
    const result = evaluate(expr, { values: { [metric]: seen } });
    expect(result).toMatchObject({ state, observed, margin, samples: seen.length });
    expect(Object.is(result.margin, -0)).toBe(false);
  });

  it.each([
    ['success_ratio >= 99.5%', 199 / 200, 'pass'],
    ['success_ratio >= 99.5%', 198 / 200, 'fail'],
    ['success_ratio > 99.5%', 199 / 200, 'fail'],
    ['success_ratio == 100%', 1, 'pass'],
    ['success_ratio < 1%', 0.01, 'fail'],
  ])('%s with %d compares as written: %s', (expr, value, state) => {
    expect(evaluate(expr, { scalars: { success_ratio: calls(value) } }).state).toBe(state);
  });

  it('of a count as a number and as a share', () => {
    const figures = { scalars: { dropped: calls(3) }, ratios: { dropped: calls(0.015) } };
    expect(evaluate('dropped <= 2', figures)).toMatchObject({ state: 'fail', observed: 3, unit: 'count', margin: -1 });
    expect(evaluate('dropped <= 2%', figures)).toMatchObject({ state: 'pass', observed: 0.015, unit: 'ratio' });
  });

  it('asks for the tags of the gate', () => {
    const figures = { scalars: { success_ratio: calls(1) }, tags: { endpoint: 'trunk-a' } };
    expect(evaluate('success_ratio{endpoint=trunk-a} >= 99%', figures).state).toBe('pass');
    expect(evaluate('success_ratio >= 99%', figures).state).toBe('no-data');
  });

  it.each([
    ['mos.below(3.6) <= 1%', 1],
    ['mos.below(3.6) == 0', 1],
    ['mos.above(4) >= 90%', 1],
    ['mos.above(4) <= 10%', 0],
    ['mos.min >= 3', 1],
    ['mos.count >= 100', null],
  ])('%s first fails in second %s', (expr, second) => {
    const result = evaluate(expr, { values: { mos_lq: [4.4, 2, 4.4, 2] } });
    expect(result).toMatchObject({ state: 'fail', firstFailedAtSecond: second });
  });

  it('of a count fails first in the second in which it goes over the limit, of a ratio in a second that is below it', () => {
    const counts = {
      dropped: [
        [1, 5],
        [0, 5],
        [1, 5],
        [4, 5],
      ],
      success_ratio: [
        [5, 5],
        [4, 5],
        [0, 5],
        [5, 5],
      ],
    } as const;
    const figures = {
      counts,
      scalars: { dropped: calls(6, 20), success_ratio: calls(0.7, 20) },
      ratios: { dropped: calls(0.3, 20) },
    };
    expect(evaluate('dropped == 0', figures).firstFailedAtSecond).toBe(0);
    expect(evaluate('dropped <= 1', figures).firstFailedAtSecond).toBe(2);
    expect(evaluate('dropped <= 20%', figures).firstFailedAtSecond).toBe(3);
    expect(evaluate('success_ratio >= 80%', figures).firstFailedAtSecond).toBe(2);
  });
});

describe('no data', () => {
  it.each([
    ['mos.p5 >= 3.6', {}, 'nothing was measured', 0],
    ['success_ratio >= 99%', {}, 'nothing was measured', 0],
    ['one_way == 0', { scalars: { one_way: calls(0, 0) } }, 'nothing was measured', 0],
    ['mos.p5 >= 3.6', { values: { mos_lq: times(19, 4.4) } }, '19 samples, at least 20 are needed', 19],
    ['jitter.p99 <= 30ms', { values: { jitter: times(99, 1) } }, '99 samples, at least 100 are needed', 99],
    ['mos.p50 >= 3.6', { values: { mos_lq: [4.4] } }, '1 samples, at least 2 are needed', 1],
    ['mos{direction=sent}.p5 >= 3.6', { why: 'no RTCP came from the far end' }, 'no RTCP came from the far end', 0],
    ['success_ratio >= 1%', { scalars: { success_ratio: calls(Number.NaN) } }, 'the figure is not a number', 200],
  ])('%s with %j', (expr, figures, reason, samples) => {
    const result = evaluate(expr, figures);
    expect(result).toMatchObject({ state: 'no-data', margin: null, samples });
    expect(result.reason).toContain(reason);
    // Too few samples to judge by are shown all the same.
    expect(result.observed).toBe(reason.includes('are needed') ? (expr.startsWith('mos') ? 4.4 : 1) : null);
  });

  it.each([
    ['mos.p5 >= 3.6', 20],
    ['mos.p50 >= 3.6', 2],
    ['mos.p1 >= 3.6', 100],
    ['mos.min >= 3.6', 1],
  ])('%s has enough with %d samples', (expr, n) => {
    expect(evaluate(expr, { values: { mos_lq: times(n, 4.4) } }).state).toBe('pass');
  });

  it('heeds minSamples of the gate', () => {
    const figures = { values: { mos_lq: times(5, 4.4) } };
    expect(evaluate({ expr: 'mos.p5 >= 3.6', minSamples: 5 }, figures).state).toBe('pass');
    expect(evaluate({ expr: 'mos.p5 >= 3.6', minSamples: 6 }, figures).state).toBe('no-data');
  });

  it.each([
    ['inconclusive', 'no-data', 'nothing was measured'],
    ['fail', 'fail', 'nothing was measured (onNoData: fail)'],
    ['skip', 'not-evaluated', 'not measured: nothing was measured (onNoData: skip)'],
  ])('with onNoData %s is %s', (onNoData, state, reason) => {
    expect(evaluate({ expr: 'mos.p5 >= 3.6', onNoData }, {})).toMatchObject({
      state,
      reason,
      firstFailedAtSecond: null,
    });
  });

  it('never fails because of data that the generator lost', () => {
    const health = { spoiled: { receiveDrops: 'the kernel dropped datagrams' }, reflected: false };
    expect(evaluate({ expr: 'mos.p5 >= 3.6', onNoData: 'fail' }, {}, health)).toMatchObject({
      state: 'untrusted',
      reason: 'nothing was measured; the kernel dropped datagrams',
    });
  });
});

describe('a default gate on a score', () => {
  const defaults = parseGates(defaultGates(['narrowband', 'wideband']), { ...context, areDefaults: true }).gates;
  const scalars = { success_ratio: calls(1), one_way: calls(0) };
  const statesOf = (figures: Figures, gates = defaults): string[] =>
    evaluateGates(gates, sourceOf({ scalars, ...figures }), HEALTHY).map(({ state }) => state);

  it('for a scale that no leg came to be on is not evaluated, and the run passes by the other', () => {
    const figures: Figures = { values: { mos_lq: times(40, 4.4) }, scales: ['narrowband'] };
    expect(statesOf(figures)).toEqual(['pass', 'pass', 'not-evaluated', 'pass']);
    const why = 'no leg used a wideband codec';
    const results = evaluateGates(defaults, sourceOf({ scalars, ...figures, why }), HEALTHY);
    expect(results[2]).toMatchObject({ observed: null, reason: why });
    expect(decideVerdict({ gates: results })).toMatchObject({ verdict: 'pass', exitCode: 0 });
    const wideband: Figures = { values: { mos_lq_wb: times(40, 4.3) }, scales: ['wideband'] };
    expect(statesOf(wideband)).toEqual(['pass', 'not-evaluated', 'pass', 'pass']);
  });

  it('is no data where no leg has any score, or too few of its own scale', () => {
    expect(statesOf({ scales: [] })).toEqual(['pass', 'no-data', 'no-data', 'pass']);
    const few: Figures = {
      values: { mos_lq: times(40, 4.4), mos_lq_wb: times(3, 4) },
      scales: ['narrowband', 'wideband'],
    };
    expect(statesOf(few)).toEqual(['pass', 'pass', 'no-data', 'pass']);
  });

  it('that the user wrote himself is no data where no leg is on its scale', () => {
    expect(evaluate('mos_lq_wb.p5 >= 3.6', { scales: ['narrowband'] }).state).toBe('no-data');
  });
});

describe('untrusted', () => {
  const spoiled = { sendLateness: 'L', receiveDrops: 'D', eventLoopDelay: 'E', lateStarts: 'S', mediaClock: 'C' };
  const figures: Figures = {
    scalars: { success_ratio: calls(1), dropped: calls(0), one_way: calls(0), retransmission_ratio: calls(0) },
    values: { mos_lq: times(20, 4.4), jitter: times(20, 1), loss: times(20, 0), setup_delay: times(20, 9) },
  };

  it.each([
    ['success_ratio >= 99%', 'pass', null],
    ['dropped == 0', 'pass', null],
    ['setup_delay.p95 <= 2s', 'untrusted', 'E; S'],
    ['retransmission_ratio <= 1%', 'untrusted', 'E; D'],
    ['mos.p5 >= 3.6', 'untrusted', 'D; C'],
    ['loss.p95 <= 1%', 'untrusted', 'D'],
    ['jitter.p95 <= 20ms', 'untrusted', 'C'],
    ['one_way == 0', 'untrusted', 'D'],
  ])('%s with everything spoiled is %s', (expr, state, reason) => {
    expect(evaluate(expr, figures, { spoiled, reflected: false })).toMatchObject({ state, reason });
  });

  it.each([
    [true, 'untrusted'],
    [false, 'pass'],
  ])('late sending concerns reflected media only: reflected %s is %s', (reflected, state) => {
    const health = { spoiled: { sendLateness: 'L' }, reflected };
    expect(evaluate('mos.p5 >= 3.6', figures, health).state).toBe(state);
    expect(evaluate('one_way == 0', figures, health).state).toBe('pass');
  });

  it.each([
    // The far end counts and times by its own clock: only that we sent late can spoil it.
    ['mos{direction=sent}.p5 >= 3.6', 'untrusted', 'L'],
    ['jitter{direction=sent}.p95 <= 20ms', 'untrusted', 'L'],
    ['loss{direction=sent}.p95 <= 1%', 'untrusted', 'L'],
    // A round trip is timed here in both directions, and a report that is dropped or leaves late makes no wrong value.
    ['rtt.p95 <= 50ms', 'untrusted', 'C'],
    ['rtt{direction=sent}.p95 <= 50ms', 'untrusted', 'C'],
    ['mos_cq{direction=sent}.p5 >= 3.6', 'untrusted', 'L; C'],
    ['mos_cq.p5 >= 3.6', 'untrusted', 'D; C'],
  ])('%s with everything spoiled is %s by %s', (expr, state, reason) => {
    const values = { ...figures.values, rtt: times(20, 1), mos_cq: times(20, 4.3) };
    expect(evaluate(expr, { values }, { spoiled, reflected: false })).toMatchObject({ state, reason });
  });

  it('by late sending is no round trip', () => {
    const health = { spoiled: { sendLateness: 'L', receiveDrops: 'D', eventLoopDelay: 'E' }, reflected: true };
    expect(evaluate('rtt.p95 <= 50ms', { values: { rtt: times(20, 1) } }, health).state).toBe('pass');
  });

  it('holds whether or not it would pass, and still shows the figure', () => {
    const health = { spoiled, reflected: false };
    for (const expr of ['mos.p5 >= 3.6', 'mos.p5 >= 4.5']) {
      expect(evaluate(expr, figures, health)).toMatchObject({
        state: 'untrusted',
        observed: 4.4,
        firstFailedAtSecond: null,
      });
    }
  });
});

describe('a dead target and a slow generator', () => {
  it('fail together: nothing spoils a final response', () => {
    const { gates } = parseGates(['success_ratio >= 99%', 'setup_delay.p95 <= 2s', 'mos.p5 >= 3.6'], context);
    const source = sourceOf({ scalars: { success_ratio: calls(0) }, values: { setup_delay: times(200, 9) } });
    const health = { spoiled: { eventLoopDelay: 'event loop 80 ms late' }, reflected: false };
    const results = evaluateGates(gates, source, health);
    expect(results.map(({ state }) => state)).toEqual(['fail', 'untrusted', 'no-data']);
    expect(decideVerdict({ gates: results })).toMatchObject({ verdict: 'fail', exitCode: 3 });
  });
});

describe('a gate with for', () => {
  const gate = { expr: 'mos.p5 >= 3.6', for: '3s', minSamples: 1 };

  it('passes what is bad for a shorter time, and shows the worst figure that lasted', () => {
    const result = evaluate(gate, { values: { mos_lq: [4, 2, 2, 3.9, 4] } });
    expect(result).toMatchObject({ state: 'pass', observed: 3.9, forMs: 3000, firstFailedAtSecond: null });
    expect(result.margin).toBeCloseTo(0.3, 12);
  });

  it('fails from the first second of the time that was too long', () => {
    const result = evaluate(gate, { values: { mos_lq: [4, 2, 3, 2.5, 4] } });
    expect(result).toMatchObject({ state: 'fail', observed: 3, samples: 5, firstFailedAtSecond: 1 });
  });

  it('has no data before there are so many seconds, however good or bad they are', () => {
    for (const values of [
      [4, 4],
      [1, 1],
    ]) {
      expect(evaluate(gate, { values: { mos_lq: values } })).toMatchObject({
        state: 'no-data',
        reason: '2 s with a figure, at least 3 in a row are needed',
      });
    }
  });
});

describe('a gate with a reference', () => {
  const withReferences = { ...context, references: ['idle', 'baseline'] as const };
  const judge = (expr: unknown, own: Figures, other: Figures | null, name: 'idle' | 'baseline' = 'idle') => {
    const { gates, problems } = parseGates([expr], withReferences);
    expect(problems).toEqual([]);
    const source = other === null ? null : sourceOf(other);
    const references = { idle: null, baseline: null, [name]: source };
    return evaluateGates(gates, sourceOf(own), HEALTHY, references)[0];
  };

  it('compares the difference', () => {
    const loaded = { values: { rtt: times(20, 72) } };
    expect(judge('idle.rtt.p95 <= 50ms', loaded, { values: { rtt: times(20, 20) } })).toMatchObject({
      state: 'fail',
      observed: 52,
      margin: -2,
      reference: 20,
      comparedWith: 'idle',
    });
    expect(judge('idle.rtt.p95 <= 50ms', loaded, { values: { rtt: times(20, 30) } })?.state).toBe('pass');
    const better = judge(
      'baseline.mos.p50 >= -0.05',
      { values: { mos_lq: times(4, 4.3) } },
      { values: { mos_lq: times(4, 4.4) } },
      'baseline',
    );
    expect(better).toMatchObject({ state: 'fail', reference: 4.4, comparedWith: 'baseline' });
    expect(better?.observed).toBeCloseTo(-0.1, 12);
  });

  it('is untrusted where the generator of the baseline spoiled its side', () => {
    const { gates } = parseGates(['baseline.mos.p50 >= -0.05', 'baseline.setup_delay.p50 <= 1ms'], withReferences);
    const values = { mos_lq: times(4, 4), setup_delay: times(4, 9) };
    const ownHealth: HealthConditions = { spoiled: { receiveDrops: 'dropped 9' }, reflected: false };
    const baseline = { ...sourceOf({ values }), ownHealth };
    const results = evaluateGates(gates, sourceOf({ values }), HEALTHY, { idle: null, baseline });
    expect(results.map(({ state }) => state)).toEqual(['untrusted', 'pass']);
    expect(results[0]?.reason).toBe('of the baseline: dropped 9');
  });

  it('has no data where either side has too little', () => {
    const values = { rtt: times(20, 40) };
    expect(judge('idle.rtt.p95 <= 50ms', { values }, {})).toMatchObject({
      state: 'no-data',
      reason: 'of the idle stages: nothing was measured',
    });
    expect(judge('idle.rtt.p95 <= 50ms', { values }, { values: { rtt: times(3, 1) } })?.reason).toBe(
      'of the idle stages: 3 samples, at least 20 are needed',
    );
    expect(judge({ expr: 'idle.rtt.p95 <= 50ms', onNoData: 'skip' }, { values }, null)).toMatchObject({
      state: 'not-evaluated',
      reason: 'not measured: load.stages marks no idle stage to compare with (onNoData: skip)',
    });
  });
});

describe('a limit beside the jitter of this host', () => {
  const [gate] = parseGates(['jitter.p95 <= 10ms'], context).gates;
  const judge = (jitterMs: number, floorJitterMs: number | null) => {
    const figures = sourceOf({ values: { jitter: times(20, jitterMs) } });
    const gates = gate === undefined ? [] : [{ ...gate, addsFloor: true }];
    return evaluateGates(gates, figures, { ...HEALTHY, floorJitterMs })[0];
  };

  it('is the sum, and both are shown', () => {
    expect(judge(12, 2.5)).toMatchObject({ state: 'pass', limit: 12.5, limitFloor: 2.5, margin: 0.5 });
    expect(judge(12, null)).toMatchObject({ state: 'fail', limit: 10, limitFloor: null });
  });
});
