/**
 * Extended reports (XR), RFC 3611: receiver reference time (§4.4), DLRR (§4.5) and VoIP metrics (§4.7). Blocks of other types
 * are skipped; behind a block that runs over the end of its packet nothing more is read, and the rest of the compound is.
 */
import { readUint32, writeUint32 } from '../packet.js';
import { RTCP_HEADER_BYTES, RTCP_TYPE, rtcpKind, writeRtcpHeader } from './rtcp-header.js';
import { VOIP_METRICS_BLOCK, VOIP_METRICS_BYTES, VoipMetrics } from './voip-metrics.js';

const REFERENCE_TIME_BLOCK = 4;
const DELAY_BLOCK = 5;
const BLOCK_HEADER_BYTES = 4;
const REFERENCE_TIME_BYTES = 12;
/** A DLRR block with one sub-block. */
const DELAY_BYTES = 16;
const SUB_BLOCK_BYTES = 12;
const XR_HEADER_BYTES = RTCP_HEADER_BYTES + 4;
/** All three blocks. */
export const MAX_XR_BYTES = XR_HEADER_BYTES + REFERENCE_TIME_BYTES + DELAY_BYTES + VOIP_METRICS_BYTES;

/** Sub-block of DLRR: how long ago a reference time of `ssrc` came. */
export interface DelaySinceReference {
  ssrc: number;
  /** Middle 32 bits of that NTP time; 0: none came. */
  lastReference: number;
  /** 1/65,536 s. */
  delay: number;
}

/** NTP, as an SR has it. */
export interface ReferenceTime {
  seconds: number;
  fraction: number;
}

/** The objects are reused: they hold good during the call only. */
export interface ExtendedReportVisitor {
  onReferenceTime(time: ReferenceTime, reporter: number): void;
  /** Once for each source that a DLRR block tells of. */
  onDelaySinceReference(report: DelaySinceReference, reporter: number): void;
  onVoipMetrics(metrics: VoipMetrics, reporter: number): void;
}

/** Null: without this block. */
export interface ExtendedReport {
  referenceTime: ReferenceTime | null;
  delaySinceReference: DelaySinceReference | null;
  voipMetrics: VoipMetrics | null;
}

export class ExtendedReportReader {
  private readonly time: ReferenceTime = { seconds: 0, fraction: 0 };
  private readonly delay: DelaySinceReference = { ssrc: 0, lastReference: 0, delay: 0 };
  private readonly metrics = new VoipMetrics();

  /**
   * 0                   1                   2                   3
   * |V=2|P|reserved |   PT=XR=207   |             length            |
   * |                              SSRC                             |
   * |      BT       | type-specific |  block length in words − 1    |
   * |             type-specific block contents                    ...
   *
   * @param start of the packet @param end behind it, without its padding
   */
  visit(data: Uint8Array, start: number, end: number, visitor: ExtendedReportVisitor): void {
    const reporter = readUint32(data, start + RTCP_HEADER_BYTES);
    for (let at = start + XR_HEADER_BYTES; at + BLOCK_HEADER_BYTES <= end;) {
      const next = at + BLOCK_HEADER_BYTES + 4 * (((data[at + 2] ?? 0) << 8) | (data[at + 3] ?? 0));
      if (next > end) {
        return;
      }
      this.visitBlock(data, at, next, { visitor, reporter });
      at = next;
    }
  }

  private visitBlock(
    data: Uint8Array,
    at: number,
    next: number,
    { visitor, reporter }: { readonly visitor: ExtendedReportVisitor; readonly reporter: number },
  ): void {
    const { time, delay, metrics } = this;
    const type = data[at];
    if (type === REFERENCE_TIME_BLOCK && next - at === REFERENCE_TIME_BYTES) {
      time.seconds = readUint32(data, at + 4);
      time.fraction = readUint32(data, at + 8);
      visitor.onReferenceTime(time, reporter);
    } else if (type === VOIP_METRICS_BLOCK && next - at === VOIP_METRICS_BYTES) {
      metrics.read(data, at);
      visitor.onVoipMetrics(metrics, reporter);
    } else if (type === DELAY_BLOCK) {
      for (let sub = at + BLOCK_HEADER_BYTES; sub + SUB_BLOCK_BYTES <= next; sub += SUB_BLOCK_BYTES) {
        delay.ssrc = readUint32(data, sub);
        delay.lastReference = readUint32(data, sub + 4);
        delay.delay = readUint32(data, sub + 8);
        visitor.onDelaySinceReference(delay, reporter);
      }
    }
  }
}

/** @returns the offset behind the packet */
export function writeExtendedReport(data: Uint8Array, offset: number, ssrc: number, report: ExtendedReport): number {
  const { referenceTime, delaySinceReference, voipMetrics } = report;
  writeUint32(data, offset + RTCP_HEADER_BYTES, ssrc);
  let end = offset + XR_HEADER_BYTES;
  if (referenceTime !== null) {
    writeUint32(data, end, blockHeader(REFERENCE_TIME_BLOCK, REFERENCE_TIME_BYTES));
    writeUint32(data, end + 4, referenceTime.seconds);
    writeUint32(data, end + 8, referenceTime.fraction);
    end += REFERENCE_TIME_BYTES;
  }
  if (delaySinceReference !== null) {
    writeUint32(data, end, blockHeader(DELAY_BLOCK, DELAY_BYTES));
    writeUint32(data, end + 4, delaySinceReference.ssrc);
    writeUint32(data, end + 8, delaySinceReference.lastReference);
    writeUint32(data, end + 12, delaySinceReference.delay);
    end += DELAY_BYTES;
  }
  end = voipMetrics === null ? end : voipMetrics.write(data, end);
  return writeRtcpHeader(data, offset, end, rtcpKind(RTCP_TYPE.extendedReport, 0));
}

function blockHeader(type: number, bytes: number): number {
  return (type << 24) | (bytes / 4 - 1);
}
