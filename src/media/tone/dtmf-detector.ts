/**
 * Keys out of audio, by the limits of ITU-T Q.24: a pair of tones, each within 1.5 % of its frequency (beyond 3.5 % it is none), not
 * more than about 8 dB apart, both for 40 ms or more, with pauses of 40 ms. Goertzel's algorithm gives amplitude and phase of the
 * eight frequencies in windows of 20 ms (Hann) each 8 ms; from window to window the phase tells how far off a tone is, which no
 * amplitude of so short a window could. Speech fails nearly always, since the two tones must hold most of the energy of the window.
 */
import { HIGH_HZ, LOW_HZ, keyAt } from './dtmf-tones.js';

export interface HeardDigit {
  readonly digit: string;
  /** From the first sample that was given, ms. */
  readonly startMs: number;
  readonly durationMs: number;
}

const WINDOW_MS = 20;
const HOP_MS = 8;
/** Between what must be taken (1.5 %) and what must not (3.5 %). */
const TOLERANCE = 0.025;
/** 9 dB: 8 dB must be taken (Q.24 table A), and the codec and the window cost a little. */
const MAX_TWIST = 10 ** (9 / 10);
/** Of the energy of the window, in the two tones. */
const MIN_SHARE = 0.75;
/** Of each tone, below full scale (−40 dBov, −37 dBm0): Q.24 wants −24 dBm0 to be taken, and −55 dBm0 not. */
const MIN_AMPLITUDE = 32_767 * 10 ** (-40 / 20);
/** Windows with the same key before it counts: a tone of 40 ms gives three or more, one of 20 ms at most two. */
const MIN_HITS = 3;
/** What first and last hit leave out of a tone, on the average: it may be off by half a hop. */
const EDGES_MS = 16;
/** Windows without it before it is over: a break of the line is shorter, a pause of 40 ms is longer. */
const MIN_MISSES = 4;

/** Amplitude and phase of one frequency in the newest window, and its phase in the one before. */
class Tone {
  private readonly coefficient: number;
  private readonly cos: number;
  private readonly sin: number;
  private readonly turnPerHop: number;
  private phase = 0;
  private lastPhase = 0;
  power = 0;

  constructor(
    readonly hz: number,
    private readonly samplesPerSecond: number,
    private readonly hop: number,
  ) {
    const turn = (2 * Math.PI * hz) / samplesPerSecond;
    this.cos = Math.cos(turn);
    this.sin = Math.sin(turn);
    this.coefficient = 2 * this.cos;
    this.turnPerHop = turn * hop;
  }

  measure(window: Float64Array): void {
    const { coefficient } = this;
    let [last, before] = [0, 0];
    for (let i = 0; i < window.length; i++) {
      const next = (window[i] as number) + coefficient * last - before;
      before = last;
      last = next;
    }
    const real = last - before * this.cos;
    const imaginary = before * this.sin;
    this.power = real * real + imaginary * imaginary;
    this.lastPhase = this.phase;
    this.phase = Math.atan2(imaginary, real);
  }

  /** How far the tone in the audio is from this frequency, Hz; of the window before and this one. */
  offsetHz(): number {
    const turned = this.phase - this.lastPhase - this.turnPerHop;
    const rest = turned - 2 * Math.PI * Math.round(turned / (2 * Math.PI));
    return (rest * this.samplesPerSecond) / (2 * Math.PI * this.hop);
  }
}

export class DtmfDetector {
  private readonly length: number;
  private readonly hop: number;
  private readonly shape: Float64Array;
  private readonly ring: Float64Array;
  private readonly window: Float64Array;
  private readonly low: readonly Tone[];
  private readonly high: readonly Tone[];
  private taken = 0;
  private untilHop: number;
  /** The key of the last windows; −1: none. */
  private candidate = -1;
  private hits = 0;
  private misses = 0;
  private firstHit = 0;
  private lastHit = 0;

  /** @param onDigit told of each key when it is over */
  constructor(
    private readonly samplesPerSecond: number,
    private readonly onDigit: (digit: HeardDigit) => void,
  ) {
    this.length = (WINDOW_MS * samplesPerSecond) / 1000;
    this.hop = this.untilHop = (HOP_MS * samplesPerSecond) / 1000;
    this.shape = Float64Array.from(
      { length: this.length },
      (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / this.length),
    );
    this.ring = new Float64Array(this.length);
    this.window = new Float64Array(this.length);
    const toneOf = (hz: number): Tone => new Tone(hz, samplesPerSecond, this.hop);
    this.low = LOW_HZ.map(toneOf);
    this.high = HIGH_HZ.map(toneOf);
  }

  take(samples: Int16Array): void {
    for (let i = 0; i < samples.length; i++) {
      this.ring[this.taken % this.length] = samples[i] as number;
      this.taken++;
      if (--this.untilHop === 0) {
        this.untilHop = this.hop;
        this.judge(this.keyInWindow());
      }
    }
  }

  /** The stream is over, or breaks off. */
  end(): void {
    this.judgeMissing();
    this.candidate = -1;
  }

  /** Row × 4 + column; −1: none. */
  private keyInWindow(): number {
    const energy = this.fillWindow();
    // Both tones at their least have this energy under the window (its squares sum up to 3/8 of the length).
    if (energy < (3 / 8) * this.length * MIN_AMPLITUDE * MIN_AMPLITUDE) {
      return -1;
    }
    const row = strongest(this.low, this.window);
    const column = strongest(this.high, this.window);
    const low = this.powerOf(this.low[row]);
    const high = this.powerOf(this.high[column]);
    // A tone of amplitude A has |X|² = (A·N/4)² and, under the window, the energy 3/16·N·A².
    const share = (3 * (low + high)) / (this.length * energy);
    const isPair = low > 0 && high > 0 && low / high < MAX_TWIST && high / low < MAX_TWIST;
    const least = (MIN_AMPLITUDE * this.length) / 4;
    return isPair && share > MIN_SHARE && Math.min(low, high) > least * least ? row * 4 + column : -1;
  }

  private fillWindow(): number {
    const { ring, window, shape, length } = this;
    const start = this.taken % length;
    let energy = 0;
    for (let i = 0; i < length; i++) {
      const value = (ring[(start + i) % length] as number) * (shape[i] as number);
      window[i] = value;
      energy += value * value;
    }
    return energy;
  }

  /** As it is at the frequency where the tone really is; 0: too far away. */
  private powerOf(tone: Tone | undefined): number {
    if (tone === undefined) {
      return 0;
    }
    const offsetHz = tone.offsetHz();
    if (Math.abs(offsetHz) > TOLERANCE * tone.hz) {
      return 0;
    }
    const response = hannResponse((offsetHz * this.length) / this.samplesPerSecond);
    return tone.power / (response * response);
  }

  private judge(key: number): void {
    if (key >= 0 && key === this.candidate) {
      this.hits++;
      this.misses = 0;
      this.lastHit = this.taken;
      return;
    }
    if (this.candidate >= 0 && key < 0 && ++this.misses < MIN_MISSES) {
      return;
    }
    this.judgeMissing();
    this.candidate = key;
    this.hits = key < 0 ? 0 : 1;
    this.misses = 0;
    this.firstHit = this.lastHit = this.taken;
  }

  /**
   * The key of the windows so far is over. The windows of the first and of the last hit hold the tone for the greater part, and not
   * whole.
   */
  private judgeMissing(): void {
    if (this.candidate < 0 || this.hits < MIN_HITS) {
      return;
    }
    const spanMs = ((this.lastHit - this.firstHit) * 1000) / this.samplesPerSecond;
    const durationMs = spanMs + EDGES_MS;
    const startMs = (this.lastHit * 1000) / this.samplesPerSecond - durationMs;
    this.onDigit({ digit: keyAt(this.candidate >> 2, this.candidate & 3), startMs: Math.max(0, startMs), durationMs });
  }
}

function strongest(tones: readonly Tone[], window: Float64Array): number {
  let best = 0;
  for (let i = 0; i < tones.length; i++) {
    (tones[i] as Tone).measure(window);
    best = (tones[i] as Tone).power > (tones[best] as Tone).power ? i : best;
  }
  return best;
}

/** Amplitude of a Hann window's transform, so many bins from its middle; 1 there. */
function hannResponse(bins: number): number {
  const x = Math.abs(bins);
  if (x < 1e-6) return 1;
  return Math.abs(Math.sin(Math.PI * x) / (Math.PI * x * (1 - x * x)));
}
