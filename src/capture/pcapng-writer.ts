/**
 * Writes pcapng (draft-ietf-opsawg-pcapng): one section, one interface of raw IP packets with times in ns, enhanced packet
 * blocks. Integers are little-endian, whatever the host. Bytes in, bytes out: files are somebody else's.
 */

export const BLOCK = { section: 0x0a0d0d0a, interface: 1, oldPacket: 2, simplePacket: 3, enhancedPacket: 6 } as const;
export const OPTION = { end: 0, comment: 1, resolution: 9, timeOffset: 14, packetFlags: 2 } as const;
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Packets begin with their IP header. */
export const LINKTYPE_RAW = 101;
/** `epb_flags`: bits 0 and 1. */
export const DIRECTION_FLAG = { inbound: 1, outbound: 2 } as const;

/** A block without its body: type, length, and the length once more. */
const FRAME_BYTES = 12;
/** Before the data of an enhanced packet: interface, time (8), captured and original length. */
const PACKET_FIELDS = 20;
/** `epb_flags` and the end of the options. */
const PACKET_OPTIONS = 12;
const NS_PER_SECOND = 1e9;

const padded = (length: number): number => (length + 3) & ~3;

/** Section header and interface description: what a file begins with. @param comment what the file is, for its reader */
export function fileHeader(comment: string, application: string): Uint8Array {
  const section = options([
    [OPTION.comment, text(comment)],
    [4, text(application)], // shb_userappl
  ]);
  const description = options([[OPTION.resolution, Uint8Array.of(9)]]);
  const head = new Uint8Array(16);
  const view = new DataView(head.buffer);
  view.setUint32(0, BYTE_ORDER_MAGIC, true);
  view.setUint16(4, 1, true);
  view.setBigInt64(8, -1n, true); // its length is not known beforehand
  const link = new Uint8Array(8);
  new DataView(link.buffer).setUint16(0, LINKTYPE_RAW, true);
  return join([block(BLOCK.section, [head, section]), block(BLOCK.interface, [link, description])]);
}

/** When a packet was on the wire: whole seconds since 1970 and the rest, which a double would not hold together. */
export interface WallTime {
  readonly seconds: number;
  /** 0 up to 10^9. */
  readonly ns: number;
}

export interface PacketFacts {
  readonly time: WallTime;
  /** Of the whole packet; what is written may be less. */
  readonly length: number;
  readonly direction: keyof typeof DIRECTION_FLAG;
}

/** Bytes of an enhanced packet block with so much data in it. */
export function packetBlockBytes(captured: number): number {
  return FRAME_BYTES + PACKET_FIELDS + padded(captured) + PACKET_OPTIONS;
}

/**
 * Writes all of an enhanced packet block but its data, which goes to `offset` + PACKET_DATA_OFFSET.
 * @param captured bytes of data @returns the offset behind the block
 */
export function writePacketBlock(
  view: DataView,
  offset: number,
  captured: number,
  { time, length, direction }: PacketFacts,
): number {
  const total = packetBlockBytes(captured);
  view.setUint32(offset, BLOCK.enhancedPacket, true);
  view.setUint32(offset + 4, total, true);
  view.setUint32(offset + 8, 0, true);
  writeTime(view, offset + 12, time);
  view.setUint32(offset + 20, captured, true);
  view.setUint32(offset + 24, length, true);
  let at = offset + PACKET_DATA_OFFSET + captured;
  for (; (at & 3) !== (offset & 3); at++) view.setUint8(at, 0);
  view.setUint16(at, OPTION.packetFlags, true);
  view.setUint16(at + 2, 4, true);
  view.setUint32(at + 4, DIRECTION_FLAG[direction], true);
  view.setUint32(at + 8, OPTION.end, true);
  view.setUint32(at + 12, total, true);
  return offset + total;
}

/** Where the data of an enhanced packet block begins. */
export const PACKET_DATA_OFFSET = 8 + PACKET_FIELDS;

/**
 * 64 bits of ns as an upper and a lower word, in exact doubles: 10^9 · seconds is taken apart at 2^16 · seconds, so that no
 * product exceeds 2^53.
 */
function writeTime(view: DataView, offset: number, { seconds, ns }: WallTime): void {
  const upper = Math.floor(seconds / 0x1_0000) * NS_PER_SECOND;
  const lower = (seconds % 0x1_0000) * NS_PER_SECOND + ns + (upper % 0x1_0000) * 0x1_0000;
  view.setUint32(offset, Math.floor(upper / 0x1_0000) + Math.floor(lower / 0x1_0000_0000), true);
  view.setUint32(offset + 4, lower % 0x1_0000_0000, true);
}

/**
 * A whole file from a header and blocks of enhanced packets, in the order of their times: what was sent and what was received
 * are noted apart, and a reader must see the SDP before the audio that it describes.
 */
export function sortedFile(header: Uint8Array, chunks: readonly Uint8Array[]): Uint8Array {
  const blocks = chunks.flatMap(blocksOf);
  blocks.sort((one, other) => one.high - other.high || one.low - other.low);
  return join([header, ...blocks.map(({ bytes }) => bytes)]);
}

interface PacketBlock {
  readonly high: number;
  readonly low: number;
  readonly bytes: Uint8Array;
}

/** @param chunk whole blocks, as `writePacketBlock` leaves them */
function blocksOf(chunk: Uint8Array): PacketBlock[] {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const blocks: PacketBlock[] = [];
  for (let at = 0; at + FRAME_BYTES <= chunk.length;) {
    const length = view.getUint32(at + 4, true);
    const bytes = chunk.subarray(at, at + length);
    blocks.push({ high: view.getUint32(at + 12, true), low: view.getUint32(at + 16, true), bytes });
    at += length;
  }
  return blocks;
}

function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = FRAME_BYTES + parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  bytes.set(join(parts), 8);
  view.setUint32(length - 4, length, true);
  return bytes;
}

/** Each value padded to 32 bits, and the end of the options. */
function options(list: readonly (readonly [code: number, value: Uint8Array])[]): Uint8Array {
  const written = list.map(([code, value]) => {
    const bytes = new Uint8Array(4 + padded(value.length));
    const view = new DataView(bytes.buffer);
    view.setUint16(0, code, true);
    view.setUint16(2, value.length, true);
    bytes.set(value, 4);
    return bytes;
  });
  return join([...written, new Uint8Array(4)]);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value).subarray(0, 0xffff);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
