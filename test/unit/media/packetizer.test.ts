import { describe, expect, it } from 'vitest';
import { PCMU, type Codec } from '../../../src/media/codec/codec.js';
import { packetize } from '../../../src/media/packetizer.js';

/** As G.722: 16 kHz of audio, one octet for two samples, an RTP clock of 8 kHz. */
const WIDE: Codec = {
  ...PCMU,
  name: 'WIDE',
  samplesPerSecond: 16_000,
  encode: (samples) => Uint8Array.from({ length: samples.length / 2 }, (_, i) => (samples[2 * i] ?? 0) & 0xff),
};

describe('packetize', () => {
  it('lays whole packets one after another', () => {
    const samples = Int16Array.from({ length: 480 }, (_, i) => i * 50);
    const clip = packetize(samples, PCMU, 20);
    expect(clip).toMatchObject({ packetCount: 3, bytesPerPacket: 160, samplesPerPacket: 160 });
    expect(clip.payloads).toEqual(PCMU.encode(samples));
  });

  it('fills the last packet up with silence', () => {
    const clip = packetize(new Int16Array(161).fill(1000), PCMU, 20);
    expect(clip.packetCount).toBe(2);
    expect(clip.payloads).toHaveLength(320);
    expect([...clip.payloads.subarray(159, 163)]).toEqual([0xce, 0xce, 0xff, 0xff]);
    expect(clip.payloads.subarray(161).every((octet) => octet === PCMU.silence)).toBe(true);
  });

  it('makes one packet of one sample', () => {
    expect(packetize(Int16Array.of(5), PCMU, 20)).toMatchObject({ packetCount: 1, bytesPerPacket: 160 });
  });

  it.each([10, 20, 30, 40, 60])('takes a ptime of %i ms', (ptimeMs) => {
    const clip = packetize(new Int16Array(8000), PCMU, ptimeMs);
    expect(clip.samplesPerPacket).toBe(8 * ptimeMs);
    expect(clip.packetCount).toBe(Math.ceil(1000 / ptimeMs));
  });

  it('counts timestamps in clock units where the audio rate is another', () => {
    const clip = packetize(new Int16Array(640), WIDE, 20);
    expect(clip).toMatchObject({ packetCount: 2, bytesPerPacket: 160, samplesPerPacket: 160 });
  });

  it.each([0, -20, 0.01, Number.NaN])('refuses a ptime of %d ms', (ptimeMs) => {
    expect(() => packetize(new Int16Array(160), PCMU, ptimeMs)).toThrow(RangeError);
  });

  it('refuses an empty clip', () => {
    expect(() => packetize(new Int16Array(0), PCMU, 20)).toThrow('at least one sample');
  });
});
