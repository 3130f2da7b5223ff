import { describe, expect, it } from 'vitest';
import type { Codec } from '../../../src/sdp/codec.js';
import { acceptAnswer, createAnswer, createOffer } from '../../../src/sdp/offer-answer.js';

const LOCAL = { address: '10.0.0.1', port: 4_000, ptimeMs: 20, sessionId: 7, sessionVersion: 1 };
const G729: Codec = {
  name: 'G729',
  clockRate: 8000,
  channels: 1,
  staticPayloadType: 18,
  payloadType: 18,
  fmtp: 'annexb=no',
};
const OPUS: Codec = { name: 'opus', clockRate: 48_000, channels: 2, staticPayloadType: null, payloadType: 111 };

const theirs = (formats: string, ...lines: string[]): string =>
  [
    'v=0',
    'o=- 1 2 IN IP4 h',
    's=-',
    'c=IN IP4 10.0.0.2',
    't=0 0',
    `m=audio 5000 RTP/AVP ${formats}`,
    ...lines,
    '',
  ].join('\r\n');

describe('a codec beside those of the table', () => {
  it('is offered with its parameters, and key presses on its clock', () => {
    const { sdp } = createOffer({ ...LOCAL, codecs: ['g729', 'PCMA'], others: [G729] });
    for (const line of ['m=audio 4000 RTP/AVP 18 8 101', 'a=rtpmap:18 G729/8000', 'a=fmtp:18 annexb=no']) {
      expect(sdp).toContain(`${line}\r\n`);
    }
    const opus = createOffer({ ...LOCAL, codecs: ['OPUS'], others: [OPUS] }).sdp;
    expect(opus).toContain('a=rtpmap:111 opus/48000/2\r\na=rtpmap:101 telephone-event/48000\r\na=fmtp:101 0-15\r\n');
  });

  it('is agreed on by its rtpmap, or as static type', () => {
    const offer = createOffer({ ...LOCAL, codecs: ['G729'], others: [G729] });
    expect(acceptAnswer(offer, theirs('18'))).toMatchObject({ ok: true, codec: G729, sendPayloadType: 18 });
    const answer = theirs('111 102', 'a=rtpmap:111 OPUS/48000/2', 'a=rtpmap:102 telephone-event/48000');
    const opus = createOffer({ ...LOCAL, codecs: ['OPUS'], others: [OPUS] });
    expect(acceptAnswer(opus, answer)).toMatchObject({ codec: OPUS, eventSendPayloadType: 102 });
    // Another clock, or one channel, is another codec.
    for (const map of ['opus/16000/2', 'opus/48000']) {
      expect(acceptAnswer(opus, theirs('111', `a=rtpmap:111 ${map}`))).toMatchObject({ ok: false });
    }
  });

  it('is none without being named: a fault of ours', () => {
    expect(() => createOffer({ ...LOCAL, codecs: ['G729'] })).toThrow(RangeError);
  });
});

describe('an answerer that takes any codec', () => {
  const any = { ...LOCAL, codecs: ['PCMU'], takesAny: true };

  it('answers the first one with the parameters that were offered', () => {
    const offer = theirs(
      '101 13 99 97',
      'a=rtpmap:101 telephone-event/8000',
      'a=rtpmap:99 iLBC/8000',
      'a=fmtp:99 mode=30',
      'a=rtpmap:97 speex/16000',
    );
    const answer = createAnswer(offer, any);
    expect(answer).toMatchObject({
      ok: true,
      media: { codec: { name: 'iLBC', clockRate: 8000, isForeign: true }, receivePayloadTypes: [99] },
    });
    expect(answer).toMatchObject({
      sdp: expect.stringMatching(
        /m=audio 4000 RTP\/AVP 99 101\r\na=rtpmap:99 iLBC\/8000\r\na=fmtp:99 mode=30\r\na=rtpmap:101 telephone-event\/8000\r\n/,
      ),
    });
  });

  it('takes one of its own where there is one, wherever it stands', () => {
    const answer = createAnswer(theirs('99 0', 'a=rtpmap:99 iLBC/8000'), any);
    expect(answer).toMatchObject({ media: { codec: { name: 'PCMU' } } });
    expect(answer.ok && answer.media.codec.isForeign).toBeUndefined();
  });

  it('knows static types without rtpmap', () => {
    expect(createAnswer(theirs('18'), any)).toMatchObject({ media: { codec: { name: 'G729', clockRate: 8000 } } });
  });

  it.each([
    ['key presses alone', theirs('101', 'a=rtpmap:101 telephone-event/8000')],
    ['comfort noise alone', theirs('13')],
    ['a dynamic type without rtpmap', theirs('99')],
    ['no clock', theirs('99', 'a=rtpmap:99 iLBC')],
    ['a clock that cannot be', theirs('99', 'a=rtpmap:99 iLBC/1')],
    ['six channels', theirs('99', 'a=rtpmap:99 L16/48000/6')],
    ['a name that is none', theirs('99', 'a=rtpmap:99 <b>/8000')],
    ['a codec of ours on another clock', theirs('99', 'a=rtpmap:99 PCMU/16000')],
  ])('refuses %s', (_, offer) => {
    expect(createAnswer(offer, any)).toMatchObject({ ok: false, refusal: { code: 'no-common-codec' } });
  });

  it('takes none but its own without the wish', () => {
    expect(createAnswer(theirs('18'), { ...LOCAL, codecs: ['PCMU'] })).toMatchObject({ ok: false });
  });
});
