/** A chart of the seconds of a run: stepped lines, a band between two figures, and the limits of gates. */
import { html } from '../markup.js';
import type { Markup } from '../markup.js';
import type { TableSpec } from '../table.js';
import { renderEmptyFigure, renderFigure } from './figure.js';
import type { LegendEntry } from './figure.js';
import { WIDE, svgChart } from './frame.js';
import type { ChartSize } from './frame.js';
import { roundTop, timeAxis, valueAxis } from './scale.js';
import type { TimeAxis, ValueAxis } from './scale.js';
import { bandPath, linePath } from './step-path.js';
import { areaKey, fill, lineKey, stroke } from './strokes.js';
import type { LineLook } from './strokes.js';
import { binName, binSeconds, binValue, spanSeconds } from './time-bins.js';
import type { Aggregate, SecondValue, TimeBin } from './time-bins.js';
import type { Result } from '../../../run/result.js';

export interface Line {
  readonly label: string;
  readonly look: LineLook;
  readonly pick: SecondValue;
  /** How the seconds of one column become one figure when a run is longer than the chart has columns. */
  readonly aggregate: Aggregate;
}

export interface Band {
  readonly label: string;
  readonly low: SecondValue;
  readonly high: SecondValue;
}

/** A limit of a gate, in the unit of the chart. */
export interface Limit {
  readonly label: string;
  readonly value: number;
}

export interface TimeChart {
  readonly title: string;
  /** Unit of the value axis. */
  readonly unit: string;
  readonly lines: readonly Line[];
  readonly band?: Band;
  readonly limits: readonly Limit[];
  /** Range of the value axis; without it from 0 to a round figure above the highest value. */
  readonly domain?: readonly [number, number];
  /** Least top of the axis where `domain` is absent. */
  readonly leastTop: number;
  /** The values are counts: whole ticks only. */
  readonly whole?: boolean;
  /** How a value is written in the table twin. */
  readonly write: (value: number) => string;
  /** Why the chart has no data, should it have none. */
  readonly emptyReason: string;
}

const WIDE_COLUMNS = 600;
const NARROW_COLUMNS = 280;
/** From this many columns on lines are drawn finer. */
const FINE_FROM = 150;

/** The figure of `chart` over the seconds of `result`, or a sentence saying why there is none. */
export function renderTimeChart(chart: TimeChart, result: Result): Markup {
  const span = spanSeconds(result.seconds, result.durationMs);
  const bins = binSeconds(result.seconds, span, WIDE_COLUMNS);
  const range = valueRange(chart, bins);
  if (range === null) return renderEmptyFigure(chart.title, chart.emptyReason);
  const draw = (size: ChartSize): Markup => {
    const columns = size === WIDE ? WIDE_COLUMNS : NARROW_COLUMNS;
    return drawChart(chart, { size, span, bins: binSeconds(result.seconds, span, columns), range });
  };
  return renderFigure({ title: chart.title, legend: legendOf(chart), draw, twin: twinTable(chart, bins) });
}

interface Drawing {
  readonly size: ChartSize;
  readonly span: number;
  readonly bins: readonly TimeBin[];
  readonly range: readonly [number, number];
}

/** Lowest and highest value shown; null when no bin holds any. */
function valueRange(chart: TimeChart, bins: readonly TimeBin[]): readonly [number, number] | null {
  const picks = [...chart.lines.map((line) => line.pick), ...(chart.band ? [chart.band.low, chart.band.high] : [])];
  let range: readonly [number, number] | null = null;
  for (const bin of bins) {
    for (const pick of picks) {
      const low = binValue(bin, pick, 'min');
      const high = binValue(bin, pick, 'max');
      if (low !== null && high !== null) range = [Math.min(low, range?.[0] ?? low), Math.max(high, range?.[1] ?? high)];
    }
  }
  return range;
}

function drawChart(chart: TimeChart, drawing: Drawing): Markup {
  const { size, span, bins, range } = drawing;
  const rounded = roundTop(Math.max(range[1], ...chart.limits.map((limit) => limit.value)), chart.leastTop);
  const top = chart.unit === '%' ? Math.min(100, rounded) : rounded;
  const values = valueAxis(size, chart.domain ?? [0, top], chart.whole);
  const time = timeAxis(values.plot, span);
  const frame = {
    size,
    plot: values.plot,
    title: `${chart.title} over time`,
    description: `From ${chart.write(range[0])} to ${chart.write(range[1])}. The figures are in the table below the chart.`,
    xTicks: time.ticks,
    yTicks: values.ticks,
    xLabel: time.label,
    yLabel: chart.unit,
  };
  const limits = chart.limits.map(({ value }) => limitLine(value, values));
  return svgChart(frame, [bandMark(chart, bins, { values, time }), limits, lineMarks(chart, bins, { values, time })]);
}

interface Axes {
  readonly values: ValueAxis;
  readonly time: TimeAxis;
}

function lineMarks(chart: TimeChart, bins: readonly TimeBin[], { values, time }: Axes): Markup[] {
  return chart.lines.map((line) => {
    const steps = bins.flatMap((bin) => {
      const value = binValue(bin, line.pick, line.aggregate);
      return value === null ? [] : [{ x0: time.x(bin.from), x1: time.x(bin.to), y: values.y(value) }];
    });
    return stroke(linePath(steps), line.look, bins.length > FINE_FROM);
  });
}

function bandMark({ band }: TimeChart, bins: readonly TimeBin[], { values, time }: Axes): Markup {
  if (band === undefined) return html``;
  const steps = bins.flatMap((bin) => {
    const low = binValue(bin, band.low, 'min');
    const high = binValue(bin, band.high, 'max');
    if (low === null || high === null) return [];
    return [{ x0: time.x(bin.from), x1: time.x(bin.to), y: values.y(high), y2: values.y(low) }];
  });
  return fill(bandPath(steps), 'band');
}

function limitLine(value: number, { plot, y }: ValueAxis): Markup {
  const [low = 0, high = 0] = y.domain();
  if (value < low || value > high) return html``;
  return stroke(`M${plot.left} ${Math.round(y(value) * 10) / 10}H${plot.right}`, 'limit');
}

function legendOf(chart: TimeChart): LegendEntry[] {
  const band = chart.band === undefined ? [] : [{ key: areaKey('band'), label: chart.band.label }];
  const lines = chart.lines.map(({ look, label }) => ({ key: lineKey(look), label }));
  const limits = chart.limits.map(({ label }) => ({ key: lineKey('limit'), label }));
  return [...lines, ...band, ...limits];
}

function twinTable(chart: TimeChart, bins: readonly TimeBin[]): TableSpec {
  const { band, lines, write } = chart;
  // The low edge is left out where it is the line itself.
  const hasLow = band !== undefined && !lines.some((line) => isSamePick(bins, line.pick, band.low));
  const edges = band === undefined ? [] : [...(hasLow ? [`${band.label}: low`] : []), `${band.label}: high`];
  const headers = [...lines.map((line) => line.label), ...edges];
  const text = (value: number | null): string => (value === null ? 'not measured' : write(value));
  const rows = bins.map((bin) => [
    binName(bin),
    ...lines.map((line) => text(binValue(bin, line.pick, line.aggregate))),
    ...(hasLow ? [text(binValue(bin, band.low, 'min'))] : []),
    ...(band ? [text(binValue(bin, band.high, 'max'))] : []),
  ]);
  const columns = [{ header: 'Time' }, ...headers.map((header) => ({ header, numeric: true }))];
  return { caption: `${chart.title} over time (${chart.unit})`, columns, rows };
}

/** One second a column, and the same figure in each. */
function isSamePick(bins: readonly TimeBin[], a: SecondValue, b: SecondValue): boolean {
  return bins.every(({ seconds }) => seconds.length === 1 && seconds.every((second) => a(second) === b(second)));
}
