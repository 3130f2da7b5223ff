/** The first word of every RTCP packet, RFC 3550 §6.4.1. */

export const RTCP_VERSION = 2;
export const RTCP_HEADER_BYTES = 4;
/** The count field has 5 bits. */
export const MAX_RTCP_COUNT = 31;

export const RTCP_TYPE = {
  senderReport: 200,
  receiverReport: 201,
  sourceDescription: 202,
  bye: 203,
  extendedReport: 207,
} as const;

/** Version, count and packet type: the 16 bits that begin a packet. */
export function rtcpKind(type: number, count: number): number {
  return (((RTCP_VERSION << 6) | count) << 8) | type;
}

/**
 *  0                   1                   2                   3
 *  |V=2|P|  count  |  packet type  |    length in words − 1        |
 *
 * @param start where the packet begins @param end where it ends: a multiple of 4 bytes later @param kind of `rtcpKind`
 * @returns `end`
 */
export function writeRtcpHeader(data: Uint8Array, start: number, end: number, kind: number): number {
  const words = (end - start) / 4 - 1;
  data[start] = kind >>> 8;
  data[start + 1] = kind & 0xff;
  data[start + 2] = words >>> 8;
  data[start + 3] = words & 0xff;
  return end;
}
