import { describe, expect, it } from 'vitest';
import { keysLine } from '../../../src/report/keys-words.js';
import { renderMarkdown } from '../../../src/report/markdown.js';
import { renderSummary } from '../../../src/report/text.js';
import type { Result } from '../../../src/run/result.js';
import { typicalPass } from './result-fixture.js';

const NONE = { rfc4733: 0, info: 0, inband: 0 };
const DTMF: NonNullable<Result['dtmf']> = {
  calls: 8,
  sent: { ...NONE, rfc4733: 16, inband: 4 },
  received: { ...NONE, info: 24, durationMs: null, beyond: 0 },
  mismatched: 0,
  examples: [],
};
const PRESSES = { call: { steps: [{ dtmf: { digits: '12' } }] } };
const EXPECTS = { call: { steps: [{ dtmf: '12' }, { expectDtmf: { digits: '345' } }] } };
const lineOf = (dtmf: Result['dtmf'], scenario: unknown): string | null =>
  keysLine({ ...typicalPass(), dtmf, scenario });

describe('keys in one line', () => {
  it.each([
    ['all that was expected came', DTMF, EXPECTS, 'sent 20, received 24; as expected in all 8 calls'],
    [
      'expected at the end of the call',
      DTMF,
      { call: { expect: { dtmf: '1' } } },
      'sent 20, received 24; as expected in all 8 calls',
    ],
    ['of one call', { ...DTMF, calls: 1 }, EXPECTS, 'sent 20, received 24; as expected in 1 call'],
    [
      'others came',
      { ...DTMF, mismatched: 3 },
      EXPECTS,
      'sent 20, received 24; other keys than expected in 3 of 8 calls',
    ],
    ['nothing was expected', DTMF, PRESSES, 'sent 20, received 24; in 8 calls, none of which expects any'],
    ['no call came to its keys', null, PRESSES, 'not measured: no call came that far'],
    ['without keys', null, { call: { steps: [{ hold: '2s' }] } }, null],
    ['without a scenario that can be read', null, 'x', null],
  ])('%s', (_, dtmf, scenario, expected) => {
    expect(lineOf(dtmf, scenario)).toBe(expected);
  });

  it('stands in the summaries of a run with keys, and in no other', () => {
    const result = { ...typicalPass(), dtmf: DTMF, scenario: EXPECTS };
    const plain = { color: false, reportPath: null };
    expect(renderSummary(result, plain)).toContain(
      '\nKeys (DTMF)       sent 20, received 24; as expected in all 8 calls\n',
    );
    expect(renderMarkdown(result)).toContain('\n| Keys (DTMF) | sent 20, received 24; as expected in all 8 calls |\n');
    expect(renderSummary(typicalPass(), plain)).not.toContain('Keys');
    expect(renderMarkdown(typicalPass())).not.toContain('Keys');
  });
});
