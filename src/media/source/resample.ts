/**
 * Between 16 and 8 kHz: a linear-phase windowed-sinc low-pass (Kaiser window, Oppenheim & Schafer §7.5), then every second
 * sample, or before it a zero between any two. Flat to 3.4 kHz, at least 70 dB down from 4 kHz, so nothing folds back and no
 * image appears. Leaves out every other ratio.
 */

const SAMPLE_RATE = 16_000;
const PASS_HZ = 3400;
const STOP_HZ = 4000;
const ATTENUATION_DB = 74;
const KAISER_BETA = 0.1102 * (ATTENUATION_DB - 8.7);

const LOW_PASS = designLowPass();

/**
 * Brings samples to another rate; the same rate gives the same array, not a copy. 16-bit linear mono in and out, rates in Hz,
 * no delay: the first samples stand at the same time.
 * @throws RangeError for any change but between 16,000 and 8,000.
 */
export function resample(samples: Int16Array, fromRate: number, toRate: number): Int16Array {
  if (fromRate === toRate) return samples;
  if (fromRate === 16_000 && toRate === 8000) return halve(samples);
  if (fromRate === 8000 && toRate === 16_000) return double(samples);
  throw new RangeError(`expected 16000 Hz to 8000 Hz or back, found ${fromRate} Hz to ${toRate} Hz`);
}

function double(samples: Int16Array): Int16Array {
  const spread = new Int16Array(2 * samples.length);
  for (const [n, sample] of samples.entries()) spread[2 * n] = sample;
  // Half of the samples are zero, and with them half of the level.
  return spread.map((_, n) => clampToInt16(2 * filterAt(spread, n)));
}

function halve(samples: Int16Array): Int16Array {
  const halved = new Int16Array(Math.ceil(samples.length / 2));
  for (let n = 0; n < halved.length; n++) halved[n] = clampToInt16(filterAt(samples, 2 * n));
  return halved;
}

function filterAt(samples: Int16Array, centre: number): number {
  const first = centre - (LOW_PASS.length - 1) / 2;
  let sum = 0;
  for (let k = 0; k < LOW_PASS.length; k++) sum += (LOW_PASS[k] ?? 0) * (samples[first + k] ?? 0);
  return sum;
}

function clampToInt16(value: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(value)));
}

/** Kaiser's design: order from attenuation and transition width, cutoff in the middle, unity gain at 0 Hz. */
function designLowPass(): Float64Array {
  const transition = (2 * Math.PI * (STOP_HZ - PASS_HZ)) / SAMPLE_RATE;
  const half = Math.ceil((ATTENUATION_DB - 8) / (2.285 * transition) / 2);
  const cutoff = (PASS_HZ + STOP_HZ) / SAMPLE_RATE;
  const taps = new Float64Array(2 * half + 1);
  for (let k = -half; k <= half; k++) {
    taps[k + half] = sinc(cutoff * k) * besselI0(KAISER_BETA * Math.sqrt(1 - (k / half) ** 2));
  }
  const gain = taps.reduce((sum, tap) => sum + tap, 0);
  return taps.map((tap) => tap / gain);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Modified Bessel function of the first kind, order zero, by its power series. */
function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-16; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
