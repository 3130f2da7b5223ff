/** SRTP in offers and answers (RFC 4568): which line is taken, what is refused, and that no key gets into a message of ours. */
import { describe, expect, it } from 'vitest';
import { srtpSuite, SRTP_SUITE_NAMES, type SrtpSuiteName } from '../../../src/lib/srtp-suite.js';
import type { LocalSrtp } from '../../../src/sdp/media-security.js';
import { acceptAnswer, createAnswer, createOffer, type LocalMedia } from '../../../src/sdp/offer-answer.js';

const [AES_80, AES_32] = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'] as const;

/** A key of ours for each suite: bytes of 1, 2, … by its place in the list of names. */
const ownKey = (suite: SrtpSuiteName): Uint8Array => {
  const { keyBytes, saltBytes } = srtpSuite(suite);
  return new Uint8Array(keyBytes + saltBytes).fill(SRTP_SUITE_NAMES.indexOf(suite) + 1);
};
const ownBase64 = (suite: SrtpSuiteName): string => Buffer.from(ownKey(suite)).toString('base64');

const srtp = (changes: Partial<LocalSrtp> = {}): LocalSrtp => ({
  isRequired: true,
  offerAs: 'RTP/SAVP',
  suites: [AES_80, AES_32],
  keyOf: ownKey,
  ...changes,
});
const accepting: LocalSrtp = srtp({ isRequired: false, offerAs: null, suites: SRTP_SUITE_NAMES });

const local = (wish: LocalSrtp | null): LocalMedia => ({
  address: '10.0.0.1',
  port: 4000,
  codecs: ['PCMU'],
  ptimeMs: 20,
  sessionId: 1,
  sessionVersion: 1,
  ...(wish !== null && { srtp: wish }),
});

/** RFC 4568 §4.1: the key of its first example, 30 bytes. */
const KEY = 'd0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj';
const KEY_BYTES = Uint8Array.from(Buffer.from(KEY, 'base64'));
const LINE = `1 ${AES_80} inline:${KEY}`;

const sdp = (protocol: string, ...lines: string[]): string =>
  `v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 5000 ${protocol} 0\r\n` +
  lines.map((line) => `a=crypto:${line}\r\n`).join('');

const answerTo = (offer: string, wish: LocalSrtp | null = accepting) => createAnswer(offer, local(wish));

describe('our offer', () => {
  it('is SAVP with a key and a tag of its own for each suite, in our order', () => {
    const { sdp: text } = createOffer(local(srtp()));
    expect(text).toContain('m=audio 4000 RTP/SAVP 0 101\r\n');
    expect(text.match(/^a=crypto:.*$/gm)?.map((line) => line.trim())).toEqual([
      `a=crypto:1 ${AES_80} inline:${ownBase64(AES_80)}`,
      `a=crypto:2 ${AES_32} inline:${ownBase64(AES_32)}`,
    ]);
  });

  it('has none where none is wanted, or only what is offered is taken', () => {
    for (const wish of [null, accepting]) {
      const { sdp: text } = createOffer(local(wish));
      expect(text).toContain('m=audio 4000 RTP/AVP 0 101\r\n');
      expect(text).not.toContain('crypto');
    }
  });

  it.each(['RTP/SAVP', 'RTP/SAVPF', 'RTP/AVP'])('answered over %s with one of our suites is agreed on', (protocol) => {
    const answer = sdp(protocol, `2 ${AES_32} inline:${KEY}|2^20`);
    expect(acceptAnswer(createOffer(local(srtp())), answer)).toMatchObject({
      ok: true,
      srtp: { protocol, suite: AES_32, sendKey: ownKey(AES_32), receiveKey: KEY_BYTES },
    });
  });

  it.each([
    ['without keys', sdp('RTP/SAVP'), 'no-crypto'],
    ['in the clear', sdp('RTP/AVP'), 'no-crypto'],
    ['under another tag', sdp('RTP/SAVP', `2 ${AES_80} inline:${KEY}`), 'bad-crypto'],
    ['with a suite that we have not offered', sdp('RTP/SAVP', `1 AEAD_AES_128_GCM inline:${KEY}`), 'bad-crypto'],
    ['with a parameter that we have to obey', sdp('RTP/SAVP', `${LINE} UNENCRYPTED_SRTP`), 'bad-crypto'],
    ['over something else', sdp('UDP/TLS/RTP/SAVPF', LINE), 'unsupported-protocol'],
  ])('answered %s is not', (_, answer, code) => {
    expect(acceptAnswer(createOffer(local(srtp())), answer)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('in the clear is not answered with keys', () => {
    const plain = createOffer(local(null));
    expect(acceptAnswer(plain, sdp('RTP/SAVP', LINE))).toMatchObject({ refusal: { code: 'unsupported-protocol' } });
    expect(acceptAnswer(plain, sdp('RTP/AVP', LINE))).toMatchObject({ ok: true, srtp: null });
  });
});

describe('our answer', () => {
  it('takes the first of their lines that we can use, under its tag and with a key of ours', () => {
    const offer = sdp('RTP/SAVP', `3 F8_128_HMAC_SHA1_80 inline:${KEY}`, `7 ${AES_32} inline:${KEY}`, LINE);
    const answered = answerTo(offer);
    expect(answered).toMatchObject({
      ok: true,
      media: { srtp: { protocol: 'RTP/SAVP', suite: AES_32, sendKey: ownKey(AES_32), receiveKey: KEY_BYTES } },
    });
    const text = 'sdp' in answered ? answered.sdp : '';
    expect(text).toContain('m=audio 4000 RTP/SAVP 0\r\n');
    expect(text.match(/^a=crypto:.*$/gm)?.map((line) => line.trim())).toEqual([
      `a=crypto:7 ${AES_32} inline:${ownBase64(AES_32)}`,
    ]);
  });

  it.each(SRTP_SUITE_NAMES)('takes %s with a key of its length only', (suite) => {
    const { keyBytes, saltBytes } = srtpSuite(suite);
    const lengths = [-2, -1, 0, 1, 2].map((more) => {
      const key = Buffer.alloc(keyBytes + saltBytes + more, 9).toString('base64');
      return answerTo(sdp('RTP/SAVP', `1 ${suite} inline:${key}`)).ok;
    });
    expect(lengths).toEqual([false, false, true, false, false]);
  });

  it.each(['RTP/SAVP', 'RTP/SAVPF', 'RTP/AVP'])('says %s where the offer does', (protocol) => {
    const answered = answerTo(sdp(protocol, LINE));
    expect(answered).toMatchObject({ ok: true, media: { srtp: { protocol } } });
    expect('sdp' in answered && answered.sdp).toContain(`m=audio 4000 ${protocol} 0\r\n`);
  });

  it.each([
    ['a lifetime as a power of two', `${LINE}|2^31`],
    ['a lifetime in packets', `${LINE}|1048576`],
    ['a window', `${LINE} WSH=64`],
    ['what may be left out', `${LINE} -FOO=bar -BAZ`],
    ['the letters of inline in any case', LINE.replace('inline', 'INLINE')],
  ])('takes %s', (_, line) => {
    expect(answerTo(sdp('RTP/SAVP', line))).toMatchObject({ ok: true, media: { srtp: { receiveKey: KEY_BYTES } } });
  });

  it.each([
    ['an MKI', `${LINE}|2^20|1:4`],
    ['an MKI without a lifetime', `${LINE}|1:1`],
    ['several keys', `${LINE}|2^20|1:4;inline:${KEY}|2^20|2:4`],
    ['a key derivation rate', `${LINE} KDR=1`],
    ['no encryption', `${LINE} UNENCRYPTED_SRTP`],
    ['no authentication', `${LINE} UNAUTHENTICATED_SRTP`],
    ['FEC', `${LINE} FEC_ORDER=FEC_SRTP`],
    ['an unknown parameter', `${LINE} FOO`],
    ['an unknown suite', `1 SEED_CTR_128_HMAC_SHA1_80 inline:${KEY}`],
    ['another key method', `1 ${AES_80} uri:https://example.com/key`],
    ['no base64', `1 ${AES_80} inline:${KEY.replace('d', '!')}`],
    ['no tag', `${AES_80} inline:${KEY}`],
    ['a tag of ten digits', `1234567890 ${AES_80} inline:${KEY}`],
    ['nothing', ''],
    ['more than anybody writes', `${LINE} ${'-X=y '.repeat(200)}`],
  ])('refuses a line with %s, and shows no key', (_, line) => {
    const answered = answerTo(sdp('RTP/SAVP', line));
    expect(answered).toMatchObject({ ok: false, refusal: { code: 'no-common-crypto' } });
    expect(JSON.stringify(answered)).not.toContain(KEY.slice(1, 8));
    // Over AVP a peer would take plain RTP as well.
    expect(answerTo(sdp('RTP/AVP', line))).toMatchObject({ ok: true, media: { srtp: null } });
  });

  it('where it is demanded: no stream in the clear', () => {
    const demanding = srtp();
    expect(answerTo(sdp('RTP/AVP'), demanding)).toMatchObject({ ok: false, refusal: { code: 'no-crypto' } });
    expect(answerTo(sdp('RTP/AVP', LINE), demanding)).toMatchObject({ ok: true, media: { srtp: { suite: AES_80 } } });
    expect(answerTo(sdp('RTP/SAVP', LINE), demanding)).toMatchObject({ ok: true });
    expect(answerTo(sdp('RTP/SAVP'), demanding)).toMatchObject({ ok: false, refusal: { code: 'no-crypto' } });
  });

  it('where there is none of it: SAVP is not understood, and keys beside AVP are nothing', () => {
    expect(answerTo(sdp('RTP/SAVP', LINE), null)).toMatchObject({ refusal: { code: 'unsupported-protocol' } });
    expect(answerTo(sdp('RTP/AVP', LINE), null)).toMatchObject({ ok: true, media: { srtp: null } });
  });

  it('takes the stream that it can of one with and one without', () => {
    const both = `${sdp('RTP/SAVP', LINE)}m=audio 6000 RTP/AVP 0\r\n`;
    expect(answerTo(both)).toMatchObject({ media: { remotePort: 5000, srtp: { suite: AES_80 } } });
    expect(answerTo(both, null)).toMatchObject({ media: { remotePort: 6000, srtp: null } });
  });
});

it('a line that cannot be read is quoted without the key in it', () => {
  for (const line of [`a =crypto:${LINE}`, `a=:crypto ${LINE}`, `crypto:${LINE}`, `x${LINE}`]) {
    const answered = answerTo(`${sdp('RTP/SAVP')}${line}\r\n`);
    expect(answered).toMatchObject({ ok: false, refusal: { code: 'bad-line' } });
    expect(JSON.stringify(answered)).not.toContain(KEY.slice(1, 8));
  }
});
