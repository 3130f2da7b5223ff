/** Per-second figures of one group of calls (the run, or an endpoint), by second index and never by order of arrival. */
import { DIRECTION, ROW, type CallRecord } from '../worker/messages.js';
import { DirectionSeries } from './direction-series.js';
import type { ResultSecond } from './result-quality.js';

export type SecondFigures = Omit<ResultSecond, 'targetRate'>;

/** Counters of all signalling threads at the end of a second, since the start. */
export interface ThreadCounts {
  started: number;
  answered: number;
  failed: number;
  active: number;
}

export class SecondSeries {
  private readonly started: number[] = [];
  private readonly answered: number[] = [];
  private readonly failed: number[] = [];
  /** Change of the number of answered calls within each second. */
  private readonly activeChange: number[] = [];
  readonly received = new DirectionSeries();
  /** What far ends reported in a second: their reports cover the time since the report before. */
  readonly sent = new DirectionSeries();
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
    const isSent = table[offset + ROW.direction] === DIRECTION.sent;
    if ((isSent ? this.sent : this.received).addRow(table, offset)) {
      this.newest = Math.max(this.newest, table[offset + ROW.second] ?? 0);
    }
  }

  /**
   * Puts the threads' own counters in place of those of ended calls: of a run that was cut off, most calls left no record.
   * @param counts by second, from 0 on
   */
  takeCounts(counts: readonly ThreadCounts[]): void {
    const stepsOf = (figure: keyof ThreadCounts): number[] =>
      counts.map((at, second) => at[figure] - (counts[second - 1]?.[figure] ?? 0));
    replace(this.started, stepsOf('started'));
    replace(this.answered, stepsOf('answered'));
    replace(this.failed, stepsOf('failed'));
    replace(this.activeChange, stepsOf('active'));
    this.newest = Math.max(this.newest, counts.length - 1);
  }

  /** Reduces the seconds before `second`, to which no worker adds any more. */
  closeBefore(second: number): void {
    this.received.closeBefore(second);
    this.sent.closeBefore(second);
  }

  /** Seconds so far, from 0 on. */
  get length(): number {
    return this.newest + 1;
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
        received: this.received.in(second),
        sent: this.sent.in(second),
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

function replace(counts: number[], by: readonly number[]): void {
  counts.length = 0;
  for (const count of by) {
    counts.push(count);
  }
}
