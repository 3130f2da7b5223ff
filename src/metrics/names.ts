/**
 * The metric catalogue as data: one row per gate id, read by gates, reports and `callgauge schema metrics`. Only metrics
 * that this version measures are here, so that a gate on any other is refused before a packet leaves.
 */

import { smallestDifference, type SmallestDifference } from './smallest-difference.js';

/** `factor`: a plain number such as BurstR. */
export type MetricUnit = 'MOS' | 'R' | 'ratio' | 'factor' | 'ms' | 'count' | 'calls' | 'calls/s';

/** What of ours can make a figure worthless: lateness of sending, kernel drops, slow loops, late starts, coarse arrival times. */
export const SPOIL_CONDITIONS = ['sendLateness', 'receiveDrops', 'eventLoopDelay', 'lateStarts', 'mediaClock'] as const;
export type SpoilCondition = (typeof SPOIL_CONDITIONS)[number];

/** What a metric has one value of: the run, each call, each second, or each leg (per second or per call). */
export type MetricPopulation = 'scalar' | 'calls' | 'seconds' | 'legs';

/** Narrowband and wideband scores are on scales that cannot be compared (P.800.1): never one distribution or limit for both. */
export type ScoreScale = 'narrowband' | 'wideband';

/** A value for each leg and second, or one for each call. */
export type TimeBase = 'second' | 'call';

/** Limits of the field, in the unit of the metric. */
export interface MetricBands {
  readonly good: number;
  readonly warning: number;
  readonly critical: number;
  readonly source: string;
}

export interface MetricDefinition {
  /** Gate id, snake_case. */
  readonly id: string;
  readonly aliases: readonly string[];
  readonly unit: MetricUnit;
  readonly better: 'higher' | 'lower';
  readonly population: MetricPopulation;
  /** Place in result.json; `<direction>` stands for received or sent. */
  readonly path: string;
  /** The defining text, or null where no standard names the figure. */
  readonly standard: string | null;
  readonly category: 'calls' | 'signalling' | 'media' | 'load';
  readonly bands: MetricBands | null;
  readonly description: string;
  /** True where a count may also be given as a share of the answered calls or their legs. */
  readonly allowsRatio: boolean;
  /** False where the figure exists for the whole run only and takes no endpoint, codec or label. */
  readonly perEndpoint: boolean;
  /** True where the figure is of legs, which have a codec. */
  readonly perCodec: boolean;
  /** Of a score: only legs on this scale have it. Null: every leg. */
  readonly scale: ScoreScale | null;
  /** Of the figures of legs: what there is a value of, the default first. */
  readonly timeBases: readonly TimeBase[];
  /** True where the figure rests on an arrival time of this host in both directions, as a round trip does. */
  readonly timedHere: boolean;
  /** False where the figure is a total of the whole run, of which no part can be told by its time. */
  readonly hasTimes: boolean;
  readonly spoiledBy: readonly SpoilCondition[];
  /** Between two runs, what is less than this is the same; null: runs are not compared by it. */
  readonly smallestDifference: SmallestDifference | null;
}

const DELAY_SPOILERS: readonly SpoilCondition[] = ['eventLoopDelay', 'lateStarts'];
/**
 * A round trip is the arrival of an RTCP report here less two times that the report quotes. A thread of ours that is late
 * changes none of the three where the kernel stamps arrivals; a report that is dropped is one value less, not a wrong one;
 * a step of the wall clock voids its second before it is reported. What is left is a clock that stamps in callbacks.
 */
const ROUND_TRIP_SPOILERS: readonly SpoilCondition[] = ['mediaClock'];
const SCORE_SPOILERS: readonly SpoilCondition[] = ['sendLateness', 'receiveDrops', 'mediaClock'];

export const METRICS: readonly MetricDefinition[] = [
  metric({
    id: 'success_ratio',
    unit: 'ratio',
    better: 'higher',
    path: 'signalling.successRatio',
    category: 'calls',
    description: 'Share of the attempted calls in which the expected outcome came.',
  }),
  metric({
    id: 'ser',
    unit: 'ratio',
    better: 'higher',
    path: 'signalling.ser',
    standard: 'RFC 6076 §4.6 (SER)',
    category: 'calls',
    description: 'Session establishment: INVITEs answered 200, per attempt that was not redirected.',
  }),
  metric({
    id: 'seer',
    unit: 'ratio',
    better: 'higher',
    path: 'signalling.seer',
    standard: 'RFC 6076 §4.7 (SEER)',
    category: 'calls',
    description:
      'Effective establishment: INVITEs answered 200, 480, 486, 600 or 603, per attempt that was not redirected.',
  }),
  metric({
    id: 'isa',
    unit: 'ratio',
    path: 'signalling.isa',
    standard: 'RFC 6076 §4.8 (ISA)',
    category: 'calls',
    description: 'Ineffective attempts: INVITEs that ended in 408, 500, 503, 504 or no response, per attempt.',
  }),
  metric({
    id: 'scr',
    unit: 'ratio',
    better: 'higher',
    path: 'signalling.scr',
    standard: 'RFC 6076 §4.9 (SCR)',
    category: 'calls',
    description: 'Session completion: calls that were answered and ended by an answered BYE, per attempt.',
  }),
  metric({
    id: 'asr',
    unit: 'ratio',
    better: 'higher',
    path: 'signalling.asr',
    standard: 'ITU-T E.411 (ASR)',
    category: 'calls',
    description: 'Answer seizure: INVITEs answered 200, per attempt.',
  }),
  metric({
    id: 'ner',
    unit: 'ratio',
    better: 'higher',
    path: 'signalling.ner',
    standard: 'ITU-T E.425 (NER)',
    category: 'calls',
    description:
      'Network effectiveness: answered, busy, refused by the called side or rung without answer, per attempt.',
  }),
  metric({
    id: 'setup_delay',
    unit: 'ms',
    population: 'calls',
    path: 'signalling.setupDelayMs',
    standard: 'RFC 6076 §4.3 (SRD)',
    category: 'signalling',
    description: 'Time from the INVITE to the first response that tells the status of the call (post-dial delay).',
    spoiledBy: DELAY_SPOILERS,
  }),
  metric({
    id: 'answer_delay',
    unit: 'ms',
    population: 'calls',
    path: 'signalling.answerDelayMs',
    standard: 'RFC 3261 §13',
    category: 'signalling',
    description: 'Time from the INVITE to its 2xx.',
    spoiledBy: DELAY_SPOILERS,
  }),
  metric({
    id: 'disconnect_delay',
    unit: 'ms',
    population: 'calls',
    path: 'signalling.disconnectDelayMs',
    standard: 'RFC 6076 §4.4 (SDD)',
    category: 'signalling',
    description: 'Time from the BYE to its 2xx.',
    spoiledBy: DELAY_SPOILERS,
  }),
  metric({
    id: 'session_duration',
    unit: 'ms',
    better: 'higher',
    population: 'calls',
    path: 'signalling.sessionDurationMs',
    standard: 'RFC 6076 §4.5 (SDT)',
    category: 'calls',
    description: 'Time from the 2xx to the BYE; its mean is the average call duration (ACD).',
  }),
  metric({
    id: 'signalling_rtt',
    unit: 'ms',
    population: 'calls',
    path: 'signalling.signallingRttMs',
    standard: 'RFC 3261 §11',
    category: 'signalling',
    description: 'Time from an OPTIONS to its response, which any response ends.',
    // Nothing starts late here: an OPTIONS is timed from when it left.
    spoiledBy: ['eventLoopDelay'],
  }),
  metric({
    id: 'registration_delay',
    unit: 'ms',
    population: 'calls',
    path: 'signalling.registrationDelayMs',
    standard: 'RFC 6076 §4.1 (RRD)',
    category: 'signalling',
    description: 'Time from the REGISTER that was accepted to its 2xx; of registrations and refreshes.',
    perEndpoint: false,
    hasTimes: false,
    spoiledBy: ['eventLoopDelay'],
  }),
  metric({
    id: 'ira',
    unit: 'ratio',
    path: 'signalling.ira',
    standard: 'RFC 6076 §4.2 (IRA)',
    category: 'signalling',
    description:
      'Ineffective registration attempts: REGISTERs that ended in 4xx, 5xx, 6xx or no response, per attempt.',
    perEndpoint: false,
    hasTimes: false,
  }),
  metric({
    id: 'retransmission_ratio',
    unit: 'ratio',
    path: 'signalling.retransmissionRatio',
    standard: 'RFC 3261 §17.1',
    category: 'signalling',
    description: 'Requests that we had to send again, per request sent.',
    perEndpoint: false,
    hasTimes: false,
    // A busy loop of ours reads responses late, and a full socket loses them: both make us send again.
    spoiledBy: ['eventLoopDelay', 'receiveDrops'],
  }),
  metric({
    id: 'mos_lq',
    aliases: ['mos'],
    unit: 'MOS',
    better: 'higher',
    population: 'legs',
    path: 'quality.<direction>.mosLq',
    standard: 'ITU-T G.107, P.800.1 (MOS-LQEN)',
    category: 'media',
    bands: { good: 4.03, warning: 3.6, critical: 3.1, source: 'ITU-T G.109' },
    description: 'Estimated listening quality on the narrowband scale, 1 to 4.5, without delay.',
    scale: 'narrowband',
    spoiledBy: SCORE_SPOILERS,
  }),
  metric({
    id: 'mos_cq',
    unit: 'MOS',
    better: 'higher',
    population: 'legs',
    path: 'quality.<direction>.mosCq',
    standard: 'ITU-T G.107, P.800.1 (MOS-CQEN)',
    category: 'media',
    bands: { good: 4.03, warning: 3.6, critical: 3.1, source: 'ITU-T G.109' },
    description: 'Estimated conversational quality on the narrowband scale: with the delay that the round trip tells.',
    scale: 'narrowband',
    timedHere: true,
    spoiledBy: SCORE_SPOILERS,
  }),
  metric({
    id: 'mos_lq_wb',
    unit: 'MOS',
    better: 'higher',
    population: 'legs',
    path: 'quality.<direction>.mosLqWb',
    standard: 'ITU-T G.107.1, P.800.1 (MOS-LQEW)',
    category: 'media',
    bands: { good: 4.03, warning: 3.6, critical: 3.1, source: 'ITU-T G.109 by R/1.29' },
    description: 'Estimated listening quality on the wideband scale, 1 to 4.5, without delay.',
    scale: 'wideband',
    spoiledBy: SCORE_SPOILERS,
  }),
  metric({
    id: 'mos_cq_wb',
    unit: 'MOS',
    better: 'higher',
    population: 'legs',
    path: 'quality.<direction>.mosCqWb',
    standard: 'ITU-T G.107.1, P.800.1 (MOS-CQEW)',
    category: 'media',
    bands: { good: 4.03, warning: 3.6, critical: 3.1, source: 'ITU-T G.109 by R/1.29' },
    description: 'Estimated conversational quality on the wideband scale: with the delay that the round trip tells.',
    scale: 'wideband',
    timedHere: true,
    spoiledBy: SCORE_SPOILERS,
  }),
  metric({
    id: 'mos_lq_no_plc',
    unit: 'MOS',
    better: 'higher',
    population: 'legs',
    path: 'quality.<direction>.mosLqNoPlc',
    standard: 'ITU-T G.107, G.113 (Bpl 4.3)',
    category: 'media',
    bands: { good: 4.03, warning: 3.6, critical: 3.1, source: 'ITU-T G.109' },
    description: 'The narrowband listening quality of a receiver that does not conceal lost packets.',
    scale: 'narrowband',
    spoiledBy: SCORE_SPOILERS,
  }),
  metric({
    id: 'r_factor',
    unit: 'R',
    better: 'higher',
    population: 'legs',
    path: 'quality.<direction>.rFactor',
    standard: 'ITU-T G.107 (7-1)',
    category: 'media',
    bands: { good: 80, warning: 70, critical: 60, source: 'ITU-T G.109' },
    description: 'Transmission rating of the narrowband E-model without delay, 0 to 93.2.',
    scale: 'narrowband',
    spoiledBy: SCORE_SPOILERS,
  }),
  metric({
    id: 'loss',
    unit: 'ratio',
    population: 'legs',
    path: 'quality.<direction>.lossRatio',
    standard: 'RFC 3550 A.3',
    category: 'media',
    bands: { good: 0.01, warning: 0.03, critical: 0.05, source: 'practice (1 / 3 / 5 %)' },
    description: 'RTP packets that never came, per packet expected.',
    spoiledBy: ['sendLateness', 'receiveDrops'],
  }),
  metric({
    id: 'discard',
    unit: 'ratio',
    population: 'legs',
    path: 'quality.<direction>.discardRatio',
    standard: 'RFC 3611 §4.7.1',
    category: 'media',
    description: 'RTP packets that came too late for the jitter buffer, per packet expected.',
    spoiledBy: SCORE_SPOILERS,
  }),
  metric({
    id: 'jitter',
    unit: 'ms',
    population: 'legs',
    path: 'quality.<direction>.jitterMs',
    standard: 'RFC 3550 §6.4.1, A.8',
    category: 'media',
    bands: { good: 10, warning: 30, critical: 50, source: 'practice (10 / 30 / 50 ms)' },
    description: 'Interarrival jitter of RTP packets.',
    spoiledBy: ['sendLateness', 'mediaClock'],
  }),
  metric({
    id: 'burst_r',
    unit: 'factor',
    population: 'legs',
    path: 'quality.<direction>.perCall.burstR',
    standard: 'ITU-T G.107 (7-30)',
    category: 'media',
    description: 'Mean length of the runs of lost packets, against random loss of the same ratio: 1 is random.',
    timeBases: ['call'],
    spoiledBy: ['sendLateness', 'receiveDrops'],
  }),
  metric({
    id: 'rtt',
    unit: 'ms',
    population: 'legs',
    path: 'quality.<direction>.rttMs',
    standard: 'RFC 3550 §6.4.1 (LSR, DLSR), RFC 3611 §4.5 (LRR, DLRR)',
    category: 'media',
    bands: { good: 50, warning: 200, critical: 300, source: 'practice (50 / 200 / 300 ms)' },
    description: 'Round trip between our socket and the end that reports on what we send, by its RTCP.',
    timedHere: true,
    spoiledBy: ROUND_TRIP_SPOILERS,
  }),
  metric({
    id: 'mouth_to_ear',
    unit: 'ms',
    population: 'legs',
    path: 'quality.<direction>.mouthToEarMs',
    standard: 'ITU-T G.107 (Ta), G.114',
    category: 'media',
    bands: { good: 150, warning: 200, critical: 300, source: 'practice (150 / 200 / 300 ms one way)' },
    description: 'One-way delay Ta: half the round trip, jitter buffer, packet time and codec look-ahead.',
    timedHere: true,
    spoiledBy: ROUND_TRIP_SPOILERS,
  }),
  metric({
    id: 'one_way',
    unit: 'count',
    path: 'calls.oneWay',
    category: 'media',
    description: 'Answered legs on which we sent and nothing came for more than 3 s.',
    allowsRatio: true,
    perCodec: true,
    spoiledBy: ['receiveDrops'],
  }),
  metric({
    id: 'no_media',
    unit: 'count',
    path: 'calls.noMedia',
    category: 'media',
    description: 'Answered legs on which no RTP packet came at all.',
    allowsRatio: true,
    perCodec: true,
    spoiledBy: ['receiveDrops'],
  }),
  metric({
    id: 'dropped',
    unit: 'count',
    path: 'calls.dropped',
    category: 'calls',
    description: 'Answered calls that the far side or an error ended before the hold time was over.',
    allowsRatio: true,
  }),
  metric({
    id: 'active_calls',
    unit: 'calls',
    better: 'higher',
    population: 'seconds',
    path: 'load.activeCalls',
    category: 'load',
    description: 'Answered calls at the end of each second.',
    perEndpoint: false,
    spoiledBy: DELAY_SPOILERS,
  }),
  metric({
    id: 'start_rate',
    unit: 'calls/s',
    better: 'higher',
    population: 'seconds',
    path: 'load.startRate',
    category: 'load',
    description: 'Calls started in each second.',
    perEndpoint: false,
    spoiledBy: DELAY_SPOILERS,
  }),
];

const BY_NAME: ReadonlyMap<string, MetricDefinition> = new Map(
  METRICS.flatMap((row) => [row.id, ...row.aliases].map((name) => [name, row] as const)),
);

/** The metric with this id or alias, or undefined. */
export function findMetric(name: string): MetricDefinition | undefined {
  return BY_NAME.get(name);
}

/** Every id and alias, in the order of the catalogue. */
export const METRIC_NAMES: readonly string[] = [...BY_NAME.keys()];

type MetricRow = Pick<MetricDefinition, 'id' | 'unit' | 'path' | 'category' | 'description'> &
  Partial<MetricDefinition>;

function metric(row: MetricRow): MetricDefinition {
  return {
    aliases: [],
    better: 'lower',
    population: 'scalar',
    standard: null,
    bands: null,
    allowsRatio: false,
    perEndpoint: true,
    perCodec: row.population === 'legs',
    scale: null,
    timeBases: ['second', 'call'],
    timedHere: false,
    hasTimes: true,
    spoiledBy: [],
    smallestDifference: smallestDifference(row.id),
    ...row,
  };
}
