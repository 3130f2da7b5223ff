/** Listens to one packet a second of what a leg receives: is it silence? */
import { NS_PER_SECOND } from '../lib/clock.js';
import type { RtpHeader } from '../rtp/packet.js';
import type { CodecContext } from './codec-context.js';
import type { LegFacts } from './leg-rows.js';

export class SilenceSamples {
  private nextNs = 0;

  /** @param facts where the samples are counted */
  constructor(private readonly facts: LegFacts) {}

  /** The next call on the slot. */
  begin(): void {
    this.nextNs = 0;
  }

  take(codec: CodecContext, data: Uint8Array, { payloadOffset, payloadLength }: RtpHeader, arrivalNs: number): void {
    if (arrivalNs < this.nextNs) {
      return;
    }
    this.nextNs = arrivalNs + NS_PER_SECOND;
    this.facts.samples++;
    if (codec.codec.isSilent(data, payloadOffset, payloadLength)) {
      this.facts.silentSamples++;
    }
  }
}
