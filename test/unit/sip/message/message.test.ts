import { describe, expect, it } from 'vitest';
import { SipParseError } from '../../../../src/sip/message/parse-error.js';
import { parseMessage } from '../../../../src/sip/message/parser.js';
import { bytes, parse, requestLines } from '../samples.js';

const MESSY = [
  'INVITE sip:bob@biloxi.example SIP/2.0',
  'v: SIP / 2.0 / udp [2001:db8::1] : 5070 ;branch=z9hG4bKa;rport, SIP/2.0/TCP h2;branch=z9hG4bKb',
  'VIA: SIP/2.0/UDP h3',
  'f: "A, \\"quoted\\" <name>" <sip:a@b;user=phone>;tag=x',
  't:',
  ' <sip:bob@biloxi.example>',
  'i : id@host',
  'cseq: 42',
  '\tINVITE',
  'Record-Route: <sip:p1;lr>, <sip:p2;lr>',
  'Record-Route: <sip:p3;lr>',
  'm: <sip:a@[2001:db8::1]:5070;transport=udp?x=y>;expires=3',
  'c: Application/SDP ; charset=utf-8',
  'X-Own: one',
  'x-own: two, three',
  'l: 4',
];

describe('a message of every spelling', () => {
  const message = parse(MESSY, 'v=0\r\nrest behind Content-Length');

  it('reads what the dialog needs', () => {
    expect(message.isRequest).toBe(true);
    expect([message.method, message.requestUri, message.callId]).toEqual([
      'INVITE',
      'sip:bob@biloxi.example',
      'id@host',
    ]);
    expect(message.cseq).toEqual({ number: 42, method: 'INVITE' });
    expect(message.from).toEqual({
      displayName: 'A, "quoted" <name>',
      uri: 'sip:a@b;user=phone',
      params: ';tag=x',
      tag: 'x',
    });
    expect(message.to).toEqual({ displayName: null, uri: 'sip:bob@biloxi.example', params: '', tag: null });
    expect(message.recordRoutes).toEqual(['<sip:p1;lr>', '<sip:p2;lr>', '<sip:p3;lr>']);
    expect(message.contactUri).toEqual({
      scheme: 'sip',
      user: 'a',
      host: '2001:db8::1',
      port: 5_070,
      params: ';transport=udp',
      headers: '?x=y',
    });
  });

  it('reads the top Via only as far as its comma', () => {
    expect(message.topVia).toMatchObject({ transport: 'UDP', host: '2001:db8::1', port: 5_070, branch: 'z9hG4bKa' });
    expect(message.hasSingleVia).toBe(false);
    expect(message.headers('Via')).toHaveLength(3);
  });

  it('cuts the body by Content-Length and keeps unknown headers', () => {
    expect(message.body).toBe('v=0\r');
    expect(message.bodyBuffer).toEqual(Buffer.from('v=0\r'));
    expect(message.contentType).toBe('application/sdp');
    expect(message.headers('X-OWN')).toEqual(['one', 'two, three']);
    expect(message.header('x-own')).toBe('one');
    expect(message.header('Absent')).toBeNull();
  });
});

it('reads a response', () => {
  const message = parse(['SIP/2.0 486 Busy  Here', ...requestLines('INVITE').slice(1)]);
  expect([message.isRequest, message.status, message.reason, message.method]).toEqual([
    false,
    486,
    'Busy  Here',
    'INVITE',
  ]);
});

const good = requestLines('INVITE');
const without = (name: string): string[] => good.filter((line) => !line.startsWith(name));

describe('refuses', () => {
  it.each<[string, string, string]>([
    ['too-large', `${good.join('\r\n')}\r\n\r\n${'x'.repeat(65_536)}`, '65535'],
    ['too-many-headers', `${good.join('\r\n')}\r\n${'A: b\r\n'.repeat(200)}\r\n`, '200'],
    ['header-too-long', `${good.join('\r\n')}\r\nA: ${'x'.repeat(8_200)}\r\n\r\n`, '8192'],
    ['header-too-long', `${good.join('\r\n')}\r\nA: x\r\n${' yyyyyyyy\r\n'.repeat(1_000)}\r\n`, '8192'],
    ['bad-start-line', 'INVITE sip:a b SIP/2.0\r\n\r\n', 'METHOD'],
    ['bad-start-line', 'INVITE sip:a SIP/3.0\r\n\r\n', 'SIP/2.0'],
    ['bad-start-line', 'SIP/2.0 99 x\r\n\r\n', 'status'],
    ['bad-start-line', 'SIP/2.0 700 x\r\n\r\n', 'status'],
    ['bad-header', `${good.join('\r\n')}\r\nno colon\r\n\r\n`, 'name: value'],
    ['bad-header', `${good.join('\r\n')}\r\nA: b\nC: d\r\n\r\n`, 'pair'],
    ['bad-header', `${good.join('\r\n')}\r\nA: b\rC: d\r\n\r\n`, 'pair'],
    ['truncated', good.join('\r\n'), 'CRLF'],
    ['missing-header', `${without('Call-ID').join('\r\n')}\r\n\r\n`, 'Call-ID'],
    ['missing-header', `${without('Via').join('\r\n')}\r\n\r\n`, 'Via'],
    ['missing-header', `${without('From').join('\r\n')}\r\n\r\n`, 'From'],
    ['bad-content-length', `${good.join('\r\n')}\r\nContent-Length: 9\r\n\r\nshort`, 'found 9'],
    ['bad-content-length', `${good.join('\r\n')}\r\nContent-Length: -1\r\n\r\n`, 'digits'],
    ['bad-header', `${good.join('\r\n').replace('CSeq: 7', 'CSeq: 99999999999')}\r\n\r\n`, 'CSeq'],
    ['bad-header', `${good.join('\r\n').replace('CSeq: 7 INVITE', 'CSeq: 7 BYE')}\r\n\r\n`, 'CSeq'],
    ['bad-uri', `${good.join('\r\n').replace(':5070', ':65536')}\r\n\r\n`, 'port'],
  ])('%s', (code, text, words) => {
    let error: unknown = null;
    try {
      parseMessage(bytes(text));
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(SipParseError);
    expect((error as SipParseError).code).toBe(code);
    expect((error as SipParseError).message).toContain(words);
    expect((error as SipParseError).message.length).toBeLessThan(170);
  });
});
