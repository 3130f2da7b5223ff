import { describe, expect, it } from 'vitest';
import {
  NO_HEADERS,
  clean,
  headerBlock,
  serializeCompanion,
  serializeRequest,
  serializeResponse,
  toWire,
} from '../../../../src/sip/message/builder.js';
import { createUri, formatAddress, parseUri, serializeUri } from '../../../../src/sip/message/uri.js';
import { parseVia, responsePort, stampVia } from '../../../../src/sip/message/via.js';
import { FIELDS, bytes, parse, requestLines } from '../samples.js';
import { parseMessage } from '../../../../src/sip/message/parser.js';

const RESPONSE = {
  status: 200,
  toTag: 't1',
  topVia: 'SIP/2.0/UDP h;branch=z9hG4bKpeer',
  headers: NO_HEADERS,
  contentType: '',
  body: '',
};

it('writes a request to the letter', () => {
  const text = serializeRequest({
    ...FIELDS,
    headers: headerBlock([['Contact', '<sip:a@h>']]),
    contentType: 'application/sdp',
    body: 'v=0\r\n',
  });
  expect(text).toBe(
    'INVITE sip:bob@biloxi.example SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKone\r\nMax-Forwards: 70\r\n' +
      'From: <sip:alice@10.0.0.1>;tag=a1\r\nTo: <sip:bob@biloxi.example>\r\nCall-ID: call-1\r\nCSeq: 1 INVITE\r\n' +
      'Contact: <sip:a@h>\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n',
  );
});

it('a CANCEL has the branch, the CSeq number and the Route of its INVITE and no body', () => {
  const invite = { ...FIELDS, routes: headerBlock([['Route', '<sip:p;lr>']]), body: 'v=0', contentType: 'x/y' };
  const cancel = parseMessage(bytes(serializeCompanion('CANCEL', invite, invite.to)));
  expect([cancel.method, cancel.topVia.branch, cancel.cseq.number, cancel.body]).toEqual([
    'CANCEL',
    'z9hG4bKone',
    1,
    '',
  ]);
  expect(cancel.headers('Route')).toEqual(['<sip:p;lr>']);
});

describe('a response', () => {
  const lines = requestLines('INVITE', [
    'Via: SIP/2.0/UDP second;branch=b2, SIP/2.0/UDP third',
    'Record-Route: <sip:p1;lr>',
    'Record-Route: <sip:p2;lr>',
  ]);

  it('copies all Vias, Record-Route, From, To with tag, Call-ID and CSeq', () => {
    const answer = parse(serializeResponse(parse(lines), RESPONSE).split('\r\n').slice(0, -2));
    expect(answer.headers('Via')).toEqual([
      'SIP/2.0/UDP h;branch=z9hG4bKpeer',
      'SIP/2.0/UDP second;branch=b2',
      'SIP/2.0/UDP third',
    ]);
    expect(answer.recordRoutes).toEqual(['<sip:p1;lr>', '<sip:p2;lr>']);
    expect([answer.fromText, answer.toText, answer.callId]).toEqual([
      '<sip:carol@10.0.0.9>;tag=c1',
      '<sip:bob@biloxi.example>;tag=t1',
      'call-9',
    ]);
    expect(answer.cseq).toEqual({ number: 7, method: 'INVITE' });
  });

  it('has no Record-Route when it refuses, and no second To tag', () => {
    const tagged = lines.map((line) => (line.startsWith('To:') ? `${line};tag=mine` : line));
    const text = serializeResponse(parse(tagged), { ...RESPONSE, status: 486 });
    expect(text).not.toContain('Record-Route');
    expect(text).toContain('To: <sip:bob@biloxi.example>;tag=mine\r\n');
  });
});

describe('header injection', () => {
  const evil = 'x\r\nEvil: 1\nEvil: 2\rEvil: 3\u0000';

  it.each(['method', 'requestUri', 'viaPrefix', 'branch', 'from', 'to', 'callId'] as const)(
    '%s cannot end its line',
    (field) => {
      const lines = serializeRequest({ ...FIELDS, [field]: evil }).split(/\r\n|\r|\n/);
      expect(lines.filter((line) => line.startsWith('Evil'))).toEqual([]);
      expect(lines).toHaveLength(9 + 1);
    },
  );

  it('header blocks and the content type cannot either', () => {
    expect(headerBlock([['A', evil]]).split(/\r\n|\r|\n/)).toHaveLength(2);
    expect(serializeRequest({ ...FIELDS, contentType: evil, body: 'b' })).not.toMatch(/[\r\n]Evil/);
  });

  it('not by characters whose low byte is CR LF', () => {
    const wire = Buffer.from(clean('a\u010d\u010aEvil: 1'), 'latin1');
    expect(wire.includes(13) || wire.includes(10)).toBe(false);
    expect(wire.toString('utf8')).toBe('a\u010d\u010aEvil: 1');
  });
});

it('counts the body in bytes', () => {
  const text = serializeRequest({ ...FIELDS, contentType: 'text/plain', body: toWire('ü€') });
  expect(text).toContain('Content-Length: 5\r\n');
  expect(Buffer.from(parseMessage(bytes(text)).body, 'latin1').toString('utf8')).toBe('ü€');
});

describe('URIs', () => {
  it.each([
    'sip:alice@example.com',
    'sips:alice:secret@example.com:5061;transport=tcp;lr?subject=x&to=y',
    'sip:[2001:db8::9]:5070;lr',
    'sip:+1-212;ext=5?x@host_name',
    'sip:1.2.3.4',
    'sip:a%20b@h',
  ])('%s comes back as it was', (text) => expect(serializeUri(parseUri(text))).toBe(text));

  it.each([
    '',
    'sip:',
    'tel:+1',
    'sip:@h',
    'sip:a@',
    'sip:a@h:x',
    'sip:a b@h',
    'sip:a@[::1',
    'sip:a@h;x=<y>',
    'sip:a@h:99999',
    'sip:a@h\r\n',
  ])('refuses %j', (text) => expect(() => parseUri(text)).toThrow(/^expected /));

  it('escapes what we are given as plain text', () => {
    expect(serializeUri(createUri({ user: 'a b@c>%ü', host: '::1', port: 5_060 }))).toBe(
      'sip:a%20b%40c%3E%25%C3%BC@[::1]:5060',
    );
    expect(formatAddress('sip:a@b', 'A "B" \\', 't')).toBe('"A \\"B\\" \\\\" <sip:a@b>;tag=t');
  });
});

describe('Via of a response (§18.2.1, RFC 3581)', () => {
  const source = { host: '10.0.0.9', port: 4_000 };

  it.each([
    ['SIP/2.0/UDP 10.0.0.9:5070;branch=b', 'SIP/2.0/UDP 10.0.0.9:5070;branch=b', 5_070],
    ['SIP/2.0/UDP 10.0.0.9;branch=b', 'SIP/2.0/UDP 10.0.0.9;branch=b', 5_060],
    ['SIP/2.0/UDP host;branch=b', 'SIP/2.0/UDP host;branch=b;received=10.0.0.9', 5_060],
    ['SIP/2.0/UDP host:5070;rport;branch=b', 'SIP/2.0/UDP host:5070;branch=b;received=10.0.0.9;rport=4000', 4_000],
    ['SIP/2.0/UDP 10.0.0.9;received=1.2.3.4;branch=b', 'SIP/2.0/UDP 10.0.0.9;branch=b;received=10.0.0.9', 5_060],
  ])('%s', (text, stamped, port) => {
    const via = parseVia(text);
    expect(stampVia(via, source)).toBe(stamped);
    expect(responsePort(via, source)).toBe(port);
  });
});
