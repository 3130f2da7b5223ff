/** What far ends tell in their VoIP metrics (RTCP-XR, RFC 3611 §4.7) of our audio: a value a leg, from its newest block, as it was told. */
import { Distribution, type DistributionKind } from '../metrics/histogram.js';
import { FAR_XR, LEG } from '../worker/messages.js';
import type { FarEndXr } from './result-quality.js';

/** Those that a distribution can hold; levels, which go below zero, stand in the rows of calls alone. */
const KINDS = {
  lossRatio: 'ratio',
  discardRatio: 'ratio',
  burstDensity: 'density',
  gapDensity: 'density',
  burstMs: 'ms',
  gapMs: 'ms',
  roundTripMs: 'ms',
  endSystemDelayMs: 'ms',
  rFactor: 'rFactor',
  mosLq: 'mosAsTold',
  mosCq: 'mosAsTold',
  jitterBufferMs: 'ms',
  jitterBufferMaxMs: 'ms',
} as const satisfies Partial<Record<keyof typeof FAR_XR, DistributionKind>>;
type Figure = keyof typeof KINDS;
const FIGURES = Object.keys(KINDS) as Figure[];

export class FarXrBook {
  private legs = 0;
  private readonly figures = new Map(FIGURES.map((name) => [name, new Distribution(KINDS[name])]));

  /** @param table by LEG, of the received direction */
  addLeg(table: Float64Array, offset: number): void {
    if (!((table[offset + LEG.farXrReports] ?? 0) > 0)) {
      return;
    }
    this.legs++;
    for (const [name, distribution] of this.figures) {
      const value = table[offset + FAR_XR[name]] ?? Number.NaN;
      if (value >= 0 && value < Infinity) {
        distribution.record(value);
      }
    }
  }

  /** Null where no far end told. */
  block(): FarEndXr | null {
    if (this.legs === 0) {
      return null;
    }
    const of = (name: Figure) => this.figures.get(name)?.summary() ?? null;
    return {
      legs: this.legs,
      lossRatio: of('lossRatio'),
      discardRatio: of('discardRatio'),
      burstDensity: of('burstDensity'),
      gapDensity: of('gapDensity'),
      burstMs: of('burstMs'),
      gapMs: of('gapMs'),
      roundTripMs: of('roundTripMs'),
      endSystemDelayMs: of('endSystemDelayMs'),
      rFactor: of('rFactor'),
      mosLq: of('mosLq'),
      mosCq: of('mosCq'),
      jitterBufferMs: of('jitterBufferMs'),
      jitterBufferMaxMs: of('jitterBufferMaxMs'),
    };
  }
}
