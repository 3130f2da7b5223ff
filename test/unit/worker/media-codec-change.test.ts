/** Another codec within a call, and audio before its answer: what is sent, and what is measured of it. */
import { describe, expect, it } from 'vitest';
import type { RemoteMedia } from '../../../src/call/media-slots.js';
import type { CodecClip, ROW } from '../../../src/worker/messages.js';
import { ANSWERER, arm, CALLER, connect, EPOCH_NS, headersFrom, MS, release, Worker } from './engine-pair.js';
import { MemoryNetwork } from './memory-sockets.js';
import { remoteMedia } from './remote-media.js';

const clip = (codec: string): CodecClip => ({
  codec,
  payloads: Uint8Array.from({ length: 50 * 160 }, (_, i) => 1 + (i % 100)),
  bytesPerPacket: 160,
  packetCount: 50,
});
const TYPES: Readonly<Record<string, number>> = { PCMU: 0, PCMA: 8, G722: 9 };
const as = (codec: string): Partial<RemoteMedia> => ({
  codec,
  payloadType: TYPES[codec] ?? 0,
  receivePayloadTypes: [TYPES[codec] ?? 0],
});

const update = (worker: Worker, address: string, atMs: number, changes: Partial<RemoteMedia>): void => {
  const media = { ...remoteMedia({ address, isOurs: true }), ...changes, answeredAtNs: EPOCH_NS + atMs * MS };
  worker.engine.command({ type: 'update', slot: 0, media });
};

/** Two workers that both send a clip, in a call from 0 s on. */
async function up() {
  const network = new MemoryNetwork();
  const clips = Object.keys(TYPES).map(clip);
  const caller = new Worker(network, CALLER, { clips });
  const answerer = new Worker(network, ANSWERER, { clips, seed: 2 });
  await Promise.all([caller.open(1), answerer.open(1)]);
  network.nowNs = EPOCH_NS;
  for (const { engine } of [caller, answerer]) {
    engine.begin(EPOCH_NS);
    engine.run(network.nowNs);
  }
  const advanceTo = (ms: number): void => {
    while (network.nowNs < EPOCH_NS + ms * MS) {
      network.nowNs += MS;
      caller.engine.run(network.nowNs);
      answerer.engine.run(network.nowNs);
    }
  };
  const over = (atMs: number): void => {
    advanceTo(atMs);
    release(caller, atMs);
    release(answerer, atMs);
    advanceTo(atMs + 4500);
  };
  for (const worker of [caller, answerer]) arm(worker);
  return { network, caller, answerer, advanceTo, update, over };
}

const CODECS = ['PCMU', 'PCMA', 'G722'];
const codecOf = (row: Record<keyof typeof ROW, number>): string => CODECS[row.codec] ?? '?';

describe('another codec within a call', () => {
  it('of the same make changes the payload type alone: stream, clock and score go on, and nothing is lost on the way', async () => {
    const world = await up();
    const { caller, answerer } = world;
    connect(caller, ANSWERER, { media: { isOurs: true } });
    connect(answerer, CALLER, { media: { isOurs: true } });
    world.advanceTo(5005);
    // The answerer changes first; the caller hears of it 60 ms later, and what it sends until then is of the old codec.
    world.update(caller, ANSWERER, 5005, { receivePayloadTypes: [0, 8] });
    world.update(answerer, CALLER, 5005, as('PCMA'));
    world.advanceTo(5065);
    world.update(caller, ANSWERER, 5065, as('PCMA'));
    world.over(10_000);
    const headers = headersFrom(world.network, CALLER);
    const first = headers.findIndex(({ payloadType }) => payloadType === 8);
    const [before, after] = [headers[first - 1]!, headers[first]!];
    expect((after.sequence - before.sequence) & 0xffff).toBe(1);
    expect((after.timestamp - before.timestamp) >>> 0).toBe(160);
    expect(after.ssrc).toBe(before.ssrc);
    for (const worker of [caller, answerer]) {
      expect(worker.legs[0]).toMatchObject({ lost: 0, wrongPayloadType: 0, holds: 0 });
      expect(worker.legs[0]?.mosLq).toBeCloseTo(4.409, 3);
      expect(worker.rows.every(({ second, mosLq }) => second === 0 || mosLq > 4.4)).toBe(true);
      expect([codecOf(worker.rows[1]!), codecOf(worker.rows.at(-1)!)]).toEqual(['PCMU', 'PCMA']);
    }
  });

  it('of the old type is foreign again a second or two later', async () => {
    const world = await up();
    const { caller, answerer } = world;
    connect(caller, ANSWERER);
    connect(answerer, CALLER);
    world.advanceTo(3000);
    world.update(answerer, CALLER, 3000, as('PCMA')); // the caller goes on with PCMU
    world.over(9000);
    const { lost, wrongPayloadType } = answerer.legs[0]!;
    expect(wrongPayloadType).toBeGreaterThan(180);
    expect(lost).toBeGreaterThan(180);
  });

  it('on the other scale has scores of its own once the window is past, and the call as a whole has none', async () => {
    const world = await up();
    const { caller, answerer } = world;
    connect(caller, ANSWERER, { media: { isOurs: true } });
    connect(answerer, CALLER, { media: { isOurs: true } });
    world.advanceTo(8000);
    world.update(caller, ANSWERER, 8000, as('G722'));
    world.update(answerer, CALLER, 8000, as('G722'));
    world.over(20_000);
    const scores = caller.rows.map((row) => [row.second, Number.isNaN(row.mosLq) ? null : codecOf(row)]);
    expect(scores.slice(1, 5).map(([, codec]) => codec)).toEqual(['PCMU', 'PCMU', 'PCMU', 'PCMU']);
    // 8 s and the five seconds of its window are of both codecs.
    expect(scores.filter(([second]) => Number(second) >= 8 && Number(second) <= 13).map(([, codec]) => codec)).toEqual(
      Array.from({ length: 6 }, () => null),
    );
    expect(scores.filter(([second]) => Number(second) >= 14).every(([, codec]) => codec === 'G722')).toBe(true);
    expect(caller.legs[0]).toMatchObject({ lost: 0, mosLq: Number.NaN });
  });
});

describe('audio before the answer', () => {
  it('flows from the early agreement on, and is measured by neither side before the answer', async () => {
    const world = await up();
    const { caller, answerer } = world;
    connect(answerer, CALLER, { media: { isOurs: true, isEarly: true } });
    world.advanceTo(3000);
    connect(caller, ANSWERER, { atMs: 3000, media: { isOurs: true } });
    connect(answerer, CALLER, { atMs: 3000, media: { isOurs: true } });
    world.over(8000);
    const headers = headersFrom(world.network, ANSWERER);
    expect(new Set(headers.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(headers.filter(({ marker }) => marker)).toHaveLength(1);
    expect(caller.legs[0]).toMatchObject({ lost: 0, answeredMs: 3000, holds: 0 });
    expect(Math.abs(caller.legs[0]!.earlyPackets - 150)).toBeLessThanOrEqual(2);
    expect(answerer.legs[0]).toMatchObject({ lost: 0, answeredMs: 3000, establishedForMs: 5000, expectsAudio: 1 });
    for (const { expected } of [caller.legs[0]!, answerer.legs[0]!])
      expect(Math.abs(expected - 250)).toBeLessThanOrEqual(2);
  });

  it('stops when the call comes to nothing, and the slot is free again', async () => {
    const world = await up();
    connect(world.answerer, CALLER, { media: { isEarly: true } });
    world.advanceTo(1000);
    release(world.answerer, 1000);
    world.advanceTo(6000);
    expect(headersFrom(world.network, ANSWERER).length).toBeLessThanOrEqual(51);
    expect(world.answerer.freed).toEqual([0]);
    expect(world.answerer.legs).toEqual([]);
  });
});
