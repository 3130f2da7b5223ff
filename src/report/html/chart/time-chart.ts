/** A chart of the seconds of a run: stepped lines, a band between two figures, and the limits of gates. */
import { html } from '../markup.js';
import type { Markup } from '../markup.js';
import { renderEmptyFigure, renderFigure } from './figure.js';
import type { LegendEntry, Twin } from './figure.js';
import { svgChart } from './frame.js';
import { roundTop, timeAxis, valueAxis } from './scale.js';
import type { ValueAxis } from './scale.js';
import { bandPath, linePath } from './step-path.js';
import { fill, fineStrokes, keyOf, stroke } from './strokes.js';
import type { LineLook } from './strokes.js';
import { binName, binSeconds, binValue, spanSeconds } from './time-bins.js';
import type { Aggregate, SecondValue, TimeBin, TimedRow } from './time-bins.js';
import type { ResultSecond } from '../../../run/result-quality.js';

export interface Line<Row extends TimedRow = ResultSecond> {
  readonly label: string;
  readonly look: LineLook;
  readonly pick: SecondValue<Row>;
  /** How the seconds of one column become one figure when a run is longer than the chart has columns. */
  readonly aggregate: Aggregate;
}

export interface Band<Row extends TimedRow = ResultSecond> {
  readonly label: string;
  readonly low: SecondValue<Row>;
  readonly high: SecondValue<Row>;
}

/** A limit of a gate, in the unit of the chart. */
export interface Limit {
  readonly label: string;
  readonly value: number;
}

export type ValueRange = readonly [number, number];

export interface TimeChart<Row extends TimedRow = ResultSecond> {
  readonly title: string;
  /** Unit of the value axis. */
  readonly unit: string;
  readonly lines: readonly Line<Row>[];
  readonly band?: Band<Row>;
  readonly limits: readonly Limit[];
  /** The value axis for values of such a range, limits included; without it from 0 to a round figure above the highest. */
  readonly domain?: (range: ValueRange) => ValueRange;
  /** Least top of the axis where `domain` is absent. */
  readonly leastTop: number;
  /** The values are counts: whole ticks only. */
  readonly whole?: boolean;
  /** How a value is written in the table twin, without its unit. */
  readonly write: (value: number) => string;
  /** Why the chart has no data, should it have none. */
  readonly emptyReason: string;
}

/** The most columns of a chart: a longer run is gathered. */
export const MOST_COLUMNS = 600;
/** From this many columns on lines are drawn finer. */
const FINE_FROM = 200;

/** What is drawn, and how long the run was: all its charts have one axis. */
export interface TimedRows<Row extends TimedRow> {
  readonly seconds: readonly Row[];
  readonly durationMs: number;
}

/** The figure of `chart` over the seconds of `run`, or a sentence saying why there is none. */
export function renderTimeChart<Row extends TimedRow>(chart: TimeChart<Row>, run: TimedRows<Row>): Markup {
  const span = spanSeconds(run.seconds, run.durationMs);
  const bins = binSeconds(run.seconds, span, MOST_COLUMNS);
  const range = valueRange(chart, bins);
  if (range === null) return renderEmptyFigure(chart.title, chart.emptyReason);
  return renderFigure({
    title: chart.title,
    legend: legendOf(chart, bins),
    drawing: drawChart(chart, { span, bins, range }),
    twin: twinTable(chart, bins),
    spanSeconds: span,
  });
}

interface Drawing<Row extends TimedRow> {
  readonly span: number;
  readonly bins: readonly TimeBin<Row>[];
  readonly range: ValueRange;
}

/** Lowest and highest value shown; null when no bin holds any. */
function valueRange<Row extends TimedRow>(chart: TimeChart<Row>, bins: readonly TimeBin<Row>[]): ValueRange | null {
  const picks = [...chart.lines.map((line) => line.pick), ...(chart.band ? [chart.band.low, chart.band.high] : [])];
  let range: ValueRange | null = null;
  for (const bin of bins) {
    for (const pick of picks) {
      const low = binValue(bin, pick, 'min');
      const high = binValue(bin, pick, 'max');
      if (low !== null && high !== null) range = [Math.min(low, range?.[0] ?? low), Math.max(high, range?.[1] ?? high)];
    }
  }
  return range;
}

function drawChart<Row extends TimedRow>(chart: TimeChart<Row>, { span, bins, range }: Drawing<Row>): Markup {
  const values = valueAxis(domainOf(chart, range), chart.whole);
  const time = timeAxis(span);
  const frame = {
    title: `${chart.title} over time`,
    description: `From ${chart.write(range[0])} to ${chart.write(range[1])} ${chart.unit}. The figures are in the table below the chart.`,
    viewWidth: span,
    xTicks: time.ticks,
    yTicks: values.ticks,
    xLabel: time.label,
    yLabel: chart.unit,
  };
  const limits = chart.limits.map(({ value }) => stroke(`M0 ${values.y(value)}h${span}`, 'limit'));
  return svgChart(frame, [bandMark(chart, bins, values), limits, lineMarks(chart, bins, values)]);
}

function domainOf(chart: Pick<TimeChart, 'limits' | 'domain' | 'leastTop' | 'unit'>, range: ValueRange): ValueRange {
  const limits = chart.limits.map(({ value }) => value);
  if (chart.domain !== undefined) return chart.domain([Math.min(range[0], ...limits), Math.max(range[1], ...limits)]);
  const rounded = roundTop(Math.max(range[1], ...limits), chart.leastTop);
  return [0, chart.unit === '%' ? Math.min(100, rounded) : rounded];
}

function lineMarks<Row extends TimedRow>(
  chart: TimeChart<Row>,
  bins: readonly TimeBin<Row>[],
  values: ValueAxis,
): Markup | readonly Markup[] {
  const lines = chart.lines.map((line) => {
    const steps = bins.flatMap((bin) => {
      const value = binValue(bin, line.pick, line.aggregate);
      return value === null ? [] : [{ x0: bin.from, x1: bin.to, y: values.y(value) }];
    });
    return stroke(linePath(steps), line.look);
  });
  return bins.length > FINE_FROM ? fineStrokes(lines) : lines;
}

function bandMark<Row extends TimedRow>(
  { band }: TimeChart<Row>,
  bins: readonly TimeBin<Row>[],
  values: ValueAxis,
): Markup {
  if (band === undefined) return html``;
  const steps = bins.flatMap((bin) => {
    const low = binValue(bin, band.low, 'min');
    const high = binValue(bin, band.high, 'max');
    if (low === null || high === null) return [];
    return [{ x0: bin.from, x1: bin.to, y: values.y(high), y2: values.y(low) }];
  });
  return fill(bandPath(steps), 'band');
}

function legendOf<Row extends TimedRow>(chart: TimeChart<Row>, bins: readonly TimeBin<Row>[]): LegendEntry[] {
  const lines = chart.lines.map(({ look, label }, index) => ({ key: keyOf(look), label, columns: [index] }));
  const limits = chart.limits.map(({ label }) => ({ key: keyOf('limit'), label }));
  if (chart.band === undefined) return [...lines, ...limits];
  const same = lowEdgeLine(chart, bins);
  const columns = same === -1 ? [lines.length, lines.length + 1] : [same, lines.length];
  return [...lines, { key: keyOf('band'), label: chart.band.label, columns }, ...limits];
}

function twinTable<Row extends TimedRow>(chart: TimeChart<Row>, bins: readonly TimeBin<Row>[]): Twin {
  const { band, lines, write } = chart;
  const hasLow = band !== undefined && lowEdgeLine(chart, bins) === -1;
  const edges = band === undefined ? [] : [...(hasLow ? [`${band.label}: low`] : []), `${band.label}: high`];
  const headers = ['Time', ...lines.map((line) => line.label), ...edges];
  const text = (value: number | null): string => (value === null ? '–' : write(value));
  const rows = bins.map((bin) => [
    binName(bin),
    ...lines.map((line) => text(binValue(bin, line.pick, line.aggregate))),
    ...(hasLow ? [text(binValue(bin, band.low, 'min'))] : []),
    ...(band ? [text(binValue(bin, band.high, 'max'))] : []),
  ]);
  const unknown = rows.some((row) => row.includes('–')) ? '; –: not measured' : '';
  return { caption: `${chart.title} over time, ${chart.unit}${unknown}`, headers, rows };
}

/** The line that is the low edge of the band, one second a column and the same figure in each, so that the edge needs no column; −1: none. */
function lowEdgeLine<Row extends TimedRow>({ band, lines }: TimeChart<Row>, bins: readonly TimeBin<Row>[]): number {
  return lines.findIndex(
    ({ pick }) =>
      band !== undefined &&
      bins.every(({ seconds }) => seconds.length === 1 && seconds.every((second) => pick(second) === band.low(second))),
  );
}
