/**
 * rtp.js as an independent second opinion: it reads what we write, and we read what it writes. Its cumulative loss (0.15.5)
 * is right between 0 and 4095 only: it reads 12 of the 24 bits, and writes a negative one as sign and magnitude where
 * RFC 3550 A.3 has the two's complement. Other values are tested by bytes.
 */
import * as fc from 'fast-check';
import {
  ByePacket,
  CompoundPacket,
  ReceiverReportPacket,
  ReceptionReport,
  SdesChunk,
  SdesPacket,
  SenderReportPacket,
} from 'rtp.js/packets';
import { describe, expect, it } from 'vitest';
import { CompoundWriter } from '../../../../src/rtp/rtcp/compound-writer.js';
import { encodeCname } from '../../../../src/rtp/rtcp/source-description.js';
import { type BlockFields, blockOf, readAll, senderReportOf } from './rtcp-bench.js';

const CNAME_ITEM = 1;
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const anyBlock = fc.record({
  ssrc: uint32,
  fractionLost: fc.nat(255),
  cumulativeLost: fc.nat(0xfff),
  highestSequence: uint32,
  jitter: uint32,
  lastSr: uint32,
  delaySinceLastSr: uint32,
});
const anySender = fc.record({
  ssrc: uint32,
  ntpSeconds: uint32,
  ntpFraction: uint32,
  rtpTimestamp: uint32,
  packetCount: uint32,
  octetCount: uint32,
});
const anyCname = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme-ascii' });
const anyReason = fc.string({ maxLength: 60, unit: 'grapheme-ascii' });
const anyBlocks = fc.array(anyBlock, { maxLength: 5 });

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.slice().buffer);

function theirBlock(fields: BlockFields): ReceptionReport {
  const report = new ReceptionReport();
  report.setSsrc(fields.ssrc);
  report.setFractionLost(fields.fractionLost);
  report.setTotalLost(fields.cumulativeLost);
  report.setHighestSeqNumber(fields.highestSequence);
  report.setJitter(fields.jitter);
  report.setLastSRTimestamp(fields.lastSr);
  report.setDelaySinceLastSR(fields.delaySinceLastSr);
  return report;
}

const fieldsOf = (report: ReceptionReport): BlockFields => ({
  ssrc: report.getSsrc(),
  fractionLost: report.getFractionLost(),
  cumulativeLost: report.getTotalLost(),
  highestSequence: report.getHighestSeqNumber(),
  jitter: report.getJitter(),
  lastSr: report.getLastSRTimestamp(),
  delaySinceLastSr: report.getDelaySinceLastSR(),
});

function bytesOfTheirs(packets: Parameters<CompoundPacket['setPackets']>[0]): Uint8Array {
  const compound = new CompoundPacket();
  compound.setPackets(packets);
  compound.serialize();
  const view = compound.getView();
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function theirSdes(ssrc: number, cname: string): SdesPacket {
  const chunk = new SdesChunk();
  chunk.setSsrc(ssrc);
  chunk.addItem(CNAME_ITEM, cname);
  const sdes = new SdesPacket();
  sdes.addChunk(chunk);
  return sdes;
}

function theirBye(ssrc: number, reason: string): ByePacket {
  const bye = new ByePacket();
  bye.addSsrc(ssrc);
  if (reason !== '') bye.setReason(reason);
  return bye;
}

describe('RTCP beside rtp.js', () => {
  it('SR, SDES and BYE of ours are read by it', () => {
    fc.assert(
      fc.property(anySender, anyBlocks, anyCname, anyReason, (sender, blocks, cname, reason) => {
        const writer = new CompoundWriter();
        writer.senderReport(senderReportOf(sender), blocks.map(blockOf));
        writer.cname(sender.ssrc, encodeCname(cname));
        writer.bye(sender.ssrc, reason);
        const [report, sdes, bye, ...rest] = new CompoundPacket(viewOf(writer.bytes())).getPackets();
        expect(rest).toEqual([]);
        expect(report).toBeInstanceOf(SenderReportPacket);
        const theirs = report as SenderReportPacket;
        expect({
          ssrc: theirs.getSsrc(),
          ntpSeconds: theirs.getNtpSeconds(),
          ntpFraction: theirs.getNtpFraction(),
          rtpTimestamp: theirs.getRtpTimestamp(),
          packetCount: theirs.getPacketCount(),
          octetCount: theirs.getOctetCount(),
        }).toEqual(sender);
        expect(theirs.getReports().map(fieldsOf)).toEqual(blocks);
        const [chunk] = (sdes as SdesPacket).getChunks();
        expect([chunk?.getSsrc(), chunk?.getItems()]).toEqual([sender.ssrc, [{ type: CNAME_ITEM, text: cname }]]);
        expect((bye as ByePacket).getSsrcs()).toEqual([sender.ssrc]);
        expect((bye as ByePacket).getReason() ?? '').toBe(reason);
      }),
    );
  });

  it('an RR of ours is read by it', () => {
    fc.assert(
      fc.property(uint32, anyBlocks, anyCname, (ssrc, blocks, cname) => {
        const writer = new CompoundWriter();
        writer.receiverReport(ssrc, blocks.map(blockOf));
        writer.cname(ssrc, encodeCname(cname));
        const [report] = new CompoundPacket(viewOf(writer.bytes())).getPackets();
        expect(report).toBeInstanceOf(ReceiverReportPacket);
        expect((report as ReceiverReportPacket).getSsrc()).toBe(ssrc);
        expect((report as ReceiverReportPacket).getReports().map(fieldsOf)).toEqual(blocks);
      }),
    );
  });

  it('SR, SDES and BYE of its are read by us, and we write the same bytes', () => {
    fc.assert(
      fc.property(anySender, anyBlocks, anyCname, anyReason, (sender, blocks, cname, reason) => {
        const report = new SenderReportPacket();
        report.setSsrc(sender.ssrc);
        report.setNtpSeconds(sender.ntpSeconds);
        report.setNtpFraction(sender.ntpFraction);
        report.setRtpTimestamp(sender.rtpTimestamp);
        report.setPacketCount(sender.packetCount);
        report.setOctetCount(sender.octetCount);
        report.setReports(blocks.map(theirBlock));
        const bytes = bytesOfTheirs([report, theirSdes(sender.ssrc, cname), theirBye(sender.ssrc, reason)]);
        const { verdict, seen } = readAll(bytes);
        expect(verdict).toBe('ok');
        expect(seen).toEqual({
          senderReports: [sender],
          receiverReports: [],
          blocks: blocks.map((block) => ({ ...block, reporter: sender.ssrc })),
          cnames: [[sender.ssrc, cname]],
          byes: [[sender.ssrc, reason]],
          extended: [],
        });
        const writer = new CompoundWriter();
        writer.senderReport(senderReportOf(sender), blocks.map(blockOf));
        writer.cname(sender.ssrc, encodeCname(cname));
        writer.bye(sender.ssrc, reason);
        expect([...writer.bytes()]).toEqual([...bytes]);
      }),
    );
  });

  it('an RR of its with a BYE of several sources is read by us', () => {
    fc.assert(
      fc.property(uint32, anyBlocks, fc.array(uint32, { minLength: 1, maxLength: 31 }), (ssrc, blocks, leaving) => {
        const report = new ReceiverReportPacket();
        report.setSsrc(ssrc);
        report.setReports(blocks.map(theirBlock));
        const bye = new ByePacket();
        bye.setSsrcs(leaving);
        const { verdict, seen } = readAll(bytesOfTheirs([report, bye]));
        expect(verdict).toBe('ok');
        expect(seen.receiverReports).toEqual([ssrc]);
        expect(seen.blocks).toEqual(blocks.map((block) => ({ ...block, reporter: ssrc })));
        expect(seen.byes).toEqual(leaving.map((source) => [source, '']));
      }),
    );
  });
});
