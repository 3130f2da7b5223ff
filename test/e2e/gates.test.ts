/** Gates through the built program: three short runs at once, of which every kind of gate and option is read. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { GateResult } from '../../src/run/result.js';
import { run, temporaryFile, type RunEnd } from './cli.js';

/** A tenth of what we receive is lost, of what we send nothing; the first three calls are idle ones. */
const MANY_GATES = `version: 1
name: gates
profile: ci
endpoints:
  - { name: north, target: loopback, labels: { site: berlin } }
  - { name: south, target: loopback, labels: { site: roma } }
loopback: { impair: "loss=10%" }
load: { calls: 23, stages: [{ rate: 1/s, hold: 3s, idle: true }, { rate: 5/s }] }
call: { hold: 5s }
gates:
  - { expr: "loss{per=call}.mean <= 1%", severity: warn }
  - { expr: "loss.mean <= 5%", for: 3s }
  - { expr: "loss.mean <= 50%", for: 3s }
  - "loss.p50 <= 50%"
  - { expr: "loss.p50 <= 50%", after: 6s }
  - { expr: "setup_delay.p50 <= 5s", minSamples: 1000 }
  - { expr: "mos_lq_wb.p5 >= 3", onNoData: fail }
  - { expr: "mos_cq_wb.p5 >= 3", onNoData: skip }
  - "loss{direction=sent}.mean <= 1%"
  - "success_ratio{endpoint=north} >= 99%"
  - "success_ratio{site=roma} >= 99%"
  - "idle.loss.mean <= 20%"
  - "disconnect_delay.p95 <= 30s"
`;

const ENDING_GATE = `version: 1
name: ending
target: loopback
loopback: { impair: "loss=30%" }
load: { calls: 150, stages: [{ rate: 5/s }] }
call: { hold: 3s }
gates:
  - { expr: "loss.mean <= 5%", abortOnFail: true }
  - "success_ratio >= 99%"
`;

/** Loaded by Node into every thread: makes timers of signalling threads 80 ms late, ten times a second. */
const BUSY_THREADS = `
  const { isMainThread, workerData } = require('node:worker_threads');
  if (!isMainThread && workerData?.kind === 'signalling') {
    setInterval(() => {
      for (const until = performance.now() + 80; performance.now() < until;);
    }, 100);
  }`;

let many: RunEnd;
let ended: RunEnd;
let busy: RunEnd;

beforeAll(async () => {
  const late = { env: { NODE_OPTIONS: `--require ${temporaryFile('busy.cjs', BUSY_THREADS)}` } };
  const few = ['--target', 'loopback', '--calls', '25', '--rate', '10/s', '--hold', '500ms', '--no-media'];
  [many, ended, busy] = await Promise.all([
    run([temporaryFile('gates.yaml', MANY_GATES)]),
    run([temporaryFile('ending.yaml', ENDING_GATE)]),
    run([...few, '--gate', 'setup_delay.p95 <= 30s', '--gate', 'success_ratio >= 90%'], late),
  ]);
});

/** The n-th gate of the scenario with that expression. */
function gateOf({ result }: RunEnd, expr: string, nth = 0): GateResult {
  const gate = result.gates.filter((one) => one.expr === expr)[nth];
  if (gate === undefined) throw new Error(`no gate ${expr}`);
  return gate;
}

/** Or untrusted, where this machine spoiled its metric by the run's own account. */
function expectState(end: RunEnd, gate: GateResult, state: GateResult['state']): void {
  const { reasons } = end.result.generator;
  const isSpoiled = gate.state === 'untrusted' && reasons.some((reason) => gate.reason?.includes(reason));
  expect([gate.expr, isSpoiled ? state : gate.state]).toEqual([gate.expr, state]);
}

describe('a scenario of many gates', () => {
  test('fails by those of severity gate, and names no warning among its reasons', () => {
    expect(many).toMatchObject({ code: 3, result: { verdict: 'fail', exitCode: 3 } });
    const first = many.result.gates.find(({ state, severity }) => state === 'fail' && severity === 'gate');
    expect(many.result.reasons[0]).toMatch(new RegExp(`^${escaped(first?.expr ?? 'none')} failed: `));
    expect(many.result.reasons.filter((reason) => reason.startsWith('loss{per=call}.mean'))).toEqual([]);
    const warning = gateOf(many, 'loss{per=call}.mean <= 1%');
    expect(warning).toMatchObject({ severity: 'warn', samples: 20, profile: null });
    expectState(many, warning, 'fail');
    expect(warning.observed).toBeGreaterThan(0.05); // of about 5,000 packets a tenth
  });

  test('judges `for` by what lasted so long', () => {
    const [failed, passed] = [gateOf(many, 'loss.mean <= 5%'), gateOf(many, 'loss.mean <= 50%')];
    expectState(many, failed, 'fail');
    expectState(many, passed, 'pass');
    expect([failed.forMs, passed.forMs]).toEqual([3000, 3000]);
    expect(failed.observed).toBe(passed.observed);
    expect(failed.observed).toBeGreaterThan(0.05);
    expect(failed.firstFailedAtSecond ?? Infinity).toBeGreaterThanOrEqual(3); // null where it is untrusted
  });

  test('leaves out what is before `after`', () => {
    const [whole, later] = [gateOf(many, 'loss.p50 <= 50%'), gateOf(many, 'loss.p50 <= 50%', 1)];
    expectState(many, later, 'pass');
    expect([whole.afterMs, whole.window?.fromSecond]).toEqual([0, 3]); // the idle stage is before the run's own window
    expect([later.afterMs, later.window?.fromSecond]).toEqual([6000, 6]);
    expect(later.samples).toBeGreaterThan(0);
    expect(later.samples).toBeLessThan(whole.samples);
  });

  test('is not judged by fewer samples than it asks for, and without any as it is told to', () => {
    expect(gateOf(many, 'setup_delay.p50 <= 5s')).toMatchObject({
      state: 'no-data',
      samples: 20,
      reason: '20 samples, at least 1000 are needed',
    });
    const missing = gateOf(many, 'mos_lq_wb.p5 >= 3');
    expectState(many, missing, 'fail');
    expect(missing).toMatchObject({ observed: null, samples: 0 });
    expect(missing.reason).toMatch(/^no leg used a wideband codec/);
    expect(gateOf(many, 'mos_cq_wb.p5 >= 3').state).toBe('not-evaluated');
  });

  test('tells directions, endpoints and labels apart', () => {
    const sent = gateOf(many, 'loss{direction=sent}.mean <= 1%');
    expectState(many, sent, 'pass');
    expect(sent.samples).toBeGreaterThan(0);
    for (const expr of ['success_ratio{endpoint=north} >= 99%', 'success_ratio{site=roma} >= 99%']) {
      expect(gateOf(many, expr)).toMatchObject({ state: 'pass', observed: 1, samples: 10 });
    }
  });

  test('compares with the idle stages', () => {
    const idle = gateOf(many, 'idle.loss.mean <= 20%');
    expectState(many, idle, 'pass');
    expect(idle.comparedWith).toBe('idle');
    expect(idle.reference).toBeGreaterThan(0); // of 3 calls and at least 2 s of each
    const whole = many.result.quality.received?.lossRatio?.mean ?? Number.NaN;
    expect((idle.observed ?? Number.NaN) + (idle.reference ?? Number.NaN)).toBeCloseTo(whole, 9);
  });

  test('has the gates of its profile besides, but for those that it has itself', () => {
    const ofProfile = many.result.gates.filter(({ profile }) => profile === 'ci');
    const exprs = ofProfile.map(({ expr }) => expr);
    expect(exprs).toEqual(expect.arrayContaining(['success_ratio >= 99.5%', 'one_way == 0']));
    expect(exprs.filter((expr) => expr.startsWith('loss{per=call}.p95'))).toHaveLength(1);
    expect(exprs.filter((expr) => expr.startsWith('disconnect_delay'))).toEqual([]);
    const jitter = ofProfile.find(({ expr }) => expr.startsWith('jitter.p95'));
    expect(jitter?.limit).toBe(10 + (jitter?.limitFloor ?? 0));
    expect(gateOf(many, 'success_ratio >= 99.5%')).toMatchObject({ state: 'pass', observed: 1, samples: 20 });
  });
});

describe('a gate that ends the run', () => {
  test('does so long before its time, says so, and stays as it was seen', () => {
    expect(ended).toMatchObject({ code: 3, result: { verdict: 'fail' } });
    const gate = gateOf(ended, 'loss.mean <= 5%');
    expect(gate).toMatchObject({
      state: 'fail',
      reason: expect.stringMatching(/^ended the run in second \d+ \(abortOnFail\)$/),
    });
    expect(ended.result.calls.requested).toBeLessThan(100);
    expect(ended.result.calls.cut).toBeGreaterThan(0);
    expect(ended.result.reasons[0]).toMatch(
      new RegExp(`^loss\\.mean <= 5% failed: [\\d.]+ %, ${escaped(gate.reason ?? '')}$`),
    );
    expect(ended.stderr).toContain(`text="loss.mean <= 5% ${gate.reason}"`);
    // The calls that it cut are no failures.
    expect(gateOf(ended, 'success_ratio >= 99%').state).not.toBe('fail');
  });

  test('is told of when it failed, as a line of its own', () => {
    const flips = ended.stderr.split('\n').filter((line) => line.includes('event=gate'));
    expect(flips).toHaveLength(1);
    expect(flips[0]).toMatch(
      /^t=\d+s event=gate gate="loss\.mean <= 5%" state=fail was=(no-data|pass) observed=0\.\d+ limit=0\.05 unit=ratio samples=\d+$/,
    );
  });
});

test('a figure that the generator spoiled neither passes nor fails, and what it left alone passes', () => {
  expect(busy).toMatchObject({ code: 4, result: { verdict: 'inconclusive', generator: { verdict: 'strained' } } });
  const delay = gateOf(busy, 'setup_delay.p95 <= 30s');
  expect(delay).toMatchObject({ state: 'untrusted', reason: expect.stringContaining('event-loop delay p99') });
  expect(delay.observed).toBeLessThan(30_000);
  expect(gateOf(busy, 'success_ratio >= 90%').state).toBe('pass');
  expect(busy.result.reasons).toContain(`setup_delay.p95 <= 30s: untrusted, ${delay.reason}`);
  expect(busy.stdout).toContain('INCONCLUSIVE');
});

function escaped(text: string): string {
  return text.replaceAll(/[{}.()]/g, String.raw`\$&`);
}
