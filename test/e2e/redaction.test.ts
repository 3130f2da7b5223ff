/** With `--redact-numbers` no number and no name of a called or calling party is written anywhere. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, filesOf, HOST, readResult, run, temporaryFile, temporaryFolder, type CliEnd } from './cli.js';

const CALLED = '+493055501234';
const CALLER = '4930555998877';
/** The digits of both, as they stand in any form of them. */
const TRACE = /3055501234|30555998877|Anna/;

/** Refuses every call and says of whom it speaks, in words and in headers. */
class Gossip {
  private constructor(private readonly socket: Socket) {
    socket.on('message', (data, peer) => {
      const text = data.toString('latin1');
      const kept = text.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
      const asserted = `P-Asserted-Identity: "Anna" <sip:${CALLER}@pbx.example>`;
      if (text.startsWith('INVITE')) {
        const status = `SIP/2.0 404 ${CALLED} unknown to ${CALLER}`;
        socket.send(`${[status, ...kept, asserted].join('\r\n')}\r\nContent-Length: 0\r\n\r\n`, peer.port, HOST);
      }
    });
  }

  get port(): number {
    return this.socket.address().port;
  }

  static async open(): Promise<Gossip> {
    const socket = createSocket('udp4');
    socket.bind(0, HOST);
    await once(socket, 'listening');
    return new Gossip(socket);
  }

  close(): void {
    this.socket.close();
  }
}

function placesOf(end: CliEnd, folder: string): string[] {
  const all = [...filesOf(folder), { name: 'stdout', text: end.stdout }, { name: 'stderr', text: end.stderr }];
  return all.filter(({ text }) => TRACE.test(text)).map(({ name }) => name);
}

const SHORT = ['--calls', '3', '--rate', '10/s', '--no-media', '--user', CALLER, '--password', 'x'];

describe('numbers', () => {
  let pbx: Gossip;
  beforeAll(async () => {
    pbx = await Gossip.open();
  });
  afterAll(() => pbx.close());

  test('stand where nobody asked to hide them', async () => {
    const { folder, ...end } = await run(['--target', `sip:${CALLED}@${HOST}:${pbx.port}`, ...SHORT]);
    expect(placesOf(end, folder)).toEqual(
      expect.arrayContaining(['result.json', 'report.html', 'junit.xml', 'calls.ndjson.gz']),
    );
  });

  test.each([
    ['by flag', ['--redact-numbers'], {}],
    ['by flag, printing JSON', ['--redact-numbers', '--json'], {}],
    ['by the environment', [], { CALLGAUGE_REDACT_NUMBERS: '1' }],
  ])('are in no file and no output %s', async (_, flags, env) => {
    const target = `sip:${CALLED}@${HOST}:${pbx.port}`;
    const { folder, result, ...end } = await run(['--target', target, ...SHORT, ...flags], { env });
    expect(placesOf(end, folder)).toEqual([]);
    expect(end.code).toBe(3);
    // The same number is the same pseudonym, and the host stays.
    expect(result.endpoints[0]?.target).toBe(`sip:***1@${HOST}:${pbx.port}`);
    expect(result.environment.command).toContain('--user ***2');
    expect(result.scenario).toMatchObject({ auth: { user: '***2' }, redact: 'numbers' });
    const files = new Map(filesOf(folder).map(({ name, text }) => [name, text]));
    expect(files.get('evidence/call-0.txt')).toContain(`INVITE sip:***1@${HOST}:${pbx.port} SIP/2.0`);
    expect(files.get('evidence/call-0.txt')).toContain('P-Asserted-Identity: "***');
    const rows = files.get('calls.ndjson.gz');
    expect(rows).toContain('***1 unknown to ***2');
  });

  test('of a scenario are hidden as well, in names and labels too', async () => {
    const scenario = temporaryFile(
      'numbers.yaml',
      `version: 1\nname: numbers\nredact: numbers\nauth: { user: "${CALLER}", password: x }\nendpoints:\n` +
        `  - { name: "n${CALLER.length}", target: "sip:${CALLED}@${HOST}:${pbx.port}", labels: { line: "${CALLED}", p${CALLER}: x } }\n` +
        `load: { calls: 12, stages: [{ rate: 5/s }] }\nmedia: false\n` +
        `gates: ["success_ratio{line=${CALLED},p${CALLER}=x} >= 99%", "active_calls.max <= 4930"]\n`,
    );
    const { folder, result, ...end } = await run([scenario]);
    expect(placesOf(end, folder)).toEqual([]);
    expect(result.endpoints[0]?.labels).toEqual({ line: '***1', 'p***2': 'x' });
    // What a live gate says on the way passes the redactor as well.
    const gate = 'success_ratio{line=***1,p***2=x} >= 99%';
    expect(end.stderr).toMatch(
      /event=gate gate="success_ratio\{line=\*\*\*1,p\*\*\*2=x\} >= 99%" state=fail was=no-data/,
    );
    expect(result.gates.map(({ expr }) => expr)).toEqual([gate, 'active_calls.max <= 4930']);
    // And it can be read again.
    for (const file of ['result.json', 'report.html']) rmSync(join(folder, file));
    expect((await cli(['report', folder])).code).toBe(0);
    expect(readResult(folder).gates.map(({ state }) => state)).toEqual(['fail', 'pass']);
    for (const args of [
      ['validate', scenario],
      ['run', scenario, '--dry-run'],
    ]) {
      const shown = await cli(args);
      expect(shown.code).toBe(0);
      expect(shown.stdout).toContain(`sip:***1@${HOST}`);
      expect(placesOf(shown, temporaryFolder())).toEqual([]);
    }
  });

  test('and neither are keys that are pressed, by whichever way', async () => {
    const scenario = temporaryFile(
      'keys.yaml',
      'version: 1\nname: keys\nredact: numbers\ntarget: loopback\nload: { calls: 1 }\ncapture: { legs: 1, audio: true }\n' +
        'call:\n  hold: 0s\n  expect: { dtmf: "8*8#" }\n  steps:\n' +
        '    - dtmf: { digits: "7*9#", tone: 40ms, gap: 60ms }\n' +
        '    - dtmf: { digits: "7*9#", method: info, tone: 40ms, gap: 40ms }\n    - wait: 300ms\n',
    );
    const { folder, result, stdout, stderr } = await run([scenario]);
    const files = filesOf(folder);
    const shown = [...files.map(({ text }) => text), stdout, stderr].join('\n');
    expect(shown).not.toMatch(/7\*9#|8\*8#|Signal=[\d*#]|"digits?":\s?"[\d*#]/);
    expect(result.dtmf).toMatchObject({ mismatched: 1, sent: { rfc4733: 4, info: 4 }, received: { rfc4733: 4 } });
    expect(result.dtmf?.examples[0]?.expected).toBe('xxxx');
    const evidence = files.find(({ name }) => name === 'evidence/call-0.txt')?.text;
    expect(evidence).toMatch(/Signal=x\s+Duration=40/);
    expect(evidence).toContain('expected the keys xxxx, got xxxx');
  });

  test('are not repeated in what is wrong with a flag', async () => {
    const end = await cli(['run', '--redact-numbers', '--target', `sip:${CALLED}@${HOST};x=1`, '--rate', 'x']);
    expect(end.code).toBe(2);
    expect(end.stderr).toContain('sip:***1@');
    expect(placesOf(end, temporaryFolder())).toEqual([]);
  });
});
