import { expect, it } from 'vitest';
import { infoForKey, keyOfInfo } from '../../../src/call/info-digit.js';
import { parseMessage } from '../../../src/sip/message/parser.js';
import { TwoSides } from './two-sides.js';

const request = (method: string, type: string, body: string) =>
  parseMessage(
    Buffer.from(
      `${method} sip:a@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\r\nFrom: <sip:b@10.0.0.2>;tag=1\r\nTo: <sip:a@10.0.0.1>;tag=2\r\n` +
        `Call-ID: x\r\nCSeq: 9 ${method}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    ),
  );

it.each([
  ['application/dtmf-relay', 'Signal=5\r\nDuration=160', { digit: '5', durationMs: 160 }],
  ['application/dtmf-relay', 'Signal= #\r\nDuration=90', { digit: '#', durationMs: 90 }],
  ['application/dtmf-relay', 'Duration = 160\r\nSignal=*\r\n', { digit: '*', durationMs: 160 }],
  ['application/dtmf-relay', 'Signal=a\r\nDuration=long', { digit: 'A', durationMs: null }],
  ['application/dtmf-relay', 'Signal=55', null],
  ['application/dtmf-relay', 'Duration=160', null],
  ['application/dtmf', '5', { digit: '5', durationMs: null }],
  ['application/dtmf', 'D\r\n', { digit: 'D', durationMs: null }],
  ['application/dtmf', 'x', null],
  ['text/plain', '5', null],
  ['application/dtmf', '5'.repeat(99), null],
])('INFO of %s with %j presses %j', (type, body, key) => {
  expect(keyOfInfo(request('INFO', type, body))).toEqual(key);
  expect(keyOfInfo(request('MESSAGE', type, body))).toBeNull();
});

it('an INFO for a key is one of the two forms of the field', () => {
  expect(infoForKey('#', 120, false)).toEqual({
    method: 'INFO',
    contentType: 'application/dtmf-relay',
    body: 'Signal=#\r\nDuration=120\r\n',
  });
  expect(infoForKey('7', 120, true)).toEqual({ method: 'INFO', contentType: 'application/dtmf', body: '7' });
});

it('an answerer counts the keys of its callers', () => {
  let keys = 0;
  const info = { kind: 'info', contentType: 'application/dtmf', body: '7' } as const;
  const steps = [info, { ...info, body: 'none' }, info] as const;
  const sides = new TwoSides({ flow: { steps } }, { ringMs: 0, onKey: () => void keys++ });
  sides.place();
  expect(sides.settle().caller).toMatchObject({ succeeded: true });
  expect(keys).toBe(2);
});
