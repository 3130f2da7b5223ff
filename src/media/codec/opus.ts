/**
 * Opus in RTP (RFC 6716, RFC 7587): encoded once, by libopus as WebAssembly. The package is loaded when a call is to use it, and
 * never before. Packets are what streams share: nothing is decoded here.
 */

/** What `encodeOpus` takes: mono; the RTP clock is 48,000 Hz whatever this is. */
export const OPUS_SAMPLES_PER_SECOND = 16_000;
/** Of speech in wideband; the far side may send with another. */
const BITS_PER_SECOND = 24_000;

/** The package `opusscript` is optional, and is not there. */
export class OpusMissingError extends Error {
  constructor(cause: unknown) {
    super('expected the package opusscript, which is not installed: npm install opusscript', { cause });
    this.name = 'OpusMissingError';
  }
}

/**
 * One packet a ptime; the last one is filled up with silence.
 * @param samples 16-bit linear at `OPUS_SAMPLES_PER_SECOND` @param ptimeMs 10, 20, 40 or 60
 * @throws OpusMissingError
 */
export async function encodeOpus(samples: Int16Array, ptimeMs: number): Promise<Uint8Array[]> {
  const OpusScript = await loaded();
  const encoder = new OpusScript(OPUS_SAMPLES_PER_SECOND, 1, OpusScript.Application.VOIP, { wasm: true });
  try {
    encoder.setBitrate(BITS_PER_SECOND);
    const perPacket = (OPUS_SAMPLES_PER_SECOND * ptimeMs) / 1000;
    return Array.from({ length: Math.ceil(samples.length / perPacket) }, (_, i) => {
      const frame = new Int16Array(perPacket);
      frame.set(samples.subarray(i * perPacket, (i + 1) * perPacket));
      // A copy: what the encoder gives is a view of its own memory.
      return Uint8Array.from(encoder.encode(Buffer.from(frame.buffer), perPacket));
    });
  } finally {
    encoder.delete();
  }
}

async function loaded() {
  try {
    const { default: OpusScript } = await import('opusscript');
    return OpusScript;
  } catch (error) {
    throw new OpusMissingError(error);
  }
}
