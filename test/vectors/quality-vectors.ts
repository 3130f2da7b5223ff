/** Typed access to quality.json: E-model and MOS reference values, computed apart from this code. */
import { readFileSync } from 'node:fs';

export interface G107Vector {
  readonly input: Readonly<Record<string, number>>;
  readonly out: Readonly<Record<string, number>>;
}

interface QualityVectors {
  /** R, MOS clamped to at least 1, MOS of the bare cubic. */
  readonly rToMos: readonly (readonly [number, number, number])[];
  readonly mosToR: readonly (readonly [number, number])[];
  /** Ta in ms, then Idd of the default, low and very low sensitivity class. */
  readonly idd: readonly (readonly [number, number, number, number])[];
  readonly g107: readonly G107Vector[];
  /** The jitter buffer trace of 1,000 packets: facts of the trace, and the fate of its packets at each depth D, ms. */
  readonly jbTrace: {
    /** Sequence number, timestamp, arrival in ms. */
    readonly firstTen: readonly (readonly [number, number, number])[];
    readonly count: number;
    readonly sumArrivals: number;
    readonly fixed: readonly { readonly D: number; readonly discarded: number; readonly avgDelay: number }[];
  };
  /** Arrivals of packets `tsStep` apart; the estimate after each in clock units, float and integer form. */
  readonly jitter: {
    readonly arrivalsMs: readonly number[];
    readonly expected: readonly (readonly [number, number])[];
  };
}

export const qualityVectors: QualityVectors = JSON.parse(
  readFileSync(new URL('quality.json', import.meta.url), 'utf8'),
) as QualityVectors;
