/** Each behaviour of the answerer, seen by a run and counted by itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  readResult,
  run,
  startAnswerer,
  startCli,
  stopAnswerer,
  temporaryFile,
  temporaryFolder,
  type Answerer,
  type RunEnd,
  filesOf,
} from './cli.js';

const CALLS = ['--calls', '3', '--rate', '10/s'];

/** Runs against an answerer with those flags; `scenario` is YAML beside version and name. */
async function called(
  flags: readonly string[],
  args: readonly string[],
  scenario = '',
): Promise<RunEnd & { counts: Record<string, number> }> {
  const answerer: Answerer = await startAnswerer(flags);
  const file = temporaryFile('calls.yaml', `version: 1\nname: calls\ntarget: loopback\n${scenario}`);
  const end = await run([file, '--target', answerer.uri, ...CALLS, ...args]);
  const { code, counts } = await stopAnswerer(answerer);
  expect(code).toBe(0);
  return { ...end, counts };
}

// Again: a machine that stalls makes a timer early or late and a packet miss its call.
describe.concurrent('the answerer', { retry: 1 }, () => {
  test('echoes what it hears, and counts it', async () => {
    const { result, counts } = await called([], ['--hold', '2s']);
    expect(result.calls).toMatchObject({ completed: 3, oneWay: 0, noMedia: 0 });
    expect(result.quality.received?.packets.received).toBeGreaterThan(250);
    expect(counts).toMatchObject({ calls: 3, answered: 3, failed: 0, legs: 3 });
    // A packet that is on its way when the BYE is answered belongs to no call any more: at most one of each.
    const unheard = result.generator.sentPackets - (counts['packetsReceived'] ?? 0);
    expect(unheard).toBeGreaterThanOrEqual(0);
    expect(unheard).toBeLessThanOrEqual(3);
    expect(counts['figuresReturned']).toBe(3);
    // What it sent and what we received are the same stream, but for packets that were on their way at the BYE.
    const unreceived = (counts['packetsSent'] ?? 0) - (result.quality.received?.packets.expected ?? 0);
    expect(Math.abs(unreceived)).toBeLessThanOrEqual(6);
    expect(counts['jitterMs_p50']).toBeGreaterThan(0);
    expect(counts['jitterMs_max']).toBeGreaterThanOrEqual(counts['jitterMs_p95'] ?? Number.NaN);
  });

  test('plays speech of its own', async () => {
    // Keys in all ways besides: three as events, one by INFO and two as tones, and two tones in return.
    const { result, counts, folder } = await called(
      ['--mode', 'play', '--steps', 'expect-dtmf=12#789,dtmf=45/inband'],
      ['--hold', '2s'],
      `call:
  steps:
    - dtmf: "12#"
    - dtmf: { digits: "7", method: info }
    - dtmf: { digits: "89", method: inband }
    - expectDtmf: "45"
`,
    );
    expect(result.calls).toMatchObject({ completed: 3, succeeded: 3, oneWay: 0, noMedia: 0, roundTrip: 0 });
    expect(result.quality.received?.packets.received).toBeGreaterThan(250);
    expect(counts).toMatchObject({ eventKeys: 9, infoKeys: 3, toneKeys: 6, failed: 0, declinedTransfers: 0 });
    expect(result.dtmf).toMatchObject({
      calls: 3,
      sent: { rfc4733: 9, info: 3, inband: 6 },
      received: { rfc4733: 0, info: 0, inband: 6 },
      mismatched: 0,
    });
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('Keys (DTMF)');
  });

  test('refuses with 486', async () => {
    const { code, result, counts } = await called(['--mode', 'busy'], ['--hold', '1s']);
    expect(code).toBe(3);
    expect(result.calls).toMatchObject({ answered: 0, failed: 3, succeeded: 0 });
    expect(result.calls.causes).toEqual([{ phase: 'setup', sipStatus: 486, cause: 'busy', count: 3 }]);
    expect(result.endpoints[0]?.signalling.finalResponses).toEqual([{ status: 486, count: 3 }]);
    expect(counts).toMatchObject({ calls: 3, answered: 0 });
  });

  test('refuses with 486, and that is what was expected', async () => {
    const { code, result } = await called(['--mode', 'busy'], ['--no-media'], 'call: { expect: 486 }\n');
    expect(code).toBe(0);
    expect(result.calls).toMatchObject({ failed: 3, succeeded: 3 });
    expect(result.signalling.successRatio).toBe(1);
  });

  test('rings before it answers', async () => {
    const { result } = await called(['--ring', '700ms'], ['--hold', '300ms', '--no-media']);
    expect(result.calls.completed).toBe(3);
    expect(result.signalling.answerDelayMs?.min).toBeGreaterThanOrEqual(690);
    expect(result.signalling.setupDelayMs?.p50).toBeLessThan(690);
    expect(result.signalling.responses).toContainEqual({ method: 'INVITE', status: 180, count: 3 });
  });

  test('rings until the caller gives up', async () => {
    const { result } = await called(['--ring', 'forever'], ['--no-media'], 'call: { ringTimeout: 700ms }\n');
    expect(result.calls).toMatchObject({ answered: 0, failed: 3 });
    expect(result.calls.causes).toEqual([{ phase: 'setup', sipStatus: 487, cause: 'noAnswer', count: 3 }]);
    expect(result.signalling.responses).toContainEqual({ method: 'CANCEL', status: 200, count: 3 });
  });

  test('hangs up first', async () => {
    const { code, result } = await called(['--drop-after', '500ms'], ['--hold', '10s', '--no-media']);
    expect(code).toBe(3);
    expect(result.calls).toMatchObject({ answered: 3, dropped: 3, completed: 0, succeeded: 0 });
    expect(result.calls.causes).toEqual([{ phase: 'established', sipStatus: null, cause: 'remoteBye', count: 3 }]);
  });
});

test('SIGTERM ends the answerer with its counts while calls are up, and they hear of it', async () => {
  const answerer = await startAnswerer();
  const folder = temporaryFolder();
  const program = startCli(['run', '--target', answerer.uri, ...CALLS, '--hold', '20s', '--out', folder]);
  await program.printed('started: ');
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const { code, counts } = await stopAnswerer(answerer);
  expect(code).toBe(0);
  expect(counts).toMatchObject({ calls: 3, answered: 3, legs: 3, figuresReturned: 3 });
  await program.end;
  const { calls, evidence } = readResult(folder);
  expect(calls).toMatchObject({ dropped: 3, causes: [{ cause: 'remoteBye', count: 3 }] });
  // Two were chosen at the start; the third left the headers of its last two seconds, both ways.
  expect(evidence?.captures).toMatchObject([
    { call: 0, why: 'sample' },
    { call: 1, why: 'sample' },
    { call: 2, why: 'failed', path: 'evidence/call-2.pcapng' },
  ]);
  expect(evidence?.captures[2]?.packets).toBeGreaterThan(150);
  expect(filesOf(folder).map(({ name }) => name)).toContain('evidence/call-2.pcapng');
});

test('Ctrl-C, pressed twice, ends an idle answerer at once, with its counts', async () => {
  const { program } = await startAnswerer();
  program.signal('SIGINT');
  program.signal('SIGINT');
  const { code, stdout, stderr } = await program.end;
  expect(code).toBe(0);
  expect(stdout).toMatch(/^calls=0 answered=0 failed=0 legs=0 [^\n]*\n$/);
  expect(stderr).toMatch(/^answering on sip:[^\n]*; Ctrl-C ends it\n$/);
});

test('returns no figures to a run that wants none, or that sends no audio', async () => {
  const silent = await called([], ['--hold', '1s'], 'call: { figures: false }\n');
  expect(silent.counts).toMatchObject({ legs: 3, figuresReturned: 0 });
  const { counts, result } = await called([], ['--hold', '300ms', '--no-media']);
  expect(result.calls.completed).toBe(3);
  expect(counts['figuresReturned']).toBe(0);
});

test('answers the OPTIONS of a run that measures the signalling', async () => {
  const { result } = await called([], ['--hold', '2500ms', '--no-media'], 'network: { optionsInterval: 1s }\n');
  const answered = result.signalling.responses.find(({ method }) => method === 'OPTIONS');
  expect(answered).toMatchObject({ status: 200 });
  expect(answered?.count).toBeGreaterThanOrEqual(2);
  expect(result.calls.completed).toBe(3);
});
