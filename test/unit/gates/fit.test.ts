import { describe, expect, it } from 'vitest';
import { parseGates } from '../../../src/gates/check.js';
import { formatProblem } from '../../../src/lib/errors.js';

const context = { endpoints: ['a'], labels: {}, codecs: ['PCMU'], references: ['idle', 'baseline'] as const };

function problemsOf(expr: string, options: object): string {
  return parseGates([{ expr, ...options }], context)
    .problems.map(formatProblem)
    .join('\n');
}

describe('for', () => {
  const options = { for: '30s' };

  it.each(['mos.p5 >= 3.6', 'loss{direction=sent}.max <= 1%', 'start_rate.mean >= 5', 'jitter.above(30ms) <= 1%'])(
    '%s has a figure each second',
    (expr) => {
      const { gates, problems } = parseGates([{ expr, ...options }], context);
      expect(problems).toEqual([]);
      expect(gates[0]?.forMs).toBe(30_000);
    },
  );

  it.each([
    ['loss{per=call}.p95 <= 1%', 'for: with per=call loss has one value a call, and none a second'],
    ['burst_r.p95 <= 2', 'for: with per=call burst_r has one value a call, and none a second'],
    ['setup_delay.p95 <= 2s', 'for: setup_delay has one value a call, and none a second'],
    ['success_ratio >= 99%', 'for: success_ratio is one value of the whole run'],
    ['mos.count >= 20', 'for: a count of values says nothing about one second'],
    ['idle.rtt.p95 <= 50ms', 'for: idle. compares figures of whole runs, which have no seconds'],
  ])('%s is refused', (expr, problem) => {
    expect(problemsOf(expr, options)).toContain(problem);
  });
});

describe('after', () => {
  it.each(['mos.p5 >= 3.6', 'setup_delay.p95 <= 2s', 'success_ratio >= 99%', 'no_media == 0', 'active_calls.max >= 3'])(
    '%s can be told by its time',
    (expr) => {
      expect(parseGates([{ expr, after: '10s' }], context).gates[0]?.query.afterMs).toBe(10_000);
    },
  );

  it('of a total of the whole run is refused', () => {
    expect(problemsOf('retransmission_ratio <= 1%', { after: '10s' })).toContain(
      'after: retransmission_ratio is a total of the whole run, of which no part can be left out',
    );
  });
});

describe('abortOnFail', () => {
  const options = { abortOnFail: true };

  it.each(['mos.p5 >= 3.6', 'success_ratio == 100%', 'dropped == 0', 'mos.below(3.1) <= 1%', 'idle.rtt.p95 <= 50ms'])(
    '%s can end a run',
    (expr) => {
      expect(parseGates([{ expr, ...options }], context).gates[0]?.abortOnFail).toBe(true);
    },
  );

  it.each([
    ['start_rate.p50 >= 20/s', 'abortOnFail: start_rate is known only when its calls have ended'],
    ['mos.count >= 20', 'abortOnFail: a count of values fails at the start of every run, or never'],
    ['jitter.p95 >= 30ms', 'better when lower, so a good system would end the run'],
    ['mos.p5 == 4', 'better when higher, so a good system would end the run'],
    ['idle.setup_delay.p95 <= 1s', 'so idle.setup_delay is not known during the run'],
  ])('%s cannot', (expr, problem) => {
    expect(problemsOf(expr, options)).toContain(problem);
  });
});

describe('idle. and baseline.', () => {
  it('read a difference, which may be negative', () => {
    const exprs = ['baseline.mos.p50 >= -0.05', 'idle.rtt.p95 <= 0.05s', 'baseline.success_ratio >= -0.5%'];
    const { gates, problems } = parseGates(exprs, context);
    expect(problems).toEqual([]);
    expect(gates.map(({ reference, limit, metric }) => [reference, limit, metric.id])).toEqual([
      ['baseline', -0.05, 'mos_lq'],
      ['idle', 50, 'rtt'],
      ['baseline', -0.005, 'success_ratio'],
    ]);
  });

  it.each(['idle.retransmission_ratio <= 1%', 'idle.start_rate.p50 >= 2/s'])('%s is not kept apart', (expr) => {
    expect(problemsOf(expr, {})).toContain('is not kept apart for the idle stages');
  });
});
