/** Receiver report (RR), RFC 3550 §6.4.2: of one that has sent nothing lately. */
import { writeUint32 } from '../packet.js';
import { type ReportBlock, writeReportBlocks } from './report-block.js';
import { RTCP_TYPE, rtcpKind, writeRtcpHeader } from './rtcp-header.js';

/** Header and SSRC; the blocks follow. */
export const RECEIVER_REPORT_BYTES = 8;

/**
 *  0                   1                   2                   3
 *  |V=2|P|    RC   |   PT=RR=201   |             length            |
 *  |                     SSRC of packet sender                     |
 *  |                  RC report blocks, 24 bytes each              |
 *
 * @param blocks at most 31; none where nothing was heard @returns the offset behind the packet
 */
export function writeReceiverReport(
  data: Uint8Array,
  offset: number,
  ssrc: number,
  blocks: readonly ReportBlock[],
): number {
  writeUint32(data, offset + 4, ssrc);
  const end = writeReportBlocks(data, offset + RECEIVER_REPORT_BYTES, blocks);
  return writeRtcpHeader(data, offset, end, rtcpKind(RTCP_TYPE.receiverReport, blocks.length));
}
