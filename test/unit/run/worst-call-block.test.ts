import { describe, expect, it } from 'vitest';
import { Strip } from '../../../src/run/call-strips.js';
import { EvidenceBook } from '../../../src/run/evidence-book.js';
import { asItIs, callBlock, evidenceBlock } from '../../../src/run/worst-call-block.js';
import { WorstLegs } from '../../../src/run/worst-legs.js';
import { BASIS, SPOILED, type CallLadder } from '../../../src/worker/messages.js';
import { failedRecord, legsOf, recordOf, rowsOf, sentLegsOf } from './batches.js';

const PLAN = { endpoints: ['trunk-a'], redact: asItIs };
const redact = (text: string): string => text.replaceAll('555', '•••');
const NO_LEGS = { received: null, sent: null };
const NO_STRIPS = { received: null, sent: null };
const LADDER: CallLadder = {
  callId: 'call-1',
  messages: [
    { atMs: 0, isSent: true, text: 'INVITE sip:555@h SIP/2.0\r\nX: 555\r\n\r\n', cutBytes: 0 },
    { atMs: 1.23456, isSent: false, text: 'SIP/2.0 486 Busy Here\r\n\r\n', cutBytes: 9 },
  ],
  omitted: 3,
  firstKept: 1,
  called: {
    messages: [{ atMs: 1.11111, isSent: false, text: 'INVITE sip:555@me SIP/2.0\r\n\r\n', cutBytes: 0 }],
    omitted: 0,
    firstKept: 1,
  },
};

describe('a call of the evidence', () => {
  it('has the points of R of both directions, as they are reported', () => {
    // Received: 1 % loss at a delay of 250 ms. Sent: as our answerer tells, 2 % in bursts of ratio 2 (R 85.93 by G.107).
    const received = legsOf({
      expected: 1000,
      lost: 10,
      rFactor: 89.5664,
      mosLq: 4.3282,
      mouthToEarMs: 250,
      rttMs: 340,
    });
    const sent = sentLegsOf({
      basis: BASIS.answerer,
      codec: 0,
      expected: 1000,
      lost: 15,
      discarded: 5,
      burstR: 2,
      rFactor: 85.93,
    });
    const block = callBlock(
      { record: recordOf({ call: 1 }), legs: { received, sent }, strips: NO_STRIPS, ladder: null },
      PLAN,
    );
    const { received: one, sent: other } = block.breakdown ?? {};
    expect(one?.rFactor).toBeCloseTo(89.5664, 3);
    expect(one?.rFactorCq).toBeCloseTo(89.5664 - 8.9167, 3);
    expect(other?.rFactor).toBeCloseTo(85.93, 2);
    for (const breakdown of [one, other]) {
      const sum = breakdown?.steps.reduce((left, { points }) => left - points, breakdown.faultlessR);
      expect(sum).toBeCloseTo(breakdown?.rFactorCq ?? breakdown?.rFactor ?? 0, 9);
    }
    expect(other?.steps.map(({ term }) => term)).toEqual(['codec', 'lost', 'late', 'bursts']);
  });

  it('has no points of R where they would not explain what the far end reports', () => {
    const sent = sentLegsOf({ basis: BASIS.answerer, codec: 0, expected: 1000, lost: 10, rFactor: 50 });
    const block = callBlock(
      { record: recordOf({ call: 1 }), legs: { received: legsOf({}), sent }, strips: NO_STRIPS, ladder: null },
      PLAN,
    );
    expect(block.breakdown?.received).not.toBeNull();
    expect(block.breakdown?.sent).toBeNull();
  });

  it('has its seconds as ratios on the scale of its codec, unknown as null', () => {
    const strip = new Strip(4, 2);
    strip.add(rowsOf({ second: 4, codec: 2, expected: 50, lost: 1, discarded: 2, mosLq: Number.NaN }), 0);
    strip.add(rowsOf({ second: 5, codec: 2, expected: 0, lost: 0, mosLq: 4.3371, rttMs: 12.5 }), 0);
    strip.add(rowsOf({ second: 6, codec: 2, spoiled: SPOILED.scores, mosLq: Number.NaN }), 0);
    const legs = { received: legsOf({ codec: 2, rFactor: 116 }), sent: null };
    const strips = { received: strip, sent: null };
    const block = callBlock({ record: recordOf({ call: 1 }), legs, strips, ladder: null }, PLAN);
    expect(block.seconds).toEqual({
      received: {
        binSeconds: 1,
        points: [
          { second: 4, mosLq: null, mosLqWb: null, lossRatio: 0.02, discardRatio: 0.04, jitterMs: 1, rttMs: null },
          { second: 5, mosLq: null, mosLqWb: 4.3371, lossRatio: null, discardRatio: null, jitterMs: 1, rttMs: 12.5 },
          { second: 6, mosLq: null, mosLqWb: null, lossRatio: 0, discardRatio: 0, jitterMs: 1, rttMs: null },
        ],
        spoiled: [],
        spoiledScores: [6],
      },
      sent: null,
    });
  });

  it('shows its text through the one filter', () => {
    const record = failedRecord({ call: 1, detail: 'Busy 555' });
    const block = callBlock({ record, legs: NO_LEGS, strips: NO_STRIPS, ladder: LADDER }, { ...PLAN, redact });
    expect(JSON.stringify(block)).not.toContain('555');
    expect(block).toMatchObject({
      endpoint: 'trunk-a',
      outcome: 'failed: serviceUnavailable',
      sipStatus: 503,
      detail: 'Busy •••',
      seconds: null,
      breakdown: null,
      evidence: 'evidence/call-1.txt',
      ladder: {
        omitted: 3,
        omittedAfter: 1,
        messages: [
          { atMs: 0, direction: 'out', firstLine: 'INVITE sip:•••@h SIP/2.0', cutBytes: 0 },
          { atMs: 1.2346, direction: 'in', firstLine: 'SIP/2.0 486 Busy Here', cutBytes: 9 },
        ],
      },
      calledLadder: {
        omitted: 0,
        omittedAfter: 0,
        messages: [{ atMs: 1.1111, direction: 'in', firstLine: 'INVITE sip:•••@me SIP/2.0', cutBytes: 0 }],
      },
    });
  });
});

describe('the list of the evidence', () => {
  it('names each file once with its reasons, and counts what has none', () => {
    const worst = new WorstLegs();
    const book = new EvidenceBook(worst);
    book.addLadders({ why: 'failed', ladders: [LADDER] });
    worst.add(recordOf({ call: 9, hasMedia: true }), { received: legsOf({}), sent: null });
    worst.add(failedRecord({ call: 2 }), NO_LEGS);
    for (const call of [1, 2, 3]) {
      book.addCall(failedRecord({ call }), NO_LEGS, NO_STRIPS);
    }
    const block = evidenceBlock(
      book,
      worst.list.map(({ record }) => record),
      PLAN,
    );
    expect(block).toMatchObject({
      files: [
        { call: 1, path: 'evidence/call-1.txt', why: ['failed'] },
        { call: 2, path: 'evidence/call-2.txt', why: ['failed', 'worst'] },
        { call: 9, path: 'evidence/call-9.txt', why: ['worst'] },
      ],
      failures: [
        { phase: 'setup', sipStatus: 503, cause: 'serviceUnavailable', count: 3, files: 1, example: { call: 1 } },
      ],
      withoutFile: 1,
    });
  });
});
