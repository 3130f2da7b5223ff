/** Per-second figures of one direction: the legs' values of a second are kept until no batch can add to it, then reduced. */
import { ROW, SPOILED } from '../worker/messages.js';
import { codecKey, scaleOf } from './codec-scale.js';
import type { ResultSecond } from './result-quality.js';

export type DirectionSecond = NonNullable<ResultSecond['received']>;

interface OpenSecond {
  readonly mosLq: number[];
  readonly mosLqWb: number[];
  readonly jitterMs: number[];
  readonly rttMs: number[];
  expected: number;
  lost: number;
  legs: number;
}

export class DirectionSeries {
  private readonly open = new Map<number, OpenSecond>();
  private readonly closed = new Map<number, DirectionSecond>();

  /** False when the second is closed: no worker is waited for so long, and what stands is not overwritten by a part. */
  addRow(table: Float64Array, offset: number): boolean {
    const at = (column: number): number => table[offset + column] ?? Number.NaN;
    const second = at(ROW.second);
    if (this.closed.has(second)) {
      return false;
    }
    const figures = this.openSecond(second);
    figures.legs += at(ROW.spoiled) === SPOILED.all ? 0 : 1;
    if (at(ROW.expected) > 0 && Number.isFinite(at(ROW.lost))) {
      figures.expected += at(ROW.expected);
      figures.lost += Math.max(0, at(ROW.lost)); // by RFC 3550 duplicates can take it below nothing
    }
    const scale = scaleOf(codecKey(at(ROW.codec)));
    if (scale !== null) {
      keep(scale === 'wideband' ? figures.mosLqWb : figures.mosLq, at(ROW.mosLq));
    }
    keep(figures.jitterMs, at(ROW.jitterMs));
    keep(figures.rttMs, at(ROW.rttMs));
    return true;
  }

  /** Reduces the seconds before `second`. */
  closeBefore(second: number): void {
    for (const [index, figures] of this.open) {
      if (index < second) {
        this.closed.set(index, reduce(figures));
        this.open.delete(index);
      }
    }
  }

  /** The figures of that second as they are, though it may still grow; null when no leg had a row. */
  in(second: number): DirectionSecond | null {
    const closed = this.closed.get(second);
    if (closed !== undefined) {
      return closed;
    }
    const figures = this.open.get(second);
    return figures === undefined ? null : reduce(figures);
  }

  isClosed(second: number): boolean {
    return this.closed.has(second);
  }

  private openSecond(second: number): OpenSecond {
    let figures = this.open.get(second);
    if (figures === undefined) {
      figures = { mosLq: [], mosLqWb: [], jitterMs: [], rttMs: [], expected: 0, lost: 0, legs: 0 };
      this.open.set(second, figures);
    }
    return figures;
  }
}

function keep(values: number[], value: number): void {
  if (value >= 0 && value < Infinity) {
    values.push(value + 0);
  }
}

function reduce(figures: OpenSecond): DirectionSecond {
  const rttMs = Float64Array.from(figures.rttMs).toSorted();
  const jitterMs = Float64Array.from(figures.jitterMs).toSorted();
  return {
    legs: figures.legs,
    mosLq: mosOf(figures.mosLq),
    mosLqWb: mosOf(figures.mosLqWb),
    lossRatio: figures.expected === 0 ? null : figures.lost / figures.expected,
    jitterMs: jitterMs.length === 0 ? null : { p50: rank(jitterMs, 50), p95: rank(jitterMs, 95) },
    rttMs: rttMs.length === 0 ? null : { p50: rank(rttMs, 50), p95: rank(rttMs, 95) },
  };
}

function mosOf(values: readonly number[]): DirectionSecond['mosLq'] {
  if (values.length === 0) {
    return null;
  }
  const mos = Float64Array.from(values).toSorted();
  return { p5: rank(mos, 5), p50: rank(mos, 50), p95: rank(mos, 95), min: mos[0] ?? Number.NaN };
}

/** The value at nearest rank ⌈p/100 · n⌉. */
function rank(sorted: Float64Array, percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent * sorted.length) / 100) - 1)] ?? Number.NaN;
}
