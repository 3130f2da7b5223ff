/**
 * Bursts and gaps of a stream by the definition of RFC 3611 §4.7.2, not by its counters (which book the first lone loss as
 * a burst and forget what follows the last): a burst begins and ends with a bad packet (lost or discarded) and holds no
 * Gmin good ones in a row; all else is gap, lone bad packets too. Also the burst ratio of G.107. Streaming, in sequence order.
 */

/** Good packets in a row that part two bursts. */
export const G_MIN = 16;

export interface BurstGapFigures {
  bursts: number;
  /** Share of bad packets in bursts, 0–1; 0 without a burst. */
  burstDensity: number;
  /** Share of bad packets outside bursts, 0–1; 0 without a gap. */
  gapDensity: number;
  /** Mean duration of bursts, ms; 0 without one. */
  burstMs: number;
  /** Mean duration of the stretches outside bursts, ms; 0 without one. */
  gapMs: number;
}

export class BurstGap {
  packets = 0;
  bad = 0;
  /** Unbroken runs of bad packets. */
  runs = 0;

  private durationMs = 0;
  /** Bad packets since the last Gmin good ones (their stretch is a burst from the second on), and the good ones after them. */
  private groupBad = 0;
  private groupPackets = 0;
  private groupMs = 0;
  private goodSince = 0;
  private groupBeganAtMs = 0;
  /** Bursts that have ended. */
  private bursts = 0;
  private burstBad = 0;
  private burstPackets = 0;
  private burstMs = 0;
  /** Whether the stream's first packet is bad, and whether it began a burst. */
  private beganBad = false;
  private beganWithBurst = false;

  /**
   * Takes the next packet in sequence: its fate, and the audio that it stands for in ms.
   * @returns true when it begins a run of bad packets
   */
  take(isBad: boolean, packetMs: number): boolean {
    this.packets++;
    this.durationMs += packetMs;
    if (!isBad) {
      this.goodSince++;
      return false;
    }
    const beginsRun = this.bad === 0 || this.goodSince > 0;
    this.takeBad(packetMs);
    this.runs += beginsRun ? 1 : 0;
    return beginsRun;
  }

  /** Packets in bursts, as it stands. */
  get packetsInBursts(): number {
    return this.burstPackets + (this.groupBad > 1 ? this.groupPackets : 0);
  }

  /** Mean run over the mean run of random loss: meanRun·(1 − Ppl), at least 1 (G.107, 7-30 by run lengths). */
  get burstR(): number {
    return burstRatio(this.bad, this.runs, this.packets);
  }

  writeTo(figures: BurstGapFigures): void {
    const isOpen = this.groupBad > 1; // the stream is taken to be followed by Gmin good packets
    const bursts = this.bursts + (isOpen ? 1 : 0);
    const burstBad = this.burstBad + (isOpen ? this.groupBad : 0);
    const burstPackets = this.packetsInBursts;
    const burstMs = this.burstMs + (isOpen ? this.groupMs : 0);
    figures.bursts = bursts;
    figures.burstDensity = ratio(burstBad, burstPackets);
    figures.gapDensity = ratio(this.bad - burstBad, this.packets - burstPackets);
    figures.burstMs = ratio(burstMs, bursts);
    figures.gapMs = ratio(this.durationMs - burstMs, this.gapCount(bursts, isOpen));
  }

  private takeBad(packetMs: number): void {
    if (this.packets === 1) {
      this.beganBad = true;
    }
    if (this.groupBad > 0 && this.goodSince < G_MIN) {
      this.groupPackets += this.goodSince + 1;
      this.groupMs = this.durationMs - this.groupBeganAtMs;
      this.groupBad++;
      this.beganWithBurst ||= this.beganBad && this.packets === this.groupPackets;
    } else {
      this.endGroup();
      this.groupBad = 1;
      this.groupPackets = 1;
      this.groupMs = packetMs;
      this.groupBeganAtMs = this.durationMs - packetMs;
    }
    this.bad++;
    this.goodSince = 0;
  }

  private endGroup(): void {
    if (this.groupBad > 1) {
      this.bursts++;
      this.burstBad += this.groupBad;
      this.burstPackets += this.groupPackets;
      this.burstMs += this.groupMs;
    }
  }

  /** Between two bursts there is a gap always, before the first and after the last where packets are. */
  private gapCount(bursts: number, isOpen: boolean): number {
    if (bursts === 0) {
      return this.packets > 0 ? 1 : 0;
    }
    const endsWithBurst = isOpen && this.goodSince === 0;
    return bursts + 1 - (this.beganWithBurst ? 1 : 0) - (endsWithBurst ? 1 : 0);
  }
}

/** meanRun·(1 − Ppl) of so many bad packets in so many runs, at least 1; 1 without loss (G.107). */
export function burstRatio(bad: number, runs: number, packets: number): number {
  return bad === 0 ? 1 : Math.max(1, (bad / Math.max(1, runs)) * (1 - bad / packets));
}

/** A density as RFC 3611 carries it: its 256th parts, at most 255. */
export function densityByte(density: number): number {
  return Math.min(255, Math.floor(256 * density));
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
