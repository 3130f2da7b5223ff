import { describe, expect, it } from 'vitest';
import { nextJitter, timestampDifference } from '../../../src/quality/jitter.js';
import { StreamMeter } from '../../../src/quality/stream-meter.js';
import { qualityVectors } from '../../vectors/quality-vectors.js';
import { METER_OPTIONS, play, rearrived, stream } from './meter-bench.js';

/** The estimate after each packet, in clock units, over packets one `step` apart. */
function estimates(
  arrivalsMs: readonly number[],
  options = { clockRate: 8000, step: 160, firstTimestamp: 0 },
): number[] {
  let jitter = 0;
  return arrivalsMs.map((arrivalMs, i) => {
    if (i > 0) {
      const timestamp = (n: number): number => (options.firstTimestamp + options.step * n) >>> 0;
      const passed = ((arrivalMs - (arrivalsMs[i - 1] ?? 0)) * options.clockRate) / 1000;
      jitter = nextJitter(jitter, passed - timestampDifference(timestamp(i), timestamp(i - 1)));
    }
    return jitter;
  });
}

/** Delay of every second packet by 10 ms: a difference of differences would settle at 20 ms. */
const alternating = (count: number, ptimeMs = 20): number[] =>
  Array.from({ length: count }, (_, i) => ptimeMs * i + (i % 2) * 10);

/** What a meter shows after these arrivals of a clean stream, ms. */
function meteredMaximum(arrivalsMs: readonly number[], first = { sequence: 0, timestamp: 0 }): number {
  const packets = rearrived(stream(arrivalsMs.length, 0, first), (_, i) => arrivalsMs[i] ?? 0);
  return play(packets, { endedMs: (arrivalsMs.at(-1) ?? 0) + 10 }).meter.totals.jitterMaxMs;
}

describe('timestampDifference', () => {
  it.each([
    [160, 0, 160],
    [0, 0xffff_ff60, 160],
    [0xffff_ff60, 0, -160],
    [0x8000_0000, 0, -0x8000_0000],
  ])('%d after %d is %d', (later, earlier, difference) => expect(timestampDifference(later, earlier)).toBe(difference));
});

describe('interarrival jitter (RFC 3550 A.8)', () => {
  it('follows the vector', () => {
    const { arrivalsMs, expected } = qualityVectors.jitter;
    estimates(arrivalsMs).forEach((jitter, i) => expect(jitter).toBeCloseTo(expected[i]?.[0] ?? Number.NaN, 4));
    expect(meteredMaximum(arrivalsMs)).toBeCloseTo(19.8563 / 8, 4);
  });

  it.each([
    [10, 35.246],
    [50, 76.614],
    [100, 79.866],
    [200, 79.9998],
  ])('after %d packets of the alternating trace: %d units', (count, units) => {
    expect(estimates(alternating(count)).at(-1)).toBeCloseTo(units, 3);
    expect(meteredMaximum(alternating(count))).toBeCloseTo(units / 8, 3);
  });

  it('settles at 10.00 ms on a 48 kHz clock too', () => {
    const last = estimates(alternating(200), { clockRate: 48_000, step: 960, firstTimestamp: 0 }).at(-1) ?? 0;
    expect(last).toBeCloseTo(479.999, 3);
    expect(last / 48).toBeCloseTo(10, 3);
  });

  it('stays 0 across the wrap of the timestamp', () => {
    const onTime = Array.from({ length: 20 }, (_, i) => 20 * i);
    const options = { clockRate: 8000, step: 160, firstTimestamp: 0xffff_ff00 };
    expect(Math.max(...estimates(onTime, options))).toBe(0);
    expect(meteredMaximum(onTime, { sequence: 65_530, timestamp: 0xffff_ff00 })).toBe(0);
  });
});

describe('jitter of a stream', () => {
  it('a duplicate does not count, a reordered packet does, in order of arrival', () => {
    const meter = new StreamMeter(METER_OPTIONS);
    meter.begin(0);
    let jitter = 0;
    let transit = Number.NaN;
    const arrive = (sequence: number, arrivalMs: number, counts = true): void => {
      meter.onPacket(sequence, sequence * 160, arrivalMs);
      const next = arrivalMs - sequence * 20;
      if (counts && !Number.isNaN(transit)) jitter = nextJitter(jitter, next - transit);
      if (counts) transit = next;
    };
    arrive(0, 5);
    arrive(2, 47);
    arrive(2, 61, false);
    arrive(1, 70);
    arrive(3, 72);
    meter.closeSecond(0);
    expect(meter.totals.jitterMaxMs).toBeCloseTo(jitter, 9);
    expect(meter.second).toMatchObject({ received: 4, duplicate: 1, reordered: 1 });
  });

  it('a second without packets has none, and the mean is over packets', () => {
    const arrivals = Array.from({ length: 50 }, (_, i) => 20 * i + (i % 3) * 4 + 5);
    const packets = rearrived(stream(50, 0), (_, i) => arrivals[i] ?? 0);
    const { meter, seconds } = play(packets, { endedMs: 4000 });
    expect(seconds[0]?.jitterMs).toBeGreaterThan(0);
    expect(seconds[1]?.jitterMs).toBeNaN();
    const all = estimates(arrivals).map((units) => units / 8);
    expect(meter.totals.jitterMs).toBeCloseTo(all.reduce((a, b) => a + b) / 50, 9);
  });

  it('starts at zero with a new SSRC', () => {
    const before = rearrived(stream(100, 0), (_, i) => 20 * i + (i % 2) * 10);
    const after = stream(100, 2000, { sequence: 9, timestamp: 77 });
    const { seconds } = play([...before, ...after], {
      endedMs: 4010,
      events: [{ atMs: 2000, run: (meter) => meter.restart() }],
    });
    expect(seconds[1]?.jitterMs).toBeGreaterThan(9);
    expect(seconds[2]?.jitterMs).toBe(0);
  });
});

/** A clean call of 8 s; from 3.5 s until the offset is sampled again (4.0 s) arrivals are `stepMs` off. */
function stepped(stepMs: number, lastSequence = 400) {
  const packets = stream(lastSequence, 7);
  const meter = new StreamMeter(METER_OPTIONS);
  const seconds: Record<string, number>[] = [];
  meter.begin(0);
  for (let second = 0, next = 0; second < 11; second++) {
    if (second === 4) meter.voidJitter(3);
    if (second >= 3 && meter.closeSecond(second - 3)) seconds.push({ ...meter.second });
    for (; (packets[next]?.arrivalMs ?? Infinity) < (second + 1) * 1000 && next < packets.length; next++) {
      const { sequence, timestamp, arrivalMs } = packets[next] ?? packets[0]!;
      const isOff = arrivalMs >= 3500 && arrivalMs < 4000;
      meter.onPacket(sequence, timestamp, arrivalMs + (isOff ? stepMs : 0));
    }
    if (second === 7) meter.end(8010);
  }
  return { meter, seconds };
}

describe('a step of the wall clock', () => {
  it.each([5, 400, 2500, 10_000, 3_600_000, -5, -400, -2500, -10_000, -3_600_000])(
    'of %d ms voids the jitter of its second and spoils nothing else',
    (stepMs) => {
      const { meter, seconds } = stepped(stepMs);
      expect(meter.totals).toMatchObject({ expected: 400, received: 400, lost: 0, discarded: 0, jitterMaxMs: 0 });
      expect(meter.totals.longestSilenceMs).toBeLessThanOrEqual(30);
      expect(seconds.map(({ received }) => received)).toEqual(Array.from({ length: 8 }, () => 50));
      expect(seconds.map(({ jitterMs }) => jitterMs)).toEqual([0, 0, 0, Number.NaN, 0, 0, 0, 0]);
    },
  );

  it('books the silence of a stream that stopped in that second', () => {
    const { meter, seconds } = stepped(10_000, 195); // until 3.887 s
    expect(meter.totals).toMatchObject({ expected: 391, received: 195, discarded: 0 });
    expect(seconds.map(({ lost }) => lost)).toEqual([0, 0, 0, 5, 50, 50, 50, 41]);
  });

  it('in two seconds in a row voids both', () => {
    const meter = new StreamMeter(METER_OPTIONS);
    meter.begin(0);
    const jitter: number[] = [];
    let sent = 0;
    for (let second = 0; second < 9; second++) {
      if (second === 3 || second === 4) meter.voidJitter(second - 1);
      if (second >= 3 && meter.closeSecond(second - 3)) jitter.push(meter.second.jitterMs);
      for (let i = 0; i < 50; i++, sent++) meter.onPacket(sent, sent * 160, sent * 20 + 5);
    }
    expect(jitter).toEqual([0, 0, Number.NaN, Number.NaN, 0, 0]);
  });
});
