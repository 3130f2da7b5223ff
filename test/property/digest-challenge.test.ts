import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { answerableChallenges, parseChallenges, type RawChallenge } from '../../src/sip/auth/challenge.js';
import { SipParseError } from '../../src/sip/message/parse-error.js';

const wire = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
});
const piece = fc.constantFrom(
  'Digest ',
  'Basic ',
  'realm',
  'nonce',
  'qop',
  '=',
  '"',
  ',',
  '\\',
  ' ',
  '\t',
  'auth',
  ';',
  '<',
);
const anyText = fc.oneof(
  wire,
  fc.array(fc.oneof(piece, wire), { maxLength: 80 }).map((pieces) => pieces.join('')),
);

/** @throws whatever is no SipParseError */
function challengesOrNone(text: string): RawChallenge[] {
  try {
    return parseChallenges(text);
  } catch (error) {
    if (error instanceof SipParseError) return [];
    throw error;
  }
}

it('any text is a bounded list of challenges or a SipParseError', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const challenges = challengesOrNone(text);
      expect(challenges.length).toBeLessThanOrEqual(16);
      for (const { scheme, parameters } of challenges) {
        expect(scheme).toMatch(/^[!#-+\-.\w`~]+$/);
        expect(parameters.size).toBeLessThanOrEqual(32);
      }
    }),
    { numRuns: 3000 },
  );
});

it('never throws on a header of any text, and never answers the same realm twice', () => {
  fc.assert(
    fc.property(fc.array(anyText, { maxLength: 5 }), (values) => {
      const realms = answerableChallenges(values).map(({ realm }) => realm);
      expect(new Set(realms).size).toBe(realms.length);
    }),
  );
});

const quote = (value: string): string => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

it('reads back what was quoted, in any order and with unknown parameters between', () => {
  const text = fc.string({ maxLength: 40 });
  fc.assert(
    fc.property(text, text, text, fc.boolean(), (realm, nonce, opaque, swapped) => {
      const parts = [`realm=${quote(realm)}`, 'x-y="z, =w"', `NONCE = ${quote(nonce)}`, `opaque=${quote(opaque)}`];
      const header = `Digest ${(swapped ? parts.toReversed() : parts).join(' , ')}`;
      expect(answerableChallenges([header])).toMatchObject([{ realm, nonce, opaque }]);
    }),
  );
});
