import { describe, expect, it } from 'vitest';
import { ULAW_SILENCE } from '../../../src/media/codec/g711.js';
import { RtpHeader } from '../../../src/rtp/packet.js';
import { LEG, SPOILED } from '../../../src/worker/messages.js';
import {
  ANSWERER,
  arm,
  CALLER,
  connect,
  headersFrom,
  isRtcp,
  MS,
  pair,
  release,
  rtp,
  startCall,
  tableOf,
} from './engine-pair.js';

describe('a two-way call', () => {
  it('measures no loss at either end, and the echo is the clip', async () => {
    const world = await pair();
    const { network, caller, answerer, begin, advanceTo } = world;
    begin();
    advanceTo(100);
    startCall(world, 100);
    advanceTo(4100);
    release(caller, 4100);
    release(answerer, 4100);
    advanceTo(8000);
    for (const worker of [caller, answerer]) {
      const [leg, ...others] = worker.legs;
      expect(others).toEqual([]);
      expect(leg).toMatchObject({ call: 0, endpoint: 3, lost: 0, discarded: 0, duplicate: 0, stray: 0, missed: 0 });
      expect(leg).toMatchObject({
        reflected: 0,
        otherSource: 0,
        expectsAudio: 1,
        answeredMs: 100,
        establishedForMs: 4000,
      });
      expect(leg?.sent).toBe(200);
      expect(leg?.expected).toBe(leg?.received);
      expect(leg?.received).toBeGreaterThanOrEqual(199);
      expect(leg?.jitterMaxMs).toBe(0);
      expect(leg?.rFactor).toBeCloseTo(93.2, 1);
      expect(leg?.mosLq).toBeCloseTo(4.41, 2);
      expect(worker.rows.map(({ second }) => second)).toEqual([0, 1, 2, 3, 4]);
      expect(worker.rows.slice(1, 4).map(({ expected, received }) => [expected, received])).toEqual([
        [50, 50],
        [50, 50],
        [50, 50],
      ]);
      expect(worker.total('sent')).toBe(200);
      expect(worker.freed).toEqual([0]);
      const written = worker.batches.find(({ legs }) => legs.length > 0)?.legs;
      expect(worker.freeTotals).toEqual([written?.slice(0, LEG.columns)]);
    }
    const echoed = network.sent
      .filter(({ from, packet }) => from.startsWith(ANSWERER) && !isRtcp(packet))
      .map(({ packet }) => packet[100] ?? -1);
    const heard = echoed.filter((octet) => octet !== ULAW_SILENCE);
    expect(heard.length).toBeGreaterThan(190);
    expect(heard.every((octet, i) => i === 0 || octet === ((heard[i - 1] ?? 0) + 1) % 50)).toBe(true);
  });

  it('sends one packet a ptime: sequence and timestamp go on, the marker is on the first', async () => {
    const world = await pair();
    world.begin();
    startCall(world, 0);
    world.advanceTo(1000);
    const headers = headersFrom(world.network, CALLER);
    expect(headers.length).toBe(50);
    const first = headers[0] ?? new RtpHeader();
    headers.forEach((header, i) => {
      expect(header.marker).toBe(i === 0);
      expect(header.payloadType).toBe(0);
      expect(header.sequence).toBe((first.sequence + i) & 0xffff);
      expect(header.timestamp).toBe((first.timestamp + 160 * i) >>> 0);
      expect(header.ssrc).toBe(first.ssrc);
    });
  });

  it('books what the network loses in its second, and only at the end that lost it', async () => {
    const world = await pair();
    const { network, caller, answerer, begin, advanceTo } = world;
    let count = 0;
    network.lose = (_, from) => from.startsWith(CALLER) && ++count > 55 && count <= 60;
    begin();
    startCall(world, 0);
    advanceTo(2990);
    release(caller, 2990);
    release(answerer, 2990);
    advanceTo(7000);
    expect(answerer.rows.map(({ lost }) => lost)).toEqual([0, 5, 0]);
    expect(caller.legs[0]).toMatchObject({ lost: 0 });
  });

  it('chooses other SSRCs than an answerer with the same seed, which would look like a reflection', async () => {
    const world = await pair();
    world.begin();
    startCall(world, 0);
    world.advanceTo(500);
    expect(headersFrom(world.network, CALLER)[0]?.ssrc).not.toBe(headersFrom(world.network, ANSWERER)[0]?.ssrc);
  });
});

describe('a tick that comes late', () => {
  it('leaves out what is more than a ptime late: the timestamp goes on, the sequence does not, there is no burst', async () => {
    const world = await pair();
    const { network, caller, answerer, begin, advanceTo } = world;
    begin();
    startCall(world, 0);
    advanceTo(1000);
    network.nowNs += 45 * MS; // the thread was held up: what was due at 1,020 ms is 25 ms late
    const before = network.sent.length;
    caller.engine.run(network.nowNs);
    expect(network.sent.length - before).toBeLessThanOrEqual(1);
    advanceTo(4000);
    release(caller, 4000);
    release(answerer, 4000);
    advanceTo(8000);
    const [leg] = caller.legs;
    expect(leg?.missed).toBe(1);
    expect(caller.total('missed')).toBe(1);
    expect((leg?.sent ?? 0) + (leg?.missed ?? 0)).toBe(200);
    const headers = headersFrom(network, CALLER);
    const steps = headers.slice(1).map((header, i) => (header.timestamp - (headers[i]?.timestamp ?? 0)) >>> 0);
    expect(steps.filter((step) => step !== 160)).toEqual([320]);
    expect(headers.every((h, i) => i === 0 || h.sequence === (((headers[i - 1]?.sequence ?? 0) + 1) & 0xffff))).toBe(
      true,
    );
    expect(answerer.legs[0]).toMatchObject({ lost: 0 });
    const gapsNs = network.sent
      .filter(({ from, packet }) => from.startsWith(CALLER) && !isRtcp(packet))
      .map(({ atNs }) => atNs);
    expect(Math.min(...gapsNs.slice(1).map((at, i) => at - (gapsNs[i] ?? 0)))).toBeGreaterThanOrEqual(15 * MS);
  });

  it('by less than a ptime: is sent, and its lateness is recorded', async () => {
    const world = await pair();
    const { network, caller, begin, advanceTo } = world;
    begin();
    startCall(world, 0);
    advanceTo(1015);
    network.nowNs += 12 * MS;
    advanceTo(2100);
    const lateness = caller.batches.flatMap(({ latenessUs }) => [...latenessUs]);
    advanceTo(4300);
    const all = caller.batches.flatMap(({ latenessUs }) => tableOf(latenessUs, { us: 0, count: 1, columns: 2 }));
    expect(lateness.length).toBe(0); // the first batch is of the third second on
    expect(caller.total('missed')).toBe(0);
    const late = all.filter(({ us }) => us > 0);
    expect(late.reduce((sum, { count }) => sum + count, 0)).toBe(1);
    expect(late[0]?.us).toBeGreaterThan(6000);
  });

  it('an echo leaves out its audio too: it does not grow later', async () => {
    const world = await pair();
    const { network, caller, begin, advanceTo } = world;
    begin();
    startCall(world, 0);
    advanceTo(1000);
    for (let i = 0; i < 5; i++) {
      for (let ms = 0; ms < 45; ms++) {
        network.nowNs += MS;
        caller.engine.run(network.nowNs); // only the answerer is held up
      }
      advanceTo(1000 + (i + 1) * 200);
    }
    advanceTo(3000);
    const octetOf = (address: string): number =>
      network.sent.findLast(({ from, packet }) => from.startsWith(address) && !isRtcp(packet))?.packet[100] ?? -1;
    expect((octetOf(CALLER) - octetOf(ANSWERER) + 50) % 50).toBeLessThanOrEqual(3);
  });

  it('a packet that the kernel does not take leaves no gap in the sequence', async () => {
    const world = await pair();
    const { caller, answerer, begin, advanceTo } = world;
    begin();
    startCall(world, 0);
    advanceTo(1000);
    caller.sockets.sendFails = true;
    advanceTo(1100);
    caller.sockets.sendFails = false;
    advanceTo(3000);
    release(caller, 3000);
    release(answerer, 3000);
    advanceTo(7000);
    expect(caller.total('sendErrors')).toBe(5);
    expect(caller.legs[0]?.sent).toBe(145);
    expect(answerer.legs[0]).toMatchObject({ lost: 0, received: 145 });
  });
});

describe('a slot', () => {
  it('rests after a call, and late packets of that call are strays of the next', async () => {
    const world = await pair();
    const { network, caller, answerer, begin, advanceTo } = world;
    begin();
    startCall(world, 0);
    advanceTo(1500);
    release(caller, 1500);
    advanceTo(3400); // the answerer goes on: its BYE was lost
    expect(caller.freed).toEqual([]);
    advanceTo(4300);
    expect(caller.freed).toEqual([0]);
    arm(caller, 0, 1);
    connect(caller, '10.0.0.9', { atMs: 4300 });
    advanceTo(6300);
    release(caller, 6300);
    release(answerer, 6300);
    advanceTo(10_000);
    const [first, second] = caller.legs;
    expect(first).toMatchObject({ call: 0, lost: 0 });
    expect(second).toMatchObject({ call: 1, taken: 0, received: 0, rFactor: 0, mosLq: 1 });
    expect(second?.stray).toBeGreaterThan(90);
    expect(second?.lost).toBe(second?.expected);
    expect(network.sent.length).toBeGreaterThan(0);
  });

  it('begins with an empty socket, whatever came while it rested', async () => {
    const { network, caller, begin, advanceTo } = await pair();
    begin();
    advanceTo(10);
    for (let i = 0; i < 400; i++) {
      network.deliver({ address: ANSWERER, port: 4000 }, `${CALLER}:4000`, rtp({ sequence: i, ssrc: 7 }));
    }
    arm(caller);
    connect(caller, ANSWERER, { atMs: 10 });
    advanceTo(1500);
    release(caller, 1500);
    advanceTo(5000);
    expect(caller.legs[0]).toMatchObject({ received: 0, taken: 0, stray: 0 });
  });

  it('at rest is read all the same, so that a far side that sends on does not overflow it', async () => {
    const { network, begin, advanceTo } = await pair();
    begin();
    for (let ms = 20; ms <= 8000; ms += 20) {
      advanceTo(ms);
      network.deliver({ address: ANSWERER, port: 4000 }, `${CALLER}:4000`, rtp({ sequence: ms / 20 }));
      network.deliver({ address: ANSWERER, port: 4001 }, `${CALLER}:4001`, rtp({ sequence: ms / 20 }));
    }
    for (const port of [4000, 4001]) expect(network.bound.get(`${CALLER}:${port}`)?.waiting.length).toBeLessThan(250);
  });

  it('that was never connected is free again without a row', async () => {
    const { caller, begin, advanceTo } = await pair();
    begin();
    arm(caller);
    advanceTo(500);
    release(caller, 500);
    advanceTo(4300);
    expect(caller.freeTotals).toEqual([null]);
    expect(caller.freed).toEqual([0]);
    expect(caller.legs).toEqual([]);
    expect(caller.rows).toEqual([]);
  });
});

/** The answerer's packets for a second, from another place or with other fields. */
async function hear(
  packet: (
    i: number,
    own: RtpHeader,
  ) => { from?: string; port?: number; fields?: Partial<RtpHeader>; raw?: Uint8Array },
) {
  const { network, caller, begin, advanceTo } = await pair();
  begin();
  arm(caller);
  connect(caller, ANSWERER);
  for (let i = 0; i < 100; i++) {
    advanceTo(20 * i + 30);
    const own = headersFrom(network, CALLER)[0] ?? new RtpHeader();
    const { from = ANSWERER, port = 4000, fields = {}, raw } = packet(i, own);
    const sent = raw ?? rtp({ sequence: i, timestamp: i * 160, ssrc: 99, ...fields });
    network.deliver({ address: from, port }, `${CALLER}:4000`, sent);
  }
  advanceTo(2040);
  release(caller, 2040);
  advanceTo(6000);
  return caller.legs[0];
}

describe('the source', () => {
  it('with our own SSRC is our packets, reflected', async () =>
    expect(await hear((_, own) => ({ fields: { ssrc: own.ssrc } }))).toMatchObject({
      reflected: 1,
      received: 100,
      lost: 0,
    }));

  it('other than the SDP said is flagged, and measured', async () => {
    expect(await hear(() => ({ from: '10.0.0.77' }))).toMatchObject({ otherSource: 1, received: 100 });
    expect(await hear(() => ({ port: 4008 }))).toMatchObject({ otherSource: 1, received: 100 });
    expect(await hear(() => ({}))).toMatchObject({ otherSource: 0, received: 100 });
  });

  it('a new SSRC after a bridge goes on with the sums, but for the packets that it needed to be believed', async () =>
    expect(
      await hear((i) => (i < 50 ? {} : { fields: { ssrc: 100, sequence: 60_000 + i, timestamp: i * 160 + 9 } })),
    ).toMatchObject({
      received: 98,
      stray: 2,
      lost: 0,
      discarded: 0,
    }));

  it('with a payload type that nobody agreed on is named, from elsewhere it is stray; RTCP is neither; rubbish is counted', async () => {
    expect(await hear((i) => (i < 90 ? {} : { fields: { payloadType: 8 } }))).toMatchObject({
      wrongPayloadType: 10,
      stray: 0,
      malformed: 0,
    });
    expect(await hear((i) => (i < 90 ? {} : { fields: { payloadType: 8 }, from: '10.0.0.88' }))).toMatchObject({
      wrongPayloadType: 0,
      stray: 10,
    });
    const rtcp = Uint8Array.of(0x81, 200, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    expect(await hear((i) => (i < 90 ? {} : { raw: rtcp }))).toMatchObject({ stray: 0, malformed: 0 });
    expect(await hear((i) => (i < 90 ? {} : { raw: Uint8Array.of(1, 2, 3) }))).toMatchObject({
      stray: 0,
      malformed: 10,
    });
  });
});

describe('the engine', () => {
  it('obeys commands that came before the epoch as soon as it is known', async () => {
    const world = await pair();
    startCall(world, 0);
    expect(world.caller.engine.nextTickNs).toBe(Number.POSITIVE_INFINITY);
    world.begin();
    world.advanceTo(1990);
    release(world.caller, 1990);
    world.advanceTo(6000);
    expect(world.caller.legs[0]).toMatchObject({ lost: 0, answeredMs: 0, establishedForMs: 1990 });
    expect(world.caller.rows.map(({ second }) => second)).toEqual([0, 1]);
  });

  it('ends before it has begun', async () => {
    const { caller, network } = await pair();
    arm(caller);
    caller.engine.finish(network.nowNs);
    expect(caller.sockets.closed).toHaveLength(2);
    expect(caller.batches.length).toBeLessThan(5);
  });

  it.each([3000, 3005, 3019, 3500, 3999])(
    'reports what is left when it ends at %d ms, each second once',
    async (ms) => {
      const world = await pair(2);
      const { caller, network, begin, advanceTo } = world;
      begin();
      startCall(world, 0);
      arm(caller, 1, 1);
      connect(caller, '10.0.0.9', { slot: 1 }); // nobody is there
      advanceTo(ms);
      caller.engine.finish(network.nowNs);
      const seconds = (call: number): number[] =>
        caller.rows.filter((row) => row.call === call).map(({ second }) => second);
      expect(seconds(0)).toEqual([0, 1, 2, 3]);
      expect(seconds(1)).toEqual([0, 1, 2]);
      const [heard, silent] = caller.legs.toSorted((a, b) => a.call - b.call);
      expect(heard).toMatchObject({ call: 0, lost: 0, establishedForMs: ms });
      expect(silent).toMatchObject({ call: 1, expected: 150, lost: 150, mosLq: 1 });
      expect(caller.sockets.closed).toHaveLength(4);
      expect(caller.total('sent')).toBe((heard?.sent ?? 0) + (silent?.sent ?? 0));
    },
  );

  it('closes seconds that were still to close when it ends late', async () => {
    const world = await pair();
    const { caller, network, begin, advanceTo } = world;
    begin();
    startCall(world, 0);
    advanceTo(2000);
    network.nowNs += 6000 * MS; // the thread slept, and is told to stop
    caller.engine.finish(network.nowNs);
    expect(caller.rows.map(({ second }) => second)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(caller.legs[0]?.expected).toBe(caller.rows.reduce((sum, { expected }) => sum + expected, 0));
    expect(caller.legs[0]?.received).toBeGreaterThanOrEqual(98);
  });

  it('reports each second in turn, two seconds late', async () => {
    const { caller, begin, advanceTo } = await pair();
    begin();
    advanceTo(2999);
    expect(caller.batches).toEqual([]);
    advanceTo(3300);
    expect(caller.batches.map(({ second }) => second)).toEqual([0]);
    advanceTo(6300);
    expect(caller.batches.map(({ second }) => second)).toEqual([0, 1, 2, 3]);
  });

  it('voids the jitter of a second in which the wall clock jumped, and tells', async () => {
    const world = await pair();
    const { caller, begin, advanceTo } = world;
    begin();
    startCall(world, 0);
    advanceTo(2500);
    caller.sockets.stepped = true;
    advanceTo(7000);
    const rows = caller.rows.filter(({ second }) => second < 4);
    expect(rows.map(({ jitterMs }) => jitterMs)).toEqual([0, 0, Number.NaN, 0]);
    expect(rows.every(({ lost }) => lost === 0)).toBe(true);
    expect(caller.batches.filter(({ clockStepped }) => clockStepped)).toHaveLength(1);
  });

  it('adds up the drops that are known', async () => {
    const { caller, begin, advanceTo } = await pair(3);
    begin();
    caller.sockets.dropCount = (handle) => (handle === 2 ? 7 : null);
    advanceTo(3100);
    caller.sockets.dropCount = () => null;
    advanceTo(4300);
    expect(caller.batches.map(({ drops }) => drops)).toEqual([7, null]);
  });

  it('marks the seconds in which datagrams were dropped at its socket, and tells its health by the second', async () => {
    const world = await pair();
    const { caller, network, begin, advanceTo } = world;
    begin();
    startCall(world, 0);
    advanceTo(3500);
    network.lose = (_, from) => from.startsWith(ANSWERER);
    advanceTo(3700);
    network.lose = () => false;
    caller.sockets.dropCount = (handle) => (handle === 0 ? 10 : 0);
    advanceTo(12_300);
    const { nothing, scores, all } = SPOILED;
    expect(caller.rows.map(({ second, spoiled }) => [second, spoiled])).toEqual(
      [nothing, nothing, nothing, all, scores, scores, scores, scores, nothing, nothing].map((spoiled, second) => [
        second,
        spoiled,
      ]),
    );
    expect(caller.rows.map(({ lost }) => lost)).toEqual([0, 0, 0, 10, 0, 0, 0, 0, 0, 0]);
    expect(caller.batches.map(({ undatedDrops }) => undatedDrops)).toEqual(Array.from({ length: 10 }, () => 0));
    const pulses = caller.batches.flatMap((batch) => batch.pulses);
    expect(pulses.map(({ second }) => second)).toEqual(Array.from({ length: 12 }, (_, second) => second));
    expect(pulses.map(({ drops }) => drops)).toEqual([0, 0, 0, ...Array.from({ length: 9 }, () => 10)]);
    expect(pulses.reduce((sum, { sent }) => sum + sent, 0)).toBe(caller.total('sent'));
    expect(pulses.slice(1).map(({ sent, missed, latenessMaxMs }) => [sent, missed, latenessMaxMs])).toEqual(
      Array.from({ length: 11 }, () => [50, 0, 0]),
    );
  });

  it('dates what it sees after a stall to the end of it', async () => {
    const world = await pair();
    const { caller, network, begin, advanceTo } = world;
    begin();
    startCall(world, 0);
    advanceTo(2500);
    network.nowNs += 4000 * MS;
    caller.sockets.dropCount = (handle) => (handle === 0 ? 5 : 0);
    advanceTo(10_300);
    const seen = caller.batches.flatMap(({ pulses }) => pulses.map(({ second, drops }) => [second, drops]));
    expect(seen.find(([, drops]) => drops === 5)).toEqual([5, 5]);
    expect(seen).toHaveLength(10);
  });

  it('counts drops that it sees when their seconds have been told', async () => {
    const world = await pair();
    const { caller, network, begin, advanceTo } = world;
    begin();
    startCall(world, 0);
    advanceTo(1500);
    network.lose = (_, from) => from.startsWith(ANSWERER);
    advanceTo(6500);
    network.lose = () => false;
    caller.sockets.dropCount = (handle) => (handle === 0 ? 250 : 0);
    advanceTo(9300);
    expect(caller.batches.reduce((sum, { undatedDrops }) => sum + undatedDrops, 0)).toBe(250);
    expect(caller.rows.map(({ spoiled }) => spoiled)).toEqual([0, 0, 0, 0, 2, 2, 2]);
  });

  it('ignores a slot that it does not have', async () => {
    const { caller, begin } = await pair();
    begin();
    expect(() => {
      arm(caller, 99);
      connect(caller, ANSWERER, { slot: 99 });
      release(caller, 1, 99);
    }).not.toThrow();
  });
});
