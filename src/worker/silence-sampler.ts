/** Listens to one packet a second of what a leg receives: whether it is silence as audio. */
import { NS_PER_SECOND } from '../lib/clock.js';
import type { DatagramSockets } from '../net/datagram.js';
import type { RtpHeader } from '../rtp/packet.js';
import type { LegCodec } from './codec-context.js';
import type { LegFacts } from './leg-rows.js';

export class SilenceSampler {
  private nextNs = 0;

  /** The next call. */
  reset(): void {
    this.nextNs = 0;
  }

  /** The packet that the sockets hold, with this header. */
  take({ isSilent }: LegCodec, { data, arrivalNs }: DatagramSockets, header: RtpHeader, facts: LegFacts): void {
    if (isSilent === null || arrivalNs < this.nextNs) {
      return;
    }
    this.nextNs = arrivalNs + NS_PER_SECOND;
    facts.samples++;
    if (isSilent(data, header.payloadOffset, header.payloadLength)) {
      facts.silentSamples++;
    }
  }
}
