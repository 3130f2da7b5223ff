import { describe, expect, it } from 'vitest';
import { encodeOpus, OPUS_SAMPLES_PER_SECOND } from '../../../../src/media/codec/opus.js';

/** A second of a tone, and a little. */
const tone = Int16Array.from({ length: OPUS_SAMPLES_PER_SECOND + 100 }, (_, i) =>
  Math.round(8000 * Math.sin((2 * Math.PI * 440 * i) / OPUS_SAMPLES_PER_SECOND)),
);

describe('Opus', () => {
  it('gives one packet of one frame a ptime, as its first byte says (RFC 6716 §3.1)', async () => {
    const packets = await encodeOpus(tone, 20);
    expect(packets).toHaveLength(51);
    for (const [toc = 0] of packets) {
      // Mono, one frame (code 0), and a configuration of 20 ms of SILK, hybrid or CELT.
      expect([toc & 0b100, toc & 0b11]).toEqual([0, 0]);
      expect([1, 5, 9, 13, 15, 19, 23, 27, 31]).toContain(toc >> 3);
    }
    // 24 kbit/s are 60 bytes in 20 ms.
    const bytes = packets.reduce((sum, { length }) => sum + length, 0);
    expect(bytes / packets.length).toBeGreaterThan(20);
    expect(bytes / packets.length).toBeLessThan(120);
  });

  it.each([
    [10, [0, 4, 8, 12, 14, 18, 22, 26, 30], 101],
    [40, [2, 6, 10], 26],
    [60, [3, 7, 11], 17],
  ])('has frames of %i ms too (RFC 6716 table 2)', async (ptimeMs, configurations, count) => {
    const packets = await encodeOpus(tone, ptimeMs);
    expect(packets).toHaveLength(count);
    for (const [toc = 0] of packets) {
      expect(toc & 0b11).toBe(0);
      expect(configurations).toContain(toc >> 3);
    }
  });

  it('keeps packets apart from the memory of the encoder', async () => {
    const packets = await encodeOpus(tone, 20);
    expect(new Set(packets.map((packet) => Buffer.from(packet).toString('hex'))).size).toBeGreaterThan(10);
  });
});
