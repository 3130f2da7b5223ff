import { describe, expect, it } from 'vitest';
import { maskSecrets } from '../../../../src/sip/message/masking.js';

describe('secrets in a message', () => {
  it('of a digest answer are masked, what explains a refusal is not', () => {
    const masked = maskSecrets(
      'INVITE sip:a@b SIP/2.0\r\nAuthorization: Digest username="alice", realm="pbx, inc", nonce="abc", ' +
        'uri="sip:a@b", response="6629fae49393a05397450978507c4ef1", cnonce="x\\"y", nc=00000001, qop=auth, ' +
        'algorithm=SHA-256\r\nCSeq: 2 INVITE\r\n\r\n',
    );
    expect(masked).toBe(
      'INVITE sip:a@b SIP/2.0\r\nAuthorization: Digest username=[masked], realm="pbx, inc", nonce=[masked], ' +
        'uri=[masked], response=[masked], cnonce=[masked], nc=00000001, qop=auth, ' +
        'algorithm=SHA-256\r\nCSeq: 2 INVITE\r\n\r\n',
    );
  });

  it('stay masked in folded lines, other cases, other schemes, and without a scheme', () => {
    for (const line of [
      'PROXY-AUTHORIZATION : Digest realm="r",\r\n response="s3cret"',
      'proxy-authorization: Digest\r\n\tresponse="s3cret"',
      'Authorization: Basic czNjcmV0OnMzY3JldA== s3cret',
      'Authorization: s3cret',
      'Authorization: Digest response="s3cret',
      'Authorization: Digest response=s3cret;s3cret',
      'Authentication-Info: rspauth="s3cret", qop=auth',
    ]) {
      const masked = maskSecrets(`BYE sip:a@b SIP/2.0\r\n${line}\r\nVia: x\r\n\r\n`);
      expect(masked).toContain('[masked]');
      expect(masked).not.toMatch(/s3cret|czNjcmV0/);
      expect(masked).toContain('\r\nVia: x\r\n\r\n');
    }
  });

  it('in URIs are masked, and a port is no password', () => {
    expect(maskSecrets('Contact: <sip:bob:hunter2@10.0.0.1:5060>, "x" <sips:c:d@e>\r\n')).toBe(
      'Contact: <sip:bob:[masked]@10.0.0.1:5060>, "x" <sips:c:[masked]@e>\r\n',
    );
    const plain = 'INVITE sip:bob@10.0.0.1:5060;transport=udp SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::1]:5060\r\n';
    expect(maskSecrets(plain)).toBe(plain);
  });

  it('keys of SDP are masked, the rest of it is kept', () => {
    expect(
      maskSecrets(
        'v=0\r\nk=clear:key1\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:key2|2^20\r\na=ice-pwd:key3\r\na=x:1',
      ),
    ).toBe(
      'v=0\r\nk=clear:[masked]\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:[masked]\r\na=ice-pwd:[masked]\r\na=x:1',
    );
  });

  it('keys of SRTP are masked however the line is written', () => {
    const key = 'd0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj';
    for (const [line, shown] of [
      [`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}|2^20|1:4;inline:${key} WSH=64`, '1 AES_CM_128_HMAC_SHA1_80'],
      [`A=CRYPTO:2 AES_256_CM_HMAC_SHA1_80 INLINE:${key}`, '2 AES_256_CM_HMAC_SHA1_80'],
      [`a=crypto: 3  AEAD_AES_128_GCM \t inline:${key}`, 'AEAD_AES_128_GCM'],
      [`a=crypto:4 AES_CM_128_HMAC_SHA1_80${' '.repeat(300)}inline:${key}`, '4 AES_CM_128_HMAC_SHA1_80'],
      [`a=crypto:5 AES_CM_128_HMAC_SHA1_80 ${key}`, '5 AES_CM_128_HMAC_SHA1_80'],
      [`a=crypto:inline:${key}`, 'a=crypto:'],
      [`a=crypto:${key}`, 'a=crypto:'],
      [`a=key-mgmt:mikey ${key}`, 'mikey'],
    ]) {
      const masked = maskSecrets(`v=0\r\n${line}\r\na=sendrecv\r\n`);
      expect(masked).not.toContain(key.slice(1, 8));
      expect(masked).toContain(shown);
      expect(masked).toContain('[masked]\r\na=sendrecv\r\n');
    }
  });

  it('in hostile text cost no more than its length', () => {
    for (const piece of [
      'Authorization: a="',
      'a:b:',
      'sip:',
      'Authorization: Digest a="\\',
      '\r\n \r\n ',
      'a=crypto:1 A_',
    ]) {
      expect(maskSecrets(piece.repeat(4096 / piece.length)).length).toBeGreaterThan(0);
    }
  });
});
