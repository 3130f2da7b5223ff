/** The values of single calls from `result.json` alone: its histograms per call. Drawing from a histogram is drawing calls. */
import { Distribution, type DistributionKind } from '../metrics/histogram.js';
import type { DistributionSummary, EndpointResult, Result } from '../run/result.js';
import type { Direction, FigureKey } from './figures.js';
import { Sample } from './sample.js';

/** Where a run's values are from; null where nothing is known. */
export type SampleSource = (key: FigureKey) => Sample | null;

const DELAYS = {
  setup_delay: 'setupDelayMs',
  answer_delay: 'answerDelayMs',
  disconnect_delay: 'disconnectDelayMs',
  signalling_rtt: 'signallingRttMs',
} as const;

const QUALITY = {
  mos_lq: ['mosLq', 'mos'],
  mos_cq: ['mosCq', 'mosCq'],
  mos_lq_wb: ['mosLqWb', 'mosWb'],
  mos_cq_wb: ['mosCqWb', 'mosCqWb'],
  mos_lq_no_plc: ['mosLqNoPlc', 'mos'],
  r_factor: ['rFactor', 'rFactor'],
  loss: ['lossRatio', 'ratio'],
  discard: ['discardRatio', 'ratio'],
  jitter: ['jitterMs', 'ms'],
  burst_r: ['burstR', 'burstR'],
  rtt: ['rttMs', 'ms'],
  mouth_to_ear: ['mouthToEarMs', 'ms'],
} as const satisfies Readonly<Record<string, readonly [string, DistributionKind]>>;

type Group = Pick<EndpointResult, 'calls' | 'quality' | 'signalling'>;

/** Of the whole run and of each endpoint. @throws RangeError where a histogram cannot be read */
export function resultSamples(result: Result): SampleSource {
  return ({ metric, direction, endpoint }) => {
    if (endpoint === null) return sampleOf(wholeOf(result), legsOf(result.endpoints), metric.id, direction);
    const group = result.endpoints.find(({ name }) => name === endpoint);
    return group === undefined ? null : sampleOf(group, legsOf([group]), metric.id, direction);
  };
}

function legsOf(endpoints: readonly EndpointResult[]): number {
  return endpoints.reduce((sum, { codecs }) => sum + codecs.reduce((legs, codec) => legs + codec.legs, 0), 0);
}

function wholeOf({ calls, quality, signalling }: Result): Group {
  return { calls, quality, signalling: { ...signalling, finalResponses: [] } };
}

function sampleOf(group: Group, legs: number, metric: string, direction: Direction | null): Sample | null {
  const delay = Object.entries(DELAYS).find(([id]) => id === metric)?.[1];
  if (delay !== undefined) return fromHistogram('ms', group.signalling[delay]);
  const quality = Object.entries(QUALITY).find(([id]) => id === metric)?.[1];
  if (quality === undefined) return shareOf(group, legs, metric);
  const [name, kind] = quality;
  const perCall = direction === null ? undefined : group.quality[direction]?.perCall;
  return perCall === undefined ? null : fromHistogram(kind, perCall[name]);
}

/** Yes or no per call or leg. Calls that we cut say nothing about the target. */
function shareOf({ calls, signalling }: Group, legs: number, metric: string): Sample | null {
  const judged = calls.attempted - calls.cut;
  switch (metric) {
    case 'success_ratio':
      return signalling.successRatio === null ? null : share(Math.round(signalling.successRatio * judged), judged);
    case 'dropped':
      return share(calls.dropped, calls.completed + calls.dropped);
    case 'one_way':
      return share(calls.oneWay, legs);
    case 'no_media':
      return share(calls.noMedia, legs);
    default:
      return null;
  }
}

function share(hits: number, count: number): Sample | null {
  return count <= 0 ? null : Sample.ofShare(Math.min(hits, count), count);
}

function fromHistogram(kind: DistributionKind, summary: DistributionSummary | null): Sample | null {
  if (summary === null) return null;
  const { histogram, count, min, max, mean, stdDev } = summary;
  const distribution = Distribution.decode(kind, histogram, { count, min, max, mean, stdDev });
  return Sample.ofBuckets(distribution.buckets());
}
