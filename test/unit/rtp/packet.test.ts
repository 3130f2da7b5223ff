import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RTP_HEADER_BYTES, RtpHeader, writeRtpHeader } from '../../../src/rtp/packet.js';

interface Fields {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
}

const fields = fc.record({
  payloadType: fc.integer({ min: 0, max: 127 }),
  marker: fc.boolean(),
  sequence: fc.nat(0xffff),
  timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
  ssrc: fc.integer({ min: 0, max: 0xffff_ffff }),
});

const headerOf = (values: Fields): RtpHeader => Object.assign(new RtpHeader(), values);
const fieldsOf = ({ payloadType, marker, sequence, timestamp, ssrc }: RtpHeader): Fields => ({
  payloadType,
  marker,
  sequence,
  timestamp,
  ssrc,
});

/** By the RFC's diagram, with DataView and not with this code. */
function reference(
  values: Fields,
  parts: { csrc?: number; extensionWords?: number; payload?: number; padding?: number },
) {
  const { csrc = 0, extensionWords = -1, payload = 0, padding = 0 } = parts;
  const extension = extensionWords < 0 ? 0 : 4 + 4 * extensionWords;
  const packet = new Uint8Array(12 + 4 * csrc + extension + payload + padding).fill(0xa5);
  const view = new DataView(packet.buffer);
  view.setUint8(0, (2 << 6) | (padding > 0 ? 0x20 : 0) | (extension > 0 ? 0x10 : 0) | csrc);
  view.setUint8(1, (values.marker ? 0x80 : 0) | values.payloadType);
  view.setUint16(2, values.sequence);
  view.setUint32(4, values.timestamp);
  view.setUint32(8, values.ssrc);
  if (extension > 0) view.setUint16(12 + 4 * csrc + 2, extensionWords);
  if (padding > 0) view.setUint8(packet.length - 1, padding);
  return { packet, offset: 12 + 4 * csrc + extension };
}

describe('RTP header', () => {
  it('is written as the RFC draws it, whatever was there before', () => {
    fc.assert(
      fc.property(fields, (values) => {
        const packet = new Uint8Array(RTP_HEADER_BYTES).fill(0xff);
        writeRtpHeader(packet, headerOf(values));
        expect([...packet]).toEqual([...reference(values, {}).packet]);
      }),
    );
  });

  it('goes from bytes to fields and back to the same bytes', () => {
    const parts = fc.record({
      csrc: fc.nat(15),
      extensionWords: fc.integer({ min: -1, max: 6 }),
      payload: fc.nat(200),
      padding: fc.nat(255),
    });
    fc.assert(
      fc.property(fields, parts, (values, parts) => {
        fc.pre(!(values.marker && values.payloadType >= 64 && values.payloadType <= 95));
        const { packet, offset } = reference(values, parts);
        const header = new RtpHeader();
        expect(header.parse(packet, packet.length)).toBe('rtp');
        expect(fieldsOf(header)).toEqual(values);
        expect([header.payloadOffset, header.payloadLength]).toEqual([offset, parts.payload]);
        const again = packet.slice(0, 12);
        writeRtpHeader(again, header);
        expect([...again.subarray(1)]).toEqual([...packet.subarray(1, 12)]);
      }),
    );
  });

  it('finds the field that contradicts the length in every truncation', () => {
    const values = { payloadType: 0, marker: false, sequence: 1, timestamp: 2, ssrc: 3 };
    const { packet, offset } = reference(values, { csrc: 3, extensionWords: 2, payload: 20 });
    for (let length = 0; length <= packet.length; length++) {
      expect(new RtpHeader().parse(packet, length)).toBe(length < offset ? 'malformed' : 'rtp');
    }
  });

  it('reads nothing behind the datagram: what is left there of the one before does not count', () => {
    const values = { payloadType: 0, marker: false, sequence: 1, timestamp: 2, ssrc: 3 };
    const { packet } = reference(values, { extensionWords: 0, payload: 8 });
    expect(new RtpHeader().parse(packet, 15)).toBe('malformed');
    expect(new RtpHeader().parse(packet, 16)).toBe('rtp');
  });

  it.each([
    [0, 'malformed'], // the P bit without a count
    [1, 'rtp'],
    [8, 'rtp'],
    [9, 'malformed'], // more than there is behind the header
    [255, 'malformed'],
  ])('padding of %d in 8 bytes: %s', (padding, kind) => {
    const packet = new Uint8Array(20);
    packet[0] = 0xa0;
    packet[19] = padding;
    const header = new RtpHeader();
    expect(header.parse(packet, 20)).toBe(kind);
    expect(header.payloadLength).toBe(kind === 'rtp' ? 8 - padding : 0);
  });

  it.each([0, 1, 3])('refuses version %d', (version) => {
    const packet = new Uint8Array(12);
    packet[0] = version << 6;
    expect(new RtpHeader().parse(packet, 12)).toBe('malformed');
  });

  it('tells RTCP apart by its packet type (RFC 5761 §4), for all 256 values', () => {
    for (let second = 0; second < 256; second++) {
      const packet = new Uint8Array(12);
      packet.set([0x80, second]);
      expect(new RtpHeader().parse(packet, 12)).toBe(second >= 192 && second <= 223 ? 'rtcp' : 'rtp');
    }
  });

  it('never throws on arbitrary bytes, and its payload lies inside them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, versioned) => {
        if (versioned && bytes.length > 0) bytes[0] = 0x80 | ((bytes[0] ?? 0) & 0x3f);
        const header = new RtpHeader();
        const isRtp = header.parse(bytes, bytes.length) === 'rtp';
        const { payloadOffset, payloadLength } = header; // zero, where it is not RTP
        expect(payloadOffset).toBeGreaterThanOrEqual(isRtp ? 12 : 0);
        expect(payloadLength).toBeGreaterThanOrEqual(0);
        expect(payloadOffset + payloadLength).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });
});
