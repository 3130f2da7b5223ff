import { describe, expect, it } from 'vitest';
import { decideVerdict, type VerdictInput } from '../../../src/gates/verdict.js';

type State = VerdictInput['gates'][number]['state'];
const gate = (state: State, severity: 'gate' | 'warn' = 'gate') => ({
  expr: 'mos.p5 >= 3.6',
  state,
  severity,
  reason: null,
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
      { ...gate('fail'), expr: 'one_way == 0' },
    ];
    expect(decideVerdict({ gates }).reasons).toEqual([
      'one_way == 0: failed',
      'mos.p5 >= 3.6: untrusted, the kernel dropped datagrams',
      'loss.p95 <= 1%: no data, nothing was measured',
    ]);
  });
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
      'mos.p5 >= 3.6: failed',
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
