import { describe, expect, it } from 'vitest';
import { encodeOpus, OPUS_SAMPLES_PER_SECOND } from '../../../../src/media/codec/opus.js';

/** A second of a tone, and a little. */
const tone = Int16Array.from({ length: OPUS_SAMPLES_PER_SECOND + 100 }, (_, i) =>
  Math.round(8000 * Math.sin((2 * Math.PI * 440 * i) / OPUS_SAMPLES_PER_SECOND)),
);

/** RFC 6716 table 2: frames of SILK, hybrid and CELT by configuration; §3.2: how many there are. */
function durationMs([toc = 0, count = 0]: Uint8Array): number {
  const configuration = toc >> 3;
  const silk = [10, 20, 40, 60][configuration % 4];
  const hybrid = [10, 20][configuration % 2];
  const celt = [2.5, 5, 10, 20][configuration % 4];
  const frameMs = (configuration < 12 ? silk : configuration < 16 ? hybrid : celt) ?? 0;
  return frameMs * ([1, 2, 2, count & 0x3f][toc & 0b11] ?? 0);
}

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
    [10, 101],
    [40, 26],
    [60, 17],
  ])('gives packets of %i ms too, of one frame or several', async (ptimeMs, count) => {
    const packets = await encodeOpus(tone, ptimeMs);
    expect(packets).toHaveLength(count);
    expect(new Set(packets.map(durationMs))).toEqual(new Set([ptimeMs]));
  });

  it('keeps packets apart from the memory of the encoder', async () => {
    const packets = await encodeOpus(tone, 20);
    expect(new Set(packets.map((packet) => Buffer.from(packet).toString('hex'))).size).toBeGreaterThan(10);
  });
});
