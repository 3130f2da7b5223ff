import { describe, expect, it } from 'vitest';
import { isCapture, readCapture } from '../../../src/cli/captured-payloads.js';
import type { ReplayedPackets } from '../../../src/rtp/rtp-dump.js';
import {
  describedInterface,
  end,
  enhancedPacket,
  ethernet,
  ipv4,
  pcap,
  section,
  u16,
  u32,
  udp,
  type Bytes,
} from '../capture/packets.js';

const [PHONE, PBX] = [end('192.0.2.1', 4000), end('192.0.2.9', 6000)];

interface Sent {
  readonly sequence: number;
  readonly payloadType?: number;
  readonly ssrc?: number;
  readonly payload?: Bytes;
  readonly from?: typeof PHONE;
  readonly to?: typeof PHONE;
}

/** An RTP packet in its frame, by hand (RFC 3550 §5.1). */
function frame({ sequence, payloadType = 18, ssrc = 7, payload = [sequence & 255], from = PHONE, to = PBX }: Sent) {
  const rtp = [0x80, payloadType, ...u16(sequence), ...u32(sequence * 160), ...u32(ssrc), ...payload];
  return ethernet(ipv4(from, to, udp(from, to, rtp)));
}

const numbers = (count: number, first = 1): number[] => Array.from({ length: count }, (_, i) => first + i);
const capture = (sent: readonly Sent[]): Uint8Array =>
  pcap(sent.map((each, index) => ({ seconds: index, fraction: 0, data: frame(each) })));
const payloadsOf = ({ payloads, lengths }: ReplayedPackets) => ({ payloads: [...payloads], lengths: [...lengths] });

describe('a capture with a stream of the payload type', () => {
  it('gives its payloads in order of sequence, each once', () => {
    const file = capture([1, 3, 2, 3, 4].map((sequence) => ({ sequence })));
    expect(isCapture(file)).toBe(true);
    expect(payloadsOf(readCapture(file, 18, 160))).toEqual({ payloads: [1, 2, 3, 4], lengths: [1, 1, 1, 1] });
  });

  it('as pcapng as well', () => {
    const packets = [1, 2, 3, 4].flatMap((sequence) =>
      enhancedPacket({ high: 0, low: sequence, data: frame({ sequence, payload: [sequence, 0] }) }),
    );
    const file = Uint8Array.from([...section(), ...describedInterface(1), ...packets]);
    expect(isCapture(file)).toBe(true);
    expect(payloadsOf(readCapture(file, 18, 160)).payloads).toEqual([1, 0, 2, 0, 3, 0, 4, 0]);
  });

  it('of several the longest, and not the key presses or the other way of the call', () => {
    const file = capture([
      ...numbers(5, 50).map((sequence) => ({ sequence, ssrc: 8, from: PBX, to: PHONE })),
      ...numbers(6).map((sequence) => ({ sequence })),
      ...numbers(9, 100).map((sequence) => ({ sequence, payloadType: 101 })),
    ]);
    expect(payloadsOf(readCapture(file, 18, 160)).payloads).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('up to where the file is damaged', () => {
    const file = capture(numbers(8).map((sequence) => ({ sequence })));
    new DataView(file.buffer).setUint32(24 + 6 * (16 + 55) + 8, 0xffff_ffff, true); // the length of the seventh
    expect(payloadsOf(readCapture(file, 18, 160)).payloads).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('the first 10,000 of more, as many as a clip may have', () => {
    const file = capture(numbers(10_050).map((sequence) => ({ sequence })));
    expect(readCapture(file, 18, 160).lengths).toHaveLength(10_000);
  });
});

describe('a capture that cannot be replayed', () => {
  it.each<[string, Uint8Array]>([
    [
      'expected an RTP stream of payload type 18, found payload types 0, 8',
      capture([0, 8].flatMap((payloadType) => numbers(4).map((sequence) => ({ sequence, payloadType })))),
    ],
    ['expected an RTP stream of payload type 18, found no RTP', capture([])],
    ['expected an RTP stream of payload type 18, found no RTP', capture(numbers(3).map((sequence) => ({ sequence })))],
    [
      'expected whole packets, found one of 172 bytes of which 62 were captured',
      pcap([
        {
          seconds: 0,
          fraction: 0,
          length: 214,
          data: frame({ sequence: 1, payload: numbers(160) }).slice(0, 104),
        },
      ]),
    ],
  ])('%s', (message, file) => expect(() => readCapture(file, 18, 160)).toThrow(message));

  it('says what its timestamps grow by', () => {
    const file = capture(numbers(4).map((sequence) => ({ sequence })));
    expect(() => readCapture(file, 18, 240)).toThrow('expected timestamps that grow by 240 a packet');
  });
});
