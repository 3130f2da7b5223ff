/** Exit 2: whatever is wrong with the input is said at its place, all at once, and nothing is sent. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, HOST, MuteTarget, PACKAGE, temporaryFile, temporaryFolder } from './cli.js';

const TARGET: string[] = ['--target'];
let head = '';

let target: MuteTarget;
beforeAll(async () => {
  target = await MuteTarget.open();
  TARGET.push(target.uri);
  head = `version: 1\nname: bad\ntarget: ${target.uri}\n`;
});
afterAll(() => target.close());

/** Lines of stderr of a run that must be refused. */
async function refusal(args: readonly string[]): Promise<string[]> {
  const folder = join(temporaryFolder(), 'never');
  const { code, stdout, stderr } = await cli(['run', ...args, '--out', folder]);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(existsSync(folder)).toBe(false);
  expect(target.datagrams).toBe(0);
  return stderr.trimEnd().split('\n');
}

describe.concurrent('a scenario that is refused', () => {
  test.each([
    ['an unknown key', 'cal: { hold: 2s }\n', ':4:1 cal: unknown key "cal" (did you mean "call"?)'],
    [
      'a value without its unit',
      'load:\n  stages:\n    - { rate: 5 per s, hold: 2s }\n',
      ':6:9 load.stages[0].rate: expected a rate like 20/s, got "5 per s"',
    ],
    ['a key given twice', 'seed: 1\nseed: 2\n', ':5:1 seed: duplicate key "seed", first on line 4'],
    [
      'a gate on an unknown metric',
      'gates:\n  - mso.p5 >= 3.6\n',
      ':5:5 gates[0] "mso.p5 >= 3.6", column 1: unknown metric "mso" (did you mean "mos"?)',
    ],
  ])('names the place of %s', async (_, text, message) => {
    const file = temporaryFile('bad.yaml', head + text);
    expect(await refusal([file])).toEqual([file + message]);
  });

  test('shows several problems at once, top to bottom', async () => {
    const file = temporaryFile('bad.yaml', `${head}call: { hold: 3 }\nload: { call: 2 }\nseed: -1\n`);
    const lines = await refusal([file]);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain(':4:9 call.hold: expected a duration like 10s, got 3');
    expect(lines[1]).toContain(
      ':5:9 load.call: unknown key "call" (did you mean "calls", or "call" at the top of the file?)',
    );
    expect(lines[2]).toContain(':6:1 seed: expected a whole number from 0 to 4294967295, got -1');
  });

  test('that is not there', async () => {
    const [line] = await refusal(['no-such.yaml']);
    expect(line).toContain('no-such.yaml: cannot be read: no such file');
  });
});

describe.concurrent('a flag that is refused', () => {
  test.each([
    [['--traget', 'x'], '--traget: unknown flag (did you mean --target?)'],
    [['--rate', '5 per s'], '--rate: expected a rate like 20/s, above 0, got "5 per s"'],
    [['--workers', 'threads=2'], '--workers: expected workers like signalling=1,media=3, got "threads=2"'],
    [['--workers', 'media=0'], '--workers: expected a whole number from 1 to 64, got "0"'],
    [['--gate', 'mso.p5 >= 3'], '--gate "mso.p5 >= 3", column 1: unknown metric "mso" (did you mean "mos"?)'],
    [['--gate', 'success_ratio >= 99'], '--gate "success_ratio >= 99", column 18: '],
    [['--inconclusive', 'maybe'], '--inconclusive: expected one of "fail", "warn", got "maybe"'],
    [['--hold', '--quiet'], '--hold: expected a value (see callgauge run --help)'],
    [['one.yaml', 'two.yaml'], 'callgauge: unexpected argument "two.yaml" (see callgauge run --help)'],
  ])('%j', async (args, message) => {
    const lines = await refusal([...TARGET, ...args]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(message);
  });

  test('several at once', async () => {
    const lines = await refusal([...TARGET, '--rate', '5', '--calls', 'many', '--hold', '3']);
    expect(new Set(lines.map((line) => line.split(':')[0]))).toEqual(new Set(['--calls', '--hold', '--rate']));
    expect(lines).toHaveLength(3);
  });
});

describe.concurrent('a command that is refused', () => {
  test.each([
    [['runn'], 'callgauge: unknown command "runn" (did you mean "run"?)\n'],
    [
      [],
      'callgauge: expected a command: run, answer, validate, doctor, report, compare, analyze or schema (start with callgauge run --target loopback, or see callgauge --help)\n',
    ],
    [
      ['schema', 'metric'],
      'callgauge: expected one of "scenario", "result", "comparison", "analysis", "metrics", got "metric" (did you mean metrics?)\n',
    ],
    [['doctor', '--jsn'], '--jsn: unknown flag (did you mean --json?)\n'],
    [['report', 'x', '--ouput', 'y'], '--ouput: unknown flag (did you mean --out?)\n'],
    [['compare', 'a', 'b', '--metrics', 'loss'], '--metrics: unknown flag (did you mean --metric?)\n'],
    [['answer', '--lisen', 'x'], '--lisen: unknown flag (did you mean --listen?)\n'],
    [['validate', 'a.yaml', '--cals', '3'], '--cals: unknown flag (did you mean --calls?)\n'],
    [['validate'], 'callgauge: expected the path of a scenario (see callgauge validate --help)\n'],
    [
      ['compare', 'before.json'],
      'callgauge: expected two runs, the one before and the one after (see callgauge compare --help)\n',
    ],
    [
      ['answer', '--mode', 'sing'],
      '--mode: expected one of "echo", "play", "busy", got "sing" (see callgauge answer --help)\n',
    ],
    [
      ['answer', '--listen', 'here'],
      '--listen: expected an address and a port like 127.0.0.1:5060 or [::1]:5060, got "here"\n',
    ],
    [
      ['answer', '--impair', 'los=2%,jitter=90ms,delay'],
      '--impair: part 1: unknown key (did you mean "loss"?), got "los=2%"\n' +
        '--impair: jitter: expected a duration like 20ms, up to 25ms, got "jitter=90ms"\n' +
        '--impair: part 3: expected key=value, got "delay"\n',
    ],
  ])('%j', async (args, message) => {
    expect(await cli(args)).toEqual({ code: 2, stdout: '', stderr: message });
  });
});

describe.concurrent('a target that is refused', () => {
  test.each([
    [`sip:911@${HOST}:5060`, 'expected a number that is no emergency number, got sip:911@127.0.0.1:5060'],
    [`sip:0112@${HOST}:5060`, 'expected a number that is no emergency number'],
    ['sip:echo@8.8.8.8', 'expected permission to call a public address, got sip:echo@8.8.8.8'],
    ['echo', 'expected loopback or sip:user@host[:port][;transport=…], got "echo"'],
  ])('%s', async (uri, message) => {
    const lines = await refusal(['--target', uri]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^--target: /);
    expect(lines[0]).toContain(message);
  });

  test('the missing one', async () => {
    expect(await refusal([])).toEqual([
      '--target: missing; expected a target (give a scenario file, or --target sip:user@host, or --target loopback)',
    ]);
  });
});

describe.concurrent('an audio file that is refused', () => {
  test('a missing one', async () => {
    const lines = await refusal([...TARGET, '--audio', 'no-such.wav']);
    expect(lines).toEqual([
      expect.stringMatching(/^--audio: no-such\.wav: expected a readable WAV file, found no such file/),
    ]);
  });

  test('one at 44.1 kHz, with the command that converts it', async () => {
    const file = temporaryFile('music.wav', wavOf(44_100));
    const lines = await refusal([...TARGET, '--audio', file]);
    expect(lines).toEqual([expect.stringContaining('44100 Hz')]);
    expect(lines[0]).toContain(`sox '${file}'`);
  });

  test('a text file, at its place in the scenario', async () => {
    const audio = temporaryFile('speech.wav', 'This is no sound at all, only words in a file.\n');
    const file = temporaryFile('bad.yaml', `${head}audio: ${audio}\n`);
    const lines = await refusal([file]);
    expect(lines).toEqual([expect.stringContaining(`${file}:4:1 audio: ${audio}: expected`)]);
  });
});

/** A second of silence, 16 bit mono. */
function wavOf(sampleRate: number): Uint8Array {
  const bytes = Buffer.alloc(44 + sampleRate * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(sampleRate * 2, 40);
  return bytes;
}

test('users and their PBX are checked, and told of, without a word to it', async () => {
  const scenario = join(PACKAGE, 'scenarios/registered-users.yaml');
  const env = { PBX_TARGET: target.uri.replace('echo@', ''), PBX_USERS: '1001-1006', PBX_PASSWORD: 'hunter2-0815' };
  const { code, stdout, stderr } = await cli(['validate', scenario], { env });
  expect([code, stderr]).toEqual([
    0,
    'warning: users: 6 allow 3 calls at once, and the load asks for 4 (8 users): calls will wait for a free user\n',
  ]);
  expect(stdout).toMatch(/^users +6, registered at 20\/s \(about 1s\), call each other$/m);
  expect(stdout).toMatch(/^peak +3 calls at once\n +600 packets\/s/m);
  const loopback = await cli(['validate', scenario, '--target', 'loopback', '--workers', 'signalling=4'], { env });
  expect(loopback.code).toBe(2);
  expect(loopback.stderr.split('\n').slice(0, 2)).toEqual([
    '--target: expected a PBX where the users register, got loopback, which is none (give its address: --target sip:pbx.example.com)',
    `${scenario}:22:1 users: expected at least 8 users for 4 threads, got 6`,
  ]);
  expect(target.datagrams).toBe(0);
  expect(stdout + stderr + loopback.stdout + loopback.stderr).not.toContain('hunter2');
});
