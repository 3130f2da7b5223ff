/** Per-second figures of one group of calls (the run, or an endpoint), by second index and never by order of arrival. */
import { ROW, type CallRecord } from '../worker/messages.js';
import type { ResultSecond } from './result.js';

/** The legs' values of a second, kept until no batch can add to it. */
interface OpenSecond {
  readonly mosLq: number[];
  readonly jitterMs: number[];
  expected: number;
  lost: number;
  legs: number;
}

export type SecondFigures = Omit<ResultSecond, 'targetRate'>;
type ReceivedFigures = NonNullable<SecondFigures['received']>;

export class SecondSeries {
  private readonly started: number[] = [];
  private readonly answered: number[] = [];
  private readonly failed: number[] = [];
  /** Change of the number of answered calls within each second. */
  private readonly activeChange: number[] = [];
  private readonly open = new Map<number, OpenSecond>();
  private readonly closed = new Map<number, ReceivedFigures>();
  private newest = -1;

  addCall(record: CallRecord): void {
    if (record.startedMs !== null) {
      this.count(this.started, record.startedMs, 1);
    }
    if (record.establishedMs !== null) {
      this.count(this.answered, record.establishedMs, 1);
      this.count(this.activeChange, record.establishedMs, 1);
      this.count(this.activeChange, record.endedMs, -1);
    }
    if (record.outcome === 'failed') {
      this.count(this.failed, record.endedMs, 1);
    }
  }

  addRow(table: Float64Array, offset: number): void {
    const second = table[offset + ROW.second] ?? 0;
    if (this.closed.has(second)) {
      return; // no worker is waited for so long; what stands is not overwritten by a part
    }
    let figures = this.open.get(second);
    if (figures === undefined) {
      figures = { mosLq: [], jitterMs: [], expected: 0, lost: 0, legs: 0 };
      this.open.set(second, figures);
    }
    const mosLq = table[offset + ROW.mosLq] ?? Number.NaN;
    const jitterMs = table[offset + ROW.jitterMs] ?? Number.NaN;
    figures.legs++;
    figures.expected += table[offset + ROW.expected] ?? 0;
    figures.lost += table[offset + ROW.lost] ?? 0;
    if (!Number.isNaN(mosLq)) {
      figures.mosLq.push(mosLq);
    }
    if (!Number.isNaN(jitterMs)) {
      figures.jitterMs.push(jitterMs);
    }
    this.newest = Math.max(this.newest, second);
  }

  /** Reduces the seconds before `second`, to which no worker adds any more. */
  closeBefore(second: number): void {
    for (const [index, figures] of this.open) {
      if (index < second) {
        this.closed.set(index, reduce(figures));
        this.open.delete(index);
      }
    }
  }

  /** What the legs received in that second; null when no leg was live, or not yet. */
  receivedIn(second: number): ReceivedFigures | null {
    return this.closed.get(second) ?? null;
  }

  /** The same for a second that may still grow: for the progress display. */
  peek(second: number): ReceivedFigures | null {
    const figures = this.open.get(second);
    return figures === undefined ? null : reduce(figures);
  }

  /** All seconds from 0 on, without gaps. */
  seconds(): SecondFigures[] {
    let active = 0;
    return Array.from({ length: this.newest + 1 }, (_, second) => {
      active += this.activeChange[second] ?? 0;
      return {
        second,
        activeCalls: active,
        started: this.started[second] ?? 0,
        answered: this.answered[second] ?? 0,
        failed: this.failed[second] ?? 0,
        received: this.receivedIn(second) ?? this.peek(second),
      };
    });
  }

  private count(counts: number[], atMs: number, by: number): void {
    const second = Math.max(0, Math.floor(atMs / 1000));
    for (let i = counts.length; i <= second; i++) {
      counts.push(0); // no holes: an array with holes is slow and large
    }
    counts[second] = (counts[second] ?? 0) + by;
    this.newest = Math.max(this.newest, second);
  }
}

function reduce(figures: OpenSecond): ReceivedFigures {
  const mos = Float64Array.from(figures.mosLq).toSorted();
  const jitter = Float64Array.from(figures.jitterMs).toSorted();
  return {
    legs: figures.legs,
    mosLq:
      mos.length === 0 ? null : { p5: rank(mos, 5), p50: rank(mos, 50), p95: rank(mos, 95), min: mos[0] ?? Number.NaN },
    lossRatio: figures.expected === 0 ? null : figures.lost / figures.expected,
    jitterMs: jitter.length === 0 ? null : { p50: rank(jitter, 50), p95: rank(jitter, 95) },
  };
}

/** The value at nearest rank ⌈p/100 · n⌉. */
function rank(sorted: Float64Array, percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent * sorted.length) / 100) - 1)] ?? Number.NaN;
}
