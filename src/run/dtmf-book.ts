/** The keys of all calls: pressed by us and by the far sides, by the way in which they went, and where others came than expected. */
import { Distribution } from '../metrics/histogram.js';
import type { CallRecord } from '../worker/messages.js';
import type { DtmfBlock } from './result-dtmf.js';

const MAX_EXAMPLES = 10;

export class DtmfBook {
  private calls = 0;
  private readonly sent = { rfc4733: 0, info: 0, inband: 0 };
  private readonly received = { rfc4733: 0, info: 0, inband: 0 };
  private readonly durationMs = new Distribution('ms');
  private beyond = 0;
  private mismatched = 0;
  private readonly examples: DtmfBlock['examples'] = [];

  add({ call, dtmf }: CallRecord): void {
    if (dtmf === undefined || dtmf === null) {
      return;
    }
    this.calls++;
    for (const { digits, method } of dtmf.sent) {
      this.sent[method] += digits.length;
    }
    for (const { method, durationMs } of dtmf.received) {
      this.received[method]++;
      if (durationMs !== null) {
        this.durationMs.record(durationMs);
      }
    }
    this.beyond += dtmf.receivedBeyond;
    const { mismatch } = dtmf;
    if (mismatch !== null) {
      this.mismatched++;
      if (this.examples.length < MAX_EXAMPLES) {
        this.examples.push({ call, expected: mismatch.expected, received: mismatch.received });
      }
    }
  }

  /** Null: no key in any call. */
  block(): DtmfBlock | null {
    const { calls, sent, received, durationMs, beyond, mismatched, examples } = this;
    return calls === 0
      ? null
      : { calls, sent, received: { ...received, durationMs: durationMs.summary(), beyond }, mismatched, examples };
  }
}
