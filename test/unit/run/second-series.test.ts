import { describe, expect, it } from 'vitest';
import { SecondSeries } from '../../../src/run/second-series.js';
import {
  cutRecord,
  droppedRecord,
  failedRecord,
  notStartedRecord,
  recordOf,
  rowsOf,
  type RowFigures,
} from './batches.js';

const NONE = { mosLq: null, mosLqWb: null, lossRatio: null, jitterMs: null, rttMs: null };

function add(series: SecondSeries, ...rows: readonly RowFigures[]): void {
  for (const row of rows) {
    series.addRow(rowsOf(row), 0);
  }
}

describe('the calls of a second', () => {
  it('are active from their answer to their end, as it stands at the end of each second', () => {
    const series = new SecondSeries();
    series.addCall(recordOf({ startedMs: 100, establishedMs: 900, endedMs: 3500 }));
    series.addCall(recordOf({ startedMs: 1000, establishedMs: 2000, endedMs: 2999 })); // within one second
    series.addCall(droppedRecord({ startedMs: 1500, establishedMs: 2999, endedMs: 4000 }));
    series.addCall(cutRecord('after', { startedMs: 0, establishedMs: 3000, endedMs: 5000 }));
    const seconds = series.seconds();
    expect(seconds.map(({ activeCalls }) => activeCalls)).toEqual([1, 1, 2, 2, 1, 0]);
    expect(seconds.map(({ started }) => started)).toEqual([2, 2, 0, 0, 0, 0]);
    expect(seconds.map(({ answered }) => answered)).toEqual([1, 0, 2, 1, 0, 0]);
  });

  it('that never were answered were never active; a failure stands in the second of its end', () => {
    const series = new SecondSeries();
    series.addCall(failedRecord({ startedMs: 200, endedMs: 3999 }));
    series.addCall(cutRecord('before', { startedMs: 300, endedMs: 2000 }));
    series.addCall(notStartedRecord({ endedMs: 9000 }));
    const seconds = series.seconds();
    expect(seconds.map(({ failed }) => failed)).toEqual([0, 0, 0, 1]);
    expect(seconds.map(({ activeCalls }) => activeCalls)).toEqual([0, 0, 0, 0]);
    expect(seconds[0]).toMatchObject({ started: 2, answered: 0 });
  });

  it('leave no gaps, whatever ends last', () => {
    const series = new SecondSeries();
    expect(series.seconds()).toEqual([]);
    series.addCall(recordOf({ startedMs: 7000, establishedMs: 7100, endedMs: 7200 }));
    add(series, { second: 9 });
    expect(series.seconds().map(({ second }) => second)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(series.seconds()[8]?.received).toBeNull();
  });
});

describe('what the legs of a second received', () => {
  it('is the same in whatever order the batches come', () => {
    const rows = Array.from({ length: 60 }, (_, i) => ({
      second: i % 6,
      mosLq: 1 + ((i * 7) % 31) / 10,
      jitterMs: (i * 13) % 17,
      lost: i % 4,
    }));
    const inOrder = new SecondSeries();
    const backwards = new SecondSeries();
    add(inOrder, ...rows);
    add(backwards, ...rows.toReversed());
    expect(backwards.seconds()).toEqual(inOrder.seconds());
    expect(inOrder.seconds()[0]?.received?.legs).toBe(10);
  });

  it('holds nearest ranks and the ratio of the sums', () => {
    const series = new SecondSeries();
    for (let leg = 1; leg <= 40; leg++) {
      add(series, {
        second: 0,
        mosLq: leg / 10,
        jitterMs: leg,
        expected: leg === 1 ? 1000 : 50,
        lost: leg === 1 ? 50 : 0,
      });
    }
    expect(series.seconds()[0]?.received).toEqual({
      ...NONE,
      legs: 40,
      mosLq: { p5: 0.2, p50: 2, p95: 3.8, min: 0.1 },
      jitterMs: { p50: 20, p95: 38 },
      lossRatio: 50 / (1000 + 39 * 50),
    });
  });

  it('is null where no figure is known', () => {
    const series = new SecondSeries();
    add(series, { second: 0, mosLq: Number.NaN, jitterMs: Number.NaN, expected: 0 });
    expect(series.seconds()[0]?.received).toEqual({ ...NONE, legs: 1 });
  });

  it('can be looked at while it grows: that closes nothing', () => {
    const series = new SecondSeries();
    add(series, { second: 3, mosLq: 4, expected: 50, lost: 50 });
    expect(series.seconds()[3]?.received).toMatchObject({ legs: 1, lossRatio: 1 });
    expect(series.received.isClosed(3)).toBe(false);
    add(series, { second: 3, mosLq: 2, expected: 50, lost: 0 });
    expect(series.received.in(3)).toMatchObject({ legs: 2, lossRatio: 0.5, mosLq: { min: 2, p95: 4 } });
    expect(series.seconds()[3]?.received).toEqual(series.received.in(3));
  });

  it('once closed is not overwritten by a part that comes too late', () => {
    const series = new SecondSeries();
    add(series, { second: 2 }, { second: 2 }, { second: 4 });
    series.closeBefore(4);
    expect(series.received.in(2)?.legs).toBe(2);
    expect(series.received.isClosed(4)).toBe(false);
    add(series, { second: 2, mosLq: 1 });
    series.closeBefore(9);
    expect(series.received.in(2)).toMatchObject({ legs: 2, mosLq: { min: 4.41 } });
    expect(series.received.in(4)?.legs).toBe(1);
  });
});
