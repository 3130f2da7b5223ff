import { describe, expect, it } from 'vitest';
import { RtpHeader, writeRtpHeader } from '../../../src/rtp/packet.js';
import { cutPackets, MAX_REPLAYED_PACKETS, readRtpDump, ReplayError } from '../../../src/rtp/rtp-dump.js';

interface Packet {
  readonly sequence: number;
  readonly timestamp?: number;
  readonly payload?: readonly number[];
  readonly payloadType?: number;
  readonly ssrc?: number;
}

/** A record of rtpdump, by hand: length of record and packet, offset in ms, and the packet. */
function record({ sequence, timestamp, payload = [sequence & 0xff], payloadType = 18, ssrc = 7 }: Packet): number[] {
  const packet = new Uint8Array(12 + payload.length);
  const fields = { sequence, timestamp: timestamp ?? sequence * 160, payloadType, ssrc };
  writeRtpHeader(packet, Object.assign(new RtpHeader(), fields));
  packet.set(payload, 12);
  const length = packet.length + 8;
  return [length >> 8, length & 0xff, packet.length >> 8, packet.length & 0xff, 0, 0, 0, 0, ...packet];
}

const LINE = [...Buffer.from('#!rtpplay1.0 10.0.0.1/4000\n')];
const HEADER = Array.from({ length: 16 }, () => 0);
const fileOf = (...records: number[][]): Uint8Array => Uint8Array.from([...LINE, ...HEADER, ...records.flat()]);
const dump = (...packets: Packet[]): Uint8Array => fileOf(...packets.map(record));
const rtcp = [0, 16, 0, 0, 0, 0, 0, 0, 0x80, 200, 0, 1, 0, 0, 0, 9];

const payloadsOf = (file: Uint8Array): number[][] => {
  const { payloads, lengths } = readRtpDump(file, 160);
  const all: number[][] = [];
  let at = 0;
  for (const length of lengths) {
    all.push([...payloads.subarray(at, at + length)]);
    at += length;
  }
  return all;
};

describe('an rtpdump file', () => {
  it('gives the payloads of its stream, whatever their lengths', () =>
    expect(payloadsOf(dump({ sequence: 1, payload: [1, 2, 3] }, { sequence: 2, payload: [4] }))).toEqual([
      [1, 2, 3],
      [4],
    ]));

  it('in order of sequence over the wrap, each once', () => {
    const file = dump(
      { sequence: 65_534, timestamp: 0 },
      { sequence: 0, timestamp: 320 },
      { sequence: 65_535, timestamp: 160 },
      { sequence: 0, timestamp: 320 },
      { sequence: 1, timestamp: 480 },
    );
    expect(payloadsOf(file)).toEqual([[0xfe], [0xff], [0], [1]]);
  });

  it('without RTCP, key presses and empty packets', () => {
    const others = [record({ sequence: 2, payloadType: 101 }), rtcp, record({ sequence: 3, payload: [] })];
    expect(payloadsOf(fileOf(record({ sequence: 1 }), ...others, record({ sequence: 4 })))).toEqual([[1], [4]]);
  });

  it('with a pause of the speaker in it, which closes up', () => {
    const file = dump(
      { sequence: 1, timestamp: 0 },
      { sequence: 2, timestamp: 160 },
      { sequence: 3, timestamp: 320 },
      { sequence: 4, timestamp: 9000 },
    );
    expect(payloadsOf(file)).toHaveLength(4);
  });

  it.each([
    [
      'expected a capture (pcap, pcapng) or a file of rtpdump, which begins with "#!rtpplay1.0 ", found another beginning',
      Uint8Array.of(1, 2, 3),
    ],
    [
      'expected a capture (pcap, pcapng) or a file of rtpdump, which begins with "#!rtpplay1.0 ", found another beginning',
      new Uint8Array(0),
    ],
    ['expected RTP packets, found none', fileOf()],
    ['expected RTP packets, found none', fileOf(rtcp)],
    ['expected one RTP stream, found a second source (SSRC)', dump({ sequence: 1 }, { sequence: 2, ssrc: 8 })],
    ['expected a whole record at byte 43, found the end of the file', fileOf([0, 30, 0, 22, 0, 0, 0, 0, 1])],
    ['expected a whole record at byte 43, found the end of the file', fileOf([0, 0, 0, 0, 0, 0, 0, 0])],
    [
      'expected timestamps that grow by 160 a packet, as rtpmap and ptime say, found 240',
      dump({ sequence: 1, timestamp: 0 }, { sequence: 2, timestamp: 240 }),
    ],
    [
      'expected payloads of at most 1400 bytes, found one of 1401',
      dump({ sequence: 1, payload: Array.from({ length: 1401 }, () => 1) }),
    ],
  ])('is refused: %s', (message, file) => {
    expect(() => readRtpDump(file, 160)).toThrow(new ReplayError(message));
  });

  it('of any bytes is read or refused, and nothing else', () => {
    let random = 7;
    for (let round = 0; round < 500; round++) {
      const bytes = Array.from({ length: round }, () => (random = (random * 75 + 74) % 65_537) & 0xff);
      expect(refusalOf(Uint8Array.from([...LINE, ...HEADER, ...bytes]))).toMatch(/^(|expected .*, found .*)$/);
    }
  });
});

/** Empty where it is read. */
function refusalOf(file: Uint8Array): string {
  try {
    readRtpDump(file, 160);
    return '';
  } catch (error) {
    return error instanceof ReplayError ? error.message : String(error);
  }
}

describe('a file of bare payloads', () => {
  it('is cut into packets', () => {
    const { payloads, lengths } = cutPackets(Uint8Array.of(1, 2, 3, 4, 5, 6), 3);
    expect([...payloads]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...lengths]).toEqual([3, 3]);
  });

  it('must be whole packets, and not too many', () => {
    expect(() => cutPackets(new Uint8Array(5), 2)).toThrow(
      'expected packets of 2 bytes and nothing else, found 5 bytes',
    );
    expect(() => cutPackets(new Uint8Array(0), 2)).toThrow('found 0 bytes');
    const most = `expected at most ${MAX_REPLAYED_PACKETS} packets (the clip loops), found ${MAX_REPLAYED_PACKETS + 1}`;
    expect(() => cutPackets(new Uint8Array(MAX_REPLAYED_PACKETS + 1), 1)).toThrow(most);
  });
});
