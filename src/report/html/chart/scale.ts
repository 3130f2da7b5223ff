/** Scales of the charts: values and seconds to coordinates, and the ticks that name them. */
import { scaleLinear } from 'd3-scale';
import type { ScaleLinear } from 'd3-scale';
import { formatClock } from '../../number-format.js';
import { plotArea } from './frame.js';
import type { ChartSize, Plot, Tick } from './frame.js';

export interface ValueAxis {
  readonly plot: Plot;
  readonly y: ScaleLinear<number, number>;
  readonly ticks: readonly Tick[];
}

export interface TimeAxis {
  readonly x: ScaleLinear<number, number>;
  readonly ticks: readonly Tick[];
  readonly label: string;
}

const TICK_STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
const TICK_WIDTH = 64;
const SECONDS_UP_TO = 120;

/** The value axis of a chart of `size`; `whole` keeps to integer ticks (counts). */
export function valueAxis(size: ChartSize, domain: readonly [number, number], whole = false): ValueAxis {
  const scale = scaleLinear().domain(domain);
  const values = scale.ticks(5).filter((tick) => !whole || Number.isInteger(tick));
  const write = scale.tickFormat(5, whole ? ',.0f' : ',f');
  const labels = values.map(write);
  const plot = plotArea(size, labels);
  const y = scale.range([plot.bottom, plot.top]);
  return { plot, y, ticks: values.map((value, index) => ({ at: y(value), label: labels[index] ?? '' })) };
}

/** The time axis from the start of the run to `spanSeconds`: seconds in a short run, min:s in a longer one. */
export function timeAxis(plot: Plot, spanSeconds: number): TimeAxis {
  const x = scaleLinear([0, spanSeconds], [plot.left, plot.right]);
  const most = Math.max(2, Math.floor((plot.right - plot.left) / TICK_WIDTH));
  const step = TICK_STEPS.find((seconds) => spanSeconds / seconds <= most) ?? niceDays(spanSeconds / most);
  const count = Math.floor(spanSeconds / step + 1e-9) + 1;
  const short = spanSeconds <= SECONDS_UP_TO;
  const ticks = Array.from({ length: count }, (_, index) => index * step).map((second) => ({
    at: x(second),
    label: short ? String(second) : formatClock(second),
  }));
  const unit = spanSeconds >= 3600 ? 'h:min:s' : 'min:s';
  return { x, ticks, label: `time since the start, ${short ? 's' : unit}` };
}

/** A top of the axis a little above `highest`, never below `least`. */
export function roundTop(highest: number, least: number): number {
  const top = Math.max(highest, least);
  return (
    scaleLinear([0, top * 1.02], [0, 1])
      .nice(5)
      .domain()[1] ?? top
  );
}

function niceDays(seconds: number): number {
  return Math.ceil(seconds / 86_400) * 86_400;
}
