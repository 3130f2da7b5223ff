import * as fc from 'fast-check';
import { parse as oracleParse, write as oracleWrite } from 'sdp-transform';
import { describe, expect, it } from 'vitest';
import { rtcpTargetOf } from '../../../src/sdp/address.js';
import { acceptAnswer, createAnswer, createOffer } from '../../../src/sdp/offer-answer.js';
import { parseSdp } from '../../../src/sdp/parser.js';
import { SdpError } from '../../../src/sdp/sdp-error.js';
import { serializeSdp } from '../../../src/sdp/serializer.js';
import { connectionOf, directionOf, maxPtimeMsOf, ptimeMsOf } from '../../../src/sdp/session-description.js';

const LOCAL = { address: '10.0.0.1', port: 4_000, codecs: ['PCMU'], ptimeMs: 20, sessionId: 7, sessionVersion: 1 };
const HEAD = 'v=0\r\no=- 1 2 IN IP4 h\r\ns=-\r\n';
const CONNECTION = 'c=IN IP4 10.0.0.2\r\n';
const sdp = (...lines: string[]): string => `${HEAD}t=0 0\r\n${lines.map((line) => `${line}\r\n`).join('')}`;

it('the oracle reads our offer as we mean it', () => {
  const read = oracleParse(createOffer({ ...LOCAL, codecs: ['G722', 'PCMA', 'PCMU'] }).sdp);
  expect(read.origin).toEqual({
    username: '-',
    sessionId: 7,
    sessionVersion: 1,
    netType: 'IN',
    ipVer: 4,
    address: '10.0.0.1',
  });
  expect(read.connection).toEqual({ version: 4, ip: '10.0.0.1' });
  expect(read.media).toHaveLength(1);
  expect(read.media[0]).toMatchObject({
    type: 'audio',
    port: 4_000,
    protocol: 'RTP/AVP',
    payloads: '9 8 0 101',
    ptime: 20,
    rtcpMux: 'rtcp-mux',
    direction: 'sendrecv',
  });
  expect(read.media[0]!.rtp).toEqual([
    { payload: 9, codec: 'G722', rate: 8_000 },
    { payload: 8, codec: 'PCMA', rate: 8_000 },
    { payload: 0, codec: 'PCMU', rate: 8_000 },
    { payload: 101, codec: 'telephone-event', rate: 8_000 },
  ]);
  expect(read.media[0]!.fmtp).toEqual([{ payload: 101, config: '0-15' }]);
});

it('we read what the oracle writes', () => {
  const media = fc.record({
    port: fc.integer({ min: 0, max: 65_535 }),
    ptime: fc.integer({ min: 1, max: 200 }),
    rtcp: fc.integer({ min: 1, max: 65_535 }),
    direction: fc.constantFrom('sendrecv', 'sendonly', 'recvonly', 'inactive'),
  });
  fc.assert(
    fc.property(fc.array(media, { maxLength: 5 }), fc.ipV4(), (sections, ip) => {
      const text = oracleWrite({
        version: 0,
        origin: { username: 'u', sessionId: 5, sessionVersion: 6, netType: 'IN', ipVer: 4, address: ip },
        name: 'x',
        timing: { start: 0, stop: 0 },
        connection: { version: 4, ip },
        media: sections.map((section) => ({
          type: 'audio',
          port: section.port,
          protocol: 'RTP/AVP',
          payloads: '0 8',
          ptime: section.ptime,
          rtcp: { port: section.rtcp },
          direction: section.direction,
          rtp: [],
          fmtp: [],
        })),
      });
      const read = parseSdp(text);
      expect(read.connection).toEqual({ family: 'IP4', address: ip });
      expect(
        read.media.map((found) => ({
          port: found.port,
          ptime: ptimeMsOf(found),
          rtcp: rtcpTargetOf(read, found).port,
          direction: directionOf(read, found),
        })),
      ).toEqual(sections);
      expect(parseSdp(serializeSdp(read))).toEqual(read);
    }),
  );
});

it.each([
  ['a=maxptime:150', 150],
  ['a=maxptime:0', null],
  ['a=maxptime:', null],
  ['a=maxptime', null],
  ['a=maxptime:many', null],
  ['a=maxptime:1e9', null],
  ['a=ptime:20', null],
])('%s says at most %s ms', (line, ms) => {
  const read = parseSdp(sdp('c=IN IP4 10.0.0.2', 'm=audio 4000 RTP/AVP 0', line).replaceAll('\r', ''));
  expect(maxPtimeMsOf(read.media[0]!)).toBe(ms);
});

it('session-level c= and direction stand in where the media has none', () => {
  const read = parseSdp(
    sdp(
      'c=IN IP4 10.0.0.2/127',
      'a=sendonly',
      'm=audio 4000 RTP/AVP 0',
      'm=audio 5000/2 RTP/AVP 0',
      'c=IN IP6 ::1',
      'a=inactive',
    ).replaceAll('\r', ''),
  );
  const [first, second] = read.media as [(typeof read.media)[0], (typeof read.media)[0]];
  expect([directionOf(read, first), connectionOf(read, first)?.address, rtcpTargetOf(read, first).port]).toEqual([
    'sendonly',
    '10.0.0.2',
    4_001,
  ]);
  expect([directionOf(read, second), connectionOf(read, second)?.address, second.port]).toEqual([
    'inactive',
    '::1',
    5_000,
  ]);
});

it.each([
  ['too-large', sdp(`i=${'x'.repeat(17_000)}`)],
  ['too-many-media', sdp(...Array.from({ length: 33 }, () => 'm=audio 1 RTP/AVP 0'))],
  ['too-many-attributes', sdp(...Array.from({ length: 65 }, () => 'a=x'))],
  ['bad-version', 'v=1\r\n'],
  ['bad-version', ''],
  ['bad-origin', 'v=0\r\ns=-\r\n'],
  ['bad-origin', 'v=0\r\no=- 1 IN IP4 h\r\n'],
  ['bad-connection', sdp('c=IN IP5 1')],
  ['bad-media', sdp('m=audio 65536 RTP/AVP 0')],
  ['bad-media', sdp('m=audio 1 RTP/AVP')],
  ['bad-line', sdp('nonsense')],
])('refuses %s', (code, text) => {
  expect(() => parseSdp(text)).toThrow(SdpError);
  expect(() => parseSdp(text)).toThrow(expect.objectContaining({ code }));
});

describe('where RTCP goes without mux', () => {
  it.each([
    [6_000, [], '10.0.0.2', 6_001],
    [6_000, ['a=rtcp:53020'], '10.0.0.2', 53_020],
    [6_000, ['a=rtcp:53020 IN IP4 10.0.0.7'], '10.0.0.7', 53_020],
    [6_000, ['a=rtcp:53020 IN IP6 2001:db8::7'], '2001:db8::7', 53_020],
    // A name, another family's text, a network of old: the port alone counts.
    [6_000, ['a=rtcp:53020 IN IP4 host.example'], '10.0.0.2', 53_020],
    [6_000, ['a=rtcp:53020 IN IP4 2001:db8::7'], '10.0.0.2', 53_020],
    [6_000, ['a=rtcp:53020 ATM NSAP 47'], '10.0.0.2', 53_020],
    [6_000, ['a=rtcp:0 IN IP4 10.0.0.7'], '10.0.0.2', 6_001],
    [6_000, ['a=rtcp:65536 IN IP4 10.0.0.7'], '10.0.0.2', 6_001],
    [6_000, ['a=rtcp'], '10.0.0.2', 6_001],
    [65_535, [], '10.0.0.2', null],
    [65_535, ['a=rtcp:7'], '10.0.0.2', 7],
  ])('of port %i and %j: %s, %s', (port, lines, remoteRtcpAddress, remoteRtcpPort) => {
    const text = sdp(CONNECTION.trim(), `m=audio ${port} RTP/AVP 0`, ...lines);
    const expected = { ok: true, rtcpMux: false, remoteRtcpAddress, remoteRtcpPort };
    expect(acceptAnswer(createOffer(LOCAL), text)).toMatchObject(expected);
  });
});

describe('acceptAnswer', () => {
  const offer = createOffer(LOCAL);

  it('agrees', () => {
    const answer = sdp(
      CONNECTION.trim(),
      'm=audio 6000 RTP/AVP 8 0 101',
      'a=rtpmap:8 PCMA/8000',
      'a=ptime:30',
      'a=rtcp:6010',
    );
    expect(acceptAnswer(offer, answer)).toMatchObject({
      ok: true,
      remoteAddress: '10.0.0.2',
      remotePort: 6_000,
      rtcpMux: false,
      remoteRtcpAddress: '10.0.0.2',
      remoteRtcpPort: 6_010,
      sendPayloadType: 0,
      receivePayloadTypes: [0],
      ptimeMs: 30,
      direction: 'sendrecv',
      codec: { name: 'PCMU' },
    });
  });

  it('reads a dynamic payload type by its name in any case, and receives both numbers', () => {
    const result = acceptAnswer(offer, sdp(CONNECTION.trim(), 'm=audio 6000 RTP/AVP 96', 'a=rtpmap:96 pcmu/8000/1'));
    expect(result).toMatchObject({ ok: true, sendPayloadType: 96, receivePayloadTypes: [0, 96], ptimeMs: 20 });
  });

  it.each([
    ['no-audio', sdp(CONNECTION.trim())],
    ['rejected', sdp(CONNECTION.trim(), 'm=audio 0 RTP/AVP 0')],
    ['unsupported-protocol', sdp(CONNECTION.trim(), 'm=audio 1 RTP/SAVP 0')],
    ['no-common-codec', sdp(CONNECTION.trim(), 'm=audio 1 RTP/AVP 8 96', 'a=rtpmap:96 PCMU/16000')],
    ['no-common-codec', sdp(CONNECTION.trim(), 'm=audio 1 RTP/AVP 0', 'a=rtpmap:0 GSM/8000')],
    ['mux-payload-type', sdp(CONNECTION.trim(), 'm=audio 1 RTP/AVP 72', 'a=rtpmap:72 PCMU/8000', 'a=rtcp-mux')],
    ['bad-address', sdp('m=audio 1 RTP/AVP 0')],
    ['bad-address', sdp('c=IN IP4 host.example', 'm=audio 1 RTP/AVP 0')],
    ['bad-address', sdp('c=IN IP4 1.2.3.256', 'm=audio 1 RTP/AVP 0')],
    ['media-mismatch', sdp(CONNECTION.trim(), 'm=video 1 RTP/AVP 0')],
    ['bad-version', 'hello'],
  ])('refuses %s', (code, answer) => {
    expect(acceptAnswer(offer, answer)).toMatchObject({ ok: false, refusal: { code } });
  });
});

describe('createAnswer', () => {
  it('answers the audio, refuses the rest with port 0, in the order of the offer', () => {
    const result = createAnswer(
      sdp(CONNECTION.trim(), 'm=video 9 RTP/AVP 97', 'm=audio 6000 RTP/AVP 8 0', 'm=audio 7000 RTP/AVP 0'),
      LOCAL,
    );
    const answer = oracleParse(result.ok ? result.sdp : '');
    expect(answer.media.map((media) => `${media.type} ${media.port}`)).toEqual(['video 0', 'audio 4000', 'audio 0']);
    expect(answer.media[1]!.payloads).toEqual(0);
    expect(result).toMatchObject({ ok: true, media: { remotePort: 6_000, sendPayloadType: 0, direction: 'sendrecv' } });
  });

  it.each([
    ['sendrecv', '10.0.0.2', 'sendrecv'],
    ['sendonly', '10.0.0.2', 'recvonly'],
    ['recvonly', '10.0.0.2', 'sendonly'],
    ['inactive', '10.0.0.2', 'inactive'],
    ['sendrecv', '0.0.0.0', 'recvonly'],
  ])('%s from %s becomes %s', (theirs, address, ours) => {
    const result = createAnswer(sdp(`c=IN IP4 ${address}`, 'm=audio 6000 RTP/AVP 0', `a=${theirs}`), LOCAL);
    expect(result).toMatchObject({ ok: true, media: { direction: ours } });
    expect(oracleParse(result.ok ? result.sdp : '').media[0]!.direction).toBe(ours);
  });

  it('and acceptAnswer agree on one another', () => {
    const offer = createOffer(LOCAL);
    const answer = createAnswer(offer.sdp, { ...LOCAL, address: '::1', port: 5_000 });
    expect(answer).toMatchObject({ ok: true, media: { remoteAddress: '10.0.0.1', remotePort: 4_000 } });
    expect(acceptAnswer(offer, answer.ok ? answer.sdp : '')).toMatchObject({
      ok: true,
      remoteAddress: '::1',
      remotePort: 5_000,
    });
  });

  it('knows its own codecs only', () => {
    expect(() => createOffer({ ...LOCAL, codecs: ['G729'] })).toThrow(RangeError);
  });
});
