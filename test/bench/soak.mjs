/**
 * The whole program for a long time: calls with speech to our own answerer on loopback, all up for the whole of it. Memory and figures by
 * tenth of that time, so that a leak or a slow worsening shows, and the error of our own pacing as a receiver on this host sees it.
 *   node test/bench/soak.mjs [--calls=1000] [--minutes=30] [--rate=50]
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CLI, flags, median, printMachine, printTable, residentMb, scratchDirectory } from './bench.mjs';

const { calls, minutes, rate } = flags({ calls: 1000, minutes: 30, rate: 50 });
const TENTHS = 10;
const SAMPLE_MS = 1000;

const scenarioOf = (port) => `version: 1
name: soak
target: sip:soak@127.0.0.1:${port}
call: { hold: ${minutes}m }
capture: { legs: 0 } # captured packets wait in memory until their call is over, up to 8 MiB a leg
load: { calls: ${calls}, stages: [{ rate: ${rate}/s }] }
safety: { maxRate: 1000/s, maxConcurrency: 10000 }
`;

const worst = (values) => Math.max(...values.filter((value) => value !== null));

/** Rows of the run's own seconds that all calls were up in, parted in tenths, with the memory at the end of each. */
function table(result, memory) {
  const rampSeconds = Math.ceil(calls / rate) + 1;
  const until = minutes * 60;
  const width = (until - rampSeconds) / TENTHS;
  return Array.from({ length: TENTHS }, (_, tenth) => {
    const from = rampSeconds + tenth * width;
    const within = ({ second }) => second >= from && second < from + width;
    const own = result.generator.seconds.filter(within);
    const seen = result.seconds.filter(within);
    const last = memory.findLast(({ second }) => second < from + width);
    return {
      'from s': Math.round(from),
      'MB caller': last?.caller ?? Number.NaN,
      'MB answerer': last?.answerer ?? Number.NaN,
      'sent/s': own.reduce((sum, { sentPackets }) => sum + sentPackets, 0) / width,
      missed: own.reduce((sum, { missedPackets }) => sum + missedPackets, 0),
      drops: own.reduce((sum, { receiveDrops }) => sum + (receiveDrops ?? 0), 0),
      'late p99 ms': median(own.map(({ sendLatenessMs }) => sendLatenessMs?.p99 ?? Number.NaN)),
      'loop p99 ms': worst(own.map(({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms)),
      'jitter p50 ms': median(seen.map(({ received }) => received?.jitterMs?.p50 ?? Number.NaN)),
      'jitter p95 ms': median(seen.map(({ received }) => received?.jitterMs?.p95 ?? Number.NaN)),
      'loss %': 100 * median(seen.map(({ received }) => received?.lossRatio ?? Number.NaN)),
      'MOS p50': median(seen.map(({ received }) => received?.mosLq?.p50 ?? Number.NaN)),
      'MOS min': Math.min(...seen.map(({ received }) => received?.mosLq?.min ?? Number.NaN)),
    };
  });
}

function skews(folder) {
  const lines = gunzipSync(readFileSync(join(folder, 'calls.ndjson.gz')))
    .toString('utf8')
    .trim()
    .split('\n');
  const ppm = lines
    .map((line) => JSON.parse(line).received?.clockSkewPpm ?? Number.NaN)
    .filter((one) => !Number.isNaN(one));
  return { legs: ppm.length, 'p50 ppm': median(ppm), 'min ppm': Math.min(...ppm), 'max ppm': Math.max(...ppm) };
}

printMachine();
const folder = scratchDirectory();
const answerer = fork(CLI, ['answer', '--listen', '127.0.0.1:0', '--quiet'], {
  stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
});
const [{ port }] = await once(answerer, 'message');
const scenario = join(folder, 'soak.yaml');
writeFileSync(scenario, scenarioOf(port));
const out = join(folder, 'out');
const caller = spawn('node', [CLI, 'run', scenario, '--no-gates', '--quiet', '--out', out], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
const startedAt = performance.now();
const memory = [];
const watch = setInterval(() => {
  const second = (performance.now() - startedAt) / 1000;
  memory.push({ second, caller: residentMb(caller.pid), answerer: residentMb(answerer.pid) });
}, SAMPLE_MS);
const [exitCode] = await once(caller, 'close');
clearInterval(watch);
answerer.kill('SIGTERM');
const result = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
printTable(
  `${calls} calls for ${minutes} min, exit ${exitCode}, ${result.calls.completed} completed`,
  table(result, memory),
);
printTable('Error of the answerer’s pacing, as our receiver sees it', [skews(out)]);
printMachine();
