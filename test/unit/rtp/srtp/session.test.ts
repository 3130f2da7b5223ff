/** What a leg sends and takes under SRTP: rollover, replays, forged packets, several sources, new keys. */
import { describe, expect, it } from 'vitest';
import { SRTP_SUITE_NAMES, srtpSuite, type SrtpKeys, type SrtpSuiteName } from '../../../../src/lib/srtp-suite.js';
import { RtpHeader, writeRtpHeader } from '../../../../src/rtp/packet.js';
import { guessIndex, ReplayWindow } from '../../../../src/rtp/srtp/packet-index.js';
import { agreedSession, SrtpSession } from '../../../../src/rtp/srtp/session.js';
import { hex } from './hex.js';

const SUITE: SrtpSuiteName = 'AES_CM_128_HMAC_SHA1_80';

function keyOf(suite: SrtpSuiteName, seed: number): Uint8Array {
  const { keyBytes, saltBytes } = srtpSuite(suite);
  return Uint8Array.from({ length: keyBytes + saltBytes }, (_, i) => (seed * 31 + i * 7) & 0xff);
}

const keys = (suite: SrtpSuiteName, send: number, receive: number): SrtpKeys => ({
  suite,
  sendKey: keyOf(suite, send),
  receiveKey: keyOf(suite, receive),
});

/** Two ends that know each other's keys. */
const twoEnds = (suite: SrtpSuiteName = SUITE): [SrtpSession, SrtpSession] => [
  new SrtpSession(keys(suite, 1, 2)),
  new SrtpSession(keys(suite, 2, 1)),
];

function rtp(sequence: number, ssrc = 0x1234_5678): Uint8Array {
  const packet = Uint8Array.from({ length: 172 }, (_, i) => (sequence + i) & 0xff);
  writeRtpHeader(
    packet,
    Object.assign(new RtpHeader(), { sequence: sequence & 0xffff, ssrc, timestamp: sequence * 160 }),
  );
  return packet;
}

const report = (ssrc = 0x1234_5678): Uint8Array => {
  const compound = Uint8Array.from({ length: 64 }, (_, i) => i);
  compound.set([0x80, 200, 0, 6, ssrc >>> 24, (ssrc >>> 16) & 0xff, (ssrc >>> 8) & 0xff, ssrc & 0xff]);
  return compound;
};

/** In a buffer as sockets have it, which is longer than the packet. */
function open(session: SrtpSession, packet: Uint8Array): { verdict: string; plain: string | null } {
  const data = new Uint8Array(2048);
  data.set(packet);
  const length = session.open(data, packet.length);
  return { verdict: session.verdict, plain: length < 0 ? null : hex(data.subarray(0, length)) };
}

const sent = (session: SrtpSession, packet: Uint8Array): Uint8Array => session.protectRtp(packet).slice();

describe.each(SRTP_SUITE_NAMES)('%s', (suite) => {
  it('what one end sends the other reads, and nobody between does', () => {
    const [one, other] = twoEnds(suite);
    const { rtpTagBytes, rtcpTagBytes } = srtpSuite(suite);
    for (let sequence = 100; sequence < 150; sequence++) {
      const plain = rtp(sequence);
      const packet = sent(one, plain);
      expect(packet.length).toBe(172 + rtpTagBytes);
      expect(hex(packet.subarray(0, 12))).toBe(hex(plain.subarray(0, 12)));
      expect(hex(packet)).not.toContain(hex(plain.subarray(12, 28)));
      expect(open(other, packet)).toEqual({ verdict: 'ok', plain: hex(plain) });
    }
    for (let n = 0; n < 3; n++) {
      const packet = one.protectRtcp(report()).slice();
      expect(packet.length).toBe(64 + 4 + rtcpTagBytes);
      expect(hex(packet)).not.toContain(hex(report().subarray(8, 24)));
      expect(open(other, packet)).toEqual({ verdict: 'ok', plain: hex(report()) });
      expect(open(other, packet).verdict).toBe('replay');
    }
  });

  it('a CSRC list, an extension, padding and an empty payload go through', () => {
    const [one, other] = twoEnds(suite);
    const csrc = rtp(1);
    csrc[0] = 0x82;
    const extension = rtp(2);
    extension.set([0x90], 0);
    extension.set([0xbe, 0xde, 0, 1, 9, 9, 9, 9], 12);
    const padded = rtp(3);
    padded[0] = 0xa0;
    padded[171] = 4;
    for (const packet of [csrc, extension, padded, rtp(4).subarray(0, 12)]) {
      expect(open(other, sent(one, packet))).toEqual({ verdict: 'ok', plain: hex(packet) });
    }
  });

  it('an end with another key reads nothing', () => {
    const [one] = twoEnds(suite);
    const stranger = new SrtpSession(keys(suite, 2, 3));
    expect(open(stranger, sent(one, rtp(1))).verdict).toBe('failed');
    expect(open(stranger, one.protectRtcp(report())).verdict).toBe('failed');
  });
});

describe('index', () => {
  it.each([
    // [highest, sequence, index]: RFC 3711 appendix A.
    [-1, 5, 5],
    [-1, 65_535, 65_535],
    [10, 11, 11],
    [10, 65_535, 65_535], // no rollover before the first
    [65_535, 0, 65_536],
    [65_536, 65_535, 65_535],
    [3 * 65_536 + 10, 65_530, 2 * 65_536 + 65_530],
    [3 * 65_536 + 65_530, 3, 4 * 65_536 + 3],
    [3 * 65_536 + 0x8000, 0, 3 * 65_536],
    [3 * 65_536 + 0x8001, 0, 4 * 65_536],
    [3 * 65_536 + 0x7fff, 0xffff, 3 * 65_536 + 0xffff],
    [3 * 65_536 + 0x7ffe, 0xffff, 2 * 65_536 + 0xffff],
  ])('after %i sequence %i is %i', (highest, sequence, index) => {
    expect(guessIndex(highest, sequence)).toBe(index);
  });

  it('is a replay when it was seen, or is 128 behind', () => {
    const window = new ReplayWindow();
    for (const index of [0, 5, 2 ** 40, 2 ** 40 - 100]) window.note(index);
    expect([5, 2 ** 40, 2 ** 40 - 100, 2 ** 40 - 128].map((index) => window.isReplay(index))).toEqual(
      Array(4).fill(true),
    );
    expect([2 ** 40 + 1, 2 ** 40 - 1, 2 ** 40 - 127].map((index) => window.isReplay(index))).toEqual(
      Array(3).fill(false),
    );
  });
});

describe('the rollover counter', () => {
  it('goes on over many wraps at both ends, with losses and in any near order', () => {
    const [one, other] = twoEnds();
    for (let at = 0; at < 4 * 65_536; at += 3000) {
      const packets = [at, at + 1, at + 2].map((sequence) => sent(one, rtp(sequence)));
      for (const packet of [packets[2]!, packets[0]!]) expect(open(other, packet).verdict).toBe('ok');
    }
  });

  it('is found where we began to listen after the first wrap', () => {
    const [one, other] = twoEnds();
    for (const sequence of [65_534, 65_535, 65_536]) sent(one, rtp(sequence));
    expect(open(other, sent(one, rtp(65_537))).verdict).toBe('ok');
  });

  it('does not move by forged packets', () => {
    const [one, other] = twoEnds();
    for (let sequence = 65_000; sequence < 65_010; sequence++) open(other, sent(one, rtp(sequence)));
    for (let sequence = 0; sequence < 100; sequence++) {
      expect(open(other, Uint8Array.from([...rtp(sequence), ...Array<number>(10).fill(1)])).verdict).toBe('failed');
    }
    expect(open(other, sent(one, rtp(65_010))).verdict).toBe('ok');
  });
});

describe('sources', () => {
  it('are apart: each has its own rollover and replays', () => {
    const [one, other] = twoEnds();
    const second = new SrtpSession(keys(SUITE, 1, 2));
    expect(open(other, sent(one, rtp(10, 1))).verdict).toBe('ok');
    expect(open(other, sent(second, rtp(10, 2))).verdict).toBe('ok');
    expect(open(other, sent(second, rtp(10, 2))).verdict).toBe('replay');
  });

  it('that are forged push out none', () => {
    const [one, other] = twoEnds();
    for (const sequence of [65_534, 65_535, 65_536]) open(other, sent(one, rtp(sequence)));
    for (let ssrc = 100; ssrc < 200; ssrc++) {
      open(other, Uint8Array.from([...rtp(1, ssrc), ...Array<number>(10).fill(1)]));
    }
    expect(open(other, sent(one, rtp(65_537))).verdict).toBe('ok');
    // Five authentic ones do: the one that was not heard for longest is forgotten, and so are its replays.
    const first = sent(one, rtp(65_538));
    open(other, first);
    for (let ssrc = 1; ssrc <= 4; ssrc++) open(other, sent(new SrtpSession(keys(SUITE, 1, 2)), rtp(1, ssrc)));
    expect(open(other, first).verdict).toBe('ok');
  });
});

describe('a new key', () => {
  it('of the far side: what is under way under the old one is still read, and then no more', () => {
    const [one, other] = twoEnds();
    open(other, sent(one, rtp(65_530)));
    const late = sent(one, rtp(65_531));
    const tooLate = sent(one, rtp(65_532));
    other.agree({ ...keys(SUITE, 2, 7) });
    one.agree({ ...keys(SUITE, 7, 2) });
    expect(open(other, late).verdict).toBe('ok');
    for (let sequence = 65_533; sequence < 65_700; sequence++) {
      expect(open(other, sent(one, rtp(sequence))).verdict).toBe('ok'); // RFC 3711 §3.3.1: the rollover goes on
    }
    expect(open(other, tooLate).verdict).toBe('failed');
  });

  it('is read from its first packet although the peer began again at rollover 0', () => {
    const [one, other] = twoEnds();
    for (const sequence of [65_535, 65_536, 65_537]) open(other, sent(one, rtp(sequence)));
    other.agree(keys(SUITE, 2, 7));
    const restarted = new SrtpSession(keys(SUITE, 7, 2));
    expect(open(other, sent(restarted, rtp(2))).verdict).toBe('ok');
    expect(open(other, sent(restarted, rtp(3))).verdict).toBe('ok');
  });

  it('or another suite takes effect on both ways; the same keys change nothing', () => {
    const [one, other] = twoEnds();
    const before = sent(one, rtp(10));
    expect(agreedSession(one, keys(SUITE, 1, 2))).toBe(one);
    open(other, before);
    expect(open(other, before).verdict).toBe('replay');
    one.agree(keys('AEAD_AES_256_GCM', 1, 2));
    other.agree(keys('AEAD_AES_256_GCM', 2, 1));
    expect(open(other, sent(one, rtp(11))).plain).toBe(hex(rtp(11)));
    expect(open(one, sent(other, rtp(11))).plain).toBe(hex(rtp(11)));
    expect(agreedSession(one, undefined)).toBeNull();
  });
});

it('a peer whose RTCP has the short tag of RTP is understood, and gets it so; one that keeps to the rule gets the long one', () => {
  const [one, other] = twoEnds('AES_CM_128_HMAC_SHA1_32');
  expect(open(other, one.protectRtcp(report()).slice()).verdict).toBe('ok');
  expect(other.protectRtcp(report())).toHaveLength(64 + 4 + 10);
  // The long tag begins with the short one.
  const short = one.protectRtcp(report()).slice(0, 64 + 4 + 4);
  expect(open(other, short)).toEqual({ verdict: 'ok', plain: hex(report()) });
  expect(other.protectRtcp(report())).toHaveLength(64 + 4 + 4);
  const forged = one.protectRtcp(report()).slice(0, 64 + 4 + 4);
  forged[30]! ^= 1;
  expect(open(other, forged).verdict).toBe('failed');
  const [strict, reader] = twoEnds('AES_CM_128_HMAC_SHA1_80');
  expect(open(reader, strict.protectRtcp(report()).slice(0, 64 + 4 + 4)).verdict).toBe('failed');
});

it('what is no packet at all is malformed, and nothing throws', () => {
  const [, other] = twoEnds();
  const datagrams = [[], [0], [0x80, 0], [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4], [0x80, 200, 0, 1]];
  expect(datagrams.map((datagram) => open(other, Uint8Array.from(datagram)).verdict)).toEqual(
    Array(5).fill('malformed'),
  );
  // A header that promises more than there is.
  expect(open(other, Uint8Array.from([0x9f, ...Array<number>(30).fill(0xff)])).verdict).toBe('malformed');
});
