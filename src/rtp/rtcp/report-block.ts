/** Reception report block, RFC 3550 §6.4.1: what one side says about one source that it hears. */
import { readUint32, writeUint32 } from '../packet.js';

export const REPORT_BLOCK_BYTES = 24;

const MOST_LOST = 0x7f_ffff;
const LEAST_LOST = -0x80_0000;

/**
 *  0                   1                   2                   3
 *  |                 SSRC of the source reported on                |
 *  | fraction lost |       cumulative number of packets lost       |
 *  |           extended highest sequence number received           |
 *  |                      interarrival jitter                      |
 *  |                         last SR (LSR)                         |
 *  |                   delay since last SR (DLSR)                  |
 *
 * One object is read into again and again: nothing is allocated per report.
 */
export class ReportBlock {
  ssrc = 0;
  /** 0–255: lost of 256 expected, in the interval before this report. */
  fractionLost = 0;
  /** Signed, 24 bits on the wire: more duplicates than losses make it negative. */
  cumulativeLost = 0;
  /** Cycles in the upper, sequence number in the lower 16 bits. */
  highestSequence = 0;
  /** Clock units of the source. */
  jitter = 0;
  /** Middle 32 bits of the NTP time of the last SR of that source; 0: none came. */
  lastSr = 0;
  /** 1/65,536 s between that SR and this report. */
  delaySinceLastSr = 0;

  /** The 24 bytes must be there: the reader of the compound has checked it. */
  read(data: Uint8Array, offset: number): void {
    const loss = readUint32(data, offset + 4);
    this.ssrc = readUint32(data, offset);
    this.fractionLost = loss >>> 24;
    this.cumulativeLost = (loss << 8) >> 8;
    this.highestSequence = readUint32(data, offset + 8);
    this.jitter = readUint32(data, offset + 12);
    this.lastSr = readUint32(data, offset + 16);
    this.delaySinceLastSr = readUint32(data, offset + 20);
  }

  /** Loss beyond 24 bits is written as the nearest that they hold (A.3), never wrapped. @returns the offset behind it */
  write(data: Uint8Array, offset: number): number {
    const lost = Math.min(Math.max(this.cumulativeLost, LEAST_LOST), MOST_LOST);
    writeUint32(data, offset, this.ssrc);
    writeUint32(data, offset + 4, ((this.fractionLost << 24) | (lost & 0xff_ffff)) >>> 0);
    writeUint32(data, offset + 8, this.highestSequence);
    writeUint32(data, offset + 12, this.jitter);
    writeUint32(data, offset + 16, this.lastSr);
    writeUint32(data, offset + 20, this.delaySinceLastSr);
    return offset + REPORT_BLOCK_BYTES;
  }
}

/** @returns the offset behind the last block */
export function writeReportBlocks(data: Uint8Array, offset: number, blocks: readonly ReportBlock[]): number {
  let end = offset;
  for (const block of blocks) {
    end = block.write(data, end);
  }
  return end;
}
