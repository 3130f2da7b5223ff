/** How the MOS is distributed, for each direction and scale by itself: histogram and cumulative shares. */
import type { ScoreScale } from '../../metrics/names.js';
import type { Result } from '../../run/result.js';
import type { DistributionSummary } from '../../run/result-fields.js';
import { whyNoAudio, whyNoSent } from '../key-figures.js';
import { formatCount, formatMos } from '../number-format.js';
import { SCALES, scoreLabel, scoresOf, type Direction } from '../scores.js';
import { renderMosCdf, renderMosHistogram } from './chart/distribution-chart.js';
import type { MosDistribution } from './chart/distribution-chart.js';
import { mosLimits } from './gate-limits.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';
import type { Section } from './section.js';
import { emptyNote, table } from './table.js';

const COLUMNS = ['Values', 'Count', 'min', 'p1', 'p5', 'p50', 'p95', 'max', 'mean'].map((header, index) => ({
  header,
  numeric: index > 0,
}));
const DIRECTIONS: readonly Direction[] = ['received', 'sent'];
/** One value of the per-second book. */
const VALUES: Readonly<Record<Direction, string>> = { received: 'call-seconds', sent: 'reports' };

/** Histogram over call-seconds (sent: over reports), cumulative shares over those and over whole calls. */
export function distributionSection(result: Result): Section {
  const groups = SCALES.flatMap((scale) => DIRECTIONS.map((direction) => groupOf(result, scale, direction)));
  const shown = groups.filter(({ curves }) => curves.length > 0);
  const body =
    shown.length === 0
      ? emptyNote(`No chart: ${whyNoAudio(result)}.`)
      : html`<div class="charts small">${shown.map((group) => chartsOf(group, result))}</div>
          ${SCALES.map((scale) => scaleTable(shown, scale))}${sentNote(result)}`;
  return { id: 'distribution', title: 'MOS distribution', shortTitle: 'Distribution', body };
}

interface ScoreGroup {
  readonly scale: ScoreScale;
  readonly direction: Direction;
  readonly curves: readonly MosDistribution[];
}

function groupOf(result: Result, scale: ScoreScale, direction: Direction): ScoreGroup {
  const quality = result.quality[direction];
  const summaryOf = (figures: Parameters<typeof scoresOf>[0]): DistributionSummary | null =>
    scoresOf(figures, 'lq').find((score) => score.scale === scale)?.summary ?? null;
  const curves = [
    ...present(VALUES[direction], summaryOf(quality), direction === 'sent' ? 'sent' : 'main'),
    ...present('calls', summaryOf(quality?.perCall ?? null), direction === 'sent' ? 'sent-second' : 'second'),
  ];
  return { scale, direction, curves };
}

function chartsOf({ scale, direction, curves }: ScoreGroup, { gates }: Result): Markup {
  const [first] = curves;
  if (first === undefined) return html``;
  const limits = mosLimits(gates, scale, [direction]);
  const of = { score: scoreLabel('lq', scale), direction, limits };
  return html`${renderMosHistogram(first, of)}${renderMosCdf(curves, of)}`;
}

function scaleTable(groups: readonly ScoreGroup[], scale: ScoreScale): Markup {
  const ofScale = groups.filter((group) => group.scale === scale);
  const [first] = ofScale;
  if (first === undefined) return html``;
  const rows = ofScale.flatMap(({ direction, curves }) => curves.map((curve) => figureRow(direction, curve)));
  const name = first.curves[0]?.summary.scale ?? 'not named';
  return table({ caption: `${scoreLabel('lq', scale)}, scale ${name}`, columns: COLUMNS, rows });
}

function sentNote(result: Result): Markup {
  return result.quality.sent === null ? emptyNote(`Sent audio: not measured, ${whyNoSent(result)}.`) : html``;
}

function present(of: string, summary: DistributionSummary | null, look: MosDistribution['look']): MosDistribution[] {
  return summary === null || summary.count === 0 ? [] : [{ of, summary, look }];
}

function figureRow(direction: Direction, { of, summary }: MosDistribution): string[] {
  const { min, p1, p5, p50, p95, max, mean } = summary;
  return [`${direction}, ${of}`, formatCount(summary.count), ...[min, p1, p5, p50, p95, max, mean].map(formatMos)];
}
