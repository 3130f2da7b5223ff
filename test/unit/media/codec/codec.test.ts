import { describe, expect, it } from 'vitest';
import { G722, PCMA, PCMU, codecNames, findCodec } from '../../../../src/media/codec/codec.js';

it('finds a codec in any case, as RFC 4855 wants', () => {
  expect(['PCMU', 'pcmu', 'Pcma', 'g722'].map(findCodec)).toEqual([PCMU, PCMU, PCMA, G722]);
});

it('knows no codec that it cannot encode', () => {
  expect(codecNames()).toEqual(['PCMU', 'PCMA', 'G722']);
  expect(findCodec('G729')).toBeUndefined();
});

it('describes them as RFC 3551 does', () => {
  const narrow = { clockRate: 8000, samplesPerSecond: 8000, scale: 'narrowband' };
  expect(PCMU).toMatchObject({ ...narrow, payloadType: 0 });
  expect(PCMA).toMatchObject({ ...narrow, payloadType: 8 });
  expect(G722).toMatchObject({ payloadType: 9, clockRate: 8000, samplesPerSecond: 16_000, scale: 'wideband' });
});

describe.each([PCMU, PCMA, G722])('$name', (codec) => {
  it('has 160 octets in 20 ms', () => {
    const samples = new Int16Array(codec.samplesPerSecond / 50);
    expect(codec.encode(samples)).toHaveLength(160);
    expect(codec.decode(new Uint8Array(160))).toHaveLength(samples.length);
  });

  it('its silence octet is silence for as long as it lasts', () => {
    const packet = new Uint8Array(8000).fill(codec.silence);
    const decoded = codec.decode(packet);
    expect(Math.max(...decoded)).toBeLessThanOrEqual(8);
    expect(Math.min(...decoded)).toBeGreaterThanOrEqual(-8);
    expect(codec.isSilent(packet, 4000, 160)).toBe(true);
  });

  it('encodes digital silence to silence', () => {
    const payloads = codec.encode(new Int16Array(codec.samplesPerSecond * 10));
    const silent = Array.from({ length: 500 }, (_, packet) => codec.isSilent(payloads, packet * 160, 160));
    expect(silent.filter((isSilent) => !isSilent)).toEqual([]);
  });
});
