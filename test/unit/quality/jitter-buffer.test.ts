import { describe, expect, it } from 'vitest';
import { FixedJitterBuffer } from '../../../src/quality/jitter-buffer.js';
import { nextJitter } from '../../../src/quality/jitter.js';
import { qualityVectors, segmentOf } from '../../vectors/quality-vectors.js';
import { play, referenceTrace } from './meter-bench.js';

describe('the reference trace', () => {
  const { jbTrace } = qualityVectors;
  const packets = referenceTrace();

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

  it('has the published bursts, gaps and scores in a meter with 60 ms', () => {
    const { totals } = play(packets, { beganMs: 1030, endedMs: 21_060 }).meter;
    const segment = segmentOf(60);
    expect(totals.bursts).toBe(segment.bursts);
    expect(totals.burstDensity).toBeCloseTo(segment.burst_density, 6);
    expect(totals.gapDensity).toBeCloseTo(segment.gap_density, 6);
    expect(totals.burstMs).toBeCloseTo(segment.burst_ms, 3);
    expect(totals.gapMs).toBeCloseTo(segment.gap_ms, 3);
    expect(totals.burstR).toBeCloseTo(segment.BurstR_run, 6);
    expect(totals.rFactor).toBeCloseTo(84.458923, 6);
    expect(totals.mosLq).toBeCloseTo(4.180793, 6);
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
