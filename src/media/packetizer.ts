/** Cuts a clip into RTP payloads once per codec (RFC 3551 §4.2); all streams share the result and loop over it. */
import type { Codec } from './codec/codec.js';

export interface PacketizedClip {
  /** `packetCount` payloads of `bytesPerPacket` octets, one after another. */
  readonly payloads: Uint8Array;
  readonly packetCount: number;
  readonly bytesPerPacket: number;
  /** What the RTP timestamp grows by with each packet (clock units, not audio samples). */
  readonly samplesPerPacket: number;
}

/**
 * Encodes 16-bit linear mono samples at the codec's `samplesPerSecond` in one go, so that a codec with memory runs on over packet
 * borders; the last packet is filled up with silence.
 * @param ptimeMs length of a packet in ms.
 * @throws RangeError when there are no samples, or a packet is not a whole number of samples and clock units.
 */
export function packetize(samples: Int16Array, codec: Codec, ptimeMs: number): PacketizedClip {
  if (samples.length === 0) throw new RangeError('expected at least one sample, found none');
  const audioPerPacket = unitsPerPacket(codec.samplesPerSecond, ptimeMs);
  const samplesPerPacket = unitsPerPacket(codec.clockRate, ptimeMs);
  const packetCount = Math.ceil(samples.length / audioPerPacket);
  const padded = new Int16Array(packetCount * audioPerPacket);
  padded.set(samples);
  const payloads = codec.encode(padded);
  return { payloads, packetCount, bytesPerPacket: payloads.length / packetCount, samplesPerPacket };
}

function unitsPerPacket(unitsPerSecond: number, ptimeMs: number): number {
  const units = (unitsPerSecond * ptimeMs) / 1000;
  if (!Number.isInteger(units) || units <= 0) {
    throw new RangeError(
      `expected a ptime that is a whole number of samples at ${unitsPerSecond} Hz, found ${ptimeMs} ms`,
    );
  }
  return units;
}
