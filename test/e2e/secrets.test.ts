/** A password goes to no file, no output and no report, whether the run is good, refused or mistyped. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, filesOf, HOST, run, temporaryFile, temporaryFolder, type CliEnd } from './cli.js';

/** No part of it is digits alone: among the thousands of a run's files any four are found by chance. */
const SECRET = 'hunter2-zq8xvw';
/** In any case, and as text that was escaped on the way. */
const TRACE = /hunter2|zq8xvw/i;

/** Asks for credentials, and then again: what it hears is never good enough. */
class Doorkeeper {
  readonly heard: string[] = [];

  private constructor(private readonly socket: Socket) {
    socket.on('message', (data, peer) => {
      const text = data.toString('latin1');
      this.heard.push(text);
      const challenge = `WWW-Authenticate: Digest realm="door", nonce="n${this.heard.length}", qop="auth"`;
      const kept = text.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
      if (text.startsWith('INVITE')) {
        socket.send(`${['SIP/2.0 401 Unauthorized', ...kept, challenge].join('\r\n')}\r\n\r\n`, peer.port, HOST);
      }
    });
  }

  get uri(): string {
    return `sip:echo@${HOST}:${this.socket.address().port}`;
  }

  static async open(): Promise<Doorkeeper> {
    const socket = createSocket('udp4');
    socket.bind(0, HOST);
    await once(socket, 'listening');
    return new Doorkeeper(socket);
  }

  close(): void {
    this.socket.close();
  }
}

function expectNoTrace(end: CliEnd, folder?: string): void {
  expect(end.stdout).not.toMatch(TRACE);
  expect(end.stderr).not.toMatch(TRACE);
  for (const { name, text } of folder === undefined ? [] : filesOf(folder)) {
    if (TRACE.test(text)) throw new Error(`expected no trace of the password, found one in ${name}`);
  }
}

/** The answers to the challenges went out, and the SIP ladders show that there was one and not what it was. */
function expectMaskedAnswers(heard: readonly string[], folder: string): void {
  const answers = heard.flatMap((text) => /\bresponse="([0-9a-f]+)"/.exec(text)?.[1] ?? []);
  expect(answers.length).toBeGreaterThan(0);
  const files = filesOf(folder);
  expect(files.filter(({ text }) => answers.some((answer) => text.includes(answer)))).toEqual([]);
  const evidence = files.filter(({ name }) => name.startsWith('evidence'));
  expect(evidence).toHaveLength(2);
  for (const { text } of evidence) {
    expect(text).toMatch(/Authorization: Digest .*realm="door".*response=\[masked\]/);
    expect(text.match(/<-+ 401 Unauthorized --\|/g)).toHaveLength(2);
  }
}

const SHORT = ['--calls', '2', '--rate', '10/s', '--hold', '200ms', '--no-media'];

describe('a run with a password', () => {
  let door: Doorkeeper;
  beforeAll(async () => {
    door = await Doorkeeper.open();
  });
  afterAll(() => door.close());

  test.each([
    ['by flag', ['--user', 'alice', '--password', SECRET], {}],
    ['by flag with =, twice', ['--user=alice', `--password=${SECRET}x`, `--password=${SECRET}`, '--json'], {}],
    ['from the environment', ['--user', 'alice'], { CALLGAUGE_PASSWORD: SECRET }],
  ])('%s leaves no trace of it where it is refused', async (_, args, env) => {
    const { folder, result, ...end } = await run(['--target', door.uri, ...SHORT, ...args], { env });
    expect(end.code).toBe(3);
    expectNoTrace(end, folder);
    expect(filesOf(folder).map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'result.json',
        'report.html',
        'junit.xml',
        'summary.md',
        'metrics.txt',
        'calls.ndjson.gz',
        'seconds.ndjson.gz',
      ]),
    );
    expect(result.scenario).toMatchObject({ auth: { user: 'alice', password: '[redacted]' } });
    const { command } = result.environment;
    const shown = args.some((arg) => arg.startsWith('--password'));
    const masks = args.filter((arg) => arg.startsWith('--password')).length + Object.keys(env).length;
    expect(command.match(/\*\*\*/g) ?? []).toHaveLength(masks);
    expect(command.includes('--password')).toBe(shown);
    expect(result.calls.causes).toMatchObject([{ cause: 'unauthorized', count: 2 }]);
    const invites = door.heard.filter((text) => text.startsWith('INVITE')).slice(-4);
    expect(
      invites.filter((text) => text.includes('Authorization: Digest username="alice", realm="door"')),
    ).toHaveLength(2);
    expect(door.heard.join('\n')).not.toMatch(TRACE);
    expectMaskedAnswers(door.heard, folder);
  });

  test('in a scenario leaves no trace of it', async () => {
    const secret = temporaryFile('pbx.txt', `${SECRET}\n`);
    const scenario = temporaryFile(
      'auth.yaml',
      `version: 1\nname: auth\nauth: { user: alice, password: ${SECRET} }\nendpoints:\n` +
        `  - { name: a, target: "${door.uri}" }\n` +
        `  - { name: b, target: "${door.uri}", auth: { user: bob, password: "\${file:${secret}}" } }\n`,
    );
    const { folder, result, ...end } = await run([scenario, ...SHORT]);
    expectNoTrace(end, folder);
    expect(result.scenario).toMatchObject({
      endpoints: [{ name: 'a' }, { auth: { user: 'bob', password: `\${file:${secret}}` } }],
      auth: { password: '[redacted]' },
    });
    expect(door.heard.filter((text) => text.includes('From: <sip:bob@'))).not.toEqual([]);
    for (const args of [
      ['validate', scenario],
      ['run', scenario, '--dry-run'],
      ['run', scenario, '--rate', 'x'],
    ]) {
      expectNoTrace(await cli(args));
    }
  });
});

describe('without a run', () => {
  test.each([
    ['--password', SECRET],
    ['--password', SECRET, '--target', 'loopback'],
    ['--user', 'a', '--password', SECRET, '--target', 'x'],
    ['--user', 'a', '--password', SECRET, '--target', 'loopback', '--dry-run'],
    ['--user', 'a', '--password', `${SECRET}${'x'.repeat(200)}`, '--target', 'loopback'],
    ['--user', 'a', '--password', `${SECRET}\n`, '--target', 'loopback'],
    ['--user', 'a', '--pasword', SECRET, '--target', 'loopback'],
    ['--user', 'a', `--passwort=${SECRET}`, '--target', 'loopback'],
    ['--user', 'a', `--password:${SECRET}`, '--target', 'loopback'],
    ['--user', 'a', `--password${SECRET}`, '--target', 'loopback'],
    ['--user', 'a', `--password.x=${SECRET}`, '--target', 'loopback'],
    ['--user', 'a', '-password', SECRET, '--target', 'loopback'],
    ['--target', `sip:a:${SECRET}@192.0.2.1`],
    ['no-such-file.yaml', '--user', 'a', '--password', SECRET],
    ['--nonsense', '--user', 'a', '--password', SECRET],
  ])('%s %s … is not repeated', async (...args) => {
    const end = await cli(['run', ...args], { cwd: temporaryFolder() });
    expect(end.code).toBe(args.includes('--dry-run') ? 0 : 2);
    expectNoTrace(end);
  });
});
