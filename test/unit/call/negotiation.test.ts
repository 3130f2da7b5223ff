import { describe, expect, it } from 'vitest';
import { type ReachRules, reachTest } from '../../../src/lib/reach.js';
import { answerTo, offerFor, readAnswer, type MediaPreferences } from '../../../src/call/negotiation.js';
import { causeOfEvent, causeOfStatus } from '../../../src/call/outcome.js';

const SLOT = {
  address: '10.0.0.1',
  rtpPort: 20_000,
  onMeasured: null,
  connect: () => {},
  update: () => {},
  release: () => {},
};
const reaching = (rules: Partial<ReachRules>): MediaPreferences => ({
  codecs: ['PCMU'],
  ptimeMs: 20,
  mayReach: reachTest({ allow: null, publicHosts: [], targets: [], ...rules }),
});
const PCMU = reaching({});

/** Their SDP. */
function sdp({ address = '10.0.0.9', family = 'IP4', media = 'audio 4000 RTP/AVP 0', lines = '' } = {}): string {
  return `v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN ${family} ${address}\r\nt=0 0\r\nm=${media}\r\n${lines}`;
}

const read = (text: string, preferences = PCMU) =>
  readAnswer(offerFor(SLOT, { call: 0, sessionVersion: 1 }, preferences), text, preferences);
const answer = (text: string, preferences = PCMU) => answerTo(text, SLOT, { call: 0, sessionVersion: 1 }, preferences);
/** What both make of the same SDP. */
const both = (text: string, preferences = PCMU): unknown[] => {
  const answered = answer(text, preferences);
  return [read(text, preferences), 'media' in answered ? answered.media : answered];
};

describe('an offer', () => {
  it('names the slot, the codecs and the packet time, and the session by its call', () => {
    const lines = offerFor(SLOT, { call: 41, sessionVersion: 1 }, { ...PCMU, codecs: ['G722', 'PCMU'] }).sdp.split(
      '\r\n',
    );
    expect(lines).toContain('m=audio 20000 RTP/AVP 9 0 101');
    expect(lines).toContain('a=rtcp-mux');
    expect(lines).toContain('a=tool:callgauge');
    expect(lines).toContain('c=IN IP4 10.0.0.1');
    expect(lines).toContain('a=ptime:20');
    expect(lines).toContain('a=sendrecv');
    expect(lines.find((line) => line.startsWith('o='))).toBe('o=- 42 1 IN IP4 10.0.0.1');
  });
});

describe('their address', () => {
  it('is where the audio goes, from answer and offer alike', () => {
    const media = {
      address: '10.0.0.9',
      port: 4000,
      codec: 'PCMU',
      payloadType: 0,
      receivePayloadTypes: [0],
      eventPayloadTypes: [],
      eventSendPayloadType: null,
      comfortNoisePayloadTypes: [],
      rtcpMux: false,
      rtcpAddress: '10.0.0.9',
      rtcpPort: 4001,
      sends: true,
      receives: true,
      isOurs: false,
    };
    expect(both(sdp())).toEqual([media, media]);
  });

  it('may be IPv4 in the clothes of IPv6: then it is given as IPv4', () => {
    const text = sdp({ address: '::ffff:10.0.0.9', family: 'IP6' });
    expect(both(text)).toMatchObject([
      { address: '10.0.0.9', rtcpAddress: '10.0.0.9' },
      { address: '10.0.0.9', rtcpAddress: '10.0.0.9' },
    ]);
  });

  it('of IPv6 is refused, for our sockets are of IPv4', () => {
    const refusal = {
      cause: 'sdp:bad-address',
      detail: 'expected an IPv4 address for audio, found fd00::9',
    };
    expect(both(sdp({ address: 'fd00::9', family: 'IP6' }))).toEqual([refusal, refusal]);
  });

  it('of IPv6 is taken by sockets of IPv6, and IPv4 is not', () => {
    const v6 = { ...PCMU, family: 6 as const };
    const there = sdp({ address: 'fd00::9', family: 'IP6' });
    for (const result of both(there, v6)) {
      expect(result).toMatchObject({ address: 'fd00::9', rtcpAddress: 'fd00::9' });
    }
    for (const result of both(sdp({ address: '10.0.0.9' }), v6)) {
      expect(result).toMatchObject({ cause: 'sdp:bad-address' });
    }
  });

  it.each(['pbx.example', '10.0.0.256', '10.0.0', '0x0a.0.0.1', '010.0.0.1'])('%s is none', (address) => {
    for (const result of both(sdp({ address }))) {
      expect(result).toMatchObject({ cause: 'sdp:bad-address' });
    }
  });

  it('of the public network needs permission, by name or altogether', () => {
    const refusal = {
      cause: 'sdp:address-not-allowed',
      detail: 'audio to 8.8.8.8 is not allowed: add it to safety.allow, or give --allow-public',
    };
    const text = sdp({ address: '8.8.8.8' });
    expect(both(text)).toEqual([refusal, refusal]);
    expect(both(text, reaching({ publicHosts: ['8.8.4.4'] }))).toEqual([refusal, refusal]);
    for (const rules of [{ publicHosts: ['8.8.8.8'] }, { publicHosts: 'any' }, { targets: ['8.8.8.8'] }] as const) {
      for (const result of both(text, reaching(rules))) {
        expect(result).toMatchObject({ address: '8.8.8.8', port: 4000 });
      }
    }
  });

  it('at the media section goes before that of the session', () => {
    const results = both(sdp({ lines: 'c=IN IP4 8.8.8.8\r\n' }));
    expect(results).toMatchObject([{ cause: 'sdp:address-not-allowed' }, { cause: 'sdp:address-not-allowed' }]);
  });
});

const rtcpOf = (text: string, preferences = PCMU): unknown[] =>
  both(text, preferences).map((media) => {
    expect(media).toHaveProperty('rtcpMux');
    const { rtcpMux, rtcpAddress, rtcpPort } = media as Record<string, unknown>;
    return [rtcpMux, rtcpAddress, rtcpPort];
  });
const twice = <T>(value: T): T[] => [value, value];

describe('their RTCP', () => {
  it('is taken where they say, or beside the audio', () => {
    expect(rtcpOf(sdp({ lines: 'a=rtcp:5000\r\n' }))).toEqual(twice([false, '10.0.0.9', 5000]));
    expect(rtcpOf(sdp({ lines: 'a=rtcp:5000 IN IP4 10.0.0.8\r\n' }))).toEqual(twice([false, '10.0.0.8', 5000]));
    expect(rtcpOf(sdp({ lines: 'a=rtcp-mux\r\n' }))).toEqual(twice([true, '10.0.0.9', 4000]));
  });

  it.each(['8.8.8.8', '0.0.0.0', '010.0.0.1', '1.2.3.4'])('an address of its own must be allowed: %s', (address) => {
    expect(rtcpOf(sdp({ lines: `a=rtcp:5000 IN IP4 ${address}\r\n` }))).toEqual(twice([false, '10.0.0.9', 4001]));
  });

  it('an address of its own of IPv6 is not for our sockets', () => {
    expect(rtcpOf(sdp({ lines: 'a=rtcp:5000 IN IP6 fd00::8\r\n' }))).toEqual(twice([false, '10.0.0.9', 4001]));
  });

  it('at a public address that was allowed is reached', () => {
    const text = sdp({ lines: 'a=rtcp:5000 IN IP4 8.8.8.8\r\n' });
    expect(rtcpOf(text, reaching({ publicHosts: ['8.8.8.8'] }))).toEqual(twice([false, '8.8.8.8', 5000]));
  });

  it('goes nowhere where it may not, though the call stands because no audio goes there either', () => {
    for (const lines of [
      'a=sendonly\r\n',
      'a=inactive\r\na=rtcp-mux\r\n',
      'a=inactive\r\na=rtcp:9 IN IP4 8.8.4.4\r\n',
    ]) {
      for (const media of both(sdp({ address: '8.8.8.8', lines }))) {
        expect(media).toMatchObject({ sends: false, rtcpAddress: null, rtcpPort: null });
      }
    }
  });

  it('goes nowhere in a hold of old, also where everything may be reached', () => {
    expect(rtcpOf(sdp({ address: '0.0.0.0' }), reaching({ publicHosts: 'any' }))).toEqual(twice([false, null, null]));
  });

  it('has no port behind the last', () => {
    const media = 'audio 65535 RTP/AVP 0';
    expect(rtcpOf(sdp({ media }))).toEqual(twice([false, null, null]));
    expect(rtcpOf(sdp({ media, lines: 'a=rtcp:5000 IN IP4 8.8.8.8\r\n' }))).toEqual(twice([false, null, null]));
    expect(rtcpOf(sdp({ media, lines: 'a=rtcp:5000\r\n' }))).toEqual(twice([false, '10.0.0.9', 5000]));
  });
});

it('codec, events and comfort noise are as they were agreed', () => {
  const preferences = { ...PCMU, codecs: ['PCMU', 'PCMA', 'G722'] };
  const lines = 'a=rtpmap:96 pcma/8000\r\na=rtpmap:97 telephone-event/8000\r\n';
  const [read, answered] = both(sdp({ media: 'audio 4000 RTP/AVP 96 97 13', lines }), preferences);
  const shared = { codec: 'PCMA', payloadType: 96, eventSendPayloadType: 97, comfortNoisePayloadTypes: [13] };
  expect(read).toMatchObject({ ...shared, receivePayloadTypes: [8, 96], eventPayloadTypes: [101, 97] });
  expect(answered).toMatchObject({ ...shared, receivePayloadTypes: [96], eventPayloadTypes: [97] });
});

describe('directions', () => {
  it('where we send nothing a public address needs no permission', () => {
    for (const direction of ['sendonly', 'inactive']) {
      for (const result of both(sdp({ address: '8.8.8.8', lines: `a=${direction}\r\n` }))) {
        expect(result).toMatchObject({ sends: false, address: '8.8.8.8' });
      }
    }
  });

  it.each([
    ['sendrecv', true, true],
    ['sendonly', false, true],
    ['recvonly', true, false],
    ['inactive', false, false],
  ])('%s of theirs: we send %s, we receive %s', (direction, sends, receives) => {
    for (const result of both(sdp({ lines: `a=${direction}\r\n` }))) {
      expect(result).toMatchObject({ sends, receives });
    }
  });

  it('hold by 0.0.0.0 as of old: nothing is sent there, and what they send may come', () => {
    for (const publicHosts of [[], 'any'] as const) {
      expect(both(sdp({ address: '0.0.0.0' }), reaching({ publicHosts }))).toMatchObject([
        { sends: false, receives: true },
        { sends: false, receives: true },
      ]);
    }
  });
});

describe('refusals', () => {
  it.each([
    ['', 'sdp:'],
    ['not sdp', 'sdp:'],
    [sdp({ media: 'audio 4000 RTP/AVP 8' }), 'sdp:no-common-codec'],
    [sdp({ media: 'audio 0 RTP/AVP 0' }), 'sdp:rejected'],
    [sdp({ media: 'audio 4000 RTP/SAVP 0' }), 'sdp:unsupported-protocol'],
  ])('are data: %#', (text, cause) => {
    for (const result of both(text)) {
      expect((result as { cause: string }).cause).toContain(cause);
      expect((result as { detail: string }).detail).toMatch(/expected|found|empty/);
    }
  });

  it('video alone is no audio', () => {
    const text = sdp({ media: 'video 4000 RTP/AVP 31' });
    expect(both(text)).toMatchObject([{ cause: 'sdp:media-mismatch' }, { cause: 'sdp:no-audio' }]);
  });
});

it('our answer takes the number that they offer for the codec', () => {
  const offer = sdp({ media: 'audio 4000 RTP/AVP 97 8', lines: 'a=rtpmap:97 PCMU/8000\r\n' });
  const result = answer(offer);
  expect(result).toMatchObject({ media: { payloadType: 97 } });
  expect('sdp' in result && result.sdp).toContain('m=audio 20000 RTP/AVP 97');
});

describe('causes', () => {
  it('of a status are stable ids', () => {
    expect([486, 503, 302, 399, 499, 699].map(causeOfStatus)).toEqual([
      'busy',
      'serviceUnavailable',
      'redirected',
      'redirected',
      'status499',
      'status699',
    ]);
  });

  it('of the user agent are written like all others', () => {
    expect(['timeout', 'bye-timeout', 'malformed-response'].map(causeOfEvent)).toEqual([
      'timeout',
      'byeTimeout',
      'malformedResponse',
    ]);
  });
});

const slotAt = (address: string) => ({ ...SLOT, address, rtpPort: 4000 });

describe('comfort noise', () => {
  const withNoise: MediaPreferences = { ...PCMU, suppressesSilence: true };
  const VERSION = { call: 1, sessionVersion: 1 };

  it('is offered where our pauses are not to be sent, and our own answerer takes it', () => {
    const offer = offerFor(slotAt('10.0.0.1'), VERSION, withNoise);
    expect(offer.sdp).toContain('m=audio 4000 RTP/AVP 0 101 13\r\n');
    expect(offer.sdp).toContain('a=rtpmap:13 CN/8000\r\n');
    const answer = answerTo(offer.sdp, slotAt('10.0.0.2'), VERSION, PCMU);
    expect(answer).toMatchObject({
      sdp: expect.stringContaining('RTP/AVP 0 101 13\r\n'),
      media: { comfortNoisePayloadTypes: [13] },
    });
    expect(answer).not.toHaveProperty('media.comfortNoiseSendPayloadType');
    const agreed = readAnswer(offer, 'sdp' in answer ? answer.sdp : '', withNoise);
    expect(agreed).toMatchObject({ comfortNoiseSendPayloadType: 13, comfortNoisePayloadTypes: [13] });
  });

  it('is not sent to who did not take it, nor offered or taken without being asked', () => {
    const offer = offerFor(slotAt('10.0.0.1'), VERSION, withNoise);
    const plain = offerFor(slotAt('10.0.0.2'), VERSION, PCMU);
    expect(plain.sdp).not.toContain('CN/8000');
    expect(readAnswer(offer, plain.sdp, withNoise)).not.toHaveProperty('comfortNoiseSendPayloadType');
    const foreign = offer.sdp.replace('a=tool:callgauge\r\n', '');
    expect(answerTo(foreign, slotAt('10.0.0.2'), VERSION, PCMU)).toMatchObject({
      sdp: expect.not.stringContaining('CN/8000'),
    });
  });
});

const times = (lines: string, preferences = PCMU): unknown[] =>
  both(sdp({ lines }), preferences).map((media) => (media as { readonly packetTime?: unknown }).packetTime ?? null);

describe('their packet time', () => {
  it.each([
    ['', null],
    ['a=ptime:20\r\na=maxptime:150\r\n', null],
    ['a=maxptime:20\r\n', null],
    ['a=ptime:30\r\n', { sentMs: 20, wishedMs: 30, atMostMs: null }],
    ['a=ptime:10\r\na=maxptime:10\r\n', { sentMs: 20, wishedMs: 10, atMostMs: 10 }],
    ['a=maxptime:19.5\r\n', { sentMs: 20, wishedMs: null, atMostMs: 19.5 }],
    // Nothing is sent to who does not listen.
    ['a=ptime:30\r\na=sendonly\r\n', null],
  ])('%j is noted where it is another than ours, in answer and offer alike', (lines, noted) => {
    expect(times(lines)).toEqual([noted, noted]);
  });

  it('of our own answerer is none: it takes any', () => {
    const text = sdp({ lines: 'a=ptime:30\r\n' }).replace('t=0 0\r\n', 't=0 0\r\na=tool:callgauge\r\n');
    expect(read(text)).toMatchObject({ isOurs: true });
    expect(read(text)).not.toHaveProperty('packetTime');
  });
});
