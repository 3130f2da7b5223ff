/** Before and after: short real runs on loopback, compared by the built program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Comparison } from '../../src/run/comparison.js';
import {
  cli,
  PACKAGE,
  readResult,
  run,
  startAnswerer,
  stopAnswerer,
  temporaryFile,
  temporaryFolder,
  type RunEnd,
} from './cli.js';

const LOAD = ['--calls', '40', '--rate', '20/s', '--hold', '3s', '--quiet', '--gate', 'one_way == 0', '--seed', '7'];
/** What the machine of the tests cannot spoil: received audio is timed by the kernel, and loss is counted. */
const STEADY = ['--metric', 'mos_lq', '--metric', 'loss', '--metric', 'success_ratio', '--metric', 'one_way'];

/** The better of two: a machine that stalls loses audio of its own, and real pairs of equal runs are a matter of the bench. */
let first: RunEnd;

async function compare(
  ...args: readonly string[]
): Promise<{ code: number | null; comparison: Comparison; stderr: string }> {
  const { code, stdout, stderr } = await cli(['compare', ...args, '--json']);
  return { code, stderr, comparison: stdout === '' ? ({} as Comparison) : (JSON.parse(stdout) as Comparison) };
}

async function runAgainst(impair: readonly string[], args: readonly string[] = []): Promise<RunEnd> {
  const answerer = await startAnswerer(impair);
  try {
    return await run(['--target', answerer.uri, ...LOAD, ...args]);
  } finally {
    await stopAnswerer(answerer);
  }
}

/** Or inconclusive, where this machine spoiled the run by its own account: then no figure is better or worse either. */
function expectSame(code: number | null, { verdict, comparisons }: Comparison): void {
  const spoiled = first.result.generator.verdict === 'strained';
  expect([code, verdict]).toEqual(spoiled && code === 4 ? [4, 'inconclusive'] : [0, 'same']);
  expect(comparisons.length).toBeGreaterThan(0);
  expect(comparisons.filter(({ verdict: each }) => each === 'better' || each === 'worse')).toEqual([]);
}

const lostOf = ({ result }: RunEnd): number => result.quality.received?.packets.lost ?? Infinity;

beforeAll(async () => {
  const runs = [await run(['--target', 'loopback', ...LOAD]), await run(['--target', 'loopback', ...LOAD])];
  first = runs.toSorted((one, other) => lostOf(one) - lostOf(other))[0] as RunEnd;
}, 90_000);

describe('callgauge compare', () => {
  test('a run beside itself is the same, by the rows of its calls; the same files give the same bytes', async () => {
    const { code, comparison } = await compare(first.folder, first.folder, ...STEADY);
    expect(comparison.source).toBe('call-rows');
    expectSame(code, comparison);
    expect(comparison.comparisons.find(({ metric }) => metric === 'success_ratio')).toMatchObject({
      baseline: 1,
      result: 1,
      baselineSamples: 40,
      resultSamples: 40,
    });
    const texts = await Promise.all(
      [1, 2].map(() => cli(['compare', first.folder, join(first.folder, 'result.json'), ...STEADY])),
    );
    expect(texts[0]?.stdout).toBe(texts[1]?.stdout);
    expect(texts[0]?.stdout).toMatch(code === 0 ? /^= SAME\n/ : /^◆ INCONCLUSIVE\n/);
    expect(texts[0]?.stdout).not.toContain('\u001B');
  });

  test('without the rows it goes by the histograms, and finds the same', async () => {
    const [before, after] = [first, first].map(({ folder }) =>
      temporaryFile('result.json', readFileSync(join(folder, 'result.json'))),
    );
    const { code, comparison } = await compare(before ?? '', after ?? '', ...STEADY);
    expect(comparison.source).toBe('histograms');
    expectSame(code, comparison);
  });

  test('the same load on a far side that loses audio is worse, and the schema holds', async () => {
    const bad = await runAgainst(['--impair', 'loss=20%']);
    const { code, comparison } = await compare(first.folder, bad.folder);
    expect([code, comparison.verdict]).toEqual([3, 'worse']);
    const worse = comparison.comparisons.filter(({ verdict }) => verdict === 'worse');
    expect(worse.map(({ metric, direction }) => `${metric} ${direction}`)).toEqual(
      expect.arrayContaining(['loss received', 'mos_lq received']),
    );
    const loss = worse.find(({ metric, stat }) => metric === 'loss' && stat === 'mean');
    // 40 calls of 150 packets, each lost with 20 %: 0.2 ± 4 · √(0.2 · 0.8 / 6,000) = 0.021, less what the first run lost.
    const own = first.result.quality.received?.perCall.lossRatio?.mean ?? Number.NaN;
    expect((loss?.difference ?? Number.NaN) + own).toBeGreaterThan(0.179);
    expect((loss?.difference ?? Number.NaN) + own).toBeLessThan(0.26);
    expect(comparison.differences.map(({ path, unlike }) => [path, unlike])).toEqual([
      ['endpoints.target.target', false],
    ]);
    const schema: unknown = JSON.parse(readFileSync(join(PACKAGE, 'reports/comparison.schema.json'), 'utf8'));
    const ajv = new Ajv({ strict: false, formats: { 'date-time': true } });
    expect(ajv.validate(schema as object, comparison)).toBe(true);
    const printed = await cli(['schema', 'comparison']);
    expect(JSON.parse(printed.stdout)).toEqual(schema);
  }, 60_000);

  test('runs that asked for other things are refused with both values, unless told', async () => {
    const scenario = temporaryFile(
      'bad.yaml',
      'version: 1\nname: bad\ntarget: loopback\nloopback: { impair: "loss=20%" }\nload: { calls: 40, stages: [{ rate: 20/s }] }\ncall: { hold: 3s }\ngates: []\nseed: 7\n',
    );
    const bad = await run([scenario, '--quiet']);
    const refused = await compare(first.folder, bad.folder);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toBe(
      `${first.folder}: different things were asked: loopback.impair was absent and is loss=20% (--allow-different compares all the same)\n`,
    );
    const told = await compare(first.folder, bad.folder, '--allow-different', '--metric', 'loss');
    expect([told.code, told.comparison.verdict]).toEqual([3, 'worse']);
  }, 60_000);

  test('fewer calls than it needs, or a run that did not complete, are inconclusive', async () => {
    const few = await compare(first.folder, first.folder, '--metric', 'signalling_rtt');
    expect([few.code, few.comparison.reasons]).toEqual([4, ['no figure was measured in either run']]);
    const crashed = temporaryFile('result.json', JSON.stringify({ ...first.result, verdict: 'crashed', exitCode: 1 }));
    const { code, comparison } = await compare(first.folder, crashed);
    expect([code, comparison.reasons]).toEqual([4, ['the new run did not complete: crashed']]);
    // With such a run nothing is compared, be it by `compare` or by a run, of which no packet leaves.
    const refusal = `${crashed}: expected the result of a run that completed, got one of the verdict crashed`;
    const unsent = [
      'run',
      '--target',
      'loopback',
      ...LOAD,
      '--gate',
      'baseline.loss.mean <= 1%',
      '--baseline',
      crashed,
    ];
    for (const args of [
      ['compare', crashed, first.folder],
      [...unsent, '--out', temporaryFolder()],
    ]) {
      const end = await cli(args);
      expect([end.code, end.stdout]).toEqual([2, '']);
      expect(end.stderr).toContain(refusal);
    }
  });

  test('what is no result is named', async () => {
    const odd = temporaryFile('result.json', '{"schemaVersion":"9"}');
    const broken = await cli(['compare', odd, first.folder]);
    expect(broken.code).toBe(2);
    expect(broken.stderr).toContain(`${odd}: schemaVersion: `);
    const missing = await cli(['compare', first.folder, join(temporaryFolder(), 'none.json')]);
    expect([missing.code, missing.stdout]).toEqual([2, '']);
    const histogram = structuredClone(first.result);
    if (histogram.signalling.setupDelayMs !== null) histogram.signalling.setupDelayMs.histogram = 'AAAA';
    const bent = temporaryFile('result.json', JSON.stringify(histogram));
    expect((await cli(['compare', first.folder, bent])).code).toBe(2);
    expect((await cli(['compare', first.folder, first.folder, '--metric', 'jiter'])).stderr).toContain(
      'did you mean jitter?',
    );
  });
});

describe('run --baseline', () => {
  test('shows that it got worse in summary, result and report, and leaves the exit code to the gates', async () => {
    const bad = await runAgainst(['--impair', 'loss=20%'], ['--baseline', first.folder]);
    // 4 where the machine of the tests was too busy for its own starts; a comparison alone makes no 3.
    expect([0, 4]).toContain(bad.code);
    expect(bad.stdout).toMatch(/\nBaseline\n {2}▼ WORSE against adhoc, /);
    expect(bad.result.baseline).toMatchObject({ file: first.folder, verdict: 'worse', source: 'histograms' });
    const report = readFileSync(join(bad.folder, 'report.html'), 'utf8');
    expect(report).toContain('<h2 id="baseline-title">Against the baseline</h2>');
    expect(report).toMatch(/▼ worse[^]*loss received/);
  }, 60_000);

  test('an unlike baseline is refused before a packet leaves', async () => {
    const end = await cli([
      'run',
      '--target',
      'loopback',
      '--calls',
      '5',
      '--baseline',
      first.folder,
      '--out',
      temporaryFolder(),
    ]);
    expect(end.code).toBe(2);
    expect(end.stderr).toContain('load.calls was 40 and is 5');
    expect(end.stdout).toBe('');
  });

  test('a run may not be told to replace its baseline', async () => {
    const files = [first.folder, join(first.folder, 'result.json')];
    for (const baseline of files) {
      const end = await cli(['run', '--target', 'loopback', ...LOAD, '--baseline', baseline, '--out', first.folder]);
      expect(end).toMatchObject({ code: 2, stdout: '' });
      expect(end.stderr).toBe(
        '--out: expected another folder than that of --baseline, whose files would be replaced\n',
      );
    }
    expect(readResult(first.folder)).toEqual(first.result);
  });
});
