import { describe, expect, it } from 'vitest';
import { WorstLegs } from '../../../src/run/worst-legs.js';
import { LEG, type CallRecord } from '../../../src/worker/messages.js';
import {
  cutRecord,
  droppedRecord,
  failedRecord,
  legsOf,
  notStartedRecord,
  recordOf,
  sentLegsOf,
  type LegFigures,
} from './batches.js';

const NO_LEGS = { received: null, sent: null };
const legsFor = (received: LegFigures, sent?: LegFigures) => ({
  received: legsOf(received),
  sent: sent === undefined ? null : sentLegsOf(sent),
});
const call = (number: number, changes: Partial<CallRecord> = {}): CallRecord =>
  recordOf({ call: number, hasMedia: true, ...changes });
const orderOf = (worst: WorstLegs): number[] => worst.list.map(({ record }) => record.call);

describe('the worst', () => {
  it('no answer, then a bad score, then jitter; the same in whatever order they come', () => {
    const add: ((worst: WorstLegs) => void)[] = [
      (worst) => worst.add(failedRecord({ call: 1 }), NO_LEGS),
      (worst) => worst.add(call(2), legsFor({ rFactor: 93.2, jitterMs: 1 })),
      (worst) => worst.add(call(3), legsFor({ rFactor: 93.2, jitterMs: 9 })),
      (worst) => worst.add(call(4), legsFor({ rFactor: 40 })),
      (worst) => worst.add(droppedRecord({ call: 5, hasMedia: true }), legsFor({ rFactor: 93.2 })),
      (worst) => worst.add(failedRecord({ call: 0 }), NO_LEGS),
    ];
    for (const order of [add, add.toReversed()]) {
      const worst = new WorstLegs();
      for (const step of order) {
        step(worst);
      }
      expect(orderOf(worst)).toEqual([0, 1, 4, 5, 3, 2]);
    }
  });

  it('by what the far end heard as well, where it tells', () => {
    const worst = new WorstLegs();
    worst.add(call(1), legsFor({ rFactor: 80 }));
    worst.add(call(2), legsFor({ rFactor: 93.2 }, { rFactor: 50 }));
    worst.add(call(3), legsFor({ rFactor: 93.2 }, { rFactor: Number.NaN }));
    expect(orderOf(worst)).toEqual([2, 1, 3]);
  });

  it('on either scale by what is missing to a faultless leg of its codec', () => {
    const worst = new WorstLegs();
    // A clean G.722 leg has R 116 of 129; 103.1 is 10 points less on a scale of 100, more than the 9.2 of the G.711 leg.
    worst.add(call(1), legsFor({ codec: 0, rFactor: 84, jitterMs: 0 }));
    worst.add(call(2), legsFor({ codec: 2, rFactor: 103.1, jitterMs: 0 }));
    worst.add(call(3), legsFor({ codec: 2, rFactor: 116, jitterMs: 0 }));
    worst.add(call(4), legsFor({ codec: 1, rFactor: 90, jitterMs: 0 }));
    expect(orderOf(worst)).toEqual([2, 1, 4, 3]);
  });

  it('are ten at most, and the worst ten', () => {
    const worst = new WorstLegs();
    for (let number = 0; number < 100; number++) {
      worst.add(call(number), legsFor({ rFactor: 90 - ((number * 37) % 100) / 2 }));
    }
    const scores = worst.list.map(({ legs }) => legs.received?.[LEG.rFactor]);
    expect(scores).toEqual([40.5, 41, 41.5, 42, 42.5, 43, 43.5, 44, 44.5, 45]);
  });

  it('are none that we did not start or cut ourselves, nor a refusal that was expected', () => {
    const worst = new WorstLegs();
    worst.add(notStartedRecord({ call: 1 }), NO_LEGS);
    worst.add(cutRecord('before', { call: 2 }), NO_LEGS);
    worst.add(failedRecord({ call: 3, succeeded: true }), NO_LEGS);
    expect(orderOf(worst)).toEqual([]);
    worst.add(cutRecord('after', { call: 4, hasMedia: true }), legsFor({ rFactor: 91 }));
    worst.add(call(5), legsFor({ rFactor: 90 }));
    expect(orderOf(worst)).toEqual([5, 4]);
  });
});
