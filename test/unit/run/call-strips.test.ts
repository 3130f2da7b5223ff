import { describe, expect, it } from 'vitest';
import { CallStripsBook, Strip, STRIP_POINTS } from '../../../src/run/call-strips.js';
import { SPOILED } from '../../../src/worker/messages.js';
import { rowsOf, sentRowsOf, type RowFigures } from './batches.js';

function stripOf(rows: readonly RowFigures[]): Strip {
  const strip = new Strip(rows[0]?.second ?? 0, 0);
  for (const row of rows) {
    strip.add(rowsOf(row), 0);
  }
  return strip;
}

describe('the strip of a call', () => {
  it('has a point a second, and none where nothing is known', () => {
    const strip = stripOf([
      { second: 10, mosLq: Number.NaN, expected: 30, lost: 1 },
      { second: 11, mosLq: 4.25, lost: 2, discarded: 3, jitterMs: 5, rttMs: 40 },
      { second: 14, mosLq: 4.5 },
    ]);
    expect(strip.binSeconds).toBe(1);
    expect(strip.list().map(({ second }) => second)).toEqual([10, 11, 14]);
    expect(strip.list()[0]).toMatchObject({ expected: 30, lost: 1, mosLq: Number.NaN });
    expect(strip.list()[1]).toEqual({
      second: 11,
      expected: 50,
      lost: 2,
      discarded: 3,
      mosLq: 4.25,
      jitterMs: 5,
      rttMs: 40,
      spoiled: SPOILED.nothing,
    });
  });

  it('knows which points this host spoiled, also when several seconds become one', () => {
    const rows = Array.from({ length: 240 }, (_, second) => ({
      second,
      spoiled: second === 3 ? SPOILED.all : second === 4 ? SPOILED.scores : SPOILED.nothing,
    }));
    // 240 s: bins of 2 s.
    const points = stripOf(rows).list();
    expect(
      points.filter(({ spoiled }) => spoiled !== SPOILED.nothing).map(({ second, spoiled }) => [second, spoiled]),
    ).toEqual([
      [2, SPOILED.all],
      [4, SPOILED.scores],
    ]);
  });

  it('of a long call holds the worst of several seconds in a point, and never more than 120 of them', () => {
    // 300 s: bins of 4 s. Second 7 is the bad one, in the second bin.
    const strip = stripOf(
      Array.from({ length: 300 }, (_, second) => ({
        second,
        lost: second === 7 ? 10 : 0,
        mosLq: second === 7 ? 2.5 : 4.25,
        jitterMs: second === 5 ? 30 : 1,
      })),
    );
    const points = strip.list();
    expect(strip.binSeconds).toBe(4);
    expect(points).toHaveLength(75);
    expect(points[1]).toMatchObject({ second: 4, expected: 200, lost: 10, mosLq: 2.5, jitterMs: 30 });
    expect(points[2]).toMatchObject({ second: 8, expected: 200, lost: 0, mosLq: 4.25, jitterMs: 1 });
    expect(points.at(-1)).toMatchObject({ second: 296, expected: 200 });
  });

  it('of hours stays as small', () => {
    const strip = new Strip(0, 0);
    for (let second = 0; second < 20_000; second += 7) {
      strip.add(rowsOf({ second }), 0);
    }
    expect(strip.binSeconds).toBe(256);
    expect(strip.list().length).toBeLessThanOrEqual(STRIP_POINTS);
    expect(strip.list().reduce((sum, { expected }) => sum + expected, 0)).toBe(50 * Math.ceil(20_000 / 7));
  });
});

describe('strips of live calls', () => {
  it('are kept by call and direction until the call is told of', () => {
    const book = new CallStripsBook();
    book.addRow(rowsOf({ call: 3, second: 5 }), 0);
    book.addRow(sentRowsOf({ call: 3, second: 6 }), 0);
    book.addRow(rowsOf({ call: 4, second: 5 }), 0);
    expect(book.size).toBe(3);
    const strips = book.take(3);
    expect(strips.received?.list().map(({ second }) => second)).toEqual([5]);
    expect(strips.sent?.list().map(({ second }) => second)).toEqual([6]);
    expect(book.size).toBe(1);
    expect(book.take(3)).toEqual({ received: null, sent: null });
  });

  it('are none of the calls beyond 20,000 directions', () => {
    const book = new CallStripsBook();
    const table = rowsOf({});
    for (let call = 0; call < 20_001; call++) {
      table[0] = call;
      book.addRow(table, 0);
    }
    expect(book.size).toBe(20_000);
    expect(book.take(20_000).received).toBeNull();
    expect(book.take(19_999).received).not.toBeNull();
  });
});
