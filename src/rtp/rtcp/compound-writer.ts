/**
 * Compound packets, RFC 3550 §6.1: a report, the CNAME, an extended report where one was asked for, and a goodbye where one
 * leaves; written into one reused buffer.
 */
import { MAX_BYE_BYTES, writeBye } from './bye.js';
import { type ExtendedReport, MAX_XR_BYTES, writeExtendedReport } from './extended-report.js';
import { RECEIVER_REPORT_BYTES, writeReceiverReport } from './receiver-report.js';
import { REPORT_BLOCK_BYTES, type ReportBlock } from './report-block.js';
import { MAX_RTCP_COUNT } from './rtcp-header.js';
import { SENDER_REPORT_BYTES, type SenderReport } from './sender-report.js';
import { sourceDescriptionBytes, writeSourceDescription } from './source-description.js';

/** An SR with a block, the longest CNAME, an XR of all blocks and the longest BYE. */
const BUFFER_BYTES = 720;

export class CompoundWriter {
  private readonly data: Uint8Array;
  private end = 0;
  private view: Uint8Array;

  constructor(bytes = BUFFER_BYTES) {
    this.data = new Uint8Array(bytes);
    this.view = this.data.subarray(0, 0);
  }

  /** Begins the next compound, over the last one. @throws RangeError when it does not fit, as everything here */
  senderReport(report: SenderReport, blocks: readonly ReportBlock[]): void {
    this.begin(SENDER_REPORT_BYTES, blocks);
    this.end = report.write(this.data, 0, blocks);
  }

  /** Begins the next compound, over the last one. */
  receiverReport(ssrc: number, blocks: readonly ReportBlock[]): void {
    this.begin(RECEIVER_REPORT_BYTES, blocks);
    this.end = writeReceiverReport(this.data, 0, ssrc, blocks);
  }

  cname(ssrc: number, cname: Uint8Array): void {
    this.reserve(sourceDescriptionBytes(cname));
    this.end = writeSourceDescription(this.data, this.end, ssrc, cname);
  }

  extendedReport(ssrc: number, report: ExtendedReport): void {
    this.reserve(MAX_XR_BYTES);
    this.end = writeExtendedReport(this.data, this.end, ssrc, report);
  }

  bye(ssrc: number, reason: string): void {
    this.reserve(MAX_BYE_BYTES);
    this.end = writeBye(this.data, this.end, ssrc, reason);
  }

  /** The compound, good until the next one begins: a view of the buffer, made anew only when the length is another one. */
  bytes(): Uint8Array {
    if (this.view.length !== this.end) {
      this.view = this.data.subarray(0, this.end);
    }
    return this.view;
  }

  private begin(bytes: number, blocks: readonly ReportBlock[]): void {
    if (blocks.length > MAX_RTCP_COUNT) {
      throw new RangeError(`A report has at most ${MAX_RTCP_COUNT} blocks, this one ${blocks.length}`);
    }
    this.end = 0;
    this.reserve(bytes + blocks.length * REPORT_BLOCK_BYTES);
  }

  private reserve(bytes: number): void {
    if (this.end + bytes > this.data.length) {
      throw new RangeError(`RTCP compound of ${this.end + bytes} bytes in a buffer of ${this.data.length}`);
    }
  }
}
