/** Seconds of a run gathered into at most as many columns as a chart can show. */
import { max, mean, median, min } from 'd3-array';
import type { ResultSecond } from '../../../run/result-quality.js';
import { formatClock } from '../../number-format.js';

/** What a chart over time is drawn of. */
export interface TimedRow {
  readonly second: number;
}

/** The seconds from `from` up to, but not including, `to`. */
export interface TimeBin<Row extends TimedRow = ResultSecond> {
  readonly from: number;
  readonly to: number;
  readonly seconds: readonly Row[];
}

/** What one second holds for a series; null where it is unknown. */
export type SecondValue<Row extends TimedRow = ResultSecond> = (second: Row) => number | null;

export type Aggregate = 'median' | 'mean' | 'min' | 'max';

const AGGREGATES: Readonly<Record<Aggregate, (values: number[]) => number | undefined>> = { median, mean, min, max };

/** The length of the time axis: whole seconds, at least one. */
export function spanSeconds(seconds: readonly TimedRow[], durationMs: number): number {
  const last = seconds.reduce((latest, row) => Math.max(latest, row.second + 1), 1);
  return Math.max(last, Math.ceil(durationMs / 1000));
}

/** The seconds of one bin where at most `columns` make up the span. */
export function binWidth(span: number, columns: number): number {
  return Math.max(1, Math.ceil(span / columns));
}

/** At most `columns` bins over the run, in order; bins without a second are left out and show as gaps. */
export function binSeconds<Row extends TimedRow>(
  seconds: readonly Row[],
  span: number,
  columns: number,
): TimeBin<Row>[] {
  const width = binWidth(span, columns);
  const groups = new Map<number, Row[]>();
  for (const row of seconds) {
    const index = Math.floor(row.second / width);
    const group = groups.get(index);
    if (group === undefined) groups.set(index, [row]);
    else group.push(row);
  }
  return [...groups]
    .toSorted(([a], [b]) => a - b)
    .map(([index, rows]) => ({ from: index * width, to: Math.min(span, (index + 1) * width), seconds: rows }));
}

/** One figure for a bin: the aggregate of what its seconds hold, null when they hold nothing. */
export function binValue<Row extends TimedRow>(
  bin: TimeBin<Row>,
  pick: SecondValue<Row>,
  aggregate: Aggregate,
): number | null {
  const values = bin.seconds.map(pick).filter((value) => value !== null);
  return AGGREGATES[aggregate](values) ?? null;
}

/** The name of a bin in a table: its second, or the span it covers. */
export function binName(bin: Pick<TimeBin, 'from' | 'to'>): string {
  return bin.to - bin.from === 1 ? formatClock(bin.from) : `${formatClock(bin.from)}–${formatClock(bin.to - 1)}`;
}
