/** RTCP of legs in the media worker: the round trip, what the far end reports of what we sent, where reports go. */
import { describe, expect, it } from 'vitest';
import { BASIS, DIRECTION, FAR_XR, FAR_XR_FIGURES, LEG, type FarXrFigure } from '../../../src/worker/messages.js';
import type { RemoteMedia } from '../../../src/call/media-slots.js';
import { remoteMedia } from './remote-media.js';
import { ANSWERER, arm, CALLER, connect, isRtcp, MS, pair, release, type Pair } from './engine-pair.js';

/** A call between two of our ends, of eight seconds where nothing else is said. */
async function call(
  options: { delayMs?: number; toMs?: number; media?: Partial<RemoteMedia>; shape?: (world: Pair) => void } = {},
): Promise<Pair> {
  const world = await pair();
  const { network, caller, answerer, begin, advanceTo } = world;
  network.delayNs = (options.delayMs ?? 0) * MS;
  options.shape?.(world);
  begin();
  const media = { isOurs: true, ...options.media };
  for (const worker of [caller, answerer]) arm(worker);
  connect(caller, ANSWERER, { media });
  connect(answerer, CALLER, { media });
  const toMs = options.toMs ?? 8000;
  advanceTo(toMs);
  release(caller, toMs);
  release(answerer, toMs);
  advanceTo(toMs + 4500);
  return world;
}

const rtpTo = (to: string) => (packet: Uint8Array, from: string) => !isRtcp(packet) && !from.startsWith(to);

describe('the round trip', () => {
  it.each([0, 35, 180])(
    'of a path of %d ms each way stands in the seconds of the reports, and as mouth-to-ear',
    async (delayMs) => {
      const { caller, answerer } = await call({ delayMs });
      for (const worker of [caller, answerer]) {
        const known = worker.rows.map(({ rttMs }) => rttMs).filter((rttMs) => !Number.isNaN(rttMs));
        expect(known.length).toBeGreaterThanOrEqual(5);
        for (const rttMs of known) expect(rttMs).toBeCloseTo(2 * delayMs, 1);
        const [leg] = worker.legs;
        expect(leg?.rttMs).toBeCloseTo(2 * delayMs, 1);
        // Ta: half the round trip, 60 ms of buffer, 20 ms of packet, no lookahead in G.711.
        expect(leg?.mouthToEarMs).toBeCloseTo(delayMs + 80, 1);
      }
    },
  );

  it('makes the conversational score, which delay lowers and the listening score does not', async () => {
    const { caller } = await call({ delayMs: 220 });
    // Ta = 300 ms: R = 93.2062 − 14.7607 = 78.4455, MOS 3.9639.
    expect(caller.legs[0]).toMatchObject({ mosLq: expect.closeTo(4.409, 3), mosCq: expect.closeTo(3.9639, 3) });
    expect(caller.sentLegs[0]?.mosCq).toBeCloseTo(3.9639, 3);
  });

  it('is unknown, and so is the score, where no report comes', async () => {
    const { caller } = await call({ shape: ({ network }) => void (network.lose = (packet) => isRtcp(packet)) });
    expect(caller.legs[0]).toMatchObject({
      rttMs: Number.NaN,
      mosCq: Number.NaN,
      mouthToEarMs: Number.NaN,
      rtcpReceived: 0,
    });
    expect(caller.rows.every(({ rttMs, mosCq }) => Number.isNaN(rttMs) && Number.isNaN(mosCq))).toBe(true);
    expect([caller.sentRows, caller.sentLegs]).toEqual([[], []]);
  });
});

describe('the sent direction', () => {
  it('is what the far end received of ours, second by second and in all', async () => {
    let heard = 0;
    const everyTenth = (packet: Uint8Array, from: string): boolean =>
      rtpTo(ANSWERER)(packet, from) && heard++ % 10 === 5;
    const { caller, answerer } = await call({ shape: ({ network }) => void (network.lose = everyTenth) });
    const [sent] = caller.sentLegs;
    const [far] = answerer.legs;
    expect(sent).toMatchObject({
      basis: BASIS.rtcp,
      call: 0,
      endpoint: 3,
      codec: 0,
      lost: far?.lost,
      expected: far?.expected,
    });
    expect(far?.lost).toBe(40);
    for (const row of caller.sentRows.slice(1, -1)) {
      expect([row.expected, row.lost, row.received]).toEqual([50, 5, 45]);
    }
    // 10 % random loss of G.711 with concealment: R = 93.2062 − 95·10/(10 + 25.1) = 66.14.
    expect(sent?.rFactor).toBeCloseTo(66.14, 2);
    expect(caller.legs[0]?.lost).toBe(0);
    expect(answerer.sentLegs[0]).toMatchObject({ lost: 0 });
  });

  it.each([true, false])(
    'is all lost from where the far end stopped hearing us, its own audio going on (ours: %s)',
    async (isOurs) => {
      const { caller, answerer } = await call({
        toMs: 30_000,
        media: { isOurs },
        shape: ({ network }) => {
          network.lose = (packet, from) => rtpTo(ANSWERER)(packet, from) && network.nowNs >= (5000 + 5000) * MS;
        },
      });
      const [sent] = caller.sentLegs;
      const [far] = answerer.legs;
      expect(far?.lost).toBeGreaterThan(1200);
      // The reports lag by up to one interval and a second at the end: what was sent then is in no figure.
      expect(sent?.lost).toBeGreaterThan(isOurs ? 1100 : 700);
      expect(sent?.lost).toBeLessThanOrEqual(far?.lost ?? 0);
      expect((sent?.expected ?? 0) - (sent?.lost ?? 0)).toBe(far?.received);
      expect(sent?.mosLq).toBeLessThan(1.4);
      expect(caller.sentRows.at(-1)).toMatchObject({ received: 0, mosLq: 1 });
      expect(caller.legs[0]).toMatchObject({ lost: 0 });
    },
  );

  it('that is heard again after four seconds has each packet booked once', async () => {
    const { caller, answerer } = await call({
      toMs: 20_000,
      shape: ({ network }) => {
        const atMs = (): number => network.nowNs / MS - 5000;
        network.lose = (packet, from) => rtpTo(ANSWERER)(packet, from) && atMs() >= 5000 && atMs() < 9000;
      },
    });
    const [sent] = caller.sentLegs;
    expect(answerer.legs[0]?.lost).toBe(200);
    expect(sent).toMatchObject({ lost: 200, expected: answerer.legs[0]?.expected });
    expect(caller.sentRows.reduce((sum, { lost }) => sum + lost, 0)).toBe(200);
  });

  it('recovers within five seconds after a loss, in the score of each report', async () => {
    const { caller } = await call({
      shape: ({ network }) => {
        network.lose = (packet, from) => rtpTo(ANSWERER)(packet, from) && network.nowNs < (5000 + 2000) * MS;
      },
    });
    const scores = caller.sentRows.map(({ rFactor }) => rFactor);
    expect(scores.at(-1)).toBeGreaterThan(90);
  });
});

/** A caller that only listens, and what it and its far end know of the round trip. */
async function listening(wishes: RemoteMedia['rtcpXr']): Promise<(number | undefined)[]> {
  const world = await pair();
  const { network, caller, answerer, begin, advanceTo } = world;
  network.delayNs = 35 * MS;
  begin();
  for (const worker of [caller, answerer]) arm(worker);
  const shared = { isOurs: true, ...(wishes !== undefined && { rtcpXr: wishes }) };
  connect(caller, ANSWERER, { media: { ...shared, sends: false } });
  connect(answerer, CALLER, { media: { ...shared, receives: false } });
  advanceTo(6000);
  for (const worker of [caller, answerer]) release(worker, 6000);
  advanceTo(10_500);
  expect(caller.sentLegs).toEqual([]);
  return [caller.legs[0]?.rttMs, answerer.legs[0]?.rttMs];
}

describe('RTCP-XR', () => {
  const rtcpXr = { voipMetrics: true, referenceTimes: 'all' } as const;

  it("carries the far end's own figures of what it received of ours", async () => {
    let heard = 0;
    const everyTenth = (packet: Uint8Array, from: string): boolean =>
      rtpTo(ANSWERER)(packet, from) && heard++ % 10 === 5;
    const { caller, answerer } = await call({
      delayMs: 35,
      media: { rtcpXr },
      shape: ({ network }) => void (network.lose = everyTenth),
    });
    const [told] = farXrOf(caller);
    // 10 % random loss of G.711 with concealment and 80 + 35 ms of delay: R 66.14, MOS 3.41; each in the grain of its field.
    expect(told).toMatchObject({
      lossRatio: 25 / 256,
      discardRatio: 0,
      roundTripMs: 70,
      endSystemDelayMs: 80,
      rFactor: 66,
      mosLq: 3.4,
      mosCq: 3.4,
      jitterBufferMs: 60,
      signalLevelDbm: Number.NaN,
      externalRFactor: Number.NaN,
    });
    // With nine good packets between them all losses are one burst.
    expect(told?.burstDensity).toBeCloseTo(0.1, 2);
    expect(caller.legs[0]?.farXrReports).toBeGreaterThanOrEqual(5);
    expect(farXrOf(answerer)[0]).toMatchObject({ lossRatio: 0, rFactor: 93, mosLq: 4.4, roundTripMs: 70 });
  });

  it('tells the round trip to an end that only listens', async () =>
    expect(await listening(rtcpXr)).toEqual([expect.closeTo(70, 1), expect.closeTo(70, 1)]));

  it('of who only sends answers, to one that only listens too: it is the sender who answers', async () =>
    expect(await listening({ voipMetrics: true, referenceTimes: 'senders' })).toEqual([
      expect.closeTo(70, 1),
      expect.closeTo(70, 1),
    ]));

  it.each([undefined, { voipMetrics: true, referenceTimes: 'none' } as const])(
    'leaves the listener without a round trip where wishes are %j',
    async (wishes) => expect(await listening(wishes)).toEqual([Number.NaN, expect.closeTo(70, 1)]),
  );

  it('is left out where the far end has not asked', async () => {
    const { network, caller } = await call();
    const kinds = network.sent.filter(({ packet }) => isRtcp(packet)).flatMap(({ packet }) => rtcpTypes(packet));
    expect(new Set(kinds)).toEqual(new Set([200, 202, 203]));
    expect(caller.legs[0]?.farXrReports).toBe(0);
    expect(Object.values(farXrOf(caller)[0] ?? {}).every(Number.isNaN)).toBe(true);
  });
});

function farXrOf(worker: Pair['caller']): Record<FarXrFigure, number>[] {
  return worker.batches.flatMap(({ legs }) =>
    Array.from({ length: legs.length / LEG.columns }, (_, row) => legs.subarray(row * LEG.columns))
      .filter((leg) => leg[LEG.direction] === DIRECTION.received)
      .map(
        (leg) =>
          Object.fromEntries(FAR_XR_FIGURES.map((name) => [name, leg[FAR_XR[name]]])) as Record<FarXrFigure, number>,
      ),
  );
}

function rtcpTypes(compound: Uint8Array): number[] {
  const types: number[] = [];
  for (let at = 0; at < compound.length; at += 4 * (((compound[at + 2]! << 8) | compound[at + 3]!) + 1)) {
    types.push(compound[at + 1]!);
  }
  return types;
}

const portsOfRtcp = ({ network }: Pair): Set<string> =>
  new Set(network.sent.filter(({ packet }) => isRtcp(packet)).map(({ from, to }) => `${from}>${to}`));

const countOf = ({ network }: Pair): number =>
  network.sent.filter(({ from, packet }) => from.startsWith(CALLER) && isRtcp(packet)).length;

describe('reports', () => {
  it('go from and to the port beside the audio, by default', async () =>
    expect(portsOfRtcp(await call())).toEqual(
      new Set([`${CALLER}:4001>${ANSWERER}:4001`, `${ANSWERER}:4001>${CALLER}:4001`]),
    ));

  it('go where a=rtcp says', async () => {
    const { caller, network } = await call({ media: { rtcpPort: 4777 } });
    expect(network.sent.filter(({ packet }) => isRtcp(packet)).every(({ to }) => to.endsWith(':4777'))).toBe(true);
    expect(caller.legs[0]?.rtcpReceived).toBe(0); // nobody listens there in this network
  });

  it('share the port of the audio where both have agreed to', async () => {
    const world = await call({ media: { rtcpMux: true } });
    expect(portsOfRtcp(world)).toEqual(new Set([`${CALLER}:4000>${ANSWERER}:4000`, `${ANSWERER}:4000>${CALLER}:4000`]));
    expect(world.caller.legs[0]).toMatchObject({ lost: 0, malformed: 0, stray: 0, rttMs: expect.closeTo(0, 1) });
    expect(world.caller.sentLegs[0]).toMatchObject({ lost: 0 });
  });

  it('go once a second between our own ends, and at the interval of RFC 3550 to others; the last says BYE', async () => {
    expect(countOf(await call())).toBe(9);
    const foreign = countOf(await call({ media: { isOurs: false } }));
    expect(foreign).toBeGreaterThanOrEqual(2); // 8 s: every 2.05 to 6.16 s, the first sooner, and the BYE
    expect(foreign).toBeLessThanOrEqual(7);
  });

  it('that are rubbish are counted and change nothing', async () => {
    const world = await call({
      shape: ({ network }) => {
        const rubbish = Uint8Array.of(0x81, 200, 0, 99, 1, 2, 3, 4);
        for (let i = 0; i < 20; i++) network.deliver({ address: '10.0.0.66', port: 9 }, `${CALLER}:4001`, rubbish);
      },
    });
    expect(world.caller.legs[0]).toMatchObject({ lost: 0, rttMs: expect.closeTo(0, 1) });
  });
});

describe('a far side that puts the call on hold', () => {
  it('is silent by agreement: nothing is lost, the hold is counted, and we send nothing', async () => {
    const world = await pair();
    const { network, caller, answerer, begin, advanceTo } = world;
    begin();
    for (const worker of [caller, answerer]) arm(worker);
    connect(caller, ANSWERER);
    connect(answerer, CALLER);
    advanceTo(3000);
    const hold = { sends: false, receives: false };
    const update = (worker: typeof caller, address: string, atMs: number, changes: Partial<RemoteMedia>): void =>
      worker.engine.command({
        type: 'update',
        slot: 0,
        media: { ...mediaOf(address), ...changes, answeredAtNs: (5000 + atMs) * MS },
      });
    update(caller, ANSWERER, 3000, hold);
    update(answerer, CALLER, 3000, hold);
    advanceTo(6000);
    const sentInHold = network.sent.filter(({ atNs, packet }) => atNs > (5000 + 3100) * MS && !isRtcp(packet)).length;
    update(caller, ANSWERER, 6000, {});
    update(answerer, CALLER, 6000, {});
    advanceTo(9000);
    release(caller, 9000);
    release(answerer, 9000);
    advanceTo(13_000);
    expect(sentInHold).toBe(0);
    const [leg] = caller.legs;
    expect(leg).toMatchObject({ holds: 1, lost: 0, discarded: 0 });
    expect(leg?.expected).toBeGreaterThanOrEqual(290);
    expect(leg?.expected).toBeLessThanOrEqual(302);
    expect(caller.rows.filter(({ second }) => second === 4 || second === 5)).toEqual([]);
  });
});

function mediaOf(address: string): RemoteMedia {
  return remoteMedia({ address });
}
