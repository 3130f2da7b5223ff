/**
 * The pace of one RTP stream: its packet time as observed, how wide a gap in the sequence the time that passed can hold,
 * and whether its timestamps keep up with arrival. Times in ms; allocates nothing per packet.
 */

/** Steps of the timestamp outside of this are no packet time. */
const MIN_PACKET_MS = 5;
const MAX_PACKET_MS = 200;
/** A gap may be so much wider than the time that passed: what was sent ahead, or came in a burst. */
const JUMP_SLACK_MS = 1000;
/** Media time further behind arrival than this has left its pace. */
const MAX_LAG_MS = 1000;
/** A lag that grows by more than this at once is a packet that was held back, and no fault of timestamps. */
const MAX_LAG_STEP_MS = 200;
/** Timestamps that stay this close to arrival for that long are believed again. */
const TRIAL_MS = 1000;
const TRIAL_DRIFT_MS = 100;

export class PacketPace {
  /** Timestamp step per sequence step; the configured packet time until two packets have come. */
  packetMs: number;
  /** Timestamps have left the pace of arrival (frozen, or nearly): media time follows arrival until they are back. */
  isBroken = false;

  private stepMs = Number.NaN;
  /** What gaps may still take beyond the time that passes; it comes back with time, so loss stays bounded by time. */
  private slackMs = JUMP_SLACK_MS;
  private trialMs = 0;
  private driftMs = 0;

  constructor(private readonly ptimeMs: number) {
    this.packetMs = ptimeMs;
  }

  /** A new source, or a restart of the sequence: its slack is not new, else a restart would buy loss. */
  startStream(): void {
    this.isBroken = false;
    this.stepMs = Number.NaN;
  }

  /** Whether so many packets can have been lost in the time since the newest one. */
  holds(missing: number, passedMs: number): boolean {
    return missing * this.packetMs <= this.slackMs + passedMs;
  }

  /** A packet that is newer than all before it came after `missing` others. */
  advance(missing: number, passedMs: number): void {
    this.slackMs = Math.max(0, Math.min(JUMP_SLACK_MS, this.slackMs + passedMs - missing * this.packetMs));
  }

  /** The step of the timestamp between two packets in sequence; one that differs is believed when it comes twice. */
  observeStep(stepMs: number): void {
    if (this.isBroken || !(stepMs >= MIN_PACKET_MS && stepMs <= MAX_PACKET_MS)) {
      return;
    }
    if (Number.isNaN(this.stepMs) || stepMs === this.stepMs) {
      this.packetMs = stepMs;
    }
    this.stepMs = stepMs;
  }

  /** How far media time is behind arrival with the newest packet, and was with the one before. */
  observeLag(lagMs: number, lagBeforeMs: number): void {
    if (lagMs > MAX_LAG_MS && lagBeforeMs <= MAX_LAG_MS && lagMs - lagBeforeMs <= MAX_LAG_STEP_MS) {
      this.isBroken = true;
      this.packetMs = this.ptimeMs;
      this.stepMs = Number.NaN;
      this.trialMs = 0;
      this.driftMs = 0;
    }
  }

  /** While broken: the next packet's time of arrival and timestamp, each since the newest one. */
  observeTrial(passedMs: number, changeMs: number): void {
    this.trialMs += passedMs;
    this.driftMs += passedMs - changeMs;
    if (this.trialMs >= TRIAL_MS) {
      this.isBroken = Math.abs(this.driftMs) > TRIAL_DRIFT_MS;
      this.trialMs = 0;
      this.driftMs = 0;
    }
  }
}
