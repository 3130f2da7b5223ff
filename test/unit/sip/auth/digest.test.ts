import { describe, expect, it } from 'vitest';
import { algorithmOf, digestKey, digestResponse, nonceCountText } from '../../../../src/sip/auth/digest.js';

interface Vector {
  readonly algorithm: string;
  readonly user: string;
  readonly realm: string;
  readonly password: string;
  readonly nonce: string;
  readonly cnonce: string;
  readonly method: string;
  readonly uri: string;
  readonly qop: 'auth' | 'auth-int' | null;
  readonly body?: string;
  readonly response: string;
}

function answer({ algorithm, method, uri, nonce, cnonce, qop, body = '', ...identity }: Vector): string {
  const found = algorithmOf(algorithm);
  if (found === null) throw new Error(`unknown algorithm ${algorithm}`);
  const key = digestKey(found, { ...identity, nonce, cnonce });
  const counted = qop === null ? null : { qop, nonceCount: nonceCountText(1), cnonce, body };
  return digestResponse(found, { key, method, uri, nonce, counted });
}

/** RFC 7616 §3.9.1. */
const MUFASA = {
  user: 'Mufasa',
  realm: 'http-auth@example.org',
  password: 'Circle of Life',
  method: 'GET',
  uri: '/dir/index.html',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  qop: 'auth' as const,
};
/** RFC 2617 §3.5. */
const OLD_MUFASA = {
  ...MUFASA,
  realm: 'testrealm@host.com',
  password: 'Circle Of Life',
  nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
  cnonce: '0a4f113b',
};
/** Made with another implementation. */
const ALICE = {
  user: 'alice',
  realm: 'example.com',
  password: 'secret',
  method: 'REGISTER',
  uri: 'sip:example.com',
  nonce: 'abc123',
  cnonce: 'deadbeef',
  qop: 'auth' as const,
};

const VECTORS: readonly (readonly [string, Vector])[] = [
  ['RFC 7616 MD5', { ...MUFASA, algorithm: 'MD5', response: '8ca523f5e9506fed4657c9700eebdbec' }],
  [
    'RFC 7616 SHA-256',
    {
      ...MUFASA,
      algorithm: 'SHA-256',
      response: '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    },
  ],
  ['RFC 2617 MD5', { ...OLD_MUFASA, algorithm: 'MD5', response: '6629fae49393a05397450978507c4ef1' }],
  ['SIP MD5', { ...ALICE, algorithm: 'md5', response: '7d10b13a9967c2f401b5a093942fae73' }],
  [
    'SIP SHA-256',
    { ...ALICE, algorithm: 'SHA-256', response: '8ab6395d6a507dcde16657474f2b71364fc6ed8cd01f5e70155c53e3c49eb02e' },
  ],
  [
    'SIP SHA-512-256',
    {
      ...ALICE,
      algorithm: 'SHA-512-256',
      response: '4581dd02843c9d70f9469086817db7de33f9c9f7b58489cdb4e8f145da239aad',
    },
  ],
  ['SIP MD5 without qop', { ...ALICE, algorithm: 'MD5', qop: null, response: 'd1d211daa2e0d7f43de25792410f5057' }],
  [
    'SIP SHA-256 without qop',
    {
      ...ALICE,
      algorithm: 'SHA-256',
      qop: null,
      response: '6213c93c4b2539d66235d6582af2a4afb9d42dd2207d5b2ceb4df162c78dc441',
    },
  ],
  [
    'SIP MD5 auth-int without a body',
    { ...ALICE, algorithm: 'MD5', qop: 'auth-int', body: '', response: '24dacc14c5446830dd631f9040b8ad03' },
  ],
  [
    'SIP MD5 auth-int with a body',
    { ...ALICE, algorithm: 'MD5', qop: 'auth-int', body: 'v=0\r\n', response: 'c8330c396d5132ab967293636b0461ce' },
  ],
  [
    'SIP SHA-256 auth-int without a body',
    {
      ...ALICE,
      algorithm: 'SHA-256',
      qop: 'auth-int',
      body: '',
      response: '9ab618c3220b8b34cf4c4ae3acad2ee674be05fa564fd423116e70c555b26fee',
    },
  ],
  [
    'SIP SHA-256 auth-int with a body',
    {
      ...ALICE,
      algorithm: 'SHA-256',
      qop: 'auth-int',
      body: 'v=0\r\n',
      response: 'a1ab086c17b9ba68ec3c382786946c027bc8d81a0d62449053660f5a02853550',
    },
  ],
  ['SIP MD5-sess', { ...ALICE, algorithm: 'MD5-sess', response: 'ebf920c8012561b03946d4e75558cd62' }],
  [
    'SIP SHA-256-sess',
    {
      ...ALICE,
      algorithm: 'SHA-256-sess',
      response: '629e95e8ad4dec14a5ff2f71ae01d52ca94376013725ca75f9bb3186cbe40d2b',
    },
  ],
];

describe('digest', () => {
  it.each(VECTORS)('%s', (_, vector) => {
    expect(answer(vector)).toBe(vector.response);
  });

  it('knows no other algorithm, and no name that an object has by itself', () => {
    for (const name of ['', 'SHA-1', 'AKAv1-MD5', 'constructor', '__proto__', '-sess', 'MD5-sess-sess']) {
      expect(algorithmOf(name)).toBeNull();
    }
  });

  it('counts nonces in eight hex digits', () => {
    expect([nonceCountText(1), nonceCountText(26), nonceCountText(0x1_0000)]).toEqual([
      '00000001',
      '0000001a',
      '00010000',
    ]);
  });
});
