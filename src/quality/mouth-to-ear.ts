/** The absolute one-way delay Ta of the E-model, written out in its parts, ms. The time of an acoustic end is not in it. */

export interface MouthToEarInput {
  /** Round trip of the network by RTCP, ms; NaN where nobody told. */
  readonly rttMs: number;
  /** Depth of the emulated jitter buffer, ms. */
  readonly jitterBufferMs: number;
  /** Audio of one packet, ms: the time to collect it before it can be sent. */
  readonly ptimeMs: number;
  readonly codec: { readonly lookaheadMs: number };
}

export interface MouthToEar {
  /** Half of the round trip: both ways are taken for equally long. */
  readonly networkMs: number;
  readonly jitterBufferMs: number;
  readonly packetizationMs: number;
  readonly codecMs: number;
  /** Ta. */
  readonly totalMs: number;
}

/** Ta in its parts; network and total are NaN without a round trip. */
export function mouthToEar(input: MouthToEarInput): MouthToEar {
  return {
    networkMs: input.rttMs / 2,
    jitterBufferMs: input.jitterBufferMs,
    packetizationMs: input.ptimeMs,
    codecMs: input.codec.lookaheadMs,
    totalMs: mouthToEarMs(input),
  };
}

/** Ta = RTT/2 + jitter buffer + ptime + lookahead, ms; NaN without a round trip. Allocates nothing. */
export function mouthToEarMs({ rttMs, jitterBufferMs, ptimeMs, codec }: MouthToEarInput): number {
  return rttMs / 2 + jitterBufferMs + ptimeMs + codec.lookaheadMs;
}
