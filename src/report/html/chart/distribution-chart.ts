/** The distribution of a MOS: histogram in bins of 0.1 and cumulative shares, with the limits of gates. */
import { binCounts, cumulativeShares, decodeMos } from '../../histogram-bars.js';
import type { CumulativeShare } from '../../histogram-bars.js';
import { formatCount, formatMos, formatRatio } from '../../number-format.js';
import type { DistributionSummary } from '../../../run/result.js';
import type { Markup } from '../markup.js';
import { renderEmptyFigure, renderFigure } from './figure.js';
import { coordinate, svgChart } from './frame.js';
import type { ChartFrame, ChartSize, Tick } from './frame.js';
import { roundTop, valueAxis } from './scale.js';
import type { ValueAxis } from './scale.js';
import { scaleLinear } from 'd3-scale';
import type { ScaleLinear } from 'd3-scale';
import { linePath } from './step-path.js';
import { areaKey, fill, lineKey, stroke } from './strokes.js';
import type { LineLook } from './strokes.js';
import type { Limit } from './time-chart.js';

const LOWEST = 1;
const BIN_WIDTH = 0.1;
const BINS = 40;
const HIGHEST = LOWEST + BINS * BIN_WIDTH;
const TICKS = [1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5];
const WHOLE_TICKS = [1, 2, 3, 4, 5];
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
      { key: areaKey('bar'), label: `share of ${distribution.of} in 0.1 MOS` },
      ...limits.map(({ label }) => ({ key: lineKey('limit'), label })),
    ],
    draw: (size) => drawHistogram({ size, title, score, counts, limits, summary: distribution.summary }),
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
      ...curves.map(({ of, look }) => ({ key: lineKey(look), label: `${of} at or below` })),
      ...limits.map(({ label }) => ({ key: lineKey('limit'), label })),
    ],
    draw: (size) => drawCdf({ size, title, score, curves, limits }),
    twin: cdfTable(title, score, curves),
  });
}

interface HistogramDrawing {
  readonly size: ChartSize;
  readonly title: string;
  readonly score: string;
  readonly counts: readonly number[];
  readonly limits: readonly Limit[];
  readonly summary: DistributionSummary;
}

function drawHistogram({ size, title, score, counts, limits, summary }: HistogramDrawing): Markup {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shares = counts.map((count) => (count / total) * 100);
  const axis = valueAxis(size, [0, Math.min(100, roundTop(Math.max(...shares), 10))]);
  const x = mosScale(axis);
  const bars = shares.map((share, index) => (share === 0 ? '' : barPath(share, index, { axis, x })));
  const description = `Median ${formatMos(summary.p50)}, 5th percentile ${formatMos(summary.p5)}, lowest ${formatMos(summary.min)}, from ${formatCount(summary.count)} values.`;
  const frame = mosFrame({ size, title, score, description, axis });
  return svgChart(frame, [fill(bars.join(''), 'bar'), limitMarks(limits, { axis, x })]);
}

interface Curve {
  readonly of: string;
  readonly look: LineLook;
  readonly shares: readonly CumulativeShare[];
}

interface CdfDrawing {
  readonly size: ChartSize;
  readonly title: string;
  readonly score: string;
  readonly curves: readonly Curve[];
  readonly limits: readonly Limit[];
}

function drawCdf({ size, title, score, curves, limits }: CdfDrawing): Markup {
  const axis = valueAxis(size, [0, 100]);
  const x = mosScale(axis);
  const lines = curves.map(({ shares, look }) => stroke(curvePath(shares, { axis, x }), look));
  const description = 'Share of values at or below each MOS. The figures are in the table below the chart.';
  return svgChart(mosFrame({ size, title, score, description, axis }), [limitMarks(limits, { axis, x }), lines]);
}

interface MosAxes {
  readonly axis: ValueAxis;
  readonly x: ScaleLinear<number, number>;
}

function mosScale({ plot }: ValueAxis): ScaleLinear<number, number> {
  return scaleLinear([LOWEST, HIGHEST], [plot.left, plot.right]);
}

type FrameParts = Pick<ChartFrame, 'size' | 'title' | 'description'> & { score: string; axis: ValueAxis };

function mosFrame({ size, title, score, description, axis }: FrameParts): ChartFrame {
  const x = mosScale(axis);
  const wide = axis.plot.right - axis.plot.left > 400;
  const xTicks: Tick[] = (wide ? TICKS : WHOLE_TICKS).map((mos) => ({ at: x(mos), label: mos.toFixed(1) }));
  return { size, title, description, plot: axis.plot, xTicks, yTicks: axis.ticks, xLabel: score, yLabel: '%' };
}

function barPath(share: number, index: number, { axis, x }: MosAxes): string {
  const left = coordinate(x(LOWEST + index * BIN_WIDTH) + 0.5);
  const right = coordinate(x(LOWEST + (index + 1) * BIN_WIDTH) - 0.5);
  // A bin that holds something is at least one unit high: a rare bad second must not vanish.
  const top = coordinate(Math.min(axis.y(share), axis.plot.bottom - 1));
  return `M${left} ${axis.plot.bottom}V${top}H${right}V${axis.plot.bottom}Z`;
}

function curvePath(shares: readonly CumulativeShare[], { axis, x }: MosAxes): string {
  const points = [{ value: LOWEST, share: 0 }, ...shares];
  const steps = points.map(({ value, share }, index) => ({
    x0: x(value),
    x1: x(points[index + 1]?.value ?? HIGHEST),
    y: axis.y(share * 100),
  }));
  return linePath(steps);
}

function limitMarks(limits: readonly Limit[], { axis, x }: MosAxes): Markup[] {
  return limits
    .filter(({ value }) => value >= LOWEST && value <= HIGHEST)
    .map(({ value }) => stroke(`M${coordinate(x(value))} ${axis.plot.top}V${axis.plot.bottom}`, 'limit'));
}

function histogramTable(caption: string, score: string, counts: readonly number[]) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const rows = counts.flatMap((count, index) => {
    const from = LOWEST + index * BIN_WIDTH;
    return count === 0
      ? []
      : [[`${from.toFixed(1)}–${(from + BIN_WIDTH).toFixed(1)}`, formatCount(count), formatRatio(count / total)]];
  });
  const columns = [{ header: score }, { header: 'Count', numeric: true }, { header: 'Share', numeric: true }];
  return { caption, columns, rows };
}

/** The last point of each twentieth of a MOS: the line has them all. */
function cdfTable(caption: string, score: string, curves: readonly Curve[]) {
  const rows = curves.flatMap(({ of, shares }) =>
    shares
      .filter((point, index) => twentieth(point) !== twentieth(shares[index + 1]))
      .map(({ value, share }) => [formatMos(value), of, formatRatio(share)]),
  );
  return { caption, columns: [{ header: score }, { header: 'Of' }, { header: 'At or below', numeric: true }], rows };
}

function twentieth(point: CumulativeShare | undefined): number {
  return Math.ceil(Math.round((point?.value ?? 0) * 100) / 5);
}
