import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meetsLimit } from '../../../src/gates/grammar.js';
import { sustainedFigure } from '../../../src/gates/sustained.js';

const MOS = { operator: '>=', limit: 3.6 } as const;
const figures = (...values: readonly (number | null)[]) =>
  values.flatMap((value, second) => (value === null ? [] : [{ second, value, samples: 1 }]));

describe('the worst figure that lasted', () => {
  it.each([
    ['two bad seconds of three', [4, 2, 2, 4], 3, 4, 0],
    ['three of three', [4, 2, 3, 2.5, 4], 3, 3, 1],
    ['the worst of several stretches, and the first that fails', [3, 3, 4, 2, 2, 4], 2, 2, 0],
    ['each second by itself', [4, 2, 4], 1, 2, 1],
    ['a gap within a bad time', [2, null, null, 2.5], 4, 2.5, 0],
    ['a long stretch that begins before a shorter one', [4, 3, 3, 3, 3, 4], 3, 3, 1],
  ])('%s', (...[, values, seconds, value, fromSecond]) => {
    expect(sustainedFigure(figures(...values), MOS, seconds)).toEqual({ value, fromSecond });
  });

  it('needs figures over so long', () => {
    expect(sustainedFigure(figures(2, 2), MOS, 3)).toBeNull();
    expect(sustainedFigure([], MOS, 1)).toBeNull();
  });

  it('is broken by more than eight seconds without a value', () => {
    const nothing = [null, null, null, null, null, null, null];
    expect(sustainedFigure(figures(2, ...nothing, 2), MOS, 9)).toEqual({ value: 2, fromSecond: 0 });
    expect(sustainedFigure(figures(2, ...nothing, null, 2), MOS, 10)).toBeNull();
  });

  it('at the limit itself fails only what must be above or below it', () => {
    const at = figures(4, 3.6, 3.6);
    expect(sustainedFigure(at, { operator: '>', limit: 3.6 }, 2)).toEqual({ value: 3.6, fromSecond: 1 });
    expect(sustainedFigure(at, MOS, 2)).toEqual({ value: 3.6, fromSecond: 0 + 1 });
  });

  it('violates the gate exactly where so many seconds in a row do', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        (values, seconds) => {
          const gate = { operator: '<=', limit: 1 } as const;
          const sustained = sustainedFigure(figures(...values), gate, seconds);
          const text = values.map((value) => (value > 1 ? 'x' : '.')).join('');
          const at = text.indexOf('x'.repeat(seconds));
          expect(sustained === null).toBe(values.length < seconds);
          const isViolated = sustained !== null && !meetsLimit(sustained.value, gate.operator, gate.limit);
          expect(isViolated ? sustained.fromSecond : -1).toBe(at);
        },
      ),
    );
  });
});
