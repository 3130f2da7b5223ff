import { expect, it } from 'vitest';
import { joinLost, lostInWords, lostList } from '../../../src/run/lost-calls.js';
import { OpenCalls } from '../../../src/run/open-calls.js';
import { SecondSeries } from '../../../src/run/second-series.js';

it('calls of two workers are open from their beginning to their record, in whatever order they are told of', () => {
  const calls = new OpenCalls(2);
  calls.noteEnded(2); // the second call of worker 0, before its beginning is told
  calls.noteBegun(0, 3);
  calls.noteBegun(1, 2);
  calls.noteEnded(3);
  expect(calls.list()).toEqual([0, 1, 4]);
  expect(calls.list(1)).toEqual([1]);
  calls.noteBegun(1, 2);
  expect(calls.list()).toEqual([0, 1, 4]);
});

it('many lost calls are counted, and the first of them named', () => {
  const ids = Array.from({ length: 1200 }, (_, call) => `id-${call}`);
  const all = joinLost(lostList(ids.slice(0, 700)), lostList(ids.slice(700)));
  expect(all.count).toBe(1200);
  expect(all.callIds).toEqual(ids.slice(0, 1000));
  expect(lostInWords(all)).toBe('1200 calls (id-0, id-1, id-2 and 1197 more)');
  expect(lostInWords(lostList(['a']))).toBe('1 call (a)');
  expect(lostInWords(lostList([]))).toBe('0 calls');
});

it('the counters of threads stand in place of those of ended calls', () => {
  const series = new SecondSeries();
  series.takeCounts([
    { started: 3, answered: 2, failed: 0, active: 2 },
    { started: 5, answered: 4, failed: 1, active: 3 },
  ]);
  expect(
    series.seconds().map(({ started, answered, failed, activeCalls }) => [started, answered, failed, activeCalls]),
  ).toEqual([
    [3, 2, 0, 2],
    [2, 2, 1, 3],
  ]);
});
