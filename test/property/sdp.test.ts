/** Offer and answer, whatever the other side writes. sdp-transform is the other reader and writer. */
import * as fc from 'fast-check';
import { parse as oracleParse, write as oracleWrite } from 'sdp-transform';
import { expect, it } from 'vitest';
import { type NegotiatedMedia, acceptAnswer, createAnswer, createOffer } from '../../src/sdp/offer-answer.js';
import { parseSdp } from '../../src/sdp/parser.js';
import { serializeSdp } from '../../src/sdp/serializer.js';

const LOCAL = {
  address: '10.0.0.1',
  port: 4_000,
  codecs: ['PCMU', 'PCMA', 'G722'],
  ptimeMs: 20,
  sessionId: 7,
  sessionVersion: 1,
};
const OFFER = createOffer(LOCAL);

const payloadType = fc.oneof(fc.constantFrom(0, 8, 9, 13, 72, 101), fc.nat(127));
interface Stream {
  readonly port: number;
  readonly types: readonly number[];
  readonly names: readonly string[];
  readonly isMuxed: boolean;
  readonly rtcp: { readonly port: number; readonly address: string } | null;
}

const stream: fc.Arbitrary<Stream> = fc.record({
  port: fc.integer({ min: 1, max: 65_535 }),
  types: fc.uniqueArray(payloadType, { minLength: 1, maxLength: 8 }),
  names: fc.array(fc.constantFrom('PCMU', 'pcma', 'G722', 'telephone-event', 'CN', 'opus', ''), {
    minLength: 8,
    maxLength: 8,
  }),
  isMuxed: fc.boolean(),
  rtcp: fc.option(fc.record({ port: fc.integer({ min: 1, max: 65_535 }), address: fc.ipV4() })),
});

/** The oracle's text of that stream; an empty name stands for no rtpmap. */
function written({
  port,
  types,
  names,
  isMuxed,
  rtcp,
}: typeof stream extends fc.Arbitrary<infer T> ? T : never): string {
  return oracleWrite({
    version: 0,
    origin: { username: 'u', sessionId: 5, sessionVersion: 6, netType: 'IN', ipVer: 4, address: '10.0.0.2' },
    name: 'x',
    timing: { start: 0, stop: 0 },
    connection: { version: 4, ip: '10.0.0.2' },
    media: [
      {
        type: 'audio',
        port,
        protocol: 'RTP/AVP',
        payloads: types.join(' '),
        rtp: types
          .map((payload, i) => ({ payload, codec: names[i] ?? '', rate: 8_000 }))
          .filter((map) => map.codec !== ''),
        fmtp: [],
        ...(isMuxed ? { rtcpMux: 'rtcp-mux' } : {}),
        ...(rtcp === null ? {} : { rtcp: { port: rtcp.port, netType: 'IN', ipVer: 4, address: rtcp.address } }),
      },
    ],
  });
}

/** What holds for every agreement. */
function expectSound(media: NegotiatedMedia, types: readonly number[]): void {
  const all = [...media.receivePayloadTypes, ...media.eventPayloadTypes, ...media.comfortNoisePayloadTypes];
  expect(new Set(all).size).toBe(all.length);
  expect(types).toContain(media.sendPayloadType);
  expect(media.receivePayloadTypes.length).toBeGreaterThan(0);
  expect(media.eventSendPayloadType === null).toBe(media.eventPayloadTypes.length === 0);
  const likeRtcp = [...all, media.sendPayloadType].filter((type) => type >= 64 && type <= 95);
  expect(media.rtcpMux ? likeRtcp : []).toEqual([]);
}

/** Where the writer takes RTCP, by what it wrote. */
function rtcpOf({ port, isMuxed, rtcp }: Stream): unknown[] {
  if (isMuxed) return ['10.0.0.2', port];
  return rtcp === null ? ['10.0.0.2', port < 65_535 ? port + 1 : null] : [rtcp.address, rtcp.port];
}

it('of any mixture of payload types, names and RTCP the agreement is sound, and our answer says the same', () => {
  let agreed = 0;
  fc.assert(
    fc.property(stream, (theirs) => {
      const text = written(theirs);
      const answered = createAnswer(text, LOCAL);
      const accepted = acceptAnswer(OFFER, text);
      expect(accepted.ok).toBe(answered.ok);
      if (!answered.ok || !accepted.ok) return;
      agreed++;
      for (const media of [accepted, answered.media]) {
        expectSound(media, theirs.types);
        expect(media.rtcpMux).toBe(theirs.isMuxed);
        expect([media.remoteRtcpAddress, media.remoteRtcpPort]).toEqual(rtcpOf(theirs));
      }
      const ours = oracleParse(answered.sdp).media[0]!;
      const { receivePayloadTypes, eventPayloadTypes } = answered.media;
      expect(String(ours.payloads)).toBe([...receivePayloadTypes, ...eventPayloadTypes].join(' '));
      expect(ours.rtcpMux === 'rtcp-mux').toBe(theirs.isMuxed);
    }),
    { numRuns: 500 },
  );
  expect(agreed).toBeGreaterThan(50);
});

it('what we read we write, and read again as the same', () => {
  fc.assert(
    fc.property(stream, (theirs) => {
      const read = parseSdp(written(theirs));
      expect(parseSdp(serializeSdp(read))).toEqual(read);
    }),
  );
});

it('two of us agree on every pair of codec lists that share a codec, in the order of the caller', () => {
  const list = fc.uniqueArray(fc.constantFrom('PCMU', 'PCMA', 'G722'), { minLength: 1 });
  fc.assert(
    fc.property(list, list, (callers, answerers) => {
      const offer = createOffer({ ...LOCAL, codecs: callers });
      const answered = createAnswer(offer.sdp, { ...LOCAL, address: '10.0.0.2', codecs: answerers });
      const common = callers.find((name) => answerers.includes(name));
      expect(answered.ok && answered.media.codec.name).toBe(common ?? false);
      const accepted = acceptAnswer(offer, answered.ok ? answered.sdp : '');
      expect(accepted.ok && accepted.codec.name).toBe(common ?? false);
      expect(accepted.ok && accepted.rtcpMux).toBe(common !== undefined);
      expect(accepted.ok && accepted.eventPayloadTypes).toEqual(common !== undefined && [101]);
    }),
  );
});

it('no text throws, and no refusal is long', () => {
  const line = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc
      .tuple(
        fc.constantFrom('a=rtpmap:', 'a=rtcp:', 'a=rtcp-mux', 'a=ptime:', 'a=fmtp:', 'c=IN IP4 ', 'm=audio ', 'm='),
        fc.oneof(
          fc.string({ maxLength: 40 }),
          fc.constantFrom('1 RTP/AVP 0 8 9 101', '96 PCMU/8000', '1 IN IP4 1.2.3.4', '0.0.0.0', '9 IN IP6 ::', '/'),
        ),
      )
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), fc.boolean(), (lines, hasHead) => {
      const head = hasHead ? ['v=0', 'o=- 1 2 IN IP4 h', 's=-', 'c=IN IP4 10.0.0.2', 'm=audio 9 RTP/AVP 0'] : [];
      const text = [...head, ...lines].join('\r\n');
      for (const result of [acceptAnswer(OFFER, text), createAnswer(text, LOCAL)]) {
        expect(result.ok ? '' : result.refusal.message).toSatisfy((message: string) => message.length < 250);
      }
    }),
    { numRuns: 500 },
  );
});

it('the longest m= line is read with a bounded number of payload types', () => {
  const formats = Array.from({ length: 5_000 }, (_, i) => i % 128).join(' ');
  const maps = Array.from({ length: 64 }, (_, i) => `a=rtpmap:${i} CN/8000\r\n`).join('');
  const text = `v=0\r\no=- 1 2 IN IP4 h\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nm=audio 9 RTP/AVP 0 ${formats}\r\n${maps}`;
  expect(text.length).toBeGreaterThan(16_384);
  expect(acceptAnswer(OFFER, text)).toMatchObject({ refusal: { code: 'too-large' } });
  const short = text.replace(formats, formats.slice(0, 13_000)).replaceAll('0 CN/', '0 PCMU/');
  const result = acceptAnswer(OFFER, short);
  expect(result).toMatchObject({ ok: true, sendPayloadType: 0 });
  expect(result.ok && result.comfortNoisePayloadTypes.length).toBeLessThanOrEqual(128);
});
