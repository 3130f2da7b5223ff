import { describe, expect, it } from 'vitest';
import { StreamMeter } from '../../../src/quality/stream-meter.js';
import { bookOf, METER_OPTIONS, play, rearrived, rFactorOf, stream, sum, type Packet } from './meter-bench.js';

const without = (packets: readonly Packet[], ...sequences: number[]): Packet[] =>
  packets.filter(({ sequence }) => !sequences.includes(sequence));

/** Arrivals as sequence numbers, one a ptime; timestamps follow the sequence. */
function arrivalsOf(sequences: readonly number[]): Packet[] {
  const first = sequences[0] ?? 0;
  return sequences.map((sequence, i) => ({
    sequence,
    timestamp: (((sequence - first) << 16) >> 16) * 160,
    arrivalMs: 10 + 20 * i,
  }));
}

const run = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => (from + i) & 0xffff);

const totalsOf = (sequences: readonly number[]) => {
  const packets = arrivalsOf(sequences);
  const endedMs = (packets.at(-1)?.arrivalMs ?? 0) + 20;
  const { meter } = play(packets, { endedMs });
  const { expected, received, lost, duplicate, reordered } = meter.totals;
  return { expected, received, lost, duplicate, reordered };
};

/** Ten packets, and a minute later ten from `from` on: the time can hold the gap. No silence is booked, only sequence. */
function afterMinute(from: number) {
  const packets = arrivalsOf([...run(0, 10), ...run(from, 10)]);
  const late = rearrived(packets, ({ arrivalMs }, i) => arrivalMs + (i < 10 ? 0 : 60_000));
  return play(late, { endedMs: 60_450, expectsAudio: false }).meter.totals;
}

/** 300 packets of which one is held back. */
const held = (delayMs: number): Packet[] =>
  rearrived(stream(300, 10), ({ sequence, arrivalMs }) => arrivalMs + (sequence === 40 ? delayMs : 0));

describe('sequence validation of RFC 3550 A.1 and A.3', () => {
  it.each([
    ['100 in order', run(100, 100), { expected: 100, received: 100, lost: 0, duplicate: 0, reordered: 0 }],
    [
      'five missing',
      run(100, 100).filter((s) => ![120, 121, 122, 150, 180].includes(s)),
      { expected: 100, received: 95, lost: 5, duplicate: 0, reordered: 0 },
    ],
    [
      'the wrap of sequence numbers',
      run(65_530, 20),
      { expected: 20, received: 20, lost: 0, duplicate: 0, reordered: 0 },
    ],
    [
      'loss at the wrap',
      run(65_530, 20).filter((s) => s !== 65_535 && s !== 0),
      { expected: 20, received: 18, lost: 2, duplicate: 0, reordered: 0 },
    ],
    // The RFC's own count would say that −2 were lost.
    ['duplicates', [...run(10, 10), 19, 18], { expected: 10, received: 10, lost: 0, duplicate: 2, reordered: 0 }],
    ['reordering', [10, 11, 13, 12, 14, 16, 15, 17], { expected: 8, received: 8, lost: 0, duplicate: 0, reordered: 2 }],
    [
      // 40000 is not believed, 40001 is the first of the new range.
      'a restart after a big jump',
      [...run(10, 10), ...run(40_000, 10)],
      { expected: 19, received: 19, lost: 0, duplicate: 0, reordered: 0 },
    ],
    [
      'one packet from far away',
      [...run(10, 10), 40_000, ...run(20, 10)],
      { expected: 20, received: 20, lost: 0, duplicate: 0, reordered: 0 },
    ],
  ])('%s', (_, sequences, totals) => expect(totalsOf(sequences)).toEqual(totals));

  it('books a gap of 2,999 as loss, and takes one of 3,000 for a jump', () => {
    expect(afterMinute(3008)).toMatchObject({ received: 20, lost: 2998 });
    expect(afterMinute(3009)).toMatchObject({ received: 19, lost: 0 });
  });

  it('takes a gap that the time since the last packet cannot hold, with a second of slack, for a jump', () => {
    expect(totalsOf([...run(0, 100), ...run(150, 10)])).toMatchObject({ received: 110, lost: 50 });
    expect(totalsOf([...run(0, 100), ...run(152, 10)])).toMatchObject({ received: 109, lost: 0 });
    expect(totalsOf([...run(0, 10), ...run(3008, 10)])).toMatchObject({ received: 19, lost: 0 });
  });

  it('takes what is 99 back for late and what is 100 back for a jump', () => {
    const late = totalsOf([...run(0, 150).filter((s) => s !== 50), 50]);
    expect(late).toMatchObject({ expected: 150, received: 150, reordered: 1 });
    const jump = totalsOf([...run(0, 151).filter((s) => s !== 50), 50]);
    expect(jump).toMatchObject({ expected: 151, received: 150, lost: 1, reordered: 0 });
  });
});

describe('loss in its second', () => {
  it('counts a lost packet in the second in which it was due, not in which the next one came', () => {
    const packets = without(stream(200, 10), 99, 100, 101, 149); // due at 1.99, 2.01, 2.03 and 2.99 s
    const { seconds } = play(packets, { endedMs: 4010 });
    expect(bookOf(seconds)).toEqual([
      [0, 50, 50, 0],
      [1, 50, 49, 1],
      [2, 50, 47, 3],
      [3, 50, 50, 0],
    ]);
  });

  it('finds the second of a lost packet by its timestamp where the far side uses another ptime', () => {
    const packets = Array.from({ length: 100 }, (_, i) => ({ sequence: i, timestamp: 240 * i, arrivalMs: 5 + 30 * i }));
    const lossy = packets.filter(({ sequence }) => sequence < 32 || sequence > 65); // due until 1.955 s: at 30 ms each
    const { seconds } = play(lossy, { endedMs: 3000 });
    expect(sum(seconds, ({ lost }) => lost)).toBeGreaterThanOrEqual(34);
  });

  it('books what came within two seconds, and takes what came later for lost', () => {
    const inTime = play(held(1900), { endedMs: 6010 });
    expect(bookOf(inTime.seconds)[0]).toEqual([0, 50, 50, 0]);
    expect(inTime.seconds[0]?.discarded).toBe(1);
    const tooLate = play(held(1980 + 1000), { endedMs: 6010 });
    expect(tooLate.meter.totals).toMatchObject({ expected: 300, received: 299, lost: 1 });
  });

  it('sees no loss in a sender that skips: its timestamp advances, its sequence does not', () => {
    const packets = stream(200, 10).filter((_, i) => i % 10 !== 3 && (i < 60 || i > 90));
    const { seconds, meter } = play(
      packets.map((packet, i) => ({ ...packet, sequence: 65_500 + i })),
      { endedMs: 4010 },
    );
    expect(meter.totals.lost).toBe(0);
    expect(meter.totals.received).toBe(packets.length);
    expect(meter.totals.jitterMaxMs).toBe(0);
    expect(seconds.every(({ rFactor }, i) => (i === 0 ? Number.isNaN(rFactor) : rFactor > 93))).toBe(true);
  });

  it('works across the wrap of the timestamp', () => {
    const packets = stream(400, 10, { sequence: 65_400, timestamp: 0xffff_ff00 });
    const { meter } = play(packets, { endedMs: 8010 });
    expect(meter.totals).toMatchObject({ expected: 400, received: 400, lost: 0, discarded: 0, jitterMaxMs: 0 });
  });
});

describe('partial seconds', () => {
  it('book no phantom loss, wherever the call begins and ends', () => {
    for (let phase = 0; phase < 1000; phase += 37) {
      const began = 1000 + phase;
      const packets = stream(151, began + 7);
      const { meter } = play(packets, { beganMs: began, endedMs: began + 3010 });
      expect(meter.totals).toMatchObject({ expected: 151, received: 151, lost: 0, discarded: 0 });
    }
  });

  it('a stream that stops less than a pause before the end lost nothing that we know; one that stopped earlier did', () => {
    const guarded = play(stream(190, 10), { endedMs: 3980 }); // the last at 3.79
    expect(guarded.meter.totals.lost).toBe(0);
    const paused = play(stream(150, 10), { endedMs: 3980 }); // the last at 2.99: within a pause of the end
    expect(paused.meter.totals).toMatchObject({ expected: 150, received: 150, lost: 0 });
    const stopped = play(stream(140, 10), { endedMs: 3980 }); // the last at 2.79: 2.81 to 3.77 are missing
    expect(stopped.meter.totals).toMatchObject({ received: 140, lost: 49 });
  });

  it('ignore what comes after the end', () => {
    const { meter } = play(stream(200, 10), { endedMs: 2000 });
    expect(meter.totals).toMatchObject({ expected: 100, received: 100, lost: 0 });
  });

  it('a late start within a second is no loss; whole seconds before it are, whenever they are closed', () => {
    const { seconds } = play(stream(120, 5310), { beganMs: 400, endedMs: 7710 });
    expect(bookOf(seconds)).toEqual([
      [1, 50, 0, 50],
      [2, 50, 0, 50],
      [3, 50, 0, 50],
      [4, 50, 0, 50],
      [5, 35, 35, 0],
      [6, 50, 50, 0],
      [7, 35, 35, 0],
    ]);
  });

  it('a second that was closed already is not closed again', () => {
    const meter = new StreamMeter(METER_OPTIONS);
    meter.begin(0);
    expect(meter.closeSecond(0)).toBe(true);
    expect(meter.closeSecond(0)).toBe(false);
    expect(meter.totals.expected).toBe(50);
  });

  it('packets that came before the ACK belong to the first second', () => {
    const { meter } = play(stream(100, 4990), { beganMs: 5005, endedMs: 7010 });
    expect(meter.totals).toMatchObject({ expected: 100, received: 100, lost: 0 });
  });
});

describe('silence', () => {
  it('a stream that never comes is lost in every whole second, with R 0', () => {
    const { meter, seconds } = play([], { beganMs: 300, endedMs: 4500 });
    expect(bookOf(seconds)).toEqual([
      [1, 50, 0, 50],
      [2, 50, 0, 50],
      [3, 50, 0, 50],
    ]);
    expect(seconds.map(({ rFactor }) => rFactor)).toEqual([0, 0, 0]);
    expect(meter.totals.longestSilenceMs).toBe(4200);
  });

  it('is nothing where their SDP does not send', () => {
    const never = play([], { endedMs: 4500, expectsAudio: false });
    expect(never.seconds).toEqual([]);
    expect(never.meter.totals.longestSilenceMs).toBe(0);
    const stopped = play(stream(50, 10), { endedMs: 6000, expectsAudio: false });
    expect(stopped.meter.totals).toMatchObject({ expected: 50, received: 50, lost: 0 });
  });

  it('a stream that stops goes on being expected', () => {
    const { seconds } = play(stream(75, 10), { endedMs: 4500 });
    expect(bookOf(seconds)).toEqual([
      [0, 50, 50, 0],
      [1, 50, 25, 25],
      [2, 50, 0, 50],
      [3, 50, 0, 50],
      [4, 15, 0, 15], // until 4.3 s
    ]);
    expect(seconds[2]?.rFactor).toBe(0);
  });

  /** 10.5 s of audio, a stall of 2.5 s, then 3 s more; the stall ends before or after its first second closes (13.0 s). */
  describe.each([10_410, 10_610, 10_010])('a stall of 2.5 s from %d ms on', (stallMs) => {
    const before = stream(Math.round((stallMs - 10) / 20), 10);
    const at = before.length;
    const resumeMs = stallMs + 2500;
    const endedMs = resumeMs + 3000;
    const missing = 125;

    it('paused (sequence goes on, timestamp has advanced): every time slot is lost once', () => {
      const after = stream(150, resumeMs, { sequence: at, timestamp: (at + missing) * 160 });
      const { meter, seconds } = play([...before, ...after], { endedMs });
      expect(meter.totals).toMatchObject({
        expected: at + missing + 150,
        received: at + 150,
        lost: missing,
        discarded: 0,
      });
      expect(seconds.every(({ expected, second }) => expected === 50 || second === Math.floor(endedMs / 1000))).toBe(
        true,
      );
    });

    it('with a gap in the sequence: the same, in the same seconds', () => {
      const paused = stream(150, resumeMs, { sequence: at, timestamp: (at + missing) * 160 });
      const gap = stream(150, resumeMs, { sequence: at + missing, timestamp: (at + missing) * 160 });
      const lost = play([...before, ...gap], { endedMs });
      expect(lost.meter.totals).toMatchObject({ expected: at + missing + 150, received: at + 150, lost: missing });
      expect(bookOf(lost.seconds)).toEqual(bookOf(play([...before, ...paused], { endedMs }).seconds));
    });

    it('held back by the network and delivered at once: no slot is booked twice', () => {
      const sent = stream(missing + 150, stallMs, { sequence: at, timestamp: at * 160 });
      const held = rearrived(sent, ({ arrivalMs }) => Math.max(arrivalMs, resumeMs));
      const { meter } = play([...before, ...held], { endedMs });
      expect(meter.totals.expected).toBe(at + missing + 150);
      expect(meter.totals.received + meter.totals.lost).toBe(meter.totals.expected);
      expect(meter.totals.lost).toBeLessThanOrEqual(50); // only what belongs to a second that had closed
    });

    it('with a new SSRC after it: every time slot is lost once', () => {
      const after = stream(150, resumeMs, { sequence: 777, timestamp: 12_345 });
      const { meter } = play([...before, ...after], {
        endedMs,
        events: [{ atMs: resumeMs, run: (m) => m.restart() }],
      });
      expect(meter.totals).toMatchObject({ received: at + 150, lost: missing });
    });
  });

  it('a pause without a step of the timestamp: the stream was moved, and its loss is still seen', () => {
    const before = stream(500, 10);
    const after = stream(300, 15_010, { sequence: 500, timestamp: 500 * 160 });
    const { meter, seconds } = play([...before, ...without(after, 700, 701, 702)], { endedMs: 21_010 });
    const silent = seconds.filter(({ second }) => second >= 10 && second < 15);
    expect(silent.map(({ lost }) => lost)).toEqual([50, 50, 50, 50, 50]);
    expect(sum(seconds.slice(15), ({ lost }) => lost)).toBe(3);
    expect(meter.totals.received + meter.totals.lost).toBe(meter.totals.expected);
    expect(meter.totals.discarded).toBe(2); // until the third packet in a row moves the anchor
  });

  it('measures the longest silence', () => {
    const { meter } = play([...stream(100, 10), ...stream(100, 4510, { sequence: 100, timestamp: 36_000 })], {
      endedMs: 6510,
    });
    expect(meter.totals.longestSilenceMs).toBe(2520);
  });
});

describe('score', () => {
  it('is unknown in the first second and then over the trailing five: it recovers when the loss has ended', () => {
    const packets = stream(1500, 10).filter(({ sequence }) => sequence < 200 || sequence >= 300 || sequence % 5 > 0);
    const { seconds, meter } = play(packets, { endedMs: 30_010 });
    const r = seconds.map(({ rFactor }) => rFactor);
    expect(r[0]).toBeNaN();
    expect(r[3]).toBeCloseTo(93.2, 1);
    const twentyOfFive = rFactorOf(20 / 250);
    expect(r[5]).toBeCloseTo(twentyOfFive, 6);
    expect(r[8]).toBeCloseTo(twentyOfFive, 6);
    expect(r[9]).toBeCloseTo(rFactorOf(10 / 250), 6);
    expect(r[10]).toBeCloseTo(93.2, 1);
    expect(meter.totals.rFactor).toBeCloseTo(rFactorOf(20 / 1500), 6);
  });

  it('counts what the jitter buffer discards like loss', () => {
    const packets = rearrived(stream(200, 10), (p) => p.arrivalMs + (p.sequence % 10 === 5 ? 90 : 0));
    packets.sort((a, b) => a.arrivalMs - b.arrivalMs);
    const { meter } = play(packets, { endedMs: 4110 });
    expect(meter.totals).toMatchObject({ received: 200, lost: 0, discarded: 20, reordered: 20 });
    expect(meter.totals.rFactor).toBeCloseTo(rFactorOf(0.1), 6);
  });
});

describe('a change of source', () => {
  it('in the middle of a second loses no booked packet and mixes no sequence numbers', () => {
    const before = stream(70, 10, { sequence: 60_000, timestamp: 999_999 });
    const after = stream(130, 1410, { sequence: 5, timestamp: 3_000_000_000 });
    const { meter, seconds } = play([...without(before, 60_020), ...without(after, 25)], {
      endedMs: 4010,
      events: [{ atMs: 1410, run: (m) => m.restart() }],
    });
    expect(meter.totals).toMatchObject({ expected: 200, received: 198, lost: 2, discarded: 0, jitterMaxMs: 0 });
    expect(seconds.map(({ lost }) => lost)).toEqual([1, 1, 0, 0]);
  });

  it.each([1e6, -1e6, 1e9, -2e9])(
    'timestamps set anew by %d units within a stream are neither loss nor jitter',
    (step) => {
      const after = stream(180, 2410, { sequence: 120, timestamp: 120 * 160 + step });
      const packets = [...stream(120, 10), ...after];
      const { meter, seconds } = play(packets, { endedMs: 6010 });
      expect(seconds.map(({ received }) => received)).toEqual([50, 50, 50, 50, 50, 50]);
      expect(meter.totals).toMatchObject({ expected: 300, lost: 0, discarded: 0, jitterMaxMs: 0 });
    },
  );
});

/** `count` packets a `stepMs` apart whose timestamps advance by `units`. */
function paced(count: number, stepMs: number, units: number, startMs = 10): Packet[] {
  return Array.from({ length: count }, (_, i) => ({
    sequence: i,
    timestamp: 1000 + Math.floor(i * units),
    arrivalMs: startMs + i * stepMs,
  }));
}

describe('timestamps that leave the pace of arrival', () => {
  it.each([0, 0.02, 1, 8, 16, 40])('at %d units a packet: what came in sequence is not lost', (units) => {
    const { meter, seconds } = play(paced(500, 20, units), { endedMs: 10_010 });
    expect(meter.totals).toMatchObject({ expected: 500, received: 500, lost: 0 });
    expect(meter.totals.discarded).toBeLessThanOrEqual(70); // until they are seen to be of no use
    expect(sum(seconds.slice(3), ({ discarded }) => discarded)).toBe(0);
  });

  it('loss is still seen, and silence where nothing arrived', () => {
    const packets = without(paced(1000, 20, 0), 300, 301, 302).filter(
      ({ sequence }) => sequence < 400 || sequence >= 600,
    );
    const { meter } = play(packets, { endedMs: 20_010 });
    expect(meter.totals).toMatchObject({ expected: 1000, received: 797, lost: 203 });
    const stopped = play(paced(500, 20, 0), { endedMs: 20_010 });
    expect(stopped.meter.totals).toMatchObject({ received: 500 });
    expect(Math.abs(stopped.meter.totals.lost - 490)).toBeLessThanOrEqual(2);
  });

  it('are believed again when they keep pace: jitter and discards are measured', () => {
    const frozen = paced(200, 20, 0);
    const sound = stream(800, 4010, { sequence: 200, timestamp: 1000 });
    const packets = rearrived([...frozen, ...sound], (p, i) => p.arrivalMs + (i > 500 ? (i % 2) * 12 : 0));
    const { meter, seconds } = play(packets, { endedMs: 20_030 });
    expect(meter.totals).toMatchObject({ expected: 1000, received: 1000, lost: 0 });
    expect(seconds[15]?.jitterMs).toBeCloseTo(12, 1);
  });
});

describe('timestamps set anew', () => {
  it.each([1e6, -1e6, 39_146_832, -2e9])('by %d units with an arrival before the last one are no jitter', (step) => {
    const after = stream(180, 2410, { sequence: 120, timestamp: 120 * 160 + step });
    const meter = new StreamMeter(METER_OPTIONS);
    meter.begin(0);
    for (const { sequence, timestamp, arrivalMs } of [...stream(120, 10), ...after]) {
      meter.onPacket(sequence, timestamp, sequence === 120 ? 2389.5 : arrivalMs);
    }
    meter.end(6010);
    for (let second = 0; second <= 6; second++) meter.closeSecond(second);
    expect(meter.totals).toMatchObject({ expected: 300, received: 300, lost: 0, discarded: 0 });
    expect(meter.totals.jitterMaxMs).toBeLessThan(2);
  });

  it('and a packet from before that comes after: no jitter of their distance', () => {
    const packets = [...stream(120, 10), ...stream(180, 2410, { sequence: 120, timestamp: 4_000_000 })];
    const late = rearrived(packets, (p) => (p.sequence === 119 ? 2415 : p.arrivalMs));
    const { meter } = play(
      late.toSorted((a, b) => a.arrivalMs - b.arrivalMs),
      { endedMs: 6010 },
    );
    expect(meter.totals).toMatchObject({ expected: 300, received: 300, lost: 0, reordered: 1 });
    expect(meter.totals.jitterMaxMs).toBeLessThan(5);
  });
});

describe('the packet time of the far side', () => {
  it.each([10, 30, 60])('%d ms: a stream that stops halfway is half lost', (packetMs) => {
    const count = 10_000 / packetMs;
    const { meter } = play(paced(Math.floor(count), packetMs, packetMs * 8), { endedMs: 20_200 });
    const { expected, received, lost } = meter.totals;
    expect(received).toBe(Math.floor(count));
    expect(lost / expected).toBeCloseTo(0.5, 2);
  });

  it('is ours before two packets have come', () => {
    const { meter } = play(paced(1, 30, 240), { endedMs: 4210 });
    expect(meter.totals).toMatchObject({ expected: 200, received: 1, lost: 199 });
  });

  it('is not that of a single packet that was skipped', () => {
    const packets = paced(300, 20, 160).filter((_, i) => i !== 298);
    const skipped = packets.map(({ timestamp, arrivalMs }, i) => ({ sequence: i, timestamp, arrivalMs }));
    const { meter } = play(skipped, { endedMs: 10_210 });
    expect(meter.totals.received).toBe(299);
    expect(meter.totals.lost).toBe(200);
  });
});
