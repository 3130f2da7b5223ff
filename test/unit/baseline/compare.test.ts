import { describe, expect, it } from 'vitest';
import { compareResults } from '../../../src/baseline/compare.js';
import { serializeComparison } from '../../../src/report/comparison-json.js';
import { figureName, type ComparedFigure, type Comparison } from '../../../src/run/comparison.js';
import type { Result } from '../../../src/run/result.js';
import { syntheticRun } from './synthetic.js';

const rowOf = ({ comparisons }: Comparison, name: string): ComparedFigure => {
  const row = comparisons.find((one) => figureName(one) === name);
  if (row === undefined) throw new Error(`no ${name}`);
  return row;
};
const namesOf = ({ comparisons }: Comparison, verdict: ComparedFigure['verdict']): string[] =>
  comparisons.filter((row) => row.verdict === verdict).map(figureName);

const slowRun = (seed: number): Result => syntheticRun({ seed, calls: 45, setupMs: 300 });

const strained = (base: Result, spoiled: Result['generator']['spoiled'], reasons: string[]): Result => ({
  ...base,
  generator: { ...base.generator, verdict: 'strained', spoiled, reasons },
});

const withFloor = (base: Result, p95: number): Result => {
  const floor = base.signalling.setupDelayMs;
  if (floor === null) throw new Error('no delay');
  return {
    ...base,
    generator: { ...base.generator, floor: { jitterMs: { ...floor, p50: 1, p95 }, source: 'test' } },
  };
};

const before = syntheticRun({ seed: 1, calls: 100 });

describe('compareResults', () => {
  it('calls a run the same as itself, without any difference', () => {
    const comparison = compareResults(before, before);
    expect(comparison.verdict).toBe('same');
    expect(comparison.comparisons.every(({ difference }) => difference === 0)).toBe(true);
    expect(namesOf(comparison, 'same')).toContain('mos_lq received p50');
    expect(namesOf(comparison, 'better').concat(namesOf(comparison, 'worse'))).toEqual([]);
  });

  it('does not call a share the same by few calls, though all of them ended alike', () => {
    const few = rowOf(compareResults(before, before), 'success_ratio');
    // Wilson: 100 of 100 are 100 / (100 + 1.96²) = 96.3 % at least, so the other run may be 3.7 points below or above.
    expect(few.interval?.low).toBeCloseTo(-0.037, 3);
    expect(few.interval?.high).toBeCloseTo(0.037, 3);
    expect([few.verdict, few.difference]).toEqual(['unclear', 0]);
    const many = syntheticRun({ seed: 1, calls: 5000 });
    expect(rowOf(compareResults(many, many), 'success_ratio').verdict).toBe('same');
  });

  it('gives the same bytes for the same results, whichever figures are asked for', () => {
    const after = syntheticRun({ seed: 2, calls: 100 });
    const text = serializeComparison(compareResults(before, after));
    expect(serializeComparison(compareResults(before, after))).toBe(text);
    const alone = compareResults(before, after, { metrics: ['jitter'] });
    expect(alone.comparisons.map(({ metric }) => metric)).toEqual(['jitter', 'jitter']);
    const { interval } = rowOf(alone, 'jitter received p95');
    expect(rowOf(compareResults(before, after), 'jitter received p95').interval).toEqual(interval);
  });

  it('calls 5 % of loss worse, names the figures, and puts those first that gates are on', () => {
    const comparison = compareResults(before, syntheticRun({ seed: 3, calls: 100, lossRatio: 0.05 }));
    expect(comparison.verdict).toBe('worse');
    expect(namesOf(comparison, 'worse').toSorted()).toEqual([
      'loss received mean',
      'loss received p95',
      'mos_lq received p5',
      'mos_lq received p50',
      'r_factor received p5',
      'r_factor received p50',
    ]);
    const worse = comparison.comparisons.filter(({ verdict }) => verdict === 'worse');
    expect(worse.map(({ metric }) => metric)).toEqual(['mos_lq', 'mos_lq', 'loss', 'loss', 'r_factor', 'r_factor']);
    const sizes = worse.map(({ difference, threshold }) => Math.abs(difference ?? 0) / threshold);
    for (const first of [0, 2, 4]) expect(sizes[first]).toBeGreaterThanOrEqual(sizes[first + 1] ?? Number.NaN);
    const loss = rowOf(comparison, 'loss received mean');
    // The mean over calls of losses that are uniform from 0 to 10 %, less one of 0.1 %.
    expect(loss.difference).toBeGreaterThan(0.04);
    expect(loss.difference).toBeLessThan(0.06);
    expect(loss.threshold).toBe(0.002);
  });

  it('calls it better the other way round', () => {
    const comparison = compareResults(syntheticRun({ seed: 3, calls: 100, lossRatio: 0.05 }), before);
    expect(comparison.verdict).toBe('better');
    expect(namesOf(comparison, 'better')).toContain('mos_lq received p50');
  });

  it('calls a certain difference that does not matter the same', () => {
    const comparison = compareResults(before, syntheticRun({ seed: 4, calls: 2000, mosLoss: 0.03 }));
    const row = rowOf(comparison, 'mos_lq received p50');
    expect(row.interval?.high).toBeLessThan(0);
    expect([row.verdict, row.bounded]).toEqual(['same', true]);
  });

  it('calls unclear, and not the same, what may hide a difference that matters; that alone is no failure', () => {
    const comparison = compareResults(slowRun(1), slowRun(2));
    const row = rowOf(comparison, 'setup_delay p95');
    expect([row.verdict, row.bounded]).toEqual(['unclear', false]);
    expect(namesOf(comparison, 'same').length).toBeGreaterThan(0);
    expect(comparison.verdict).toBe('same');
    expect(comparison.reasons).toEqual([
      expect.stringMatching(
        /^unclear: .*setup_delay p50, .* and 7 more: no difference is shown, and one that matters is not excluded$/,
      ),
    ]);
    for (const { verdict, bounded } of comparison.comparisons) {
      expect(bounded).toBe(verdict === 'same'); // no figure is better or worse here
    }
  });

  it('is unclear as a whole where of no figure a difference that matters is excluded', () => {
    const comparison = compareResults(slowRun(1), slowRun(2), { metrics: ['setup_delay'] });
    expect(new Set(comparison.comparisons.map(({ verdict }) => verdict))).toEqual(new Set(['unclear']));
    expect(comparison).toMatchObject({
      verdict: 'unclear',
      reasons: [expect.stringContaining('no difference is shown, and one that matters is not excluded')],
    });
  });

  it('leaves out the calls of the warm-up on both sides', () => {
    // 100 calls of which 40 were dropped, all of them in the warm-up; a result of an earlier version does not tell.
    const dropped = { ...before.calls, completed: 60, dropped: 40 };
    const judged = {
      fromMs: 5000,
      attempted: 60,
      succeeded: 60,
      answered: 60,
      dropped: 0,
      legs: 60,
      oneWay: 0,
      noMedia: 0,
    };
    const signalling = { ...before.signalling, successRatio: 1 };
    const warm: Result = { ...before, signalling, calls: { ...dropped, judged } };
    expect(rowOf(compareResults(before, warm), 'dropped')).toMatchObject({ resultSamples: 60, result: 0 });
    expect(rowOf(compareResults(warm, before), 'success_ratio')).toMatchObject({ baseline: 1, baselineSamples: 60 });
    const old: Result = {
      ...before,
      calls: dropped,
      scenario: { load: { warmup: '5s' } },
    };
    expect(rowOf(compareResults(before, old), 'dropped').verdict).toBe('not-measured');
  });

  it('takes the larger of both limits of a delay, of the baseline', () => {
    // 10 % of 40 ms · ln 2 = 27.7 ms are below 10 ms; of 300 ms · ln 20 = 899 ms they are about 90 ms.
    expect(rowOf(compareResults(before, before), 'setup_delay p50').threshold).toBe(10);
    const slow = syntheticRun({ seed: 1, calls: 100, setupMs: 300 });
    const row = rowOf(compareResults(slow, slow), 'setup_delay p95');
    expect(row.threshold).toBeCloseTo((row.baseline ?? 0) * 0.1, 9);
  });

  it('judges nothing by fewer than 20 calls', () => {
    const comparison = compareResults(syntheticRun({ seed: 1, calls: 19 }), before);
    expect(new Set(comparison.comparisons.map(({ verdict }) => verdict))).toEqual(new Set(['too-few']));
    expect(comparison.verdict).toBe('inconclusive');
    expect(comparison.reasons).toEqual(['no figure could be judged: 19 values, at least 20 are needed in both runs']);
  });

  it('does not let a run that did not complete decide', () => {
    for (const verdict of ['crashed', 'could-not-run', 'interrupted'] as const) {
      const after: Result = { ...syntheticRun({ seed: 3, calls: 100, lossRatio: 0.05 }), verdict };
      expect(compareResults(before, after)).toMatchObject({
        verdict: 'inconclusive',
        reasons: [`the new run did not complete: ${verdict}`],
      });
    }
  });

  it('is inconclusive where the new run has lost a figure', () => {
    const after: Result = { ...before, quality: { ...before.quality, received: null } };
    const comparison = compareResults(before, after);
    expect(comparison.verdict).toBe('inconclusive');
    expect(rowOf(comparison, 'jitter received p95')).toMatchObject({
      verdict: 'not-measured',
      reason: 'not measured in the new run',
      baselineSamples: 100,
    });
    expect(compareResults(after, before).verdict).toBe('same');
  });

  it('compares several endpoints by name, and one alone as the whole', () => {
    const [endpoint] = before.endpoints;
    if (endpoint === undefined) throw new Error('no endpoint');
    const named = (names: readonly string[], base: Result): Result => ({
      ...base,
      endpoints: names.map((name) => ({
        ...endpoint,
        name,
        calls: base.calls,
        signalling: { ...endpoint.signalling, setupDelayMs: base.signalling.setupDelayMs },
      })),
    });
    const slow = named(['b', 'c'], syntheticRun({ seed: 1, calls: 100, setupMs: 400 }));
    const comparison = compareResults(named(['a', 'b', 'c'], before), slow);
    expect(comparison.comparisons.some((row) => row.endpoint === 'a')).toBe(false);
    expect(rowOf(comparison, 'b setup_delay p95').verdict).toBe('worse');
    expect(compareResults(before, before).comparisons.every((row) => row.endpoint === null)).toBe(true);
  });
});

describe('what the generator spoiled', () => {
  const bad = syntheticRun({ seed: 3, calls: 100, lossRatio: 0.05, setupMs: 400 });

  it('is neither worse nor better, and what it left alone is', () => {
    const comparison = compareResults(before, strained(bad, { eventLoopDelay: 'loop late' }, ['loop late']));
    expect(rowOf(comparison, 'setup_delay p95')).toMatchObject({
      verdict: 'untrusted',
      reason: 'new run: loop late',
      pValue: null,
    });
    expect(rowOf(comparison, 'loss received mean').verdict).toBe('worse');
    expect(comparison.verdict).toBe('worse');
  });

  it('leaves it open where only spoiled figures look worse', () => {
    const slow = syntheticRun({ seed: 5, calls: 100, setupMs: 400 });
    const comparison = compareResults(before, strained(slow, { eventLoopDelay: 'loop late' }, ['loop late']));
    expect(comparison.verdict).toBe('inconclusive');
    expect(comparison.reasons[0]).toMatch(
      /^setup_delay p95, setup_delay p50, answer_delay p95, .*got worse, but cannot be trusted: new run: loop late$/,
    );
    const quiet = strained(syntheticRun({ seed: 5, calls: 100 }), { eventLoopDelay: 'loop late' }, ['loop late']);
    expect(compareResults(before, quiet).verdict).toBe('same');
  });

  it('in the baseline leaves open whether the new run is worse', () => {
    const slow = syntheticRun({ seed: 5, calls: 100, setupMs: 400 });
    const comparison = compareResults(strained(slow, { eventLoopDelay: 'loop late' }, ['loop late']), before);
    expect(rowOf(comparison, 'setup_delay p95').verdict).toBe('untrusted');
    expect(comparison.verdict).toBe('inconclusive');
    expect(comparison.reasons[0]).toMatch(/may have got worse unseen, and cannot be compared: baseline: loop late$/);
  });

  it('may be anything in a result that names no condition', () => {
    const comparison = compareResults(strained(before, null, ['audio left late']), bad);
    expect(rowOf(comparison, 'loss received mean').verdict).toBe('untrusted');
    expect(rowOf(comparison, 'success_ratio').verdict).toBe('unclear'); // judged: a response is spoiled by nothing
  });

  it('widens what matters by what the host itself adds', () => {
    const row = rowOf(compareResults(withFloor(before, 3), withFloor(before, 7.5)), 'jitter received p95');
    expect(row.allowance).toBe(4.5);
    expect(row.threshold).toBe(Math.max(2, (row.baseline ?? 0) * 0.1) + 4.5);
    expect(rowOf(compareResults(withFloor(before, 3), withFloor(before, 7.5)), 'jitter received p50').allowance).toBe(
      0,
    );
  });
});

describe('the rate of false alarms', () => {
  it('calls 40 pairs of equal runs the same, at 20 to 200 calls', { timeout: 120_000 }, () => {
    const alarms: string[] = [];
    for (let pair = 0; pair < 40; pair++) {
      const calls = [20, 40, 80, 200][pair % 4] ?? 20;
      const draw = (seed: number): Result =>
        syntheticRun({ seed, calls, lossRatio: 0.02, successRatio: 0.95, setupMs: 200, jitterMs: 12 });
      const comparison = compareResults(draw(1000 + pair), draw(5000 + pair));
      if (comparison.verdict !== 'same') alarms.push(`${calls} calls: ${comparison.reasons.join()}`);
    }
    // At a rate of 1 % more than 2 would come once in 130 times (Binomial(40, 0.01)).
    expect(alarms.slice(2)).toEqual([]);
  });

  it('calls a degraded run worse in every one of 20 pairs', { timeout: 60_000 }, () => {
    for (let pair = 0; pair < 20; pair++) {
      const good = syntheticRun({ seed: 1000 + pair, calls: 30, lossRatio: 0.001 });
      const bad = syntheticRun({ seed: 5000 + pair, calls: 30, lossRatio: 0.03 });
      expect(compareResults(good, bad).verdict).toBe('worse');
    }
  });
});
