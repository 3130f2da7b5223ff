/**
 * What befalls each packet of one stream, drawn from a seed: the same seed gives the n-th packet the same fate. Every packet
 * takes the same number of draws, so that asking for jitter as well does not change which packets are lost.
 */
import type { Impairment } from '../lib/impairment.js';
import { createRandom, type Random } from '../lib/random.js';

export class StreamFate {
  /** Of the packet that `next` was called for. */
  isLost = false;
  isDuplicated = false;
  /** It leaves right behind its follower. */
  isHeldBack = false;
  /** Delay on top of the packet before it, if that is not longer; ms. */
  delayMs = 0;

  private readonly random: Random;
  /** Gilbert's two states: in the bad one every packet is lost, in the good one none. */
  private inBurst: boolean;
  private readonly intoBurst: number;
  private readonly outOfBurst: number;
  private readonly heldBackRatio: number;

  /** @param widthMs of the uniform variation of the delay */
  constructor(
    private readonly impairment: Impairment,
    private readonly widthMs: number,
    seed: number,
  ) {
    const { lossRatio, burstPackets, reorderRatio } = impairment;
    this.random = createRandom(seed);
    this.outOfBurst = burstPackets === null ? 0 : 1 / burstPackets;
    // The share of the bad state is into / (into + out): so it is the loss that was asked for.
    this.intoBurst = burstPackets === null ? 0 : (this.outOfBurst * lossRatio) / (1 - lossRatio);
    // A follower cannot be held back itself: of all packets a share r is held if r / (1 − r) of the eligible ones is.
    this.heldBackRatio = reorderRatio / (1 - reorderRatio);
    this.inBurst = this.random.next() < lossRatio;
  }

  /** Draws for the next packet. @param follows whether it is the follower of a packet that is held back */
  next(follows: boolean): void {
    const { impairment, random } = this;
    const lossDraw = random.next();
    const delayDraw = random.next();
    const duplicateDraw = random.next();
    const holdDraw = random.next();
    this.isLost = this.drawLoss(lossDraw);
    this.delayMs = impairment.delayMs + delayDraw * this.widthMs;
    this.isHeldBack = !this.isLost && !follows && holdDraw < this.heldBackRatio;
    this.isDuplicated = !this.isLost && !this.isHeldBack && duplicateDraw < impairment.duplicateRatio;
  }

  /** The state is that of this packet; the draw then moves it on for the next one. */
  private drawLoss(draw: number): boolean {
    if (this.impairment.burstPackets === null) {
      return draw < this.impairment.lossRatio;
    }
    const isLost = this.inBurst;
    this.inBurst = isLost ? draw >= this.outOfBurst : draw < this.intoBurst;
    return isLost;
  }
}
