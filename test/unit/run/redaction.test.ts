import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberRedactor } from '../../../src/run/redaction.js';

const LADDER = [
  'INVITE sip:+493012345678@pbx.example.com:5060;user=phone SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1',
  'From: "Alice \\"A\\" Example" <sip:1001@192.0.2.1>;tag=a',
  'To: Bob B. <sips:%2B49-30-12345678:secret@pbx.example.com>',
  'P-Asserted-Identity: "Alice \\"A\\" Example" <tel:+49-30-777;phone-context=example.com>',
  'Contact: <sip:1001@192.0.2.1:5062>, <sip:192.0.2.9>',
  'Authorization: Digest username="1001", realm="pbx", uri="sip:+493012345678@pbx.example.com"',
  'CSeq: 1001 INVITE',
  '',
  'v=0',
  'o=alice 289084 1 IN IP4 192.0.2.1',
  'p=+1 617 555-6011',
  'm=audio 16384 RTP/AVP 0',
].join('\r\n');

describe('NumberRedactor', () => {
  it('hides every number and name of a SIP message, the same by the same, and leaves hosts and figures', () => {
    expect(new NumberRedactor().text(LADDER)).toBe(
      [
        'INVITE sip:***1@pbx.example.com:5060;user=phone SIP/2.0',
        'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1',
        'From: "***2" <sip:***3@192.0.2.1>;tag=a',
        'To: ***4 <sips:***1@pbx.example.com>',
        'P-Asserted-Identity: "***2" <tel:***5;phone-context=example.com>',
        'Contact: <sip:***3@192.0.2.1:5062>, <sip:192.0.2.9>',
        'Authorization: Digest username="***3", realm="pbx", uri="sip:***1@pbx.example.com"',
        // A number that was met in a URI is hidden as a word as well: better one counter too many than one number.
        'CSeq: ***3 INVITE',
        '',
        'v=0',
        'o=***6 289084 1 IN IP4 192.0.2.1',
        'p=***7',
        'm=audio 16384 RTP/AVP 0',
      ].join('\r\n'),
    );
  });

  it.each([
    ['404 no route to 493012345678', '404 no route to ***1'],
    ['404 no route to +49301234567890', '404 no route to ***2'],
    ['+493012345678.', '***1.'],
    ['a text that was clipped at 49301', 'a text that was clipped at ***1'],
    ['49301 is another', '49301 is another'],
    ['PJSIP/493012345678-00000001', 'PJSIP/***1-00000001'],
    ['5060 and 16384 and 1200 calls', '5060 and 16384 and 1200 calls'],
    ['mos.p5 >= 3.6: observed 3.02, margin -0.58, +0.4930', 'mos.p5 >= 3.6: observed 3.02, margin -0.58, +0.4930'],
    ['127.0.0.1:493012345678 1.493012345678', '127.0.0.1:493012345678 1.493012345678'],
    ['anna.k is busy, anna.kx is not, joanna.k neither', '***3 is busy, anna.kx is not, joanna.k neither'],
    ['hotel: full', 'hotel: full'],
  ])('in words, %s', (text, expected) => {
    const redactor = new NumberRedactor(['+493012345678']);
    redactor.user('+49301234567890');
    const named = new NumberRedactor(['+493012345678', '+49301234567890', 'anna.k']);
    expect(text.includes('anna') ? named.text(text) : redactor.text(text)).toBe(expected);
  });

  it.each([
    ['dialled abroad', 'no route to 004930123456', 'no route to ***1'],
    ['with a prefix to get a line', 'busy: 904930123456', 'busy: ***1'],
    ['dialled at home', 'no route to 030123456.', 'no route to ***1.'],
    ['in parts', 'call 0 30 123456 again', 'call ***1 again'],
    ['in parts, abroad', 'call +49 (0)30-12 34 56, line 2', 'call ***1, line 2'],
    ['behind another number', '404 0 30 123456', '404 ***1'],
    ['within a word', 'trunk_4930123456_out', 'trunk_***1_out'],
    ['met in a URI before', 'sip:+33140506070@h 0033140506070, 0140506070', 'sip:***3@h ***3, ***3'],
    ['of few digits, with a prefix', 'ext 81001 or 1001 is busy', 'ext ***2 or ***2 is busy'],
    ['of few digits within a word or behind a point', 'x1001 10.0.0.1:1001 0.1001', 'x1001 10.0.0.1:1001 0.1001'],
    ['that only looks alike', '30123457, 10.0.1.5, 20 1001', '30123457, 10.0.1.5, 20 ***2'],
    ['hidden already', '***1 30123457', '***1 30123457'],
  ])('finds a known number %s', (_how, text, expected) => {
    expect(new NumberRedactor(['+4930123456', '1001']).text(text)).toBe(expected);
  });

  it('leaves the limit of a gate, whatever number it is, and hides what its tags name', () => {
    const gates = ['active_calls.max >= 1000', 'success_ratio{endpoint=1000} >= 99%', ''];
    const redactor = new NumberRedactor(['1000'], gates);
    expect(
      redactor.text('active_calls.max >= 1000: failed for 1000; success_ratio{endpoint=1000} >= 99%: no data'),
    ).toBe('active_calls.max >= 1000: failed for ***1; success_ratio{endpoint=***1} >= 99%: no data');
    expect(redactor.text('active_calls.max >= 10001')).toBe('active_calls.max >= 10001');
  });

  it('leaves who is nobody, and what is hidden already', () => {
    const redactor = new NumberRedactor();
    const text = 'From: "cg-abcdefghijklmnopqrstuvwx" <sip:callgauge@h>, Anonymous <sip:anonymous@anonymous.invalid>';
    expect(redactor.text(text)).toBe(text);
    const once = redactor.text('sip:600@h "Al" <sip:601@h>');
    expect(once).toBe('sip:***1@h "***2" <sip:***3@h>');
    expect(redactor.text(once)).toBe(once);
  });

  it.each([
    ['From: "Anna Exam\r\n\r\n', 'From: "***1\r\n\r\n'],
    ['To: <sip:+4930555\r\n\r\n', 'To: <sip:***1\r\n\r\n'],
    ['Contact: <sip:192.0.2.1', 'Contact: <sip:192.0.2.1'],
  ])('hides what a clipped message ends with: %j', (text, expected) => {
    expect(new NumberRedactor().text(text)).toBe(expected);
  });

  it('hides the number in any text around it, and never throws', () => {
    const junk = fc.string({
      unit: fc.constantFrom(' ', '"', '<', '>', '@', '\\', ':', ';', 'sip:', 'tel:', '%', '\n', 'a', '1'),
    });
    const places: ((number: string) => string)[] = [
      (number) => `<sip:${number}@h>`,
      (number) => ` sip:${number};x=1@h`,
      (number) => ` username="${number}"`,
      (number) => `\n"${number}" <sip:a@h>`,
      (number) => ` tel:${number};x`,
    ];
    fc.assert(
      fc.property(junk, fc.constantFrom(...places), junk, (before, place, after) => {
        const hidden = new NumberRedactor().text(before + place('+498887776665') + after);
        expect(hidden).not.toContain('8887776665');
      }),
    );
  });

  it.each([
    'sip:',
    '"',
    '\\"',
    '<sip:',
    'tel:',
    '" <sip:',
    'username="',
    '+1234',
    '<sip:a@',
    'o=',
    ' ',
    '4',
    '1 ',
    '0(',
  ])('takes no quadratic time for half a megabyte of %j, which the limit of a test would end', (piece) => {
    const text = piece.repeat(500_000 / piece.length);
    expect(new NumberRedactor(['abc', '+4930123456', '1001']).text(`${text} sip:600@h`)).toMatch(/@h$/);
  });
});
