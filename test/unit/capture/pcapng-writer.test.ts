import { describe, expect, it } from 'vitest';
import {
  fileHeader,
  PACKET_DATA_OFFSET,
  packetBlockBytes,
  sortedFile,
  writePacketBlock,
  type WallTime,
} from '../../../src/capture/pcapng-writer.js';
import { text, u16, u32, zeros } from './packets.js';

const AT: WallTime = { seconds: 1_700_000_000, ns: 123_456_789 };
/** 1,700,000,000,123,456,789 in two words, by the integer arithmetic of BigInt. */
const TICKS = 1_700_000_000_123_456_789n;
const HIGH = Number(TICKS >> 32n);
const LOW = Number(TICKS & 0xffff_ffffn);

function packetBlock(data: readonly number[], time: WallTime, length = data.length): Uint8Array {
  const bytes = new Uint8Array(packetBlockBytes(data.length));
  bytes.set(data, PACKET_DATA_OFFSET);
  const end = writePacketBlock(new DataView(bytes.buffer), 0, data.length, { time, length, direction: 'outbound' });
  expect(end).toBe(bytes.length);
  return bytes;
}

const at = (seconds: number, mark: number): Uint8Array => packetBlock([mark], { seconds, ns: 0 });
const chunk = (...blocks: Uint8Array[]): Uint8Array => Uint8Array.from(blocks.flatMap((one) => Array.from(one)));

describe('a file of pcapng', () => {
  it('begins with a section header and the description of one interface, as the draft lays them out', () => {
    expect([...fileHeader('abc', 'me')]).toEqual([
      // Section Header Block: type, length, byte-order magic, version 1.0, section length -1
      ...u32(0x0a0d0d0a, true),
      ...u32(48, true),
      ...u32(0x1a2b3c4d, true),
      ...u16(1, true),
      ...u16(0, true),
      ...Array.from({ length: 8 }, () => 255),
      // opt_comment (1), shb_userappl (4), opt_endofopt
      ...u16(1, true),
      ...u16(3, true),
      ...text('abc'),
      0,
      ...u16(4, true),
      ...u16(2, true),
      ...text('me'),
      0,
      0,
      ...zeros(4),
      ...u32(48, true),
      // Interface Description Block: LINKTYPE_RAW, no snap length, if_tsresol (9): 10^-9, opt_endofopt
      ...u32(1, true),
      ...u32(32, true),
      ...u16(101, true),
      ...u16(0, true),
      ...u32(0, true),
      ...u16(9, true),
      ...u16(1, true),
      9,
      ...zeros(3),
      ...zeros(4),
      ...u32(32, true),
    ]);
  });

  it('has packets as enhanced packet blocks: padded, with both lengths, ns and direction', () => {
    expect([...packetBlock([1, 2, 3, 4, 5], AT, 200)]).toEqual([
      ...u32(6, true),
      ...u32(52, true),
      ...u32(0, true),
      ...u32(HIGH, true),
      ...u32(LOW, true),
      ...u32(5, true),
      ...u32(200, true),
      1,
      2,
      3,
      4,
      5,
      0,
      0,
      0,
      // epb_flags (2): outbound is 2 in the lowest two bits
      ...u16(2, true),
      ...u16(4, true),
      ...u32(2, true),
      ...zeros(4),
      ...u32(52, true),
    ]);
  });

  it('holds times to the ns whatever the second', () => {
    for (const [seconds, ns] of [
      [0, 0],
      [0, 999_999_999],
      [65_535, 999_999_999],
      [65_536, 1],
      [1_764_300_000, 999_999_999],
      [4_294_967_295, 999_999_999],
    ] as const) {
      const view = new DataView(packetBlock([], { seconds, ns }).buffer);
      const ticks = (BigInt(view.getUint32(12, true)) << 32n) | BigInt(view.getUint32(16, true));
      expect(ticks).toBe(BigInt(seconds) * 1_000_000_000n + BigInt(ns));
    }
  });

  it('stands in the order of times, equal ones as they were noted', () => {
    const file = sortedFile(Uint8Array.of(7), [chunk(at(2, 1), at(4, 2)), chunk(at(1, 3), at(2, 4)), chunk()]);
    expect(file[0]).toBe(7);
    const size = packetBlockBytes(1);
    const marks = [0, 1, 2, 3].map((index) => file[1 + index * size + PACKET_DATA_OFFSET]);
    expect(marks).toEqual([3, 1, 4, 2]);
    expect(file.length).toBe(1 + 4 * size);
  });
});
