import { describe, expect, it } from 'vitest';
import { FixedJitterBuffer } from '../../../src/quality/jitter-buffer.js';
import { nextJitter } from '../../../src/quality/jitter.js';
import { qualityVectors } from '../../vectors/quality-vectors.js';
import { play } from './meter-bench.js';

interface TracePacket {
  readonly sequence: number;
  readonly timestamp: number;
  readonly arrivalMs: number;
}

/** The trace of STANDARDS §6.2: 1,000 packets, 2 % lost, 0–30 ms of jitter, six packets 120 ms late. */
function trace(): TracePacket[] {
  let x = 12_345;
  const draw = (): number => {
    x = (Math.imul(1_103_515_245, x) + 12_345) & 0x7fff_ffff;
    return x >> 16;
  };
  const packets: TracePacket[] = [];
  for (let i = 0; i < 1000; i++) {
    const isLost = draw() % 100 < 2;
    const jitterMs = (draw() % 31) + (i >= 500 && i < 506 ? 120 : 0);
    if (!isLost) packets.push({ sequence: i, timestamp: 160 * i, arrivalMs: 1000 + 20 * i + 30 + jitterMs });
  }
  return packets.toSorted((a, b) => a.arrivalMs - b.arrivalMs || a.sequence - b.sequence);
}

describe('the reference trace', () => {
  const { jbTrace } = qualityVectors;
  const packets = trace();

  it('is the published one', () => {
    expect(packets).toHaveLength(jbTrace.count);
    expect(packets.slice(0, 10).map((p) => [p.sequence, p.timestamp, p.arrivalMs])).toEqual(jbTrace.firstTen);
    expect(packets.reduce((sum, p) => sum + p.arrivalMs, 0)).toBe(jbTrace.sumArrivals);
  });

  it('has 13.281303 ms of jitter at its end', () => {
    let jitter = 0;
    let before = Number.NaN;
    for (const { arrivalMs, timestamp } of packets) {
      const transit = arrivalMs - timestamp / 8;
      if (!Number.isNaN(before)) jitter = nextJitter(jitter, transit - before);
      before = transit;
    }
    expect(jitter).toBeCloseTo(13.281303, 6);
  });

  it.each(jbTrace.fixed.map((row) => [row.D, row] as const))(
    'anchored on the first packet with %d ms',
    (depth, row) => {
      const buffer = new FixedJitterBuffer({ delayMs: depth, anchor: 'first' });
      const played = packets.filter(({ arrivalMs, timestamp }) => buffer.accept(arrivalMs, timestamp / 8));
      expect(packets.length - played.length).toBe(row.discarded);
      const delays = played.map(({ arrivalMs, timestamp }) => buffer.anchorMs + depth + timestamp / 8 - arrivalMs);
      expect(delays.reduce((sum, delay) => sum + delay, 0) / delays.length).toBeCloseTo(row.avgDelay, 9);
    },
  );

  it('loses 19 and discards the six late ones in a meter with 60 ms', () => {
    const { meter } = play(packets, { beganMs: 1030, endedMs: 21_060 });
    expect(meter.totals).toMatchObject({ expected: 1000, received: 981, lost: 19, discarded: 6 });
  });
});

/** Discards among packets with these transits, ms. */
const transits = (buffer: FixedJitterBuffer, count: number, transitOf: (i: number) => number): number => {
  let discarded = 0;
  for (let i = 0; i < count; i++) discarded += buffer.accept(20 * i + transitOf(i), 20 * i) ? 0 : 1;
  return discarded;
};

describe('an anchor on the smallest transit', () => {
  it.each([100e-6, -100e-6])('follows a drift of %d over half an hour; one on the first packet does not', (drift) => {
    const wander = (i: number): number => 50 + 20 * i * drift + ((i * 7919) % 31);
    expect(transits(new FixedJitterBuffer({ delayMs: 60, anchor: 'min' }), 90_000, wander)).toBe(0);
    const fixed = transits(new FixedJitterBuffer({ delayMs: 60, anchor: 'first' }), 90_000, wander);
    expect(fixed > 0).toBe(drift > 0);
  });

  it('is not misled by a first packet that was late', () => {
    const buffer = new FixedJitterBuffer({ delayMs: 60, anchor: 'min' });
    expect(transits(buffer, 100, (i) => (i === 0 ? 500 : 10))).toBe(0);
    expect(buffer.anchorMs).toBe(10);
  });

  it('discards what is later than its depth, by a hair', () => {
    const buffer = new FixedJitterBuffer({ delayMs: 60, anchor: 'min' });
    expect([buffer.accept(100, 0), buffer.accept(180, 20), buffer.accept(200.001, 40)]).toEqual([true, true, false]);
  });

  it('forgets a minimum after ten seconds', () => {
    const buffer = new FixedJitterBuffer({ delayMs: 60, anchor: 'min' });
    expect(transits(buffer, 1500, (i) => (i < 50 ? 10 : 100))).toBeGreaterThan(400);
    expect(buffer.anchorMs).toBe(100);
  });

  it('works before the epoch and when the clock goes back', () => {
    const buffer = new FixedJitterBuffer({ delayMs: 60, anchor: 'min' });
    expect(buffer.accept(-7000, 0)).toBe(true);
    expect(buffer.anchorMs).toBe(-7000);
    buffer.accept(-6980, 20);
    buffer.accept(-99_960, 40);
    expect(buffer.anchorMs).toBe(-100_000);
  });
});

describe('a stream that was moved', () => {
  it.each(['first', 'min'] as const)('is anchored anew at the third packet (%s)', (anchor) => {
    const buffer = new FixedJitterBuffer({ delayMs: 60, anchor });
    buffer.accept(0, 0);
    expect([1, 2, 3, 4].map((i) => buffer.accept(1500 + 20 * i, 20 * i))).toEqual([false, false, true, true]);
    expect(buffer.anchorMs).toBe(1500);
  });

  it('two far packets are two late packets', () => {
    const buffer = new FixedJitterBuffer({ delayMs: 60, anchor: 'first' });
    buffer.accept(0, 0);
    expect([1600, 1620, 60, 1660, 1680, 120].map((at, i) => buffer.accept(at, 20 * (i + 1)))).toEqual([
      false,
      false,
      true,
      false,
      false,
      true,
    ]);
    expect(buffer.anchorMs).toBe(0);
  });
});
