/** The calls of a driver from their start to their record: who is alive, and what has been counted since the start. */
import type { CallRecord } from '../call/outcome.js';
import type { DriverCounts } from './driver.js';

/** Where a call stands among those that are alive; −1: it does not. */
export interface Listed {
  liveIndex: number;
}

export class LiveCalls<Call extends Listed> implements Iterable<Call> {
  readonly counts: DriverCounts = { started: 0, intended: 0, answered: 0, failed: 0, active: 0, peakActive: 0 };
  /** No Set: see lib/string-table.ts. */
  private readonly live: Call[] = [];
  private records: CallRecord[] = [];

  get size(): number {
    return this.live.length;
  }

  /** A call may end, and so leave, while they are walked. */
  [Symbol.iterator](): Iterator<Call> {
    return [...this.live].values();
  }

  add(call: Call): void {
    call.liveIndex = this.live.push(call) - 1;
  }

  noteAnswer(): void {
    const { counts } = this;
    counts.answered++;
    counts.active++;
    counts.peakActive = Math.max(counts.peakActive, counts.active);
  }

  /** A call has ended. */
  end(record: CallRecord, call: Call): void {
    this.remove(call);
    this.records.push(record);
    this.counts.active -= record.establishedMs === null ? 0 : 1;
    this.counts.failed += record.outcome === 'failed' ? 1 : 0;
  }

  private remove(call: Call): void {
    const last = call.liveIndex < 0 ? undefined : this.live.pop();
    if (last !== undefined && last !== call) {
      this.live[call.liveIndex] = last;
      last.liveIndex = call.liveIndex;
    }
    call.liveIndex = -1;
  }

  /** A call that never began. */
  note(record: CallRecord): void {
    this.records.push(record);
  }

  /** Records since the last time. */
  takeRecords(): CallRecord[] {
    const { records } = this;
    this.records = [];
    return records;
  }
}
