/** Calls in a codec that is not built in: its captured packets go out, and an answerer that takes any codec sends them back. */
import { describe, expect, it } from 'vitest';
import type { RemoteMedia } from '../../../src/call/media-slots.js';
import type { CodecClip } from '../../../src/worker/messages.js';
import { ANSWERER, arm, CALLER, connect, headersFrom, isRtcp, release, Worker, EPOCH_NS, MS } from './engine-pair.js';
import { MemoryNetwork } from './memory-sockets.js';

const G729A = { codec: 'G729', scale: 'narrowband', ie: 11, bpl: 19, lookaheadMs: 5 } as const;

/** Three payloads of different lengths, over and over. */
function clipOf(clockRate: number, impairment = true): CodecClip {
  const cost = { ...G729A, concealment: '', noConcealment: null, source: '', provisional: false };
  const codec = {
    name: 'G729',
    encoding: 'G729',
    clockRate,
    channels: 1,
    payloadType: 18,
    fmtp: null,
    index: 3,
    impairment: impairment ? cost : null,
  };
  const replayed = { codec, lengths: Uint16Array.of(20, 20, 2) };
  const payloads = Uint8Array.from({ length: 42 }, (_, i) => i);
  return { codec: 'G729', payloads, bytesPerPacket: 20, packetCount: 3, replayed };
}

async function call(clockRate: number, options: { loses?: boolean; impairment?: boolean } = {}) {
  const network = new MemoryNetwork();
  const caller = new Worker(network, CALLER, { clips: [clipOf(clockRate, options.impairment)] });
  const answerer = new Worker(network, ANSWERER, { source: 'echo' });
  await Promise.all([caller.open(1), answerer.open(1)]);
  network.nowNs = EPOCH_NS;
  let heard = 0;
  if (options.loses === true) {
    network.lose = (packet, from) => !isRtcp(packet) && from.startsWith(ANSWERER) && heard++ % 25 === 3;
  }
  const workers = [caller, answerer];
  workers.forEach((worker) => worker.engine.begin(EPOCH_NS));
  const advanceTo = (ms: number): void => {
    for (; network.nowNs < EPOCH_NS + ms * MS; network.nowNs += MS) workers.forEach((w) => w.engine.run(network.nowNs));
  };
  workers.forEach((worker) => arm(worker));
  const media: Partial<RemoteMedia> = { codec: 'G729', payloadType: 18, receivePayloadTypes: [18], isOurs: true };
  const foreign = { name: 'g729', clockRate, channels: 1, staticPayloadType: null, payloadType: 18 };
  connect(caller, ANSWERER, { media });
  connect(answerer, CALLER, { media: { ...media, foreign: { ...foreign, isForeign: true } } });
  advanceTo(6000);
  workers.forEach((worker) => release(worker, 6000));
  advanceTo(10_500);
  return { network, caller, answerer };
}

describe('a replayed codec', () => {
  it('sends its packets as they are, in a loop, and gets them back as they are', async () => {
    const { network } = await call(8000);
    const payloads = (from: string): string[] =>
      network.sent
        .filter((sent) => sent.from.startsWith(from) && !isRtcp(sent.packet))
        .map(({ packet }) => Buffer.from(packet.subarray(12)).toString('hex'));
    const [sent, echoed] = [payloads(CALLER), payloads(ANSWERER)];
    expect(new Set(sent.map((payload) => payload.length / 2))).toEqual(new Set([20, 2]));
    expect(sent.slice(3, 6)).toEqual(sent.slice(0, 3));
    expect(echoed.length).toBeGreaterThan(290);
    expect(echoed).toEqual(sent.slice(0, echoed.length));
  });

  it('is scored with its own Ie and Bpl, under its own index', async () => {
    const { caller, answerer } = await call(8000);
    // R = 93.2062 − 11 = 82.2062, MOS 4.1046; Ta = 60 ms of buffer + 20 ms of packet + 5 ms of look-ahead.
    expect(caller.legs[0]).toMatchObject({
      codec: 3,
      lost: 0,
      wrongPayloadType: 0,
      mosLq: expect.closeTo(4.1046, 3),
      mouthToEarMs: expect.closeTo(85, 1),
      silentRatio: Number.NaN,
    });
    expect(answerer.legs[0]).toMatchObject({ codec: -1, lost: 0, mosLq: Number.NaN, rFactor: Number.NaN });
  });

  it('loses points by its Bpl', async () => {
    const { caller } = await call(8000, { loses: true });
    expect((caller.legs[0]?.lost ?? 0) / (caller.legs[0]?.expected ?? 1)).toBeCloseTo(0.04, 3);
    // Ie-eff = 11 + 84·4/(4 + 19) = 25.609; R = 67.597
    expect(caller.legs[0]?.rFactor).toBeCloseTo(67.6, 0);
  });

  it('without Ie has its losses, and no score', async () => {
    const { caller } = await call(8000, { loses: true, impairment: false });
    expect(caller.legs[0]).toMatchObject({ codec: 3, mosLq: Number.NaN, rFactor: Number.NaN });
    expect(caller.legs[0]?.lost).toBeGreaterThan(5);
  });

  it('runs on its own clock at both ends', async () => {
    const { network, caller, answerer } = await call(48_000);
    for (const from of [CALLER, ANSWERER]) {
      const [first, second] = headersFrom(network, from);
      expect((second!.timestamp - first!.timestamp) >>> 0).toBe(960);
    }
    for (const { legs } of [caller, answerer]) {
      expect(legs[0]).toMatchObject({ lost: 0, jitterMs: expect.closeTo(0, 1) });
    }
  });
});
