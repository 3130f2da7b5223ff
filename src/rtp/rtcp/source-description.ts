/** Source description (SDES), RFC 3550 §6.5: one chunk with the CNAME that every compound must carry. Other items are skipped. */
import { readUint32, writeUint32 } from '../packet.js';
import { RTCP_HEADER_BYTES, RTCP_TYPE, rtcpKind, writeRtcpHeader } from './rtcp-header.js';

/** The length field of an item has one byte. */
export const MAX_TEXT_BYTES = 255;

const CNAME_ITEM = 1;

/** @returns the name in UTF-8 @throws RangeError when it has not 1–255 bytes */
export function encodeCname(cname: string): Uint8Array {
  const bytes = new TextEncoder().encode(cname);
  if (bytes.length === 0 || bytes.length > MAX_TEXT_BYTES) {
    throw new RangeError(`A CNAME has 1 to ${MAX_TEXT_BYTES} bytes, this one ${bytes.length}`);
  }
  return bytes;
}

/** Bytes of the packet that `writeSourceDescription` writes. */
export function sourceDescriptionBytes(cname: Uint8Array): number {
  return RTCP_HEADER_BYTES + chunkBytes(cname);
}

/** SSRC, item, and at least one zero that ends the items, to a whole word. */
function chunkBytes(cname: Uint8Array): number {
  return (4 + 2 + cname.length + 4) & ~3;
}

/**
 *  0                   1                   2                   3
 *  |V=2|P|    SC   |  PT=SDES=202  |             length            |
 *  |                          SSRC/CSRC_1                          |
 *  |    CNAME=1    |     length    | user and domain name        ...
 *
 * @param cname of `encodeCname` @returns the offset behind the packet
 */
export function writeSourceDescription(data: Uint8Array, offset: number, ssrc: number, cname: Uint8Array): number {
  const item = offset + RTCP_HEADER_BYTES + 4;
  const end = offset + sourceDescriptionBytes(cname);
  writeUint32(data, item - 4, ssrc);
  data[item] = CNAME_ITEM;
  data[item + 1] = cname.length;
  data.set(cname, item + 2);
  data.fill(0, item + 2 + cname.length, end);
  return writeRtcpHeader(data, offset, end, rtcpKind(RTCP_TYPE.sourceDescription, 1));
}

/** `start` and `end` are where the name lies in the datagram: bytes of a peer, not to be shown unescaped. */
export interface CnameVisitor {
  onCname(ssrc: number, start: number, end: number): void;
}

/** Where the content of an SDES packet lies, and how many chunks it claims. */
export interface SdesContent {
  start: number;
  end: number;
  chunks: number;
}

/**
 * Visits the CNAME of each chunk. An item that runs over the end finishes it, without a fault: the reports before it in
 * the compound are right all the same, and A.2 does not look into items either.
 */
export function visitCnames(data: Uint8Array, content: Readonly<SdesContent>, visitor: CnameVisitor): void {
  let offset = content.start;
  for (let chunk = 0; chunk < content.chunks && offset + 4 <= content.end; chunk++) {
    offset = visitChunk(data, offset, content.end, visitor);
  }
}

/** @returns where the next chunk begins, or the end */
function visitChunk(data: Uint8Array, start: number, end: number, visitor: CnameVisitor): number {
  const ssrc = readUint32(data, start);
  let offset = start + 4;
  while (offset + 2 <= end && data[offset] !== 0) {
    const textEnd = offset + 2 + (data[offset + 1] ?? 0);
    if (textEnd > end) {
      return end;
    }
    if (data[offset] === CNAME_ITEM) {
      visitor.onCname(ssrc, offset + 2, textEnd);
    }
    offset = textEnd;
  }
  return start + ((offset - start + 4) & ~3); // the zero and what fills its word
}
