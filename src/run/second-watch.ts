/**
 * What a gate asks of each second by itself: its figure over the values of that second. The values are kept until nothing
 * can be added to the second any more, then only the figure. A leg's second is its own, a call's the one in which it
 * started, and what is of a whole leg stands in the second in which it was answered.
 */
import type { Stat } from '../gates/grammar.js';
import type { MetricQuery, SecondFigure } from '../gates/source.js';
import { DIRECTION, LEG, ROW, type CallRecord } from '../worker/messages.js';
import { codecKey, scaleOf } from './codec-scale.js';
import { sessionDurationOf } from './group-book.js';
import { isNoMedia, isOneWay } from './leg-findings.js';
import { DELAYS, QUALITY } from './metric-figures.js';
import type { QualityFigure } from './quality-book.js';
import { codecOf, endpointsOf, type NamedEndpoint } from './window-books.js';

export interface Watched {
  readonly query: MetricQuery;
  /** Null for a scalar: then the figure is a sum, and the values are 0 or 1. */
  readonly stat: Stat | null;
}

interface WatchedSecond {
  values: number[];
  /** Null until it is asked for, and again after each value. */
  figure: SecondFigure | null;
  closed: boolean;
}

export class SecondWatch {
  private readonly bySecond = new Map<number, WatchedSecond>();
  private readonly endpoints: ReadonlySet<number> | null;
  private readonly codec: number | undefined;
  private readonly quality: QualityFigure | null;
  private readonly perCall: boolean;
  private readonly direction: number;

  /** @param fromMs what is earlier does not count */
  constructor(
    readonly watched: Watched,
    endpoints: readonly NamedEndpoint[],
    private readonly fromMs: number,
  ) {
    const { query } = watched;
    this.endpoints = endpointsOf(endpoints, query.tags);
    this.codec = codecOf(query);
    this.quality = QUALITY[query.metric] ?? null;
    this.perCall = query.per === 'call';
    this.direction = DIRECTION[query.direction];
  }

  addRow(table: Float64Array, offset: number): void {
    const { quality } = this;
    if (quality === null || this.perCall || table[offset + ROW.direction] !== this.direction) {
      return;
    }
    if (this.takes(table[offset + ROW.endpoint], table[offset + ROW.codec])) {
      this.add((table[offset + ROW.second] ?? 0) * 1000, legFigure(quality, table, offset, ROW));
    }
  }

  /** Totals of a leg, of the direction that its row says. */
  addLeg(table: Float64Array, offset: number, answeredMs: number): void {
    if (!this.takes(table[offset + LEG.endpoint], table[offset + LEG.codec])) {
      return;
    }
    const isWatched = table[offset + LEG.direction] === this.direction;
    if (this.quality !== null && this.perCall && isWatched) {
      const figure =
        this.quality === 'burstR'
          ? (table[offset + LEG.burstR] ?? Number.NaN)
          : legFigure(this.quality, table, offset, LEG);
      this.add(answeredMs, figure);
    } else if (this.watched.query.metric === 'one_way' && isWatched) {
      this.add(answeredMs, isOneWay(table, offset) ? 1 : 0);
    } else if (this.watched.query.metric === 'no_media' && isWatched) {
      this.add(answeredMs, isNoMedia(table, offset) ? 1 : 0);
    }
  }

  addCall(record: CallRecord): void {
    if (this.takes(record.endpoint, undefined)) {
      this.add(record.startedMs ?? record.intendedMs, callFigure(this.watched.query.metric, record));
    }
  }

  addOptionsRtt(second: number, endpoint: number, rttMs: number): void {
    if (this.watched.query.metric === 'signalling_rtt' && this.takes(endpoint, undefined)) {
      this.add(second * 1000, rttMs);
    }
  }

  /** Nothing is added any more to the legs' seconds before this one. */
  closeBefore(second: number): void {
    if (this.quality === null || this.perCall) {
      return; // calls and whole legs are known only when they have ended, however long that takes
    }
    for (const [index, entry] of this.bySecond) {
      if (index < second && !entry.closed) {
        this.reduce(index, entry);
        entry.closed = true;
        entry.values = [];
      }
    }
  }

  /** By second. @param onlyClosed leaves out what may still change */
  figures(onlyClosed = false): readonly SecondFigure[] {
    return [...this.bySecond]
      .filter(([, entry]) => !onlyClosed || entry.closed)
      .map(([second, entry]) => this.reduce(second, entry))
      .toSorted((a, b) => a.second - b.second);
  }

  private takes(endpoint: number | undefined, codec: number | undefined): boolean {
    if (this.codec !== undefined && codec !== this.codec) {
      return false;
    }
    return this.endpoints === null || this.endpoints.has(endpoint ?? 0);
  }

  private add(atMs: number, value: number): void {
    if (!(atMs >= this.fromMs) || !(value >= 0 && value < Infinity)) {
      return;
    }
    const second = Math.floor(atMs / 1000);
    let entry = this.bySecond.get(second);
    if (entry === undefined) {
      entry = { values: [], figure: null, closed: false };
      this.bySecond.set(second, entry);
    }
    if (!entry.closed) {
      entry.values.push(value);
      entry.figure = null;
    }
  }

  private reduce(second: number, entry: WatchedSecond): SecondFigure {
    entry.figure ??= { second, value: statOfValues(entry.values, this.watched.stat), samples: entry.values.length };
    return entry.figure;
  }
}

/** NaN where the record does not tell, or is no evidence. */
function callFigure(metric: string, record: CallRecord): number {
  if (metric === 'success_ratio' || metric === 'dropped') {
    if (record.outcome === 'notStarted' || record.outcome === 'cut') {
      return Number.NaN;
    }
    if (metric === 'success_ratio') {
      return record.succeeded ? 1 : 0;
    }
    return record.establishedMs === null ? Number.NaN : Number(record.outcome === 'dropped');
  }
  const delay = Object.hasOwn(DELAYS, metric) ? DELAYS[metric as keyof typeof DELAYS] : undefined;
  if (delay === undefined || delay === 'signallingRttMs') {
    return Number.NaN;
  }
  return (delay === 'sessionDurationMs' ? sessionDurationOf(record) : record[delay]) ?? Number.NaN;
}

type Columns = typeof ROW | typeof LEG;

/** The same figure as the books record; NaN where there is none. */
function legFigure(figure: QualityFigure, table: Float64Array, offset: number, columns: Columns): number {
  const at = (column: number): number => table[offset + column] ?? Number.NaN;
  const scale = scaleOf(codecKey(at(columns.codec)));
  const onScale = (wanted: 'narrowband' | 'wideband', column: number): number =>
    scale === wanted ? at(column) : Number.NaN;
  const expected = at(columns.expected);
  switch (figure) {
    case 'mosLq':
      return onScale('narrowband', columns.mosLq);
    case 'mosLqWb':
      return onScale('wideband', columns.mosLq);
    case 'mosCq':
      return onScale('narrowband', columns.mosCq);
    case 'mosCqWb':
      return onScale('wideband', columns.mosCq);
    case 'mosLqNoPlc':
      return onScale('narrowband', columns.mosLqNoPlc);
    case 'rFactor':
      return Math.max(0, onScale('narrowband', columns.rFactor));
    case 'lossRatio':
      return expected > 0 ? Math.max(0, at(columns.lost)) / expected : Number.NaN;
    case 'discardRatio':
      return expected > 0 ? at(columns.discarded) / expected : Number.NaN;
    case 'jitterMs':
      return at(columns.jitterMs);
    case 'rttMs':
      return at(columns.rttMs);
    case 'mouthToEarMs':
      return at(columns.mouthToEarMs);
    default:
      return Number.NaN;
  }
}

/** @param stat null: their sum */
export function statOfValues(values: readonly number[], stat: Stat | null): number {
  const share = (inside: (value: number) => boolean): number => values.filter(inside).length / values.length;
  switch (stat?.kind) {
    case 'percentile': {
      const sorted = Float64Array.from(values).toSorted();
      // Nearest rank; p/100 · n can come out a hair above the integer that it is.
      const rank = Math.max(1, Math.ceil(((stat.p * sorted.length) / 100) * (1 - 1e-12)));
      return sorted[rank - 1] ?? Number.NaN;
    }
    case 'min':
      return values.reduce((low, value) => Math.min(low, value), Infinity);
    case 'max':
      return values.reduce((high, value) => Math.max(high, value), -Infinity);
    case 'mean':
      return sumOf(values) / values.length;
    case 'count':
      return values.length;
    case 'below':
      return share((value) => value < stat.value);
    case 'above':
      return share((value) => value > stat.value);
    default:
      return sumOf(values);
  }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
