/**
 * The media figures of one codec, direction and group: over the legs' seconds, or with a value a call. A book is of one
 * codec, so its scores are on one scale; books of several codecs are merged by `mergedQuality`, which keeps scales apart.
 */
import { Distribution } from '../metrics/histogram.js';
import type { ScoreScale } from '../metrics/names.js';

/** NaN where nothing is known; ratios need `expected` > 0. */
export interface QualityFigures {
  readonly expected: number;
  readonly lost: number;
  readonly discarded: number;
  readonly jitterMs: number;
  readonly rFactor: number;
  readonly mosLq: number;
  readonly mosLqNoPlc: number;
  readonly mosCq: number;
  readonly rttMs: number;
  readonly mouthToEarMs: number;
}

/** Of a whole call only. */
export interface BurstFigures {
  readonly burstR: number;
  readonly burstDensity: number;
  readonly burstMs: number;
  readonly gapDensity: number;
  readonly gapMs: number;
}

/** The names that figures have in the result; a score stands under the name of its scale. */
export class QualityBook {
  readonly mosLq = new Distribution('mos');
  readonly mosCq = new Distribution('mosCq');
  readonly mosLqWb = new Distribution('mosWb');
  readonly mosCqWb = new Distribution('mosCqWb');
  readonly mosLqNoPlc = new Distribution('mos');
  /** Narrowband only: R of the wideband model is on a scale to 129, and tells no more than its MOS. */
  readonly rFactor = new Distribution('rFactor');
  readonly lossRatio = new Distribution('ratio');
  readonly discardRatio = new Distribution('ratio');
  readonly jitterMs = new Distribution('ms');
  readonly rttMs = new Distribution('ms');
  readonly mouthToEarMs = new Distribution('ms');
  readonly burstR = new Distribution('burstR');
  readonly burstDensity = new Distribution('density');
  readonly burstMs = new Distribution('ms');
  readonly gapDensity = new Distribution('density');
  readonly gapMs = new Distribution('ms');

  /** @param scale null: the codec is unknown, and a score on an unknown scale is none */
  add(figures: QualityFigures, scale: ScoreScale | null): void {
    if (scale === 'narrowband') {
      record(this.mosLq, figures.mosLq);
      record(this.mosCq, figures.mosCq);
      record(this.mosLqNoPlc, figures.mosLqNoPlc);
      record(this.rFactor, Math.max(0, figures.rFactor)); // bursts of loss take R below 0, which no report shows
    } else if (scale === 'wideband') {
      record(this.mosLqWb, figures.mosLq);
      record(this.mosCqWb, figures.mosCq);
    }
    if (figures.expected > 0) {
      // By RFC 3550 duplicates can take the loss below nothing: then nothing was lost.
      record(this.lossRatio, Math.max(0, figures.lost) / figures.expected);
      record(this.discardRatio, figures.discarded / figures.expected);
    }
    record(this.jitterMs, figures.jitterMs);
    record(this.rttMs, figures.rttMs);
    record(this.mouthToEarMs, figures.mouthToEarMs);
  }

  addBursts(figures: BurstFigures): void {
    record(this.burstR, figures.burstR);
    record(this.burstDensity, figures.burstDensity);
    record(this.burstMs, figures.burstMs);
    record(this.gapDensity, figures.gapDensity);
    record(this.gapMs, figures.gapMs);
  }
}

export type QualityFigure = keyof Omit<QualityBook, 'add' | 'addBursts'>;

/** One figure of several books; the only book that has it is given as it is. */
export function mergedQuality(books: readonly QualityBook[], figure: QualityFigure): Distribution | null {
  return mergeDistributions(books.map((book) => book[figure]));
}

/** All values of all parts, or null when there are none. */
export function mergeDistributions(all: readonly Distribution[]): Distribution | null {
  const parts = all.filter(({ count }) => count > 0);
  const [first, ...rest] = parts;
  if (first === undefined || rest.length === 0) {
    return first ?? null;
  }
  const merged = new Distribution(first.kind);
  for (const part of parts) {
    merged.merge(part);
  }
  return merged;
}

/** No figure here can be below zero: what is came from a clock that ran backwards, and is not known. */
function record(distribution: Distribution, value: number): void {
  if (value >= 0 && value < Infinity) {
    distribution.record(value + 0); // −0 is 0, and would not survive JSON
  }
}
