/** Typed access to quality.json: E-model and MOS reference values, computed apart from this code. */
import { readFileSync } from 'node:fs';

export interface G107Vector {
  readonly input: Readonly<Record<string, number>>;
  readonly out: Readonly<Record<string, number>>;
}

/** Echo-free G.107.1 of these inputs. */
export interface G1071Vector {
  readonly Ie: number;
  readonly Bpl: number;
  /** Percent. */
  readonly Ppl: number;
  readonly Ta: number;
  readonly R: number;
  readonly MOS: number;
}

/** Bursts and gaps by definition, at 20 ms a packet and Gmin 16; six decimals. */
export interface SegmentVector {
  readonly n: number;
  readonly bad: number;
  readonly bursts: number;
  readonly burst_density: number;
  readonly gap_density: number;
  readonly burst_ms: number;
  readonly gap_ms: number;
  /** 256th parts of the densities; 256 does not fit in its byte. */
  readonly xr: readonly [number, number];
  /** Not clamped. */
  readonly BurstR_run: number;
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
    readonly fixed: readonly {
      readonly D: number;
      readonly discarded: number;
      readonly avgDelay: number;
      readonly seg: SegmentVector;
    }[];
  };
  readonly g1071_echoFree: readonly G1071Vector[];
  /** `.` is a good packet, L a lost and D a discarded one. */
  readonly burstGap: readonly { readonly name: string; readonly pattern: string; readonly segment: SegmentVector }[];
  /** Arrivals of packets `tsStep` apart; the estimate after each in clock units, float and integer form. */
  readonly jitter: {
    readonly arrivalsMs: readonly number[];
    readonly expected: readonly (readonly [number, number])[];
  };
}

export const qualityVectors: QualityVectors = JSON.parse(
  readFileSync(new URL('quality.json', import.meta.url), 'utf8'),
) as QualityVectors;

/** Bursts and gaps of the jitter buffer trace at this depth, ms. */
export function segmentOf(depthMs: number): SegmentVector {
  const row = qualityVectors.jbTrace.fixed.find(({ D }) => D === depthMs);
  if (row === undefined) throw new RangeError(`no row of the trace for ${depthMs} ms`);
  return row.seg;
}
