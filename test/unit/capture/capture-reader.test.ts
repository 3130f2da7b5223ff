import { describe, expect, it } from 'vitest';
import { CaptureReader } from '../../../src/capture/capture-reader.js';
import { block, describedInterface, enhancedPacket, pcap, section, u16, u32, zeros, type Bytes } from './packets.js';

interface Seen {
  readonly linkType: number;
  readonly seconds: number | null;
  readonly ns: number | null;
  readonly data: number[];
  readonly length: number;
}

/** Reads the file in pieces of `size` bytes. */
function read(file: Bytes | Uint8Array, size = 7): { seen: Seen[]; error: string | null; format: string | null } {
  const seen: Seen[] = [];
  const reader = new CaptureReader(({ linkType, time, data, length }) =>
    seen.push({ linkType, seconds: time?.seconds ?? null, ns: time?.ns ?? null, data: [...data], length }),
  );
  const bytes = Uint8Array.from(file);
  let error: string | null = null;
  try {
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
    reader.end();
  } catch (thrown) {
    error = `${(thrown as { code?: string }).code}: ${(thrown as Error).message}`;
  }
  return { seen, error, format: reader.format };
}

const PACKETS = [
  { seconds: 1_700_000_000, fraction: 250, data: [1, 2, 3] },
  { seconds: 1_700_000_001, fraction: 999_999, data: [4], length: 1500 },
];

describe('pcap', () => {
  it.each([true, false])('is read in either byte order (little-endian: %s), in µs', (little) => {
    const { seen, error, format } = read(pcap(PACKETS, { little }));
    expect({ error, format }).toEqual({ error: null, format: 'pcap' });
    expect(seen).toEqual([
      { linkType: 1, seconds: 1_700_000_000, ns: 250_000, data: [1, 2, 3], length: 3 },
      { linkType: 1, seconds: 1_700_000_001, ns: 999_999_000, data: [4], length: 1500 },
    ]);
  });

  it.each([true, false])('is read in ns (little-endian: %s)', (little) => {
    const { seen } = read(pcap(PACKETS, { little, ns: true, link: 113 }));
    expect(seen.map(({ ns, linkType }) => [ns, linkType])).toEqual([
      [250, 113],
      [999_999, 113],
    ]);
  });

  it('that ends within a packet gives those before it', () => {
    const { seen, error } = read(pcap(PACKETS).subarray(0, -1));
    expect(seen).toHaveLength(1);
    expect(error).toBe('damaged: damaged at byte 43: the file ends within a packet');
  });

  it('with a length that cannot be is not believed', () => {
    const file = pcap(PACKETS);
    file.set(u32(0x7fff_ffff, true), 24 + 8);
    expect(read(file)).toMatchObject({
      seen: [],
      error: expect.stringContaining('damaged at byte 24: a packet of 2147483647 bytes'),
    });
  });
});

const option = (code: number, value: Bytes, little = true): Bytes => [
  ...u16(code, little),
  ...u16(value.length, little),
  ...value,
  ...zeros((4 - (value.length % 4)) % 4),
];

describe('pcapng', () => {
  it.each([true, false])('is read in either byte order (little-endian: %s), µs by default', (little) => {
    // 1,700,000,000.000250 s in µs is 0x60A24_181E40FA
    const file = [
      ...section(little),
      ...describedInterface(1, [], little),
      ...enhancedPacket({ high: 0x60a24, low: 0x181e40fa, data: [1, 2, 3] }, little),
    ];
    expect(read(file).seen).toEqual([{ linkType: 1, seconds: 1_700_000_000, ns: 250_000, data: [1, 2, 3], length: 3 }]);
  });

  it('has times in what its interfaces say, and interfaces by number', () => {
    const offset = [...zeros(8)];
    offset[0] = 100; // if_tsoffset 100 s, little-endian
    const file = [
      ...section(),
      ...describedInterface(1, option(9, [9])),
      ...describedInterface(101, [...option(2, [1, 2]), ...option(9, [0x80 | 10]), ...option(14, offset), ...zeros(4)]),
      ...enhancedPacket({ high: 0, low: 1_500_000_001, data: [1] }),
      ...enhancedPacket({ high: 0, low: 3 * 1024 + 512, data: [2], at: 1 }),
    ];
    expect(read(file).seen.map(({ linkType, seconds, ns }) => [linkType, seconds, ns])).toEqual([
      [1, 1, 500_000_001],
      [101, 103, 500_000_000],
    ]);
  });

  it('may have blocks of other kinds of any size, packets without a time, and the packet block of old', () => {
    const old = block(2, [
      ...u16(0, true),
      ...u16(7, true),
      ...u32(0, true),
      ...u32(5, true),
      ...u32(2, true),
      ...u32(9, true),
      8,
      9,
    ]);
    const file = [
      ...section(),
      ...describedInterface(1),
      ...block(0x0bad, zeros(400_000)),
      ...block(3, [...u32(3, true), 5, 6, 7]),
      ...old,
      ...block(4, zeros(4)),
    ];
    const { seen, error } = read(file, 1000);
    expect(error).toBeNull();
    expect(seen).toEqual([
      { linkType: 1, seconds: null, ns: null, data: [5, 6, 7], length: 3 },
      { linkType: 1, seconds: 0, ns: 5000, data: [8, 9], length: 9 },
    ]);
  });

  it('begins anew with a section: byte order and interfaces are its own', () => {
    const first = [...section(true), ...describedInterface(1), ...enhancedPacket({ high: 0, low: 1, data: [1] })];
    const second = [
      ...section(false),
      ...describedInterface(276, [], false),
      ...enhancedPacket({ high: 0, low: 2, data: [2] }, false),
    ];
    expect(read([...first, ...second]).seen.map(({ linkType, data }) => [linkType, data])).toEqual([
      [1, [1]],
      [276, [2]],
    ]);
    expect(read([...section(), ...enhancedPacket({ high: 0, low: 1, data: [1] })]).error).toContain(
      'interface 0, which was not described',
    );
  });

  it('is not believed where lengths contradict each other', () => {
    const head = [...section(), ...describedInterface(1)];
    const tooLong = enhancedPacket({ high: 0, low: 1, data: [1, 2, 3, 4] }).with(20, 200);
    expect(read([...head, ...tooLong]).error).toContain('a packet that is longer than its block');
    expect(read([...head, ...u32(6, true), ...u32(13, true), ...zeros(40)]).error).toContain('a block of 13 bytes');
    expect(read([...head, ...u32(6, true), ...u32(0x4000_0000, true), ...zeros(40)]).error).toContain('at most');
    expect(read([...head, ...describedInterface(1, option(9, [40]))]).error).toContain('unsupported');
  });
});

describe('other files', () => {
  it('are told apart by how they begin', () => {
    expect(read([]).error).toBe('not-a-capture: expected a pcap or pcapng file, got an empty file');
    expect(read([0x1f, 0x8b, 8, 0]).error).toContain('a gzip file: unpack it first');
    expect(read([...new TextEncoder().encode('hello')]).error).toContain('text that begins with "hell"');
    expect(read([0xa1]).error).toContain('one that begins with a1');
  });
});
