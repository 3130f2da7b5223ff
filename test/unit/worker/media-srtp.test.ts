/** SRTP of legs in the media worker: what is on the wire, what is measured, and what is neither audio nor a report. */
import { describe, expect, it } from 'vitest';
import { SRTP_SUITE_NAMES, srtpSuite, type SrtpSuiteName } from '../../../src/lib/srtp-suite.js';
import type { AgreedSrtp } from '../../../src/sdp/media-security.js';
import { SrtpSession } from '../../../src/rtp/srtp/session.js';
import { remoteMedia } from './remote-media.js';
import { ANSWERER, arm, CALLER, connect, EPOCH_NS, isRtcp, MS, pair, release, rtp, type Pair } from './engine-pair.js';

function keyOf(suite: SrtpSuiteName, fill: number): Uint8Array {
  const { keyBytes, saltBytes } = srtpSuite(suite);
  return new Uint8Array(keyBytes + saltBytes).fill(fill);
}

const srtp = (suite: SrtpSuiteName, send: number, receive: number): AgreedSrtp => ({
  protocol: 'RTP/SAVP',
  suite,
  sendKey: keyOf(suite, send),
  receiveKey: keyOf(suite, receive),
});

const AES: SrtpSuiteName = 'AES_CM_128_HMAC_SHA1_80';

interface Options {
  readonly suite?: SrtpSuiteName;
  readonly rtcpMux?: boolean;
  readonly shape?: (world: Pair) => void;
  /** At 2 s. */
  readonly within?: (world: Pair) => void;
}

/** A call of four seconds between two of our ends. */
async function call({ suite = AES, rtcpMux = false, shape, within }: Options = {}): Promise<Pair> {
  const world = await pair();
  const { caller, answerer, begin, advanceTo } = world;
  shape?.(world);
  begin();
  for (const worker of [caller, answerer]) arm(worker);
  connect(caller, ANSWERER, { media: { isOurs: true, rtcpMux, srtp: srtp(suite, 1, 2) } });
  connect(answerer, CALLER, { media: { isOurs: true, rtcpMux, srtp: srtp(suite, 2, 1) } });
  advanceTo(2000);
  within?.(world);
  advanceTo(4000);
  release(caller, 4000);
  release(answerer, 4000);
  advanceTo(8500);
  return world;
}

/** Agreed anew at 2 s. */
function update({ engine }: Pair['caller'], address: string, keys: AgreedSrtp): void {
  const media = remoteMedia({ address, answeredAtNs: EPOCH_NS + 2000 * MS, isOurs: true });
  engine.command({ type: 'update', slot: 0, media: { ...media, srtp: keys } });
}

const isAudioFrom = (address: string) => (packet: Uint8Array, from: string) =>
  from.startsWith(`${address}:`) && !isRtcp(packet);

describe.each(SRTP_SUITE_NAMES)('a call with %s', (suite) => {
  it.each([false, true])('is measured as one in the clear, with RTCP (muxed: %s)', async (rtcpMux) => {
    const { network, caller, answerer } = await call({ suite, rtcpMux });
    for (const worker of [caller, answerer]) {
      const [leg] = worker.legs;
      expect(leg).toMatchObject({ lost: 0, duplicate: 0, stray: 0, malformed: 0, srtpAuthFailures: 0, reflected: 0 });
      expect(leg).toMatchObject({ srtpSuite: SRTP_SUITE_NAMES.indexOf(suite), rtcpMalformed: 0 });
      expect(leg?.received).toBeGreaterThanOrEqual(199);
      expect(leg?.mosLq).toBeCloseTo(4.409, 3);
      expect(leg?.rtcpReceived).toBeGreaterThanOrEqual(3);
      expect(leg?.rttMs).toBeCloseTo(0, 1);
      expect(worker.sentLegs).toHaveLength(1);
    }
    const { rtpTagBytes } = srtpSuite(suite);
    const audio = network.sent.filter(({ packet, from }) => isAudioFrom(CALLER)(packet, from));
    expect(new Set(audio.map(({ packet }) => packet.length))).toEqual(new Set([172 + rtpTagBytes]));
    // The clip is made of packets of one value each: nothing of that is to be seen.
    expect(audio.every(({ packet }) => new Set(packet.subarray(12, 172)).size > 20)).toBe(true);
  });
});

describe('what is not authentic', () => {
  it('is counted, and lost: a packet in ten that was changed on its way', async () => {
    let seen = 0;
    const { caller, answerer } = await call({
      shape: ({ network }) => {
        network.lose = (packet, from) => {
          if (isAudioFrom(CALLER)(packet, from) && seen++ % 10 === 5) packet[50]! ^= 1;
          return false;
        };
      },
    });
    const changed = Math.ceil((seen - 5) / 10);
    expect(changed).toBeGreaterThan(15);
    expect(answerer.legs[0]).toMatchObject({ srtpAuthFailures: changed, lost: changed, malformed: 0 });
    expect(caller.legs[0]).toMatchObject({ srtpAuthFailures: 0, lost: 0 });
  });

  it('of a far side with another key is no audio at all, and no report', async () => {
    const { caller } = await call({
      within: ({ answerer }) => {
        update(answerer, CALLER, srtp(AES, 9, 1));
      },
    });
    const [leg] = caller.legs;
    expect(leg?.received).toBeLessThanOrEqual(101);
    // The last 200 ms of a call are not held against the far side.
    expect(leg?.lost).toBeGreaterThanOrEqual(88);
    expect(leg?.srtpAuthFailures).toBeGreaterThanOrEqual(100);
  });

  it('of somebody else is stray', async () => {
    const { caller } = await call({
      within: ({ network }) => {
        for (const from of ['10.9.9.9', ANSWERER]) {
          network.deliver({ address: from, port: 4000 }, `${CALLER}:4000`, rtp({ sequence: 5, ssrc: 99 }));
        }
      },
    });
    expect(caller.legs[0]).toMatchObject({ stray: 1, srtpAuthFailures: 1, lost: 0 });
  });
});

it('a packet that comes again is a duplicate, and an echo does not say it twice', async () => {
  const { network, answerer } = await call({
    shape: ({ network: net }) => {
      const deliver = net.deliver.bind(net);
      net.deliver = (from, to, packet) => {
        deliver(from, to, packet);
        if (isAudioFrom(CALLER)(packet, `${from.address}:`)) {
          net.bound
            .get(to)
            ?.waiting.push({ packet: packet.slice(), arrivalNs: net.nowNs, address: 0x0a00_0001, port: 4000 });
        }
      };
    },
  });
  const [leg] = answerer.legs;
  expect(leg).toMatchObject({ lost: 0, srtpAuthFailures: 0 });
  expect(leg?.duplicate).toBeGreaterThanOrEqual(199);
  // What came back, read with the key of the answerer.
  const reader = new SrtpSession(srtp(AES, 1, 2));
  const echoed = network.sent
    .filter(({ packet, from }) => isAudioFrom(ANSWERER)(packet, from))
    .map(({ packet }) => {
      const data = packet.slice();
      expect(reader.open(data, data.length)).toBe(172);
      return data[12]!;
    })
    .filter((value) => value < 50); // the clip's packets are 0 to 49, silence is not
  expect(echoed.length).toBeGreaterThan(150);
  expect(echoed.every((value, i) => i === 0 || value === (echoed[i - 1]! + 1) % 50)).toBe(true);
});

it('a new key of the far side in the call costs no packet', async () => {
  const { caller, answerer } = await call({
    within: (world) => {
      update(world.caller, ANSWERER, srtp(AES, 1, 7));
      world.advanceTo(2300); // so long the answerer sends with the old one
      update(world.answerer, CALLER, srtp(AES, 7, 1));
    },
  });
  for (const worker of [caller, answerer]) expect(worker.legs[0]).toMatchObject({ lost: 0, srtpAuthFailures: 0 });
});

it('a leg in the clear says so', async () => {
  const world = await pair();
  const { caller, answerer, begin, advanceTo } = world;
  begin();
  for (const worker of [caller, answerer]) arm(worker);
  connect(caller, ANSWERER);
  connect(answerer, CALLER);
  advanceTo(1000);
  release(caller, 1000);
  advanceTo(5500);
  expect(caller.legs[0]).toMatchObject({ srtpSuite: Number.NaN, srtpAuthFailures: Number.NaN });
});
