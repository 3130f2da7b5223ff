import { describe, expect, it } from 'vitest';
import { answerableChallenges, digestChallenge, parseChallenges } from '../../../../src/sip/auth/challenge.js';
import { SipParseError } from '../../../../src/sip/message/parse-error.js';

const plain = (value: string): [string, Record<string, string>][] =>
  parseChallenges(value).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

const parameters = (count: number): string => Array.from({ length: count }, (_, index) => `p${index}=1`).join(',');

describe('the challenges of a header value', () => {
  it('come with names in lower case, values without quotes and escapes', () => {
    expect(
      plain(String.raw`DIGEST Realm="a \"b\", c\\d", NONCE="n=1,2" , opaque="", stale=TRUE,algorithm=MD5,x=y`),
    ).toEqual([
      [
        'digest',
        {
          realm: String.raw`a "b", c\d`,
          nonce: 'n=1,2',
          opaque: '',
          stale: 'TRUE',
          algorithm: 'MD5',
          x: 'y',
        },
      ],
    ]);
  });

  it('may be several, empty ones among them', () => {
    expect(plain('Basic realm="b", , Digest realm="d",nonce = "n", Negotiate')).toEqual([
      ['basic', { realm: 'b' }],
      ['digest', { realm: 'd', nonce: 'n' }],
      ['negotiate', {}],
    ]);
    expect(plain('')).toEqual([]);
    expect(plain('Negotiate YIIabc==')).toEqual([['negotiate', { yiiabc: '=' }]]);
  });

  it('the first of equal parameters counts', () => {
    expect(plain('Digest nonce="1", nonce="2"')).toEqual([['digest', { nonce: '1' }]]);
  });

  it.each(['="x"', 'Digest realm="open', 'Digest re/alm="x"', 'Digest realm="x" ; nonce', '"Digest"'])(
    'refuses %s',
    (value) => {
      expect(() => parseChallenges(value)).toThrow(SipParseError);
    },
  );

  it('are bounded in number', () => {
    expect(plain(`Digest ${parameters(32)}`)[0]?.[1]).toHaveProperty('p31');
    expect(() => parseChallenges(`Digest ${parameters(33)}`)).toThrow('at most 32 parameters');
    expect(parseChallenges('A,'.repeat(16))).toHaveLength(16);
    expect(() => parseChallenges('A,'.repeat(17))).toThrow('at most 16 challenges');
  });
});

const digest = (rest: string) => {
  const [first] = parseChallenges(`Digest realm="r", nonce="n"${rest}`);
  return first === undefined ? null : digestChallenge(first);
};

describe('a challenge that can be answered', () => {
  it('is MD5 without qop when it says nothing', () => {
    expect(digest('')).toEqual({
      realm: 'r',
      nonce: 'n',
      opaque: null,
      algorithm: { hash: 'md5', isSession: false },
      algorithmText: null,
      qop: null,
      stale: false,
    });
  });

  it('takes qop auth out of a list, and reads stale in any case', () => {
    expect(digest(', qop="auth-int, AUTH", stale="True"')).toMatchObject({ qop: 'auth', stale: true });
    expect(digest(', qop="auth-int, x"')).toMatchObject({ qop: 'auth-int' });
    expect(digest(', qop=auth, algorithm=sha-256-SESS')).toMatchObject({
      qop: 'auth',
      algorithm: { hash: 'sha256', isSession: true },
      algorithmText: 'sha-256-SESS',
    });
    expect(digest(', stale="false"')).toMatchObject({ stale: false });
  });

  it.each([', qop="auth-conf"', ', algorithm=SHA-1', ', algorithm=MD5-sess', `, opaque="${'x'.repeat(1025)}"`])(
    'is not one with %s',
    (rest) => {
      expect(digest(rest)).toBeNull();
    },
  );

  it('needs realm, nonce and the scheme Digest', () => {
    expect(answerableChallenges(['Digest realm="r"', 'Digest nonce="n"', 'Basic realm="r", nonce="n"'])).toEqual([]);
  });
});

const algorithms = (values: readonly string[]): string[] =>
  answerableChallenges(values).map(({ realm, algorithmText }) => `${realm} ${algorithmText}`);

const of = (realm: string, algorithm: string): string =>
  `Digest realm="${realm}", nonce="n", algorithm=${algorithm}, qop="auth"`;

describe('of several challenges', () => {
  it('the topmost known one of each realm is answered (RFC 8760 §2.4)', () => {
    expect(algorithms([of('a', 'SHA-999'), of('a', 'SHA-256'), of('a', 'MD5'), of('b', 'MD5')])).toEqual([
      'a SHA-256',
      'b MD5',
    ]);
    expect(algorithms([`${of('a', 'MD5')}, ${of('a', 'SHA-256')}`])).toEqual(['a MD5']);
  });

  it('one that cannot be read hides none of the others', () => {
    expect(algorithms(['Digest realm="', of('a', 'MD5')])).toEqual(['a MD5']);
  });
});
