/** The real media worker threads of the build, all back ends: a caller with the clip and an answerer that echoes. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { encodeUlaw } from '../../src/media/codec/g711.js';
import { loadLibc } from '../../src/net/libc.js';
import { SubmissionRing } from '../../src/net/submission-ring.js';
import { remoteMedia } from '../unit/worker/remote-media.js';
import { LEG, ROW } from '../../src/worker/messages.js';
import type {
  CodecClip,
  MediaBatch,
  MediaCommand,
  MediaReport,
  MediaWorkerSetup,
  Slot,
  SlotReport,
} from '../../src/worker/messages.js';

const HOST = '127.0.0.1';
const CALLS = 5;
const SECONDS = 4;
const ENTRY = new URL('../../dist/worker/media.js', import.meta.url);
/** Columns as in messages.ts; a test of the build must not share its tables. */
const COLUMN = {
  call: 0,
  direction: 2,
  second: 5,
  expected: 6,
  received: 7,
  lost: 8,
  jitterMs: 12,
  rFactor: 13,
  width: ROW.columns,
};
const TOTAL = {
  call: 0,
  direction: 1,
  expected: 4,
  received: 5,
  lost: 6,
  discarded: 7,
  rFactor: 12,
  sent: 28,
  missed: 29,
  reflected: 33,
  burstR: 18,
  width: LEG.columns,
};
const RECEIVED = 0;
COLUMN satisfies Partial<Record<keyof typeof ROW | 'width', number>>;
TOTAL satisfies Partial<Record<keyof typeof LEG | 'width', number>>;

const nowNs = (): number => Number(process.hrtime.bigint());
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function clip(): CodecClip {
  const samples = Int16Array.from({ length: 8000 }, (_, i) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 440 * i) / 8000)),
  );
  return { codec: 'PCMU', payloads: encodeUlaw(samples), bytesPerPacket: 160, packetCount: 50 };
}

class MediaWorker {
  readonly reports: MediaReport[] = [];
  slots: readonly Slot[] = [];
  readonly freed: number[] = [];
  ended = false;
  readonly port: MessagePort;
  private readonly worker: Worker;
  private readonly listeners = new Set<() => void>();

  constructor(setup: MediaWorkerSetup) {
    this.worker = new Worker(ENTRY, { workerData: setup });
    this.worker.on('message', (report: MediaReport) => this.take(() => this.reports.push(report)));
    this.worker.on('error', (error) =>
      this.take(() => this.reports.push({ type: 'cannot-open', code: 'died', message: String(error) })),
    );
    this.worker.on('exit', () =>
      this.take(() => {
        this.ended = true;
      }),
    );
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    port1.on('message', (report: SlotReport) =>
      this.take(() => {
        if (report.type === 'free') this.freed.push(report.slot);
        else if (report.type === 'slots') this.slots = [...this.slots, ...report.slots];
      }),
    );
    this.command({ type: 'channel', port: port2, slots: CALLS }, [port2]);
  }

  command(command: MediaCommand, transfer: readonly MessagePort[] = []): void {
    this.worker.postMessage(command, transfer);
  }

  /** Resolves when it holds; the test's own time limit ends a wait in vain. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => this.listeners.add(resolve));
    }
  }

  get batches(): MediaBatch[] {
    return this.reports.filter((report) => report.type === 'media');
  }

  has(type: MediaReport['type']): boolean {
    return this.reports.some((report) => report.type === type);
  }

  async end(): Promise<void> {
    this.port.close();
    await this.worker.terminate();
  }

  private take(change: () => void): void {
    change();
    for (const resolve of this.listeners) resolve();
    this.listeners.clear();
  }
}

function table(batches: readonly Float64Array[], width: number): number[][] {
  return batches.flatMap((values) =>
    Array.from({ length: values.length / width }, (_, i) => [...values.subarray(i * width, (i + 1) * width)]),
  );
}

/** An even port from which on a few pairs were free a moment ago. */
async function freeRange(): Promise<number> {
  const socket: Socket = createSocket('udp4');
  socket.bind(0, HOST);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return Math.min(port - (port % 2), 65_000);
}

async function startPair(backend: 'auto' | 'libc' | 'dgram'): Promise<[MediaWorker, MediaWorker]> {
  const first = await freeRange();
  const setup = (source: 'clip' | 'echo', index: number): MediaWorkerSetup => ({
    dscp: 46,
    kind: 'media',
    index,
    workers: 2,
    backend,
    localAddress: HOST,
    rtpPorts: { first, last: Math.min(first + 500, 65_535) },
    source,
    ptimeMs: 20,
    clips: [clip()],
    seed: 7,
  });
  const pair: [MediaWorker, MediaWorker] = [new MediaWorker(setup('clip', 0)), new MediaWorker(setup('echo', 1))];
  for (const worker of pair) await worker.until(() => worker.slots.length >= CALLS || worker.has('cannot-open'));
  return pair;
}

function connectAll(worker: MediaWorker, remote: readonly Slot[]): void {
  worker.slots.forEach(({ slot }, call) => {
    worker.port.postMessage({
      type: 'connect',
      slot,
      media: remoteMedia({ address: HOST, port: remote[call]?.rtpPort ?? 0, answeredAtNs: nowNs() }),
    });
  });
}

const libc = await loadLibc();
const ring = libc === null ? null : SubmissionRing.open(libc, 1);
ring?.close();
const backends = [
  ['io_uring', 'auto', ring !== null] as const,
  ['libc', 'libc', libc !== null] as const,
  ['dgram', 'dgram', true] as const,
];

describe.each(backends)('media workers on %s', (name, backend, available) => {
  it.skipIf(!available)('five calls of four seconds: nothing is lost, each way', async () => {
    const pair = await startPair(backend);
    const [caller, answerer] = pair;
    try {
      for (const worker of pair) {
        expect(worker.reports).toContainEqual({ type: 'ready', backend: name });
        expect(worker.slots).toHaveLength(CALLS);
        worker.command({ type: 'begin', epochNs: nowNs() });
        worker.slots.forEach(({ slot }, call) => worker.port.postMessage({ type: 'arm', slot, call, endpoint: 0 }));
      }
      await pause(50);
      connectAll(caller, answerer.slots);
      connectAll(answerer, caller.slots);
      await pause(SECONDS * 1000);
      const endedAtNs = nowNs();
      for (const worker of pair) {
        for (const { slot } of worker.slots) worker.port.postMessage({ type: 'release', slot, endedAtNs });
      }
      for (const worker of pair) {
        await worker.until(() => worker.freed.length === CALLS);
        worker.command({ type: 'stop' });
        await worker.until(() => worker.ended);
        expectClean(worker);
      }
    } finally {
      await Promise.all(pair.map((worker) => worker.end()));
    }
  });

  it.skipIf(!available)('stop before they have begun', async () => {
    const pair = await startPair(backend);
    for (const worker of pair) {
      worker.command({ type: 'stop' });
      await worker.until(() => worker.ended);
      expect(worker.has('cannot-open')).toBe(false);
      await worker.end();
    }
  });
});

/** A thread that the machine held up for a second sends nothing in it; then there is less to expect, but still no loss. */
function expectClean(worker: MediaWorker): void {
  const rows = table(
    worker.batches.map(({ rows }) => rows),
    COLUMN.width,
  ).filter((row) => row[COLUMN.direction] === RECEIVED);
  const legs = table(
    worker.batches.map(({ legs }) => legs),
    TOTAL.width,
  ).filter((leg) => leg[TOTAL.direction] === RECEIVED);
  expect(legs.map((leg) => leg[TOTAL.call]).toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual([0, 1, 2, 3, 4]);
  for (const leg of legs) {
    const own = rows.filter((row) => row[COLUMN.call] === leg[TOTAL.call]);
    expect(own.reduce((sum, row) => sum + (row[COLUMN.expected] ?? 0), 0)).toBe(leg[TOTAL.expected]);
    expect(leg[TOTAL.lost]).toBe(0);
    expect(leg[TOTAL.reflected]).toBe(0);
    expect(leg[TOTAL.received]).toBe(leg[TOTAL.expected]);
    const due = (leg[TOTAL.sent] ?? 0) + (leg[TOTAL.missed] ?? 0);
    expect(Math.abs(due - SECONDS * 50)).toBeLessThanOrEqual(50);
    expect(leg[TOTAL.received]).toBeGreaterThan(100);
    for (const row of own) {
      expect(Number.isFinite(row[COLUMN.jitterMs])).toBe(true);
      expect(row[COLUMN.lost]).toBe(0);
    }
    // 93.2, unless the machine held a thread up for longer than the jitter buffer is deep.
    const badPercent = (100 * (leg[TOTAL.discarded] ?? 0)) / (leg[TOTAL.expected] ?? 0);
    const burstR = leg[TOTAL.burstR] ?? Number.NaN;
    expect(leg[TOTAL.rFactor]).toBeCloseTo(93.2062 - (95 * badPercent) / (badPercent / burstR + 25.1), 2);
  }
  expect(worker.batches.some(({ latenessUs }) => latenessUs.length > 0)).toBe(true);
}
