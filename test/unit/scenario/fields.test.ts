/** Single fields whose values follow from a standard. */
import { describe, expect, it } from 'vitest';
import * as fields from '../../../src/scenario/fields.js';

describe('a code point', () => {
  it.each([
    ['CS0', 0],
    ['CS3', 24],
    ['CS7', 56],
    ['AF11', 10],
    ['AF31', 26],
    ['AF43', 38],
    ['EF', 46],
    [0, 0],
    [63, 63],
  ])('%s is %i (RFC 2474, RFC 2597, RFC 3246)', (text, value) => expect(fields.dscp().parse(text)).toBe(value));

  it.each(['CS8', 'AF50', 'AF14', 'ef', '24', -1, 64, 1.5, null])('%j is none', (value) =>
    expect(fields.dscp().safeParse(value).success).toBe(false),
  );
});

describe('what is advertised', () => {
  it('is an address or the word', () => {
    expect(['learned', '192.0.2.1', '2001:DB8::1'].map((text) => fields.advertised().parse(text))).toEqual([
      'learned',
      '192.0.2.1',
      '2001:db8::1',
    ]);
    expect(fields.advertised().safeParse('pbx.example').success).toBe(false);
  });
});
