/** RTP header, RFC 3550 §5.1: written in place and read into a reused object. RTCP is told apart by RFC 5761 §4. */

export const RTP_HEADER_BYTES = 12;

/**
 *  0                   1                   2                   3
 *  |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *  |                           timestamp                           |
 *  |           synchronization source (SSRC) identifier            |
 *
 * @param sequence 16 bits @param timestamp 32 bits, RTP clock units
 */
export function writeRtpHeader(packet: Uint8Array, header: RtpHeader): void {
  packet[0] = 0x80;
  packet[1] = (header.marker ? 0x80 : 0) | header.payloadType;
  packet[2] = header.sequence >>> 8;
  packet[3] = header.sequence & 0xff;
  writeUint32(packet, 4, header.timestamp);
  writeUint32(packet, 8, header.ssrc);
}

/** A header and where its payload lies; `parse` fills it, so that nothing is allocated per packet. */
export class RtpHeader {
  payloadType = 0;
  marker = false;
  /** 0–65,535. */
  sequence = 0;
  /** 0–2^32−1, clock units. */
  timestamp = 0;
  ssrc = 0;
  payloadOffset = 0;
  payloadLength = 0;

  /**
   * Reads the datagram of `length` bytes at the start of `data`.
   * @returns `rtp`; `rtcp` for a packet type of RTCP on this port; `malformed` when a field contradicts the length
   */
  parse(data: Uint8Array, length: number): 'rtp' | 'rtcp' | 'malformed' {
    const first = data[0] ?? 0;
    const second = data[1] ?? 0;
    if (length < RTP_HEADER_BYTES || first >>> 6 !== 2) {
      return 'malformed';
    }
    if (isRtcp(data)) {
      return 'rtcp';
    }
    let offset = RTP_HEADER_BYTES + (first & 0x0f) * 4;
    if ((first & 0x10) !== 0) {
      const words = offset + 4 <= length ? ((data[offset + 2] ?? 0) << 8) | (data[offset + 3] ?? 0) : 0xffff;
      offset += 4 + words * 4;
    }
    const padding = (first & 0x20) === 0 ? 0 : (data[length - 1] ?? 0);
    if (offset + padding > length || ((first & 0x20) !== 0 && padding === 0)) {
      return 'malformed';
    }
    this.marker = second >= 128;
    this.payloadType = second & 0x7f;
    this.sequence = ((data[2] ?? 0) << 8) | (data[3] ?? 0);
    this.timestamp = readUint32(data, 4);
    this.ssrc = readUint32(data, 8);
    this.payloadOffset = offset;
    this.payloadLength = length - offset - padding;
    return 'rtp';
  }
}

/** Bytes before the payload: fixed header, CSRCs and extension (§5.3.1). −1: it is no RTP, or they contradict the length. */
export function rtpHeaderBytes(data: Uint8Array, length: number): number {
  const first = data[0] ?? 0;
  let bytes = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if (length < bytes || first >>> 6 !== 2) return -1;
  if ((first & 0x10) !== 0) {
    if (length < bytes + 4) return -1;
    bytes += 4 + (((data[bytes + 2] ?? 0) << 8) | (data[bytes + 3] ?? 0)) * 4;
  }
  return bytes <= length ? bytes : -1;
}

/** Of a packet of either protocol: in RTCP it stands in the first header. */
export const ssrcOf = (data: Uint8Array): number => readUint32(data, isRtcp(data) ? 4 : 8);

/** Told apart by the packet type, RFC 5761 §4. */
export const isRtcp = (data: Uint8Array): boolean => (data[1] ?? 0) >= 192 && (data[1] ?? 0) <= 223;

export function readUint32(data: Uint8Array, offset: number): number {
  return (
    (((data[offset] ?? 0) << 24) |
      ((data[offset + 1] ?? 0) << 16) |
      ((data[offset + 2] ?? 0) << 8) |
      (data[offset + 3] ?? 0)) >>>
    0
  );
}

export function writeUint32(data: Uint8Array, offset: number, value: number): void {
  data[offset] = value >>> 24;
  data[offset + 1] = (value >>> 16) & 0xff;
  data[offset + 2] = (value >>> 8) & 0xff;
  data[offset + 3] = value & 0xff;
}
