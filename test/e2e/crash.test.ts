/** Runs that end without their last word: what is in the files by then is rebuilt by `callgauge report`. */
import { appendFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  cli,
  readResult,
  readRows,
  run,
  startAnswerer,
  startCli,
  stopAnswerer,
  temporaryFile,
  temporaryFolder,
} from './cli.js';

const LONG = ['--calls', '500', '--rate', '5/s', '--hold', '60s'];
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const sizeOf = (folder: string, file: string): number => statSync(join(folder, file)).size;
const EMPTY_GZIP_BYTES = 20;

describe.concurrent('a run that is killed', () => {
  test('by SIGKILL: the rows of the last flush are there, and its report is rebuilt, as it was while the run went on', async () => {
    const folder = temporaryFolder();
    const answerer = await startAnswerer();
    const program = startCli(['run', '--target', answerer.uri, ...LONG, '--out', folder]);
    await program.printed('started: ');
    while (sizeOf(folder, 'seconds.ndjson.gz') <= EMPTY_GZIP_BYTES) {
      await pause(100);
    }
    const live = await cli(['report', folder]);
    expect(live.code).toBe(0);
    expect(live.stdout).toMatch(/^… IN PROGRESS$/m);
    expect(live.stdout.replaceAll(/\s+/g, ' ')).toMatch(
      new RegExp(
        `the run still goes on \\(process ${program.pid}\\): data up to second \\d+, written at [\\d:]{8} UTC`,
      ),
    );
    expect(existsSync(join(folder, 'result.json'))).toBe(false);
    program.signal('SIGKILL');
    expect((await program.end).code).toBeNull();
    await stopAnswerer(answerer);

    expect(readRows(folder, 'seconds').length).toBeGreaterThan(50);
    expect((await cli(['report', folder])).code).toBe(0);
    const report = readFileSync(join(folder, 'report.html'));
    const result = readResult(folder);
    expect(result).toMatchObject({ verdict: 'crashed', exitCode: 1, gates: [{}, { state: expect.any(String) }, {}] });
    expect(result.reasons[0]).toContain(`process ${program.pid} is gone`);
    expect(result.quality.received?.mosLq?.count).toBeGreaterThan(50);
    // No call of 60 s had ended: all that had begun are named, each once.
    const { count, callIds } = result.lost.calls;
    expect(count).toBeGreaterThan(40);
    expect(new Set(callIds).size).toBe(count);
    expect(callIds[0]).toMatch(/^[0-9a-z]+-0@127\.0\.0\.1$/);
    expect(result.calls.attempted).toBe(0);
    expect(result.load.achieved).toBe(count);
    expect(result.seconds.reduce((sum, { started }) => sum + started, 0)).toBe(count);
    expect(result.seconds.at(-1)?.activeCalls).toBeGreaterThan(40);
    expect(result.generator.sentPackets).toBeGreaterThan(1000);
    expect(result.generator.signallingDrops).toBeNull();
    // What is rendered once more is the same.
    expect((await cli(['report', folder])).code).toBe(0);
    expect(readFileSync(join(folder, 'report.html')).equals(report)).toBe(true);
  });

  test('by a crash in native code: the calls of its first seconds are named', async () => {
    const folder = temporaryFolder();
    const program = startCli(['run', '--target', 'loopback', ...LONG, '--out', folder]);
    await program.printed('started: ');
    while (sizeOf(folder, 'progress.ndjson.gz') <= EMPTY_GZIP_BYTES) {
      await pause(100);
    }
    program.signal('SIGSEGV');
    expect((await program.end).code).toBeNull();
    expect((await cli(['report', folder])).code).toBe(0);
    const { verdict, lost, calls } = readResult(folder);
    expect(verdict).toBe('crashed');
    expect(lost.calls.count).toBeGreaterThan(0);
    expect(calls.requested).toBe(0);
  });
});

test('an exception that nobody caught ends the run with every file and exit 1', async () => {
  const thrower = temporaryFile(
    'thrower.cjs',
    `if (require('node:worker_threads').isMainThread && process.argv[2] === 'run') {
      const { write } = process.stderr;
      process.stderr.write = function (text, ...rest) {
        if (String(text).includes('started: ')) setTimeout(() => { throw new Error('struck by a test'); }, 1500);
        return write.call(this, text, ...rest);
      };
    }`,
  );
  const { code, result, stdout, folder } = await run(['--target', 'loopback', ...LONG], {
    env: { NODE_OPTIONS: `--require ${thrower}` },
  });
  expect(code).toBe(1);
  expect(result).toMatchObject({ verdict: 'crashed', exitCode: 1 });
  expect(result.reasons[0]).toBe('struck by a test');
  expect(stdout).toContain('CRASHED');
  expect(readRows(folder, 'calls')).toHaveLength(result.calls.requested);
  expect(existsSync(join(folder, 'report.html'))).toBe(true);
});

describe('callgauge report', () => {
  const SHORT = ['--target', 'loopback', '--calls', '8', '--rate', '8/s', '--hold', '2500ms'];

  test('of a finished run: the same bytes again; without its result: the same figures from the rows', async () => {
    const { folder, result } = await run([...SHORT, '--no-gates']);
    const path = join(folder, 'report.html');
    const report = readFileSync(path);
    const other = join(temporaryFolder(), 'again.html');
    expect((await cli(['report', join(folder, 'result.json'), '--out', other])).code).toBe(0);
    expect(readFileSync(other).equals(report)).toBe(true);
    expect((await cli(['report', folder])).code).toBe(0);
    expect(readFileSync(path).equals(report)).toBe(true);

    truncateSync(join(folder, 'result.json'), 0);
    expect(await cli(['report', folder])).toMatchObject({ code: 2, stdout: '' });
    const rebuilt = await rebuiltWithout(folder);
    expect(rebuilt.verdict).toBe('crashed');
    expect(rebuilt.calls).toEqual(result.calls);
    expect(rebuilt.lost.calls.count).toBe(0);
    expect(rebuilt.signalling.responses).toEqual(result.signalling.responses);
    expect(rebuilt.quality.received?.packets).toEqual(result.quality.received?.packets);
    expect(rebuilt.quality.sent?.legs).toEqual(result.quality.sent?.legs);
    expect(rebuilt.quality.received?.mosLq?.histogram).toBe(result.quality.received?.mosLq?.histogram);
    expect(rebuilt.seconds.map(({ activeCalls }) => activeCalls)).toEqual(
      result.seconds.map(({ activeCalls }) => activeCalls),
    );
    expect(rebuilt.worstCalls.map(({ callId }) => callId)).toEqual(result.worstCalls.map(({ callId }) => callId));
    expect(rebuilt.generator.sentPackets).toBe(result.generator.sentPackets);
    expect(rebuilt.generator.eventLoopDelayMs?.count).toBe(result.generator.eventLoopDelayMs?.count);
    expect(result.generator.seconds.length).toBeGreaterThanOrEqual(3);
    expect(rebuilt.generator.seconds).toEqual(result.generator.seconds);
    expect(rebuilt.generator.spoiledCallSeconds).toBe(0);

    // A last member that is torn, and lines that are none, cost themselves.
    const calls = join(folder, 'calls.ndjson.gz');
    appendFileSync(calls, gzipSync('{"call":1}\nnot a line\n'));
    appendFileSync(calls, gzipSync('{"call":99,"callId":"torn"}\n'.repeat(100)).subarray(0, 25));
    const torn = await rebuiltWithout(folder);
    expect(torn.calls).toEqual(result.calls);
    expect(torn.warnings).toContain('calls.ndjson.gz: its last part is torn off');
    expect(torn.warnings).toContain('calls.ndjson.gz: 2 corrupt lines were left out');
  });

  test.each([
    ['what is no JSON', 'hello', 'expected JSON'],
    [
      'a later version',
      '{"schemaVersion":"2.0","calls":7}',
      'expected "1.0", found "2.0" (another version of callgauge',
    ],
    ['what lacks everything', '{"schemaVersion":"1.0"}', 'result.json.tool'],
    ['control characters', '"\\u001b[31m\\u0007"', 'result.json'],
  ])('refuses %s with exit 2', async (_, text, message) => {
    const end = await cli(['report', temporaryFile('result.json', text)]);
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toContain(message);
    expect(end.stderr).not.toContain('\u001B');
    expect(end.stderr).not.toContain('\u0007');
  });

  test('says what it wants, and where it cannot write', async () => {
    const nothing = await cli(['report', temporaryFolder()]);
    expect(nothing).toMatchObject({ code: 2, stdout: '' });
    expect(nothing.stderr).toContain('it holds neither result.json nor run.json');
    expect((await cli(['report', '/no/such/run'])).code).toBe(2);
    expect((await cli(['report'])).stderr).toContain('expected the path of a run');
    const open = await cli(['report', temporaryFolder(), '--open']);
    expect(open).toMatchObject({ code: 2, stdout: '' });
    expect(open.stderr).toContain('--open: expected a terminal');
  });
});

/** The result of the folder's run, rebuilt from its rows. */
async function rebuiltWithout(folder: string): Promise<ReturnType<typeof readResult>> {
  rmSync(join(folder, 'result.json'), { force: true });
  expect((await cli(['report', folder])).code).toBe(0);
  return readResult(folder);
}
