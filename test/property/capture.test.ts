/** Captures from hostile hands: nothing throws but what says that it is no capture, and how the file comes in pieces changes nothing. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CaptureAnalysis } from '../../src/analysis/capture-analysis.js';
import { CaptureError } from '../../src/capture/capture-error.js';
import {
  describedInterface,
  end,
  enhancedPacket,
  ethernet,
  ipv4,
  pcap,
  rtpPacket,
  section,
  text,
  udp,
  type Bytes,
} from '../unit/capture/packets.js';

const A = end('192.0.2.1', 4000);
const B = end('192.0.2.9', 4002);
const wrapped = (payload: Bytes, from = A, to = B): Bytes => ethernet(ipv4(from, to, udp(from, to, payload)));

const SIP = text(
  'INVITE sip:b@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\n' +
    'Call-ID: one\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\n\r\nv=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n',
);

const ANSWER = text(
  'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>;tag=2\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\n\r\n',
);
const ACK = text(
  'ACK sip:b@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK2\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>;tag=2\r\nCall-ID: one\r\nCSeq: 1 ACK\r\n\r\n',
);

/** A capture with SIP, RTP and an RTCP sender report. */
const DATA: Bytes[] = [
  wrapped(SIP),
  wrapped(ANSWER, B, A),
  wrapped(ACK),
  ...Array.from({ length: 60 }, (_, i) => wrapped(rtpPacket({ sequence: i, timestamp: i * 160 }))),
  ...Array.from({ length: 60 }, (_, i) => wrapped(rtpPacket({ sequence: i, timestamp: i * 160, ssrc: 5 }), B, A)),
  wrapped([0x80, 200, 0, 6, ...Array.from({ length: 24 }, () => 3)]),
];
const PCAP = pcap(DATA.map((data, i) => ({ seconds: 100 + Math.floor(i / 50), fraction: (i % 50) * 20_000, data })));
const PCAPNG = Uint8Array.from([
  ...section(),
  ...describedInterface(1),
  ...DATA.flatMap((data, i) => enhancedPacket({ high: 0, low: 100_000_000 + i * 20_000, data })),
]);

function analyse(file: Uint8Array, sizes: readonly number[]): string {
  const measured = new CaptureAnalysis({ rtpMaps: new Map(), onSecond: () => {} });
  try {
    let at = 0;
    for (let i = 0; at < file.length; i++) {
      const size = sizes[i % sizes.length] ?? 1;
      if (!measured.push(file.subarray(at, at + size))) break;
      at += size;
    }
    measured.end();
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return error.message;
  }
  const streams = measured.streams.map(({ place, packets, meter }) => [place, packets, meter?.totals]);
  return JSON.stringify([measured.packets, measured.datagrams, measured.refused, measured.damage, streams]);
}

const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 });

describe('a capture', () => {
  it('gives the same figures in whatever pieces it comes', () => {
    for (const file of [PCAP, PCAPNG]) {
      const whole = analyse(file, [file.length]);
      expect(whole).toContain('"received":60');
      fc.assert(
        fc.property(sizes, (pieces) => {
          expect(analyse(file, pieces)).toBe(whole);
        }),
        { numRuns: 30 },
      );
    }
  });

  it('with any bytes changed, or cut anywhere, never throws anything else', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.boolean(), fc.array(change, { maxLength: 30 }), fc.nat(), sizes, (isNew, changes, cut, pieces) => {
        const file = Uint8Array.from(isNew ? PCAPNG : PCAP);
        for (const [at, value] of changes) file[at % file.length] = value;
        expect(analyse(file.subarray(0, cut % (file.length + 1)), pieces)).not.toBe('');
      }),
      { numRuns: 400 },
    );
  });

  it('of random bytes never throws anything else', () => {
    const magic = fc.constantFrom([], [0xd4, 0xc3, 0xb2, 0xa1], [...section(), ...describedInterface(101)]);
    fc.assert(
      fc.property(magic, fc.uint8Array({ maxLength: 3000 }), sizes, (head, bytes, pieces) => {
        expect(analyse(Uint8Array.from([...head, ...bytes]), pieces)).not.toBe('');
      }),
      { numRuns: 300 },
    );
  });

  it('whose packets hold any RTP at any time never throws, and keeps its counts', () => {
    const packet = fc.record({
      seconds: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 0xffff_ffff })),
      sequence: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 65_535 })),
      timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
      ssrc: fc.integer({ min: 1, max: 2 }),
      payloadType: fc.constantFrom(0, 8, 9, 13, 96, 101),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 80 }), (packets) => {
        const file = pcap(
          packets.map(({ seconds, ...header }) => ({ seconds, fraction: 0, data: wrapped(rtpPacket(header)) })),
        );
        const measured = new CaptureAnalysis({ rtpMaps: new Map(), onSecond: () => {} });
        measured.push(file);
        if (packets.length > 0) measured.end();
        for (const { packets: count, meter } of measured.streams) {
          const totals = meter?.totals;
          expect((totals?.received ?? 0) + (totals?.duplicate ?? 0)).toBeLessThanOrEqual(count);
        }
      }),
      { numRuns: 300 },
    );
  });
});
