/**
 * Rows and legs name their codec by its index in the codec table. Here is the one place in which this room knows what
 * the indices mean: the name, and the scale that the scores of the codec are on.
 */
import type { ScoreScale } from '../metrics/names.js';

interface CodecScale {
  readonly name: string;
  /** Null: it has no score. */
  readonly scale: ScoreScale | null;
  /** R of a faultless leg, and the R that is called 100 on this scale (G.107: 93.2 of 100; G.107.1 with Ie 13: 116 of 129). */
  readonly cleanR: number;
  readonly fullR: number;
  /** Of one that the run has declared. */
  readonly cost?: CodecCost | null;
}

/** In the order of `codecNames()`; behind them those that the run has declared. */
const BUILT_IN: readonly CodecScale[] = [
  { name: 'PCMU', scale: 'narrowband', cleanR: 93.2, fullR: 100 },
  { name: 'PCMA', scale: 'narrowband', cleanR: 93.2, fullR: 100 },
  { name: 'G722', scale: 'wideband', cleanR: 116, fullR: 129 },
];

let CODECS = BUILT_IN;

export interface CodecCost {
  readonly scale: ScoreScale;
  readonly ie: number;
  readonly bpl: number;
}

/** Of a codec that is not built in; null: no score. */
export interface DeclaredCodec {
  readonly name: string;
  readonly cost: CodecCost | null;
}

const CLEAN_R = { narrowband: 93.2, wideband: 129 } as const;
const FULL_R = { narrowband: 100, wideband: 129 } as const;

/** Before any row of a run is read, live or from its files: the codecs that are not built in, in the order of their indices. */
export function declareCodecs(codecs: readonly DeclaredCodec[]): void {
  const declared = codecs.map(({ name, cost }) => {
    const { scale, ie } = cost ?? { scale: null, ie: 0 };
    const of = scale ?? 'narrowband';
    return { name, scale, cost, cleanR: CLEAN_R[of] - ie, fullR: FULL_R[of] };
  });
  CODECS = [...BUILT_IN, ...declared];
}

/** Stands for every index that is none of a codec: such a leg has packets, and no score on any scale. */
export const UNKNOWN_CODEC = -1;

/** The index as a key of books: one of the table, or UNKNOWN_CODEC. */
export function codecKey(index: number): number {
  return CODECS[index] === undefined ? UNKNOWN_CODEC : index;
}

/** The index of an encoding name (upper case) as rows have it; UNKNOWN_CODEC for one that is not in the table. */
export function codecIndexOf(name: string): number {
  return CODECS.findIndex((codec) => codec.name === name);
}

/** The scale that scores of this codec are on; null for an unknown one. */
export function scaleOf(codecIndex: number): ScoreScale | null {
  return CODECS[codecIndex]?.scale ?? null;
}

/** Encoding name; null for an unknown codec. */
export function codecName(codecIndex: number): string | null {
  return CODECS[codecIndex]?.name ?? null;
}

/** The scale of a codec by its encoding name, upper case. */
export function scaleOfName(name: string): ScoreScale | null {
  return CODECS.find((codec) => codec.name === name)?.scale ?? null;
}

/** What a declared codec costs; null: it is built in, unknown, or has no score. */
export function declaredCost(codecIndex: number): CodecCost | null {
  return CODECS[codecIndex]?.cost ?? null;
}

/** What is missing to a faultless leg of this codec, in points of a scale of 100 on which both scales can be ranked. */
export function impairmentOf(codecIndex: number, rFactor: number): number {
  const { cleanR, fullR } = CODECS[codecIndex] ?? { cleanR: 93.2, fullR: 100 };
  return ((cleanR - rFactor) * 100) / fullR;
}
