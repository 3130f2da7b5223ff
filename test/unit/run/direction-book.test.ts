import { describe, expect, it } from 'vitest';
import { DirectionBook } from '../../../src/run/direction-book.js';
import { GroupBook } from '../../../src/run/group-book.js';
import type { QualityFigure } from '../../../src/run/quality-book.js';
import { BASIS, LEG, ROW } from '../../../src/worker/messages.js';
import { legsOf, rowsOf, sentLegsOf, sentRowsOf, type LegFigures, type RowFigures } from './batches.js';

const FIGURES: readonly QualityFigure[] = [
  'mosLq',
  'mosCq',
  'mosLqWb',
  'mosCqWb',
  'mosLqNoPlc',
  'rFactor',
  'lossRatio',
  'discardRatio',
  'jitterMs',
  'rttMs',
  'mouthToEarMs',
  'burstR',
  'burstDensity',
  'burstMs',
  'gapDensity',
  'gapMs',
];

function bookOf(rows: readonly RowFigures[], legs: readonly LegFigures[] = []): DirectionBook {
  const book = new DirectionBook();
  const table = rowsOf(...rows);
  rows.forEach((_, index) => book.addRow(table, index * ROW.columns, true));
  const totals = legsOf(...legs);
  legs.forEach((_, index) => book.addLeg(totals, index * LEG.columns, true));
  return book;
}

const rangeOf = (book: DirectionBook, figure: QualityFigure, per: 'second' | 'call' = 'second', codec?: number) => {
  const found = book.figure(figure, per, codec);
  return found === null ? null : [found.count, found.min, found.max];
};

describe('scores', () => {
  const PCMU: RowFigures = { codec: 0, mosLq: 4.4, mosCq: 4.3, mosLqNoPlc: 4.2, rFactor: 93 };
  const PCMA: RowFigures = { codec: 1, mosLq: 4.1, mosCq: 4, mosLqNoPlc: 3.9, rFactor: 82 };
  const G722: RowFigures = { codec: 2, mosLq: 4.3, mosCq: 3.8, mosLqNoPlc: 3.3, rFactor: 115 };

  it('of the two scales stand in distributions of their own, under the names of P.800.1', () => {
    const book = bookOf([PCMU, PCMA, G722]);
    expect(rangeOf(book, 'mosLq')).toEqual([2, 4.1, 4.4]);
    expect(rangeOf(book, 'mosCq')).toEqual([2, 4, 4.3]);
    expect(rangeOf(book, 'mosLqWb')).toEqual([1, 4.3, 4.3]);
    expect(rangeOf(book, 'mosCqWb')).toEqual([1, 3.8, 3.8]);
    // Narrowband figures only.
    expect(rangeOf(book, 'mosLqNoPlc')).toEqual([2, 3.9, 4.2]);
    expect(rangeOf(book, 'rFactor')).toEqual([2, 82, 93]);
    const scales = (['mosLq', 'mosCq', 'mosLqWb', 'mosCqWb'] as const).map(
      (figure) => book.figure(figure, 'second')?.summary()?.scale,
    );
    expect(scales).toEqual(['MOS-LQEN', 'MOS-CQEN', 'MOS-LQEW', 'MOS-CQEW']);
  });

  it('of one codec can be asked for alone', () => {
    const book = bookOf([PCMU, PCMA, G722]);
    expect(rangeOf(book, 'mosLq', 'second', 1)).toEqual([1, 4.1, 4.1]);
    expect(rangeOf(book, 'mosLq', 'second', 2)).toBeNull();
    expect(rangeOf(book, 'jitterMs', 'second', 2)).toEqual([1, 1, 1]);
    expect(book.books().map(({ codec }) => codec)).toEqual([0, 1, 2]);
  });

  it('of an unknown codec are on no scale; its packets count all the same', () => {
    const book = bookOf([
      { ...PCMU, codec: Number.NaN, lost: 5 },
      { ...PCMU, codec: 77 },
    ]);
    expect([rangeOf(book, 'mosLq'), rangeOf(book, 'mosLqWb'), rangeOf(book, 'rFactor')]).toEqual([null, null, null]);
    expect(rangeOf(book, 'lossRatio')).toEqual([2, 0, 0.1]);
    expect(book.books().map(({ codec, scale }) => [codec, scale])).toEqual([[-1, null]]);
  });
});

describe('merging', () => {
  it('equals adding: all rows and legs in one codec, or spread over three', () => {
    const rows = Array.from({ length: 90 }, (_, i) => ({
      mosLq: 1 + (i % 35) / 10,
      mosCq: 1 + (i % 31) / 10,
      jitterMs: (i * 7) % 41,
      lost: i % 13,
      discarded: i % 5,
      rttMs: i,
      mouthToEarMs: i + 80,
    }));
    const legs = rows.map(({ lost, rttMs }, i) => ({
      lost,
      rttMs,
      burstR: 1 + i / 10,
      burstDensity: i / 100,
      burstMs: i,
    }));
    const apart = bookOf(
      rows.map((row, i) => ({ ...row, codec: i % 2 })),
      legs.map((leg, i) => ({ ...leg, codec: i % 2 })),
    );
    const together = bookOf(rows, legs);
    for (const per of ['second', 'call'] as const) {
      for (const figure of FIGURES) {
        const [merged, added] = [apart, together].map((book) => book.figure(figure, per)?.summary() ?? null);
        expect(merged === null).toBe(added === null);
        if (merged === null || added === null || merged === undefined || added === undefined) continue;
        // Sums of doubles depend on their order in the last digit.
        expect({ ...merged, mean: 0, stdDev: 0 }).toEqual({ ...added, mean: 0, stdDev: 0 });
        expect(merged.mean).toBeCloseTo(added.mean, 9);
      }
    }
  });
});

describe('what is not known', () => {
  it('adds nothing instead of zeros', () => {
    const unknown = Object.fromEntries(Object.keys(LEG).map((name) => [name, Number.NaN]));
    const { call: _, direction: __, columns: ___, ...figures } = unknown;
    const book = bookOf([], [{ ...figures, codec: 0 }]);
    expect(FIGURES.map((figure) => book.figure(figure, 'call'))).toEqual(FIGURES.map(() => null));
    expect(Object.values(book.packets)).toEqual(Array.from({ length: 9 }, () => null));
    expect(book.legs).toBe(1);
  });

  it('of the loss is not that there was none', () => {
    const book = bookOf([{ expected: 50, lost: Number.NaN, discarded: Number.NaN }]);
    expect([rangeOf(book, 'lossRatio'), rangeOf(book, 'discardRatio')]).toEqual([null, null]);
  });

  it('is Infinity as well; and duplicates that take the loss below nothing lose nothing', () => {
    const book = bookOf([{ jitterMs: Infinity, rttMs: -Infinity, lost: -3 }]);
    expect([rangeOf(book, 'jitterMs'), rangeOf(book, 'rttMs'), rangeOf(book, 'lossRatio')]).toEqual([
      null,
      null,
      [1, 0, 0],
    ]);
  });
});

describe('the sent direction of a group', () => {
  it('has books of its own, and its legs are no legs of the group', () => {
    const group = new GroupBook();
    group.addRow(rowsOf({ mosLq: 4.4, jitterMs: 1 }), 0, true);
    group.addRow(sentRowsOf({ mosLq: 3.2, jitterMs: 9, rttMs: 80 }), 0, true);
    group.addLeg(legsOf({ mosLq: 4.4 }), 0, true);
    group.addSentLeg(sentLegsOf({ mosLq: 3, taken: 0, expectsAudio: 1 }), 0, true);
    group.addSentLeg(sentLegsOf({ mosLq: 3.1, basis: BASIS.answerer }), 0, false);
    expect([rangeOf(group.received, 'mosLq'), rangeOf(group.sent, 'mosLq')]).toEqual([
      [1, 4.4, 4.4],
      [1, 3.2, 3.2],
    ]);
    expect([rangeOf(group.received, 'rttMs'), rangeOf(group.sent, 'rttMs')]).toEqual([null, [1, 80, 80]]);
    expect(rangeOf(group.sent, 'mosLq', 'call')).toEqual([1, 3, 3]); // the other is of the warm-up
    expect([group.legs, group.sent.legs, group.sentLegs]).toEqual([1, 2, { rtcp: 1, answerer: 1 }]);
    expect(group.calls).toMatchObject({ noMedia: 0, oneWay: 0 });
    expect(group.sent.packets).toMatchObject({ expected: 200, stray: null, malformed: null });
  });

  it('has seconds of its own', () => {
    const { series } = new GroupBook();
    series.addRow(rowsOf({ second: 1, codec: 2, mosLq: 4.3 }), 0);
    series.addRow(sentRowsOf({ second: 1, mosLq: 3, expected: 250, lost: 25, rttMs: 60 }), 0);
    const [, second] = series.seconds();
    expect(second?.received).toMatchObject({ legs: 1, mosLq: null, mosLqWb: { p50: 4.3 }, rttMs: null });
    expect(second?.sent).toMatchObject({ legs: 1, mosLq: { p50: 3 }, lossRatio: 0.1, rttMs: { p50: 60, p95: 60 } });
    expect(series.seconds()[0]).toMatchObject({ received: null, sent: null });
  });
});
