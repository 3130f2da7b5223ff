/** Answers every call that comes, as the answerer was told. */
import { AnsweringCall, type AnswererContext } from '../call/answering-call.js';
import type { CallRecord } from '../call/outcome.js';
import type { UserAgent } from '../sip/ua/user-agent.js';
import type { Driver, DriverCounts } from './driver.js';

export class AnswererDriver implements Driver {
  readonly counts: DriverCounts = { started: 0, intended: 0, answered: 0, failed: 0, active: 0, peakActive: 0 };
  readonly nextMs = null;
  private readonly live = new Set<AnsweringCall>();
  private records: CallRecord[] = [];
  private draining = false;

  constructor(userAgent: UserAgent, options: Omit<AnswererContext, 'onAnswered' | 'onEnd'>) {
    const context: AnswererContext = {
      ...options,
      onAnswered: () => {
        this.counts.answered++;
        this.counts.active++;
        this.counts.peakActive = Math.max(this.counts.peakActive, this.counts.active);
      },
      onEnd: (record, call) => this.take(record, call),
    };
    userAgent.onInvite = (incoming) => {
      if (this.draining) {
        incoming.reject(503);
        return;
      }
      const call = new AnsweringCall(context, this.counts.started++, incoming);
      this.counts.intended++;
      this.live.add(call);
      call.start();
    };
  }

  get liveCalls(): number {
    return this.live.size;
  }

  get finished(): boolean {
    return this.draining && this.live.size === 0;
  }

  run(): void {
    // everything here is driven by the network and by timers
  }

  drain(): void {
    this.draining = true;
    for (const call of this.live) {
      call.cut();
    }
  }

  abandon(): void {
    for (const call of this.live) {
      call.abandon();
    }
  }

  takeRecords(): CallRecord[] {
    const { records } = this;
    this.records = [];
    return records;
  }

  private take(record: CallRecord, call: AnsweringCall): void {
    this.live.delete(call);
    this.records.push(record);
    if (record.establishedMs !== null) {
      this.counts.active--;
    }
    if (record.outcome === 'failed') {
      this.counts.failed++;
    }
  }
}
