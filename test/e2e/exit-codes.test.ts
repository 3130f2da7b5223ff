/** Exit 3, 4 and 5: gates that fail, gates that cannot be judged, and hosts that do not let the run start. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  bash,
  cli,
  filesOf,
  HOST,
  MuteTarget,
  readResult,
  run,
  startAnswerer,
  startCli,
  steadyRun,
  stopAnswerer,
  temporaryFile,
  temporaryFolder,
} from './cli.js';

const SHORT = ['--target', 'loopback', '--calls', '6', '--rate', '20/s', '--hold', '300ms', '--no-media'];
const MEDIA = ['--target', 'loopback', '--calls', '6', '--rate', '6/s', '--hold', '5s'];

describe('a gate that fails', () => {
  const gate = ['--gate', 'answer_delay.p50 < 0.001ms'];

  test('gives exit 3, and its line comes first', async () => {
    const end = await steadyRun([...SHORT, ...gate, '--gate', 'success_ratio >= 99%']);
    expect(end).toMatchObject({ code: 3, result: { verdict: 'fail', exitCode: 3 } });
    expect(end.stdout).toContain('FAIL');
    expect(end.stdout).toMatch(/answer_delay\.p50[^]*success_ratio >= 99% +100 %/);
    expect(end.result.gates.map(({ state }) => state)).toEqual(['fail', 'pass']);
    expect(end.result.gates[0]?.margin).toBeLessThan(0);
  });

  test('is shown and not heeded with --no-gates', async () => {
    const end = await steadyRun([...SHORT, ...gate, '--no-gates']);
    expect(end).toMatchObject({ code: 0, result: { verdict: 'fail', exitCode: 0 } });
    expect(end.result.gates[0]?.state).toBe('fail');
  });

  test('fails on MOS when the limit is above what the codec can give', async () => {
    const end = await steadyRun([...MEDIA, '--gate', 'mos.p5 >= 4.45']);
    expect(end.code).toBe(3);
    expect(end.result.gates).toMatchObject([{ state: 'fail', unit: 'MOS', limit: 4.45, severity: 'gate' }]);
  });

  test('fails when every call is refused, however busy this machine is', async () => {
    const answerer = await startAnswerer(['--mode', 'busy']);
    const end = await run(['--target', answerer.uri, '--calls', '3', '--rate', '10/s', '--hold', '1s']);
    expect(end).toMatchObject({ code: 3, result: { verdict: 'fail' } });
    await stopAnswerer(answerer);
  });
});

test('users of whom none can be registered give exit 5, the reason, and how to mend it', async () => {
  const answerer = await startAnswerer(); // it is no registrar
  const port = /:(\d+)$/.exec(answerer.uri)?.[1] ?? '';
  const head = `version: 1\nname: users\ntarget: sip:${HOST}:${port}\ncall: { to: users }\n`;
  const file = temporaryFile('users.yaml', `${head}users: [{ range: 1001-1004, password: hunter2-0815 }]\n`);
  const end = await run([file]);
  const reason = 'none of the 4 users could be registered: 405 methodNotAllowed ×4';
  expect(end).toMatchObject({ code: 5, result: { verdict: 'could-not-run', calls: { attempted: 0 } } });
  expect(end.result.reasons.join()).toContain(reason);
  expect(end.result.reasons.join()).toContain('check the names of users');
  expect(end.result.signalling).toMatchObject({
    ira: 1,
    registrations: { users: 4, refused: 4, registeredAtBegin: 0 },
  });
  expect(end.stderr).toContain('registering 4 users at 20/s');
  expect(end.stdout + end.stderr + JSON.stringify(end.result)).not.toContain('hunter2');
  await stopAnswerer(answerer);
});

describe.concurrent('a gate that cannot be judged', () => {
  const tooFew = ['--gate', 'setup_delay.p99 <= 1s'];

  test('for lack of samples gives exit 4 and says how many are needed', async () => {
    const end = await run([...SHORT, ...tooFew]);
    expect(end).toMatchObject({ code: 4, result: { verdict: 'inconclusive' } });
    expect(end.result.gates[0]).toMatchObject({
      state: 'no-data',
      samples: 6,
      reason: '6 samples, at least 100 are needed',
    });
    expect(end.stdout).toContain('INCONCLUSIVE');
  });

  test.each([
    ['fail', 3],
    ['warn', 0],
  ])('with --inconclusive %s gives exit %i', async (choice, code) => {
    const end = await run([...SHORT, ...tooFew, '--inconclusive', choice]);
    expect(end).toMatchObject({ code, result: { verdict: 'inconclusive', exitCode: code } });
  });

  test('because no leg used the codec whose scale is asked for', async () => {
    const end = await run([...SHORT.filter((arg) => arg !== '--no-media'), '--gate', 'mos_lq_wb.p5 >= 3.6']);
    expect(end).toMatchObject({ code: 4, result: { verdict: 'inconclusive' } });
    expect(end.result.gates[0]?.reason).toBe('no leg used a wideband codec');
  });
});

describe.concurrent('a host that does not let it start', () => {
  test('a port in use', async () => {
    const answerer = await startAnswerer();
    const address = answerer.uri.replace('sip:echo@', '');
    // Several at once, so that some are refused while a thread of theirs still loads native code: that must not abort them.
    const ends = await Promise.all(Array.from({ length: 4 }, () => cli(['answer', '--listen', address])));
    for (const end of ends) {
      expect(end).toMatchObject({ code: 5, stdout: '' });
      expect(end.stderr).toContain(address);
      expect(end.stderr).toContain('choose another port, or stop the program that has this one');
    }
    await stopAnswerer(answerer);
  });

  test('too few file handles', async () => {
    const end = await bash(
      `ulimit -n 200; callgauge run --target loopback --calls 100 --rate 50/s --out '${temporaryFolder()}'`,
    );
    expect(end).toMatchObject({ code: 5, stdout: '' });
    expect(end.stderr).toMatch(
      /^callgauge: 100 calls at once need \d+ open files, and the limit of this host is 200 \(raise it/,
    );
  });

  test('RTP ports that others hold', async () => {
    const holder = createSocket('udp4');
    holder.bind(17_502, HOST);
    await once(holder, 'listening');
    const scenario = temporaryFile(
      'ports.yaml',
      'version: 1\nname: ports\ntarget: loopback\nnetwork: { rtpPorts: 17500-17503 }\n',
    );
    const end = await run([scenario, '--calls', '2', '--rate', '2/s', '--hold', '1s']);
    holder.close();
    expect(end).toMatchObject({ code: 5, result: { verdict: 'could-not-run', exitCode: 5, calls: { attempted: 0 } } });
    expect(end.stdout).toContain('2 media slots are needed, 1 could be opened');
    expect(end.stdout).toContain('network.rtpPorts');
  });

  test('a name that does not resolve', async () => {
    const end = await cli(['run', '--target', 'sip:echo@no-such-host.invalid']);
    expect(end).toMatchObject({ code: 5, stdout: '' });
    expect(end.stderr).toContain(' of endpoint target cannot be resolved: ENOTFOUND');
  });

  test('a folder that cannot be made', async () => {
    const file = temporaryFile('file', 'not a folder');
    // Where folders can be seen and not be made, Node's own way to make several tries for ever.
    for (const out of [`${file}/run`, '/proc/none/run']) {
      const end = await cli(['run', '--target', 'loopback', '--calls', '1', '--out', out]);
      expect(end).toMatchObject({ code: 5, stdout: '' });
      expect(end.stderr).toContain('--out');
    }
  });

  test('a target that answers nothing to --wait', async () => {
    const target = await MuteTarget.open();
    const folder = temporaryFolder();
    const end = await cli(['run', '--target', target.uri, '--wait', '1s', '--out', folder]);
    expect(end.code).toBe(5);
    expect(target.datagrams).toBeGreaterThan(0);
    expect(readResult(folder)).toMatchObject({ verdict: 'could-not-run', calls: { attempted: 0 } });
    expect(end.stdout).toContain('the target did not answer OPTIONS within 1 s');
    target.close();
  });
});

describe.concurrent('a target that takes no connection', () => {
  test('ends the run after ten calls that found nobody, with the place, the reason and what to check', async () => {
    const port = await freePort();
    const load = ['--calls', '400', '--rate', '20/s', '--no-media', '--no-gates'];
    const end = await run(['--target', `sip:echo@${HOST}:${port};transport=tcp`, ...load]);
    expect(end).toMatchObject({ code: 5, result: { verdict: 'could-not-run', exitCode: 5 } });
    expect(end.result.reasons[0]).toMatch(
      new RegExp(
        `^the target cannot be reached at ${HOST}:${port} over TCP: .*ECONNREFUSED.*; so ended all \\d+ calls \\(nothing listens there: `,
      ),
    );
    expect(end.result.calls.failed).toBeGreaterThanOrEqual(10);
    expect(end.result.calls.attempted).toBeLessThan(200);
    expect(end.stdout).toContain('ECONNREFUSED');
  });

  test('but for one of several endpoints is a matter of the gates', async () => {
    const answerer = await startAnswerer();
    const scenario = temporaryFile(
      'half.yaml',
      `version: 1\nname: half\nmedia: false\ncall: { hold: 300ms }\nload: { calls: 8 }\ngates: [success_ratio >= 99%]\n` +
        `endpoints:\n  - { name: up, target: ${answerer.uri} }\n` +
        `  - { name: down, target: "sip:echo@${HOST}:${await freePort()};transport=tcp" }\n`,
    );
    const end = await run([scenario]);
    expect(end).toMatchObject({ code: 3, result: { verdict: 'fail', calls: { completed: 4, failed: 4 } } });
    await stopAnswerer(answerer);
  });
});

describe('a folder in which an earlier run stands', () => {
  test('has nothing of it when a run could not start; a mistake leaves it and says so', async () => {
    const refused = await startAnswerer(['--mode', 'busy']);
    const calls = ['--target', refused.uri, '--calls', '2', '--rate', '10/s', '--no-media'];
    const { folder, ...first } = await run(calls);
    const again = await cli(['run', ...calls, '--out', folder]);
    await stopAnswerer(refused);
    const notice = `the files of an earlier run in ${folder} are replaced`;
    expect([first.stderr.includes(notice), again.stderr.includes(notice)]).toEqual([false, true]);
    const namesIn = (): Set<string> => new Set(filesOf(folder).map(({ name }) => name));
    const before = namesIn();
    expect(before).toContain('evidence/call-0.txt');
    const mistake = await cli(['run', '--target', 'loopback', '--rate', 'fast', '--out', folder]);
    expect(mistake.code).toBe(2);
    expect(mistake.stderr).toContain(`callgauge: the files in ${folder} are of an earlier run\n`);
    expect(namesIn()).toEqual(before);
    const lost = await cli(['run', '--target', 'sip:echo@no-such-host.invalid', '--out', folder]);
    expect(lost.code).toBe(5);
    expect(namesIn()).toEqual(new Set());
  });
});

describe('where several hold', () => {
  test('2 over 5: a gate that is none, and a host that cannot be found', async () => {
    const end = await cli(['run', '--target', 'sip:echo@no-such-host.invalid', '--gate', 'mos.p5 >= many']);
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toContain('--gate');
  });

  test('5 over 130: too few ports, and a signal before that is known', async () => {
    const folder = temporaryFolder();
    const scenario = temporaryFile(
      'ports.yaml',
      'version: 1\nname: ports\ntarget: loopback\nnetwork: { rtpPorts: 17510-17513 }\n',
    );
    const holder = createSocket('udp4');
    holder.bind(17_512, HOST);
    await once(holder, 'listening');
    const program = startCli(['run', scenario, '--calls', '2', '--rate', '2/s', '--hold', '1s', '--out', folder]);
    while (!existsSync(join(folder, 'run.json'))) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    program.signal('SIGINT');
    const end = await program.end;
    holder.close();
    expect(end.stderr).toContain('SIGINT: no call will be placed');
    expect(end.code).toBe(5);
    expect(readResult(folder)).toMatchObject({ verdict: 'could-not-run', exitCode: 5, calls: { attempted: 0 } });
  });

  test('130 over 3, and 3 over 4: calls that are refused, a gate without samples, and a signal', async () => {
    const answerer = await startAnswerer(['--mode', 'busy']);
    const args = ['--target', answerer.uri, '--rate', '4/s', '--no-media', '--gate', 'success_ratio >= 99%'];
    const few = ['--gate', 'setup_delay.p99 <= 1s'];
    const folder = temporaryFolder();
    const stopped = startCli(['run', ...args, ...few, '--calls', '400', '--out', folder]);
    await stopped.printed('started: ');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    stopped.signal('SIGINT');
    expect((await stopped.end).code).toBe(130);
    const { verdict, gates, reasons } = readResult(folder);
    expect(verdict).toBe('interrupted');
    expect(gates.map(({ state }) => state)).toEqual(['fail', 'no-data']);
    expect(reasons.slice(0, 2)).toEqual(['stopped by SIGINT', 'success_ratio >= 99% failed: 0 %']);
    const ended = await run([...args, ...few, '--calls', '4']);
    expect(ended).toMatchObject({ code: 3, result: { verdict: 'fail' } });
    expect(ended.result.gates.map(({ state }) => state)).toEqual(['fail', 'no-data']);
    await stopAnswerer(answerer);
  });
});

/** Of TCP, on which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
