/** Goodbye (BYE), RFC 3550 §6.6. */
import { writeUint32 } from '../packet.js';
import { RTCP_HEADER_BYTES, RTCP_TYPE, rtcpKind, writeRtcpHeader } from './rtcp-header.js';
import { MAX_TEXT_BYTES } from './source-description.js';

/** Header, one SSRC, the reason with its length, and what fills the last word. */
export const MAX_BYE_BYTES = RTCP_HEADER_BYTES + 4 + 1 + MAX_TEXT_BYTES;

const encoder = new TextEncoder();

/**
 *  0                   1                   2                   3
 *  |V=2|P|    SC   |   PT=BYE=203  |             length            |
 *  |                           SSRC/CSRC                           |
 *  |     length    |               reason for leaving            ...
 *
 * @param reason none when empty; what goes beyond 255 bytes is cut off at a whole character
 * @returns the offset behind the packet
 */
export function writeBye(data: Uint8Array, offset: number, ssrc: number, reason: string): number {
  const lengthAt = offset + RTCP_HEADER_BYTES + 4;
  writeUint32(data, lengthAt - 4, ssrc);
  let end = lengthAt;
  if (reason !== '') {
    const room = data.subarray(lengthAt + 1, lengthAt + 1 + MAX_TEXT_BYTES);
    const { written } = encoder.encodeInto(reason, room);
    data[lengthAt] = written;
    end = offset + ((lengthAt + 1 + written - offset + 3) & ~3);
    data.fill(0, lengthAt + 1 + written, end);
  }
  return writeRtcpHeader(data, offset, end, rtcpKind(RTCP_TYPE.bye, 1));
}
