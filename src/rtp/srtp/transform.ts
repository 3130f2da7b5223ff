/** What both ways of protection have in common: each works in place, for the packets of one direction of a stream. */

/** RFC 3711 §3.4: what stands behind an RTCP compound, the bit that says "encrypted" and the index. */
export const RTCP_INDEX_BYTES = 4;
export const RTCP_ENCRYPTED = 0x8000_0000;
export const RTCP_INDEX_MASK = 0x7fff_ffff;
/** Of an RTCP compound this much stays readable: the first header and the SSRC of its sender. */
export const RTCP_CLEAR_BYTES = 8;

/** Which packet it is; `index` is the 48-bit one of RTP, or the 31-bit one of RTCP. */
export interface PacketPlace {
  ssrc: number;
  index: number;
}

/** Bytes are those of the packet from the start of the array on; behind them is room for `MAX_OVERHEAD_BYTES`. */
export interface Transform {
  /** RTCP carries the short tag of RTP, as Asterisk has it, and not the long one that RFC 4568 §6.2.2 demands. */
  readonly hasShortRtcpTag: boolean;
  /** From now on; of no effect where there is one tag for both. */
  shortenRtcpTag(): void;
  /** @param headerBytes what stays readable @returns the length of the protected packet */
  sealRtp(data: Uint8Array, headerBytes: number, length: number, place: PacketPlace): number;
  /** @returns the length of the plain packet; -1, and `data` as it was: it is not authentic */
  openRtp(data: Uint8Array, headerBytes: number, length: number, place: PacketPlace): number;
  sealRtcp(data: Uint8Array, length: number, place: PacketPlace): number;
  /** @param place its index becomes the one that the packet names @returns the length of the plain compound; -1: not authentic */
  openRtcp(data: Uint8Array, length: number, place: PacketPlace): number;
}

/** Longest tag with the index of RTCP. */
export const MAX_OVERHEAD_BYTES = 20;

/** Compares without an early end: how much of a forged tag was right is not to be seen. */
export function isSameTag(data: Uint8Array, at: number, tag: Uint8Array, tagBytes: number): boolean {
  let difference = 0;
  for (let i = 0; i < tagBytes; i++) difference |= data[at + i]! ^ tag[i]!;
  return difference === 0;
}
