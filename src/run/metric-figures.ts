/** From the books of a run to the figure that a gate asks for: which distribution a metric has, and why it has none. */
import type { MetricQuery, ScalarView } from '../gates/source.js';
import type { Distribution } from '../metrics/histogram.js';
import { findMetric } from '../metrics/names.js';
import type { GroupBook } from './group-book.js';
import { mergeDistributions, type QualityFigure } from './quality-book.js';
import { SESSION_RATIOS, SessionCounts } from './session-counts.js';

export const DELAYS = {
  setup_delay: 'setupDelayMs',
  answer_delay: 'answerDelayMs',
  disconnect_delay: 'disconnectDelayMs',
  session_duration: 'sessionDurationMs',
  signalling_rtt: 'signallingRttMs',
} as const;

export const QUALITY: Readonly<Record<string, QualityFigure>> = {
  mos_lq: 'mosLq',
  mos_cq: 'mosCq',
  mos_lq_wb: 'mosLqWb',
  mos_cq_wb: 'mosCqWb',
  mos_lq_no_plc: 'mosLqNoPlc',
  r_factor: 'rFactor',
  loss: 'lossRatio',
  discard: 'discardRatio',
  jitter: 'jitterMs',
  burst_r: 'burstR',
  rtt: 'rttMs',
  mouth_to_ear: 'mouthToEarMs',
};

const OTHER = { received: 'sent', sent: 'received' } as const;

/** One figure over several groups; null where nothing is known. @param codec index in the codec table, undefined for all */
export function distributionOf(books: readonly GroupBook[], query: MetricQuery, codec?: number): Distribution | null {
  const { metric, direction, per } = query;
  const quality = QUALITY[metric];
  if (quality === undefined) {
    const delay = Object.entries(DELAYS).find(([id]) => id === metric)?.[1];
    return delay === undefined ? null : mergeDistributions(books.map((book) => book[delay]));
  }
  const parts = books.map((book) => {
    const own = book[direction].figure(quality, per, codec);
    // A round trip is of both ways: it counts in whichever direction it was reported.
    return own === null && metric === 'rtt' ? book[OTHER[direction]].figure(quality, per, codec) : own;
  });
  return mergeDistributions(parts.filter((part) => part !== null));
}

/** A success ratio, or a count and what it is a count of; null without a sample. */
export function scalarOf(books: readonly GroupBook[], query: MetricQuery, codec?: number): ScalarView | null {
  const calls = (name: keyof GroupBook['judged']): number => sumOver(books, ({ judged }) => judged[name]);
  if (query.metric === 'success_ratio') {
    const attempted = calls('attempted');
    return attempted === 0 ? null : { value: calls('succeeded') / attempted, samples: attempted };
  }
  const sessionRatio = SESSION_RATIOS.find((name) => name === query.metric);
  if (sessionRatio !== undefined) {
    return sessionsOf(books).ratio(sessionRatio);
  }
  if (query.metric === 'dropped') {
    return calls('answered') === 0 ? null : { value: calls('dropped'), samples: calls('answered') };
  }
  // Legs of the sent direction are counted where their far end is a user of ours.
  const legs = books.flatMap(({ received, sent }) => [...received.books(codec), ...sent.books(codec)]);
  const samples = sumOver(legs, ({ judged }) => judged.legs);
  const figure = query.metric === 'one_way' ? 'oneWay' : 'noMedia';
  return samples === 0 ? null : { value: sumOver(legs, ({ judged }) => judged[figure]), samples };
}

/** How the INVITEs of several groups ended. */
export function sessionsOf(books: readonly GroupBook[]): SessionCounts {
  const all = new SessionCounts();
  for (const { sessions } of books) {
    all.addAll(sessions);
  }
  return all;
}

const NOTHING = 'nothing was measured';
export const NO_FAR_END = 'no RTCP came from the far end, and it is not our own answerer';

/** Why no figure of these groups answers the query, in words. */
export function missingReason(books: readonly GroupBook[], query: MetricQuery, codec?: number): string {
  const metric = findMetric(query.metric);
  if (metric === undefined || metric.category !== 'media' || !books.some(({ received }) => received.isKnown)) {
    return NOTHING;
  }
  const used = books.flatMap(({ received }) => received.books(codec));
  if (used.length === 0) {
    return `no leg used ${query.tags['codec'] ?? 'this codec'}`;
  }
  if (metric.scale !== null && !used.some(({ scale }) => scale === metric.scale)) {
    return `no leg used a ${metric.scale} codec`;
  }
  if (query.direction !== 'sent' && !metric.timedHere) {
    return NOTHING;
  }
  if (books.some(({ sent }) => sent.isKnown)) {
    return 'the reports of the far end do not tell it';
  }
  return books.some(({ rtcpLegs }) => rtcpLegs > 0)
    ? 'the RTCP of the far end held no report on what we sent'
    : NO_FAR_END;
}

function sumOver<T>(items: readonly T[], figure: (item: T) => number): number {
  return items.reduce((sum, item) => sum + figure(item), 0);
}
