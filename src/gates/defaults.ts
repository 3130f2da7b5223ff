/** The gates of a run that names none. */
import type { ScoreScale } from '../metrics/names.js';

const SCORES: Readonly<Record<ScoreScale, string>> = {
  narrowband: 'mos.p5 >= 3.6',
  wideband: 'mos_lq_wb.p5 >= 3.6',
};

/**
 * @param scales those of the codecs that calls may come to use: none for signalling-only calls, of which no audio figure
 * is known. A score that no leg comes to have is not evaluated, as long as legs have the other.
 */
export function defaultGates(scales: readonly ScoreScale[]): readonly string[] {
  if (scales.length === 0) return ['success_ratio >= 99%'];
  const scores = (['narrowband', 'wideband'] as const).filter((scale) => scales.includes(scale));
  return ['success_ratio >= 99%', ...scores.map((scale) => SCORES[scale]), 'one_way == 0'];
}
