import { expect, it } from 'vitest';
import { pressesKey } from '../../../src/call/info-digit.js';
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
  ['application/dtmf-relay', 'Signal=5\r\nDuration=160', true],
  ['application/dtmf-relay', 'Signal= #\r\nDuration=160', true],
  ['application/dtmf-relay', 'Duration=160\r\nSignal=*\r\n', true],
  ['application/dtmf-relay', 'Signal=55', false],
  ['application/dtmf-relay', 'Duration=160', false],
  ['application/dtmf', '5', true],
  ['application/dtmf', 'D\r\n', true],
  ['application/dtmf', 'x', false],
  ['text/plain', '5', false],
  ['application/dtmf', '5'.repeat(99), false],
])('INFO of %s with %j presses a key: %s', (type, body, presses) => {
  expect(pressesKey(request('INFO', type, body))).toBe(presses);
  expect(pressesKey(request('MESSAGE', type, body))).toBe(false);
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
