/** A worker thread that dies and a disk that is full: the run ends with what it has, and says so. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli, readRows, run, startAnswerer, stopAnswerer, temporaryFile, temporaryFolder } from './cli.js';

/** Loaded by Node into every thread of the run; kills the one that is meant after a while, from within. */
function killer(kind: string, index: number): string {
  const code = `
    const { isMainThread, workerData } = require('node:worker_threads');
    if (!isMainThread && workerData?.kind === '${kind}' && workerData.index === ${index}) {
      const die = () => { throw new Error('struck by a test'); };
      if (${kind === 'media'}) {
        // The loop of a media thread blocks, so it never comes to timers: strike inside its clock.
        const now = performance.now.bind(performance);
        const until = now() + 2500;
        performance.now = () => (now() > until ? die() : now());
      } else {
        setTimeout(die, 2500);
      }
    }`;
  return temporaryFile('killer.cjs', code);
}

async function runWithDeath(kind: string, workers: string): ReturnType<typeof run> {
  const answerer = await startAnswerer();
  const args = ['--target', answerer.uri, '--calls', '30', '--rate', '10/s', '--hold', '2s', '--workers', workers];
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
    expect(readRows(folder, 'calls')).toHaveLength(result.calls.requested);
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
    expect(result.calls.attempted + result.calls.notStarted).toBe(30);
    expect(result.calls.completed).toBeGreaterThan(0);
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
  expect(stderr).toContain(`the files in ${join(disk, 'run')} are incomplete: ENOSPC`);
  expect(stderr).not.toContain('    at ');
});
