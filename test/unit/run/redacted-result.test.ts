import { describe, expect, it } from 'vitest';
import { redactResult } from '../../../src/run/redacted-result.js';
import { NumberRedactor } from '../../../src/run/redaction.js';
import { typicalPass } from '../report/result-fixture.js';
import { failures, worstCall } from '../report/worst-call-fixture.js';

describe('a result without numbers', () => {
  it('still leads to the files of its calls, though a call has the number of a user', () => {
    const call = worstCall({ call: 1001, evidence: 'evidence/call-1001.txt', detail: 'try 1001 later' });
    const result = { ...typicalPass(), worstCalls: [call], evidence: failures(call) };
    const hidden = redactResult(result, new NumberRedactor(['1001']));
    expect(hidden.worstCalls[0]).toMatchObject({ evidence: 'evidence/call-1001.txt', detail: 'try ***1 later' });
    expect(hidden.evidence).toMatchObject({
      files: [{ path: 'evidence/call-1001.txt' }],
      failures: [{ example: { evidence: 'evidence/call-1001.txt', detail: 'try ***1 later' } }, { example: null }],
    });
  });
});
