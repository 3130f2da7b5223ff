/** The scores of a direction by their scale: narrowband and wideband stand beside each other and never in one figure. */
import type { ScoreScale } from '../metrics/names.js';
import type { DistributionSummary } from '../run/result-fields.js';
import type { DirectionQuality, SentQuality } from '../run/result-quality.js';

export type Direction = 'received' | 'sent';
export type AnyQuality = DirectionQuality | SentQuality;
type ScoreFigures = Pick<AnyQuality, 'mosLq' | 'mosCq' | 'mosLqWb' | 'mosCqWb'>;

export interface Score {
  readonly scale: ScoreScale;
  /** `MOS-LQ`, or `MOS-LQ wideband`. */
  readonly label: string;
  /** Null where nothing is known. */
  readonly summary: DistributionSummary | null;
}

const KEYS = {
  lq: { narrowband: 'mosLq', wideband: 'mosLqWb' },
  cq: { narrowband: 'mosCq', wideband: 'mosCqWb' },
} as const;
export const SCALES: readonly ScoreScale[] = ['narrowband', 'wideband'];

/** Listening or conversational scores on the scales that have any; where none has, the narrowband one without a figure. */
export function scoresOf(quality: ScoreFigures | null, kind: 'lq' | 'cq'): Score[] {
  const all = SCALES.map((scale) => ({
    scale,
    label: scoreLabel(kind, scale),
    summary: quality?.[KEYS[kind][scale]] ?? null,
  }));
  const known = all.filter(({ summary }) => summary !== null);
  return known.length > 0 ? known : all.slice(0, 1);
}

export function scoreLabel(kind: 'lq' | 'cq', scale: ScoreScale): string {
  return `MOS-${kind.toUpperCase()}${scale === 'wideband' ? ' wideband' : ''}`;
}
