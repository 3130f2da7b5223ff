/** What is remembered of offers and answers against what is written and read anew: nothing may differ but what is put in. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MediaPreferences, offerFor, readAnswer } from '../../../src/call/negotiation.js';
import { shapeOf } from '../../../src/call/sdp-memo.js';

const preferences = (): MediaPreferences => ({
  codecs: ['PCMU', 'PCMA'],
  ptimeMs: 20,
  mayReach: (host) => host !== '192.0.2.66',
});
const slotAt = (address: string, rtpPort: number) => ({ address, rtpPort }) as never;
const answer = (parts: Partial<Record<'o' | 'c' | 'm' | 'more', string>> = {}): string =>
  `v=0\r\no=${parts.o ?? 'pbx 17 18 IN IP4 192.0.2.1'}\r\ns=-\r\nc=IN IP4 ${parts.c ?? '192.0.2.1'}\r\nt=0 0\r\n` +
  `m=${parts.m ?? 'audio 20000 RTP/AVP 0 101'}\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n${parts.more ?? ''}`;

describe('offers', () => {
  it('are the texts that they are without a memory', () => {
    const same = preferences();
    fc.assert(
      fc.property(
        fc.constantFrom('192.0.2.9', '198.51.100.7'),
        fc.integer({ min: 1024, max: 65_534 }),
        fc.nat(1e6),
        fc.integer({ min: 1, max: 9 }),
        (address, port, call, sessionVersion) => {
          const version = { call, sessionVersion };
          const remembered = offerFor(slotAt(address, port), version, same);
          expect(remembered.sdp).toBe(offerFor(slotAt(address, port), version, preferences()).sdp);
          expect(remembered.sdp).toContain(`o=- ${call + 1} ${sessionVersion} IN IP4 ${address}\r\n`);
          expect(remembered.sdp).toContain(`m=audio ${port} RTP/AVP 0 8 101\r\n`);
        },
      ),
    );
  });
});

describe('answers', () => {
  const part = fc.record(
    {
      o: fc.constantFrom(
        'pbx 17 18 IN IP4 192.0.2.1',
        'pbx 99999 3 IN IP4 192.0.2.1',
        'other 17 18 IN IP4 192.0.2.1',
        'pbx 17 18 IN IP4',
        'pbx 17',
        'pbx',
        'pbx x 18 IN IP4 192.0.2.1',
      ),
      c: fc.constantFrom('192.0.2.1', '192.0.2.2', '0.0.0.0', '192.0.2.66', 'host'),
      m: fc.constantFrom(
        'audio 20000 RTP/AVP 0 101',
        'audio 30000 RTP/AVP 0 101',
        'audio 0 RTP/AVP 0',
        'audio 65535 RTP/AVP 0',
        'audio 020000 RTP/AVP 0',
        'audio 70000 RTP/AVP 0',
        'audio 20000 RTP/AVP 8',
        'audio 20000 RTP/AVP 18',
        'video 20000 RTP/AVP 0',
      ),
      more: fc.constantFrom(
        '',
        'a=rtcp-mux\r\n',
        'a=rtcp:20001\r\n',
        'a=sendonly\r\n',
        'a=inactive\r\n',
        'a=rtcp-mux\r\na=tool:callgauge\r\n',
        'm=video 0 RTP/AVP 96\r\n',
        'm=audio 40000 RTP/AVP 0\r\n',
      ),
    },
    { requiredKeys: [] },
  );

  it('mean what they mean without a memory, whatever was read before', () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 2, maxLength: 12 }), (answers) => {
        const same = preferences();
        const offer = offerFor(slotAt('192.0.2.9', 16_384), { call: 0, sessionVersion: 1 }, same);
        for (const parts of answers) {
          const sdp = answer(parts);
          expect(readAnswer(offer, sdp, same)).toEqual(readAnswer(offer, sdp, preferences()));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('of one kind have one shape, and only those', () => {
    const shape = shapeOf(answer());
    expect(shape?.port).toBe(20_000);
    const alike = shapeOf(answer({ o: 'pbx 20260101 7 IN IP4 192.0.2.1', m: 'audio 31234 RTP/AVP 0 101' }));
    expect(alike).toEqual({ ...shape, port: 31_234 });
    expect(shapeOf(answer({ c: '192.0.2.2' }))).not.toEqual(shape);
    expect(shapeOf(answer({ more: 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\n' }))).toBeNull();
    expect(shapeOf(answer({ more: 'a=rtcp:20003\r\n' }))).toBeNull();
    expect(shapeOf(answer({ more: 'a=x\r\n'.repeat(1000) }))).toBeNull();
    expect(shapeOf('')).toBeNull();
  });
});
