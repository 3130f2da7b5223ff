/**
 * What stands beside our media thread in media.mjs: a C loop of bare system calls (floor.c), which sends and takes packets and
 * measures nothing, and SIPp's rtp_stream, which only sends.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { REPOSITORY, scratchDirectory, threadCpuSeconds } from './bench.mjs';

const HOST = '127.0.0.1';
const PTIME_S = 0.02;
/** Calls are set up within this time, and their audio flows. */
const SETTLE_MS = 6000;
const sockets = (port) => `-i ${HOST} -bind_local -p ${port} -mi ${HOST} -mp ${port + 12_000} -t u1 -nostdin`;
const sum = (values) => [...values].reduce((total, value) => total + value, 0);

/** The floor with so many streams; null without a C compiler. */
export async function floorFigures({ calls, seconds, reflectorPort }) {
  const directory = scratchDirectory();
  const program = join(directory, 'floor');
  try {
    execFileSync('cc', ['-O2', '-o', program, fileURLToPath(new URL('floor.c', import.meta.url))], { stdio: 'ignore' });
    const child = spawn(program, [calls, seconds, reflectorPort].map(String), { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part) => (text += part));
    await once(child, 'close');
    const { sent, received, cpuSeconds } = JSON.parse(text);
    return { sent: sent / seconds, received: received / seconds, cpuRatio: cpuSeconds / seconds };
  } catch {
    return null;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** SIPp with so many calls whose audio it sends to another SIPp; null without it. */
export async function sippFigures({ calls, seconds }) {
  const directory = scratchDirectory();
  const log = openSync(join(directory, 'sipp.log'), 'w');
  const start = (args) => spawn('sipp', args.split(' '), { cwd: directory, stdio: ['ignore', log, log] });
  const children = [];
  try {
    execFileSync(process.execPath, [join(REPOSITORY, 'test/interop/peers/make-tone.mjs'), directory]);
    const uas = join(REPOSITORY, 'test/interop/peers/scenarios/uas-silent.xml');
    const uac = fileURLToPath(new URL('uac-rtp-stream.xml', import.meta.url));
    children.push(start(`-sf ${uas} ${sockets(15_190)}`));
    await sleep(500);
    children.push(
      start(`-sf ${uac} ${HOST}:15190 -s bench -m ${calls} -r ${Math.ceil(calls / 3)} -l ${calls} ${sockets(15_191)}`),
    );
    await sleep(SETTLE_MS);
    const caller = children[1];
    const from = [sum(threadCpuSeconds(caller.pid).values()), datagramsOut()];
    await sleep(seconds * 1000);
    const to = [sum(threadCpuSeconds(caller.pid).values()), datagramsOut()];
    // Of the whole host, which does nothing else meanwhile.
    return { sent: (to[1] - from[1]) / seconds, due: calls / PTIME_S, cpuRatio: (to[0] - from[0]) / seconds };
  } catch {
    return null;
  } finally {
    for (const child of children) child.kill('SIGKILL');
    closeSync(log);
    await sleep(200);
    rmSync(directory, { recursive: true });
  }
}

function datagramsOut() {
  const [names = '', values = ''] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Udp:'));
  return Number(values.split(' ')[names.split(' ').indexOf('OutDatagrams')]);
}
