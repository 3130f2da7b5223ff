/** What the tests of RTCP share: bytes from hex, a visitor that writes down what it sees, blocks by their fields. */
import { CompoundReader, type RtcpFault, type RtcpVisitor } from '../../../../src/rtp/rtcp/compound-reader.js';
import { ReportBlock } from '../../../../src/rtp/rtcp/report-block.js';
import { SenderReport } from '../../../../src/rtp/rtcp/sender-report.js';

export const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export type BlockFields = Pick<
  ReportBlock,
  'ssrc' | 'fractionLost' | 'cumulativeLost' | 'highestSequence' | 'jitter' | 'lastSr' | 'delaySinceLastSr'
>;
export const blockOf = (fields: Partial<BlockFields>): ReportBlock => Object.assign(new ReportBlock(), fields);
export const senderReportOf = (fields: Partial<SenderFields>): SenderReport =>
  Object.assign(new SenderReport(), fields);

export type SenderFields = Pick<
  SenderReport,
  'ssrc' | 'ntpSeconds' | 'ntpFraction' | 'rtpTimestamp' | 'packetCount' | 'octetCount'
>;

export interface Seen {
  readonly senderReports: SenderFields[];
  readonly receiverReports: number[];
  readonly blocks: (BlockFields & { reporter: number })[];
  readonly cnames: [number, string][];
  readonly byes: [number, string][];
  readonly extended: object[];
}

/** Reads a datagram, with rubbish behind it that must not be looked at. */
export function readAll(bytes: Uint8Array, reducedSize = false): { verdict: 'ok' | RtcpFault; seen: Seen } {
  const data = new Uint8Array(bytes.length + 64).fill(0xee);
  data.set(bytes);
  const seen: Seen = { senderReports: [], receiverReports: [], blocks: [], cnames: [], byes: [], extended: [] };
  const text = (start: number, end: number): string => Buffer.from(data.subarray(start, end)).toString('utf8');
  const visitor: RtcpVisitor = {
    onSenderReport: (report) => seen.senderReports.push(Object.assign({}, report)),
    onReceiverReport: (ssrc) => seen.receiverReports.push(ssrc),
    onReportBlock: (block, reporter) => seen.blocks.push(Object.assign({ reporter }, block)),
    onCname: (ssrc, start, end) => seen.cnames.push([ssrc, text(start, end)]),
    onReferenceTime: (time, reporter) => seen.extended.push({ reporter, ...time }),
    onDelaySinceReference: (report, reporter) => seen.extended.push({ reporter, ...report }),
    onVoipMetrics: (metrics, reporter) => seen.extended.push(Object.assign({ reporter }, metrics)),
    onBye: (ssrc, start, end) => seen.byes.push([ssrc, text(start, end)]),
  };
  return { verdict: new CompoundReader(reducedSize).read(data, bytes.length, visitor), seen };
}
