/** Counters of several signalling workers, summed by method (and status). */
import type { SipCounts } from '../worker/messages.js';

export function sumSipCounts(counts: readonly SipCounts[]): SipCounts {
  return {
    requests: sumByMethod(counts.flatMap(({ requests }) => requests)),
    retransmissions: sumByMethod(counts.flatMap(({ retransmissions }) => retransmissions)),
    responses: sumResponses(counts.flatMap(({ responses }) => responses)),
    malformed: counts.reduce((sum, { malformed }) => sum + malformed, 0),
    dropped: counts.reduce((sum, { dropped }) => sum + dropped, 0),
  };
}

/**
 * Without ACKs: they have no timer of their own and go again only because the far side did. Without OPTIONS: they ask for their
 * round trip alone, and a peer that answers none is no worse for its calls.
 */
export function countTimed(counts: SipCounts['requests']): number {
  return counts.reduce((sum, [method, count]) => (method === 'ACK' || method === 'OPTIONS' ? sum : sum + count), 0);
}

function sumByMethod(counts: readonly (readonly [string, number])[]): [string, number][] {
  const sums = new Map<string, number>();
  for (const [method, count] of counts) {
    sums.set(method, (sums.get(method) ?? 0) + count);
  }
  return [...sums];
}

function sumResponses(counts: readonly (readonly [string, number, number])[]): [string, number, number][] {
  const sums = new Map<string, [string, number, number]>();
  for (const [method, status, count] of counts) {
    const key = `${method} ${status}`;
    const sum = sums.get(key);
    if (sum === undefined) {
      sums.set(key, [method, status, count]);
    } else {
      sum[2] += count;
    }
  }
  return [...sums.values()].toSorted((a, b) => a[0].localeCompare(b[0]) || a[1] - b[1]);
}
