import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CompoundReader } from '../../../../src/rtp/rtcp/compound-reader.js';
import { CompoundWriter } from '../../../../src/rtp/rtcp/compound-writer.js';
import { encodeCname } from '../../../../src/rtp/rtcp/source-description.js';
import { blockOf, bytesOf, readAll, senderReportOf } from './rtcp-bench.js';

const RR = '80c90001 00000007';
const SR_AND_SDES =
  '81c8000c12345678b44db7052000000000027100000003e800027100cafebabe0c0000050001000d00000013b705200000054000' +
  '81ca0003123456780103614062000000';
const nobody = (): void => {};
const nothing = { senderReports: [], receiverReports: [], blocks: [], cnames: [], byes: [], extended: [] };

const verdictOf = (hex: string, reducedSize = false) => readAll(bytesOf(hex), reducedSize).verdict;

describe('CompoundReader', () => {
  it('reads SR, block and CNAME of the reference', () => {
    const { verdict, seen } = readAll(bytesOf(SR_AND_SDES));
    expect(verdict).toBe('ok');
    expect(seen).toEqual({
      ...nothing,
      senderReports: [
        {
          ssrc: 0x12345678,
          ntpSeconds: 0xb44db705,
          ntpFraction: 0x2000_0000,
          rtpTimestamp: 160_000,
          packetCount: 1000,
          octetCount: 160_000,
        },
      ],
      blocks: [
        {
          reporter: 0x12345678,
          ssrc: 0xcafebabe,
          fractionLost: 12,
          cumulativeLost: 5,
          highestSequence: 65_549,
          jitter: 19,
          lastSr: 0xb7052000,
          delaySinceLastSr: 0x0005_4000,
        },
      ],
      cnames: [[0x12345678, 'a@b']],
    });
  });

  it.each([
    ['000001', 1],
    ['7fffff', 8_388_607],
    ['ffffff', -1],
    ['800000', -8_388_608],
  ])('reads a cumulative loss of %s as %d', (hex, lost) => {
    const { seen } = readAll(bytesOf(`81c90007 00000007 00000001 ff${hex} 00000000 00000000 00000000 00000000`));
    expect(seen.blocks[0]).toMatchObject({ fractionLost: 255, cumulativeLost: lost });
  });

  it('reads 31 blocks of one report, and those of a second one', () => {
    const block = '00000001 00000000 00000000 00000000 00000000 00000000';
    const { verdict, seen } = readAll(bytesOf(`9fc900bb 00000007 ${block.repeat(31)} 81c90007 00000008 ${block}`));
    expect(verdict).toBe('ok');
    expect(seen.receiverReports).toEqual([7, 8]);
    expect(seen.blocks.map((seenBlock) => seenBlock.reporter)).toEqual([...Array.from({ length: 31 }, () => 7), 8]);
  });

  it('skips APP, feedback, XR, unknown types and extensions of a profile', () => {
    const rr = '80c90003 00000007 deadbeef deadbeef';
    const skipped = ['81cc0002 00000001 6e616d65', '81cd0002 00000001 00000002', '81ce0002 00000001 00000002'];
    const { verdict, seen } = readAll(
      bytesOf([rr, ...skipped, '80cf0001 00000001', '9fd20000', '81cb0001 00000009'].join('')),
    );
    expect(verdict).toBe('ok');
    expect(seen).toEqual({ ...nothing, receiverReports: [7], byes: [[9, '']] });
  });

  it.each([
    [
      'no reason',
      '82cb0002 00000001 00000002',
      [
        [1, ''],
        [2, ''],
      ],
    ],
    ['a reason', '81cb0003 00000001 03627965 00000000', [[1, 'bye']]],
    ['nobody', '80cb0000', []],
    ['a reason that runs over the end', '81cb0002 00000001 ff627965', [[1, '']]],
    ['a reason that ends with the packet', '81cb0002 00000001 03627965', [[1, 'bye']]],
  ])('reads a BYE with %s', (_, hex, byes) => {
    const { verdict, seen } = readAll(bytesOf(RR + hex));
    expect([verdict, seen.byes]).toEqual(['ok', byes]);
  });

  it.each([
    [
      'two chunks',
      '82ca0006 00000001 01026162 00000000 00000002 0101 6300 00000000',
      [
        [1, 'ab'],
        [2, 'c'],
      ],
    ],
    ['other items in between', '81ca0004 00000001 06017a 0101 61 0201 62 00 0000', [[1, 'a']]],
    ['no chunk', '80ca0000', []],
    ['an item that runs over the end', '81ca0002 00000001 01ff6162', []],
    ['no zero at the end', '81ca0002 00000001 01026162', [[1, 'ab']]],
    ['more chunks than there are', '82ca0003 00000001 01016100 00000002', [[1, 'a']]],
  ])('reads an SDES with %s', (_, hex, cnames) => {
    const { verdict, seen } = readAll(bytesOf(RR + hex));
    expect([verdict, seen.cnames]).toEqual(['ok', cnames]);
  });

  it.each([
    ['nothing', '', 'length'],
    ['less than a header', '80c900', 'length'],
    ['a packet longer than the datagram', '80c90002 00000007', 'length'],
    ['bytes behind the last packet', `${RR} 0000`, 'length'],
    ['another version', '40c90001 00000007', 'version'],
    ['another version in the second packet', `${RR} 00cb0000`, 'version'],
    ['a BYE in front', '81cb0001 00000007', 'first-packet'],
    ['RTP', '80000002 00000007 00000001', 'first-packet'],
    ['an RR without its SSRC', '80c90000', 'count'],
    ['an RR with fewer blocks than it counts', '81c90001 00000007', 'count'],
    ['an SR without its sender', '80c80001 00000007', 'count'],
    ['a BYE with fewer sources than it counts', `${RR} 82cb0001 00000001`, 'count'],
    ['an SDES with fewer words than chunks', `${RR} 81ca0000`, 'count'],
    ['padding before the last packet', 'a0c90002 00000007 00000004 80cb0000', 'padding'],
    ['padding of 0', 'a0c90002 00000007 00000000', 'padding'],
    ['padding that is no word', 'a0c90002 00000007 00000003', 'padding'],
    ['padding longer than the packet', 'a0c90002 00000007 0000000c', 'padding'],
    ['padding in the place of its SSRC', 'a0c90002 00000007 00000008', 'count'],
    [
      'padding in the place of a block',
      'a1c90007 00000007 00000001 00000000 00000000 00000000 00000000 00000004',
      'count',
    ],
  ])('%s: %s is a fault of its %s, and nothing of it is visited', (_, hex, fault) => {
    const { verdict, seen } = readAll(bytesOf(hex));
    expect(verdict).toBe(fault);
    expect(seen).toEqual(nothing);
  });

  it('has no effect by the packets in front of the one that is malformed', () => {
    expect(readAll(bytesOf(`${SR_AND_SDES}80cb0001`)).seen).toEqual(nothing);
  });

  it('takes padding of the last packet, and looks for no item or reason in it', () => {
    expect(verdictOf('a0c90002 00000007 00000004')).toBe('ok');
    const { verdict, seen } = readAll(bytesOf(`${RR} a1cb0002 00000001 02616204`));
    expect([verdict, seen.byes]).toEqual(['ok', [[1, '']]]);
  });

  it('takes any packet in front where reduced size was agreed on', () => {
    expect(verdictOf('81ce0002 00000001 00000002', true)).toBe('ok');
    expect(verdictOf('81ce0002 00000001 00000002', false)).toBe('first-packet');
  });

  it('says that a length beyond the buffer is wrong', () => {
    const data = bytesOf(RR);
    const visitor = {
      onSenderReport: nobody,
      onReceiverReport: nobody,
      onReportBlock: nobody,
      onCname: nobody,
      onBye: nobody,
      onReferenceTime: nobody,
      onDelaySinceReference: nobody,
      onVoipMetrics: nobody,
    };
    expect(new CompoundReader().read(data, data.length + 4, visitor)).toBe('length');
  });

  it('ends and never throws on any bytes, and visits no more than they hold', () => {
    const header = fc
      .tuple(fc.constantFrom(0x80, 0x81, 0x82, 0x9f, 0xa1), fc.integer({ min: 199, max: 208 }), fc.nat(6))
      .map(([first, type, words]) => [first, type, 0, words]);
    const rubbish = fc.oneof(
      fc.uint8Array({ maxLength: 120 }),
      fc
        .array(fc.tuple(header, fc.uint8Array({ maxLength: 24 })), { maxLength: 6 })
        .map((parts) => Uint8Array.from(parts.flatMap(([head, body]) => [...head, ...body]))),
      fc
        .array(fc.tuple(header, fc.uint8Array({ minLength: 24, maxLength: 24 })), { maxLength: 6 })
        .map((parts) =>
          Uint8Array.from(parts.flatMap(([head, body]) => [...head, ...body.subarray(0, (head[3] ?? 0) * 4)])),
        ),
    );
    fc.assert(
      fc.property(rubbish, fc.boolean(), (bytes, reducedSize) => {
        const { verdict, seen } = readAll(bytes, reducedSize);
        const visited =
          seen.senderReports.length * 28 + seen.blocks.length * 24 + seen.byes.length * 4 + seen.cnames.length * 2;
        expect(visited).toBeLessThanOrEqual(verdict === 'ok' ? bytes.length : 0);
      }),
      { numRuns: 3000 },
    );
  });

  it('reads what we write, field by field', () => {
    const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
    const blockFields = fc.record({
      ssrc: uint32,
      fractionLost: fc.nat(255),
      cumulativeLost: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
      highestSequence: uint32,
      jitter: uint32,
      lastSr: uint32,
      delaySinceLastSr: uint32,
    });
    const sender = fc.record({
      ssrc: uint32,
      ntpSeconds: uint32,
      ntpFraction: uint32,
      rtpTimestamp: uint32,
      packetCount: uint32,
      octetCount: uint32,
    });
    const cname = fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(sender, fc.array(blockFields, { maxLength: 31 }), cname, (fields, blocks, name) => {
        const writer = new CompoundWriter(2000);
        writer.senderReport(senderReportOf(fields), blocks.map(blockOf));
        writer.cname(fields.ssrc, encodeCname(name));
        writer.bye(fields.ssrc, name);
        const { verdict, seen } = readAll(writer.bytes());
        expect(verdict).toBe('ok');
        expect(seen).toEqual({
          senderReports: [fields],
          receiverReports: [],
          blocks: blocks.map((block) => ({ ...block, reporter: fields.ssrc })),
          cnames: [[fields.ssrc, name]],
          byes: [[fields.ssrc, name]],
          extended: [],
        });
      }),
    );
  });
});
