import { describe, expect, it } from 'vitest';
import { FarXrBook } from '../../../src/run/far-xr-book.js';
import { FAR_XR, type FarXrFigure } from '../../../src/worker/messages.js';
import { legsOf } from './batches.js';

function legTold(reports: number, told: Partial<Record<FarXrFigure, number>>): Float64Array {
  const leg = legsOf({ farXrReports: reports });
  for (const [name, value] of Object.entries(told)) leg[FAR_XR[name as FarXrFigure]] = value;
  return leg;
}

describe('what far ends tell of our audio', () => {
  it('is null where none told', () => {
    const book = new FarXrBook();
    book.addLeg(legTold(0, { lossRatio: 0.5 }), 0);
    book.addLeg(legTold(Number.NaN, {}), 0);
    expect(book.block()).toBeNull();
  });

  it('has a value a leg, and null for a figure that no far end knew', () => {
    const book = new FarXrBook();
    book.addLeg(legTold(3, { lossRatio: 0.125, mosLq: 3.4, rFactor: 66, roundTripMs: 70 }), 0);
    book.addLeg(legTold(1, { lossRatio: 0.25, mosLq: 4.4, rFactor: 93, roundTripMs: Number.NaN }), 0);
    const block = book.block();
    expect(block).toMatchObject({
      legs: 2,
      lossRatio: { unit: 'ratio', count: 2, min: 0.125, max: 0.25 },
      mosLq: { unit: 'MOS', count: 2, min: 3.4, max: 4.4 },
      rFactor: { unit: 'R', count: 2, min: 66, max: 93 },
      roundTripMs: { count: 1, min: 70 },
      mosCq: null,
      burstMs: null,
    });
    // Nobody says on which scale the far end scores.
    expect(block?.mosLq).not.toHaveProperty('scale');
  });

  it('leaves out what cannot be: rows are read from files too', () => {
    const book = new FarXrBook();
    book.addLeg(legTold(1, { lossRatio: -1, mosLq: Number.POSITIVE_INFINITY }), 0);
    expect(book.block()).toMatchObject({ legs: 1, lossRatio: null, mosLq: null });
  });
});
