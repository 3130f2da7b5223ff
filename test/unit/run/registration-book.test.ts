/** The sums of all workers' registrations, and what is said of those that came to nothing. */
import { describe, expect, it } from 'vitest';
import { healthOf } from '../../../src/run/live-gates.js';
import { RegistrationBook } from '../../../src/run/registration-book.js';
import { hasBothEnds } from '../../../src/run/result-registrations.js';
import { RunBook } from '../../../src/run/run-book.js';
import type { RegistrationFigures } from '../../../src/worker/messages.js';
import { recordOf, signallingBatch } from './batches.js';

function figuresOf(changes: Partial<RegistrationFigures> = {}): RegistrationFigures {
  return {
    users: 5,
    bound: 5,
    refused: 0,
    attempts: 5,
    ineffective: 0,
    bindingsLost: 0,
    failures: [],
    delaysMs: new Float64Array(0),
    left: null,
    matches: { header: 0, callerName: 0, number: 0, unmatched: 0 },
    ...changes,
  };
}

const query = (metric: string) =>
  ({ metric, direction: 'received', per: 'call', tags: {}, afterMs: 0 }) as Parameters<RunBook['scalar']>[0];

function bookOf(...workers: readonly Partial<RegistrationFigures>[]): RegistrationBook {
  const book = new RegistrationBook();
  workers.forEach((changes, worker) => book.take(worker, figuresOf(changes)));
  return book;
}

it('has what the markers in the audio said of calls between users, and a word where they contradict it', () => {
  const book = bookOf({});
  for (const marker of ['confirmed', 'confirmed', 'notHeard', null] as const) book.addCall(recordOf({ marker }));
  expect(book.block()?.audioMarkers).toEqual({ confirmed: 2, contradicted: 0, notHeard: 1 });
  expect(book.contradictedInWords()).toBeNull();
  book.addCall(recordOf({ marker: 'contradicted' }));
  expect(book.contradictedInWords()).toMatch(/^1 calls? between users/);
});

describe('the registrations by labels of the users', () => {
  const all = { users: 2, bound: 2, refused: 0, attempts: 2, ineffective: 0 };
  const some = { users: 3, bound: 1, refused: 1, attempts: 5, ineffective: 4 };
  const sums = { users: 4, registeredAtBegin: 4, refused: 0, attempts: 5, ineffective: 1 };

  it('are the sums of all workers, and as many as were registered when the calls began', () => {
    const book = bookOf({ groups: [all, some] }, { groups: [all] });
    expect(book.groups.block(1)?.registeredAtBegin).toBeNull();
    book.begin();
    book.take(1, figuresOf({ groups: [{ ...all, bound: 0, attempts: 3, ineffective: 1 }] }));
    expect(book.groups.block(0)).toEqual(sums);
    expect(book.groups.block(1)).toEqual({ users: 3, registeredAtBegin: 1, refused: 1, attempts: 5, ineffective: 4 });
    expect(book.groups.block(2)).toBeNull();
    const rebuilt = new RegistrationBook();
    rebuilt.restore(JSON.parse(JSON.stringify(book.progress())));
    expect([0, 1, 2].map((group) => rebuilt.groups.block(group))).toEqual(
      [0, 1, 2].map((group) => book.groups.block(group)),
    );
  });

  it('are unknown in what earlier versions have written', () => {
    const rebuilt = new RegistrationBook();
    const { groups, ...earlier } = bookOf({ groups: [all] }).progress()!;
    expect(groups).toEqual([[2, 2, 0, 2, 0, null]]);
    rebuilt.restore(earlier);
    expect(rebuilt.groups.block(0)).toBeNull();
  });
});

describe('the registrations of a run', () => {
  it('are the sums of its workers, whose last totals count, and all delays', () => {
    const book = new RegistrationBook();
    book.take(0, figuresOf({ bound: 2, attempts: 3, delaysMs: Float64Array.of(10, 20) }));
    book.take(1, figuresOf({ bound: 3, delaysMs: Float64Array.of(40) }));
    book.begin();
    const matches = { header: 1, callerName: 2, number: 3, unmatched: 4 };
    const failures = [{ sipStatus: 503, cause: 'serviceUnavailable', count: 1 }];
    book.take(0, figuresOf({ attempts: 15, ineffective: 1, bindingsLost: 2, failures, left: 0, matches }));
    book.take(1, figuresOf({ attempts: 5, ineffective: 3, bindingsLost: 3, refused: 1, left: 2, matches }));
    expect(book.block()).toEqual({
      users: 10,
      registeredAtBegin: 5,
      refused: 1,
      attempts: 20,
      ineffective: 4,
      bindingsLost: 5,
      failures,
      leftRegistered: 2,
      secondLegs: { byHeader: 2, byCallerName: 4, byCalledUser: 6 },
      audioMarkers: null,
      strangeCalls: 8,
    });
    expect(book.ira).toEqual({ value: 0.2, samples: 20 });
    expect([book.delayMs.count, book.delayMs.min, book.delayMs.max]).toEqual([3, 10, 40]);
    expect(book.leftInWords()).toBe('2 of 10 users could not be unregistered: their bindings run out by themselves');
  });

  it('are the same from what was written of them, but for what only the end tells', () => {
    const book = bookOf({ attempts: 9, ineffective: 2, refused: 1, delaysMs: Float64Array.of(10, 20, 20) }, {});
    book.begin();
    const failures = [{ sipStatus: null, cause: 'timeout', count: 2 }];
    const matches = { header: 1, callerName: 2, number: 3, unmatched: 4 };
    book.take(1, figuresOf({ attempts: 6, failures, matches, left: 3 }));
    const written = book.progress();
    expect(written).toMatchObject({ users: 10, bound: 10, delayMs: [10, 1, 20, 2] });
    const rebuilt = new RegistrationBook();
    rebuilt.restore(JSON.parse(JSON.stringify(written)));
    expect(rebuilt.block()).toEqual({ ...book.block(), leftRegistered: null });
    expect(rebuilt.block()).toMatchObject({ registeredAtBegin: 10, refused: 1, failures, strangeCalls: 4 });
    expect(rebuilt.ira).toEqual({ value: 2 / 15, samples: 15 });
    expect(rebuilt.delayMs.summary()).toEqual(book.delayMs.summary());
  });

  it('are unknown where nobody registers', () => {
    expect(new RegistrationBook().progress()).toBeNull();
    const book = new RegistrationBook();
    expect([book.block(), book.ira, book.leftInWords()]).toEqual([null, null, null]);
  });

  const forbidden = { sipStatus: 403, cause: 'forbidden', count: 4 };
  it.each<[string, Partial<RegistrationFigures>[], string | null, RegExp]>([
    ['all of them', [{}, {}], null, /check address/],
    [
      'some of them, the most frequent failure first',
      [
        { bound: 4, failures: [{ sipStatus: null, cause: 'timeout', count: 1 }] },
        { bound: 1, failures: [forbidden] },
      ],
      '5 of 10 users are not registered: 403 forbidden ×4, no response timeout ×1; they are in no call until they are',
      /check the passwords/,
    ],
    [
      'none of them',
      [
        { bound: 0, failures: [forbidden] },
        { bound: 0, failures: [forbidden] },
      ],
      'none of the 10 users could be registered: 403 forbidden ×8',
      /check the passwords/,
    ],
    [
      'none, without a word',
      [{ bound: 0 }],
      'none of the 5 users could be registered: the registrar did not answer',
      /check address/,
    ],
    [
      'none, for want of room',
      [{ bound: 0, failures: [{ sipStatus: 503, cause: 'serviceUnavailable', count: 9 }] }],
      'none of the 5 users could be registered: 503 serviceUnavailable ×9',
      /lower registration\.rate/,
    ],
    [
      'none, under these names',
      [{ bound: 0, failures: [{ sipStatus: 404, cause: 'notFound', count: 5 }] }],
      'none of the 5 users could be registered: 404 notFound ×5',
      /check the names/,
    ],
  ])('%s', (_, workers, words, hint) => {
    const book = bookOf(...workers);
    expect(book.missingInWords()).toBe(words);
    expect(book.hint()).toMatch(hint);
  });

  it('tell that both ends of calls are ours, once a called leg was known', () => {
    const book = new RunBook({ endpoints: [{ name: 'pbx', labels: {} }], media: true, warmupMs: 0 });
    book.registrations.take(0, figuresOf({ matches: { header: 0, callerName: 0, number: 0, unmatched: 5 } }));
    expect([healthOf(book, 'libc').bothEnds, hasBothEnds(book.registrations.block()), hasBothEnds(null)]).toEqual([
      false,
      false,
      false,
    ]);
    book.registrations.take(0, figuresOf({ matches: { header: 0, callerName: 1, number: 0, unmatched: 5 } }));
    expect([healthOf(book, 'libc').bothEnds, hasBothEnds(book.registrations.block())]).toEqual([true, true]);
  });

  it('answer gates on their delay and their ineffective attempts', () => {
    const book = new RunBook({ endpoints: [{ name: 'pbx', labels: {} }], media: true, warmupMs: 0 });
    expect([book.scalar(query('ira')), book.distribution(query('registration_delay'))]).toEqual([null, null]);
    const registrations = figuresOf({ attempts: 8, ineffective: 2, delaysMs: Float64Array.of(5, 15) });
    book.addSignalling(signallingBatch({ registrations }));
    expect(book.scalar(query('ira'))).toEqual({ value: 0.25, samples: 8 });
    expect(book.distribution(query('registration_delay'))).toMatchObject({ count: 2, min: 5, max: 15 });
  });
});

it('users without a socket of this host are named as its own limit, with what mends it', () => {
  const failures = [{ sipStatus: null, cause: 'noLocalPort', count: 3 }];
  const book = bookOf({ bound: 0, attempts: 0, failures });
  expect(book.hostLimitInWords()).toBe(
    'a user could not be registered, 3 times: this host had no free local port left (widen net.ipv4.ip_local_port_range, or let calls share connections)',
  );
  expect(book.hint()).toBe('widen net.ipv4.ip_local_port_range, or let calls share connections');
  expect(bookOf({ failures: [{ sipStatus: 403, cause: 'forbidden', count: 1 }] }).hostLimitInWords()).toBeNull();
});
