/** Scales of the charts: values and seconds to shares of an axis, and the ticks that name them. */
import { scaleLinear } from 'd3-scale';
import { formatHours, formatMinutes } from '../../number-format.js';
import { heightOf } from './frame.js';
import type { Tick } from './frame.js';

export interface ValueAxis {
  /** The height of a value in units of the plot. */
  readonly y: (value: number) => number;
  readonly ticks: readonly Tick[];
}

export interface TimeAxis {
  readonly ticks: readonly Tick[];
  readonly label: string;
}

const TICK_STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
/** As many as fit on a phone. */
const MOST_INTERVALS = 5;
/** About as many ticks on a value axis. */
const MOST_VALUES = 4;
const SECONDS_UP_TO = 120;
const MINUTES_UP_TO = 3600;

/** The value axis over `domain`; `whole` keeps to integer ticks (counts). */
export function valueAxis(domain: readonly [number, number], whole = false): ValueAxis {
  const scale = scaleLinear().domain(domain).range([0, 1]);
  const values = scale.ticks(MOST_VALUES).filter((tick) => !whole || Number.isInteger(tick));
  const write = scale.tickFormat(MOST_VALUES, whole ? ',.0f' : ',f');
  return {
    y: (value) => heightOf(scale(value)),
    ticks: values.map((value) => ({ at: scale(value), label: write(value) })),
  };
}

/** The time axis from the start of the run to `spanSeconds`: s in a short run, min:s up to an hour, then h:min. */
export function timeAxis(spanSeconds: number, mostIntervals = MOST_INTERVALS): TimeAxis {
  const step =
    TICK_STEPS.find((seconds) => spanSeconds / seconds <= mostIntervals) ?? niceDays(spanSeconds / mostIntervals);
  const count = Math.floor(spanSeconds / step + 1e-9) + 1;
  const { write, unit } = clockOf(spanSeconds);
  const ticks = Array.from({ length: count }, (_, index) => index * step).map((second) => ({
    at: second / spanSeconds,
    label: write(second),
  }));
  return { ticks, label: `time since the start, ${unit}` };
}

/** A top of the axis a little above `highest`, never below `least`. */
export function roundTop(highest: number, least: number): number {
  const top = Math.max(highest, least);
  return (
    scaleLinear([0, top * 1.02], [0, 1])
      .nice(MOST_VALUES)
      .domain()[1] ?? top
  );
}

function clockOf(spanSeconds: number): { write: (second: number) => string; unit: string } {
  if (spanSeconds <= SECONDS_UP_TO) return { write: String, unit: 's' };
  if (spanSeconds <= MINUTES_UP_TO) return { write: formatMinutes, unit: 'min:s' };
  return { write: formatHours, unit: 'h:min' };
}

function niceDays(seconds: number): number {
  return Math.ceil(seconds / 86_400) * 86_400;
}
