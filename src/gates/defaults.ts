/** The gates of a run that names none. */
import type { ScoreScale } from '../metrics/names.js';

const SCORES: Readonly<Record<ScoreScale, string>> = {
  narrowband: 'mos.p5 >= 3.6',
  wideband: 'mos_lq_wb.p5 >= 3.6',
};
const SENT_SCORES: Readonly<Record<ScoreScale, string>> = {
  narrowband: 'mos{direction=sent}.p5 >= 3.6',
  wideband: 'mos_lq_wb{direction=sent}.p5 >= 3.6',
};

/**
 * @param scales those of the codecs that calls may come to use: none for signalling-only calls, of which no audio figure
 * is known. A score that no leg comes to have is not evaluated, as long as legs have the other.
 * @param hasBothEnds users of ours call each other: what the called hear is measured as well, and as much part of the call
 * @param hasAudio calls whose codecs have no score are judged by what is left
 */
export function defaultGates(
  scales: readonly ScoreScale[],
  hasBothEnds = false,
  hasAudio = scales.length > 0,
): readonly string[] {
  if (!hasAudio) return ['success_ratio >= 99%'];
  const scores = (['narrowband', 'wideband'] as const).filter((scale) => scales.includes(scale));
  const sent = hasBothEnds ? scores.map((scale) => SENT_SCORES[scale]) : [];
  return ['success_ratio >= 99%', ...scores.map((scale) => SCORES[scale]), ...sent, 'one_way == 0'];
}
