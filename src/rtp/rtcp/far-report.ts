/**
 * What the far end's report blocks say of the stream that we send (RFC 3550 §6.4.4: differences of two reports). All that
 * a block claims is checked against what we did send; one that contradicts it is counted and not used.
 *
 * The far end counts loss from the first packet that it heard. What was lost before is in no block of its, and is booked
 * here as received.
 */
import type { ReportBlock } from './report-block.js';

/** The stream that we send, as far as it went when a block came. */
export interface SentStream {
  readonly ssrc: number;
  /** Of the first packet, 0–65,535. */
  readonly firstSequence: number;
  readonly clockRate: number;
  readonly packetCount: number;
  /** NaN before the first packet. */
  readonly firstSentNs: number;
}

/**
 * `first` and `next` tell of an interval. `rebased`: another reporter, or one that began to count afresh; the block only
 * begins the next interval. `duplicate` and `stale` (overtaken by a newer one) tell nothing new; `foreign`: of another SSRC.
 */
export type FarVerdict = 'first' | 'next' | 'rebased' | 'duplicate' | 'stale' | 'foreign' | 'invalid';

/** From one report to the next; the first one's interval begins with our first packet. NaN: not known. */
export interface FarInterval {
  /** How far the highest sequence number went on. */
  expected: number;
  /** Signed: what was booked as lost before may come late. */
  lost: number;
  received: number;
  /** 0–1; NaN where nothing was expected. */
  lossRatio: number;
  jitterMs: number;
  /** Between the arrivals of the two reports. */
  spanMs: number;
  /** Packets that we had sent beyond the highest that the far end had heard of: they are on the way, or all lost. */
  unreported: number;
}

export interface FarTotals {
  /** Blocks that told of an interval. */
  intervals: number;
  /** Sums of those intervals: less than what we sent, by the last packets and by what `rebased` blocks left open. */
  expected: number;
  lost: number;
  received: number;
  lossRatio: number;
  /** Mean and highest over all blocks that were used. */
  jitterMeanMs: number;
  jitterMaxMs: number;
  rebased: number;
  duplicate: number;
  stale: number;
  invalid: number;
  /** Blocks with a jitter longer than the stream is old; the rest of them is used. */
  invalidJitter: number;
}

/** After so many invalid blocks in a row the one before them is no longer what they are compared with. */
const INVALID_TO_FORGET = 2;

export class FarReport {
  readonly interval: FarInterval = unknownInterval();
  readonly totals: FarTotals = emptyTotals();
  /** SSRC of the last block's sender; NaN before. */
  reporter = Number.NaN;
  private hasBaseline = false;
  private hasStarted = false;
  private invalidInRow = 0;
  /** The last block that was used. */
  private highest = 0;
  private lost = 0;
  private fraction = 0;
  private jitter = 0;
  private lastSr = 0;
  private delaySinceLastSr = 0;
  private arrivalNs = 0;
  /** Its highest sequence number as a count from our first packet, which is 0. */
  private position = 0;
  private jitterSumMs = 0;
  private jitterBlocks = 0;

  /** For the next leg. */
  reset(): void {
    Object.assign(this.interval, unknownInterval());
    Object.assign(this.totals, emptyTotals());
    this.reporter = Number.NaN;
    this.hasBaseline = this.hasStarted = false;
    this.invalidInRow = this.jitterSumMs = this.jitterBlocks = 0;
  }

  /** Takes a block about any stream; `interval` and `totals` tell of it afterwards. */
  take(block: ReportBlock, reporter: number, sent: SentStream, arrivalNs: number): FarVerdict {
    if (block.ssrc !== sent.ssrc) {
      return 'foreign';
    }
    const verdict = this.judge(block, reporter, sent);
    switch (verdict) {
      case 'first':
      case 'next':
        this.book(block, sent, arrivalNs);
        break;
      case 'rebased':
        this.totals.rebased++;
        this.blankInterval();
        break;
      default:
        return this.refuse(verdict);
    }
    this.takeJitter(block.jitter, sent, arrivalNs);
    this.keep(block, reporter, sent, arrivalNs);
    return verdict;
  }

  /**
   * The far end reported and had nothing new of ours to tell, so all that it could have heard by then is lost (§6.4: there is a
   * block for each source that was heard since the last report). Only of one that has told of us before: some never do.
   * @param sentCount packets that had left long enough before
   * @returns false when none of them was still open
   */
  bookUnheard(sentCount: number, arrivalNs: number): boolean {
    const unheard = sentCount - 1 - this.position;
    if (!this.hasBaseline || !(unheard > 0)) {
      return false;
    }
    const { interval } = this;
    interval.expected = interval.lost = unheard;
    interval.received = 0;
    interval.lossRatio = 1;
    interval.jitterMs = Number.NaN;
    interval.spanMs = (arrivalNs - this.arrivalNs) / 1e6;
    interval.unreported = 0;
    this.addToTotals();
    // A later block counts from its last own one: what stands as lost here must not be booked again.
    this.position += unheard;
    this.highest = (this.highest + unheard) >>> 0;
    this.lost = signed24(this.lost + unheard);
    this.arrivalNs = arrivalNs;
    return true;
  }

  private addToTotals(): void {
    const { interval, totals } = this;
    totals.intervals++;
    totals.expected += interval.expected;
    totals.lost += interval.lost;
    totals.received += interval.received;
    totals.lossRatio = ratio(totals.lost, totals.expected);
  }

  private judge(block: ReportBlock, reporter: number, sent: SentStream): 'first' | 'next' | 'rebased' | Refusal {
    const place = placeOf(block.highestSequence, sent);
    if (this.hasBaseline && reporter === this.reporter) {
      return this.compare(block, place, sent);
    }
    if (!isPossible(block.cumulativeLost, place, sent)) {
      return 'invalid';
    }
    return this.hasStarted ? 'rebased' : 'first';
  }

  /** @param place of the highest sequence number by its lower 16 bits only */
  private compare(block: ReportBlock, place: number, sent: SentStream): 'next' | 'rebased' | Refusal {
    if (this.isSame(block)) {
      return 'duplicate';
    }
    const step = (block.highestSequence - this.highest) | 0;
    if (step < 0) {
      // Older, by the lower bits too: overtaken on the way. Newer by them: its cycles began afresh, or it counts none.
      return place < this.position ? 'stale' : 'rebased';
    }
    const lost = signed24(block.cumulativeLost - this.lost);
    if (this.position + step >= sent.packetCount || lost > step) {
      return 'invalid';
    }
    // More packets beyond the expected than expected ones, or a loss since then that the sum does not show: began afresh.
    return -lost > step || (lost < 0 && block.fractionLost > 0) ? 'rebased' : 'next';
  }

  private isSame(block: ReportBlock): boolean {
    return (
      block.highestSequence === this.highest &&
      block.cumulativeLost === this.lost &&
      block.fractionLost === this.fraction &&
      block.jitter === this.jitter &&
      block.lastSr === this.lastSr &&
      block.delaySinceLastSr === this.delaySinceLastSr
    );
  }

  private refuse(verdict: Refusal): Refusal {
    this.totals[verdict]++;
    this.invalidInRow = verdict === 'invalid' ? this.invalidInRow + 1 : this.invalidInRow;
    if (this.invalidInRow >= INVALID_TO_FORGET) {
      this.hasBaseline = false;
    }
    return verdict;
  }

  /** The first block tells of all packets from ours first on, whichever the far end heard first. */
  private book(block: ReportBlock, sent: SentStream, arrivalNs: number): void {
    const { interval } = this;
    const isFirst = !this.hasStarted;
    interval.expected = isFirst ? placeOf(block.highestSequence, sent) + 1 : (block.highestSequence - this.highest) | 0;
    interval.lost = isFirst ? block.cumulativeLost : signed24(block.cumulativeLost - this.lost);
    interval.received = interval.expected - interval.lost;
    interval.lossRatio = ratio(interval.lost, interval.expected);
    interval.spanMs = (arrivalNs - (isFirst ? sent.firstSentNs : this.arrivalNs)) / 1e6;
    this.addToTotals();
  }

  private blankInterval(): void {
    const { interval } = this;
    interval.expected = interval.lost = interval.received = interval.lossRatio = interval.spanMs = Number.NaN;
  }

  /** No delay changes by more than the stream is old, so neither does their mean. */
  private takeJitter(jitter: number, sent: SentStream, arrivalNs: number): void {
    const { totals } = this;
    const jitterMs = (jitter * 1000) / sent.clockRate;
    const isCredible = jitterMs <= (arrivalNs - sent.firstSentNs) / 1e6;
    this.interval.jitterMs = isCredible ? jitterMs : Number.NaN;
    if (!isCredible) {
      totals.invalidJitter++;
      return;
    }
    this.jitterSumMs += jitterMs;
    this.jitterBlocks++;
    totals.jitterMeanMs = this.jitterSumMs / this.jitterBlocks;
    totals.jitterMaxMs = this.jitterBlocks === 1 ? jitterMs : Math.max(totals.jitterMaxMs, jitterMs);
  }

  private keep(block: ReportBlock, reporter: number, sent: SentStream, arrivalNs: number): void {
    const continues = this.hasBaseline && reporter === this.reporter;
    const step = (block.highestSequence - this.highest) | 0;
    this.position = continues && step >= 0 ? this.position + step : placeOf(block.highestSequence, sent);
    this.interval.unreported = sent.packetCount - 1 - this.position;
    this.hasBaseline = this.hasStarted = true;
    this.invalidInRow = 0;
    this.reporter = reporter;
    this.highest = block.highestSequence;
    this.lost = block.cumulativeLost;
    this.fraction = block.fractionLost;
    this.jitter = block.jitter;
    this.lastSr = block.lastSr;
    this.delaySinceLastSr = block.delaySinceLastSr;
    this.arrivalNs = arrivalNs;
  }
}

type Refusal = 'duplicate' | 'stale' | 'invalid';

/**
 * Place of a sequence number among those that we sent (0 is the first), the newest that its lower 16 bits can mean: the
 * far end counts cycles from the packet that it heard first. Negative: none of ours can be meant.
 */
function placeOf(sequence: number, sent: SentStream): number {
  const newest = sent.packetCount - 1;
  return newest - ((sent.firstSequence + newest - sequence) & 0xffff);
}

/** Of a block that stands alone: no more lost than there were, no more duplicates than packets. */
function isPossible(lost: number, place: number, sent: SentStream): boolean {
  return sent.packetCount > 0 && place >= 0 && Math.abs(lost) <= place + 1;
}

function signed24(value: number): number {
  return (value << 8) >> 8;
}

function ratio(lost: number, expected: number): number {
  return expected > 0 ? Math.max(lost, 0) / expected : Number.NaN;
}

function unknownInterval(): FarInterval {
  const { NaN: unknown } = Number;
  return {
    expected: unknown,
    lost: unknown,
    received: unknown,
    lossRatio: unknown,
    jitterMs: unknown,
    spanMs: unknown,
    unreported: unknown,
  };
}

function emptyTotals(): FarTotals {
  return {
    intervals: 0,
    expected: 0,
    lost: 0,
    received: 0,
    lossRatio: Number.NaN,
    jitterMeanMs: Number.NaN,
    jitterMaxMs: Number.NaN,
    rebased: 0,
    duplicate: 0,
    stale: 0,
    invalid: 0,
    invalidJitter: 0,
  };
}
