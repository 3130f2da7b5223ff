/** The transfers that far sides asked for, summed up from the calls, and as the report shows them. */
import { expect, it } from 'vitest';
import { transfersSection } from '../../../src/report/html/transfers-section.js';
import { TransferBook } from '../../../src/run/transfer-book.js';
import type { CallRecord } from '../../../src/worker/messages.js';
import { typicalPass } from '../report/result-fixture.js';
import { recordOf } from './batches.js';

type Transfer = NonNullable<CallRecord['transfers']>['first'][number];

const ASKED = { to: '<sip:a@192.0.2.1>', detail: null, askedMs: 1_000, answeredMs: null };
const ANSWERED: Transfer = { ...ASKED, outcome: 'answered', sipStatus: 200, cause: null, answeredMs: 1_250 };
const BUSY: Transfer = { ...ASKED, outcome: 'failed', sipStatus: 486, cause: 'busy' };
const CUT: Transfer = { ...ASKED, outcome: 'cut', sipStatus: null, cause: 'callEnded' };
const DECLINED: Transfer = { ...ASKED, outcome: 'refused', sipStatus: 603, cause: 'transferNotAccepted' };

function bookOf(...calls: readonly (readonly [asked: number, ...Transfer[]])[]): TransferBook {
  const book = new TransferBook();
  calls.forEach(([asked, ...first], call) => book.add(recordOf({ call, transfers: { asked, first } })));
  return book;
}

it('is unknown where no far side asked', () => {
  const book = bookOf();
  book.add(recordOf());
  expect([book.block(), book.declinedInWords()]).toEqual([null, []]);
  expect(transfersSection(typicalPass())).toBeNull();
});

it('counts what came of them, why, and how long the answer took', () => {
  const book = bookOf([2, BUSY, ANSWERED], [1, BUSY], [1, CUT], [10, ...Array.from({ length: 8 }, () => BUSY)]);
  expect(book.block()).toMatchObject({
    calls: 4,
    asked: 14,
    answered: 1,
    failed: 10,
    cut: 1,
    refused: 2,
    answerDelayMs: { unit: 'ms', count: 1, min: 250, max: 250 },
    causes: [
      { outcome: 'failed', sipStatus: 486, cause: 'busy', count: 10 },
      { outcome: 'refused', sipStatus: null, cause: 'tooManyTransfers', count: 2 },
      { outcome: 'cut', sipStatus: null, cause: 'callEnded', count: 1 },
    ],
  });
});

it('says that transfers were declined, and how that is changed', () => {
  const [words] = bookOf([1, DECLINED]).declinedInWords();
  expect(words).toMatch(/asked for a transfer .* call.acceptTransfer$/);
  expect(bookOf([2, DECLINED, DECLINED]).declinedInWords()).toEqual([
    'the far side asked for 2 transfers (REFER) and was declined: the scenario does not say call.acceptTransfer',
  ]);
});

it('says so of called legs apart, for which the scenario has no word', () => {
  const ofCalled: Transfer = { ...DECLINED, cause: 'transferOfCalledLeg' };
  const book = bookOf([3, DECLINED, ofCalled, ofCalled], [1, ofCalled]);
  expect(book.block()).toMatchObject({ calls: 2, asked: 4, refused: 4 });
  expect(book.declinedInWords()[1]).toBe(
    'the far side asked called users for 3 transfers (REFER) and was declined: only calls that we place can be transferred',
  );
});

it('stands in the report', () => {
  const transfers = bookOf([2, BUSY, ANSWERED]).block();
  const body = transfersSection({ ...typicalPass(), transfers })
    ?.body.toString()
    .replaceAll(/\s+/g, ' ');
  expect(body).toContain('From REFER to the answer of its target: 250 ms to 250 ms');
  expect(body).toContain('>busy<');
  const none = bookOf([1, DECLINED]).block();
  expect(transfersSection({ ...typicalPass(), transfers: none })?.body.toString()).toContain('no target answered');
});
