/** A worker thread that dies and a disk that is full: the run ends with what it has, and says so. */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  bash,
  cli,
  MuteTarget,
  readResult,
  readRows,
  run,
  startAnswerer,
  startCli,
  stopAnswerer,
  temporaryFile,
  temporaryFolder,
} from './cli.js';

const CALLS = 50;

/** Loaded by Node into every thread of the run; kills the one that is meant while calls are up, from within. */
function killer(kind: string, index: number): string {
  const code = `
    const { isMainThread, parentPort, workerData } = require('node:worker_threads');
    if (!isMainThread && workerData?.kind === '${kind}' && workerData.index === ${index}) {
      const die = () => { throw new Error('struck by a test'); };
      if (${kind === 'media'}) {
        // The loop of a media thread blocks, so it never comes to timers: strike inside its clock. The first call comes later by
        // what the other threads need to start.
        const now = performance.now.bind(performance);
        const until = now() + 4000;
        performance.now = () => (now() > until ? die() : now());
      } else {
        const on = parentPort.on.bind(parentPort);
        const beforeBegin = (listener) => (message) => {
          if (message.type === 'begin') setTimeout(die, 1500);
          return listener(message);
        };
        parentPort.on = (name, listener) => on(name, name === 'message' ? beforeBegin(listener) : listener);
      }
    }`;
  return temporaryFile('killer.cjs', code);
}

async function runWithDeath(kind: string, workers: string): ReturnType<typeof run> {
  const answerer = await startAnswerer();
  const args = [
    '--target',
    answerer.uri,
    '--calls',
    String(CALLS),
    '--rate',
    '10/s',
    '--hold',
    '2s',
    '--workers',
    workers,
  ];
  const end = await run([...args, '--no-gates'], { env: { NODE_OPTIONS: `--require ${killer(kind, 0)}` } });
  await stopAnswerer(answerer);
  return end;
}

describe.concurrent('a thread that dies in the run', () => {
  test('a signalling thread, beside which another goes on', async () => {
    const { code, result, stdout, folder } = await runWithDeath('signalling', 'signalling=2,media=1');
    expect(result.generator.lostWorkers).toEqual([
      expect.stringContaining('a signalling thread died (Error: struck by a test'),
    ]);
    expect(stdout).toContain('a signalling thread died');
    expect(result.verdict).toBe('inconclusive');
    expect(code).toBe(4);
    expect(result.calls.completed).toBeGreaterThan(0);
    const rows = readRows<{ callId: string }>(folder, 'calls');
    expect(rows).toHaveLength(result.calls.requested);
    // Its own calls, and only they, are named as lost.
    const { count, callIds } = result.lost.calls;
    expect(count).toBeGreaterThan(0);
    expect(callIds).toHaveLength(count);
    expect(callIds.filter((id) => rows.some(({ callId }) => callId === id))).toEqual([]);
    expect(callIds.map((id) => Number(/-(\d+)@/.exec(id)?.[1]) % 2)).toEqual(callIds.map(() => 0));
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(callIds[0]);
  });

  test('the only signalling thread', async () => {
    const { code, result } = await runWithDeath('signalling', 'signalling=1,media=1');
    expect(code).toBe(4);
    expect(result.generator.lostWorkers).toHaveLength(1);
  });

  test('a media thread', async () => {
    const { code, result } = await runWithDeath('media', 'signalling=1,media=2');
    expect(code).toBe(4);
    expect(result.generator.lostWorkers).toEqual([expect.stringContaining('a media thread died')]);
    expect(result.calls.attempted + result.calls.notStarted).toBe(CALLS);
    expect(result.calls.completed).toBeGreaterThan(0);
    expect(result.lost.audio.count).toBeGreaterThan(0);
    expect(result.reasons).toContainEqual(expect.stringMatching(/^the audio of \d+ calls? \(.+\) is unknown$/));
  });
});

test('a full disk ends nothing: the summary is printed, and exit 1 says that files are missing', async ({ skip }) => {
  const disk = temporaryFolder();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk]).status !== 0) {
    skip('this user may not mount a small tmpfs');
  }
  const args = ['run', '--target', 'loopback', '--calls', '2', '--rate', '10/s', '--hold', '500ms', '--no-media'];
  const { code, stdout, stderr } = await cli([...args, '--out', join(disk, 'run')]);
  spawnSync('umount', [disk]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^Calls {13}attempted +2 /m);
  expect(stdout).toMatch(/^Report {2}could not be written$/m);
  expect(stderr).toContain(`the files in ${join(disk, 'run')} are incomplete: ENOSPC`);
  expect(stderr).not.toContain('    at ');
});

describe('a file that may not grow any more', () => {
  test('costs the result and gives exit 1, over gates that fail; the rows rebuild what was measured', async () => {
    const answerer = await startAnswerer(['--mode', 'busy']);
    const folder = temporaryFolder();
    const run = `callgauge run --target ${answerer.uri} --calls 3 --rate 10/s --no-media --gate 'success_ratio >= 99%' --out '${folder}'`;
    const end = await bash(`ulimit -f 5; ${run}`); // KiB: enough for rows and record, too little for a result
    await stopAnswerer(answerer);
    expect(end.code).toBe(1);
    expect(end.stdout).toContain('FAIL');
    expect(end.stderr).toContain(`the files in ${folder} are incomplete: EFBIG`);
    const files = readdirSync(folder);
    expect(files).toEqual(
      expect.arrayContaining(['calls.ndjson.gz', 'progress.ndjson.gz', 'run.json', 'seconds.ndjson.gz']),
    );
    expect(files).not.toContain('result.json');
    expect((await cli(['report', folder])).code).toBe(0);
    const { verdict, calls, gates, lost } = readResult(folder);
    expect({ verdict, failed: calls.failed, state: gates[0]?.state, lost: lost.calls.count }).toEqual({
      verdict: 'crashed',
      failed: 3,
      state: 'fail',
      lost: 0,
    });
  });
});

test('a folder that is taken away in mid-run costs its rows and exit 1, over a signal; the result is written all the same', async () => {
  const answerer = await startAnswerer();
  const folder = join(temporaryFolder(), 'run');
  const program = startCli(['run', '--target', answerer.uri, '--calls', '50', '--rate', '10/s', '--out', folder]);
  await program.printed('started: ');
  rmSync(folder, { recursive: true });
  await pause(1200);
  program.signal('SIGINT');
  const { code, stderr } = await program.end;
  await stopAnswerer(answerer);
  expect(code).toBe(1);
  expect(stderr).toContain(`the files in ${folder} are incomplete: ENOENT`);
  expect(readResult(folder)).toMatchObject({ verdict: 'interrupted', exitCode: 130 });
  expect(readdirSync(folder).toSorted()).toContain('report.html');
});

test('a folder that may only be read gives exit 5 before a packet leaves', async ({ skip }) => {
  const disk = temporaryFolder();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', disk]).status !== 0) {
    skip('this user may not mount a tmpfs that is read-only');
  }
  const target = await MuteTarget.open();
  const { code, stdout, stderr } = await cli(['run', '--target', target.uri, '--calls', '1', '--out', disk]);
  spawnSync('umount', [disk]);
  target.close();
  expect({ code, stdout, datagrams: target.datagrams }).toEqual({ code: 5, stdout: '', datagrams: 0 });
  expect(stderr).toMatch(
    /the run's folder .* cannot be written: read-only file system \(choose another folder with --out\)/,
  );
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

test('file handles that run out in mid-run are the limit of this host: inconclusive, whatever became of the other calls', async () => {
  const answerer = await startAnswerer(['--transport', 'tcp', '--ring', '1500ms']);
  const folder = temporaryFolder();
  const calls = '--calls 320 --rate 320/s --hold 30ms --connections call --no-media';
  const end = await bash(
    `ulimit -n 300; callgauge run --target '${answerer.uri};transport=tcp' ${calls} --out '${folder}'`,
  );
  await stopAnswerer(answerer);
  const { verdict, reasons, gates, calls: counts } = readResult(folder);
  expect([end.code, verdict]).toEqual([4, 'inconclusive']);
  expect(reasons).toContainEqual(
    expect.stringMatching(
      /^\d+ calls got no connection: this host had no file handle left \(raise the limit of open files/,
    ),
  );
  expect(counts.notStarted).toBeGreaterThan(0);
  expect(counts.causes).toEqual([{ phase: 'start', sipStatus: null, cause: 'noFileHandle', count: counts.notStarted }]);
  expect(gates[0]).toMatchObject({ state: 'pass', observed: 1, samples: 320 - counts.notStarted });
  expect(end.stdout.replaceAll(/\s+/g, ' ')).toContain('→ ulimit -n: this host had no file handle left for');
});
