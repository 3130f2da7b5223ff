/** Pauses that are not sent: which packets are left out, what tells of them, and a far side that takes them for no loss. */
import { describe, expect, it } from 'vitest';
import type { MediaWorkerSetup } from '../../../src/worker/messages.js';
import { ANSWERER, arm, CALLER, connect, EPOCH_NS, headersFrom, isRtcp, MS, release, Worker } from './engine-pair.js';
import { MemoryNetwork } from './memory-sockets.js';

const PACKETS = 150;
/** µ-law 0x80 is the largest sample, 0xff is zero: 1 s of the one, 2 s of the other. */
const payloads = Uint8Array.from({ length: PACKETS * 160 }, (_, i) => (i < 50 * 160 ? 0x80 : 0xff));

/** A call of 8 s between a caller that suppresses silence (or not) and an answerer of the same clip. @param stallMs when both stand still for 300 ms */
async function callWith(noise: number | undefined, stallMs = Number.NaN) {
  const network = new MemoryNetwork();
  const setup: Partial<MediaWorkerSetup> = {
    clips: [{ codec: 'PCMU', payloads, bytesPerPacket: 160, packetCount: PACKETS }],
  };
  const caller = new Worker(network, CALLER, { ...setup, suppressesSilence: true });
  const answerer = new Worker(network, ANSWERER, setup);
  await Promise.all([caller.open(1), answerer.open(1)]);
  network.nowNs = EPOCH_NS;
  for (const { engine } of [caller, answerer]) engine.begin(EPOCH_NS);
  const advanceTo = (ms: number): void => {
    while (network.nowNs < EPOCH_NS + ms * MS) {
      network.nowNs += network.nowNs === EPOCH_NS + stallMs * MS ? 300 * MS : MS;
      caller.engine.run(network.nowNs);
      answerer.engine.run(network.nowNs);
    }
  };
  arm(caller);
  arm(answerer);
  connect(caller, ANSWERER, { media: noise === undefined ? {} : { comfortNoiseSendPayloadType: noise } });
  connect(answerer, CALLER);
  advanceTo(8000);
  release(caller, 8000);
  release(answerer, 8000);
  advanceTo(12_000);
  return { network, caller, answerer };
}

describe('silence suppression', () => {
  it('sends nothing in pauses but the noise, marks speech behind them, and keeps sequence and time', async () => {
    const { network } = await callWith(13);
    const headers = headersFrom(network, CALLER);
    const speech = headers.filter(({ payloadType }) => payloadType === 0);
    const noise = headers.filter(({ payloadType }) => payloadType === 13);
    // 8 s are 400 packets of a clip of 3 s: three times 1 s of speech with 100 ms behind it, 2 × 1.9 s and 1.9 s − 1 s of pause.
    expect(speech).toHaveLength(3 * 55);
    expect(noise).toHaveLength(5 + 5 + 3);
    headers.slice(1).forEach(({ sequence }, i) => expect(sequence).toBe((headers[i]!.sequence + 1) & 0xffff));
    const marked = headers.flatMap(({ marker, timestamp }) =>
      marker ? [(timestamp - headers[0]!.timestamp) >>> 0] : [],
    );
    expect(marked).toEqual([0, 24_000, 48_000]);
    // Noise each 400 ms from the beginning of a pause on: 1.1 s after the speech, in units of 1/8000 s.
    expect(noise.slice(0, 6).map(({ timestamp }) => (timestamp - headers[0]!.timestamp) >>> 0)).toEqual([
      8800, 12_000, 15_200, 18_400, 21_600, 32_800,
    ]);
    const packet = network.sent.find(
      ({ from, packet: sent }) => from.startsWith(`${CALLER}:`) && !isRtcp(sent) && sent[1] === 13,
    );
    // RFC 3389 §3.1: one octet of level, 127 for digital silence.
    expect([...(packet?.packet.subarray(12) ?? [])]).toEqual([127]);
  });

  it('is no loss and no silent second to the far side', async () => {
    const { answerer } = await callWith(13);
    const [leg] = answerer.legs;
    expect(leg).toMatchObject({ lost: 0, discarded: 0, reordered: 0, wrongPayloadType: 0 });
    expect(leg!.longestSilenceMs).toBeLessThan(45);
    expect(answerer.rows.every(({ lost }) => lost === 0)).toBe(true);
    expect(leg!.received).toBe(3 * 55 + 13);
  });

  it.each([
    ['a pause, in which nothing was due', 1605, 0],
    ['speech', 205, 14],
  ])('counts as missed what it could not send in %s', async (_, stallMs, missed) => {
    const { caller } = await callWith(13, stallMs);
    expect(caller.total('missed')).toBe(missed);
    expect(caller.legs.find(({ sent }) => sent > 0)?.missed).toBe(missed);
  });

  it('stays off where comfort noise was not agreed on', async () => {
    const { network, answerer } = await callWith(undefined);
    const headers = headersFrom(network, CALLER);
    expect(headers.every(({ payloadType }) => payloadType === 0)).toBe(true);
    expect(answerer.legs[0]).toMatchObject({ expected: headers.length, lost: 0 });
  });
});
