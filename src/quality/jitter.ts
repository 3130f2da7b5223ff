/** Interarrival jitter, RFC 3550 §6.4.1 and A.8 (float form), over packets in their order of arrival. */

/** Signed distance between two 32-bit RTP timestamps, right across the wrap. */
export function timestampDifference(later: number, earlier: number): number {
  return (later - earlier) | 0;
}

/**
 * The next estimate, in the unit of its arguments.
 * @param jitter the estimate so far, 0 at first
 * @param transitChange transit of this packet minus transit of the one that arrived before it (signed)
 */
export function nextJitter(jitter: number, transitChange: number): number {
  return jitter + (Math.abs(transitChange) - jitter) / 16;
}
