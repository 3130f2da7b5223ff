import { describe, expect, it } from 'vitest';
import { WorstLegs } from '../../../src/run/worst-legs.js';
import { LEG, type CallRecord } from '../../../src/worker/messages.js';
import { cutRecord, droppedRecord, failedRecord, legsOf, notStartedRecord, recordOf } from './batches.js';

function joinedOf(worst: WorstLegs): [number, boolean][] {
  const joined: [number, boolean][] = [];
  worst.onJoined = (record, leg) => void joined.push([record.call, leg !== null]);
  return joined;
}

const withMedia = (call: number, changes: Partial<CallRecord> = {}): CallRecord =>
  recordOf({ call, hasMedia: true, ...changes });
const orderOf = (worst: WorstLegs): number[] => worst.list.map(({ record }) => record.call);

describe('a call and its leg', () => {
  it('join in either order, once, and the leg is a copy of its own', () => {
    const worst = new WorstLegs();
    const joined = joinedOf(worst);
    const table = legsOf({ call: 1, rFactor: 50 }, { call: 2, rFactor: 60 });
    worst.addCall(withMedia(1));
    worst.addLeg(table, 0);
    worst.addLeg(table, LEG.columns);
    expect(joined).toEqual([[1, true]]);
    worst.addCall(withMedia(2));
    expect(joined).toEqual([
      [1, true],
      [2, true],
    ]);
    table.fill(0);
    expect(worst.list.map(({ leg }) => leg?.[LEG.rFactor])).toEqual([50, 60]);
    worst.flush();
    expect(joined).toHaveLength(2);
  });

  it('a call without media waits for nothing; one whose leg never comes is told of at the end, once', () => {
    const worst = new WorstLegs();
    const joined = joinedOf(worst);
    worst.addCall(failedRecord({ call: 1 }));
    worst.addCall(withMedia(2));
    expect(joined).toEqual([[1, false]]);
    worst.flush();
    worst.flush();
    expect(joined).toEqual([
      [1, false],
      [2, false],
    ]);
  });

  it('no call is lost when more wait than may', () => {
    const worst = new WorstLegs();
    let count = 0;
    worst.onJoined = () => void count++;
    for (let call = 0; call < 100_010; call++) {
      worst.addCall(withMedia(call));
    }
    expect(count).toBe(10);
    worst.flush();
    expect(count).toBe(100_010);
  });
});

describe('the worst', () => {
  it('no answer, then a bad score, then jitter; the same in whatever order they come', () => {
    const add: ((worst: WorstLegs) => void)[] = [
      (worst) => worst.addCall(failedRecord({ call: 1 })),
      (worst) => worst.addCall(withMedia(2)),
      (worst) => worst.addCall(withMedia(3)),
      (worst) => worst.addCall(withMedia(4)),
      (worst) => worst.addCall(droppedRecord({ call: 5, hasMedia: true })),
      (worst) => worst.addLeg(legsOf({ call: 2, rFactor: 93.2, jitterMs: 1 }), 0),
      (worst) => worst.addLeg(legsOf({ call: 3, rFactor: 93.2, jitterMs: 9 }), 0),
      (worst) => worst.addLeg(legsOf({ call: 4, rFactor: 40 }), 0),
      (worst) => worst.addLeg(legsOf({ call: 5, rFactor: 93.2 }), 0),
      (worst) => worst.addCall(failedRecord({ call: 0 })),
    ];
    for (const order of [add, add.toReversed()]) {
      const worst = new WorstLegs();
      for (const step of order) {
        step(worst);
      }
      expect(orderOf(worst)).toEqual([0, 1, 4, 5, 3, 2]);
    }
  });

  it('are ten at most, and the worst ten', () => {
    const worst = new WorstLegs();
    for (let call = 0; call < 100; call++) {
      worst.addCall(withMedia(call));
      worst.addLeg(legsOf({ call, rFactor: 90 - ((call * 37) % 100) / 2 }), 0);
    }
    const scores = worst.list.map(({ leg }) => leg?.[LEG.rFactor]);
    expect(scores).toEqual([40.5, 41, 41.5, 42, 42.5, 43, 43.5, 44, 44.5, 45]);
  });

  it('are none that we did not start or cut ourselves, nor a refusal that was expected', () => {
    const worst = new WorstLegs();
    worst.addCall(notStartedRecord({ call: 1 }));
    worst.addCall(cutRecord('before', { call: 2 }));
    worst.addCall(failedRecord({ call: 3, succeeded: true }));
    expect(orderOf(worst)).toEqual([]);
    worst.addCall(cutRecord('after', { call: 4, hasMedia: true }));
    worst.addLeg(legsOf({ call: 4, rFactor: 91 }), 0);
    worst.addCall(withMedia(5));
    worst.addLeg(legsOf({ call: 5, rFactor: 90 }), 0);
    expect(orderOf(worst)).toEqual([5, 4]);
  });
});
