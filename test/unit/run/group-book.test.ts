import { describe, expect, it } from 'vitest';
import { GroupBook } from '../../../src/run/group-book.js';
import { isNoMedia, isOneWay } from '../../../src/run/leg-findings.js';
import { scalarOf } from '../../../src/run/metric-figures.js';
import { BASIS, DIRECTION } from '../../../src/worker/messages.js';
import {
  cutRecord,
  droppedRecord,
  failedRecord,
  legsOf,
  notStartedRecord,
  recordOf,
  rowsOf,
  sentLegsOf,
  type LegFigures,
} from './batches.js';

function bookOf(records: readonly Parameters<GroupBook['addCall']>[0][], warm = true): GroupBook {
  const book = new GroupBook();
  for (const record of records) {
    book.addCall(record, warm);
  }
  return book;
}

const EVERY_OUTCOME = [
  recordOf(),
  recordOf({ setupDelayMs: 60, answerDelayMs: 200, disconnectDelayMs: 15 }),
  failedRecord(),
  failedRecord({ sipStatus: null, cause: 'timeout' }),
  failedRecord(),
  droppedRecord({ setupDelayMs: 70, answerDelayMs: 300 }),
  cutRecord('before'),
  cutRecord('after', { setupDelayMs: 80, answerDelayMs: 400 }),
  notStartedRecord(),
];

describe('calls', () => {
  it('attempted = answered + failed + cut before the answer; answered = completed + dropped + cut after it', () => {
    const { calls } = bookOf(EVERY_OUTCOME);
    expect(calls).toMatchObject({ notStarted: 1, attempted: 8, answered: 4, failed: 3, completed: 2, dropped: 1 });
    expect(calls).toMatchObject({ cut: 2, succeeded: 2 });
    expect(calls.attempted).toBe(calls.answered + calls.failed + 1);
    expect(calls.answered).toBe(calls.completed + calls.dropped + 1);
  });

  it('that were cut or not started stand in no ratio', () => {
    expect(bookOf(EVERY_OUTCOME).judged).toMatchObject({ attempted: 6, succeeded: 2, answered: 3, dropped: 1 });
    const ours = bookOf([cutRecord('before'), cutRecord('after'), notStartedRecord()]);
    expect(ours.judged).toMatchObject({ attempted: 0, succeeded: 0, answered: 0, dropped: 0 });
  });

  it('that were cut after their answer have a known time of answer', () => {
    const book = bookOf(EVERY_OUTCOME);
    expect([book.setupDelayMs.count, book.setupDelayMs.max]).toEqual([4, 80]);
    expect([book.answerDelayMs.count, book.answerDelayMs.max]).toEqual([4, 400]);
    expect([book.disconnectDelayMs.count, book.disconnectDelayMs.max]).toEqual([2, 15]);
  });

  it('of the warm-up are counted and judge nothing', () => {
    const book = bookOf(EVERY_OUTCOME, false);
    expect(book.calls).toMatchObject({ attempted: 8, dropped: 1 });
    expect(book.judged).toMatchObject({ attempted: 0, answered: 0, dropped: 0 });
    expect([book.setupDelayMs.count, book.answerDelayMs.count, book.disconnectDelayMs.count]).toEqual([0, 0, 0]);
    expect(book.series.seconds()[0]).toMatchObject({ started: 8 });
  });

  it('have causes, counted by phase, status and cause', () => {
    const causes = [...bookOf(EVERY_OUTCOME).causes.values()].map(({ record, count }) => [
      record.phase,
      record.sipStatus,
      record.cause,
      count,
    ]);
    expect(causes).toEqual([
      ['setup', 503, 'serviceUnavailable', 2],
      ['setup', null, 'timeout', 1],
      ['established', null, 'remoteBye', 1],
      ['setup', null, 'interrupted', 1],
      ['established', null, 'interrupted', 1],
      ['start', null, 'noSlot', 1],
    ]);
  });

  it('have the final response to their INVITE, where one came', () => {
    const book = bookOf([...EVERY_OUTCOME, droppedRecord({ phase: 'teardown', sipStatus: 481, cause: 'byeRefused' })]);
    expect([...book.finalResponses]).toEqual([
      [200, 5],
      [503, 2],
    ]);
  });
});

const query = (metric: string) =>
  ({ metric, direction: 'received', per: 'call', tags: {}, afterMs: 0 }) as Parameters<typeof scalarOf>[1];

describe('the called leg of a call between our users', () => {
  const sent = { direction: DIRECTION.sent, basis: BASIS.answerer };

  it('is counted where nothing came there, and in what one_way and no_media are counts of', () => {
    const book = new GroupBook();
    book.addLeg(legsOf({}), 0, true);
    book.addSentLeg(legsOf({ ...sent, taken: 0, received: 0, longestSilenceMs: 2000 }), 0, true);
    expect(book.calls).toMatchObject({ oneWay: 1, noMedia: 1 });
    expect(scalarOf([book], query('one_way'))).toEqual({ value: 1, samples: 2 });
    expect(scalarOf([book], query('no_media'))).toEqual({ value: 1, samples: 2 });
    expect([book.legs, book.sentLegs]).toEqual([1, { rtcp: 0, answerer: 1 }]);
  });

  it('is none where the far end only reported', () => {
    const book = new GroupBook();
    book.addLeg(legsOf({}), 0, true);
    book.addSentLeg(sentLegsOf({ received: 0, basis: BASIS.answerer }), 0, true);
    expect(scalarOf([book], query('one_way'))).toEqual({ value: 0, samples: 1 });
  });
});

describe('an answered leg', () => {
  const DEAD: LegFigures = { taken: 0, received: 0, lost: 100, rFactor: 0, mosLq: 1, longestSilenceMs: 2000 };
  const cases: [string, LegFigures, boolean, boolean][] = [
    ['that hears all', {}, false, false],
    ['on which nothing came', DEAD, true, true],
    ['on which nothing came and nothing was sent', { ...DEAD, sent: 0 }, true, false],
    ['whose SDP does not send', { ...DEAD, expectsAudio: 0 }, false, false],
    ['that was too short for a first packet', { ...DEAD, establishedForMs: 999 }, false, false],
    ['of just one second', { ...DEAD, establishedForMs: 1000 }, true, true],
    ['that fell silent for 3 s', { longestSilenceMs: 3000, establishedForMs: 9000 }, false, false],
    ['that fell silent for longer', { longestSilenceMs: 3000.1, establishedForMs: 9000 }, false, true],
    [
      'that fell silent but was sent nothing',
      { longestSilenceMs: 8000, sent: 0, establishedForMs: 9000 },
      false,
      false,
    ],
  ];
  it.each(cases)('%s', (_, figures, noMedia, oneWay) => {
    const table = legsOf({}, figures);
    expect([isNoMedia(table, table.length / 2), isOneWay(table, table.length / 2)]).toEqual([noMedia, oneWay]);
    const book = new GroupBook();
    book.addLeg(table, 0, true);
    book.addLeg(table, table.length / 2, false);
    expect(book.calls).toMatchObject({ noMedia: noMedia ? 1 : 0, oneWay: oneWay ? 1 : 0 });
    expect(book.received.books().map(({ judged }) => judged)).toEqual([{ legs: 1, noMedia: 0, oneWay: 0 }]);
  });

  it('adds its packets, and after the warm-up its figures', () => {
    const book = new GroupBook();
    const table = legsOf({
      expected: 200,
      received: 180,
      lost: 20,
      discarded: 10,
      duplicate: 1,
      reordered: 2,
      stray: 3,
    });
    book.addLeg(table, 0, true);
    book.addLeg(legsOf({ malformed: 4, reflected: 1, otherSource: 1 }), 0, false);
    expect(book.received.packets).toEqual({
      expected: 300,
      received: 280,
      lost: 20,
      discarded: 10,
      duplicate: 1,
      reordered: 2,
      stray: 3,
      malformed: 4,
      srtpAuthFailures: null,
    });
    expect(book.calls.roundTrip).toBe(1);
    expect(book.otherSourceLegs).toBe(1);
    const { received } = book;
    expect(received.figure('lossRatio', 'call')).toMatchObject({ count: 1, max: 0.1 });
    expect(received.figure('discardRatio', 'call')).toMatchObject({ count: 1, max: 0.05 });
    expect(received.figure('lossRatio', 'second')).toBeNull();
  });

  it('without packets, score or jitter adds nothing instead of zeros', () => {
    const book = new GroupBook();
    const unknown = {
      expected: 0,
      jitterMs: Number.NaN,
      rFactor: Number.NaN,
      mosLq: Number.NaN,
      mosLqNoPlc: Number.NaN,
    };
    book.addRow(rowsOf(unknown), 0, true);
    book.addLeg(legsOf(unknown), 0, true);
    const figures = [
      'mosLq',
      'mosCq',
      'mosLqNoPlc',
      'rFactor',
      'lossRatio',
      'discardRatio',
      'jitterMs',
      'rttMs',
    ] as const;
    for (const per of ['second', 'call'] as const) {
      expect(figures.map((figure) => book.received.figure(figure, per))).toEqual(figures.map(() => null));
    }
  });
});
