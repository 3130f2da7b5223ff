import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReceptionStatistics } from '../../../../src/rtp/rtcp/reception-statistics.js';
import { ReportBlock } from '../../../../src/rtp/rtcp/report-block.js';
import { qualityVectors } from '../../../vectors/quality-vectors.js';

const range = (first: number, last: number, without: readonly number[] = []): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((n) => !without.includes(n));

/** Packets on time, by their sequence numbers. */
function heard(sequences: readonly number[], ssrc = 1): ReceptionStatistics {
  const statistics = new ReceptionStatistics();
  statistics.start(8000);
  hear(statistics, sequences, ssrc);
  return statistics;
}

function hear(statistics: ReceptionStatistics, sequences: readonly number[], ssrc = 1): void {
  for (const sequence of sequences) {
    statistics.onPacket({ sequence: sequence & 0xffff, timestamp: sequence * 160, ssrc }, sequence * 20e6);
  }
}

function blockOf(statistics: ReceptionStatistics): ReportBlock {
  const block = new ReportBlock();
  statistics.writeTo(block);
  return block;
}

describe('loss by A.1 and A.3', () => {
  const wrap = range(65_530, 65_549);
  it.each<[string, number[], { expected: number; lost: number; fraction: number; highest: number }]>([
    ['all of 100–199', range(100, 199), { expected: 100, lost: 0, fraction: 0, highest: 199 }],
    [
      'without five of them',
      range(100, 199, [120, 121, 122, 150, 180]),
      { expected: 100, lost: 5, fraction: 12, highest: 199 },
    ],
    ['across the wrap', wrap, { expected: 20, lost: 0, fraction: 0, highest: 65_549 }],
    [
      'across the wrap, without 65535 and 0',
      range(65_530, 65_549, [65_535, 65_536]),
      { expected: 20, lost: 2, fraction: 25, highest: 65_549 },
    ],
    ['two of them twice', [...range(10, 19), 19, 18], { expected: 10, lost: -2, fraction: 0, highest: 19 }],
    ['out of order', [10, 11, 13, 12, 14, 16, 15, 17], { expected: 8, lost: 0, fraction: 0, highest: 17 }],
    [
      'a restart, whose first packet only announces it',
      [...range(10, 19), ...range(40_000, 40_009)],
      { expected: 9, lost: 0, fraction: 0, highest: 40_009 },
    ],
    ['one stray far ahead', [...range(10, 19), 40_000, 20], { expected: 11, lost: 0, fraction: 0, highest: 20 }],
    ['a gap of 2,999', [10, 3009], { expected: 3000, lost: 2998, fraction: 255, highest: 3009 }],
    ['a gap of 3,000 is none yet', [10, 3010], { expected: 1, lost: 0, fraction: 0, highest: 10 }],
    ['99 back is late', [200, 101], { expected: 1, lost: -1, fraction: 0, highest: 200 }],
    ['100 back is no packet of this stream', [200, 100], { expected: 1, lost: 0, fraction: 0, highest: 200 }],
  ])('%s', (_, sequences, { expected, lost, fraction, highest }) => {
    const statistics = heard(sequences);
    expect(statistics.expected).toBe(expected);
    const block = blockOf(statistics);
    expect([block.ssrc, block.cumulativeLost, block.fractionLost, block.highestSequence]).toEqual([
      1,
      lost,
      fraction,
      highest,
    ]);
  });

  it('has the fraction of the interval only, and the loss of all', () => {
    const statistics = heard(
      range(
        1,
        100,
        [1, 2, 3].map((n) => n * 10),
      ),
    );
    expect(blockOf(statistics)).toMatchObject({ cumulativeLost: 3, fractionLost: 7 }); // 256·3/100
    hear(statistics, range(101, 200));
    expect(blockOf(statistics)).toMatchObject({ cumulativeLost: 3, fractionLost: 0 });
    hear(statistics, range(201, 300, range(211, 260)));
    expect(blockOf(statistics)).toMatchObject({ cumulativeLost: 53, fractionLost: 128 });
  });

  it('counts cycles of the sequence number', () => {
    const statistics = heard([65_000]);
    for (let n = 66_000; n < 65_536 * 3; n += 1000) hear(statistics, [n]);
    hear(statistics, [65_536 * 3]);
    expect(blockOf(statistics).highestSequence).toBe(0x3_0000);
  });

  it('holds a loss that 24 bits have no room for at the largest', () => {
    const statistics = heard([0]);
    for (let n = 2999; n < 9_000_000; n += 2999) hear(statistics, [n]);
    expect(blockOf(statistics).cumulativeLost).toBe(0x7f_ffff);
  });

  it('begins afresh with another SSRC', () => {
    const statistics = heard(range(100, 199, [150]));
    blockOf(statistics);
    hear(statistics, range(5000, 5009, [5005]), 2);
    expect(blockOf(statistics)).toMatchObject({ ssrc: 2, cumulativeLost: 1, fractionLost: 25, highestSequence: 5009 });
  });

  it('has news when a packet came since the last block, and none for the next leg', () => {
    const statistics = new ReceptionStatistics();
    statistics.start(8000);
    expect([statistics.hasNews, statistics.expected]).toEqual([false, 0]);
    hear(statistics, [1]);
    expect(statistics.hasNews).toBe(true);
    blockOf(statistics);
    expect(statistics.hasNews).toBe(false);
    hear(statistics, [2]);
    statistics.start(8000);
    expect([statistics.hasNews, statistics.expected, statistics.ssrc]).toEqual([false, 0, Number.NaN]);
  });

  it('sums up to what came, whatever order, loss and repetition, while no step is a restart', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.array(fc.integer({ min: -40, max: 40 }), { maxLength: 300 }), (first, steps) => {
        const numbers = [first + 0x1_0000];
        let newest = first + 0x1_0000;
        for (const step of steps) {
          numbers.push(newest + step);
          newest = Math.max(newest, newest + step);
        }
        const statistics = heard(numbers);
        const expected = newest - (first + 0x1_0000) + 1;
        expect(statistics.expected).toBe(expected);
        expect(statistics.cumulativeLost).toBe(expected - numbers.length);
      }),
    );
  });
});

function jitters(
  arrivalsMs: readonly number[],
  options = { clockRate: 8000, step: 160, firstTimestamp: 0 },
): number[][] {
  const statistics = new ReceptionStatistics();
  statistics.start(options.clockRate);
  return arrivalsMs.map((arrivalMs, i) => {
    const timestamp = (options.firstTimestamp + options.step * i) >>> 0;
    statistics.onPacket({ sequence: i & 0xffff, timestamp, ssrc: 1 }, 7e15 + arrivalMs * 1e6);
    return [statistics.jitter, blockOf(statistics).jitter];
  });
}
const alternating = (count: number): number[] => Array.from({ length: count }, (_, i) => 20 * i + 10 * (i % 2));
const lastOf = (values: readonly number[][]): number => values.at(-1)?.[0] ?? Number.NaN;

describe('jitter by A.8', () => {
  it('follows the reference after each packet, and reports it in whole units', () => {
    const found = jitters([0, 20, 45, 60, 75, 110, 120, 140, 165, 180]);
    const float = [0, 0, 2.5, 4.8438, 7.041, 14.101, 18.2196, 17.0809, 18.5134, 19.8563];
    found.forEach(([jitter], i) => expect(jitter).toBeCloseTo(float[i] ?? Number.NaN, 4));
    expect(found.map(([, reported]) => reported)).toEqual([0, 0, 2, 4, 7, 14, 18, 17, 18, 19]);
  });

  it('follows the trace of the vector file', () => {
    const { arrivalsMs, expected } = qualityVectors.jitter;
    jitters(arrivalsMs).forEach(([jitter], i) => expect(jitter).toBeCloseTo(expected[i]?.[0] ?? Number.NaN, 4));
  });

  it.each([
    [10, 35.246],
    [50, 76.614],
    [100, 79.866],
    [200, 79.9998],
  ])('after %d packets that come 0 and 10 ms late is %d', (count, jitter) => {
    expect(lastOf(jitters(alternating(count)))).toBeCloseTo(jitter, 3);
  });

  it('is in units of a clock of 48 kHz too', () => {
    const found = lastOf(jitters(alternating(200), { clockRate: 48_000, step: 960, firstTimestamp: 0 }));
    expect(found).toBeCloseTo(479.999, 3);
  });

  it('stays 0 through the wrap of the timestamp', () => {
    const onTime = Array.from({ length: 20 }, (_, i) => 20 * i);
    expect(lastOf(jitters(onTime, { clockRate: 8000, step: 160, firstTimestamp: 0xffff_ff00 }))).toBeCloseTo(0, 6);
  });

  it('leaves out timestamps that stand still, and goes on behind them', () => {
    const statistics = new ReceptionStatistics();
    statistics.start(8000);
    const event = [0, 160, 320, 320, 320, 320, 960, 1120]; // an event from 320 on, 80 ms long
    event.forEach((timestamp, i) => statistics.onPacket({ sequence: i, timestamp, ssrc: 1 }, i * 20e6));
    expect(statistics.jitter).toBeCloseTo(0, 6);
  });

  it.each([
    ['another SSRC', 2, 3],
    ['a restart of the sequence', 1, 30_000],
  ])('begins afresh with %s, however its timestamps lie', (_, ssrc, sequence) => {
    const statistics = new ReceptionStatistics();
    statistics.start(8000);
    [0, 20, 45].forEach((ms, i) => statistics.onPacket({ sequence: i, timestamp: i * 160, ssrc: 1 }, ms * 1e6));
    expect(statistics.jitter).toBe(2.5);
    statistics.onPacket({ sequence, timestamp: 0x9000_0000, ssrc }, 60e6);
    statistics.onPacket({ sequence: sequence + 1, timestamp: 0x9000_00a0, ssrc }, 80e6);
    statistics.onPacket({ sequence: sequence + 2, timestamp: 0x9000_0140, ssrc }, 100e6);
    expect(statistics.jitter).toBeCloseTo(0, 6);
  });
});
