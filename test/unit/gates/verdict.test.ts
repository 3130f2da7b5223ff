import { describe, expect, it } from 'vitest';
import type { MetricUnit } from '../../../src/metrics/names.js';
import { decideVerdict, type VerdictInput } from '../../../src/gates/verdict.js';

type State = VerdictInput['gates'][number]['state'];
const gate = (state: State, severity: 'gate' | 'warn' = 'gate') => ({
  expr: 'mos.p5 >= 3.6',
  state,
  severity,
  reason: null,
  observed: state === 'fail' ? 3.12 : null,
  limit: 3.6,
  unit: 'MOS' as MetricUnit,
  comparedWith: 'limit' as VerdictInput['gates'][number]['comparedWith'],
  reference: null as number | null,
  limitFloor: null as number | null,
});

describe('gates alone', () => {
  it.each<[State[], string, number]>([
    [[], 'pass', 0],
    [['pass'], 'pass', 0],
    [['pass', 'not-evaluated'], 'pass', 0],
    [['not-evaluated'], 'inconclusive', 4],
    [['no-data'], 'inconclusive', 4],
    [['pass', 'no-data'], 'inconclusive', 4],
    [['pass', 'untrusted'], 'inconclusive', 4],
    [['fail'], 'fail', 3],
    [['fail', 'untrusted'], 'fail', 3],
    [['no-data', 'pass', 'fail'], 'fail', 3],
  ])('%j: %s, exit %d', (states, verdict, exitCode) => {
    expect(decideVerdict({ gates: states.map((state) => gate(state)) })).toMatchObject({ verdict, exitCode });
  });

  it.each<State>(['fail', 'untrusted', 'no-data', 'not-evaluated'])('a warning that is %s changes nothing', (state) => {
    const gates = [gate('pass'), gate(state, 'warn')];
    expect(decideVerdict({ gates })).toEqual({ verdict: 'pass', exitCode: 0, reasons: [] });
    expect(decideVerdict({ gates: [gate(state, 'warn')] })).toEqual({ verdict: 'pass', exitCode: 0, reasons: [] });
  });

  it('gives reasons, failures first', () => {
    const gates = [
      { ...gate('untrusted'), reason: 'the kernel dropped datagrams' },
      { ...gate('no-data'), expr: 'loss.p95 <= 1%', reason: 'nothing was measured' },
      { ...gate('fail'), expr: 'one_way == 0', observed: 3, limit: 0, unit: 'count' as const },
    ];
    expect(decideVerdict({ gates }).reasons).toEqual([
      'one_way == 0 failed: 3',
      'mos.p5 >= 3.6: untrusted, the kernel dropped datagrams',
      'loss.p95 <= 1%: no data, nothing was measured',
    ]);
  });
});

it.each([
  [{}, 'mos.p5 >= 3.6 failed: 3.12'],
  [{ observed: 3.5999 }, 'mos.p5 >= 3.6 failed: 3.5999'],
  [
    { observed: null, reason: 'nothing was measured (onNoData: fail)' },
    'mos.p5 >= 3.6 failed: nothing was measured (onNoData: fail)',
  ],
  [
    { reason: 'ended the run in second 7 (abortOnFail)' },
    'mos.p5 >= 3.6 failed: 3.12, ended the run in second 7 (abortOnFail)',
  ],
  [
    { expr: 'jitter.p95 <= 10ms', observed: 14.23, limit: 12.1, unit: 'ms', limitFloor: 2.1 },
    'jitter.p95 <= 10ms failed: 14.2 ms, limit 12.1 ms with the jitter of this host',
  ],
  [
    { expr: 'idle.rtt.p95 <= 50ms', observed: 62.5, limit: 50, unit: 'ms', comparedWith: 'idle', reference: 20 },
    'idle.rtt.p95 <= 50ms failed: +62.5 ms against 20 ms of the idle stages',
  ],
  [
    { expr: 'baseline.mos.p50 >= -0.05', observed: -0.31, limit: -0.05, comparedWith: 'baseline', reference: 4.2 },
    'baseline.mos.p50 >= -0.05 failed: −0.31 against 4.20 of the baseline',
  ],
  [
    { expr: 'success_ratio >= 99.5%', observed: 0.99497, limit: 0.995, unit: 'ratio' },
    'success_ratio >= 99.5% failed: 99.497 %',
  ],
  [
    { expr: 'success_ratio >= 99%', observed: 2 / 3, limit: 0.99, unit: 'ratio' },
    'success_ratio >= 99% failed: 66.67 %',
  ],
] as const)('a failure says what was observed: %j', (changes, reason) => {
  expect(decideVerdict({ gates: [{ ...gate('fail'), ...changes }] }).reasons).toEqual([reason]);
});

/** One condition per exit code, in the order in which they outrank each other. */
const CONDITIONS: readonly (readonly [exitCode: number, verdict: string, input: Partial<VerdictInput>])[] = [
  [1, 'crashed', { fault: 'a bug' }],
  [2, 'could-not-run', { invalid: 'a bad gate' }],
  [5, 'could-not-run', { couldNotRun: 'no route to host' }],
  [130, 'interrupted', { interrupted: 'SIGINT' }],
  [3, 'fail', { gates: [gate('fail')] }],
  [4, 'inconclusive', { lostWorkers: ['signalling worker 1 died'] }],
];
const SUBSETS = Array.from({ length: 1 << CONDITIONS.length }, (_, bits) =>
  CONDITIONS.filter((_, index) => (bits & (1 << index)) !== 0),
);

describe('order when several hold', () => {
  it.each(SUBSETS.map((subset) => [subset.map(([code]) => code), subset] as const))('%j', (codes, subset) => {
    const input = Object.assign({ gates: [gate('pass')] }, ...subset.map(([, , input]) => input)) as VerdictInput;
    const [exitCode, verdict] = subset[0] ?? [0, 'pass'];
    const decided = decideVerdict(input);
    expect(decided).toMatchObject({ exitCode, verdict });
    expect(decided.reasons.length > 0).toBe(codes.length > 0);
  });

  it('tells the signals apart', () => {
    expect(decideVerdict({ gates: [], interrupted: 'SIGTERM' })).toMatchObject({
      exitCode: 143,
      verdict: 'interrupted',
    });
  });

  it('names what ended the run before the gates', () => {
    expect(decideVerdict({ gates: [gate('fail')], interrupted: 'SIGINT' }).reasons).toEqual([
      'stopped by SIGINT',
      'mos.p5 >= 3.6 failed: 3.12',
    ]);
  });
});

describe('a worker that died', () => {
  it('is not a pass, and does not soften a failure', () => {
    const lostWorkers = ['media worker 2 died'];
    expect(decideVerdict({ gates: [gate('pass')], lostWorkers })).toEqual({
      verdict: 'inconclusive',
      exitCode: 4,
      reasons: ['media worker 2 died'],
    });
    expect(decideVerdict({ gates: [gate('fail')], lostWorkers })).toMatchObject({ verdict: 'fail', exitCode: 3 });
  });
});

describe('a run that did not do what it promised', () => {
  it('is not a pass, and does not soften a failure', () => {
    const doubts = ['stopped early: 100 calls in a row failed'];
    expect(decideVerdict({ gates: [gate('pass')], doubts })).toEqual({
      verdict: 'inconclusive',
      exitCode: 4,
      reasons: doubts,
    });
    expect(decideVerdict({ gates: [gate('fail')], doubts })).toMatchObject({ verdict: 'fail', exitCode: 3 });
  });
});

describe('--inconclusive', () => {
  it.each([
    ['fail', 'untrusted', 'inconclusive', 3],
    ['warn', 'untrusted', 'inconclusive', 0],
    ['fail', 'pass', 'pass', 0],
    ['warn', 'fail', 'fail', 3],
  ] as const)('%s with a gate that is %s: %s, exit %d', (inconclusive, state, verdict, exitCode) => {
    expect(decideVerdict({ gates: [gate(state)], inconclusive })).toMatchObject({ verdict, exitCode });
  });
});

describe('--no-gates', () => {
  it.each([
    ['fail', 'fail'],
    ['no-data', 'inconclusive'],
    ['untrusted', 'inconclusive'],
    ['pass', 'pass'],
  ] as const)('with a gate that is %s exits 0; the verdict is %s', (state, verdict) => {
    expect(decideVerdict({ gates: [gate(state)], ignoreGates: true })).toMatchObject({ verdict, exitCode: 0 });
  });

  it.each([
    [{ fault: 'a bug' }, 1],
    [{ couldNotRun: 'no route to host' }, 5],
    [{ interrupted: 'SIGINT' }, 130],
    [{ lostWorkers: ['a worker died'] }, 4],
    [{ lostWorkers: ['a worker died'], inconclusive: 'warn' }, 0],
  ] as const)('silences gates only: %j exits %d', (input, exitCode) => {
    expect(decideVerdict({ gates: [gate('fail')], ignoreGates: true, ...input }).exitCode).toBe(exitCode);
  });
});
