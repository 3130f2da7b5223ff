import { describe, expect, it } from 'vitest';
import { EvidenceBook } from '../../../src/run/evidence-book.js';
import { WorstLegs } from '../../../src/run/worst-legs.js';
import type { CallLadder, CallRecord } from '../../../src/worker/messages.js';
import { cutRecord, droppedRecord, failedRecord, legsOf, notStartedRecord, recordOf } from './batches.js';

const NO_LEGS = { received: null, sent: null };
const NO_STRIPS = { received: null, sent: null };
const ladder = (call: number): CallLadder => ({
  callId: `call-${call}`,
  messages: [],
  omitted: 0,
  firstKept: 0,
  called: null,
});

function book(): { worst: WorstLegs; evidence: EvidenceBook; end: (record: CallRecord, rFactor?: number) => void } {
  const worst = new WorstLegs();
  const evidence = new EvidenceBook(worst);
  const end = (record: CallRecord, rFactor?: number): void => {
    const legs = rFactor === undefined ? NO_LEGS : { received: legsOf({ rFactor }), sent: null };
    worst.add(record, legs, NO_STRIPS);
    evidence.addCall(record, legs, NO_STRIPS);
  };
  return { worst, evidence, end };
}

describe('failed calls', () => {
  it('are counted by cause, and kept where their ladder came', () => {
    const { evidence, end } = book();
    evidence.addLadders({ why: 'failed', ladders: [ladder(1), ladder(4)] });
    end(failedRecord({ call: 1 }));
    end(failedRecord({ call: 2 }));
    end(failedRecord({ call: 3, sipStatus: 486, cause: 'busy' }));
    end(droppedRecord({ call: 4 }));
    end(failedRecord({ call: 5, succeeded: true }));
    end(cutRecord('after', { call: 6 }));
    end(notStartedRecord({ call: 7 }));
    end(recordOf({ call: 8 }));
    expect(
      evidence.causes.map(({ record, count, kept }) => [record.cause, count, kept.map((one) => one.record.call)]),
    ).toEqual([
      ['serviceUnavailable', 2, [1]],
      ['busy', 1, []],
      ['remoteBye', 1, [4]],
    ]);
    expect(evidence.takeFresh().map(({ record, ladder: own }) => [record.call, own?.callId])).toEqual([
      [1, 'call-1'],
      [4, 'call-4'],
    ]);
    expect(evidence.takeFresh()).toEqual([]);
  });

  it('are kept up to twenty of a cause, however many workers send ladders', () => {
    const { evidence, end } = book();
    for (let call = 0; call < 50; call++) {
      evidence.addLadders({ why: 'failed', ladders: [ladder(call)] });
      end(failedRecord({ call }));
    }
    expect(evidence.causes[0]).toMatchObject({ count: 50 });
    expect(evidence.causes[0]?.kept).toHaveLength(20);
  });
});

describe('ladders of calls whose packets are captured', () => {
  it('are asked for once, also where the call is one of the worst, and are known by the number of the call', () => {
    const { evidence, end } = book();
    end(recordOf({ call: 1 }), 80);
    end(recordOf({ call: 2 }), 70);
    evidence.noteCaptured(recordOf({ call: 1 }));
    evidence.noteCaptured(recordOf({ call: 9 }));
    const asked = evidence.wanted().map(({ callId }) => callId);
    expect(asked.toSorted()).toEqual(['call-1', 'call-2', 'call-9']);
    expect(evidence.wanted()).toEqual([]);
    evidence.addLadders({ why: 'asked', ladders: [ladder(9), ladder(1)] });
    expect(evidence.recordOf(9)?.callId).toBe('call-9');
    expect(evidence.ladderOf(recordOf({ call: 9 }))?.callId).toBe('call-9');
    expect(evidence.recordOf(2)).toBeNull();
  });
});

describe('ladders of the worst calls', () => {
  it('are asked for once, unless they came with a failure', () => {
    const { evidence, end } = book();
    evidence.addLadders({ why: 'failed', ladders: [ladder(1)] });
    end(failedRecord({ call: 1 }));
    end(recordOf({ call: 2 }), 80);
    expect(evidence.wanted().map(({ call }) => call)).toEqual([2]);
    expect(evidence.wanted()).toEqual([]);
    expect(evidence.ladderOf(recordOf({ call: 2 }))).toBeNull();
    evidence.addLadders({ why: 'asked', ladders: [ladder(2)] });
    expect(evidence.ladderOf(recordOf({ call: 2 }))?.callId).toBe('call-2');
    expect(evidence.ladderOf(failedRecord({ call: 1 }))?.callId).toBe('call-1');
  });

  it('are let go of when ten others are worse', () => {
    const { evidence, end } = book();
    end(recordOf({ call: 0 }), 90);
    evidence.wanted();
    evidence.addLadders({ why: 'asked', ladders: [ladder(0)] });
    for (let call = 1; call <= 10; call++) {
      end(recordOf({ call }), 50);
    }
    expect(evidence.wanted()).toHaveLength(10);
    expect(evidence.ladderOf(recordOf({ call: 0 }))).toBeNull();
    evidence.addLadders({ why: 'asked', ladders: [ladder(0)] }); // too late
    expect(evidence.ladderOf(recordOf({ call: 0 }))).toBeNull();
  });

  it('that come at the end serve the calls that turn out to be the worst only then', () => {
    const { evidence, end } = book();
    evidence.addLadders({ why: 'last', ladders: [ladder(7), ladder(8)] });
    expect(evidence.wanted()).toEqual([]);
    end(recordOf({ call: 8 }), 40);
    expect(evidence.ladderOf(recordOf({ call: 8 }))?.callId).toBe('call-8');
  });
});
