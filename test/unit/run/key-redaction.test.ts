/** Keys (DTMF) in what is written of a run whose numbers are hidden. */
import { describe, expect, it } from 'vitest';
import { mismatchInWords } from '../../../src/call/dtmf.js';
import { infoForKey, keyOfInfo } from '../../../src/call/info-digit.js';
import { redactCall, redactTexts } from '../../../src/run/redacted-result.js';
import { NumberRedactor } from '../../../src/run/redaction.js';
import { recordOf } from './batches.js';

const redactor = new NumberRedactor();

function infoWith(contentType: string, body: string, name = 'Content-Type'): string {
  return `INFO sip:192.0.2.1 SIP/2.0\r\nCSeq: 5 INFO\r\n${name}: ${contentType}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

describe('keys in text', () => {
  it.each([
    ['expected the keys 47A1#, got 47A', 'expected the keys xxxxx, got xxx'],
    ['expected the keys 47*1, got none', 'expected the keys xxxx, got none'],
    ['step 2: expected the keys 4711, got 4, and more', 'step 2: expected the keys xxxx, got x, and more'],
  ])('are hidden in what was missed: %s', (text, hidden) => {
    expect(redactor.text(text)).toBe(hidden);
  });

  it('are hidden in the words of a call, whatever they are', () => {
    const words = mismatchInWords({ expected: '0123456789*#ABCD', received: '9876' });
    expect(redactor.text(words)).toMatch(/^[^\d*#]+$/);
  });

  it.each([
    ['application/dtmf-relay', 'Signal=7\r\nDuration=160\r\n', 'Signal=x\r\nDuration=160\r\n'],
    ['application/dtmf-relay', 'Duration = 160\nSignal = #', 'Duration = 160\nSignal = x'],
    ['Application/DTMF-Relay;v=1', 'signal=\r\n 7', 'signal=\r\n x'],
    ['application/dtmf', '7', 'x'],
    ['application/dtmf', ' 4711#\r\n', ' xxxxx\r\n'],
    ['text/plain', '7', '7'],
  ])('are hidden in a body of %s: %j', (contentType, body, hidden) => {
    for (const name of ['Content-Type', 'c']) {
      expect(redactor.text(infoWith(contentType, body, name))).toBe(
        infoWith(contentType, body, name).slice(0, -body.length) + hidden,
      );
    }
  });

  it('are hidden in the INFOs that we send', () => {
    for (const isPlain of [true, false]) {
      const { contentType, body } = infoForKey('7', 250, isPlain);
      const shown = redactor.text(infoWith(contentType, body));
      const hiddenBody = shown.slice(shown.indexOf('\r\n\r\n') + 4);
      const request = { method: 'INFO', contentType, body: hiddenBody } as unknown as Parameters<typeof keyOfInfo>[0];
      expect(keyOfInfo(request)).toBeNull();
      expect(hiddenBody).toContain('x');
    }
  });

  it.each(['Signal', ' ', '\n', 'Signal=\n', 'expected the keys ', 'c:application/dtmf\n\n', '5'])(
    'take no quadratic time to find in half a megabyte of %j, which the limit of a test would end',
    (piece) => {
      const hidden = redactor.text(
        infoWith('application/dtmf-relay', `${piece.repeat(500_000 / piece.length)}\r\nSignal=7`),
      );
      expect(hidden.endsWith('Signal=x')).toBe(true);
    },
  );
});

describe('keys in rows and results', () => {
  it('are hidden in the row of a call, one sign for each so that they are counted as before', () => {
    const record = recordOf({
      detail: 'expected the keys 4711, got 47',
      dtmf: {
        sent: [{ digits: '12#', startMs: 5, method: 'info' }],
        received: [{ digit: '4', startMs: 9, durationMs: 80, method: 'rfc4733' }],
        receivedBeyond: 2,
        mismatch: { expected: '4711', received: '47' },
      },
    });
    expect(redactCall(record, redactor)).toEqual({
      ...record,
      detail: 'expected the keys xxxx, got xx',
      dtmf: {
        sent: [{ digits: 'xxx', startMs: 5, method: 'info' }],
        received: [{ digit: 'x', startMs: 9, durationMs: 80, method: 'rfc4733' }],
        receivedBeyond: 2,
        mismatch: { expected: 'xxxx', received: 'xx' },
      },
    });
    const silent = recordOf({ detail: null });
    expect(redactCall(silent, redactor)).toEqual(silent);
  });

  it('are hidden in the scenario and in examples; a reference stays', () => {
    const steps = [
      { dtmf: { digits: '4711', method: 'info', tone: '100ms', gap: '80ms' } },
      { expectDtmf: { digits: '${env:PIN1}', within: '5s' } },
      { info: { type: 'application/dtmf-relay', body: 'Signal=5\r\nDuration=160' } },
    ];
    const result = {
      dtmf: { calls: 1, examples: [{ call: 7, expected: '45', received: '' }] },
      scenario: { call: { expect: { dtmf: '0A#' }, steps } },
    };
    expect(redactTexts(result, redactor)).toEqual({
      dtmf: { calls: 1, examples: [{ call: 7, expected: 'xx', received: '' }] },
      scenario: {
        call: {
          expect: { dtmf: 'xxx' },
          steps: [
            { dtmf: { ...steps[0]?.dtmf, digits: 'xxxx' } },
            steps[1],
            { info: { type: 'application/dtmf-relay', body: 'Signal=x\r\nDuration=160' } },
          ],
        },
      },
    });
  });
});

it('whom a call was to be transferred to is hidden too', () => {
  const transfer = {
    to: '"Bob" <sip:+4930123456@192.0.2.1>',
    outcome: 'refused' as const,
    sipStatus: 603,
    cause: 'transferTarget',
    detail: 'sent to +4930123456, which may not be called',
    askedMs: 1,
    answeredMs: null,
  };
  const record = recordOf({ transfers: { asked: 1, first: [transfer] } });
  const hidden = redactCall(record, new NumberRedactor());
  expect(JSON.stringify(hidden)).not.toMatch(/30123456|Bob/);
  expect(hidden.transfers?.first[0]).toMatchObject({ outcome: 'refused', cause: 'transferTarget', askedMs: 1 });
});
