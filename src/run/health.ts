/**
 * The generator's own health: what it measured of itself, and which of the run's figures that makes worthless. The limits
 * are part of the contract with the user and are printed with the sentence that names them.
 */
import type { HealthConditions } from '../gates/source.js';
import { Distribution } from '../metrics/histogram.js';
import { HEALTH_LIMITS } from '../metrics/health-limits.js';
import type { SpoilCondition } from '../metrics/names.js';
import type { NetBackend } from '../lib/net-backend.js';
import { HOST_LIMITS, LEG, type CallRecord, type MediaBatch, type SignallingBatch } from '../worker/messages.js';

export class HealthBook {
  readonly sendLatenessMs = new Distribution('ms');
  readonly eventLoopDelayMs = new Distribution('ms');
  readonly startLagMs = new Distribution('ms');
  readonly ackToRtpMs = new Distribution('ms');
  /** RFC 3550 jitter and transit of the media workers' probe streams over loopback: this host's own share in every figure. */
  readonly floorJitterMs = new Distribution('ms');
  readonly floorTransitMs = new Distribution('ms');
  sentPackets = 0;
  missedPackets = 0;
  sendErrors = 0;
  receivedPackets = 0;
  clockSteps = 0;
  heldBack = 0;
  /** Datagrams dropped in call-seconds that had been told as good before it was seen. */
  undatedDrops = 0;
  private readonly dropsByWorker = new Map<number, number | null>();
  /** Datagrams dropped at the signalling sockets; null: unknown. */
  signallingDrops: number | null = null;
  private readonly intendedByWorker = new Map<number, number>();
  private onTime = 0;
  /** Starts that our own limits refused. */
  private refused = 0;
  private lateStarts = 0;

  addMedia(batch: MediaBatch): void {
    this.sentPackets += batch.sent;
    this.missedPackets += batch.missed;
    this.sendErrors += batch.sendErrors;
    this.receivedPackets += batch.received;
    this.clockSteps += batch.clockStepped ? 1 : 0;
    this.undatedDrops += batch.undatedDrops;
    this.dropsByWorker.set(batch.worker, batch.drops);
    recordPairs(this.sendLatenessMs, batch.latenessUs);
    if (batch.floor !== undefined) {
      recordPairs(this.floorJitterMs, batch.floor.jitterUs);
      recordPairs(this.floorTransitMs, batch.floor.transitUs);
    }
    for (let offset = 0; offset < batch.legs.length; offset += LEG.columns) {
      const ackToRtpMs = batch.legs[offset + LEG.ackToRtpMs] ?? Number.NaN;
      if (!Number.isNaN(ackToRtpMs)) {
        this.ackToRtpMs.record(Math.max(0, ackToRtpMs));
      }
    }
  }

  addSignalling(batch: SignallingBatch): void {
    recordPairs(this.eventLoopDelayMs, batch.loopDelayUs);
    this.intendedByWorker.set(batch.worker, batch.intended);
    for (const record of batch.records) {
      this.addStart(record);
    }
  }

  get intended(): number {
    return sum(this.intendedByWorker.values());
  }

  get receiveDrops(): number | null {
    const media = [...this.dropsByWorker.values()];
    return media.length === 0 || media.includes(null) ? null : this.knownDrops;
  }

  /** Drops among all that came to our media sockets; null where drops cannot be known. */
  get receiveDropRatio(): number | null {
    return this.receiveDrops === null ? null : this.knownDropRatio;
  }

  /** Where some workers know theirs and others do not, it is at least so many. */
  private get knownDrops(): number {
    return sum([...this.dropsByWorker.values()].map((drops) => drops ?? 0));
  }

  private get knownDropRatio(): number | null {
    const all = this.receivedPackets + this.knownDrops;
    return all === 0 ? null : this.knownDrops / all;
  }

  /** Conditions that hold, each with its sentence. @param hostCpuPeak how busy the host was at most, 0–1; null: unknown */
  conditions(netBackend: NetBackend | 'none', hostCpuPeak: number | null = null): HealthConditions['spoiled'] {
    const spoiled: Partial<Record<SpoilCondition, string>> = {};
    const cpu = cpuInWords(hostCpuPeak);
    const lateness = this.latenessTrouble(cpu);
    if (lateness !== null) {
      spoiled.sendLateness = lateness;
      if (netBackend === 'dgram') {
        spoiled.mediaClock = `arrival times are callback times of the portable back end, and ${lateness}`;
      }
    }
    const drops = this.dropTrouble();
    if (drops !== null) {
      spoiled.receiveDrops = drops;
    }
    const signalling = this.signallingTrouble(cpu);
    if (signalling !== null) {
      spoiled.eventLoopDelay = signalling;
    }
    const starts = this.startTrouble();
    if (starts !== null) {
      spoiled.lateStarts = starts;
    }
    return spoiled;
  }

  /** Audio that never left: nothing that the far side says or does not say about it can be held against it. */
  sendTrouble(): string | null {
    const tried = this.sentPackets + this.sendErrors;
    if (tried === 0 || this.sendErrors / tried <= HEALTH_LIMITS.missedPacketRatio) {
      return null;
    }
    return `this host refused to send ${this.sendErrors} of ${tried} audio packets (limit 0.1 %)`;
  }

  /** The same of audio whose time had passed before this host came to it: the target was not loaded as the run promised. */
  skippedTrouble(cpu: string): string | null {
    const share = this.missedPackets / (this.sentPackets + this.missedPackets);
    const isMuch = share > 1 - HEALTH_LIMITS.achievedAudio && this.missedPackets >= HEALTH_LIMITS.skippedPackets;
    return isMuch ? this.missedTrouble(cpu) : null;
  }

  private missedTrouble(cpu: string): string | null {
    const due = this.sentPackets + this.missedPackets;
    if (due === 0 || this.missedPackets / due <= HEALTH_LIMITS.missedPacketRatio) {
      return null;
    }
    return `${this.missedPackets} of ${due} audio packets were more than a packet time late and not sent (limit 0.1 %)${cpu}`;
  }

  /** Drops that can be dated spoil their call-seconds alone, up to the limit. What is not known is no evidence either way. */
  private dropTrouble(): string | null {
    if ((this.knownDropRatio ?? 0) > HEALTH_LIMITS.receiveDropRatio) {
      return `this host dropped ${this.knownDrops} datagrams that had reached its sockets, as their receive buffers were full (limit 0.01 %)`;
    }
    return this.undatedDrops > 0
      ? `this host dropped ${this.undatedDrops} datagrams in seconds that it had told of before it saw that`
      : null;
  }

  /** @param cpu what the host's CPU has to do with it */
  private latenessTrouble(cpu: string): string | null {
    const p99Ms = this.sendLatenessMs.percentile(99);
    if (p99Ms > HEALTH_LIMITS.sendLatenessP99Ms) {
      return `audio left late: send lateness p99 ${p99Ms.toFixed(1)} ms (limit 5 ms)${cpu}`;
    }
    return this.missedTrouble(cpu) ?? this.sendTrouble();
  }

  /** Both make the target look slow: late reading, and messages that were lost on our side. */
  private signallingTrouble(cpu: string): string | null {
    const delayMs = this.eventLoopDelayMs.percentile(99);
    if (delayMs > HEALTH_LIMITS.eventLoopDelayP99Ms) {
      return `signalling threads were late: event-loop delay p99 ${delayMs.toFixed(1)} ms (limit 20 ms)${cpu}`;
    }
    const drops = this.signallingDrops ?? 0;
    return drops > 0
      ? `this host dropped ${drops} SIP messages that had reached its sockets, as their receive buffers were full`
      : null;
  }

  private startTrouble(): string | null {
    const judged = this.onTime + this.refused + this.lateStarts;
    if (judged === 0 || this.onTime / judged >= HEALTH_LIMITS.achievedStarts) {
      return null;
    }
    return `only ${this.onTime} of ${judged} calls were started within 500 ms of their time (limit 98 %)`;
  }

  private addStart(record: CallRecord): void {
    this.heldBack += record.heldBack ? 1 : 0;
    if (record.startedMs === null && (HOST_LIMITS.has(record.cause ?? '') || !record.heldBack)) {
      this.refused++;
      return;
    }
    if (record.startedMs === null || record.heldBack) {
      return; // the user's own cap: no fault of the generator
    }
    const lagMs = Math.max(0, record.startedMs - record.intendedMs);
    this.startLagMs.record(lagMs);
    if (lagMs <= HEALTH_LIMITS.startLagMs) {
      this.onTime++;
    } else {
      this.lateStarts++;
    }
  }
}

/** To stand behind what was late: whether it was the host that was short of CPU, or one of our threads that was held up on a host with CPU to spare. */
export function cpuInWords(hostCpuPeak: number | null): string {
  if (hostCpuPeak === null) {
    return '';
  }
  const percent = `${Math.round(hostCpuPeak * 100)} %`;
  return hostCpuPeak >= HEALTH_LIMITS.hostCpuRatio
    ? `; the CPU of this host was used up (${percent} busy in its busiest second)`
    : `; the CPU of this host was not used up (${percent} busy in its busiest second): a thread was held up, or has too much to do`;
}

/** Pairs of (µs, count) into a distribution in ms. */
function recordPairs(distribution: Distribution, pairs: Float64Array): void {
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    distribution.record((pairs[i] ?? 0) / 1000, pairs[i + 1] ?? 1);
  }
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) {
    total += value;
  }
  return total;
}
