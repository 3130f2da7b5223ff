/** The distribution of a MOS: histogram in bins of 0.1 and cumulative shares, with the limits of gates. */
import { binCounts, cumulativeShares, decodeMos } from '../../histogram-bars.js';
import type { CumulativeShare } from '../../histogram-bars.js';
import { formatCount, formatMos, formatRatio } from '../../number-format.js';
import type { DistributionSummary } from '../../../run/result-fields.js';
import type { Markup } from '../markup.js';
import { renderEmptyFigure, renderFigure } from './figure.js';
import type { Twin } from './figure.js';
import { VIEW_HEIGHT, svgChart } from './frame.js';
import type { ChartFrame, Tick } from './frame.js';
import { roundTop, valueAxis } from './scale.js';
import type { ValueAxis } from './scale.js';
import { linePath } from './step-path.js';
import { fill, keyOf, stroke } from './strokes.js';
import type { LineLook } from './strokes.js';
import type { Limit } from './time-chart.js';

const LOWEST = 1;
const BIN_WIDTH = 0.1;
const BINS = 40;
const HIGHEST = 5;
const TICKS: readonly Tick[] = [1, 2, 3, 4, 5].map((mos) => ({ at: (mos - LOWEST) / 4, label: mos.toFixed(1) }));
/** Units of the plot for one MOS: a hundredth is a whole number. */
const PER_MOS = 100;
const VIEW_WIDTH = (HIGHEST - LOWEST) * PER_MOS;
/** Left free on each side of a bar. */
const BAR_GAP = 1;
const UNREADABLE = 'the stored histogram cannot be read';

export interface MosDistribution {
  /** What one value is: `call-seconds`, `reports` or `calls`. */
  readonly of: string;
  readonly summary: DistributionSummary;
  readonly look: LineLook;
}

/** Which score of which direction the charts are of, and the gates on it. */
export interface ChartedScore {
  readonly score: string;
  readonly direction: string;
  readonly limits: readonly Limit[];
}

/** Shares of `distribution` in bins of 0.1 MOS. */
export function renderMosHistogram(distribution: MosDistribution, { score, direction, limits }: ChartedScore): Markup {
  const title = `${score} histogram, ${direction}, ${distribution.of}`;
  const decoded = decodeMos(distribution.summary);
  if (decoded === null) return renderEmptyFigure(title, UNREADABLE);
  const counts = binCounts(decoded, { low: LOWEST, width: BIN_WIDTH, bins: BINS });
  return renderFigure({
    title,
    legend: [
      { key: keyOf(barOf(direction)), label: `share of ${distribution.of} in 0.1 MOS` },
      ...limits.map(({ label }) => ({ key: keyOf('limit'), label })),
    ],
    drawing: drawHistogram({ title, score, direction, counts, limits, summary: distribution.summary }),
    twin: histogramTable(title, score, counts),
  });
}

/** The share of values at or below each MOS, one line per distribution. */
export function renderMosCdf(
  distributions: readonly MosDistribution[],
  { score, direction, limits }: ChartedScore,
): Markup {
  const title = `${score} cumulative share, ${direction}`;
  const curves = distributions.flatMap(({ of, look, summary }) => {
    const decoded = decodeMos(summary);
    return decoded === null ? [] : [{ of, look, shares: cumulativeShares(decoded) }];
  });
  if (curves.length === 0) return renderEmptyFigure(title, UNREADABLE);
  return renderFigure({
    title,
    legend: [
      ...curves.map(({ of, look }) => ({ key: keyOf(look), label: `${of} at or below` })),
      ...limits.map(({ label }) => ({ key: keyOf('limit'), label })),
    ],
    drawing: drawCdf({ title, score, curves, limits }),
    twin: cdfTable(title, score, curves),
  });
}

interface HistogramDrawing {
  readonly title: string;
  readonly score: string;
  readonly direction: string;
  readonly counts: readonly number[];
  readonly limits: readonly Limit[];
  readonly summary: DistributionSummary;
}

function drawHistogram({ title, score, direction, counts, limits, summary }: HistogramDrawing): Markup {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shares = counts.map((count) => (count / total) * 100);
  const axis = valueAxis([0, Math.min(100, roundTop(Math.max(...shares), 10))]);
  const bars = shares.map((share, index) => (share === 0 ? '' : barPath(share, index, axis)));
  const description = `Median ${formatMos(summary.p50)}, 5th percentile ${formatMos(summary.p5)}, lowest ${formatMos(summary.min)}, from ${formatCount(summary.count)} values.`;
  return svgChart(mosFrame({ title, score, description, axis }), [
    fill(bars.join(''), barOf(direction)),
    limitMarks(limits),
  ]);
}

function barOf(direction: string): 'bar' | 'sent-bar' {
  return direction === 'sent' ? 'sent-bar' : 'bar';
}

interface Curve {
  readonly of: string;
  readonly look: LineLook;
  readonly shares: readonly CumulativeShare[];
}

interface CdfDrawing {
  readonly title: string;
  readonly score: string;
  readonly curves: readonly Curve[];
  readonly limits: readonly Limit[];
}

function drawCdf({ title, score, curves, limits }: CdfDrawing): Markup {
  const axis = valueAxis([0, 100]);
  const lines = curves.map(({ shares, look }) => stroke(curvePath(shares, axis), look));
  const description = 'Share of values at or below each MOS. The figures are in the table below the chart.';
  return svgChart(mosFrame({ title, score, description, axis }), [limitMarks(limits), lines]);
}

type FrameParts = Pick<ChartFrame, 'title' | 'description'> & { score: string; axis: ValueAxis };

function mosFrame({ title, score, description, axis }: FrameParts): ChartFrame {
  const axes = { xTicks: TICKS, yTicks: axis.ticks, xLabel: `${score}, MOS`, yLabel: '%' };
  return { title, description, viewWidth: VIEW_WIDTH, ...axes };
}

function mosAt(mos: number): number {
  return Math.round((mos - LOWEST) * PER_MOS);
}

function barPath(share: number, index: number, axis: ValueAxis): string {
  const width = BIN_WIDTH * PER_MOS;
  // A bin that holds something is at least a pixel high: a rare bad second must not vanish.
  const top = Math.min(axis.y(share), VIEW_HEIGHT - 4);
  return `M${index * width + BAR_GAP} ${VIEW_HEIGHT}V${top}h${width - 2 * BAR_GAP}V${VIEW_HEIGHT}z`;
}

function curvePath(shares: readonly CumulativeShare[], axis: ValueAxis): string {
  const points = [{ value: LOWEST, share: 0 }, ...shares];
  return linePath(
    points.map(({ value, share }, index) => ({
      x0: mosAt(value),
      x1: mosAt(points[index + 1]?.value ?? HIGHEST),
      y: axis.y(share * 100),
    })),
  );
}

function limitMarks(limits: readonly Limit[]): Markup[] {
  return limits
    .filter(({ value }) => value >= LOWEST && value <= HIGHEST)
    .map(({ value }) => stroke(`M${mosAt(value)} 0v${VIEW_HEIGHT}`, 'limit'));
}

function histogramTable(caption: string, score: string, counts: readonly number[]): Twin {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const rows = counts.flatMap((count, index) => {
    const from = LOWEST + index * BIN_WIDTH;
    return count === 0
      ? []
      : [[`${from.toFixed(1)}–${(from + BIN_WIDTH).toFixed(1)}`, formatCount(count), formatRatio(count / total)]];
  });
  return { caption, headers: [score, 'Count', 'Share'], rows };
}

/** The last point of each twentieth of a MOS: the line has them all. */
function cdfTable(caption: string, score: string, curves: readonly Curve[]): Twin {
  const rows = curves.flatMap(({ of, shares }) =>
    shares
      .filter((point, index) => twentieth(point) !== twentieth(shares[index + 1]))
      .map(({ value, share }) => [formatMos(value), of, formatRatio(share)]),
  );
  return { caption, headers: [score, 'Of', 'At or below'], rows };
}

function twentieth(point: CumulativeShare | undefined): number {
  return Math.ceil(Math.round((point?.value ?? 0) * 100) / 5);
}
