/** Writes DIRECTORY/tone-5s.ulaw: 5 s of a 400 Hz tone as raw G.711 µ-law at 8 kHz, the headerless format of SIPp's rtp_stream. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [directory] = process.argv.slice(2);
if (directory === undefined) {
  process.stderr.write('make-tone.mjs DIRECTORY\n');
  process.exit(2);
}

/** µ-law of one 16-bit sample; sign and magnitude, which is all that a tone for a peer needs. */
function encodeSample(sample) {
  const magnitude = Math.min(Math.abs(sample), 32_635) + 132;
  const segment = 24 - Math.clz32(magnitude);
  const mantissa = (magnitude >> (segment + 3)) & 15;
  return ~((sample < 0 ? 0x80 : 0) | (segment << 4) | mantissa) & 0xff;
}

const tone = Uint8Array.from({ length: 5 * 8000 }, (_, n) =>
  encodeSample(Math.round(8000 * Math.sin((2 * Math.PI * 400 * n) / 8000))),
);
mkdirSync(directory, { recursive: true });
writeFileSync(join(directory, 'tone-5s.ulaw'), tone);
