import { describe, expect, test } from 'vitest';
import { LinkFigures, readBackOf } from '../../../src/cli/doctor-links.js';
import type { ImpairmentCounts } from '../../../src/lib/impairment.js';
import { LEG } from '../../../src/worker/messages.js';

const COUNTS: ImpairmentCounts = {
  offered: 1000,
  lost: 52,
  lostUnseen: 2,
  duplicated: 0,
  reordered: 0,
  delayed: 0,
  overflowed: 0,
  unsent: 0,
  jitterMs: 19.5,
  rtcpOffered: 0,
  rtcpLost: 0,
};

/** A link with one leg for each of these. */
function figuresOf(
  ...legs: readonly Partial<Record<'lost' | 'received' | 'expected' | 'jitterMs' | 'rttMs', number>>[]
): LinkFigures {
  const figures = new LinkFigures();
  for (const leg of legs) {
    const row = new Float64Array(LEG.columns).fill(Number.NaN);
    for (const [name, value] of Object.entries({ lost: 0, received: 0, expected: 0, ...leg })) {
      row[LEG[name as 'lost']] = value;
    }
    figures.add(row, 0);
  }
  return figures;
}

describe('loss', () => {
  const whole = figuresOf({});

  test('is what a receiver can miss, and exact where everything that left was measured', () => {
    const figures = figuresOf({ lost: 30, received: 500, expected: 530 }, { lost: 20, received: 448, expected: 468 });
    expect(readBackOf('loss=5%', { figures, whole, counts: COUNTS })).toEqual({
      impair: 'loss=5%',
      quantity: 'loss',
      unit: 'packets',
      injected: 50,
      measured: 50,
      tolerance: { below: 0, above: 0 },
      of: 998,
    });
  });

  test('may be smaller by the packets that came after the end of their call', () => {
    const figures = figuresOf({ lost: 49, received: 945, expected: 994 });
    expect(readBackOf('loss=5%', { figures, whole, counts: COUNTS }).tolerance).toEqual({ below: 3, above: 0 });
  });

  test('is unknown without packets, and without what the other end says', () => {
    expect(readBackOf('loss=5%', { figures: figuresOf({}), whole, counts: null })).toMatchObject({
      injected: null,
      measured: null,
    });
  });
});

test('jitter is the mean over the legs, within 2 % of what was injected and the jitter of the whole link', () => {
  const figures = figuresOf({ jitterMs: 19 }, { jitterMs: 20 });
  const readBack = readBackOf('jitter=20ms', { figures, whole: figuresOf({ jitterMs: 0.5 }), counts: COUNTS });
  expect(readBack).toMatchObject({ quantity: 'jitter', unit: 'ms', injected: 19.5, measured: 19.5 });
  expect(readBack.tolerance.above).toBeCloseTo(0.02 * 19.5 + 0.5, 9);
});

describe('delay', () => {
  test('is the difference of the round trips', () => {
    const figures = figuresOf({ rttMs: 51 }, { rttMs: 51 }, { rttMs: Number.NaN });
    const whole = figuresOf({ rttMs: 1, jitterMs: 0.5 });
    const readBack = readBackOf('delay=50ms', { figures, whole, counts: COUNTS });
    expect(readBack).toMatchObject({
      quantity: 'delay',
      unit: 'ms',
      injected: 50,
      tolerance: { below: 2.5, above: 2.5 },
    });
    expect(readBack.measured).toBeCloseTo(50, 1);
  });

  test('is not measured where one of them is unknown', () => {
    const parts = { figures: figuresOf({ rttMs: 51 }), whole: figuresOf({}), counts: COUNTS };
    expect(readBackOf('delay=50ms', parts).measured).toBeNull();
  });
});
