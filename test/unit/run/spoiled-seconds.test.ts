import { expect, it } from 'vitest';
import type { MetricQuery } from '../../../src/gates/source.js';
import { RunBook } from '../../../src/run/run-book.js';
import { DIRECTION, SPOILED } from '../../../src/worker/messages.js';
import { concat, legsOf, mediaBatch, recordOf, rowsOf, sentRowsOf, signallingBatch } from './batches.js';

const endpoints = [{ name: 'trunk-a', labels: {} }];
const of = (metric: string, changes: Partial<MetricQuery> = {}): MetricQuery => ({
  metric,
  direction: 'received',
  per: 'second',
  tags: {},
  afterMs: 0,
  ...changes,
});

it('seconds in which this host dropped datagrams are in no figure of seconds but the round trip', () => {
  const watched = [{ query: of('loss'), stat: { kind: 'max' } as const }];
  const book = new RunBook({ endpoints, media: true, warmupMs: 0, watched });
  const rows = rowsOf(
    { second: 0, lost: 1, received: 49, mosLq: 4.2, mosCq: 4.1, jitterMs: 2, rttMs: 30 },
    { second: 1, lost: 40, received: 10, mosLq: 1.2, mosCq: 1.1, jitterMs: 90, rttMs: 70, spoiled: SPOILED.all },
    { second: 2, lost: 0, mosLq: 1.3, mosCq: 1.2, jitterMs: 3, spoiled: SPOILED.scores },
    { second: 3, lost: 2, received: 48, mosLq: 4, mosCq: 3.9, jitterMs: 4 },
  );
  const before = rows.slice();
  book.addMedia(mediaBatch({ rows: concat(rows, sentRowsOf({ second: 1, lost: 5, direction: DIRECTION.sent })) }));
  expect(rows).toEqual(before);

  const seen = (metric: string) => {
    const figure = book.distribution(of(metric));
    return figure === null ? null : [figure.count, figure.min, figure.max];
  };
  expect(seen('loss')).toEqual([3, 0, 0.04]);
  expect(seen('discard')?.[0]).toBe(3);
  expect(seen('jitter')).toEqual([3, 2, 4]);
  expect(seen('mos_lq')).toEqual([2, 4, 4.2]);
  expect(seen('mos_cq')).toEqual([2, 3.9, 4.1]);
  expect(seen('r_factor')?.[0]).toBe(2);
  expect(seen('rtt')).toEqual([2, 30, 70]);
  expect(book.distribution(of('loss', { direction: 'sent' }))?.count).toBe(1);
  expect(book.seconds(of('loss'), { kind: 'max' }).map(({ second, value }) => [second, value])).toEqual([
    [0, 0.02],
    [2, 0],
    [3, 0.04],
  ]);
  expect([book.spoiled.all, book.spoiled.scores]).toEqual([1, 1]);
  const [, spoiled, next] = book.total.series.seconds();
  expect(spoiled?.received).toMatchObject({
    legs: 0,
    lossRatio: null,
    mosLq: null,
    jitterMs: null,
    rttMs: { p50: 70 },
  });
  expect(next?.received).toMatchObject({ lossRatio: 0, mosLq: null, jitterMs: { p50: 3 } });
});

it('the totals of the call keep them', () => {
  const book = new RunBook({ endpoints, media: true, warmupMs: 0 });
  const rows = rowsOf({ second: 1, lost: 40, spoiled: SPOILED.all });
  book.addMedia(mediaBatch({ rows, legs: legsOf({ expected: 100, lost: 40 }) }));
  expect(book.distribution(of('loss'))).toBeNull();
  expect(book.distribution(of('loss', { per: 'call' }))?.max).toBe(0.4);
});

it('the strip of the call has a gap there, and knows why', () => {
  const book = new RunBook({ endpoints, media: true, warmupMs: 0 });
  const rows = rowsOf(
    { call: 7, second: 1, lost: 40, mosLq: 1.2, spoiled: SPOILED.all },
    { call: 7, second: 2, lost: 2, mosLq: 1.3, spoiled: SPOILED.scores },
  );
  book.addSignalling(signallingBatch({ records: [recordOf({ call: 7, hasMedia: true })] }));
  book.addMedia(mediaBatch({ rows, legs: legsOf({ call: 7 }) }));
  book.flush();
  const [call] = book.worst.list;
  expect(call?.strips.received?.list()).toMatchObject([
    { second: 1, lost: Number.NaN, mosLq: Number.NaN, spoiled: SPOILED.all },
    { second: 2, lost: 2, mosLq: Number.NaN, spoiled: SPOILED.scores },
  ]);
});
