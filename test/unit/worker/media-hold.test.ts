/** Hold, resume and one-way agreements of a leg: what is measured in them, what is said of them, and that time goes on. */
import { describe, expect, it } from 'vitest';
import type { RemoteMedia } from '../../../src/call/media-slots.js';
import { LEG } from '../../../src/worker/messages.js';
import { legFindings } from '../../../src/run/leg-findings.js';
import {
  ANSWERER,
  arm,
  CALLER,
  connect,
  EPOCH_NS,
  headersFrom,
  MS,
  pair,
  release,
  rtp,
  type Pair,
  type Worker,
} from './engine-pair.js';
import { remoteMedia } from './remote-media.js';

const INACTIVE = { sends: false, receives: false };

function update(worker: Worker, address: string, atMs: number, changes: Partial<RemoteMedia> = {}): void {
  const answeredAtNs = EPOCH_NS + atMs * MS;
  const media = { ...remoteMedia({ address, isOurs: true }), ...changes, answeredAtNs };
  worker.engine.command({ type: 'update', slot: 0, media });
}

/** Both ends agree on the same, as seen from the caller. */
function updateBoth(
  { caller, answerer }: Pair,
  atMs: number,
  { sends, receives } = { sends: true, receives: true },
): void {
  update(caller, ANSWERER, atMs, { sends, receives });
  update(answerer, CALLER, atMs, { sends: receives, receives: sends });
}

async function up(media: Partial<RemoteMedia> = {}): Promise<Pair> {
  const world = await pair();
  world.begin();
  for (const worker of [world.caller, world.answerer]) arm(worker);
  connect(world.caller, ANSWERER, { media: { isOurs: true, ...media } });
  connect(world.answerer, CALLER, { media: { isOurs: true, ...media } });
  return world;
}

function over({ caller, answerer, advanceTo }: Pair, atMs: number): void {
  advanceTo(atMs);
  release(caller, atMs);
  release(answerer, atMs);
  advanceTo(atMs + 4500);
}

function findingsOf({ batches }: Worker): string[] {
  const legs = batches.find((batch) => batch.legs.length > 0)?.legs ?? new Float64Array(LEG.columns);
  return legFindings(legs).map(({ finding }) => finding);
}

describe('a hold', () => {
  it('of ten seconds stops no clock: the timestamp goes on with time, the sequence with packets, and the far end sees no jitter', async () => {
    const world = await up();
    world.advanceTo(5000);
    updateBoth(world, 5000, INACTIVE);
    world.advanceTo(15_000);
    updateBoth(world, 15_000);
    over(world, 22_000);
    const headers = headersFrom(world.network, CALLER);
    const resumed = headers.findIndex(({ marker }, i) => i > 0 && marker);
    const [before, after] = [headers[resumed - 1]!, headers[resumed]!];
    expect((after.sequence - before.sequence) & 0xffff).toBe(1);
    const passedMs = ((after.timestamp - before.timestamp) >>> 0) / 8;
    expect(Math.abs(passedMs - 10_000)).toBeLessThanOrEqual(40);
    expect(headers.filter(({ marker }) => marker)).toHaveLength(2);
    expect(world.caller.sentRows.length).toBeGreaterThan(8);
    for (const { jitterMs } of world.caller.sentRows) expect(Number.isNaN(jitterMs) || jitterMs < 1).toBe(true);
    expect(world.caller.sentLegs[0]).toMatchObject({ lost: 0 });
    expect(world.caller.sentLegs[0]?.jitterMaxMs).toBeLessThan(1);
    expect(world.caller.legs[0]).toMatchObject({ lost: 0, holds: 1 });
    expect(world.caller.legs[0]?.jitterMaxMs).toBeLessThan(1);
  });

  it('in which we still send has its round trip in its seconds, where no audio is measured', async () => {
    const world = await up();
    world.advanceTo(3000);
    updateBoth(world, 3000, { sends: true, receives: false });
    over(world, 10_000);
    const held = world.caller.rows.filter(({ second }) => second >= 5 && second < 9);
    expect(held.length).toBeGreaterThan(0);
    for (const row of held) expect(row).toMatchObject({ expected: 0, lost: 0, mosLq: Number.NaN });
    expect(world.caller.rows.some(({ second }) => second >= 10)).toBe(false);
  });
});

/** Of a leg that hears only silence for so long. */
const silentRatioAfter = async (ms: number): Promise<number | undefined> => {
  const world = await pair();
  world.begin();
  arm(world.caller);
  connect(world.caller, ANSWERER);
  for (let atMs = 0; atMs < ms; atMs += 20) {
    const packet = rtp({ sequence: atMs / 20, timestamp: atMs * 8, ssrc: 77 }).fill(0xff, 12);
    world.network.deliver({ address: ANSWERER, port: 4000 }, `${CALLER}:4000`, packet);
    world.advanceTo(atMs + 20);
  }
  release(world.caller, ms);
  world.advanceTo(ms + 4500);
  return world.caller.legs[0]?.silentRatio;
};

describe('what is said of a leg', () => {
  it('answered inactive and then opened: its silence is loss from there on', async () => {
    const world = await up(INACTIVE);
    world.advanceTo(2000);
    world.network.lose = (_, from) => from.startsWith(ANSWERER);
    updateBoth(world, 2000);
    over(world, 12_000);
    const [leg] = world.caller.legs;
    expect(leg).toMatchObject({ taken: 0, expectsAudio: 1 });
    expect(leg?.lost).toBeGreaterThanOrEqual(400);
    expect(findingsOf(world.caller)).toEqual(expect.arrayContaining(['noMedia', 'oneWay']));
    // Its first packet waited for them, not for this host.
    expect(leg?.ackToRtpMs).toBeNaN();
  });

  it('held soon after the answer and to the end: no audio is missed', async () => {
    const world = await up();
    world.advanceTo(100);
    world.network.lose = () => true;
    update(world.caller, ANSWERER, 100, INACTIVE);
    over(world, 8000);
    expect(findingsOf(world.caller).filter((finding) => finding !== 'earlyMedia')).toEqual(['onHold']);
  });

  it('whose far side stops sending by agreement: named as a hold, since nothing is measured in it', async () => {
    const world = await up();
    world.advanceTo(3000);
    updateBoth(world, 3000, { sends: true, receives: false });
    over(world, 12_000);
    expect(world.caller.legs[0]).toMatchObject({ holds: 1, lost: 0 });
    expect(findingsOf(world.caller)).toEqual(['onHold']);
  });

  it('that only receives from the start is not held by hearing so again', async () => {
    const world = await up();
    update(world.caller, ANSWERER, 0, { sends: false, receives: true });
    const other = await pair();
    other.begin();
    arm(other.caller);
    arm(other.answerer);
    connect(other.caller, ANSWERER, { media: { isOurs: true, sends: false } });
    connect(other.answerer, CALLER, { media: { isOurs: true, receives: false } });
    other.advanceTo(3000);
    update(other.caller, ANSWERER, 3000, { sends: false, receives: true });
    over(other, 8000);
    expect(other.caller.legs[0]).toMatchObject({ holds: 0, lost: 0 });
    expect(other.caller.legs[0]?.received).toBeGreaterThan(390);
  });

  it('is not called silent for what comes on hold', async () => {
    const world = await pair();
    const { caller, network, begin, advanceTo } = world;
    begin();
    arm(caller);
    connect(caller, ANSWERER);
    const hear = (fromMs: number, toMs: number, octet: (i: number) => number): void => {
      for (let ms = fromMs; ms < toMs; ms += 20) {
        const packet = rtp({ sequence: ms / 20, timestamp: ms * 8, ssrc: 77 });
        for (let i = 12; i < packet.length; i++) packet[i] = octet(i);
        network.deliver({ address: ANSWERER, port: 4000 }, `${CALLER}:4000`, packet);
        advanceTo(ms + 20);
      }
    };
    hear(0, 6000, (i) => (i % 2 === 0 ? 0x00 : 0x80));
    update(caller, ANSWERER, 6000, { sends: false, receives: true });
    hear(6000, 40_000, () => 0xff);
    release(caller, 40_000);
    advanceTo(44_500);
    expect(caller.legs[0]?.silentRatio).toBe(0);
  });

  it('is silence only after five seconds of it', async () => {
    expect(await silentRatioAfter(3000)).toBeNaN();
    expect(await silentRatioAfter(6000)).toBe(1);
  });
});

it('what the far side of the last call still sends is no early audio of the next', async () => {
  const world = await pair();
  const { caller, network, begin, advanceTo } = world;
  begin();
  const hear = (fromMs: number, toMs: number): void => {
    for (let ms = fromMs; ms < toMs; ms += 20) {
      const packet = rtp({ sequence: ms / 20, timestamp: ms * 8, ssrc: 77 });
      network.deliver({ address: ANSWERER, port: 4000 }, `${CALLER}:4000`, packet);
      advanceTo(ms + 20);
    }
  };
  arm(caller);
  connect(caller, ANSWERER);
  hear(0, 3000);
  release(caller, 3000);
  hear(3000, 7000);
  arm(caller, 0, 1);
  hear(7000, 9000);
  connect(caller, '10.0.0.3', { atMs: 9000 });
  hear(9000, 12_000);
  release(caller, 12_000);
  advanceTo(16_500);
  const next = caller.legs.find(({ call }) => call === 1);
  expect(next).toMatchObject({ earlyPackets: 0, taken: 0 });
  expect(next?.stray).toBeGreaterThanOrEqual(100);
});

it('a flood is read each packet time, however seldom a leg is read else', async () => {
  const { caller, network, begin, advanceTo } = await pair();
  begin();
  arm(caller);
  connect(caller, ANSWERER);
  advanceTo(1000);
  for (let i = 0; i < 256; i++) {
    const packet = rtp({ sequence: i, timestamp: i * 160, ssrc: 77 });
    network.deliver({ address: ANSWERER, port: 4000 }, `${CALLER}:4000`, packet);
  }
  // 64 at once, the first of them at the third packet time at the latest.
  advanceTo(1120);
  expect(caller.sockets.handles.map((bound) => bound?.waiting.length)).toEqual([0, 0]);
});
