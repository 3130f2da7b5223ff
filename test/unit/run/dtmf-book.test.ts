/** The keys of a run, summed up from its calls, and as the report shows them. */
import { expect, it } from 'vitest';
import type { CallRecord } from '../../../src/worker/messages.js';
import { dtmfSection } from '../../../src/report/html/dtmf-section.js';
import { DtmfBook } from '../../../src/run/dtmf-book.js';
import { typicalPass } from '../report/result-fixture.js';
import { recordOf } from './batches.js';

type Dtmf = NonNullable<CallRecord['dtmf']>;

const QUIET: Dtmf = { sent: [], received: [], receivedBeyond: 0, mismatch: null };
const key = (method: 'rfc4733' | 'info' | 'inband', durationMs: number | null) =>
  ({ digit: '5', startMs: 0, durationMs, method }) as const;

function bookOf(...keys: readonly Dtmf[]): DtmfBook {
  const book = new DtmfBook();
  keys.forEach((dtmf, call) => book.add(recordOf({ call, dtmf })));
  return book;
}

it('is unknown where no call has keys', () => {
  const book = bookOf();
  book.add(recordOf());
  expect(book.block()).toBeNull();
  expect(dtmfSection(typicalPass())).toBeNull();
});

it('counts keys by direction and way, their durations where they are known, and what was wrong', () => {
  const block = bookOf(
    {
      ...QUIET,
      sent: [
        { digits: '123#', startMs: 0, method: 'rfc4733' },
        { digits: '7', startMs: 0, method: 'info' },
      ],
    },
    { ...QUIET, received: [key('rfc4733', 100), key('rfc4733', 140), key('inband', 60), key('info', null)] },
    { ...QUIET, mismatch: { expected: '45', received: '4' } },
  ).block();
  expect(block).toMatchObject({
    calls: 3,
    sent: { rfc4733: 4, info: 1, inband: 0 },
    received: { rfc4733: 2, info: 1, inband: 1, durationMs: { unit: 'ms', count: 3, min: 60, max: 140 } },
    mismatched: 1,
    examples: [{ call: 2, expected: '45', received: '4' }],
  });
});

it('counts keys that a call did not keep, and says so', () => {
  const dtmf = bookOf(
    { ...QUIET, received: [key('rfc4733', 80)], receivedBeyond: 4000 },
    { ...QUIET, received: [key('rfc4733', 80)], receivedBeyond: 1 },
  ).block();
  expect(dtmf?.received).toMatchObject({ rfc4733: 2, beyond: 4001 });
  expect(dtmfSection({ ...typicalPass(), dtmf })?.body.toString()).toContain('4,001 more keys came than calls keep');
  expect(dtmfSection({ ...typicalPass(), dtmf: bookOf(QUIET).block() })?.body.toString()).not.toContain('more keys');
});

it('keeps no more examples than ten', () => {
  const wrong = { ...QUIET, mismatch: { expected: '1', received: '' } };
  const block = bookOf(...Array.from({ length: 12 }, () => wrong)).block();
  expect([block?.mismatched, block?.examples.length]).toEqual([12, 10]);
});

it('stands in the report with its counts and examples, and what a file may hold is no markup', () => {
  const dtmf = bookOf(
    { ...QUIET, sent: [{ digits: '12', startMs: 0, method: 'inband' }], received: [key('info', 80)] },
    { ...QUIET, mismatch: { expected: '1<b>', received: '' } },
  ).block();
  const body = dtmfSection({ ...typicalPass(), dtmf })
    ?.body.toString()
    .replaceAll(/\s+/g, ' ');
  expect(body).toContain('Calls with keys: 2. Others came than expected in 1.');
  expect(body).toContain('lasted 80 ms each');
  expect(body).toContain('1&lt;b&gt;');
  expect(body).not.toContain('<b>');
});
