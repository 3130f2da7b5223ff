import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callTokenOf, encodeCallToken, findCallToken, runIdOf, type CallToken } from '../../../src/call/call-token.js';
import { parseMessage } from '../../../src/sip/message/parser.js';

/** Encoded apart from the program, with base32 of another language's standard library. */
const TOKEN: CallToken = { address: '192.0.2.10', port: 40_000, runId: 0xdead_beef, call: 1_234_567 };
const TEXT = 'cg-w7aaaaqktran5ln654abfvuh';

const tokens = fc.record({
  address: fc.ipV4(),
  port: fc.integer({ min: 1024, max: 65_535 }),
  runId: fc.nat(0xffff_ffff),
  call: fc.nat(999_999_999),
});

function invite(headers: string): ReturnType<typeof parseMessage> {
  const text =
    'INVITE sip:bob@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKx\r\nTo: <sip:bob@10.0.0.2>\r\n' +
    `Call-ID: x\r\nCSeq: 1 INVITE\r\n${headers}Content-Length: 0\r\n\r\n`;
  return parseMessage(Buffer.from(text, 'latin1'));
}

describe('a token', () => {
  it('is base32 of a check octet, address, port, run and call', () => {
    expect(encodeCallToken(TOKEN)).toBe(TEXT);
    expect(findCallToken(TEXT)).toEqual(TOKEN);
  });

  it('comes back whatever a PBX puts before and behind it, in any case', () => {
    const around = fc.string({ unit: 'binary', maxLength: 100 });
    fc.assert(
      fc.property(tokens, around, around, fc.boolean(), (token, before, behind, upper) => {
        const text = encodeCallToken(token) ?? '';
        const found = findCallToken(before + (upper ? text.toUpperCase() : text) + behind);
        expect(found).toEqual(token);
      }),
    );
  });

  it('is not there for an address that is no IPv4, a system port, or a number that no run has', () => {
    expect(encodeCallToken({ ...TOKEN, address: '2001:db8::1' })).toBeNull();
    expect(encodeCallToken({ ...TOKEN, address: 'pbx.example.com' })).toBeNull();
    expect(encodeCallToken({ ...TOKEN, port: 1023 })).toBeNull();
    expect(encodeCallToken({ ...TOKEN, call: 1_000_000_000 })).toBeNull();
    expect(encodeCallToken({ ...TOKEN, call: 0.5 })).toBeNull();
  });
});

describe('a text of the network', () => {
  it('never throws, and what is found in it is a token that a run could have', () => {
    const pieces = fc.array(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constant('cg-'), fc.stringMatching(/^[a-z2-7]{24}$/)),
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const found = findCallToken(parts.join(''));
        expect(found === null || encodeCallToken(found) !== null).toBe(true);
      }),
    );
  });

  it.each([
    ['torn', TEXT.slice(0, -1)],
    ['with another octet', TEXT.slice(0, -1) + (TEXT.endsWith('a') ? 'b' : 'a')],
    ['with a character that base32 has not', `${TEXT.slice(0, -1)}1`],
    ['without its prefix', TEXT.slice(3)],
    ['behind so much text that nobody reads that far', `${' '.repeat(256)}${TEXT}`],
    ['of nothing', 'cg-'],
  ])('a token %s is none', (_, text) => {
    expect(findCallToken(text)).toBeNull();
  });

  it('one that is forged for a system port is none, though its check is right', () => {
    expect(findCallToken('cg-spaaaaqkaa255ln654aaaaaa')).toBeNull();
  });
});

describe('the token of a call', () => {
  const NAME = `From: "${TEXT}" <sip:a@10.0.0.9>;tag=t\r\n`;
  const OTHER = encodeCallToken({ ...TOKEN, call: 7 });

  it('is that of its header, and else of the caller name', () => {
    expect(callTokenOf(invite(`${NAME}X-Callgauge-Call: ${OTHER}\r\n`))?.call).toBe(7);
    expect(callTokenOf(invite(NAME))).toEqual(TOKEN);
    expect(callTokenOf(invite(`${NAME}X-Callgauge-Call: nonsense\r\n`))).toEqual(TOKEN);
    expect(callTokenOf(invite(`From: ext. ${TEXT} (7) <sip:a@10.0.0.9>;tag=t\r\n`))).toEqual(TOKEN);
  });

  it('is not there without either', () => {
    expect(callTokenOf(invite('From: <sip:a@10.0.0.9>;tag=t\r\n'))).toBeNull();
    expect(callTokenOf(invite(`From: <sip:${TEXT}@10.0.0.9>;tag=t\r\n`))).toBeNull();
  });
});

it('runs are told apart by FNV-1a of their token', () => {
  // Published values of FNV-1a, 32 bits.
  expect(runIdOf('')).toBe(0x811c_9dc5);
  expect(runIdOf('foobar')).toBe(0xbf9c_f968);
});
