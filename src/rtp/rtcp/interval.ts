/**
 * When the next RTCP packet is due, RFC 3550 §6.2, §6.3.1 and A.7. Pure: the random number is passed in. Left out: timer
 * reconsideration (§6.3.3, §6.3.6), which serves groups that grow by thousands at once; a call has two members. Without
 * it the mean is 5 s / (e − 3/2) = 4.1 s.
 */

const LEAST_SECONDS = 5;
const SENDERS_SHARE = 0.25;
/** Reconsideration converges below the interval aimed at, and A.7 makes up for it. */
const COMPENSATION = Math.E - 1.5;
/** RTCP's part of the session's bandwidth. */
const RTCP_SHARE = 0.05;
/** IPv4 and UDP count in avg_rtcp_size (§6.2). */
export const UDP_OVERHEAD_OCTETS = 28;

export interface IntervalState {
  /** All that take part, ourselves included. */
  members: number;
  /** Those of them that sent RTP since the second last report. */
  senders: number;
  weSent: boolean;
  /** No RTCP packet was sent yet: the least interval is half as long. */
  isInitial: boolean;
  /** avg_rtcp_size: whole datagrams with IP and UDP. */
  averageOctets: number;
  /** rtcp_bw, octets a second. */
  rtcpOctetsPerSecond: number;
}

/** @param sessionBitsPerSecond of one stream with IP and UDP @returns rtcp_bw, octets a second */
export function rtcpBandwidth(sessionBitsPerSecond: number): number {
  return (sessionBitsPerSecond / 8) * RTCP_SHARE;
}

/** Td of §6.3.1, seconds. */
export function deterministicInterval(state: Readonly<IntervalState>): number {
  const least = state.isInitial ? LEAST_SECONDS / 2 : LEAST_SECONDS;
  let members = state.members;
  let bandwidth = state.rtcpOctetsPerSecond;
  if (state.senders <= state.members * SENDERS_SHARE) {
    members = state.weSent ? state.senders : state.members - state.senders;
    bandwidth *= state.weSent ? SENDERS_SHARE : 1 - SENDERS_SHARE;
  }
  return Math.max((state.averageOctets * members) / bandwidth, least);
}

/** T of §6.3.1, seconds. @param random uniform in [0, 1) */
export function randomisedInterval(deterministicSeconds: number, random: number): number {
  return (deterministicSeconds * (random + 0.5)) / COMPENSATION;
}

/** avg_rtcp_size after a compound of `octets` that was sent or came (§6.3.3); IP and UDP are added here. */
export function nextAverageOctets(averageOctets: number, octets: number): number {
  return averageOctets + (octets + UDP_OVERHEAD_OCTETS - averageOctets) / 16;
}
