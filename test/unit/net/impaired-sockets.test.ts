import { beforeEach, describe, expect, test } from 'vitest';
import { NS_PER_MS } from '../../../src/lib/clock.js';
import { parseImpairment } from '../../../src/lib/impairment.js';
import type { Destination } from '../../../src/net/datagram.js';
import { ImpairedSockets } from '../../../src/net/impaired-sockets.js';
import { MemoryNetwork, MemorySockets } from '../worker/memory-sockets.js';

const HOST = '127.0.0.1';
const RTP_PORT = 4000;

let network: MemoryNetwork;
let plain: MemorySockets;

beforeEach(() => {
  network = new MemoryNetwork();
  plain = new MemorySockets(network);
});

interface Stream {
  readonly sockets: ImpairedSockets;
  readonly handle: number;
  readonly destination: Destination;
}

async function streamOver(
  impair: string,
  options: { seed?: number; port?: number; maxWaiting?: number } = {},
): Promise<Stream> {
  const reading = parseImpairment(impair);
  if (!('impairment' in reading)) throw new Error(impair);
  const sockets = new ImpairedSockets(plain, {
    impairment: reading.impairment,
    seed: options.seed ?? 1,
    ptimeMs: 20,
    now: () => network.nowNs,
    ...(options.maxWaiting !== undefined && { maxWaiting: options.maxWaiting }),
  });
  const handle = await sockets.open(HOST, options.port ?? RTP_PORT);
  return { sockets, handle, destination: sockets.destination(HOST, 5000) };
}

const RTP_OCTET = 0;
const RTCP_OCTET = 200;

/** Enough of a packet to tell RTP and RTCP apart, and its number. */
function packetOf(number: number, kind = RTP_OCTET): Uint8Array {
  return Uint8Array.of(0x80, kind, number >> 8, number & 255);
}

/** Numbered packets, 20 ms apart; the link is flushed every millisecond. */
function sendAll({ sockets, handle, destination }: Stream, count: number, kind = RTP_OCTET): void {
  for (let i = 0; i < count; i++) {
    sockets.send(handle, packetOf(i, kind), destination);
    passTime(sockets, 20);
  }
}

function passTime(sockets: ImpairedSockets, ms: number): void {
  for (let i = 0; i < ms; i++) {
    network.nowNs += NS_PER_MS;
    sockets.flush(network.nowNs);
  }
}

/** What passes of each stream of a socket on a new network, as text. */
async function passedBy(streams: number, seed: number): Promise<string[]> {
  network = new MemoryNetwork();
  plain = new MemorySockets(network);
  const stream = await streamOver('loss=30%', { seed });
  return Array.from({ length: streams }, () => {
    network.sent.length = 0;
    sendAll({ ...stream, destination: stream.sockets.destination(HOST, 5000) }, 60);
    return numbersSent().join();
  });
}

function numbersSent(): number[] {
  return network.sent.map(({ packet }) => ((packet[2] ?? 0) << 8) | (packet[3] ?? 0));
}

function timesSentMs(): number[] {
  return network.sent.map(({ atNs }) => atNs / NS_PER_MS);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test('a whole link passes everything at once, and what comes is untouched', async () => {
  const stream = await streamOver('loss=0%');
  sendAll(stream, 3);
  expect(numbersSent()).toEqual([0, 1, 2]);
  expect(timesSentMs()).toEqual([0, 20, 40]);
  network.deliver({ address: HOST, port: 5000 }, `${HOST}:${RTP_PORT}`, Uint8Array.of(9));
  expect(stream.sockets.receive(stream.handle)).toBe(1);
  expect(stream.sockets.data[0]).toBe(9);
  expect(stream.sockets.sourcePort).toBe(5000);
  expect(stream.sockets.counts()).toMatchObject({ offered: 3, lost: 0, delayed: 0, jitterMs: 0 });
});

describe('loss', () => {
  test('is told to nobody, and counted', async () => {
    const stream = await streamOver('loss=50%');
    for (let i = 0; i < 100; i++) {
      expect(stream.sockets.send(stream.handle, packetOf(i), stream.destination)).toBe(true);
    }
    const { offered, lost } = stream.sockets.counts();
    expect(offered).toBe(100);
    expect(network.sent).toHaveLength(100 - lost);
    expect(lost).toBeGreaterThan(30);
    expect(lost).toBeLessThan(70);
  });

  test('that no receiver can miss is known apart: before the first and behind the last packet that arrived', async () => {
    const stream = await streamOver('loss=60%', { seed: 3 });
    sendAll(stream, 40);
    const sent = numbersSent();
    const [first = 0, last = 0] = [sent[0], sent.at(-1)];
    const { lost, lostUnseen } = stream.sockets.counts();
    expect(lostUnseen).toBe(first + (39 - last));
    expect(lostUnseen).toBeGreaterThan(0);
    expect(lost - lostUnseen).toBe(last - first + 1 - sent.length);
    stream.sockets.close(stream.handle);
    expect(stream.sockets.counts()).toMatchObject({ lost, lostUnseen });
  });

  test('is that of the seed and the stream: a second stream of the socket has another fate, the first one the same again', async () => {
    const [first, second] = await passedBy(2, 4);
    expect(second).not.toBe(first);
    expect(await passedBy(2, 4)).toEqual([first, second]);
    expect((await passedBy(1, 5))[0]).not.toBe(first);
  });
});

describe('delay', () => {
  test('holds a copy of each packet until its time', async () => {
    const stream = await streamOver('delay=50ms');
    const packet = packetOf(1);
    stream.sockets.send(stream.handle, packet, stream.destination);
    packet.fill(255);
    passTime(stream.sockets, 49);
    expect(network.sent).toHaveLength(0);
    expect(stream.sockets.nextFlushNs).toBe(50 * NS_PER_MS);
    passTime(stream.sockets, 1);
    expect(numbersSent()).toEqual([1]);
    expect(stream.sockets.nextFlushNs).toBe(Number.POSITIVE_INFINITY);
    expect(stream.sockets.counts()).toMatchObject({ offered: 1, delayed: 1, unsent: 0 });
  });

  test('alone adds no jitter', async () => {
    const stream = await streamOver('delay=50ms');
    sendAll(stream, 100);
    passTime(stream.sockets, 60);
    expect(timesSentMs()).toEqual(Array.from({ length: 100 }, (_, i) => 50 + 20 * i));
    expect(stream.sockets.counts().jitterMs).toBe(0);
  });

  test('a refusal of the kernel that comes later is a send error', async () => {
    const stream = await streamOver('delay=5ms');
    stream.sockets.send(stream.handle, packetOf(1), stream.destination);
    plain.sendFails = true;
    passTime(stream.sockets, 5);
    expect(stream.sockets.sendErrors()).toBe(1);
  });

  test('packets on their way when the socket closes do not leave, and are said', async () => {
    const stream = await streamOver('delay=50ms');
    sendAll(stream, 10);
    const left = network.sent.length;
    stream.sockets.close(stream.handle);
    expect(stream.sockets.counts()).toMatchObject({ offered: 10, unsent: 10 - left });
    passTime(stream.sockets, 100);
    expect(network.sent).toHaveLength(left);
    expect(stream.sockets.counts()).toMatchObject({ unsent: 10 - left });
  });

  test('a full link drops, and says how many', async () => {
    const stream = await streamOver('delay=1s', { maxWaiting: 5 });
    sendAll(stream, 8);
    passTime(stream.sockets, 1000);
    expect(numbersSent()).toEqual([0, 1, 2, 3, 4]);
    expect(stream.sockets.counts()).toMatchObject({ offered: 8, overflowed: 3, delayed: 5 });
  });
});

describe('jitter', () => {
  test.each([5, 10, 20])('of %d ms: the order stays, and the delays settle at that', async (jitterMs) => {
    const stream = await streamOver(`jitter=${jitterMs}ms`);
    const packets = 3000;
    sendAll(stream, packets);
    passTime(stream.sockets, 200);
    expect(numbersSent()).toEqual(Array.from({ length: packets }, (_, i) => i));
    const delays = timesSentMs().map((atMs, i) => atMs - 20 * i);
    const differences = delays.slice(1).map((delay, i) => Math.abs(delay - (delays[i] ?? 0)));
    expect(mean(differences)).toBeGreaterThan(jitterMs * 0.95);
    expect(mean(differences)).toBeLessThan(jitterMs * 1.05);
    // The truth that the link keeps, against the same filter over the delays that were seen.
    let estimate = 0;
    const estimates = [0, ...differences.map((difference) => (estimate += (difference - estimate) / 16))];
    expect(stream.sockets.counts().jitterMs).toBeCloseTo(mean(estimates), 6);
  });
});

describe('duplicates', () => {
  test.each(['duplicate=20%', 'duplicate=20%,delay=30ms'])('%s: the copy leaves right behind', async (impair) => {
    const stream = await streamOver(impair);
    sendAll(stream, 500);
    passTime(stream.sockets, 50);
    const sent = numbersSent();
    const copies = sent.filter((number, i) => i > 0 && sent[i - 1] === number);
    expect(sent).toHaveLength(500 + copies.length);
    expect(stream.sockets.counts()).toMatchObject({ duplicated: copies.length, jitterMs: 0 });
    expect(copies.length).toBeGreaterThan(60);
  });
});

describe('reordering', () => {
  test.each(['reorder=20%', 'reorder=20%,delay=30ms', 'reorder=20%,jitter=10ms'])(
    '%s: leaves right behind the follower, nothing is lost',
    async (impair) => {
      const stream = await streamOver(impair);
      sendAll(stream, 500);
      passTime(stream.sockets, 300);
      const sent = numbersSent();
      expect(sent.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, i) => i));
      const overtaken = sent.filter((number, i) => i > 0 && (sent[i - 1] ?? 0) === number + 1);
      const { reordered } = stream.sockets.counts();
      expect(reordered).toBe(overtaken.length);
      expect(reordered).toBeGreaterThan(70);
    },
  );

  test('without a follower it leaves on its own, and counts as in order', async () => {
    const stream = await streamOver('reorder=50%'); // every other one, the first too
    stream.sockets.send(stream.handle, packetOf(1), stream.destination);
    passTime(stream.sockets, 99);
    expect(network.sent).toHaveLength(0);
    passTime(stream.sockets, 1);
    expect(numbersSent()).toEqual([1]);
    expect(stream.sockets.counts()).toMatchObject({ reordered: 0, delayed: 1, unsent: 0 });
  });
});

test('all at once: what came in has gone somewhere', async () => {
  const stream = await streamOver('loss=10%,burst=3,delay=40ms,jitter=15ms,duplicate=10%,reorder=10%');
  sendAll(stream, 2000);
  const counts = stream.sockets.counts();
  const left = network.sent.length;
  expect(counts.offered + counts.duplicated).toBe(counts.lost + counts.overflowed + counts.unsent + left);
  expect(counts.unsent).toBeGreaterThan(0);
});

test('RTCP goes over the same link and is counted apart', async () => {
  const stream = await streamOver('loss=50%,delay=10ms', { port: RTP_PORT + 1 });
  sendAll(stream, 100, RTCP_OCTET);
  passTime(stream.sockets, 20);
  const counts = stream.sockets.counts();
  expect(counts).toMatchObject({ offered: 0, lost: 0, lostUnseen: 0, delayed: 0, jitterMs: null, rtcpOffered: 100 });
  expect(network.sent).toHaveLength(100 - counts.rtcpLost);
});

test('RTCP between the packets of a shared port changes nothing for them', async () => {
  const alone = await passedBy(1, 3);
  network = new MemoryNetwork();
  plain = new MemorySockets(network);
  const shared = await streamOver('loss=30%', { seed: 3 });
  for (let i = 0; i < 60; i++) {
    shared.sockets.send(shared.handle, packetOf(i), shared.destination);
    shared.sockets.send(shared.handle, packetOf(i, RTCP_OCTET), shared.destination);
    passTime(shared.sockets, 20);
  }
  const rtp = network.sent.filter(({ packet }) => packet[1] === RTP_OCTET).map(({ packet }) => packet[3]);
  expect(rtp.join()).toBe(alone[0]);
  const counts = shared.sockets.counts();
  expect(counts).toMatchObject({ offered: 60, lost: 60 - rtp.length, rtcpOffered: 60 });
  expect(counts.rtcpLost).toBeGreaterThan(5);
});
