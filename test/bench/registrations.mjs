/**
 * CPU per user who registers and unregisters, ours and SIPp's, against one SIPp as registrar, in alternating pairs on the same
 * machine. The slope between a small and a large number of users counts.
 *   node test/bench/registrations.mjs [--pairs=2] [--short=2000] [--long=10000] [--rate=2000]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLI, flags, printMachine, printTable, scratchDirectory, timed } from './bench.mjs';

const HOST = '127.0.0.1';
const REGISTRAR_PORT = 15_192;
const UAC_PORT = 15_193;
const options = flags({ pairs: 2, short: 2000, long: 10_000, rate: 2000 });
const directory = scratchDirectory();

const scenarioFile = (name) => fileURLToPath(new URL(name, import.meta.url));
const sippSockets = (port) =>
  `-i ${HOST} -bind_local -p ${port} -mi ${HOST} -mp ${port + 12_000} -ci ${HOST} -cp ${port + 20_000} -t u1 -nostdin`.split(
    ' ',
  );

async function ours(users) {
  const scenario = join(directory, 'bench.yaml');
  const lines = [
    'version: 1',
    'name: bench',
    `target: sip:${HOST}:${REGISTRAR_PORT}`,
    'media: false',
    `users: [{ range: "100000-${100_000 + users - 1}", password: x }]`,
    `registration: { rate: ${options.rate}/s, expires: 1h }`,
    'call: { to: users, hold: 0s, ringTimeout: 1s }',
    'load: { calls: 1 }',
    'safety: { maxRate: 100000/s, maxConcurrency: 1000000 }',
  ];
  writeFileSync(scenario, `${lines.join('\n')}\n`);
  const out = join(directory, 'out');
  const log = join(directory, 'ours.log');
  const run = await timed(process.execPath, [CLI, 'run', scenario, '--quiet', '--no-gates', '--out', out], { log });
  if (run.exitCode !== 0) throw new Error(`callgauge run ended with ${run.exitCode}: ${readFileSync(log, 'utf8')}`);
  const { signalling } = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
  rmSync(out, { recursive: true });
  return { ...run, registered: signalling.registrations?.registeredAtBegin ?? Number.NaN };
}

async function sipp(users) {
  const args = `${HOST}:${REGISTRAR_PORT} -m ${users} -r ${options.rate} -l ${users}`.split(' ');
  const command = ['-sf', scenarioFile('uac-register.xml'), ...args, ...sippSockets(UAC_PORT)];
  return timed('sipp', command, { log: join(directory, 'sipp.log') });
}

const slopeUs = (short, long) => ((long.cpuSeconds - short.cpuSeconds) * 1e6) / (options.long - options.short);

printMachine();
const registrar = spawn('sipp', ['-sf', scenarioFile('uas-register.xml'), ...sippSockets(REGISTRAR_PORT)], {
  cwd: directory,
  stdio: 'ignore',
});
try {
  await sleep(500);
  const rows = [];
  for (let pair = 1; pair <= options.pairs; pair++) {
    const short = { ours: await ours(options.short), sipp: await sipp(options.short) };
    const long = { ours: await ours(options.long), sipp: await sipp(options.long) };
    const [oursUs, sippUs] = [slopeUs(short.ours, long.ours), slopeUs(short.sipp, long.sipp)];
    rows.push({
      pair,
      'ours µs/user': oursUs,
      'SIPp µs/user': sippUs,
      ratio: oursUs / sippUs,
      'ours registered': `${short.ours.registered}, ${long.ours.registered}`,
      'SIPp exit codes': `${short.sipp.exitCode}, ${long.sipp.exitCode}`,
    });
  }
  printTable(
    `CPU per user (REGISTER 200, REGISTER 200), ${options.short} → ${options.long} users at ${options.rate}/s`,
    rows,
  );
} finally {
  registrar.kill('SIGKILL');
  await once(registrar, 'exit');
  rmSync(directory, { recursive: true });
}
printMachine();
