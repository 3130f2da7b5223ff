/** A run from end to end: verdict, output, and files that agree with each other. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, test } from 'vitest';
import type { DistributionSummary } from '../../src/run/result-fields.js';
import {
  cli,
  MuteTarget,
  PACKAGE,
  readResult,
  readRows,
  run,
  steadyRun,
  temporaryFile,
  temporaryFolder,
  type RunEnd,
} from './cli.js';

interface CallRow {
  readonly call: number;
  readonly callId: string;
  readonly intendedMs: number;
  readonly outcome: string;
  readonly establishedMs: number | null;
  readonly endpoint: string;
  readonly received: PacketRow | null;
}

interface PacketRow {
  readonly expected: number;
  readonly received: number;
  readonly lost: number;
  readonly mosLq: number | null;
}

interface SecondRow extends PacketRow {
  readonly direction: 'received' | 'sent';
  readonly call: number;
  readonly second: number;
}

const BASIC = ['--target', 'loopback', '--calls', '6', '--rate', '3/s', '--hold', '5s'];

describe('a run against our own answerer', () => {
  let end: RunEnd;
  beforeAll(async () => {
    end = await steadyRun(BASIC);
  });

  test('passes, and says so on stdout with gates and the path of the report', () => {
    expect(end).toMatchObject({ code: 0, result: { verdict: 'pass', exitCode: 0 } });
    expect(end.stdout).toContain('PASS');
    expect(end.stdout).toMatch(/success_ratio >= 99% +100 %/);
    expect(end.stdout).toContain('mos.p5 >= 3.6');
    expect(end.stdout.trimEnd().split('\n').at(-1)).toBe(`Report  ${join(end.folder, 'report.html')}`);
  });

  test('prints the progress on stderr only, and no escape code where nobody watches', () => {
    expect(end.stderr).toContain('started: ');
    expect(end.stdout).not.toContain('started: ');
    expect(end.stdout + end.stderr).not.toContain('\u001B');
  });

  test('leaves a result that the published schema accepts', () => {
    const schema = JSON.parse(readFileSync(join(PACKAGE, 'reports/result.schema.json'), 'utf8')) as object;
    const validate = new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(schema);
    validate(end.result);
    expect(validate.errors ?? []).toEqual([]);
  });

  test('leaves a report with the verdict, and nothing in it that it would fetch', () => {
    const html = readFileSync(join(end.folder, 'report.html'), 'utf8');
    expect(html).toContain('PASS');
    expect(html).not.toMatch(/<script[^>]* src/i);
    expect(html).not.toMatch(/(src|href)="https?:/i);
  });

  test('accounts for every call', () => {
    const { calls } = end.result;
    expect(calls).toMatchObject({
      requested: 6,
      attempted: 6,
      answered: 6,
      completed: 6,
      succeeded: 6,
      failed: 0,
      cut: 0,
    });
    expect(
      readRows<CallRow>(end.folder, 'calls')
        .map(({ call }) => call)
        .toSorted((a, b) => a - b),
    ).toEqual([0, 1, 2, 3, 4, 5]);
    expectIdentities(end);
  });

  test('has the same packets in its rows and in its result', () => {
    const packets = end.result.quality.received?.packets;
    const calls = readRows<CallRow>(end.folder, 'calls').map(({ received }) => received);
    const seconds = readRows<SecondRow>(end.folder, 'seconds').filter(({ direction }) => direction === 'received');
    expect(packets?.expected).toBeGreaterThan(6 * 200);
    for (const figure of ['expected', 'received', 'lost'] as const) {
      expect(sum(calls, figure)).toBe(packets?.[figure]);
      expect(sum(seconds, figure)).toBe(packets?.[figure]);
    }
  });

  test('has as many values in its distributions as rows', () => {
    const quality = end.result.quality.received;
    const seconds = readRows<SecondRow>(end.folder, 'seconds').filter(({ direction }) => direction === 'received');
    expect(quality?.mosLq?.count).toBe(seconds.filter(({ mosLq }) => mosLq !== null).length);
    expect(quality?.lossRatio?.count).toBe(seconds.filter(({ expected }) => expected > 0).length);
    expect(quality?.perCall.mosLq?.count).toBe(6);
    expect(end.result.signalling.setupDelayMs?.count).toBe(6);
    for (const distribution of [quality?.mosLq, quality?.perCall.lossRatio, end.result.signalling.setupDelayMs]) {
      expectOrdered(distribution);
    }
  });

  test('answers the calls with speech that is good', () => {
    expect(end.result.quality.received?.mosLq?.p50).toBeGreaterThan(4.3);
    expect(end.result.calls).toMatchObject({ oneWay: 0, noMedia: 0 });
  });
});

test('--json prints exactly result.json, --quiet prints no progress', async () => {
  const end = await run([
    '--target',
    'loopback',
    '--calls',
    '2',
    '--rate',
    '4/s',
    '--hold',
    '1s',
    '--no-media',
    '--json',
    '--quiet',
  ]);
  expect(end.stderr).toBe('');
  expect(end.stdout).toBe(readFileSync(join(end.folder, 'result.json'), 'utf8'));
});

test('the same seed gives the same plan, with Call-IDs of its own', async () => {
  const args = [
    '--target',
    'loopback',
    '--calls',
    '5',
    '--rate',
    '20/s',
    '--hold',
    '200ms',
    '--no-media',
    '--seed',
    '7',
  ];
  const [first, second] = await Promise.all([run(args), run(args)]);
  expect(planOf(first)).toHaveLength(5);
  expect(planOf(second)).toEqual(planOf(first));
  expect(second.result.scenario).toEqual(first.result.scenario);
  expect([first.result.seed, second.result.seed]).toEqual([7, 7]);
  const ids = [first, second].flatMap(({ folder }) => readRows<CallRow>(folder, 'calls').map(({ callId }) => callId));
  expect(new Set(ids).size).toBe(10);
});

test('without --out the files stand under reports/, named after time and scenario', async () => {
  const cwd = temporaryFolder();
  const end = await cli(['run', '--target', 'loopback', '--calls', '1', '--hold', '200ms', '--no-media'], { cwd });
  const path = /^Report {2}(reports\/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ_adhoc\/report\.html)$/m.exec(end.stdout)?.[1];
  expect(path).toBeDefined();
  expect(existsSync(join(cwd, path ?? ''))).toBe(true);
});

test('--dry-run and validate print the peak and send nothing', async () => {
  const target = await MuteTarget.open();
  const folder = join(temporaryFolder(), 'never');
  const scenario = temporaryFile('plan.yaml', `version: 1\nname: plan\ntarget: ${target.uri}\nload: { calls: 50 }\n`);
  const ends = [
    await cli(['run', scenario, '--dry-run', '--wait', '1s', '--out', folder]),
    await cli(['validate', scenario]),
  ];
  for (const { code, stdout } of ends) {
    expect(code).toBe(0);
    expect(stdout).toMatch(/^peak +50 calls at once$/m);
    expect(stdout).toContain('5000 packets/s, 8.0 Mbit/s');
  }
  expect(target.datagrams).toBe(0);
  expect(existsSync(folder)).toBe(false);
  target.close();
});

/** What the seed decides of a run. */
function planOf({ folder }: RunEnd): object[] {
  return readRows<CallRow>(folder, 'calls')
    .toSorted((a, b) => a.call - b.call)
    .map(({ call, intendedMs, endpoint, outcome }) => ({ call, intendedMs, endpoint, outcome }));
}

function expectIdentities({ folder }: RunEnd): void {
  const { calls, load } = readResult(folder);
  const cuts = readRows<CallRow>(folder, 'calls').filter(({ outcome }) => outcome === 'cut');
  const cutBefore = cuts.filter(({ establishedMs }) => establishedMs === null).length;
  expect(calls.cut).toBe(cuts.length);
  expect(calls.requested).toBe(calls.attempted + calls.notStarted);
  expect(calls.attempted).toBe(calls.answered + calls.failed + cutBefore);
  expect(calls.answered).toBe(calls.completed + calls.dropped + cuts.length - cutBefore);
  expect(load.achieved).toBe(calls.attempted);
}

function expectOrdered(distribution: DistributionSummary | null | undefined): void {
  const figures = distribution ?? { min: 1, p1: 0, p5: 0, p50: 0, p95: 0, p99: 0, max: 0 };
  const { min, p1, p5, p50, p95, p99, max } = figures;
  expect([min, p1, p5, p50, p95, p99, max]).toEqual([min, p1, p5, p50, p95, p99, max].toSorted((a, b) => a - b));
}

function sum(rows: readonly (PacketRow | null)[], figure: 'expected' | 'received' | 'lost'): number {
  return rows.reduce((total, row) => total + (row?.[figure] ?? 0), 0);
}
