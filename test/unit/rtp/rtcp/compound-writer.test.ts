import { describe, expect, it } from 'vitest';
import { CompoundWriter } from '../../../../src/rtp/rtcp/compound-writer.js';
import { encodeCname } from '../../../../src/rtp/rtcp/source-description.js';
import { blockOf, hexOf, senderReportOf } from './rtcp-bench.js';

const REPORT = senderReportOf({
  ssrc: 0x12345678,
  ntpSeconds: 0xb44db705,
  ntpFraction: 0x2000_0000,
  rtpTimestamp: 160_000,
  packetCount: 1000,
  octetCount: 160_000,
});
const BLOCK = blockOf({
  ssrc: 0xcafebabe,
  fractionLost: 12,
  cumulativeLost: 5,
  highestSequence: 65_549,
  jitter: 19,
  lastSr: 0xb7052000,
  delaySinceLastSr: 0x0005_4000,
});

/** Worked out by hand from the diagrams of RFC 3550. */
const SR_AND_SDES =
  '81c8000c12345678b44db7052000000000027100000003e800027100cafebabe0c0000050001000d00000013b705200000054000' +
  '81ca0003123456780103614062000000';

describe('CompoundWriter', () => {
  it('writes SR and SDES as the reference has them', () => {
    const writer = new CompoundWriter();
    writer.senderReport(REPORT, [BLOCK]);
    writer.cname(0x12345678, encodeCname('a@b'));
    expect(hexOf(writer.bytes())).toBe(SR_AND_SDES);
  });

  it('writes an RR without a block, and a BYE with its reason filled up with zeros, over what was there', () => {
    const writer = new CompoundWriter();
    writer.senderReport(REPORT, [BLOCK, BLOCK, BLOCK]);
    writer.bytes();
    writer.receiverReport(7, []);
    writer.cname(7, encodeCname('c'));
    writer.bye(7, 'over');
    expect(hexOf(writer.bytes())).toBe('80c900010000000781ca0002000000070101630081cb000300000007046f766572000000');
  });

  it('writes a BYE without a reason without a length', () => {
    const writer = new CompoundWriter();
    writer.receiverReport(7, []);
    writer.bye(7, '');
    expect(hexOf(writer.bytes())).toBe('80c900010000000781cb000100000007');
  });

  it.each([
    ['a', '81ca00020000000101016100'], // ends in one zero
    ['ab', '81ca0003000000010102616200000000'], // a full word needs another, for the zero
    ['abc', '81ca0003000000010103616263000000'],
  ])('ends the items of %s with at least one zero', (cname, hex) => {
    const writer = new CompoundWriter();
    writer.receiverReport(1, []);
    writer.cname(1, encodeCname(cname));
    expect(hexOf(writer.bytes().subarray(8))).toBe(hex);
  });

  it.each([
    ['x'.repeat(255), 255],
    ['x'.repeat(300), 255],
    ['ä'.repeat(200), 254], // 127 whole characters of 2 bytes
  ])('cuts a long reason at a whole character', (reason, length) => {
    const writer = new CompoundWriter();
    writer.receiverReport(1, []);
    writer.bye(1, reason);
    const bye = writer.bytes().subarray(8);
    expect(bye[8]).toBe(length);
    expect(reason.startsWith(Buffer.from(bye.subarray(9, 9 + length)).toString('utf8'))).toBe(true);
    expect(bye.length).toBe(4 + 4 + 256);
    expect((((bye[2] ?? 0) << 8) | (bye[3] ?? 0)) * 4 + 4).toBe(bye.length);
  });

  it.each(['', 'x'.repeat(256), 'ä'.repeat(128)])('refuses a CNAME of no or too many bytes', (cname) => {
    expect(() => encodeCname(cname)).toThrow(RangeError);
  });

  it('refuses what the count field or the buffer has no room for', () => {
    const blocks = Array.from({ length: 32 }, () => BLOCK);
    expect(() => new CompoundWriter(2000).receiverReport(1, blocks)).toThrow('at most 31 blocks, this one 32');
    expect(() => new CompoundWriter(100).senderReport(REPORT, blocks.slice(0, 4))).toThrow(
      '124 bytes in a buffer of 100',
    );
  });

  it('has room for an SR with a block, the longest CNAME and the longest reason', () => {
    const writer = new CompoundWriter();
    writer.senderReport(REPORT, [BLOCK]);
    writer.cname(1, encodeCname('x'.repeat(255)));
    writer.bye(1, 'y'.repeat(255));
    expect(writer.bytes().length).toBe(52 + 268 + 264);
  });

  it('gives the same view again while the length stays', () => {
    const writer = new CompoundWriter();
    writer.receiverReport(1, []);
    const first = writer.bytes();
    writer.receiverReport(2, []);
    expect(writer.bytes()).toBe(first);
    expect(first[7]).toBe(2);
  });

  it.each([
    [0x7f_ffff, '7fffff'],
    [0x80_0000, '7fffff'],
    [-1, 'ffffff'],
    [-0x80_0000, '800000'],
    [-0x80_0001, '800000'],
  ])('writes a cumulative loss of %d as %s: held at the ends, never wrapped', (cumulativeLost, hex) => {
    const data = new Uint8Array(24);
    blockOf({ fractionLost: 0xab, cumulativeLost }).write(data, 0);
    expect(hexOf(data.subarray(4, 8))).toBe(`ab${hex}`);
  });
});
