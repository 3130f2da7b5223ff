/** G.711, both laws, against the ITU figures, exhaustively: the checksums cover every input and every code. */
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ALAW_SILENCE,
  ULAW_SILENCE,
  decodeAlaw,
  decodeUlaw,
  encodeAlaw,
  encodeUlaw,
  isSilentAlaw,
  isSilentUlaw,
} from '../../../../src/media/codec/g711.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function toLittleEndian(samples: Int16Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * samples.length));
  samples.forEach((sample, i) => view.setInt16(2 * i, sample, true));
  return new Uint8Array(view.buffer);
}

const ALL_CODES = Uint8Array.from({ length: 256 }, (_, code) => code);
const ALL_SAMPLES = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);

describe('µ-law tables', () => {
  it('decodes all 256 codes as the ITU library does', () => {
    expect(sha256(toLittleEndian(decodeUlaw(ALL_CODES)))).toBe(
      '3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827',
    );
  });

  it('encodes all 65,536 samples as the ITU library does', () => {
    expect(sha256(encodeUlaw(ALL_SAMPLES))).toBe('90c29de505fb68e766118303bd552a16005dcf810873698bee1d8f3b247ce28c');
  });

  it.each([
    [0, 0xff, 0],
    [-1, 0x7f, 0],
    [100, 0xf2, 104],
    [-100, 0x73, -96],
    [1000, 0xce, 988],
    [-1000, 0x4e, -988],
    [8031, 0xa0, 7932],
    [16_000, 0x90, 15_996],
    [32_767, 0x80, 32_124],
    [-32_768, 0x00, -32_124],
  ])('encodes %i to %i, which decodes to %i', (sample, code, decoded) => {
    expect(encodeUlaw(Int16Array.of(sample))).toEqual(Uint8Array.of(code));
    expect(decodeUlaw(Uint8Array.of(code))).toEqual(Int16Array.of(decoded));
  });

  it('gives every code back after a round trip, but the second code of zero', () => {
    const expected = ALL_CODES.map((code) => (code === 0x7f ? 0xff : code));
    expect(encodeUlaw(decodeUlaw(ALL_CODES))).toEqual(expected);
  });

  it('names the silence octet', () => {
    expect(encodeUlaw(new Int16Array(1))[0]).toBe(ULAW_SILENCE);
  });
});

describe('A-law tables', () => {
  it('decodes all 256 codes as the ITU library does', () => {
    expect(sha256(toLittleEndian(decodeAlaw(ALL_CODES)))).toBe(
      'e04788d110e58ff8c70c93b8480190d973e3b67876b6119abbaec766cc75c174',
    );
  });

  it('encodes all 65,536 samples as the ITU library does', () => {
    expect(sha256(encodeAlaw(ALL_SAMPLES))).toBe('38488f6fd710f4686360edc4d38639f96c491595ef93f8eb8d62d5e07ca6ce7b');
  });

  it.each([
    [0, 0xd5, 8],
    [-1, 0x55, -8],
    [100, 0xd3, 104],
    [-100, 0x53, -104],
    [1000, 0xfa, 1008],
    [-1000, 0x7a, -1008],
    [8031, 0x8a, 8064],
    [16_000, 0xba, 16_128],
    [32_767, 0xaa, 32_256],
    [-32_768, 0x2a, -32_256],
  ])('encodes %i to %i, which decodes to %i', (sample, code, decoded) => {
    expect(encodeAlaw(Int16Array.of(sample))).toEqual(Uint8Array.of(code));
    expect(decodeAlaw(Uint8Array.of(code))).toEqual(Int16Array.of(decoded));
  });

  it('gives every code back after a round trip', () => {
    expect(encodeAlaw(decodeAlaw(ALL_CODES))).toEqual(ALL_CODES);
  });

  it('a second encoding changes nothing any more, whatever was encoded', () => {
    fc.assert(
      fc.property(fc.int16Array({ maxLength: 200 }), (samples) => {
        const once = decodeAlaw(encodeAlaw(samples));
        expect(decodeAlaw(encodeAlaw(once))).toEqual(once);
      }),
    );
  });

  it('names the silence octet', () => {
    expect(encodeAlaw(new Int16Array(1))[0]).toBe(ALAW_SILENCE);
  });
});

describe.each([
  ['µ-law', encodeUlaw, isSilentUlaw, [0xff, 0x7f]],
  ['A-law', encodeAlaw, isSilentAlaw, [0xd5, 0x55]],
] as const)('silence in %s', (_, encode, isSilent, idle) => {
  const square = (height: number): Uint8Array =>
    encode(Int16Array.from({ length: 160 }, (_, i) => (i % 2 === 0 ? height : -height)));

  it('is either code of zero, and a mixture of them', () => {
    const packet = Uint8Array.from({ length: 160 }, (_, i) => idle[i % 2]!);
    expect(isSilent(packet, 0, 160)).toBe(true);
    expect(isSilent(packet.subarray(0, 0), 0, 0)).toBe(true);
  });

  // A square wave of height h has 20 log(h / 32768) dBov: 8 is -72.2, 24 is -62.7.
  it('ends between -72 and -62 dBov', () => {
    expect(isSilent(square(8), 0, 160)).toBe(true);
    expect(isSilent(square(24), 0, 160)).toBe(false);
  });

  it('looks at the octets that it was given, no others', () => {
    const packet = Uint8Array.from([...square(5000), ...square(0), ...square(5000)]);
    expect(isSilent(packet, 160, 160)).toBe(true);
    expect([isSilent(packet, 150, 160), isSilent(packet, 170, 160)]).toEqual([false, false]);
  });

  it('a click is too short to be sound, unless it is loud', () => {
    const packet = square(0);
    packet[80] = encode(Int16Array.of(120))[0]!;
    expect(isSilent(packet, 0, 160)).toBe(true);
    packet[80] = encode(Int16Array.of(1000))[0]!;
    expect(isSilent(packet, 0, 160)).toBe(false);
  });
});
