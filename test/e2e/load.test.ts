/** How calls are placed: the cap on calls at once, several signalling threads, the warm-up. */
import { expect, test } from 'vitest';
import { readRows, run, startAnswerer, stopAnswerer, temporaryFile } from './cli.js';

interface CallRow {
  readonly call: number;
  readonly callId: string;
  readonly startedMs: number;
  readonly endedMs: number;
}

test('--concurrency holds starts back, loses none, and is never exceeded', async () => {
  const args = ['--target', 'loopback', '--calls', '6', '--rate', '10/s', '--hold', '500ms', '--no-media'];
  const { result, folder } = await run([...args, '--concurrency', '2', '--gate', 'success_ratio >= 99%']);
  expect(result.calls).toMatchObject({ requested: 6, attempted: 6, completed: 6 });
  expect(result.calls.peakConcurrent).toBeLessThanOrEqual(2);
  expect(result.load).toMatchObject({ intended: 6, achieved: 6, heldBack: 4 });
  const rows = readRows<CallRow>(folder, 'calls');
  for (const { startedMs } of rows) {
    const alive = rows.filter((other) => other.startedMs <= startedMs && other.endedMs > startedMs);
    expect(alive.length).toBeLessThanOrEqual(2);
  }
});

test('two signalling threads place every call once', async () => {
  const answerer = await startAnswerer();
  const args = ['--target', answerer.uri, '--calls', '11', '--rate', '20/s', '--hold', '1s'];
  const { result, folder } = await run([...args, '--workers', 'signalling=2,media=1']);
  const { counts } = await stopAnswerer(answerer);
  expect(result.environment.workers).toEqual({ signalling: 2, media: 1 });
  expect(result.calls).toMatchObject({ requested: 11, attempted: 11, completed: 11 });
  const rows = readRows<CallRow>(folder, 'calls');
  expect(rows.map(({ call }) => call).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 11 }, (_, call) => call));
  expect(new Set(rows.map(({ callId }) => callId)).size).toBe(11);
  expect(counts).toMatchObject({ calls: 11, answered: 11, legs: 11 });
});

test('a signalling thread that has nothing to do does not end the run of the other', async () => {
  const args = ['--target', 'loopback', '--calls', '1', '--hold', '1500ms', '--no-media'];
  const { result } = await run([...args, '--workers', 'signalling=4', '--gate', 'success_ratio >= 99%']);
  expect(result).toMatchObject({ verdict: 'pass', calls: { attempted: 1, completed: 1, cut: 0 } });
});

test('calls of the warm-up are placed and not judged', async () => {
  const scenario = temporaryFile(
    'warm.yaml',
    'version: 1\nname: warm\ntarget: loopback\nload: { calls: 10, warmup: 450ms }\ngates: [success_ratio >= 99%]\n',
  );
  const { code, result } = await run([scenario, '--rate', '10/s', '--hold', '200ms', '--no-media']);
  expect(code).toBe(0);
  expect(result.calls.completed).toBe(10);
  expect(result.gates[0]).toMatchObject({ state: 'pass', samples: 5 });
});
