/** Answers every call that comes, as the answerer was told. */
import { AnsweringCall, type AnswererContext } from '../call/answering-call.js';
import type { CallRecord } from '../call/outcome.js';
import type { UserAgent } from '../sip/ua/user-agent.js';
import type { Driver } from './driver.js';
import { FiguresSender } from './figures-sender.js';
import { LiveCalls } from './live-calls.js';
import type { FigureCounts } from './messages.js';

export class AnswererDriver implements Driver {
  private readonly live = new LiveCalls<AnsweringCall>();
  readonly counts = this.live.counts;
  readonly nextMs = null;
  readonly ourAnswerers = [];
  readonly waitingFarLegs = 0;
  private readonly sender: FiguresSender;
  /** Keys of callers by the way in which they came. */
  readonly keys = { rfc4733: 0, info: 0, inband: 0 };
  /** Of calls that have ended. */
  declinedTransfers = 0;
  private draining = false;

  /** @param figuresAgent sends the reports, by UDP whatever carries the calls */
  constructor(
    userAgent: UserAgent,
    figuresAgent: UserAgent,
    options: Omit<AnswererContext, 'onAnswered' | 'onKey' | 'onMeasured' | 'onEnd'>,
  ) {
    const { timers, media } = options;
    this.sender = new FiguresSender({
      userAgent: figuresAgent,
      timers,
      mayReach: (address) => media.mayReach(address),
    });
    const context: AnswererContext = {
      ...options,
      onMeasured: (token, totals) => this.sender.report(token, totals),
      onAnswered: () => this.live.noteAnswer(),
      onKey: ({ method }) => void this.keys[method]++,
      onEnd: (record, call) => {
        this.declinedTransfers += record.transfers?.asked ?? 0;
        this.live.end(record, call);
      },
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

  get figures(): FigureCounts {
    return this.sender.counts;
  }

  get pendingReports(): number {
    return this.sender.pending;
  }

  takeFarLegs(): Float64Array {
    return new Float64Array(0);
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
    return this.live.takeRecords();
  }
}
