import { describe, expect, it } from 'vitest';
import type { MetricQuery } from '../../../src/gates/source.js';
import { Distribution, type DistributionKind } from '../../../src/metrics/histogram.js';
import { parseResult, serializeResult } from '../../../src/report/json.js';
import type { Result } from '../../../src/run/result.js';
import { ResultSource } from '../../../src/run/result-source.js';
import { bothDirections, nothingAtAll } from '../report/result-fixture.js';

function query(metric: string, changes: Partial<MetricQuery> = {}): MetricQuery {
  return { metric, direction: 'received', per: 'second', tags: {}, afterMs: 0, ...changes };
}

function summaryOf(kind: DistributionKind, ...values: readonly number[]) {
  const distribution = new Distribution(kind);
  values.forEach((value) => distribution.record(value));
  return distribution.summary();
}

/** Figures of its own for the run, and other ones for each of its two endpoints (the second is of G.722). */
function baseline(): Result {
  const base = bothDirections();
  const { received, sent } = base.quality;
  const [first, second] = base.endpoints;
  if (received === null || sent === null || first === undefined || second === undefined) throw new Error('no figures');
  const perCall = { ...received.perCall, lossRatio: summaryOf('ratio', 0.01, 0.03) };
  const delays = (endpoint: typeof first, ...values: number[]) => ({
    ...endpoint,
    labels: { site: 'north' },
    signalling: { ...endpoint.signalling, setupDelayMs: summaryOf('ms', ...values) },
  });
  return {
    ...base,
    quality: {
      ...base.quality,
      received: { ...received, mosLq: summaryOf('mos', 3, 4, 4.4), rttMs: null, perCall },
      sent: { ...sent, rttMs: summaryOf('ms', 40) },
    },
    endpoints: [delays(first, 100, 200), delays(second, 300)],
    calls: { ...base.calls, attempted: 105, cut: 5, answered: 102, completed: 97, dropped: 3, oneWay: 1 },
    signalling: { ...base.signalling, successRatio: 0.97, retransmissionRatio: 0.25 },
  };
}

/** An endpoint of so many calls. */
const part = (endpoint: Result['endpoints'][number] | undefined, hits: number, of: number) => {
  if (endpoint === undefined) throw new Error('no endpoint');
  const calls = { ...endpoint.calls, attempted: of, cut: 0 };
  const signalling = {
    ...endpoint.signalling,
    successRatio: hits / of,
    ser: hits / of,
    attempts: of,
    redirected: 0,
  };
  return { ...endpoint, calls, signalling };
};

const healthOf = (spoiled: Result['generator']['spoiled'], reasons: string[]) => {
  const base = baseline();
  return new ResultSource({ ...base, generator: { ...base.generator, spoiled, reasons } }).ownHealth.spoiled;
};

describe('a result that was written', () => {
  const source = new ResultSource(parseResult(serializeResult(baseline())));
  const first = baseline().endpoints[0]?.name ?? '';

  it('has the distributions of the run with every stat, from their histograms', () => {
    const mos = source.distribution(query('mos_lq'));
    expect([mos?.count, mos?.percentile(50), mos?.below(3.6), mos?.max]).toEqual([3, 4, 1 / 3, 4.4]);
    expect(source.distribution(query('loss', { per: 'call' }))?.mean).toBeCloseTo(0.02, 12);
    expect(source.distribution(query('rtt'))?.max).toBe(40); // of both ways, whichever reported it
  });

  it('merges those of the endpoints that tags allow', () => {
    expect(source.distribution(query('setup_delay', { tags: { endpoint: first } }))?.count).toBe(2);
    const both = source.distribution(query('setup_delay', { tags: { site: 'north' } }));
    expect([both?.count, both?.mean]).toEqual([3, 200]);
    expect(source.distribution(query('setup_delay', { tags: { endpoint: 'nobody' } }))).toBeNull();
    expect(source.missing(query('setup_delay', { tags: { endpoint: 'nobody' } }))).toBe(
      'its endpoints have no such name, label or codec of their own',
    );
  });

  it('has its scalars, of calls that are evidence', () => {
    expect(source.scalar(query('success_ratio'))).toEqual({ value: 0.97, samples: 100 });
    // Of an earlier version: those that completed or were dropped, and not those that we cut.
    expect(source.scalar(query('dropped'))).toEqual({ value: 3, samples: 100 });
    expect(source.ratio(query('one_way'))).toEqual({ value: 1 / 100, samples: 100 });
    expect(source.scalar(query('retransmission_ratio'))?.value).toBe(0.25);
  });

  it('adds up ratios to the last bit, so that equal ones do not differ', () => {
    // In doubles 1/90 · 90 + 14/50 · 50 is a hair below 15.
    const base = baseline();
    const endpoints = [part(base.endpoints[0], 1, 90), part(base.endpoints[1], 14, 50)];
    const exact = new ResultSource({ ...base, endpoints });
    for (const metric of ['success_ratio', 'ser']) {
      expect(exact.scalar(query(metric, { tags: { site: 'north' } }))).toEqual({ value: 15 / 140, samples: 140 });
    }
  });

  it('counts no call of the warm-up, and nothing where it does not tell those apart', () => {
    const judged = {
      fromMs: 5000,
      attempted: 50,
      succeeded: 49,
      answered: 48,
      dropped: 1,
      legs: 47,
      oneWay: 1,
      noMedia: 0,
    };
    const base = baseline();
    const told = new ResultSource({ ...base, calls: { ...base.calls, judged } });
    expect(told.scalar(query('success_ratio'))).toEqual({ value: 49 / 50, samples: 50 });
    expect(told.scalar(query('dropped'))).toEqual({ value: 1, samples: 48 });
    expect(told.scalar(query('one_way'))).toEqual({ value: 1, samples: 47 });
    expect(told.scalar(query('no_media'))).toEqual({ value: 0, samples: 47 });
    const old = new ResultSource({ ...base, scenario: { load: { warmup: '5s' } } });
    expect(old.scalar(query('dropped'))).toBeNull();
  });

  it('tells what its generator spoiled; an older one anything that can be', () => {
    expect(healthOf({ receiveDrops: 'dropped 9' }, ['dropped 9'])).toEqual({ receiveDrops: 'dropped 9' });
    expect(healthOf(null, [])).toEqual({});
    expect(healthOf(null, ['late'])).toMatchObject({ sendLateness: 'late', eventLoopDelay: 'late' });
  });

  it('says what it does not have', () => {
    const empty = new ResultSource(nothingAtAll());
    expect(empty.distribution(query('mos_lq', { direction: 'sent' }))).toBeNull();
    expect(empty.missing(query('mos_lq', { direction: 'sent' }))).toBe(
      'it has no figure of mos_lq in the sent direction',
    );
    expect(empty.scalar(query('success_ratio'))).toBeNull();
  });
});

describe('parts of an endpoint by the labels of users', () => {
  const result = baseline();
  const [first, second] = result.endpoints;
  if (first === undefined || second === undefined) throw new Error('no endpoints');
  const parts = [
    { ...first, name: 'pbx (site=a)', labels: { site: 'a' }, partOf: 'pbx' },
    { ...second, name: 'pbx (site=b)', labels: { site: 'b' }, partOf: 'pbx' },
  ];
  const source = new ResultSource(
    parseResult(
      serializeResult({
        ...result,
        endpoints: parts,
        signalling: { ...result.signalling, signallingRttMs: summaryOf('ms', 5, 6) },
      }),
    ),
  );

  it('are read by their labels', () => {
    expect(source.distribution(query('setup_delay', { tags: { site: 'b' } }))).toMatchObject({ count: 1, max: 300 });
    expect(source.distribution(query('setup_delay', { tags: { site: 'a' } }))).toMatchObject({ count: 2, max: 200 });
  });

  it('are together the endpoint, with what is not told apart by users', () => {
    const tags = { endpoint: 'pbx' };
    expect(source.distribution(query('signalling_rtt', { tags }))?.count).toBe(2);
    expect(source.distribution(query('signalling_rtt', { tags: { site: 'a' } }))).toBeNull();
  });
});
