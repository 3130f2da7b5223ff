/** What the far side of a leg reports by RTCP, in the books of the leg. */
import type { RtcpSession } from '../rtp/rtcp/session.js';
import type { FarSeconds } from './far-seconds.js';
import type { LegFacts } from './leg-rows.js';

export class IncomingReports {
  private roundTripsSeen = 0;

  constructor(
    private readonly rtcp: RtcpSession,
    private readonly far: FarSeconds,
    private readonly facts: LegFacts,
  ) {}

  /** The next call has the leg. */
  reset(): void {
    this.roundTripsSeen = 0;
  }

  /** @param arrival on the monotonic clock, and since the run began */
  take(data: Uint8Array, length: number, arrival: { readonly ns: number; readonly ms: number }): void {
    const { rtcp, facts, far } = this;
    const verdict = rtcp.receive(data, length, arrival.ns);
    facts.rtcpReceived = rtcp.counts.received;
    facts.rtcpMalformed = rtcp.counts.malformed;
    facts.rtcpBlocks = rtcp.counts.blocks;
    facts.farXrReports = rtcp.counts.voipMetrics;
    if (verdict !== 'ok') {
      return;
    }
    // Read up to a second late; a second closes two seconds after its end, so its place is still open.
    const second = Math.floor(arrival.ms / 1000);
    if (rtcp.takeNews()) {
      far.noteReport(second, rtcp.farInterval);
    }
    if (rtcp.counts.roundTrips > this.roundTripsSeen) {
      this.roundTripsSeen = rtcp.counts.roundTrips;
      far.noteRoundTrip(second, rtcp.rttMs);
    }
  }
}
