import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGates } from '../../../src/gates/check.js';
import { evaluateGates } from '../../../src/gates/evaluate.js';
import type { Gate } from '../../../src/gates/grammar.js';
import { LiveFigures } from '../../../src/run/live-figures.js';
import { healthOf, LiveGates } from '../../../src/run/live-gates.js';
import { RunBook, type RunBookPlan } from '../../../src/run/run-book.js';
import type { CallRecord, MediaBatch } from '../../../src/worker/messages.js';
import { droppedRecord, failedRecord, legsOf, mediaBatch, recordOf, rowsOf, signallingBatch } from './batches.js';

const PLAN: RunBookPlan = { endpoints: [{ name: 'a', labels: {} }], media: true, warmupMs: 0 };

function gatesOf(...inputs: readonly unknown[]): readonly Gate[] {
  const context = { endpoints: ['a'], labels: {}, codecs: ['PCMU'], references: ['idle'] as const };
  const { gates, problems } = parseGates(inputs, context);
  expect(problems).toEqual([]);
  return gates;
}

function liveOf(gates: readonly Gate[], plan: Partial<RunBookPlan> = {}): { book: RunBook; live: LiveGates } {
  const book = new RunBook({ ...PLAN, watched: gates, ...plan });
  return { book, live: new LiveGates({ gates, baseline: null }, book) };
}

const recordsOf = (n: number, record: (call: number) => CallRecord): CallRecord[] =>
  Array.from({ length: n }, (_, call) => record(call));

const badSecond = (second: number, legs: number): MediaBatch =>
  mediaBatch({ second, rows: rowsOf(...Array.from({ length: legs }, (_, call) => ({ call, second, mosLq: 2 }))) });

describe('calls that are still alive', () => {
  it('may all succeed: a ratio fails only when they cannot mend it', () => {
    const { book, live } = liveOf(gatesOf('success_ratio >= 90%'));
    const failed = recordsOf(2, (call) => failedRecord({ call }));
    book.addSignalling(signallingBatch({ records: failed, live: 18 }));
    expect(live.evaluate('libc')).toEqual([]);
    expect(live.results[0]).toMatchObject({ state: 'pass', observed: 0.9, samples: 2 });
    book.addSignalling(signallingBatch({ records: [failedRecord({ call: 2 })], live: 17 }));
    expect(live.evaluate('libc')).toMatchObject([{ previous: 'pass', gate: { state: 'fail', observed: 0.85 } }]);
  });

  it('may all be quick: a percentile is that with them, and none where they make it up', () => {
    const { book, live } = liveOf(gatesOf({ expr: 'setup_delay.p95 <= 1s', minSamples: 1 }, 'setup_delay.max <= 1s'));
    const slow = recordsOf(2, (call) => recordOf({ call, setupDelayMs: 1500 }));
    book.addSignalling(signallingBatch({ records: slow, live: 60 }));
    live.evaluate('libc');
    expect(live.results.map(({ state }) => state)).toEqual(['no-data', 'fail']);
    book.addSignalling(signallingBatch({ live: 37 }));
    live.evaluate('libc');
    // 39 values in all: the 38th smallest is one of the two that are known.
    expect(live.results[0]).toMatchObject({ state: 'fail', observed: 1500 });
  });

  it('make a share of dropped calls smaller, and a count of them no other', () => {
    const { book, live } = liveOf(gatesOf('dropped <= 10%', 'dropped == 0'));
    book.addSignalling(signallingBatch({ records: [droppedRecord()], live: 9 }));
    live.evaluate('libc');
    expect(live.results.map(({ state, observed }) => [state, observed])).toEqual([
      ['pass', 0.1],
      ['fail', 1],
    ]);
  });

  it('leave the load unknown', () => {
    const { book, live } = liveOf(gatesOf({ expr: 'active_calls.max >= 2', minSamples: 1 }));
    book.addSignalling(signallingBatch({ records: [recordOf()], live: 1 }));
    live.evaluate('libc');
    expect(live.results[0]).toMatchObject({
      state: 'no-data',
      reason: 'it is known when the calls that are still alive have ended',
    });
  });
});

describe('flips', () => {
  it('are told when a gate fails and when it passes again, not while it cannot be judged', () => {
    const { book, live } = liveOf(gatesOf({ expr: 'mos.min >= 3', onNoData: 'fail' }, 'mos.mean >= 4'));
    const flipsAfter = (second: number, mosLq: number): string[] => {
      book.addMedia(mediaBatch({ second, rows: rowsOf({ second, mosLq }) }));
      return live.evaluate('libc').map(({ gate, previous }) => `${gate.expr}: ${previous} → ${gate.state}`);
    };
    expect(live.evaluate('libc')).toEqual([]); // no data yet, which is no failure yet
    expect(flipsAfter(0, 4.4)).toEqual([]);
    expect(flipsAfter(1, 2)).toEqual(['mos.min >= 3: pass → fail', 'mos.mean >= 4: pass → fail']);
    expect(flipsAfter(2, 4.4)).toEqual([]);
    for (const second of [3, 4, 5]) flipsAfter(second, 4.4);
    expect(live.results.map(({ state }) => state)).toEqual(['fail', 'pass']);
  });
});

describe('a gate that ends the run', () => {
  const abort = { expr: 'mos.p5 >= 3.6', abortOnFail: true };

  it('is named with what was seen, once it has its samples', () => {
    const { book, live } = liveOf(gatesOf('mos.p5 >= 3.6', abort));
    book.addMedia(badSecond(0, 19));
    live.evaluate('libc');
    expect(live.ending(4)).toBeNull();
    book.addMedia(badSecond(1, 1));
    live.evaluate('libc');
    expect(live.ending(5)).toMatchObject({
      index: 1,
      result: { state: 'fail', observed: 2, samples: 20, reason: 'ended the run in second 5 (abortOnFail)' },
    });
  });

  it('is none on an untrusted metric, nor for data that is missing', () => {
    const { book, live } = liveOf(gatesOf(abort, { expr: 'rtt.p95 <= 9ms', onNoData: 'fail', abortOnFail: true }));
    book.addMedia({ ...badSecond(0, 30), drops: 50, received: 100 });
    live.evaluate('libc');
    expect(live.results.map(({ state }) => state)).toEqual(['untrusted', 'no-data']);
    expect(live.ending(3)).toBeNull();
  });

  it('with for waits for seconds that are settled', () => {
    const { book, live } = liveOf(gatesOf({ ...abort, for: '2s', minSamples: 1 }));
    for (const second of [0, 1, 2, 3]) book.addMedia({ ...badSecond(second, 1), second: second + 3 });
    live.evaluate('libc');
    expect(live.results[0]?.state).toBe('no-data'); // workers may still add to all four seconds
    book.addMedia(badSecond(8, 1));
    live.evaluate('libc');
    expect(live.ending(9)).toMatchObject({ result: { state: 'fail', firstFailedAtSecond: 0 } });
  });
});

describe('media workers', () => {
  it('are even when each has told of the same second', () => {
    const book = new RunBook(PLAN);
    expect(book.isEven(0)).toBe(true);
    book.addMedia(mediaBatch({ worker: 0, second: 4 }));
    expect([book.isEven(1), book.isEven(2)]).toEqual([true, false]);
    book.addMedia(mediaBatch({ worker: 1, second: 3 }));
    expect(book.isEven(2)).toBe(false);
    book.addMedia(mediaBatch({ worker: 1, second: 4 }));
    expect(book.isEven(2)).toBe(true);
  });
});

describe('spans of the run', () => {
  it('that a gate names by after leave out what is earlier', () => {
    const gates = gatesOf({ expr: 'success_ratio >= 99%', after: '10s' }, { expr: 'mos.min >= 3', after: '2s' });
    const { book } = liveOf(gates);
    book.addSignalling(
      signallingBatch({ records: [failedRecord({ startedMs: 9999 }), recordOf({ call: 1, startedMs: 10_000 })] }),
    );
    book.addMedia(mediaBatch({ rows: rowsOf({ second: 1, mosLq: 1 }, { second: 2 }, { second: 11 }) }));
    const results = evaluateGates(gates, book, healthOf(book, 'libc'));
    expect(results).toMatchObject([
      { state: 'pass', samples: 1, afterMs: 10_000, window: { fromSecond: 10, toSecond: 11 } },
      { state: 'pass', samples: 2, observed: 4.41 },
    ]);
  });

  it('of the idle stages are their reference, and count for nothing else', () => {
    const gates = gatesOf({ expr: 'idle.rtt.p50 <= 50ms', minSamples: 1 }, { expr: 'rtt.max <= 1s', minSamples: 1 });
    const { book } = liveOf(gates, { idleMs: 2000, warmupMs: 1000 });
    const rtts = [20, 30, 900, 90].map((rttMs, second) => ({ second, rttMs }));
    book.addMedia(mediaBatch({ rows: rowsOf(...rtts), legs: legsOf({ answeredMs: 100 }) }));
    book.addSignalling(signallingBatch({ records: [recordOf({ startedMs: 50 })] }));
    const references = { idle: book.idle, baseline: null };
    expect(evaluateGates(gates, book, healthOf(book, 'libc'), references)).toMatchObject([
      { state: 'fail', observed: 70, reference: 20, samples: 1 },
      { state: 'pass', observed: 90, samples: 1 },
    ]);
    expect(book.total.judged.attempted).toBe(0);
    expect(book.total.calls.attempted).toBe(1);
  });
});

describe('live and final', () => {
  const inputs = [
    'success_ratio >= 90%',
    'dropped <= 1',
    { expr: 'setup_delay.p50 <= 50ms', minSamples: 1 },
    { expr: 'mos.p5 >= 3.6', minSamples: 3 },
    { expr: 'mos.p5 >= 3.6', for: '2s', minSamples: 1 },
    { expr: 'loss{per=call}.p50 <= 1%', after: '1s' },
    { expr: 'active_calls.max >= 2', minSamples: 1 },
    'mos.below(3) <= 10%',
    'rtt.p95 <= 10ms',
  ];
  const step = fc.record({
    mosLq: fc.constantFrom(1, 3, 4.4),
    outcome: fc.constantFrom('good', 'failed', 'dropped', 'none'),
    live: fc.nat({ max: 4 }),
  });

  it('judge the same by the same figures, however the book came to be, and nothing passes without data', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const gates = gatesOf(...inputs);
        const { book, live } = liveOf(gates);
        for (const [second, { mosLq, outcome, live: alive }] of steps.entries()) {
          const of = { good: recordOf, failed: failedRecord, dropped: droppedRecord, none: null }[outcome];
          const hasMedia = outcome === 'good' || outcome === 'dropped';
          const records = of === null ? [] : [of({ call: second, startedMs: second * 1000, hasMedia })];
          book.addSignalling(signallingBatch({ second, records, live: alive }));
          const legs = hasMedia ? legsOf({ call: second, answeredMs: second * 1000, lost: 9 }) : legsOf();
          book.addMedia(mediaBatch({ second, rows: rowsOf({ second, mosLq }), legs }));
          live.evaluate('libc');
          const unfounded = live.results.filter(({ state, samples }) => state === 'pass' && samples === 0);
          expect(unfounded).toEqual([]);
        }
        book.addSignalling(signallingBatch({ live: 0, finished: true }));
        book.addMedia(mediaBatch({ second: steps.length + 10 }));
        book.flush();
        const health = healthOf(book, 'libc');
        const final = evaluateGates(gates, book, health);
        expect(evaluateGates(gates, new LiveFigures(book), health)).toEqual(final);
        live.evaluate('libc');
        expect(live.results).toEqual(final);
        expect(final.filter(({ state, samples }) => state === 'pass' && samples === 0)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
