/** The clip that calls play, encoded once per codec: a WAV file of the user's, or the speech that ships with the program. */
import { findCodec } from '../media/codec/codec.js';
import { packetize } from '../media/packetizer.js';
import { resample } from '../media/source/resample.js';
import { loadWav } from '../media/source/wav.js';
import type { CodecClip } from '../worker/messages.js';
import type { ProcessHost } from './host.js';

/** Wideband speech is there at 16 kHz, so that nothing is lost to it before the codec. */
const SHIPPED = { narrowband: 'audio/speech-8k.wav', wideband: 'audio/speech-16k.wav' } as const;

/**
 * @param codecs those that are not built in are left out: they have packets of their own
 * @param audio path of a WAV file; null: the shipped speech
 * @throws WavError when the file cannot be used
 */
export function loadClips(
  host: ProcessHost,
  codecs: readonly string[],
  { audio, ptimeMs }: { readonly audio: string | null; readonly ptimeMs: number },
): CodecClip[] {
  const builtIn = codecs.filter((name) => findCodec(name) !== undefined);
  return builtIn.map((name) => {
    const codec = findCodec(name);
    if (codec === undefined) {
      throw new Error(`no codec ${name}`);
    }
    const { samples, sampleRate } = loadWav(audio ?? host.shippedFile(SHIPPED[codec.scale]));
    const { payloads, bytesPerPacket, packetCount } = packetize(
      resample(samples, sampleRate, codec.samplesPerSecond),
      codec,
      ptimeMs,
    );
    return { codec: codec.name, payloads, bytesPerPacket, packetCount };
  });
}
