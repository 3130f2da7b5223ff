/** G.711 µ-law against the ITU figures, exhaustively: the checksums cover every input and every code. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ULAW_SILENCE, decodeUlaw, encodeUlaw } from '../../../../src/media/codec/g711.js';

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
