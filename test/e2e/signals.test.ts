/** Ctrl-C and SIGTERM, once and twice, before and during the calls; and a reader that goes away. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  bash,
  MuteTarget,
  readResult,
  readRows,
  startAnswerer,
  startCli,
  stopAnswerer,
  temporaryFolder,
  type Cli,
} from './cli.js';

const LONG = ['--calls', '500', '--rate', '10/s', '--hold', '60s'];
const FILES = ['run.json', 'result.json', 'report.html', 'calls.ndjson.gz', 'seconds.ndjson.gz', 'progress.ndjson.gz'];

/** A run of long calls, some of which are up. */
async function runningOn(uri: string, folder: string): Promise<Cli> {
  const program = startCli(['run', '--target', uri, ...LONG, '--out', folder]);
  await program.printed('started: ');
  await pause(1200);
  return program;
}

describe.concurrent.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s during a run', (signal, code) => {
  test('ends the calls by BYE, and leaves every file', async () => {
    const folder = temporaryFolder();
    const answerer = await startAnswerer();
    const program = await runningOn(answerer.uri, folder);
    program.signal(signal);
    const end = await program.end;
    expect(end.code).toBe(code);
    expect(end.stderr).toContain(`${signal}: ending the calls`);
    expect(end.stdout).toContain('INTERRUPTED');
    expect(FILES.filter((file) => !existsSync(join(folder, file)))).toEqual([]);
    const { verdict, exitCode, calls, signalling } = readResult(folder);
    expect({ verdict, exitCode }).toEqual({ verdict: 'interrupted', exitCode: code });
    expect(calls.cut).toBeGreaterThan(5);
    expect(calls).toMatchObject({ attempted: calls.cut, dropped: 0, failed: 0, completed: 0 });
    // A call whose answer crosses our CANCEL is hung up as well, and is no answered one for us.
    const byes = signalling.responses.find(({ method, status }) => method === 'BYE' && status === 200)?.count ?? 0;
    expect(byes).toBeGreaterThanOrEqual(calls.answered);
    expect(byes).toBeLessThanOrEqual(calls.attempted);
    const { counts } = await stopAnswerer(answerer);
    expect(counts).toMatchObject({ answered: byes, legs: byes });
  });
});

test('Ctrl-C on a terminal, which goes to the whole group, ends the loopback calls by us', async () => {
  const folder = temporaryFolder();
  const program = startCli(['run', '--target', 'loopback', ...LONG, '--out', folder], { detached: true });
  await program.printed('started: ');
  await pause(1200);
  process.kill(-program.pid, 'SIGINT');
  expect((await program.end).code).toBe(130);
  const { calls } = readResult(folder);
  expect(calls.cut).toBeGreaterThan(5);
  expect(calls).toMatchObject({ dropped: 0, failed: 0 });
});

/** A run that was interrupted while its three calls waited for their first response. */
async function interruptedOn(uri: string): Promise<{ program: Cli; folder: string }> {
  const folder = temporaryFolder();
  const program = startCli(['run', '--target', uri, '--calls', '3', '--rate', '10/s', '--out', folder]);
  await program.printed('started: ');
  await pause(2300); // by then a batch says: three calls placed, no response
  program.signal('SIGINT');
  return { program, folder };
}

describe.concurrent('SIGINT before the target has said a word', () => {
  test('is an interrupt, not a target that could not be reached, though the target stays silent', async () => {
    const target = await MuteTarget.open();
    const { program, folder } = await interruptedOn(target.uri);
    expect((await program.end).code).toBe(130);
    expect(target.datagrams).toBeGreaterThan(0);
    target.close();
    expect(readResult(folder)).toMatchObject({
      verdict: 'interrupted',
      exitCode: 130,
      calls: { attempted: 3, cut: 3 },
    });
  });

  test('still cancels what a slow target begins to ring after it', async () => {
    const answerer = await startAnswerer(['--ring', 'forever']);
    answerer.program.signal('SIGSTOP');
    const { program, folder } = await interruptedOn(answerer.uri);
    await program.printed('SIGINT: ending the calls');
    answerer.program.signal('SIGCONT');
    expect((await program.end).code).toBe(130);
    const { calls, signalling } = readResult(folder);
    expect(calls).toMatchObject({ attempted: 3, cut: 3 });
    expect(signalling.responses).toContainEqual({ method: 'CANCEL', status: 200, count: 3 });
    await stopAnswerer(answerer);
  });
});

test('the second signal leaves without waiting for a far side that says nothing any more', async () => {
  const folder = temporaryFolder();
  const answerer = await startAnswerer();
  const program = await runningOn(answerer.uri, folder);
  answerer.program.signal('SIGSTOP');
  program.signal('SIGINT');
  await program.printed('SIGINT: ending the calls');
  await pause(500);
  const pressedAt = performance.now();
  program.signal('SIGINT');
  const end = await program.end;
  expect(end.code).toBe(130);
  expect(end.stderr).toContain('press again to leave at once');
  expect(end.stderr).toContain('SIGINT again: leaving with what is measured');
  expect(performance.now() - pressedAt).toBeLessThan(5000);
  expect(FILES.filter((file) => !existsSync(join(folder, file)))).toEqual([]);
  const { calls, verdict } = readResult(folder);
  expect(verdict).toBe('interrupted');
  expect(calls.cut).toBeGreaterThan(5);
  expect(readRows(folder, 'calls')).toHaveLength(calls.requested);
  answerer.program.signal('SIGCONT');
  await stopAnswerer(answerer);
});

test('a signal while it waits for the target ends the wait', async () => {
  const target = await MuteTarget.open();
  const folder = temporaryFolder();
  const program = startCli(['run', '--target', target.uri, ...LONG, '--wait', '10m', '--out', folder]);
  await program.printed('waiting for the target');
  await pause(300);
  program.signal('SIGINT');
  const end = await program.end;
  expect(end.code).toBe(130);
  expect(end.stderr).toContain('SIGINT: no call will be placed; press again to leave at once');
  expect(readResult(folder)).toMatchObject({ verdict: 'interrupted', calls: { attempted: 0 } });
  expect(target.datagrams).toBeGreaterThan(0);
  target.close();
});

test('a reader of stdout that goes away costs no file', async () => {
  const folder = temporaryFolder();
  const script = `callgauge run --target loopback --calls 2 --rate 4/s --hold 1s --no-media --json --out '${folder}' | head -1; echo "code \${PIPESTATUS[0]}"`;
  const end = await bash(script);
  expect(end.stdout).toBe('{\ncode 0\n');
  expect(FILES.filter((file) => !existsSync(join(folder, file)))).toEqual([]);
  expect(end.stderr).not.toContain('EPIPE');
});

describe('output that nobody takes', () => {
  test.each(['| head -0', '>&-', '2>&-', '>/dev/full', '2>/dev/full'])(
    '%s costs neither file nor exit code',
    async (sink) => {
      const folder = temporaryFolder();
      const run = `callgauge run --target loopback --calls 2 --rate 4/s --hold 300ms --no-media --out '${folder}'`;
      const end = await bash(`${run} ${sink}; code="\${PIPESTATUS[0]}"; echo "code $code"`);
      expect(end.stdout).toMatch(/code 0\n$/);
      expect(FILES.filter((file) => !existsSync(join(folder, file)))).toEqual([]);
      expect(readResult(folder)).toMatchObject({ verdict: 'pass', calls: { completed: 2 } });
    },
  );
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
