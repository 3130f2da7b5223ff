/** Records of calls on their way between threads: what comes out is what went in, for whatever a record can hold. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CallRecord } from '../../../src/call/outcome.js';
import { readRecords, writeRecords } from '../../../src/worker/record-table.js';

const ms = fc.double({ min: 0, max: 1e9, noNaN: true, noDefaultInfinity: true });
const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });
const record: fc.Arbitrary<CallRecord> = fc.record({
  call: fc.nat(),
  endpoint: fc.nat(20),
  callId: fc.stringMatching(/^[\w.:[\]-]{1,20}@[\w.:[\]-]{1,20}$/),
  intendedMs: ms,
  startedMs: orNull(ms),
  establishedMs: orNull(ms),
  endedMs: ms,
  outcome: fc.constantFrom('completed', 'failed', 'dropped', 'cut', 'notStarted'),
  succeeded: fc.boolean(),
  phase: orNull(fc.constantFrom('start', 'setup', 'established', 'teardown')),
  sipStatus: orNull(fc.integer({ min: 100, max: 699 })),
  cause: orNull(fc.string()),
  detail: orNull(fc.string()),
  setupDelayMs: orNull(ms),
  answerDelayMs: orNull(ms),
  disconnectDelayMs: orNull(ms),
  heldBack: fc.boolean(),
  earlyMedia: fc.boolean(),
  hasMedia: fc.boolean(),
  dtmf: fc.constantFrom(null, {
    sent: [{ digits: '1#', startMs: 100, method: 'info' as const }],
    received: [{ digit: '5', startMs: 3, durationMs: null, method: 'rfc4733' as const }],
    receivedBeyond: 0,
    mismatch: { expected: '56', received: '5' },
  }),
  calledGroup: orNull(fc.nat(99)),
  marker: fc.constantFrom(null, 'confirmed', 'contradicted', 'notHeard'),
  transfers: fc.constantFrom(null, {
    asked: 1,
    first: [
      {
        to: '<sip:a@b>',
        outcome: 'failed' as const,
        sipStatus: 486,
        cause: 'busy',
        detail: null,
        askedMs: 1,
        answeredMs: null,
      },
    ],
  }),
});

it('come out as they went in, each time they are walked, also after a way between threads', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), (records) => {
      const read = readRecords(structuredClone(writeRecords(records)));
      expect([...read]).toEqual(records);
      expect([...read]).toEqual(records);
    }),
  );
});

it('hold each text once, however many records have it', () => {
  const [first] = fc.sample(record, 1);
  if (first === undefined) throw new Error('no record');
  const many = Array.from({ length: 100 }, () => ({ ...first, cause: 'busy', detail: 'Busy Here', phase: null }));
  expect(writeRecords(many).words).toEqual([first.outcome, 'busy', 'Busy Here']);
});
