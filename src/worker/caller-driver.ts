/**
 * Places this worker's share of the calls at their intended times (open model: nothing that happens to a call moves the
 * next one). Only the user's own concurrency cap holds starts back, and that is counted.
 */
import { CallerCall, notStarted, type CallerContext } from '../call/caller-call.js';
import type { CallRecord } from '../call/outcome.js';
import { NS_PER_MS } from '../lib/clock.js';
import { buildSchedule, type Schedule } from '../schedule/schedule.js';
import { shareOf } from '../schedule/split.js';
import type { Driver, DriverCounts } from './driver.js';
import type { CallerRole } from './messages.js';

export interface CallerDriverOptions {
  readonly role: CallerRole;
  readonly index: number;
  readonly workers: number;
  /** Without `onAnswered` and `onEnd`, which are the driver's. */
  readonly context: Omit<CallerContext, 'onAnswered' | 'onEnd'>;
  /** So many refusals came in a row that going on would be abuse. */
  onTooManyRefusals(count: number, last: CallRecord): void;
}

export class CallerDriver implements Driver {
  readonly counts: DriverCounts = { started: 0, intended: 0, answered: 0, failed: 0, active: 0, peakActive: 0 };
  private readonly schedule: Schedule;
  private readonly context: CallerContext;
  private readonly live = new Set<CallerCall>();
  private readonly concurrency: number;
  private readonly refusalLimit: number;
  private records: CallRecord[] = [];
  /** The next call number of our share. */
  private next: number;
  private nextDueMs: number | null;
  private nextIsHeld = false;
  private refusalsInARow = 0;
  private draining = false;

  constructor(private readonly options: CallerDriverOptions) {
    const { role, index, workers } = options;
    this.schedule = buildSchedule(role.load);
    this.concurrency =
      role.load.concurrency === null ? Number.POSITIVE_INFINITY : shareOf(role.load.concurrency, workers, index);
    this.refusalLimit = Math.max(1, Math.ceil(role.stopAfterRefusals / workers));
    this.next = index;
    this.nextDueMs = this.schedule.intendedStartMs(this.next);
    this.context = {
      ...options.context,
      onAnswered: () => {
        this.counts.answered++;
        this.counts.active++;
        this.counts.peakActive = Math.max(this.counts.peakActive, this.counts.active);
      },
      onEnd: (record, call) => this.take(record, call),
    };
  }

  get liveCalls(): number {
    return this.live.size;
  }

  get finished(): boolean {
    return this.live.size === 0 && (this.draining || this.nextDueMs === null);
  }

  /** When there is something to do next, ms since the start of the run; null: only the network knows. */
  get nextMs(): number | null {
    return this.draining || this.live.size >= this.concurrency ? null : this.nextDueMs;
  }

  run(elapsedMs: number): void {
    while (!this.draining && this.nextDueMs !== null && this.nextDueMs <= elapsedMs) {
      if (this.live.size >= this.concurrency) {
        this.holdBack(elapsedMs);
        return;
      }
      this.startNext();
    }
  }

  drain(cause: string): void {
    if (this.draining) {
      return;
    }
    this.draining = true;
    this.giveUpHeld(cause);
    for (const call of this.live) {
      call.cut(cause);
    }
  }

  abandon(cause: string): void {
    for (const call of this.live) {
      call.abandon(cause);
    }
  }

  takeRecords(): CallRecord[] {
    const { records } = this;
    this.records = [];
    return records;
  }

  private startNext(): void {
    const start = { call: this.next, intendedMs: this.nextDueMs ?? 0, heldBack: this.nextIsHeld };
    this.advance();
    const call = new CallerCall(this.context, start);
    this.live.add(call);
    if (call.start()) {
      this.counts.started++;
    }
  }

  private advance(): void {
    this.counts.intended++;
    this.next += this.options.workers;
    this.nextDueMs = this.schedule.intendedStartMs(this.next);
    this.nextIsHeld = false;
  }

  /** The cap is reached. Starts wait for room, but no longer than the stages last. */
  private holdBack(elapsedMs: number): void {
    this.nextIsHeld = true;
    const endMs = this.schedule.durationMs;
    if (this.options.role.load.calls === null && endMs !== null && elapsedMs >= endMs) {
      this.giveUpHeld('concurrencyCap');
    }
  }

  /** Starts that were due and never had their turn become records, so that none is lost from the sums. */
  private giveUpHeld(cause: string): void {
    const elapsedMs = (this.context.now() - this.context.epochNs) / NS_PER_MS;
    while (this.nextDueMs !== null && this.nextDueMs <= elapsedMs) {
      const start = { call: this.next, intendedMs: this.nextDueMs, heldBack: true };
      this.advance();
      this.records.push(notStarted(this.context, start, cause));
    }
  }

  private take(record: CallRecord, call: CallerCall): void {
    this.live.delete(call);
    this.records.push(record);
    if (record.establishedMs !== null) {
      this.counts.active--;
    }
    if (record.outcome === 'failed') {
      this.counts.failed++;
    }
    this.watchRefusals(record);
  }

  private watchRefusals(record: CallRecord): void {
    const refused = record.outcome === 'failed' && !record.succeeded;
    if (!refused) {
      this.refusalsInARow = 0;
      return;
    }
    this.refusalsInARow++;
    if (this.refusalsInARow === this.refusalLimit && !this.draining) {
      this.options.onTooManyRefusals(this.refusalsInARow, record);
    }
  }
}
