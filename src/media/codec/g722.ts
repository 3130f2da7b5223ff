/**
 * ITU-T G.722 at 64 kbit/s (mode 1), bit exact: 16 kHz audio, an octet for each two samples, `high code << 6 | low code`.
 * Its RTP clock is 8000 all the same (RFC 3551 §4.5.2). Encoder and decoder together delay by 22 samples. Leaves out modes 2 and 3.
 */
import { limitSubBand, saturate } from './g722-arithmetic.js';
import { HighBand, LowBand, adaptHigh, adaptLow } from './g722-bands.js';
import { QuadratureFilter } from './g722-filter.js';

/**
 * The octet that every decoder turns into zeros, for as long as it is repeated (both quantizers put out 0 at their smallest scale).
 * An encoder gives 0xfa first for digital silence, then a pattern around it; 0xfa alone, repeated, decodes to a direct current of 200.
 */
export const G722_SILENCE = 0xfd;

/** Octets that `isSilentG722` looks at: 20 ms. */
const MAX_LOOK = 160;
/**
 * Logarithms of the scale factors (2048 to an octave) below which a band is silent. White noise of −66 dBov is just there in both:
 * its steps are some 4 times the smallest in the low band, 9 times in the high one. With a high band at its minimum throughout the
 * input is constant, and what moves the low band is the encoder's own idle pattern, which goes a little further.
 */
const SILENT_LOW = 4300;
const SILENT_HIGH = 6500;
const IDLE_LOW = 6000;

/** Runs on over the borders of packets. */
export class G722Encoder {
  private readonly filter = new QuadratureFilter();
  private readonly low = new LowBand();
  private readonly high = new HighBand();

  /** Encodes 16-bit linear samples (16 kHz); an odd last one is paired with silence. */
  encode(samples: Int16Array): Uint8Array {
    const codes = new Uint8Array(Math.ceil(samples.length / 2));
    for (let i = 0; i < codes.length; i++) codes[i] = this.encodePair(samples[2 * i]!, samples[2 * i + 1] ?? 0);
    return codes;
  }

  private encodePair(first: number, second: number): number {
    const { filter } = this;
    filter.push(first, second);
    const low = limitSubBand((filter.evenSum + filter.oddSum) >> 14);
    const high = limitSubBand((filter.evenSum - filter.oddSum) >> 14);
    return (this.high.encode(high) << 6) | this.low.encode(low);
  }
}

/** Runs on over the borders of packets. */
export class G722Decoder {
  private readonly filter = new QuadratureFilter();
  private readonly low = new LowBand();
  private readonly high = new HighBand();

  /** Decodes octets to 16-bit linear samples (16 kHz), two for each. */
  decode(codes: Uint8Array): Int16Array {
    const { filter } = this;
    const samples = new Int16Array(2 * codes.length);
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i]!;
      const low = this.low.decode(code & 63);
      const high = this.high.decode(code >> 6);
      filter.push(saturate(low + high), saturate(low - high));
      samples[2 * i] = saturate(filter.evenSum >> 11);
      samples[2 * i + 1] = saturate(filter.oddSum >> 11);
    }
    return samples;
  }
}

/** Encodes 16-bit linear samples (16 kHz) from a reset state. */
export const encodeG722 = (samples: Int16Array): Uint8Array => new G722Encoder().encode(samples);

/** Decodes octets from a reset state to 16-bit linear samples (16 kHz), two for each. */
export const decodeG722 = (codes: Uint8Array): Int16Array => new G722Decoder().decode(codes);

/**
 * Whether `length` octets from `offset` on, out of the middle of a stream, are below the level of silence.
 *
 * A code says how large a sample is beside the scale factor of its moment, so decoding from reset tells nothing of the level: a loud
 * steady tone decodes to next to nothing for the first 5 ms. But the codes alone say where the scale factors go, and these follow the
 * level (that of what the predictor leaves). From 0 on the logarithm reaches the share `reach` = 1 − (127/128)^n of where it stands
 * in the stream, and in silence it is at its minimum, 0, as after reset. Averaged over the second half.
 * A steady pure tone is predicted so well that below about −35 dBov it counts as silence too.
 */
export function isSilentG722(data: Uint8Array, offset: number, length: number): boolean {
  const end = offset + Math.min(length, MAX_LOOK);
  const middle = (offset + end) >> 1;
  let [low, high, reach, lowSum, highSum, reachSum] = [0, 0, 0, 0, 0, 0];
  for (let i = offset; i < end; i++) {
    low = adaptLow(low, data[i]! & 63);
    high = adaptHigh(high, data[i]! >> 6);
    reach += (1 - reach) / 128;
    if (i < middle) continue;
    lowSum += low;
    highSum += high;
    reachSum += reach;
  }
  const lowLimit = highSum === 0 ? IDLE_LOW : SILENT_LOW;
  return lowSum <= lowLimit * reachSum && highSum <= SILENT_HIGH * reachSum;
}
