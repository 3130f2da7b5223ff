/** The values of single calls from `result.json` alone: its histograms per call. Drawing from a histogram is drawing calls. */
import { Distribution, type DistributionKind } from '../metrics/histogram.js';
import { judgedCalls, type JudgedCalls } from '../run/judged-calls.js';
import type { EndpointResult, Result } from '../run/result.js';
import type { DistributionSummary } from '../run/result-fields.js';
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

/** Of the calls that are evidence. */
const SHARES: Readonly<Record<string, readonly [keyof JudgedCalls, keyof JudgedCalls]>> = {
  dropped: ['dropped', 'answered'],
  one_way: ['oneWay', 'legs'],
  no_media: ['noMedia', 'legs'],
};

/** Of the whole run and of each endpoint. @throws RangeError where a histogram cannot be read */
export function resultSamples(result: Result): SampleSource {
  return ({ metric, direction, endpoint }) => {
    if (endpoint === null) {
      const judged = judgedCalls(result, result.calls, legsOf(result.endpoints));
      return sampleOf(wholeOf(result), judged, metric.id, direction);
    }
    const group = result.endpoints.find(({ name }) => name === endpoint);
    if (group === undefined) return null;
    return sampleOf(group, judgedCalls(result, group.calls, legsOf([group])), metric.id, direction);
  };
}

function legsOf(endpoints: readonly EndpointResult[]): number {
  return endpoints.reduce((sum, { codecs }) => sum + codecs.reduce((legs, codec) => legs + codec.legs, 0), 0);
}

function wholeOf({ calls, quality, signalling }: Result): Group {
  return { calls, quality, signalling: { ...signalling, finalResponses: [] } };
}

function sampleOf(
  group: Group,
  judged: JudgedCalls | null,
  metric: string,
  direction: Direction | null,
): Sample | null {
  const delay = Object.entries(DELAYS).find(([id]) => id === metric)?.[1];
  if (delay !== undefined) return fromHistogram('ms', group.signalling[delay]);
  const quality = Object.entries(QUALITY).find(([id]) => id === metric)?.[1];
  if (quality === undefined) return shareOf(group, judged, metric);
  const [name, kind] = quality;
  const perCall = direction === null ? undefined : group.quality[direction]?.perCall;
  return perCall === undefined ? null : fromHistogram(kind, perCall[name]);
}

/** Yes or no per call or leg. Calls that we cut and those of the warm-up say nothing about the target. */
function shareOf({ calls, signalling }: Group, judged: JudgedCalls | null, metric: string): Sample | null {
  if (metric === 'success_ratio') {
    const attempted = judged?.attempted ?? (signalling.attempts || calls.attempted - calls.cut);
    return signalling.successRatio === null ? null : share(Math.round(signalling.successRatio * attempted), attempted);
  }
  const [hits, of] = SHARES[metric] ?? [];
  return judged === null || hits === undefined || of === undefined ? null : share(judged[hits], judged[of]);
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
