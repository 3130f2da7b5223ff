/** What a scenario expects of the final response: of its headers and its audio. */
import { describe, expect, it } from 'vitest';
import { matches, type Expectations } from '../../../src/call/expectations.js';
import { headerBlock } from '../../../src/sip/message/builder.js';
import { TwoSides } from './two-sides.js';

it.each([
  ['abc', 'abc', true],
  ['abc', 'ab', false],
  ['Asterisk PBX 22', 'Asterisk*', true],
  ['Asterisk PBX 22', '*PBX*', true],
  ['Asterisk PBX 22', '*22', true],
  ['Asterisk PBX 22', 'A*P*2', true],
  ['aba', 'ab*ba', false],
  ['', '*', true],
  ['abc', '*c*b*', false],
  ['a*c', 'a*c', true],
  ['abc', 'A*', false],
])('%j against %j: %s', (text, pattern, expected) => {
  expect(matches(text, pattern)).toBe(expected);
});

it('takes time that grows with the text alone', () => {
  const text = 'a'.repeat(50_000);
  expect(matches(`${text}b`, `${'*a'.repeat(30)}*c`)).toBe(false);
});

const EXPECT: Expectations = { headers: [], codec: null, direction: null };

function called(
  expectations: Partial<Expectations>,
  expected: 'answered' | number = 'answered',
  rejectStatus: number | null = null,
) {
  const flow = { expect: { ...EXPECT, ...expectations } };
  const answerer = { refusalHeaders: headerBlock([['Contact', '<sip:elsewhere@10.0.0.9>']]) };
  const sides = new TwoSides({ expect: expected, flow }, { rejectStatus, flow: answerer });
  sides.place();
  return sides.settle().caller;
}

const redirectedTo = (pattern: string) => called({ headers: [['Contact', pattern]] }, 302, 302);

describe('a call', () => {
  it('that is as expected has succeeded', () => {
    const record = called({ headers: [['User-Agent', 'te*']], codec: 'PCMU', direction: 'sendrecv' });
    expect(record).toMatchObject({ outcome: 'completed', succeeded: true, cause: null });
  });

  it.each<[Partial<Expectations>, string, string]>([
    [{ headers: [['User-Agent', 'other']] }, 'unexpectedHeader', 'expected User-Agent: other, found test'],
    [{ headers: [['X-Missing', '*']] }, 'unexpectedHeader', 'expected X-Missing: *, found none'],
    [{ codec: 'PCMA' }, 'unexpectedCodec', 'expected PCMA, found PCMU'],
    [{ direction: 'recvonly' }, 'unexpectedDirection', 'expected a=recvonly, found a=sendrecv'],
  ])('that is not: %j', (expectations, cause, detail) => {
    expect(called(expectations)).toMatchObject({
      outcome: 'completed',
      succeeded: false,
      phase: 'setup',
      sipStatus: 200,
      cause,
      detail,
    });
  });

  it('that is refused as expected is looked at as well', () => {
    expect(redirectedTo('*elsewhere*')).toMatchObject({ outcome: 'failed', succeeded: true, cause: 'redirected' });
    expect(redirectedTo('*nowhere*')).toMatchObject({ outcome: 'failed', succeeded: false, cause: 'unexpectedHeader' });
  });

  it('that is refused otherwise says that, not which header it lacked', () => {
    expect(called({ headers: [['X-Missing', '*']] }, 'answered', 486)).toMatchObject({
      cause: 'busy',
      succeeded: false,
    });
  });
});
