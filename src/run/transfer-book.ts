/** The transfers that far sides asked for, summed up over all calls. */
import { Distribution } from '../metrics/histogram.js';
import type { CallRecord } from '../worker/messages.js';
import type { TransfersBlock } from './result-transfers.js';

type Cause = TransfersBlock['causes'][number];

export class TransferBook {
  private calls = 0;
  private asked = 0;
  private readonly counts = { answered: 0, failed: 0, cut: 0, refused: 0 };
  private readonly answerDelayMs = new Distribution('ms');
  private readonly causes = new Map<string, Cause>();

  add({ transfers }: CallRecord): void {
    if (transfers === undefined || transfers === null) {
      return;
    }
    this.calls++;
    this.asked += transfers.asked;
    // Those that a call has not noted were refused, because there were so many.
    const unnoted = transfers.asked - transfers.first.length;
    this.counts.refused += unnoted;
    this.noteCause({ outcome: 'refused', sipStatus: null, cause: 'tooManyTransfers', count: unnoted });
    for (const { outcome, sipStatus, cause, askedMs, answeredMs } of transfers.first) {
      this.counts[outcome]++;
      if (answeredMs !== null) {
        this.answerDelayMs.record(answeredMs - askedMs);
      }
      if (cause !== null) {
        this.noteCause({ outcome, sipStatus, cause, count: 1 });
      }
    }
  }

  /** Null: no far side asked for any. */
  block(): TransfersBlock | null {
    const { calls, asked, counts, answerDelayMs } = this;
    const causes = [...this.causes.values()].toSorted((a, b) => b.count - a.count);
    return calls === 0 ? null : { calls, asked, ...counts, answerDelayMs: answerDelayMs.summary(), causes };
  }

  /** Transfers that were declined because nothing says that they are wanted, in words; none where none was. */
  declinedInWords(): string[] {
    return [
      ...this.inWords('transferNotAccepted', (transfers) => [
        `the far side asked for ${transfers} (REFER) and was declined`,
        'the scenario does not say call.acceptTransfer',
      ]),
      ...this.inWords('transferOfCalledLeg', (transfers) => [
        `the far side asked called users for ${transfers} (REFER) and was declined`,
        'only calls that we place can be transferred',
      ]),
    ];
  }

  private inWords(cause: string, say: (transfers: string) => readonly [what: string, why: string]): string[] {
    const found = [...this.causes.values()].find((one) => one.cause === cause);
    return found === undefined ? [] : [say(found.count === 1 ? 'a transfer' : `${found.count} transfers`).join(': ')];
  }

  private noteCause(cause: Cause): void {
    if (cause.count === 0) {
      return;
    }
    const key = `${cause.outcome} ${cause.sipStatus} ${cause.cause}`;
    const known = this.causes.get(key);
    this.causes.set(key, { ...cause, count: cause.count + (known?.count ?? 0) });
  }
}
