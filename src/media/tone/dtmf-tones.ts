/** The pairs of tones that stand for the sixteen keys (ITU-T Q.23 §6), and audio of them. */

/** Hz. */
export const LOW_HZ: readonly number[] = [697, 770, 852, 941];
export const HIGH_HZ: readonly number[] = [1209, 1336, 1477, 1633];
/** Rows of the keypad: low tone by row, high tone by column. */
const KEYPAD = ['123A', '456B', '789C', '*0#D'];
/** Of each tone below full scale: −9 dBov, about −6 dBm0, so that the two together do not clip (Q.24 table A: −3 to −24 dBm). */
const AMPLITUDE = 32_767 * 10 ** (-9 / 20);
/** Rise and fall, so that the edges do not click through the other tones' bands. */
const EDGE_MS = 2;

export interface DigitTones {
  readonly lowHz: number;
  readonly highHz: number;
}

/** The tones of a key, also of `a` to `d`; null for what is none. */
export function tonesOf(digit: string): DigitTones | null {
  const key = digit.toUpperCase();
  const row = KEYPAD.findIndex((keys) => key.length === 1 && keys.includes(key));
  const lowHz = LOW_HZ[row];
  const highHz = HIGH_HZ[KEYPAD[row]?.indexOf(key) ?? -1];
  return lowHz === undefined || highHz === undefined ? null : { lowHz, highHz };
}

/** The key of a row and a column of the keypad. */
export const keyAt = (row: number, column: number): string => KEYPAD[row]?.[column] ?? '';

/** Both tones for so long, 16-bit linear. */
export function toneSamples({ lowHz, highHz }: DigitTones, ms: number, samplesPerSecond: number): Int16Array {
  const samples = new Int16Array(Math.round((ms * samplesPerSecond) / 1000));
  const edge = (EDGE_MS * samplesPerSecond) / 1000;
  const [low, high] = [lowHz, highHz].map((hz) => (2 * Math.PI * hz) / samplesPerSecond) as [number, number];
  for (let i = 0; i < samples.length; i++) {
    const fade = Math.min(1, i / edge, (samples.length - 1 - i) / edge);
    samples[i] = Math.round(AMPLITUDE * fade * (Math.sin(low * i) + Math.sin(high * i)));
  }
  return samples;
}

/** How a row of keys is pressed, ms. */
export interface KeyTiming {
  readonly toneMs: number;
  readonly gapMs: number;
}

/** A row of keys, each with its gap behind it, filled up with silence to whole packets of `samplesPerPacket`. */
export function digitSamples(
  digits: string,
  { toneMs, gapMs }: KeyTiming,
  { samplesPerSecond, samplesPerPacket }: { readonly samplesPerSecond: number; readonly samplesPerPacket: number },
): Int16Array {
  const each = Math.round(((toneMs + gapMs) * samplesPerSecond) / 1000);
  const packets = Math.ceil((each * digits.length) / samplesPerPacket);
  const samples = new Int16Array(packets * samplesPerPacket);
  for (let i = 0; i < digits.length; i++) {
    const tones = tonesOf(digits.charAt(i));
    if (tones !== null) {
      samples.set(toneSamples(tones, toneMs, samplesPerSecond), i * each);
    }
  }
  return samples;
}
