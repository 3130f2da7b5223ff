import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FarReport, type SentStream } from '../../../../src/rtp/rtcp/far-report.js';
import { type BlockFields, blockOf } from './rtcp-bench.js';

const OURS = 0xabcd;
const THEIRS = 0x1111;

/** Packets every 20 ms from 10 s on. */
const sentOf = (packetCount: number, firstSequence = 1000): SentStream => ({
  ssrc: OURS,
  firstSequence,
  clockRate: 8000,
  packetCount,
  firstSentNs: 10e9,
});

/** A far end whose blocks come when so many packets have been sent. */
class Bench {
  readonly far = new FarReport();
  private delay = 1;

  constructor(private readonly firstSequence = 1000) {}

  take(packetCount: number, fields: Partial<BlockFields>, reporter = THEIRS): string {
    const delaySinceLastSr = this.delay++; // no two blocks of a live peer are the same
    const block = blockOf({ ssrc: OURS, lastSr: 1, delaySinceLastSr, ...fields });
    return this.far.take(block, reporter, sentOf(packetCount, this.firstSequence), (10 + packetCount * 0.02) * 1e9);
  }
}

describe('FarReport', () => {
  it('books the first block from our first packet on', () => {
    const bench = new Bench();
    expect(bench.take(100, { highestSequence: 1097, cumulativeLost: 7, jitter: 80 })).toBe('first');
    expect(bench.far.interval).toEqual({
      expected: 98,
      lost: 7,
      received: 91,
      lossRatio: 7 / 98,
      jitterMs: 10,
      spanMs: 2000,
      unreported: 2,
    });
    expect(bench.far.totals).toMatchObject({ intervals: 1, expected: 98, lost: 7, received: 91, lossRatio: 7 / 98 });
  });

  it('books the next from block to block', () => {
    const bench = new Bench();
    bench.take(100, { highestSequence: 1099, cumulativeLost: 10, jitter: 80 });
    expect(bench.take(150, { highestSequence: 1149, cumulativeLost: 15, jitter: 160 })).toBe('next');
    expect(bench.far.interval).toEqual({
      expected: 50,
      lost: 5,
      received: 45,
      lossRatio: 0.1,
      jitterMs: 20,
      spanMs: 1000,
      unreported: 0,
    });
    expect(bench.far.totals).toMatchObject({
      intervals: 2,
      expected: 150,
      lost: 15,
      received: 135,
      lossRatio: 0.1,
      jitterMeanMs: 15,
      jitterMaxMs: 20,
    });
  });

  it('knows nothing before', () => {
    const { far } = new Bench();
    expect(Object.values(far.interval)).toEqual(Array.from({ length: 7 }, () => Number.NaN));
    expect(far.totals).toMatchObject({ intervals: 0, lossRatio: Number.NaN, jitterMeanMs: Number.NaN });
    expect(far.totals.jitterMaxMs).toBeNaN();
    expect(far.reporter).toBeNaN();
  });

  it('has no loss ratio of an interval in which the far end heard of no packet, and says how many we sent', () => {
    const bench = new Bench();
    bench.take(100, { highestSequence: 1099 });
    expect(bench.take(150, { highestSequence: 1099 })).toBe('next');
    expect(bench.far.interval).toMatchObject({ expected: 0, lost: 0, lossRatio: Number.NaN, unreported: 50 });
  });

  it('takes back what came late after all, and shows no loss below 0', () => {
    const bench = new Bench();
    bench.take(100, { highestSequence: 1099, cumulativeLost: 3 });
    expect(bench.take(150, { highestSequence: 1149, cumulativeLost: 1 })).toBe('next');
    expect(bench.far.interval).toMatchObject({ expected: 50, lost: -2, received: 52, lossRatio: 0 });
    expect(bench.far.totals).toMatchObject({ expected: 150, lost: 1, received: 149 });
  });

  it('counts on through the wrap of our sequence, whatever cycles the far end began with', () => {
    const bench = new Bench(65_530);
    expect(bench.take(4, { highestSequence: 65_533 })).toBe('first');
    expect(bench.take(20, { highestSequence: 65_549, cumulativeLost: 1 })).toBe('next');
    expect(bench.far.interval).toMatchObject({ expected: 16, lost: 1, unreported: 0 });
    const late = new Bench(65_530); // it heard nothing before the wrap, so its cycles are 0
    expect(late.take(20, { highestSequence: 13 })).toBe('first');
    expect(late.far.interval).toMatchObject({ expected: 20, unreported: 0 });
  });

  it('counts on through the wrap of the 32 bits', () => {
    const bench = new Bench(1000);
    const beforeWrap = 0xffff_0000 + 1099;
    bench.take(100, { highestSequence: beforeWrap });
    expect(bench.take(65_636, { highestSequence: (beforeWrap + 65_536) >>> 0 })).toBe('next');
    expect(bench.far.interval.expected).toBe(65_536);
  });

  it.each([
    [0x7f_fffe, -0x7f_fffe, 4], // a peer that lets the 24 bits wrap
    [-3, 2, 5],
    [0x7f_ffff, 0x7f_ffff, 0], // one that holds at the largest
  ])('takes the difference of a loss of %d and one of %d as %d', (before, after, lost) => {
    const bench = new Bench(0);
    const highestSequence = 9_000_000;
    bench.take(highestSequence + 1, { highestSequence, cumulativeLost: before });
    bench.take(highestSequence + 51, { highestSequence: highestSequence + 50, cumulativeLost: after });
    expect(bench.far.interval).toMatchObject({ expected: 50, lost });
  });

  it('ignores blocks about other streams', () => {
    const bench = new Bench();
    expect(bench.take(100, { ssrc: OURS + 1, highestSequence: 1099, cumulativeLost: 50 })).toBe('foreign');
    expect(bench.far.totals.intervals).toBe(0);
  });

  it('books the same block once', () => {
    const bench = new Bench();
    const same = { highestSequence: 1099, cumulativeLost: 4, delaySinceLastSr: 9 };
    expect([bench.take(100, same), bench.take(101, same)]).toEqual(['first', 'duplicate']);
    expect(bench.far.totals).toMatchObject({ intervals: 1, expected: 100, lost: 4, duplicate: 1 });
  });

  it('leaves out a block that a newer one has overtaken', () => {
    const bench = new Bench(65_500);
    bench.take(30, { highestSequence: 65_520, cumulativeLost: 1 });
    bench.take(60, { highestSequence: 65_555, cumulativeLost: 2 });
    expect(bench.take(61, { highestSequence: 65_530, cumulativeLost: 9 })).toBe('stale');
    expect(bench.take(80, { highestSequence: 65_575, cumulativeLost: 2 })).toBe('next');
    expect(bench.far.interval).toMatchObject({ expected: 20, lost: 0 });
    expect(bench.far.totals).toMatchObject({ expected: 76, lost: 2, stale: 1 });
  });

  describe('begins afresh, without a figure for the interval in between,', () => {
    const restarts: [string, Bench, Partial<BlockFields>, number][] = [
      ['with another reporter', new Bench(), { highestSequence: 1149 }, 0x2222],
      ['with a reporter whose cycles begin again', new Bench(65_500), { highestSequence: 113 }, THEIRS],
      [
        'with a loss taken back that was never there',
        new Bench(),
        { highestSequence: 1149, cumulativeLost: -11 },
        THEIRS,
      ],
      [
        'with a loss of the interval that the sum does not show',
        new Bench(),
        { highestSequence: 1149, cumulativeLost: 30, fractionLost: 2 },
        THEIRS,
      ],
    ];
    it.each(restarts)('%s', (_, bench, fields, reporter) => {
      const isWrapped = fields.highestSequence === 113;
      const first = isWrapped ? 65_599 : 1099;
      bench.take(100, { highestSequence: first, cumulativeLost: 40 });
      expect(bench.take(150, fields, reporter)).toBe('rebased');
      const { interval } = bench.far;
      expect(interval).toMatchObject({ expected: Number.NaN, lost: Number.NaN, lossRatio: Number.NaN, unreported: 0 });
      const next = {
        highestSequence: (fields.highestSequence ?? 0) + 50,
        cumulativeLost: (fields.cumulativeLost ?? 0) + 2,
      };
      expect(bench.take(200, next, reporter)).toBe('next');
      expect(bench.far.interval).toMatchObject({ expected: 50, lost: 2, spanMs: 1000 });
      expect(bench.far.totals).toMatchObject({ intervals: 2, expected: 150, lost: 42, rebased: 1 });
    });
  });

  describe('counts as invalid and does not use', () => {
    it.each<[string, Partial<BlockFields>]>([
      ['a sequence number beyond what we sent', { highestSequence: 1150 }],
      ['one far beyond', { highestSequence: 0x7000_0000 }],
      ['more lost than there were', { highestSequence: 1149, cumulativeLost: 51 }],
      ['a loss of 8 million', { highestSequence: 1149, cumulativeLost: 0x7f_ffff }],
    ])('%s', (_, fields) => {
      const bench = new Bench();
      bench.take(100, { highestSequence: 1099 });
      expect(bench.take(150, fields)).toBe('invalid');
      expect(bench.take(200, { highestSequence: 1199, cumulativeLost: 1 })).toBe('next');
      expect(bench.far.interval).toMatchObject({ expected: 100, lost: 1 });
      expect(bench.far.totals.invalid).toBe(1);
    });

    it.each<[string, Partial<BlockFields>]>([
      ['a sequence number beyond what we sent', { highestSequence: 1100 }],
      ['one before our first', { highestSequence: 999 }],
      ['more lost than there were', { highestSequence: 1049, cumulativeLost: 51 }],
      ['more duplicates than packets', { highestSequence: 1049, cumulativeLost: -51 }],
    ])('%s in the first block', (_, fields) => {
      const bench = new Bench();
      expect(bench.take(100, fields)).toBe('invalid');
      expect(bench.take(100, { highestSequence: 1099, cumulativeLost: 1 })).toBe('first');
      expect(bench.far.totals).toMatchObject({ intervals: 1, expected: 100, invalid: 1 });
    });

    it('anything before we sent', () => {
      const far = new FarReport();
      const nothing = { ...sentOf(0), firstSentNs: Number.NaN };
      expect(far.take(blockOf({ ssrc: OURS, highestSequence: 1000 }), THEIRS, nothing, 1e9)).toBe('invalid');
    });

    it('and holds to the one before where they do not come in a row', () => {
      const bench = new Bench();
      const verdicts = [1099, 2000, 1149, 2001, 1199].map((highestSequence, i) =>
        bench.take(100 + 25 * i, { highestSequence }),
      );
      expect(verdicts).toEqual(['first', 'invalid', 'next', 'invalid', 'next']);
    });

    it('and compares no more with a block that two in a row contradict', () => {
      const bench = new Bench();
      bench.take(100, { highestSequence: 1050, cumulativeLost: -50 });
      expect(bench.take(150, { highestSequence: 1090, cumulativeLost: 0 })).toBe('invalid');
      expect(bench.take(160, { highestSequence: 1095, cumulativeLost: 0 })).toBe('invalid');
      expect(bench.take(170, { highestSequence: 1160, cumulativeLost: 0 })).toBe('rebased');
      expect(bench.take(180, { highestSequence: 1170, cumulativeLost: 1 })).toBe('next');
    });
  });

  it('uses a block without its jitter when that is longer than the stream is old', () => {
    const bench = new Bench();
    expect(bench.take(100, { highestSequence: 1099, jitter: 16_001 })).toBe('first'); // 2,000.125 ms of 2,000
    expect(bench.far.interval).toMatchObject({ expected: 100, jitterMs: Number.NaN });
    expect(bench.far.totals).toMatchObject({ invalidJitter: 1, jitterMeanMs: Number.NaN });
    bench.take(150, { highestSequence: 1149, jitter: 800 });
    expect(bench.far.totals).toMatchObject({ invalidJitter: 1, jitterMeanMs: 100, jitterMaxMs: 100 });
  });

  it('forgets a leg', () => {
    const bench = new Bench();
    bench.take(100, { highestSequence: 1099, cumulativeLost: 4, jitter: 80 });
    bench.far.reset();
    expect(bench.far.interval).toEqual(new FarReport().interval);
    expect(bench.far.totals).toEqual(new FarReport().totals);
    expect(bench.take(100, { highestSequence: 1099, jitter: 160 })).toBe('first');
    expect(bench.far.totals.jitterMeanMs).toBe(20);
  });

  it('never books more than we sent, nor a loss of more than there was, from whatever blocks', () => {
    const anyBlock = fc.record({
      highestSequence: fc.oneof(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 900, max: 1900 })),
      cumulativeLost: fc.oneof(fc.integer({ min: -0x80_0000, max: 0x7f_ffff }), fc.integer({ min: -20, max: 60 })),
      fractionLost: fc.nat(255),
      jitter: fc.integer({ min: 0, max: 0xffff_ffff }),
      reporter: fc.constantFrom(THEIRS, THEIRS, THEIRS, 0x2222),
    });
    fc.assert(
      fc.property(fc.array(anyBlock, { maxLength: 20 }), (blocks) => {
        const bench = new Bench();
        blocks.forEach(({ reporter, ...fields }, i) => bench.take((i + 1) * 40, fields, reporter));
        const { totals } = bench.far;
        expect(totals.expected).toBeLessThanOrEqual(blocks.length * 40);
        expect(totals.lost).toBeLessThanOrEqual(totals.expected);
        expect(totals.received).toBe(totals.expected - totals.lost);
        expect(totals.jitterMaxMs > blocks.length * 800).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});
