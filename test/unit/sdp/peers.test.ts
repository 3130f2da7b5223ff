/** Offers and answers as well-known programs write them: what is made of their payload types, their RTCP and their events. */
import { describe, expect, it } from 'vitest';
import { parse as oracleParse } from 'sdp-transform';
import { type LocalMedia, acceptAnswer, createAnswer, createOffer } from '../../../src/sdp/offer-answer.js';

const LOCAL: LocalMedia = {
  address: '10.0.0.1',
  port: 4_000,
  codecs: ['PCMU', 'PCMA', 'G722'],
  ptimeMs: 20,
  sessionId: 7,
  sessionVersion: 1,
};

const text = (...lines: string[]): string => lines.map((line) => `${line}\r\n`).join('');
const session = (address: string, name = '-'): string[] => [
  'v=0',
  `o=- 1732700000 1732700000 IN IP4 ${address}`,
  `s=${name}`,
  `c=IN IP4 ${address}`,
  't=0 0',
];

const accept = (answer: string, codecs = LOCAL.codecs) => acceptAnswer(createOffer({ ...LOCAL, codecs }), answer);
/** What we agree on with an offer, and our answer as the oracle reads it. */
function answer(offer: string, codecs = LOCAL.codecs) {
  const result = createAnswer(offer, { ...LOCAL, codecs });
  if (!result.ok) throw new Error(result.refusal.message);
  return { media: result.media, stream: oracleParse(result.sdp).media[0]!, sdp: result.sdp };
}

const ASTERISK = [
  ...session('192.0.2.10', 'Asterisk'),
  'm=audio 17844 RTP/AVP 8 0 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=ptime:20',
  'a=maxptime:150',
  'a=sendrecv',
];

const RTPENGINE = [
  'v=0',
  'o=- 3725 8102 IN IP4 192.0.2.20',
  's=-',
  't=0 0',
  'a=ice-lite',
  'm=audio 30158 RTP/AVP 9 0 96 13',
  'c=IN IP4 192.0.2.21',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:96 telephone-event/8000',
  'a=fmtp:96 0-15',
  'a=rtpmap:13 CN/8000',
  'a=sendrecv',
  'a=rtcp:30159 IN IP4 192.0.2.22',
  'a=ptime:20',
];

const BARESIP = [
  ...session('192.0.2.30', 'baresip'),
  'a=tool:baresip 3.16.0',
  'm=audio 25862 RTP/AVP 96 9 8 0 101 102',
  'b=AS:125',
  'a=rtpmap:96 opus/48000/2',
  'a=fmtp:96 stereo=1;sprop-stereo=1',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/48000',
  'a=rtpmap:102 telephone-event/8000',
  'a=fmtp:102 0-15',
  'a=rtcp:25863',
  'a=rtcp-mux',
  'a=sendrecv',
  'a=ssrc:1849 cname:sip:a@192.0.2.30',
  'a=ptime:20',
];

describe('Asterisk', () => {
  it('answers without mux: RTCP goes to the next port', () => {
    expect(accept(text(...ASTERISK))).toMatchObject({
      ok: true,
      codec: { name: 'PCMA' },
      sendPayloadType: 8,
      receivePayloadTypes: [8],
      eventPayloadTypes: [101],
      eventSendPayloadType: 101,
      comfortNoisePayloadTypes: [],
      rtcpMux: false,
      remoteRtcpAddress: '192.0.2.10',
      remoteRtcpPort: 17_845,
    });
  });

  it('offers: its first codec of ours is the one, whatever our order', () => {
    const { media, stream } = answer(text(...ASTERISK));
    expect(media).toMatchObject({ codec: { name: 'PCMA' }, receivePayloadTypes: [8], rtcpMux: false });
    expect(stream).toMatchObject({ payloads: '8 101', ptime: 20, fmtp: [{ payload: 101, config: '0-15' }] });
    expect(stream.rtcpMux).toBeUndefined();
    expect(answer(text(...ASTERISK), ['PCMU']).media.codec.name).toBe('PCMU');
  });

  it('holds with sendonly or inactive, and events and RTCP stay agreed', () => {
    for (const [theirs, ours] of [
      ['sendonly', 'recvonly'],
      ['inactive', 'inactive'],
    ] as const) {
      const held = text(...ASTERISK.map((line) => (line === 'a=sendrecv' ? `a=${theirs}` : line)));
      const agreed = { direction: ours, eventSendPayloadType: 101, remoteRtcpPort: 17_845 };
      expect(accept(held)).toMatchObject(agreed);
      expect(answer(held).media).toMatchObject(agreed);
      expect(answer(held).stream.direction).toBe(ours);
    }
  });

  it('held as of old by 0.0.0.0 is sent nothing', () => {
    const held = text(...ASTERISK).replace('c=IN IP4 192.0.2.10', 'c=IN IP4 0.0.0.0');
    expect(accept(held)).toMatchObject({ direction: 'recvonly', remoteAddress: '0.0.0.0' });
  });
});

describe('rtpengine behind Kamailio', () => {
  it('answers with a port and an address for RTCP, its own number for events, and comfort noise', () => {
    expect(accept(text(...RTPENGINE))).toMatchObject({
      ok: true,
      codec: { name: 'G722' },
      sendPayloadType: 9,
      eventPayloadTypes: [101, 96],
      eventSendPayloadType: 96,
      comfortNoisePayloadTypes: [13],
      rtcpMux: false,
      remoteAddress: '192.0.2.21',
      remoteRtcpAddress: '192.0.2.22',
      remoteRtcpPort: 30_159,
    });
  });

  it('is answered with its own numbers, and without the comfort noise', () => {
    const { media, stream } = answer(text(...RTPENGINE));
    expect(stream.payloads).toBe('9 96');
    expect(stream.rtp.map((map) => `${map.payload} ${map.codec}`)).toEqual(['9 G722', '96 telephone-event']);
    expect(media).toMatchObject({ eventPayloadTypes: [96], eventSendPayloadType: 96, comfortNoisePayloadTypes: [13] });
  });

  it('with mux has both on one port, and a=rtcp counts no more', () => {
    const muxed = text(...RTPENGINE, 'a=rtcp-mux');
    const expected = { rtcpMux: true, remoteRtcpAddress: '192.0.2.21', remoteRtcpPort: 30_158 };
    expect(accept(muxed)).toMatchObject(expected);
    expect(answer(muxed).media).toMatchObject(expected);
    expect(answer(muxed).stream.rtcpMux).toBe('rtcp-mux');
  });
});

describe('baresip', () => {
  it('offers Opus first, which we have not, and events on two clocks, of which ours is the second', () => {
    const { media, stream } = answer(text(...BARESIP));
    expect(media).toMatchObject({
      codec: { name: 'G722' },
      sendPayloadType: 9,
      eventPayloadTypes: [102],
      eventSendPayloadType: 102,
      rtcpMux: true,
      remoteRtcpPort: 25_862,
    });
    expect(stream).toMatchObject({ payloads: '9 102', rtcpMux: 'rtcp-mux' });
  });

  it('answers with mux', () => {
    const answered = text(...BARESIP.filter((line) => !line.includes(':96 '))).replace(' 96 9 8 0', ' 9');
    expect(accept(answered)).toMatchObject({ codec: { name: 'G722' }, rtcpMux: true, eventPayloadTypes: [101, 102] });
  });
});

const stream = (formats: string, ...lines: string[]): string =>
  text(...session('192.0.2.40'), `m=audio 6000 RTP/AVP ${formats}`, ...lines);

const noise = (formats: string, ...lines: string[]): unknown => {
  const result = accept(stream(formats, ...lines));
  return result.ok && result.comfortNoisePayloadTypes;
};

describe('numbers', () => {
  it('a codec under a dynamic one is sent under it, and received under ours too', () => {
    const dynamic = stream('96 97', 'a=rtpmap:96 PCMU/8000', 'a=rtpmap:97 telephone-event/8000');
    expect(accept(dynamic)).toMatchObject({
      sendPayloadType: 96,
      receivePayloadTypes: [0, 96],
      eventPayloadTypes: [101, 97],
      eventSendPayloadType: 97,
    });
    expect(answer(dynamic)).toMatchObject({
      media: { sendPayloadType: 96, receivePayloadTypes: [96], eventPayloadTypes: [97] },
      stream: { payloads: '96 97' },
    });
  });

  it('ours hold where the peer means another thing by them', () => {
    const swapped = stream('101 96', 'a=rtpmap:101 PCMU/8000', 'a=rtpmap:96 telephone-event/8000');
    expect(accept(swapped)).toMatchObject({
      sendPayloadType: 101,
      receivePayloadTypes: [0],
      eventPayloadTypes: [101, 96],
    });
    const quiet = stream('8 0', 'a=rtpmap:0 CN/8000');
    expect(accept(quiet, ['PCMU', 'PCMA'])).toMatchObject({ receivePayloadTypes: [8], comfortNoisePayloadTypes: [0] });
  });

  it('events that were not asked for are not answered, and not expected', () => {
    const { media, stream: ours, sdp } = answer(stream('0'));
    expect(media).toMatchObject({ eventPayloadTypes: [], eventSendPayloadType: null });
    expect(ours.payloads).toBe(0);
    expect(sdp).not.toContain('telephone-event');
    expect(accept(stream('0'))).toMatchObject({ eventPayloadTypes: [], eventSendPayloadType: null });
    expect(accept(stream('0 101'))).toMatchObject({ eventPayloadTypes: [] }); // 101 without rtpmap is nothing
  });

  it('comfort noise is known by its static number, its name, or both; another name under 13 is none', () => {
    expect(noise('0 13')).toEqual([13]);
    expect(noise('0 13 98', 'a=rtpmap:98 cn/8000')).toEqual([13, 98]);
    expect(noise('0 98 99', 'a=rtpmap:98 CN/16000', 'a=rtpmap:99 CN/8000')).toEqual([99]);
    expect(noise('0 13', 'a=rtpmap:13 x/8000')).toEqual([]);
  });

  it('from 64 to 95 are good without mux and passed over with it', () => {
    const lines = ['a=rtpmap:72 PCMU/8000', 'a=rtpmap:73 telephone-event/8000', 'a=rtpmap:74 CN/8000'];
    const plain = { sendPayloadType: 72, eventPayloadTypes: [73], comfortNoisePayloadTypes: [74] };
    const muxed = { sendPayloadType: 8, eventPayloadTypes: [], comfortNoisePayloadTypes: [] };
    expect(answer(stream('72 8 73 74', ...lines)).media).toMatchObject(plain);
    expect(answer(stream('72 8 73 74', ...lines, 'a=rtcp-mux')).media).toMatchObject(muxed);
    expect(accept(stream('72 8 73 74', ...lines, 'a=rtcp-mux'))).toMatchObject(muxed);
    expect(createAnswer(stream('72', ...lines, 'a=rtcp-mux'), LOCAL)).toMatchObject({
      refusal: {
        code: 'mux-payload-type',
        message: 'expected no payload type from 64 to 95 beside rtcp-mux, found 72',
      },
    });
  });

  it('that are none, or stand twice, are passed over', () => {
    expect(accept(stream('x 128 -1 8 8 0', 'a=rtpmap:128 PCMU/8000'))).toMatchObject({
      sendPayloadType: 8,
      receivePayloadTypes: [8],
    });
  });

  it('the answer takes what they have listed first, of all that we offered', () => {
    for (const [formats, name] of [
      ['9 8 0', 'G722'],
      ['8 9', 'PCMA'],
      ['18 0 8', 'PCMU'],
    ] as const) {
      expect(accept(stream(formats))).toMatchObject({ codec: { name } });
      expect(answer(stream(formats)).media.codec.name).toBe(name);
    }
    expect(accept(stream('9'), ['PCMU'])).toMatchObject({ refusal: { code: 'no-common-codec' } });
  });
});
