/**
 * Reads compound packets, RFC 3550 §6.1 and A.2. All of a datagram is checked before any of it is visited, so that a
 * malformed one has no effect. APP, feedback (RFC 4585) and unknown types are skipped.
 */
import { readUint32 } from '../packet.js';
import { ExtendedReportReader, type ExtendedReportVisitor } from './extended-report.js';
import { RECEIVER_REPORT_BYTES } from './receiver-report.js';
import { REPORT_BLOCK_BYTES, ReportBlock } from './report-block.js';
import { RTCP_HEADER_BYTES, RTCP_TYPE, RTCP_VERSION } from './rtcp-header.js';
import { SENDER_REPORT_BYTES, SenderReport } from './sender-report.js';
import { type CnameVisitor, type SdesContent, visitCnames } from './source-description.js';

/**
 * `length`: the lengths do not add up to the datagram's; `version`: not 2; `first-packet`: no report in front; `padding`:
 * not in the last packet, or a count that cannot be; `count`: more blocks or sources than the packet has room for.
 */
export type RtcpFault = 'length' | 'version' | 'first-packet' | 'padding' | 'count';

/** The objects are reused: they hold good during the call only. */
export interface RtcpVisitor extends CnameVisitor, ExtendedReportVisitor {
  onSenderReport(report: SenderReport): void;
  onReceiverReport(ssrc: number): void;
  /** @param reporter SSRC of the SR or RR that the block came in */
  onReportBlock(block: ReportBlock, reporter: number): void;
  /** Once for each source that leaves; the reason lies at `reasonStart` to `reasonEnd`, which are equal without one. */
  onBye(ssrc: number, reasonStart: number, reasonEnd: number): void;
}

export class CompoundReader {
  private readonly report = new SenderReport();
  private readonly block = new ReportBlock();
  private readonly extended = new ExtendedReportReader();
  private readonly content: SdesContent = { start: 0, end: 0, chunks: 0 };

  /** @param reducedSize whether a compound may begin with any packet (RFC 5506, where `a=rtcp-rsize` was agreed on) */
  constructor(private readonly reducedSize = false) {}

  /** Reads the datagram of `length` bytes at the start of `data`. */
  read(data: Uint8Array, length: number, visitor: RtcpVisitor): 'ok' | RtcpFault {
    const fault = this.check(data, length);
    if (fault !== null) {
      return fault;
    }
    for (let offset = 0; offset < length;) {
      const next = packetEnd(data, offset);
      this.visit(data, offset, next - paddingOf(data, offset, next), visitor);
      offset = next;
    }
    return 'ok';
  }

  private check(data: Uint8Array, length: number): RtcpFault | null {
    if (length < RTCP_HEADER_BYTES || length > data.length) {
      return 'length';
    }
    for (let offset = 0; offset < length;) {
      if (length - offset < RTCP_HEADER_BYTES) {
        return 'length';
      }
      const fault = checkPacket(data, offset, length);
      if (fault !== null) {
        return fault;
      }
      offset = packetEnd(data, offset);
    }
    const first = data[1] ?? 0;
    const isReport = first === RTCP_TYPE.senderReport || first === RTCP_TYPE.receiverReport;
    return isReport || this.reducedSize ? null : 'first-packet';
  }

  private visit(data: Uint8Array, start: number, end: number, visitor: RtcpVisitor): void {
    const count = (data[start] ?? 0) & 0x1f;
    switch (data[start + 1]) {
      case RTCP_TYPE.senderReport:
        this.report.read(data, start);
        visitor.onSenderReport(this.report);
        this.visitBlocks(data, start, start + SENDER_REPORT_BYTES, visitor);
        break;
      case RTCP_TYPE.receiverReport:
        visitor.onReceiverReport(readUint32(data, start + 4));
        this.visitBlocks(data, start, start + RECEIVER_REPORT_BYTES, visitor);
        break;
      case RTCP_TYPE.sourceDescription:
        this.content.start = start + RTCP_HEADER_BYTES;
        this.content.end = end;
        this.content.chunks = count;
        visitCnames(data, this.content, visitor);
        break;
      case RTCP_TYPE.bye:
        visitBye(data, start, end, visitor);
        break;
      case RTCP_TYPE.extendedReport:
        this.extended.visit(data, start, end, visitor);
        break;
      default:
    }
  }

  private visitBlocks(data: Uint8Array, start: number, firstBlock: number, visitor: RtcpVisitor): void {
    const count = (data[start] ?? 0) & 0x1f;
    const reporter = readUint32(data, start + 4);
    for (let i = 0; i < count; i++) {
      this.block.read(data, firstBlock + i * REPORT_BLOCK_BYTES);
      visitor.onReportBlock(this.block, reporter);
    }
  }
}

function checkPacket(data: Uint8Array, offset: number, length: number): RtcpFault | null {
  const first = data[offset] ?? 0;
  if (first >>> 6 !== RTCP_VERSION) {
    return 'version';
  }
  const end = packetEnd(data, offset);
  if (end > length) {
    return 'length';
  }
  const padding = paddingOf(data, offset, end);
  if ((first & 0x20) !== 0) {
    const isPossible = padding > 0 && padding % 4 === 0 && padding <= end - offset - RTCP_HEADER_BYTES;
    if (end !== length || !isPossible) {
      return 'padding';
    }
  }
  return offset + leastBytes(data[offset + 1] ?? 0, first & 0x1f) > end - padding ? 'count' : null;
}

function packetEnd(data: Uint8Array, offset: number): number {
  return offset + 4 * ((((data[offset + 2] ?? 0) << 8) | (data[offset + 3] ?? 0)) + 1);
}

function paddingOf(data: Uint8Array, offset: number, end: number): number {
  return ((data[offset] ?? 0) & 0x20) === 0 ? 0 : (data[end - 1] ?? 0);
}

/** What a packet of this type with this count has at the least. */
function leastBytes(type: number, count: number): number {
  switch (type) {
    case RTCP_TYPE.senderReport:
      return SENDER_REPORT_BYTES + count * REPORT_BLOCK_BYTES;
    case RTCP_TYPE.receiverReport:
      return RECEIVER_REPORT_BYTES + count * REPORT_BLOCK_BYTES;
    case RTCP_TYPE.sourceDescription:
    case RTCP_TYPE.bye:
      return RTCP_HEADER_BYTES + count * 4;
    default:
      return RTCP_HEADER_BYTES;
  }
}

/** A reason that runs over the end counts as none: who leaves is known all the same. */
function visitBye(data: Uint8Array, start: number, end: number, visitor: RtcpVisitor): void {
  const count = (data[start] ?? 0) & 0x1f;
  const lengthAt = start + RTCP_HEADER_BYTES + count * 4;
  const reasonStart = Math.min(lengthAt + 1, end);
  const reasonEnd = lengthAt < end ? reasonStart + (data[lengthAt] ?? 0) : reasonStart;
  for (let i = 0; i < count; i++) {
    visitor.onBye(
      readUint32(data, start + RTCP_HEADER_BYTES + i * 4),
      reasonStart,
      reasonEnd > end ? reasonStart : reasonEnd,
    );
  }
}
