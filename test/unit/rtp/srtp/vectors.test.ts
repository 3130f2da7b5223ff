/** Published values: RFC 3711 appendix B, RFC 6188 §7, RFC 7714 §16 and §17, RFC 2202 §3, and the reference packets of libsrtp. */
import { describe, expect, it } from 'vitest';
import { srtpSuite, type SrtpSuiteName } from '../../../../src/lib/srtp-suite.js';
import { rtpHeaderBytes } from '../../../../src/rtp/packet.js';
import { COUNTER_FORM, CounterMode } from '../../../../src/rtp/srtp/counter-mode.js';
import { Gcm } from '../../../../src/rtp/srtp/gcm.js';
import { HmacSha1 } from '../../../../src/rtp/srtp/hmac-sha1.js';
import { deriveSessionKeys } from '../../../../src/rtp/srtp/key-derivation.js';
import { Keystream } from '../../../../src/rtp/srtp/keystream.js';
import { transformOf } from '../../../../src/rtp/srtp/sender.js';
import type { PacketPlace, Transform } from '../../../../src/rtp/srtp/transform.js';
import { bytes, hex } from './hex.js';

const KEY_128 = 'e1f97a0d3e018be0d64fa32c06de4139';
const SALT_128 = '0ec675ad498afeebb6960b3aabe6';
const KEY_256 = 'f0f04914b513f2763a1b1fa130f10e29 98f6f6e43e4309d1e622a0e332b9f1b6';
const SALT_256 = '3b04803de51ee7c96423ab5b78d2';
const GCM_SALT = 'a0a1a2a3a4a5a6a7a8a9aaab';
const COUNT_128 = '000102030405060708090a0b0c0d0e0f';
const COUNT_256 = `${COUNT_128}101112131415161718191a1b1c1d1e1f`;

describe('session keys', () => {
  it('RFC 3711 B.3: from a key of 128 bits', () => {
    const { rtp } = deriveSessionKeys(srtpSuite('AES_CM_128_HMAC_SHA1_80'), bytes(KEY_128 + SALT_128));
    expect(hex(rtp.key)).toBe('c61e7a93744f39ee10734afe3ff7a087');
    expect(hex(rtp.salt)).toBe('30cbbc08863d8c85d49db34a9ae1');
    expect(hex(rtp.authKey)).toBe('cebe321f6ff7716b6fd4ab49af256a156d38baa4');
  });

  it('RFC 6188 §7.2: from a key of 256 bits', () => {
    const { rtp } = deriveSessionKeys(srtpSuite('AES_256_CM_HMAC_SHA1_80'), bytes(KEY_256 + SALT_256));
    expect(hex(rtp.key)).toBe('5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4');
    expect(hex(rtp.salt)).toBe('fa31791685ca444a9e07c6c64e93');
    expect(hex(rtp.authKey)).toBe('fd9c32d39ed5fbb5a9dc96b30818454d1313dc05');
  });

  it('for GCM from a salt of 96 bits, those of RTCP too (computed with openssl enc -aes-*-ctr)', () => {
    const short = deriveSessionKeys(srtpSuite('AEAD_AES_128_GCM'), bytes(COUNT_128 + GCM_SALT));
    expect(hex(short.rtp.key)).toBe('077c6143cb221bc355ff23d5f984a16e');
    expect(hex(short.rtp.salt)).toBe('9af3e95364ebac9c99c5a7c4');
    expect(hex(short.rtcp.key)).toBe('615dcd9042600666f6fd4d9e4fe4519f');
    expect(hex(short.rtcp.salt)).toBe('fcca937b9112a500dac72269');
    const long = deriveSessionKeys(srtpSuite('AEAD_AES_256_GCM'), bytes(COUNT_256 + GCM_SALT));
    expect(hex(long.rtp.key)).toBe('b7a435ce454463b760dc82c838468a115c699625af4b93a0f8220a2a6119c5d0');
    expect(hex(long.rtcp.key)).toBe('3c90f52a0a13ff8a853397cadc245b9eac76b36edb4a6062bf624aa1174eebf2');
    expect(hex(long.rtp.salt)).toBe('944bd21c268a962cd09c674a');
    expect(hex(long.rtcp.salt)).toBe('258c540cf38ddd40848ceaed');
  });

  it('are not made from a master key of another length', () => {
    expect(() => transformOf('AES_CM_128_HMAC_SHA1_80', new Uint8Array(28))).toThrow('expected 30 bytes');
    expect(() => transformOf('AEAD_AES_128_GCM', new Uint8Array(30))).toThrow('expected 28 bytes');
  });
});

function apply(keystream: Keystream, data: Uint8Array, from: number, place: PacketPlace): void {
  keystream.apply(data, from, data.length, keystream.prepare(place, data.length - from));
}

describe('keystream', () => {
  const SALT = 'f0f1f2f3f4f5f6f7f8f9fafbfcfd';
  it.each([
    [
      'RFC 3711 B.2',
      '2b7e151628aed2a6abf7158809cf4f3c',
      ['e03ead0935c95e80e166b16dd92b4eb4', 'd23513162b02d0f72a43a2fe4a5f97ab', '41e95b3bb0a2e8dd477901e4fca894c0'],
      ['ec8cdf7398607cb0f2d21675ea9ea1e4', '362b7c3c6773516318a077d7fc5073ae', '6a2cc3787889374fbeb4c81b17ba6c44'],
    ],
    [
      'RFC 6188 §7.1',
      '57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98',
      ['92bdd28a93c3f52511c677d08b5515a4', '9da71b2378a854f67050756ded165bac', '63c4868b7096d88421b563b8c94c9a31'],
      ['cea518c90fd91ced9cbb18c078a54711', '3dbc4814f4da5f00a08772b63c6a046d', '6eb246913062a16891433e97dd01a57f'],
    ],
  ])('%s: its first blocks, and those around block 65280', (_, key, first, last) => {
    const data = new Uint8Array(0xff02 * 16);
    apply(new Keystream({ key: bytes(key), salt: bytes(SALT) }, COUNTER_FORM), data, 0, { ssrc: 0, index: 0 });
    expect(hex(data.subarray(0, 48))).toBe(first.join(''));
    expect(hex(data.subarray(0xfeff * 16))).toBe(last.join(''));
  });

  it('is the same whether packets come in order, in turns, alone, or longer than before', () => {
    const alone = (ssrc: number, index: number, length: number): string => {
      const data = new Uint8Array(length);
      apply(new Keystream({ key: bytes(COUNT_128), salt: bytes(SALT) }, COUNTER_FORM), data, 0, { ssrc, index });
      return hex(data);
    };
    const stream = new Keystream({ key: bytes(COUNT_128), salt: bytes(SALT) }, COUNTER_FORM);
    const places: [ssrc: number, index: number, length: number][] = [
      ...Array.from({ length: 40 }, (_, i): [number, number, number] => [7, 0xffff_fff0 + i, 160]),
      [7, 0xffff_fff1, 160],
      [7, 0xffff_fff2, 161],
      [7, 0xffff_fff3, 4],
      [8, 0xffff_fff4, 160],
      [7, 0xffff_ffff, 0],
      [7, 0x1_0000_0000, 2560],
    ];
    for (const [ssrc, index, length] of places) {
      const data = new Uint8Array(length + 12);
      apply(stream, data, 12, { ssrc, index });
      expect(hex(data.subarray(12))).toBe(alone(ssrc, index, length));
    }
  });
});

it('HMAC-SHA1: RFC 2202 §3, short keys', () => {
  const cases: [key: string, data: string, digest: string][] = [
    ['0b'.repeat(20), Buffer.from('Hi There').toString('hex'), 'b617318655057264e28bc0b6fb378c8ef146be00'],
    [
      Buffer.from('Jefe').toString('hex'),
      Buffer.from('what do ya want for nothing?').toString('hex'),
      'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
    ],
    ['aa'.repeat(20), 'dd'.repeat(50), '125d7342b9ac11cd91a39af48aa17b4f63f175d3'],
    ['0102030405060708090a0b0c0d0e0f10111213141516171819', 'cd'.repeat(50), '4c9007f4026250c6bc8414f9bf50c86c2d7235da'],
  ];
  for (const [key, data, digest] of cases) {
    const message = bytes(data);
    const tag = new Uint8Array(20);
    new HmacSha1(bytes(key)).compute(message, message.length, tag, 20);
    expect(hex(tag)).toBe(digest);
  }
});

/** Places one packet and gives what is sent. */
function sealRtp(transform: Transform, plain: Uint8Array, place: PacketPlace): Uint8Array {
  const data = new Uint8Array(plain.length + 20);
  data.set(plain);
  return data.subarray(0, transform.sealRtp(data, rtpHeaderBytes(plain, plain.length), plain.length, place));
}

function sealRtcp(transform: Transform, plain: Uint8Array, place: PacketPlace): Uint8Array {
  const data = new Uint8Array(plain.length + 20);
  data.set(plain);
  return data.subarray(0, transform.sealRtcp(data, plain.length, place));
}

describe('reference packets of libsrtp', () => {
  const PLAIN = `800f1234decafbadcafebabe${'ab'.repeat(16)}`;
  const PLAIN_RTCP = `81c8000bcafebabe${'ab'.repeat(16)}`;
  const rtpAt = { ssrc: 0xcafebabe, index: 0x1234 };

  it.each([
    [
      'AES_CM_128_HMAC_SHA1_80',
      KEY_128 + SALT_128,
      '800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb',
    ],
    [
      'AES_256_CM_HMAC_SHA1_80',
      KEY_256 + SALT_256,
      '800f1234decafbadcafebabef1d9de17ff251ff1aa007774b0b4b40da08d9d9a5b3a55d8873b',
    ],
    [
      'AEAD_AES_128_GCM',
      COUNT_128 + GCM_SALT,
      '800f1234decafbadcafebabec5002ede04cfdd2eb91159e0880aa06ed2976826f796b201df3131a127e8a392',
    ],
    [
      'AEAD_AES_256_GCM',
      COUNT_256 + GCM_SALT,
      '800f1234decafbadcafebabe0af7f21e8a90bdad7a425c9c31ed4bb1d90238917e7390a2793500e1681acaea',
    ],
  ] as [SrtpSuiteName, string, string][])('%s', (suite, master, sent) => {
    const transform = transformOf(suite, bytes(master));
    expect(hex(sealRtp(transform, bytes(PLAIN), { ...rtpAt }))).toBe(sent);
    const data = bytes(sent);
    const length = transform.openRtp(data, 12, data.length, { ...rtpAt });
    expect(hex(data.subarray(0, length))).toBe(PLAIN);
  });

  it('a tag of 32 bits is the beginning of that of 80', () => {
    const transform = transformOf('AES_CM_128_HMAC_SHA1_32', bytes(KEY_128 + SALT_128));
    expect(hex(sealRtp(transform, bytes(PLAIN), { ...rtpAt }))).toBe(
      '800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc',
    );
  });

  it.each([
    [
      'AES_CM_128_HMAC_SHA1_80',
      KEY_128 + SALT_128,
      '81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798',
    ],
    // RFC 4568 §6.2.2: a short tag is for RTP alone.
    [
      'AES_CM_128_HMAC_SHA1_32',
      KEY_128 + SALT_128,
      '81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798',
    ],
    [
      'AEAD_AES_128_GCM',
      COUNT_128 + GCM_SALT,
      '81c8000bcafebabec98b8b5df0392a55852b6c21ac8e7025c52c6fbea2b3b446ea31123ba88ce61e80000001',
    ],
  ] as [SrtpSuiteName, string, string][])('%s: RTCP', (suite, master, sent) => {
    const transform = transformOf(suite, bytes(master));
    expect(hex(sealRtcp(transform, bytes(PLAIN_RTCP), { ssrc: 0xcafebabe, index: 1 }))).toBe(sent);
    const data = bytes(sent);
    const place = { ssrc: 0xcafebabe, index: 0 };
    const length = transform.openRtcp(data, data.length, place);
    expect([hex(data.subarray(0, length)), place.index]).toEqual([PLAIN_RTCP, 1]);
  });
});

/** The RFC gives session keys: put in the place of those that are derived. */
function gcmWithSessionKey(name: SrtpSuiteName, key: string): Gcm {
  const keys = { key: bytes(key), salt: bytes('517569642070726f2071756f'), authKey: new Uint8Array(20) };
  return new Gcm(srtpSuite(name), new Uint8Array(0), { rtp: keys, rtcp: keys });
}

describe('RFC 7714', () => {
  const RTP = `8040f17b8041f8d35501a0b2${Buffer.from('Gallia est omnis divisa in partes tres').toString('hex')}`;
  const RTCP =
    '81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef';
  const place = { ssrc: 0x5501a0b2, index: 0xf17b };

  it.each([
    [
      'AEAD_AES_128_GCM',
      COUNT_128,
      `8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833
       899d7f27beb16a9152cf765ee4390cce`,
    ],
    [
      'AEAD_AES_256_GCM',
      COUNT_256,
      `8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b
       7aa3db36dfffd6b0f9bb7878d7a76c13`,
    ],
  ] as [SrtpSuiteName, string, string][])('§16: %s', (suite, key, text) => {
    const gcm = gcmWithSessionKey(suite, key);
    const sent = bytes(text);
    expect(hex(sealRtp(gcm, bytes(RTP), { ...place }))).toBe(hex(sent));
    expect(gcm.openRtp(sent, 12, sent.length, { ...place })).toBe(50);
    expect(hex(sent.subarray(0, 50))).toBe(RTP);
  });

  it.each([
    [
      '§17.1 AEAD_AES_128_GCM',
      'AEAD_AES_128_GCM',
      COUNT_128,
      `81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded
       0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4`,
    ],
    [
      '§17.2 AEAD_AES_256_GCM',
      'AEAD_AES_256_GCM',
      COUNT_256,
      `81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de047
       6f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4`,
    ],
  ] as [string, SrtpSuiteName, string, string][])('%s: RTCP', (_, suite, key, text) => {
    const gcm = gcmWithSessionKey(suite, key);
    const sent = bytes(text);
    expect(hex(sealRtcp(gcm, bytes(RTCP), { ssrc: 0x4d617273, index: 0x5d4 }))).toBe(hex(sent));
    const found = { ssrc: 0x4d617273, index: 0 };
    expect(gcm.openRtcp(sent, sent.length, found)).toBe(RTCP.length / 2);
    expect([hex(sent.subarray(0, RTCP.length / 2)), found.index]).toEqual([RTCP, 0x5d4]);
  });

  it.each([
    ['§17.3', 'AEAD_AES_128_GCM', COUNT_128, '841dd9683dd78ec92ae58790125f62b3'],
    ['§17.4', 'AEAD_AES_256_GCM', COUNT_256, '91db4afbfeee5a978fab4393ed2615fe'],
  ] as [string, SrtpSuiteName, string, string][])('%s %s: RTCP that is authenticated only', (_, suite, key, tag) => {
    const gcm = gcmWithSessionKey(suite, key);
    const sent = bytes(`${RTCP}${tag}000005d4`);
    expect(gcm.openRtcp(sent, sent.length, { ssrc: 0x4d617273, index: 0 })).toBe(RTCP.length / 2);
    expect(hex(sent.subarray(0, RTCP.length / 2))).toBe(RTCP);
  });
});

it('RTCP of counter mode may be left readable by its sender, and is authenticated all the same', () => {
  const transform = new CounterMode(srtpSuite('AES_CM_128_HMAC_SHA1_80'), bytes(KEY_128 + SALT_128));
  const { rtcp } = deriveSessionKeys(srtpSuite('AES_CM_128_HMAC_SHA1_80'), bytes(KEY_128 + SALT_128));
  const plain = `81c8000bcafebabe${'ab'.repeat(16)}`;
  const authenticated = bytes(`${plain}00000007`);
  const tag = new Uint8Array(10);
  new HmacSha1(rtcp.authKey).compute(authenticated, authenticated.length, tag, 10);
  const data = bytes(hex(authenticated) + hex(tag));
  const place = { ssrc: 0xcafebabe, index: 0 };
  const length = transform.openRtcp(data, data.length, place);
  expect([hex(data.subarray(0, length)), place.index]).toEqual([plain, 7]);
  data[9] = data[9]! ^ 1;
  expect(transform.openRtcp(data, data.length, place)).toBe(-1);
});
