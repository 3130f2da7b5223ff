import { describe, expect, it } from 'vitest';
import { parseGates } from '../../../src/gates/check.js';
import { defaultGates } from '../../../src/gates/defaults.js';
import type { Gate } from '../../../src/gates/grammar.js';
import { formatProblem } from '../../../src/lib/errors.js';
import { METRICS, type ScoreScale } from '../../../src/metrics/names.js';

const context = {
  endpoints: ['trunk-a', 'trunk-b'],
  labels: { site: ['berlin', 'oslo'], access: ['fibre'] },
  codecs: ['PCMU'],
};

function gateOf(input: unknown): Gate {
  const { gates, problems } = parseGates([input], context);
  expect(problems).toEqual([]);
  const [gate] = gates;
  if (gate === undefined) throw new Error('no gate');
  return gate;
}

function problemsOf(input: unknown): string[] {
  const { gates, problems } = parseGates([input], context);
  expect(gates).toEqual([]);
  return problems.map(formatProblem);
}

describe('valid gates', () => {
  it.each([
    ['success_ratio >= 99.5%', 'success_ratio', null, '>=', 0.995, 'ratio'],
    ['success_ratio >= 0.995', 'success_ratio', null, '>=', 0.995, 'ratio'],
    ['success_ratio == 100%', 'success_ratio', null, '==', 1, 'ratio'],
    ['mos.p5 >= 3.6', 'mos_lq', { kind: 'percentile', p: 5 }, '>=', 3.6, 'MOS'],
    ['mos_lq.p0.1>3', 'mos_lq', { kind: 'percentile', p: 0.1 }, '>', 3, 'MOS'],
    ['r_factor.min >= 70', 'r_factor', { kind: 'min' }, '>=', 70, 'R'],
    ['jitter.p99.9 < 20ms', 'jitter', { kind: 'percentile', p: 99.9 }, '<', 20, 'ms'],
    ['jitter.max <= 0.05s', 'jitter', { kind: 'max' }, '<=', 50, 'ms'],
    ['setup_delay.p95 <= 2s', 'setup_delay', { kind: 'percentile', p: 95 }, '<=', 2000, 'ms'],
    ['setup_delay.p95 <= 2.3 s', 'setup_delay', { kind: 'percentile', p: 95 }, '<=', 2300, 'ms'],
    ['answer_delay.mean <= 1500ms', 'answer_delay', { kind: 'mean' }, '<=', 1500, 'ms'],
    ['disconnect_delay.count >= 100', 'disconnect_delay', { kind: 'count' }, '>=', 100, 'count'],
    ['mos.below(3.1) <= 0.5%', 'mos_lq', { kind: 'below', value: 3.1 }, '<=', 0.005, 'ratio'],
    ['setup_delay.above( 2s ) < 0.01', 'setup_delay', { kind: 'above', value: 2000 }, '<', 0.01, 'ratio'],
    ['loss.above(1%) <= 5%', 'loss', { kind: 'above', value: 0.01 }, '<=', 0.05, 'ratio'],
    ['retransmission_ratio < 1%', 'retransmission_ratio', null, '<', 0.01, 'ratio'],
    ['mos_cq.p5 >= 3.6', 'mos_cq', { kind: 'percentile', p: 5 }, '>=', 3.6, 'MOS'],
    ['mos_lq_wb.p5 >= 3.6', 'mos_lq_wb', { kind: 'percentile', p: 5 }, '>=', 3.6, 'MOS'],
    ['rtt.p95 <= 0.3s', 'rtt', { kind: 'percentile', p: 95 }, '<=', 300, 'ms'],
    ['mouth_to_ear.above(150ms) <= 1%', 'mouth_to_ear', { kind: 'above', value: 150 }, '<=', 0.01, 'ratio'],
    ['signalling_rtt.p95 <= 100ms', 'signalling_rtt', { kind: 'percentile', p: 95 }, '<=', 100, 'ms'],
    ['one_way == 0', 'one_way', null, '==', 0, 'count'],
    ['dropped <= 0.5%', 'dropped', null, '<=', 0.005, 'ratio'],
    ['active_calls.max >= 100', 'active_calls', { kind: 'max' }, '>=', 100, 'calls'],
    ['start_rate.p50 >= 20/s', 'start_rate', { kind: 'percentile', p: 50 }, '>=', 20, 'calls/s'],
    ['start_rate.p50 >= 20', 'start_rate', { kind: 'percentile', p: 50 }, '>=', 20, 'calls/s'],
  ])('%s', (...[expr, metric, stat, operator, limit, unit]) => {
    const gate = gateOf(expr);
    expect(gate).toMatchObject({ expr, stat, operator, limit, unit, severity: 'gate', onNoData: 'inconclusive' });
    expect(gate.metric.id).toBe(metric);
    expect(gate.query).toEqual({ metric, direction: 'received', per: 'second', tags: {}, afterMs: 0 });
  });

  it('reads tags, and the codec in any case', () => {
    const gate = gateOf(' mos{ direction=sent, per=call,endpoint=trunk-a ,codec=pcmu,site=oslo } . p5 >= 3.6 ');
    expect(gate.expr).toBe('mos{ direction=sent, per=call,endpoint=trunk-a ,codec=pcmu,site=oslo } . p5 >= 3.6');
    expect(gate.query).toEqual({
      metric: 'mos_lq',
      direction: 'sent',
      per: 'call',
      tags: { endpoint: 'trunk-a', codec: 'PCMU', site: 'oslo' },
      afterMs: 0,
    });
  });

  it('reads options', () => {
    expect(gateOf({ expr: 'mos.p5 >= 4', severity: 'warn', minSamples: 7, onNoData: 'skip' })).toMatchObject({
      severity: 'warn',
      minSamples: 7,
      onNoData: 'skip',
    });
  });

  it.each([
    ['mos.p5 >= 3.6', 20],
    ['jitter.p95 <= 30ms', 20],
    ['jitter.p99 <= 30ms', 100],
    ['jitter.p99.9 <= 30ms', 1000],
    ['jitter.p97 <= 30ms', 34],
    ['mos.p1 >= 3', 100],
    ['mos.p50 >= 3', 2],
    ['mos.min >= 3', 1],
    ['mos.below(3) <= 1%', 1],
    ['one_way == 0', 1],
  ])('%s needs %d samples', (expr, samples) => expect(gateOf(expr).minSamples).toBe(samples));

  it.each(METRICS)('$id can be gated', ({ id, population, better }) => {
    const stat = population === 'scalar' ? '' : '.mean';
    const tried = ['1', '1%', '1ms'].map((limit) =>
      parseGates([`${id}${stat} ${better === 'lower' ? '<=' : '>='} ${limit}`], context),
    );
    expect(tried.some(({ gates }) => gates.length === 1)).toBe(true);
  });

  it.each<[ScoreScale[], string[]]>([
    [[], ['success_ratio']],
    [['narrowband'], ['success_ratio', 'mos_lq', 'one_way']],
    [['wideband'], ['success_ratio', 'mos_lq_wb', 'one_way']],
    [
      ['wideband', 'narrowband', 'narrowband'],
      ['success_ratio', 'mos_lq', 'mos_lq_wb', 'one_way'],
    ],
  ])('the defaults of calls with codecs of %j are valid', (scales, ids) => {
    const bare = { endpoints: [], labels: {}, codecs: [], areDefaults: true };
    const { gates, problems, warnings } = parseGates(defaultGates(scales), bare);
    expect([problems, warnings]).toEqual([[], []]);
    expect(gates.map(({ metric, isDefault }) => [metric.id, isDefault])).toEqual(ids.map((id) => [id, true]));
    expect(gateOf('mos.p5 >= 3.6').isDefault).toBe(false);
  });

  it('the defaults of calls whose both ends are ours judge what is heard at either', () => {
    const bare = { endpoints: [], labels: {}, codecs: [], areDefaults: true };
    const { gates, problems } = parseGates(defaultGates(['narrowband', 'wideband'], true), bare);
    expect(problems).toEqual([]);
    expect(gates.map(({ query }) => [query.metric, query.direction])).toEqual([
      ['success_ratio', 'received'],
      ['mos_lq', 'received'],
      ['mos_lq_wb', 'received'],
      ['mos_lq', 'sent'],
      ['mos_lq_wb', 'sent'],
      ['one_way', 'received'],
    ]);
    expect(defaultGates([], true)).toEqual(['success_ratio >= 99%']);
    // Audio whose codec has no score.
    expect(defaultGates([], false, true)).toEqual(['success_ratio >= 99%', 'one_way == 0']);
  });

  it('of figures that a call has once are of calls, whatever is said', () => {
    expect(gateOf('burst_r.p95 <= 2').query.per).toBe('call');
    expect(gateOf('burst_r{per=call}.p95 <= 2').query.per).toBe('call');
    expect(gateOf('rtt.p95 <= 50ms').query.per).toBe('second');
  });
});

describe('problems, with column and mend', () => {
  it.each([
    ['', 'column 1: expected a metric like mos_lq, got the end'],
    ['>= 3', 'column 1: expected a metric like mos_lq, got ">"'],
    ['mos', 'column 4: expected an operator (<, <=, >, >=, ==), got the end'],
    ['mos.p5', 'column 7: expected an operator (<, <=, >, >=, ==), got the end'],
    ['mos.p5 >=', 'column 10: expected a value like 3.6, 99% or 2s, got the end'],
    ['mos.p5 >= good', 'column 11: expected a value like 3.6, 99% or 2s, got "good"'],
    ['mos.p5 >= 3.6 for 30s', 'column 19: expected the end, got "30s"'],
    ['mos. >= 3.6', 'column 6: expected a stat like p5, mean or below(3.6), got ">"'],
    ['mos{endpoint} >= 3', 'column 13: expected "=" after the tag, got "}"'],
    ['mos{endpoint=} >= 3', 'column 14: expected the value of the tag, got "}"'],
    ['mos{endpoint=trunk-a.p5 >= 3', 'column 25: expected "," or "}" after the tag, got ">"'],
    ['mos.below(3.6 <= 1%', 'column 15: expected ")", got "<"'],
    ['mso.p5 >= 3.6', 'column 1: unknown metric "mso" (did you mean "mos"?)'],
    [
      'baseline.mos.p50 >= -0.05',
      'column 10: compares with the result of another run, and none is given (add --baseline FILE, the result.json of that run)',
    ],
    [
      'idle.jitter.p95 <= 1ms',
      'column 6: compares with the idle stages, and load.stages marks none (put a quiet stage first',
    ],
    ['idle.jiter.p95 <= 1ms', 'column 6: unknown metric "jiter" (did you mean "jitter"?)'],
    ['mos.p5 >= -3', 'expected a MOS of 1 to 5, got -3'],
    ['baseline.mos.p5 >= -5', 'expected a difference in MOS of -4 to 4, got -5'],
    [
      'registration_delay <= 1s',
      'column 19: registration_delay is a distribution and needs a stat (for example registration_delay.p95)',
    ],
    ['ira.p95 <= 1%', 'column 5: ira is one value of the whole run and takes no stat, got "p95"'],
    ['mos >= 3.6', 'column 4: mos_lq is a distribution and needs a stat (for example mos.p5)'],
    ['jitter <= 3ms', 'column 7: jitter is a distribution and needs a stat (for example jitter.p95)'],
    ['success_ratio.p5 >= 1%', 'column 15: success_ratio is one value of the whole run and takes no stat, got "p5"'],
    ['one_way.above(1) == 0', 'column 9: one_way is one value of the whole run and takes no stat, got "above"'],
    ['mos.avg >= 3', 'column 5: unknown stat "avg" (did you mean "mean"?)'],
    ['mos.median >= 3', 'column 5: unknown stat "median" (did you mean "p50"?)'],
    ['mos.p99_9 >= 3', 'column 5: unknown stat "p99_9" (did you mean "p99.9"?)'],
    ['mos.maen >= 3', 'column 5: unknown stat "maen" (did you mean "mean"?)'],
    ['mos.p0 >= 3', 'column 5: unknown stat "p0" (did you mean "min"?)'],
    ['mos.p100 >= 3', 'column 5: unknown stat "p100" (did you mean "max"?)'],
    ['mos.p101 >= 3', 'column 5: expected a percentile above 0 and below 100, got "p101"'],
    ['mos.below <= 1%', 'column 5: expected a value in below(…), got none'],
    ['mos.mean(3) >= 3', 'column 10: mean takes no value'],
    ['mos.below(3.6ms) <= 1%', 'column 14: expected no unit, got "ms"'],
    ['mos.below(3.6) <= 10', 'column 19: expected a ratio of 0 to 1, got 10 (10% is written with its %)'],
    ['mos.p5 = 3', 'column 8: expected <, <=, >, >= or ==, got "=" (did you mean "=="?)'],
    ['mos.p5 => 3', 'column 8: expected <, <=, >, >= or ==, got "=>" (did you mean ">="?)'],
    ['mos.p5 ≥ 3', 'column 8: expected <, <=, >, >= or ==, got "≥" (did you mean ">="?)'],
    ['mos.p5 != 3', 'column 8: expected <, <=, >, >= or ==, got "!="'],
    ['mos{direcion=sent}.p5 >= 3', 'column 5: unknown tag "direcion" (did you mean "direction"?)'],
    [
      'mos{__proto__=a}.p5 >= 3',
      'column 5: unknown tag "__proto__" (known: direction, per, endpoint, codec, site, access)',
    ],
    ['burst_r{per=second}.p95 <= 2', 'column 13: burst_r has one value a call, and none a second'],
    ['success_ratio{codec=PCMU} >= 99%', 'column 15: success_ratio is of calls, and only their legs have a codec'],
    ['mos{direction=send}.p5 >= 3', 'column 15: unknown direction "send" (did you mean "sent"?)'],
    ['mos{per=minute}.p5 >= 3', 'column 9: unknown per "minute" (known: second, call)'],
    ['mos{endpoint=trunk-c}.p5 >= 3', 'column 14: unknown endpoint "trunk-c" (did you mean "trunk-a"?)'],
    ['mos{codec=opus}.p5 >= 3', 'column 11: unknown codec "opus" (known: PCMU)'],
    ['mos{site=olso}.p5 >= 3', 'column 10: unknown site "olso" (did you mean "oslo"?)'],
    ['mos{per=call,per=call}.p5 >= 3', 'column 14: tag "per" is given twice'],
    [
      'success_ratio{per=call} >= 1%',
      'column 15: success_ratio has no per (only mos_lq, mos_cq, mos_lq_wb, mos_cq_wb, ',
    ],
    ['start_rate{endpoint=trunk-a}.p50 >= 1', 'column 12: start_rate is measured for the whole run, not by endpoint'],
    ['jitter.p95 <= 20', 'column 15: expected a unit (ms, s), got none (20ms)'],
    ['jitter.p95 <= 20sec', 'column 17: expected ms, s, got "sec" (did you mean "s"?)'],
    ['mos.p5 >= 90%', 'column 13: expected no unit, got "%"'],
    ['success_ratio >= 99', 'column 18: expected a ratio of 0 to 1, got 99 (99% is written with its %)'],
    ['success_ratio >= 101%', 'column 18: expected a ratio of 0 to 1, got 101%'],
    ['success_ratio >= 99ms', 'column 20: expected % or no unit, got "ms"'],
    ['mos.p5 >= 36', 'column 11: expected a MOS of 1 to 5, got 36'],
    ['r_factor.p5 >= 101', 'column 16: expected a R of 0 to 100, got 101'],
    ['jitter.p95 <= -1ms', 'column 15: expected a value of 0 or more, got -1ms'],
    ['mos.count >= 5%', 'column 15: expected no unit, got "%"'],
    ['start_rate.p50 >= 20/m', 'column 21: expected /s or no unit, got "/m" (did you mean "/s"?)'],
  ])('%s', (expr, problem) => {
    const [first, ...others] = problemsOf(expr);
    expect(others).toEqual([]);
    const prefix = `gate ${JSON.stringify(expr)}, `;
    expect(first?.slice(0, prefix.length)).toBe(prefix);
    expect(first?.slice(prefix.length)).toContain(problem);
  });

  it('come all at once, also over gates, beside the valid ones', () => {
    const { gates, problems } = parseGates(['mso{edpoint=trunk-a}.avg => 3', 'mos.p5 >= 3.6', 'jitter.p95 <= 20'], {
      ...context,
      places: ['peak.yaml:14:9 gates[0]', 'peak.yaml:15:9 gates[1]', '--gate'],
    });
    expect(gates.map(({ expr }) => expr)).toEqual(['mos.p5 >= 3.6']);
    expect(problems.map(({ code, where }) => [code, where.replace(/".*"/, '…')])).toEqual([
      ['unknown-metric', 'peak.yaml:14:9 gates[0] …, column 1'],
      ['unknown-tag', 'peak.yaml:14:9 gates[0] …, column 5'],
      ['unknown-stat', 'peak.yaml:14:9 gates[0] …, column 22'],
      ['unknown-operator', 'peak.yaml:14:9 gates[0] …, column 26'],
      ['unknown-unit', '--gate …, column 15'],
    ]);
  });

  it.each([
    [42, 'gate: expected a gate like "mos.p5 >= 3.6", got 42'],
    [null, 'gate: expected a gate like "mos.p5 >= 3.6", got none'],
    [['mos.p5 >= 3'], 'gate: expected a gate like "mos.p5 >= 3.6", got a list'],
    [{}, 'gate: expected expr, a gate like "mos.p5 >= 3.6", got none'],
    [{ expr: 3 }, 'gate: expected expr, a gate like "mos.p5 >= 3.6", got 3'],
    [
      { expr: 'one_way == 0', severty: 'warn' },
      'gate "one_way == 0": unknown key "severty" (did you mean "severity"?)',
    ],
    [{ expr: 'one_way == 0', abort: true }, 'gate "one_way == 0": unknown key "abort" (known: expr, for, after, '],
    [{ expr: 'mos.p5 >= 3', for: '1.5s' }, 'expected for: whole seconds like 30s, at least 1s, got "1.5s"'],
    [{ expr: 'mos.p5 >= 3', for: '0s' }, 'expected for: whole seconds like 30s, at least 1s, got "0s"'],
    [{ expr: 'mos.p5 >= 3', for: 30 }, 'expected for: whole seconds like 30s, at least 1s, got 30'],
    [{ expr: 'mos.p5 >= 3', after: 'soon' }, 'expected after: a duration like 10s, got "soon"'],
    [{ expr: 'mos.p5 >= 3', abortOnFail: 'yes' }, 'expected abortOnFail: true or false, got "yes"'],
    [{ expr: 'mos.p5 >= 3', abortOnFail: true, severity: 'warn' }, 'a warning ends no run'],
    [{ expr: 'one_way == 0', severity: 'error' }, 'gate "one_way == 0": expected severity: gate | warn, got "error"'],
    [{ expr: 'one_way == 0', onNoData: 'pass' }, 'expected onNoData: inconclusive | fail | skip, got "pass"'],
    [{ expr: 'one_way == 0', minSamples: 0 }, 'expected minSamples: an integer of 1 or more, got 0'],
    [{ expr: 'one_way == 0', minSamples: '5' }, 'expected minSamples: an integer of 1 or more, got "5"'],
  ])('%j', (input, problem) => {
    const problems = problemsOf(input);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it('do not show a pasted file back as a gate', () => {
    expect(problemsOf(`one_way == 0${' '.repeat(600)}`)[0]).toContain('expected at most 500 characters');
  });
});

describe('warnings', () => {
  it.each([
    ['mos.p95 >= 4', 'mos_lq is better when higher, so p95 is about its best 5 %; its tail is p5'],
    ['r_factor.p99.9 > 80', 'r_factor is better when higher, so p99.9 is about its best 0.1 %; its tail is p0.1'],
    ['jitter.p5 <= 20ms', 'jitter is better when lower, so p5 is about its best 5 %; its tail is p95'],
    ['setup_delay.p1 < 2s', 'setup_delay is better when lower, so p1 is about its best 1 %; its tail is p99'],
  ])('%s', (expr, warning) => {
    const { gates, warnings } = parseGates([expr], context);
    expect(gates).toHaveLength(1);
    expect(warnings).toEqual([`gate ${JSON.stringify(expr)}: ${warning}`]);
  });

  it.each([
    ['mos.p5 <= 3.6', 'better when higher, so a good system fails the gate; did you mean >=?'],
    ['success_ratio < 99%', 'better when higher, so a good system fails the gate; did you mean >=?'],
    ['jitter.p95 >= 30ms', 'better when lower, so a good system fails the gate; did you mean <=?'],
    ['mos.below(3.1) >= 1%', 'better when lower, so a good system fails the gate; did you mean <=?'],
    ['mos.above(4) <= 1%', 'better when higher, so a good system fails the gate; did you mean >=?'],
  ])('%s: a gate that hardly means what it says', (expr, warning) => {
    const { gates, problems, warnings } = parseGates([expr], context);
    expect([gates.length, problems]).toEqual([1, []]);
    expect(warnings.join()).toContain(warning);
  });

  it.each([
    ['loss.p95 < 1', 'is it 1% or 100%?'],
    ['loss.p95 <= 0.5', 'is it 0.5% or 50%?'],
    ['mos.below(3.1) <= 0.5', 'is it 0.5% or 50%?'],
  ])('%s: a share without its %% is refused where it would let everything pass', (expr, question) => {
    const { problems } = parseGates([expr], context);
    expect(problems.map(({ message }) => message).join()).toContain(question);
    expect(parseGates(['loss.p95 < 0.01', 'success_ratio >= 0.995'], context).problems).toEqual([]);
  });

  it.each([
    'mos.p5 >= 4',
    'mos.p50 >= 4',
    'jitter.p95 <= 20ms',
    'jitter.p50 <= 20ms',
    'mos.below(3.1) <= 0.5%',
    'mos.above(4) >= 90%',
    'jitter.above(30ms) <= 1%',
    'jitter.below(30ms) >= 99%',
    'mos.count >= 20',
    'one_way == 0',
    'start_rate.p95 >= 20',
    'mos.max >= 4',
  ])('%s draws none', (expr) => expect(parseGates([expr], context).warnings).toEqual([]));
});
