/** No text and no value makes the gate parser throw, and every problem points into the text. */
import { anything, array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGates } from '../../src/gates/check.js';

const context = { endpoints: ['a'], labels: { site: ['b'] }, codecs: ['PCMU'] };
const pieces = [
  'mos',
  '.',
  'p5',
  '{',
  '}',
  'endpoint',
  '=',
  'a',
  ',',
  '>=',
  '<',
  '3.6',
  '%',
  's',
  ' ',
  '(',
  'below',
  ')',
];

describe('parseGates', () => {
  it('never throws', () => {
    assert(
      property(array(oneof(string(), anything()), { maxLength: 3 }), (inputs) => {
        const { gates, problems } = parseGates(inputs, context);
        expect(gates.length + problems.length).toBeGreaterThanOrEqual(inputs.length);
      }),
    );
  });

  it('accepts a text or says where it is wrong', () => {
    assert(
      property(array(constantFrom(...pieces), { maxLength: 15 }), (parts) => {
        const text = parts.join('');
        const { gates, problems } = parseGates([text], context);
        expect(gates.length > 0).toBe(problems.length === 0);
        for (const { where } of problems) {
          const column = Number(/, column (\d+)$/.exec(where)?.[1]);
          expect(column).toBeGreaterThanOrEqual(1);
          expect(column).toBeLessThanOrEqual(text.length + 1);
        }
      }),
    );
  });
});
