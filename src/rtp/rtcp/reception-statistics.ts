/**
 * What we tell the far end about the stream that we hear: RFC 3550 A.1 (sequence, without probation: signalling has named
 * the stream, and probation would book every call's first packet as lost), A.3 (loss) and A.8 (jitter). Duplicates count
 * as received, as the RFC has it; our own figures of the received direction are not made here.
 */
import type { ReportBlock } from './report-block.js';

const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
const SEQUENCES = 0x1_0000;
/** No sequence number: nothing was out of range before. */
const NO_BAD_SEQUENCE = SEQUENCES + 1;
const MOST_LOST = 0x7f_ffff;
const LEAST_LOST = -0x80_0000;

export class ReceptionStatistics {
  /** Of the stream that is heard; NaN before the first packet. */
  ssrc = Number.NaN;
  /** A.8, clock units, float form. */
  jitter = 0;
  private clockRate = 8000;
  private baseSequence = 0;
  private maxSequence = 0;
  private badSequence = NO_BAD_SEQUENCE;
  private cycles = 0;
  private received = 0;
  private receivedPrior = 0;
  private expectedPrior = 0;
  private lastTimestamp = 0;
  private lastArrivalNs = Number.NaN;

  /** @param clockRate of the RTP timestamps, Hz (G.722: 8000) */
  start(clockRate: number): void {
    this.restart(0);
    this.ssrc = Number.NaN;
    this.clockRate = clockRate;
  }

  /** Extended highest sequence number; modulo 2^32 when written. */
  get highestSequence(): number {
    return this.cycles + this.maxSequence;
  }

  get expected(): number {
    return Number.isNaN(this.ssrc) ? 0 : this.highestSequence - this.baseSequence + 1;
  }

  /** Signed: more duplicates than losses make it negative. */
  get cumulativeLost(): number {
    return Math.min(Math.max(this.expected - this.received, LEAST_LOST), MOST_LOST);
  }

  /** Whether RTP came since the last block: without it, a report has none about this stream (§6.4). */
  get hasNews(): boolean {
    return this.received !== this.receivedPrior;
  }

  /** A packet with another SSRC begins another stream: nothing is carried over. */
  onPacket(packet: Readonly<{ sequence: number; timestamp: number; ssrc: number }>, arrivalNs: number): void {
    const { sequence, timestamp, ssrc } = packet;
    if (ssrc !== this.ssrc) {
      this.ssrc = ssrc;
      this.restart(sequence);
    } else if (!this.takeSequence(sequence)) {
      return;
    }
    this.received++;
    this.takeTransit(timestamp, arrivalNs);
  }

  /** Writes all but LSR and DLSR, and begins the next interval. */
  writeTo(block: ReportBlock): void {
    const { expected } = this;
    const expectedInterval = expected - this.expectedPrior;
    const lostInterval = expectedInterval - (this.received - this.receivedPrior);
    this.expectedPrior = expected;
    this.receivedPrior = this.received;
    block.ssrc = this.ssrc;
    // 256 of 256 does not fit: A.3 shifts it away and would say "none lost"; it can be only where all were lost.
    block.fractionLost =
      lostInterval <= 0 || expectedInterval <= 0
        ? 0
        : Math.min(Math.floor((256 * lostInterval) / expectedInterval), 255);
    block.cumulativeLost = this.cumulativeLost;
    block.highestSequence = this.highestSequence >>> 0;
    block.jitter = Math.floor(this.jitter) >>> 0;
  }

  /** init_seq of A.1; the timestamps may have been set anew too, so no transit is compared across it. */
  private restart(sequence: number): void {
    this.baseSequence = this.maxSequence = sequence;
    this.badSequence = NO_BAD_SEQUENCE;
    this.cycles = this.received = this.receivedPrior = this.expectedPrior = 0;
    this.jitter = 0;
    this.lastArrivalNs = Number.NaN;
  }

  /** update_seq of A.1. @returns false for a jump that a second packet has yet to confirm */
  private takeSequence(sequence: number): boolean {
    const ahead = (sequence - this.maxSequence) & 0xffff;
    if (ahead < MAX_DROPOUT) {
      if (sequence < this.maxSequence) {
        this.cycles += SEQUENCES;
      }
      this.maxSequence = sequence;
    } else if (ahead <= SEQUENCES - MAX_MISORDER) {
      if (sequence !== this.badSequence) {
        this.badSequence = (sequence + 1) & 0xffff;
        return false;
      }
      this.restart(sequence);
    }
    return true;
  }

  /** A timestamp that stands still (telephone event, the same packet twice) says nothing of the time in transit. */
  private takeTransit(timestamp: number, arrivalNs: number): void {
    const step = (timestamp - this.lastTimestamp) | 0;
    if (!Number.isNaN(this.lastArrivalNs)) {
      if (step === 0) {
        return;
      }
      const passed = ((arrivalNs - this.lastArrivalNs) * this.clockRate) / 1e9;
      this.jitter += (Math.abs(passed - step) - this.jitter) / 16;
    }
    this.lastTimestamp = timestamp;
    this.lastArrivalNs = arrivalNs;
  }
}
