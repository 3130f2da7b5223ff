/** Transfers that the far side of a call to us asks for (RFC 3515): whom we call is not the caller's to say, so each is declined and noted. */
import type { Referral } from '../sip/ua/referral.js';
import { MAX_TRANSFERS, type Transfer, type TransfersRecord } from './transfer-record.js';

const STATUS_DECLINE = 603;

export class DeclinedTransfers {
  private asked = 0;
  private readonly first: Transfer[] = [];

  /** @param askedMs since the start of the run */
  take(referral: Referral, askedMs: number): void {
    const { to } = referral;
    referral.refuse(STATUS_DECLINE);
    this.asked++;
    if (this.first.length < MAX_TRANSFERS) {
      const why = {
        outcome: 'refused',
        sipStatus: STATUS_DECLINE,
        cause: 'transferOfCalledLeg',
        detail: null,
      } as const;
      this.first.push({ to, ...why, askedMs, answeredMs: null });
    }
  }

  get record(): TransfersRecord {
    return { asked: this.asked, first: [...this.first] };
  }
}
