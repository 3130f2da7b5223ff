/**
 * CPU per completed call without media, ours and SIPp's as caller, against one SIPp as callee, in alternating pairs on
 * the same machine. The slope between a short and a long run counts, so start-up, compilation and the report do not.
 *   node test/bench/signalling.mjs [--pairs=3] [--short=4000] [--long=24000] [--rate=2000] [--steps=1000,…,5000] [--holds=0,10] [--seconds=20] [--transport=udp|tcp]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLI, REPOSITORY, flags, median, printMachine, printTable, scratchDirectory, timed } from './bench.mjs';

const HOST = '127.0.0.1';
const UAS_PORT = 15_190;
const UAC_PORT = 15_191;
const STEP_SECONDS = 4;

const options = flags({
  pairs: 3,
  short: 4000,
  long: 24_000,
  rate: 2000,
  steps: [1000, 2000, 3000, 4000, 5000],
  holds: [0, 10],
  seconds: 20,
  transport: 'udp',
});
const isTcp = options.transport === 'tcp';
const directory = scratchDirectory();

const sippSockets = (port) =>
  `-i ${HOST} -bind_local -p ${port} -mi ${HOST} -mp ${port + 12_000} -ci ${HOST} -cp ${port + 20_000} -t ${isTcp ? 't1' : 'u1'} -nostdin`.split(
    ' ',
  );

async function startUas() {
  const scenario = join(REPOSITORY, 'test/interop/peers/scenarios/uas-silent.xml');
  const log = openSync(join(directory, 'uas.log'), 'w');
  const child = spawn('sipp', ['-sf', scenario, ...sippSockets(UAS_PORT)], {
    cwd: directory,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  await sleep(500);
  if (child.exitCode !== null)
    throw new Error(`SIPp did not start: ${readFileSync(join(directory, 'uas.log'), 'utf8')}`);
  return child;
}

/** One run of ours; the figures of its result beside its CPU. */
async function ours(calls, rate, holdSeconds = 0) {
  const scenario = join(directory, 'bench.yaml');
  const lines = [
    'version: 1',
    'name: bench',
    `target: sip:bench@${HOST}:${UAS_PORT};transport=${options.transport}`,
    'media: false',
    `call: { hold: ${holdSeconds}s }`,
    `load: { calls: ${calls}, stages: [{ rate: ${rate}/s }] }`,
    'safety: { maxRate: 100000/s, maxConcurrency: 1000000 }',
  ];
  writeFileSync(scenario, `${lines.join('\n')}\n`);
  const out = join(directory, 'out');
  const args = [CLI, 'run', scenario, '--quiet', '--no-gates', '--out', out];
  const log = join(directory, 'ours.log');
  const seconds = Math.ceil(calls / rate) + holdSeconds + 60;
  const run = await timed(process.execPath, args, { log, seconds });
  if (run.exitCode !== 0) throw new Error(`callgauge run ended with ${run.exitCode}: ${readFileSync(log, 'utf8')}`);
  const { calls: book, signalling, generator } = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
  rmSync(out, { recursive: true });
  return {
    ...run,
    failed: calls - book.completed,
    again: signalling.retransmissions.reduce((sum, { count }) => sum + count, 0),
    lagP99Ms: generator.startLagMs?.p99 ?? Number.NaN,
    setupP50Ms: signalling.setupDelayMs?.p50 ?? Number.NaN,
    loopP99Ms: generator.eventLoopDelayMs?.p99 ?? Number.NaN,
  };
}

async function sipp(calls, rate) {
  const scenario = fileURLToPath(new URL('uac-no-media.xml', import.meta.url));
  const statistics = join(directory, 'stat.csv');
  rmSync(statistics, { force: true });
  const args = `${HOST}:${UAS_PORT} -s bench -m ${calls} -r ${rate} -l ${calls} -trace_stat -stf ${statistics} -fd 60`;
  const command = ['-sf', scenario, ...args.split(' '), ...sippSockets(UAC_PORT)];
  const run = await timed('sipp', command, { log: join(directory, 'sipp.log') });
  const [names, ...rows] = readFileSync(statistics, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(';'));
  const last = (name) => Number(rows.at(-1)[names.indexOf(name)]);
  return { ...run, failed: calls - last('SuccessfulCall(C)'), again: last('Retransmissions(C)'), lagP99Ms: Number.NaN };
}

const slopeUs = (short, long, name = 'cpuSeconds') =>
  ((long[name] - short[name]) * 1e6) / (options.long - options.short);

async function slopes() {
  const rows = [];
  for (let pair = 1; pair <= options.pairs; pair++) {
    const short = { ours: await ours(options.short, options.rate), sipp: await sipp(options.short, options.rate) };
    const long = { ours: await ours(options.long, options.rate), sipp: await sipp(options.long, options.rate) };
    const [oursUs, sippUs] = [slopeUs(short.ours, long.ours), slopeUs(short.sipp, long.sipp)];
    rows.push({
      pair,
      'ours µs/call': oursUs,
      'SIPp µs/call': sippUs,
      ratio: oursUs / sippUs,
      'of ours: signalling': slopeUs(short.ours, long.ours, 'workerSeconds'),
      main: slopeUs(short.ours, long.ours, 'mainSeconds'),
      'V8 helpers': slopeUs(short.ours, long.ours, 'helperSeconds'),
      'our start s': short.ours.cpuSeconds - (oursUs * options.short) / 1e6,
      'our failed': short.ours.failed + long.ours.failed,
      'SIPp failed': short.sipp.failed + long.sipp.failed,
      'sent again (ours, SIPp)': `${short.ours.again + long.ours.again}, ${short.sipp.again + long.sipp.again}`,
    });
  }
  // A failed call costs another sum than a completed one: such a pair is shown, and left out of the median.
  const good = rows.filter((row) => row['our failed'] === 0 && row['SIPp failed'] === 0);
  const middle = (name) => median(good.map((row) => row[name]));
  const names = ['ours µs/call', 'SIPp µs/call', 'ratio', 'of ours: signalling', 'main', 'V8 helpers', 'our start s'];
  const blank = Object.fromEntries(Object.keys(rows[0]).map((name) => [name, '']));
  return [
    ...rows,
    { ...blank, pair: `median of ${good.length}`, ...Object.fromEntries(names.map((name) => [name, middle(name)])) },
  ];
}

/** At each rate for some seconds; a step counts as held when no call failed, nothing was sent again and the starts kept pace. */
async function rateSteps() {
  const rows = [];
  for (const rate of options.steps) {
    for (const [who, run] of [
      ['ours', ours],
      ['SIPp', sipp],
    ]) {
      const { failed, again, lagP99Ms, cpuSeconds, wallSeconds } = await run(rate * STEP_SECONDS, rate);
      rows.push({
        'calls/s': rate,
        who,
        failed,
        'sent again': again,
        'start lag p99 ms': lagP99Ms,
        'cpu s': cpuSeconds,
        'wall s': wallSeconds,
      });
    }
  }
  return rows;
}

/** Calls that stay up: as many dialogs at once as start within the time that they are held. */
async function heldCalls() {
  const { rate, seconds } = options;
  const rows = [];
  for (const hold of options.holds) {
    const run = await ours(rate * seconds, rate, hold);
    const memoryAt = (share) => run.memory.findLast(({ second }) => second <= hold + share * (seconds - hold));
    rows.push({
      'held s': hold,
      'dialogs at once': rate * hold,
      calls: rate * seconds,
      failed: run.failed,
      'sent again': run.again,
      'µs/call, start included': (run.cpuSeconds * 1e6) / (rate * seconds),
      'setup p50 ms': run.setupP50Ms,
      'loop delay p99 ms': run.loopP99Ms,
      'MB when all are up': memoryAt(0)?.residentMb ?? Number.NaN,
      'MB halfway': memoryAt(0.5)?.residentMb ?? Number.NaN,
      'MB at the end': memoryAt(1)?.residentMb ?? Number.NaN,
    });
  }
  return rows;
}

printMachine();
const uas = await startUas();
try {
  if (options.pairs > 0) {
    const range = `${options.short} → ${options.long} calls at ${options.rate}/s`;
    printTable(
      `CPU per completed call over ${options.transport} (INVITE 180 200 ACK BYE 200), slope ${range}`,
      await slopes(),
    );
  }
  if (options.steps[0] > 0)
    printTable(`Rates over ${options.transport}, ${STEP_SECONDS} s each, same callee`, await rateSteps());
  if (options.seconds > 0)
    printTable(`Calls that stay up, ours at ${options.rate}/s for ${options.seconds} s`, await heldCalls());
} finally {
  uas.kill('SIGKILL');
  await once(uas, 'exit');
  rmSync(directory, { recursive: true });
}
printMachine();
