import { beforeEach, describe, expect, test } from 'vitest';
import { NS_PER_MS } from '../../../src/lib/clock.js';
import { FloorProbe } from '../../../src/worker/floor-probe.js';
import { MemoryNetwork, MemorySockets } from './memory-sockets.js';

const PORT = 61_000;

let network: MemoryNetwork;
let sockets: MemorySockets;

beforeEach(() => {
  network = new MemoryNetwork();
  network.nowNs = 5000 * NS_PER_MS;
  sockets = new MemorySockets(network);
});

function open(): Promise<FloorProbe | null> {
  return FloorProbe.open(sockets, { firstPort: PORT, now: () => network.nowNs });
}

async function opened(): Promise<FloorProbe> {
  const probe = await open();
  if (probe === null) throw new Error('not opened');
  return probe;
}

/** Serves every millisecond; `lateMs` of a packet shifts the service that sends it. */
function serveFor(probe: FloorProbe, packets: number, lateMs: (packet: number) => number = () => 0): void {
  const startNs = network.nowNs;
  for (let i = 0; i < packets; i++) {
    network.nowNs = startNs + (i * 20 + lateMs(i)) * NS_PER_MS;
    probe.serve(network.nowNs);
  }
  network.nowNs = startNs + packets * 20 * NS_PER_MS;
}

/** Values of the pairs, each as often as it counts. */
function valuesOf(pairs: Float64Array): number[] {
  const values: number[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    values.push(...Array.from({ length: pairs[i + 1] ?? 0 }, () => pairs[i] ?? 0));
  }
  return values;
}

test('sends one packet of 172 bytes each 20 ms to itself, however often it is served', async () => {
  const probe = await opened();
  for (let ms = 0; ms <= 100; ms++) {
    probe.serve(network.nowNs);
    network.nowNs += NS_PER_MS;
  }
  expect(network.sent.map(({ to }) => to)).toEqual(Array.from({ length: 6 }, () => `127.0.0.1:${PORT}`));
  expect(network.sent.every(({ packet }) => packet.length === 172 && (packet[0] ?? 0) >> 6 === 2)).toBe(true);
  expect(network.sent.map(({ packet }) => packet[3])).toEqual([0, 1, 2, 3, 4, 5]);
  expect(network.sent.map(({ packet }) => ((packet[6] ?? 0) << 8) | (packet[7] ?? 0))).toEqual([
    0, 160, 320, 480, 640, 800,
  ]);
});

describe('the floor', () => {
  test('is nothing where every packet is in time', async () => {
    const probe = await opened();
    serveFor(probe, 51);
    const { jitterUs, transitUs } = probe.take(false);
    expect(valuesOf(jitterUs)).toEqual(Array.from({ length: 49 }, () => 0));
    expect(valuesOf(transitUs)).toEqual(Array.from({ length: 50 }, () => 0));
  });

  test('is RFC 3550 jitter: late by 0 and 4 ms in turn settles at 4 ms', async () => {
    const probe = await opened();
    serveFor(probe, 400, (packet) => (packet % 2) * 4);
    probe.take(false);
    serveFor(probe, 50, (packet) => (packet % 2) * 4);
    const values = valuesOf(probe.take(false).jitterUs);
    expect(values.length).toBeGreaterThan(45);
    for (const value of values) {
      expect(value).toBeGreaterThan(4000 * 0.97); // steps of the tally are 3 % wide
      expect(value).toBeLessThan(4000 * 1.03);
    }
  });

  test('is told once', async () => {
    const probe = await opened();
    serveFor(probe, 10);
    expect(probe.take(false).transitUs.length).toBeGreaterThan(0);
    expect(probe.take(false)).toEqual({ jitterUs: new Float64Array(0), transitUs: new Float64Array(0) });
  });

  test('a packet more than a ptime late is left out, and its successor is in time', async () => {
    const probe = await opened();
    serveFor(probe, 3);
    network.nowNs += 45 * NS_PER_MS; // what was due at 60 and 80 ms did not leave; it is 105 ms
    probe.serve(network.nowNs);
    expect(network.sent.map(({ packet }) => packet[3])).toEqual([0, 1, 2, 5]);
  });

  test('a lost packet of the probe is no jitter', async () => {
    network.lose = (packet) => packet[3] === 4;
    const probe = await opened();
    serveFor(probe, 20);
    const { jitterUs, transitUs } = probe.take(false);
    expect(valuesOf(transitUs)).toHaveLength(18);
    expect(Math.max(...valuesOf(jitterUs))).toBe(0);
  });

  test('transit is from the send to the arrival', async () => {
    const probe = await opened();
    network.lose = () => {
      network.nowNs += 0.25 * NS_PER_MS; // the network asks before it stamps the arrival
      return false;
    };
    serveFor(probe, 5);
    const values = valuesOf(probe.take(false).transitUs);
    expect(values).toHaveLength(4);
    expect(values.every((value) => Math.abs(value - 250) < 8)).toBe(true);
  });

  test('a step of the wall clock voids the second, and the next one begins afresh', async () => {
    const probe = await opened();
    serveFor(probe, 10);
    expect(probe.take(true).jitterUs).toHaveLength(0);
    serveFor(probe, 10);
    expect(Math.max(...valuesOf(probe.take(false).jitterUs))).toBe(0);
  });

  test('packets of others are not counted', async () => {
    const probe = await opened();
    serveFor(probe, 2);
    const stranger = new Uint8Array(172);
    stranger[0] = 0x80;
    stranger[11] = 1;
    network.deliver({ address: '127.0.0.1', port: 9 }, `127.0.0.1:${PORT}`, stranger);
    network.deliver({ address: '127.0.0.1', port: 9 }, `127.0.0.1:${PORT}`, Uint8Array.of(1));
    serveFor(probe, 1);
    expect(valuesOf(probe.take(false).transitUs)).toHaveLength(2);
  });
});

describe('opening', () => {
  test('passes over ports in use', async () => {
    sockets.refusals.set(PORT, 'address-in-use');
    serveFor(await opened(), 1);
    expect(network.sent[0]?.to).toBe(`127.0.0.1:${PORT + 1}`);
  });

  test('gives none where there is no port, and leaves no socket behind', async () => {
    sockets.refusals.set(0, 'too-many-open-files');
    expect(await open()).toBeNull();
    expect(network.bound.size).toBe(0);
  });

  test('closes both', async () => {
    const probe = await opened();
    probe.close();
    expect(network.bound.size).toBe(0);
  });
});
