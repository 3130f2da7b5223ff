import { describe, expect, it } from 'vitest';
import { acceptAnswer, createAnswer, createOffer } from '../../../src/sdp/offer-answer.js';

const LOCAL = { address: '10.0.0.1', port: 4_000, codecs: ['PCMU'], ptimeMs: 20, sessionId: 7, sessionVersion: 1 };
const WITH = { ...LOCAL, rtcpXr: true };
const LINE = 'a=rtcp-xr:rcvr-rtt=all voip-metrics\r\n';
const ALL = { voipMetrics: true, referenceTimes: 'all' };
const NOTHING = { voipMetrics: false, referenceTimes: 'none' };

const theirs = (session: string, media: string): string =>
  `v=0\r\no=- 1 2 IN IP4 h\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n${session}m=audio 5000 RTP/AVP 0\r\n${media}`;

/** What we take from their text, as an offer and as an answer to ours. */
function wishesIn(text: string, local = WITH): unknown[] {
  const answered = createAnswer(text, local);
  const accepted = acceptAnswer(createOffer(local), text);
  return [answered.ok && answered.media.rtcpXr, accepted.ok && accepted.rtcpXr];
}

const both = (wishes: unknown): unknown[] => [wishes, wishes];

describe('a=rtcp-xr', () => {
  it('is in our offer, and in our answer to an offer that has it', () => {
    expect(createOffer(WITH).sdp).toContain(LINE);
    expect(createAnswer(theirs('', 'a=rtcp-xr:stat-summary=loss\r\n'), WITH)).toMatchObject({
      sdp: expect.stringContaining(LINE),
    });
    expect(createAnswer(theirs('', ''), WITH)).toMatchObject({ sdp: expect.not.stringContaining('rtcp-xr') });
  });

  it('is in neither where we do not want it, and what the peer wants is nothing then', () => {
    const text = theirs('', LINE);
    expect(createOffer(LOCAL).sdp).not.toContain('rtcp-xr');
    expect(createAnswer(text, LOCAL)).toMatchObject({ sdp: expect.not.stringContaining('rtcp-xr') });
    expect(wishesIn(text, { ...WITH, rtcpXr: false })).toEqual(both(null));
  });

  it.each([
    ['voip-metrics rcvr-rtt=all', ALL],
    ['rcvr-rtt=all:100 stat-summary=loss,dup,jitt,TTL voip-metrics', ALL],
    ['rcvr-rtt=sender', { voipMetrics: false, referenceTimes: 'senders' }],
    ['rcvr-rtt=everybody', NOTHING],
    ['voip-metrics-extra rcvr-rtt pkt-loss-rle=100', NOTHING],
    ['', NOTHING],
  ])('"%s" is read', (value, wishes) => {
    expect(wishesIn(theirs('', `a=rtcp-xr:${value}\r\n`))).toEqual(both(wishes));
  });

  it('of the session counts for its streams, unless they have their own', () => {
    expect(wishesIn(theirs(LINE, ''))).toEqual(both(ALL));
    expect(wishesIn(theirs(LINE, 'a=rtcp-xr\r\n'))).toEqual(both(NOTHING));
    expect(wishesIn(theirs('', ''))).toEqual(both(null));
  });
});
