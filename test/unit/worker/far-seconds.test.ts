/** Reports of the far end by the second in which they came, and the score over their trailing five seconds. */
import { describe, expect, it } from 'vitest';
import { findCodecImpairment } from '../../../src/quality/codec-impairment.js';
import { FarSeconds } from '../../../src/worker/far-seconds.js';

const PCMU = findCodecImpairment('PCMU');

function report(lost: number, expected = 50) {
  const received = expected - lost;
  return { expected, lost, received, lossRatio: lost / expected, jitterMs: 2, spanMs: 20 * expected, unreported: 0 };
}

function fresh(): FarSeconds {
  const far = new FarSeconds();
  far.clear();
  return far;
}

describe('a second', () => {
  it('has the sum of its reports, and none where none came', () => {
    const far = fresh();
    far.noteReport(4, report(1));
    far.noteReport(4, report(2));
    expect(far.take(3, PCMU, Number.NaN)).toBe(false);
    expect(far.take(4, PCMU, Number.NaN)).toBe(true);
    expect(far.figures).toMatchObject({ expected: 100, lost: 3, received: 97, jitterMs: 2 });
    expect(far.take(5, PCMU, Number.NaN)).toBe(false);
  });

  it('that has closed takes nothing any more: what is read late stands in the first open one', () => {
    const far = fresh();
    far.take(7, PCMU, Number.NaN);
    far.noteReport(5, report(1));
    far.noteRoundTrip(5, 30);
    expect(far.rttIn(8)).toBe(30);
    expect([8, 9, 10, 11, 12, 13].map((second) => far.take(second, PCMU, Number.NaN))).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it('far ahead of the open ones does not come back as one before them', () => {
    const far = fresh();
    far.take(7, PCMU, Number.NaN);
    far.noteReport(17, report(1)); // 8 to 15 are open; 17 would lie where 9 does
    expect(far.take(8, PCMU, Number.NaN)).toBe(false);
    expect(far.take(9, PCMU, Number.NaN)).toBe(false);
    for (let second = 10; second < 15; second++) far.take(second, PCMU, Number.NaN);
    expect(far.take(15, PCMU, Number.NaN)).toBe(true);
  });
});

it('packets that were booked as lost and came late make no share of loss negative', () => {
  const far = fresh();
  far.noteReport(0, report(-3));
  far.take(0, PCMU, Number.NaN);
  expect(far.figures).toMatchObject({ lost: 0, received: 50, badRatio: 0 });
});

it('the score is that of the trailing five seconds of reports: it falls with the loss and recovers', () => {
  const far = fresh();
  const scores: number[] = [];
  for (let second = 0; second < 12; second++) {
    far.noteReport(second, report(second < 2 ? 5 : 0));
    far.take(second, PCMU, Number.NaN);
    scores.push(far.score.rFactor);
  }
  expect(scores[1]).toBeCloseTo(93.2062 - (95 * 10) / (10 + 25.1), 3);
  expect(scores[4]).toBeCloseTo(93.2062 - (95 * 4) / (4 + 25.1), 3);
  expect(scores[11]).toBeCloseTo(93.2062, 3);
});

it('an interval of which the far end began to count afresh tells nothing', () => {
  const far = fresh();
  far.noteReport(0, { ...report(0), expected: Number.NaN, lost: Number.NaN });
  expect(far.take(0, PCMU, Number.NaN)).toBe(false);
});
