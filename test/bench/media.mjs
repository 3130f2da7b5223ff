/**
 * One media worker thread with the real engine, against a reflector in another process: CPU per packet both ways (sent,
 * received and measured), how late packets leave, the jitter that we add ourselves, what was missed, memory per call.
 *   node test/bench/media.mjs [--calls=500,1000,2000] [--backends=io_uring,libc,dgram] [--seconds=10] [--suites=off,AES_CM_128_HMAC_SHA1_80] [--peers=0]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import { floorFigures, sippFigures } from './media-peers.mjs';
import { flags, moduleUrl, percentileOf, printMachine, printTable, threadCpuSeconds } from './bench.mjs';

const HOST = '127.0.0.1';
const REFLECTOR_PORT = 15_300;
const PACKET_BYTES = 172;
/** Slots are connected over this time, as calls would be. */
const RAMP_MS = 1500;
const SETTLE_MS = 4000;

/** One size on one back end, in a process of its own, so that its memory is its own. */
async function measure({ calls, backend, seconds, suite }) {
  const { monotonicNs } = await import(moduleUrl('lib/clock.js'));
  const { ROW, LEG } = await import(moduleUrl('worker/messages.js'));
  const srtp = suite === 'off' ? {} : { srtp: await reflectedKeys(suite) };
  const rssBefore = process.memoryUsage.rss();
  const threadsBefore = threadCpuSeconds();
  const worker = new Worker(moduleUrl('worker/media.js'), { workerData: setupFor(backend) });
  const channel = new MessageChannel();
  const batches = [];
  const stopped = new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (report) => {
      if (report.type === 'media') batches.push(report);
      else if (report.type === 'cannot-open') reject(new Error(report.message));
    });
    worker.on('exit', resolve);
  });
  const opened = once(channel.port2, 'message');
  worker.postMessage({ type: 'channel', port: channel.port1, slots: calls }, [channel.port1]);
  const [{ slots }] = await opened;
  worker.postMessage({ type: 'begin', epochNs: monotonicNs() });
  for (const [call, { slot }] of slots.entries()) {
    channel.port2.postMessage({ type: 'arm', slot, call, endpoint: 0 });
    channel.port2.postMessage({
      type: 'connect',
      slot,
      media: { ...reflectorMedia(monotonicNs()), ...srtp },
    });
    if (call % 50 === 49) await sleep((RAMP_MS * 50) / calls);
  }
  await sleep(SETTLE_MS);
  const from = snapshot(threadsBefore);
  const firstBatch = batches.length;
  await sleep(seconds * 1000);
  const to = snapshot(threadsBefore);
  const measured = batches.slice(firstBatch);
  const rssBytes = process.memoryUsage.rss() - rssBefore;
  for (const { slot } of slots) channel.port2.postMessage({ type: 'release', slot, endedAtNs: monotonicNs() });
  await sleep(1000);
  worker.postMessage({ type: 'stop' });
  await stopped;
  channel.port2.close();
  return {
    ...figures(measured, batches, { ROW, LEG }),
    cpuRatio: busiest(from, to) / seconds,
    rssBytes,
    slots: slots.length,
  };
}

/** What comes back was protected with our own key. */
async function reflectedKeys(suite) {
  const { srtpSuite } = await import(moduleUrl('lib/srtp-suite.js'));
  const { keyBytes, saltBytes } = srtpSuite(suite);
  const key = new Uint8Array(keyBytes + saltBytes).fill(7);
  return { protocol: 'RTP/SAVP', suite, sendKey: key, receiveKey: key };
}

/** The reflector as an SDP would make it known. */
function reflectorMedia(answeredAtNs) {
  return {
    address: HOST,
    port: REFLECTOR_PORT,
    rtcpAddress: HOST,
    rtcpPort: REFLECTOR_PORT + 1,
    rtcpMux: false,
    codec: 'PCMU',
    payloadType: 0,
    receivePayloadTypes: [0],
    eventPayloadTypes: [],
    eventSendPayloadType: null,
    comfortNoisePayloadTypes: [],
    isOurs: false,
    sends: true,
    receives: true,
    answeredAtNs,
  };
}

function setupFor(backend) {
  return {
    kind: 'media',
    dscp: 46,
    index: 0,
    workers: 1,
    backend: backend === 'io_uring' ? 'auto' : backend,
    localAddress: HOST,
    rtpPorts: { first: 16_384, last: 24_575 },
    source: 'clip',
    ptimeMs: 20,
    clips: [{ codec: 'PCMU', payloads: new Uint8Array(160 * 500).fill(0x55), bytesPerPacket: 160, packetCount: 500 }],
    seed: 1,
  };
}

/** CPU of the threads that the worker brought: its own, and V8's helpers that came with it. */
const snapshot = (before) => {
  const now = threadCpuSeconds();
  for (const id of before.keys()) now.delete(id);
  return now;
};

const busiest = (from, to) => Math.max(...[...to].map(([id, seconds]) => seconds - (from.get(id) ?? 0)));

function figures(measured, all, { ROW, LEG }) {
  const sum = (name) => measured.reduce((total, batch) => total + (batch[name] ?? 0), 0);
  const lateness = measured.flatMap((batch) => [...batch.latenessUs]);
  const jitter = [];
  for (const { rows } of measured)
    for (let at = 0; at < rows.length; at += ROW.columns)
      if (!Number.isNaN(rows[at + ROW.jitterMs])) jitter.push(rows[at + ROW.jitterMs], 1);
  let [expected, lost] = [0, 0];
  for (const { legs } of all)
    for (let at = 0; at < legs.length; at += LEG.columns) {
      expected += legs[at + LEG.expected];
      lost += legs[at + LEG.lost];
    }
  return {
    seconds: measured.length,
    sent: sum('sent'),
    received: sum('received'),
    missed: sum('missed'),
    sendErrors: sum('sendErrors'),
    drops: all.at(-1)?.drops ?? null,
    lost,
    expected,
    lateness: [0.5, 0.99, 1].map((share) => percentileOf(lateness, share) / 1000),
    jitter: [0.5, 0.99].map((share) => percentileOf(jitter, share)),
  };
}

async function inChild(run) {
  const child = fork(fileURLToPath(import.meta.url), [], { env: { ...process.env, BENCH_MEDIA: JSON.stringify(run) } });
  const [result] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => [{ failed: code }]),
  ]);
  child.kill();
  if ('failed' in result) throw new Error(`the measuring process ended with ${result.failed}`);
  return result;
}

async function bench() {
  const options = flags({
    calls: [500, 1000, 2000],
    backends: ['io_uring', 'libc', 'dgram'],
    seconds: 10,
    suites: ['off'],
    peers: 1,
  });
  printMachine();
  const rows = [];
  for (const suite of options.suites) rows.push(...(await benchSuite(suite, options)));
  printTable(`One media thread, ${options.seconds} s each, all packets reflected`, rows);
  printMachine();
}

/** @param suite of SRTP, or off */
async function benchSuite(suite, { backends, calls: sizes, seconds, peers }) {
  const tagBytes = suite === 'off' ? 0 : (await import(moduleUrl('lib/srtp-suite.js'))).srtpSuite(suite).rtpTagBytes;
  const reflector = fork(
    fileURLToPath(new URL('reflector.mjs', import.meta.url)),
    [REFLECTOR_PORT, PACKET_BYTES + tagBytes].map(String),
  );
  try {
    await once(reflector, 'message');
    const rows = [];
    for (const backend of backends) {
      let smaller = null;
      for (const calls of sizes) {
        const run = await inChild({ calls, backend, seconds, suite });
        const beside =
          peers > 0 && backend === 'io_uring' && suite === 'off' ? await peersBeside({ calls, seconds }) : {};
        rows.push({ srtp: suite, ...rowOf({ backend, calls, run, smaller }), ...ratios(run, beside) });
        smaller = { calls, run };
      }
    }
    return rows;
  } finally {
    reflector.kill('SIGKILL');
    await once(reflector, 'exit');
  }
}

function rowOf({ backend, calls, run, smaller }) {
  const perSecond = run.sent / run.seconds;
  return {
    'back end': backend,
    calls,
    'cpu %': run.cpuRatio * 100,
    'µs/packet both ways': (run.cpuRatio * 1e6) / perSecond,
    'sent/s': Math.round(perSecond),
    'received/s': Math.round(run.received / run.seconds),
    'late p50 ms': run.lateness[0],
    p99: run.lateness[1],
    max: run.lateness[2],
    'jitter p50 ms': run.jitter[0],
    'p99 ': run.jitter[1],
    missed: run.missed,
    lost: run.lost,
    'own drops': run.drops ?? '–',
    'send errors': run.sendErrors,
    'RSS MB': run.rssBytes / 2 ** 20,
    'KB/call': smaller === null ? Number.NaN : (run.rssBytes - smaller.run.rssBytes) / 1024 / (calls - smaller.calls),
  };
}

async function peersBeside({ calls, seconds }) {
  const floor = await floorFigures({ calls, seconds, reflectorPort: REFLECTOR_PORT });
  return { floor, sipp: await sippFigures({ calls, seconds }) };
}

const microsecondsOf = (figures) => (figures === null ? Number.NaN : (figures.cpuRatio * 1e6) / figures.sent);

/** CPU of a packet beside the bare calls, which measure nothing, and SIPp, which reads nothing. */
function ratios(run, { floor = null, sipp = null }) {
  const ours = (run.cpuRatio * 1e6) / (run.sent / run.seconds);
  return {
    'C both ways µs': microsecondsOf(floor),
    'ratio to C': ours / microsecondsOf(floor),
    'SIPp only sends µs': microsecondsOf(sipp),
    'ratio to SIPp': ours / microsecondsOf(sipp),
  };
}

if (process.env.BENCH_MEDIA === undefined) await bench();
else {
  process.send(await measure(JSON.parse(process.env.BENCH_MEDIA)));
}
