/**
 * Round-trip time of the audio's path, RFC 3550 §6.4.1: RTT = A − LSR − DLSR in 1/65,536 s, modulo 2^32. It needs an SR of
 * ours that the far end heard and a block of theirs about us, in an SR or an RR. One that only receives sends RRs, and
 * learns its RTT where the far end answers the reference times in its XR (RFC 3611 §4.4, §4.5: A − LRR − DLRR).
 *
 * Its grain is the far end's: Asterisk counts DLSR in whole milliseconds, cut off, and so adds up to 1 ms.
 */

const UNITS_PER_SECOND = 65_536;
/** The grain of a peer that counts in milliseconds, and one unit for each of the three figures. */
const GRAIN_UNITS = Math.ceil(UNITS_PER_SECOND / 1000) + 3;

/**
 * `none`: the far end has heard no SR of ours; `no-delay`: DLSR is 0; `implausible`: no SR of ours can be meant, or it was
 * held longer than it is old.
 */
export type RoundTripVerdict = 'measured' | 'none' | 'no-delay' | 'implausible';

/**
 * A − LSR − DLSR as a signed number of 1/65,536 s: what is above 2^31 is negative.
 * @param arrival middle 32 bits of the NTP time at which the block came
 */
export function roundTripUnits(arrival: number, lastSr: number, delaySinceLastSr: number): number {
  return (arrival - lastSr - delaySinceLastSr) | 0;
}

export class RoundTrip {
  /** Of the newest block that told it, ms; NaN before. */
  rttMs = Number.NaN;
  private hasSent = false;
  private firstSr = 0;
  private lastSr = 0;

  /** For the next leg. */
  reset(): void {
    this.rttMs = Number.NaN;
    this.hasSent = false;
  }

  /** @param middle of the NTP time in an SR or a reference time that we send */
  onTimestamp(middle: number): void {
    if (!this.hasSent) {
      this.firstSr = middle;
    }
    this.hasSent = true;
    this.lastSr = middle;
  }

  /**
   * Takes LSR and DLSR of a block about us, or LRR and DLRR.
   *
   * DLSR = 0 with an LSR would by the RFC be an answer within 15 µs; in the field it comes from ends that fill in LSR
   * only, or whose milliseconds round to none. A − LSR then holds the time they sat on our SR, up to a whole report
   * interval: such a figure would be wrong by seconds, so there is none, and the verdict says why.
   *
   * A result below zero by no more than the grain of such clocks is a round trip shorter than they can tell: 0 ms, within
   * 1.1 ms. Leaving these out would keep only the samples that err upwards. Below that, and above 2^31, it is ignored.
   */
  take(arrival: number, lastSr: number, delaySinceLastSr: number): RoundTripVerdict {
    if (lastSr === 0) {
      return 'none';
    }
    if (!this.isOurs(lastSr)) {
      return 'implausible';
    }
    if (delaySinceLastSr === 0) {
      return 'no-delay';
    }
    const units = roundTripUnits(arrival, lastSr, delaySinceLastSr);
    if (units < -GRAIN_UNITS) {
      return 'implausible';
    }
    this.rttMs = (Math.max(units, 0) * 1000) / UNITS_PER_SECOND;
    return 'measured';
  }

  /** From the first to the last of this leg, and one unit for peers that keep it in another form and round. */
  private isOurs(lastSr: number): boolean {
    return this.hasSent && ((lastSr - this.firstSr) | 0) >= -1 && ((this.lastSr - lastSr) | 0) >= -1;
  }
}
