/** Calls over TCP, TLS and WebSockets to our own answerer, by the command line alone, and how what goes wrong is told. */
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificates, opensslMissing, type Certificates } from '../unit/sip/transport/certificates.js';
import { cli, filesOf, run, startCli, temporaryFile, type Cli, type RunEnd } from './cli.js';

const FEW_CALLS = ['--calls', '3', '--rate', '10/s', '--hold', '500ms', '--gate', 'success_ratio == 100%'];
let certificates: Certificates;
const answerers: Cli[] = [];

beforeAll(() => {
  if (!opensslMissing) certificates = makeCertificates();
});
afterAll(async () => {
  for (const answerer of answerers) answerer.signal('SIGTERM');
  await Promise.all(answerers.map(({ end }) => end));
  certificates?.remove();
});

const file = (name: string): string => join(certificates.folder, name);

/** Starts an answerer; gives its port. */
async function answer(transport: string, args: readonly string[] = [], listen = '127.0.0.1:0'): Promise<number> {
  const isTls = transport === 'tls' || transport === 'wss';
  const identity = isTls ? ['--tls-cert', file('server.pem'), '--tls-key', file('server.key')] : [];
  const answerer = startCli(['answer', '--listen', listen, '--transport', transport, ...identity, ...args]);
  answerers.push(answerer);
  await answerer.printed('answering on');
  return Number(/answering on sip:\S+:(\d+) \(/.exec(answerer.stderr)?.[1]);
}

const callsTo = (target: string, args: readonly string[] = []): Promise<RunEnd> =>
  run(['--target', target, ...FEW_CALLS, ...args]);

/** Every call completed, with its audio, and the far end returned what it received. */
function checkCalls({ result }: RunEnd): void {
  expect(result.calls).toMatchObject({ attempted: 3, answered: 3, completed: 3, failed: 0, oneWay: 0, causes: [] });
  expect(result.quality.received?.packets.received).toBeGreaterThan(0);
  expect(result.quality.sent?.packets.received).toBeGreaterThan(0);
}

describe.skipIf(opensslMissing).concurrent('(openssl) calls', () => {
  test.each(['tcp', 'tls', 'ws', 'wss'])('over %s: one connection for all, or one for each', async (transport) => {
    const port = await answer(transport);
    const target = `sip:echo@127.0.0.1:${port};transport=${transport}`;
    const trust = transport === 'tls' || transport === 'wss' ? ['--tls-ca', file('ca.pem')] : [];
    const shared = await callsTo(target, trust);
    expect(shared.code).toBe(0);
    checkCalls(shared);
    checkCalls(await callsTo(target, [...trust, '--connections', 'call']));
  });

  test('to a sips: target, which is called over TLS; its audio is SRTP, whose keys are in no file', async () => {
    const port = await answer('tls', ['--srtp', 'required']);
    const end = await callsTo(`sips:echo@127.0.0.1:${port}`, [
      '--tls-ca',
      file('ca.pem'),
      '--srtp',
      'AEAD_AES_128_GCM',
    ]);
    expect(end.code).toBe(0);
    checkCalls(end);
    expect(end.result.endpoints[0]?.srtp).toEqual([{ suite: 'AEAD_AES_128_GCM', legs: 3 }]);
    expect(end.result.quality.received?.packets).toMatchObject({ lost: 0, srtpAuthFailures: 0 });
    const texts = [end.stdout, end.stderr, ...filesOf(end.folder).map(({ text }) => text)];
    expect(texts.filter((text) => text.includes('inline:[masked]'))).not.toEqual([]);
    expect(texts.filter((text) => /inline:(?!\[masked\])/.test(text))).toEqual([]);
  });

  test.each(['udp', 'tcp'])('over IPv6 and %s, signalling and audio', async (transport) => {
    const port = await answer(transport, [], '[::1]:0');
    const { code, result } = await callsTo(`sip:echo@[::1]:${port};transport=${transport}`);
    expect(code).toBe(0);
    expect(result.calls).toMatchObject({ completed: 3, oneWay: 0, noMedia: 0, causes: [] });
    expect(result.quality.received?.packets).toMatchObject({ lost: 0, stray: 0 });
  });

  test('to a peer whose word on our address is taken; SIP over UDP is marked', async () => {
    const port = await answer('udp');
    const { code, result } = await callsTo(`sip:echo@127.0.0.1:${port}`, ['--advertise', 'learned', '--wait', '10s']);
    expect(code).toBe(0);
    expect(result.calls).toMatchObject({ completed: 3, oneWay: 0, noMedia: 0, causes: [] });
    expect(result.environment.seenAddress).toMatch(/^127\.0\.0\.1:\d+$/);
    expect([24, null]).toContain(result.environment.signallingDscp); // null: without native sockets
  });

  test('with a certificate of our own, whose key has a password; a scenario file says it all', async () => {
    const port = await answer('tls', ['--tls-ca', file('ca.pem')]);
    const scenario = temporaryFile(
      'tls.yaml',
      `version: 1\nname: tls\ntarget: "sip:echo@127.0.0.1:${port};transport=tls"\ncall: { hold: 500ms }\nload: { calls: 3 }\n` +
        `gates: [success_ratio == 100%]\nnetwork:\n  tls:\n    ca: ${file('ca.pem')}\n    cert: ${file('client.pem')}\n` +
        `    key: ${file('locked.key')}\n    keyPassword: "\${env:KEY_PASSWORD}"\n    serverName: pbx.example\n`,
    );
    const end = await run([scenario], { env: { KEY_PASSWORD: 's3cret' } });
    checkCalls(end);
    expect(JSON.stringify(end.result)).not.toContain('s3cret');
    expect(end.stdout + end.stderr).not.toContain('s3cret');
    const without = await callsTo(`sip:echo@127.0.0.1:${port};transport=tls`, ['--tls-ca', file('ca.pem')]);
    expect(without.result.calls.causes.map(({ cause }) => cause)).toEqual(['tlsFailed']);
  });
});

describe.skipIf(opensslMissing)('(openssl) what goes wrong is the cause of each call', () => {
  test.each([[[]], [['--connections', 'call']]])('nobody listens (%j)', async (args) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const { code, result } = await callsTo(`sip:echo@127.0.0.1:${port};transport=tcp`, args);
    expect(code).toBe(5);
    expect(result.calls).toMatchObject({ attempted: 3, failed: 3, answered: 0 });
    expect(result.calls.causes).toMatchObject([
      { cause: 'connectionFailed', phase: 'setup', sipStatus: null, count: 3 },
    ]);
  });

  test('a certificate that nobody vouches for, until it is taken by name', async () => {
    const port = await answer('tls');
    const target = `sip:echo@127.0.0.1:${port};transport=tls`;
    const { code, result } = await callsTo(target);
    expect(code).toBe(5);
    expect(result.reasons[0]).toMatch(
      /^the target cannot be reached at 127\.0\.0\.1:\d+ over TLS: .*certificate.*; so ended all 3 calls \(--tls-ca FILE /,
    );
    expect(result.calls.causes).toMatchObject([{ cause: 'tlsFailed', phase: 'setup', sipStatus: null, count: 3 }]);
    const insecure = await callsTo(target, ['--tls-insecure']);
    checkCalls(insecure);
    expect(insecure.result.warnings).toContain('network.tls.insecure: certificates are not checked in this run');
  });
});

describe.skipIf(opensslMissing)('(openssl) refused before anything is sent', () => {
  test.each([
    [['--target', 'sip:a@192.168.1.1;transport=sctp'], '--target: expected transport=udp, tcp, tls, ws, wss'],
    [['--target', 'sips:a@192.168.1.1;transport=udp'], '--target: expected no transport=udp in a sips: target'],
    [['--target', 'loopback', '--tls-ca', 'no-such.pem'], '--tls-ca: the file cannot be read'],
    [['--target', 'loopback', '--connections', 'port'], '--connections: expected worker or user or call'],
    [['--target', 'loopback', '--proxy', 'sip:me@proxy'], '--proxy: expected sip:host[:port][;transport=…]'],
  ])('%j', async (args, message) => {
    const { code, stderr } = await cli(['run', ...args, '--dry-run']);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('an answerer over TLS without a certificate, and a key that is not the certificate’s', async () => {
    const none = await cli(['answer', '--listen', '127.0.0.1:0', '--transport', 'tls']);
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringContaining('--tls-cert: missing; expected a certificate'),
    ]);
    const other = await cli([
      'answer',
      '--listen',
      '127.0.0.1:0',
      '--transport',
      'tls',
      '--tls-cert',
      file('server.pem'),
      '--tls-key',
      file('client.key'),
    ]);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('cannot be used for TLS')]);
  });
});
