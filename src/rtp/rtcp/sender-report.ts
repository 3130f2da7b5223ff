/** Sender report (SR), RFC 3550 §6.4.1. Extensions of a profile behind the blocks are neither written nor read. */
import { readUint32, writeUint32 } from '../packet.js';
import { type ReportBlock, writeReportBlocks } from './report-block.js';
import { RTCP_TYPE, rtcpKind, writeRtcpHeader } from './rtcp-header.js';

/** Header, SSRC and sender information; the blocks follow. */
export const SENDER_REPORT_BYTES = 28;

/**
 *  0                   1                   2                   3
 *  |V=2|P|    RC   |   PT=SR=200   |             length            |
 *  |                         SSRC of sender                        |
 *  |              NTP timestamp, most significant word             |
 *  |             NTP timestamp, least significant word             |
 *  |                         RTP timestamp                         |
 *  |                     sender's packet count                     |
 *  |                      sender's octet count                     |
 *  |                  RC report blocks, 24 bytes each              |
 */
export class SenderReport {
  ssrc = 0;
  /** Seconds since 1900. */
  ntpSeconds = 0;
  /** 1/2^32 s. */
  ntpFraction = 0;
  /** The same instant in clock units of the stream. */
  rtpTimestamp = 0;
  packetCount = 0;
  /** Payload only. */
  octetCount = 0;

  /** @param offset of the packet; the 28 bytes must be there: the reader of the compound has checked it */
  read(data: Uint8Array, offset: number): void {
    this.ssrc = readUint32(data, offset + 4);
    this.ntpSeconds = readUint32(data, offset + 8);
    this.ntpFraction = readUint32(data, offset + 12);
    this.rtpTimestamp = readUint32(data, offset + 16);
    this.packetCount = readUint32(data, offset + 20);
    this.octetCount = readUint32(data, offset + 24);
  }

  /** @param blocks at most 31 @returns the offset behind the packet */
  write(data: Uint8Array, offset: number, blocks: readonly ReportBlock[]): number {
    writeUint32(data, offset + 4, this.ssrc);
    writeUint32(data, offset + 8, this.ntpSeconds);
    writeUint32(data, offset + 12, this.ntpFraction);
    writeUint32(data, offset + 16, this.rtpTimestamp);
    writeUint32(data, offset + 20, this.packetCount);
    writeUint32(data, offset + 24, this.octetCount);
    const end = writeReportBlocks(data, offset + SENDER_REPORT_BYTES, blocks);
    return writeRtcpHeader(data, offset, end, rtcpKind(RTCP_TYPE.senderReport, blocks.length));
  }
}
