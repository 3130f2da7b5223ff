/**
 * `result.json`: the one record of a run that everything else is rendered from. The schema is published and additive
 * only; unknown is null, units stand in names, network text is kept raw here and escaped where it is rendered.
 */
import { z } from 'zod';
import { SPOIL_CONDITIONS } from '../metrics/names.js';
import { comparisonSchema } from './comparison.js';

export const RESULT_SCHEMA_VERSION = '1.0';

const count = z.int().nonnegative();
const nullableNumber = z.number().nullable();
/** Fields that came after the first release are read as null where an older result lacks them. */
const addedNumber = nullableNumber.default(null);
const ratio = z.number().min(0).max(1);

/** A distribution with its mergeable histogram; null in its place means that nothing is known. */
export const distributionSchema = z.strictObject({
  unit: z.enum(['MOS', 'R', 'ratio', 'factor', 'ms', 'calls', 'calls/s']),
  /** P.800.1 scale of a MOS, e.g. `MOS-LQEN`. */
  scale: z.string().optional(),
  /** Histogram units per unit of the metric: MOS × 1000, ratio × 10^6, ms × 1000. */
  multiplier: z.number().positive(),
  count: count.describe('number of values'),
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  stdDev: z.number(),
  p1: z.number(),
  p5: z.number(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
  p99_9: z.number(),
  histogram: z.string().describe('HdrHistogram V2, compressed, base64'),
});
export type DistributionSummary = z.infer<typeof distributionSchema>;
const distribution = distributionSchema.nullable();
const addedDistribution = distribution.default(null);

/** Percentiles of one second over the legs that were live in it. */
const secondMosSchema = z.strictObject({ p5: z.number(), p50: z.number(), p95: z.number(), min: z.number() });
const secondDelaySchema = z.strictObject({ p50: z.number(), p95: z.number() });

const secondDirectionSchema = z.strictObject({
  legs: count.describe('legs with a row in this second, without those in which this host dropped datagrams'),
  mosLq: secondMosSchema.nullable().describe('narrowband legs'),
  mosLqWb: secondMosSchema.nullable().default(null).describe('wideband legs'),
  lossRatio: nullableNumber,
  jitterMs: secondDelaySchema.nullable(),
  rttMs: secondDelaySchema.nullable().default(null).describe('of the RTCP reports that came in this second'),
});
const addedDirection = secondDirectionSchema.nullable().default(null);

export const secondSchema = z.strictObject({
  second: count.describe('whole seconds since the start of the run'),
  targetRate: z.number().describe('calls/s that the schedule asks for'),
  activeCalls: count.describe('answered calls at the end of the second'),
  started: count,
  answered: count,
  failed: count,
  received: secondDirectionSchema.nullable(),
  sent: addedDirection.describe(
    'of the far end’s reports that came in this second; they cover the time since the last',
  ),
});
export type ResultSecond = z.infer<typeof secondSchema>;

const directionQualityShape = {
  mosLq: distribution.describe('MOS-LQEN: legs with a narrowband codec only'),
  mosCq: addedDistribution.describe('MOS-CQEN: the same with the delay that the round trip tells'),
  mosLqWb: addedDistribution.describe('MOS-LQEW: legs with a wideband codec only'),
  mosCqWb: addedDistribution.describe('MOS-CQEW'),
  mosLqNoPlc: addedDistribution.describe('mosLq of a receiver that conceals no loss'),
  rFactor: distribution.describe('narrowband legs only'),
  lossRatio: distribution,
  discardRatio: distribution,
  jitterMs: distribution,
  rttMs: addedDistribution.describe('round trip by RTCP'),
  mouthToEarMs: addedDistribution.describe('one-way delay Ta behind mosCq'),
};

const callQualityShape = {
  ...directionQualityShape,
  burstR: addedDistribution.describe('BurstR of ITU-T G.107'),
  burstDensity: addedDistribution.describe('RFC 3611 §4.7.2: loss within bursts'),
  burstMs: addedDistribution.describe('mean length of bursts'),
  gapDensity: addedDistribution.describe('loss between bursts'),
  gapMs: addedDistribution.describe('mean length of gaps'),
};

export const directionQualitySchema = z.strictObject({
  ...directionQualityShape,
  /** One value per leg, from its totals (never a mean of MOS). */
  perCall: z.strictObject(callQualityShape),
  packets: z.strictObject({
    expected: count,
    received: count.describe('distinct packets'),
    lost: count,
    discarded: count.describe('too late for the jitter buffer'),
    duplicate: count,
    reordered: count,
    stray: count.describe('foreign source or SSRC'),
    malformed: count,
  }),
});
export type DirectionQuality = z.infer<typeof directionQualitySchema>;

/** What far ends received of ours; a count that no far end tells is null. */
export const sentQualitySchema = z.strictObject({
  ...directionQualityShape,
  perCall: z.strictObject(callQualityShape),
  packets: z.strictObject({
    expected: count.nullable(),
    received: count.nullable(),
    lost: count.nullable(),
    discarded: count.nullable(),
    duplicate: count.nullable(),
    reordered: count.nullable(),
  }),
  legs: z
    .strictObject({ rtcp: count, answerer: count })
    .describe('legs by the source of their totals: RTCP of the next hop, or our own answerer at the far end'),
});
export type SentQuality = z.infer<typeof sentQualitySchema>;

export const findingSchema = z.strictObject({
  finding: z.string().describe('stable id, e.g. noMedia, silentAudio, clockSkew'),
  legs: count,
  example: count.describe('number of a call that had it'),
  text: z.string().describe('what it is and what it usually means'),
});
export type ResultFinding = z.infer<typeof findingSchema>;

const directionsShape = {
  received: directionQualitySchema.nullable(),
  sent: sentQualitySchema.nullable().default(null).describe('null: no far end reported'),
};

export const causeSchema = z.strictObject({
  phase: z.enum(['start', 'setup', 'established', 'teardown']),
  sipStatus: z.int().min(100).max(699).nullable(),
  cause: z.string().describe('stable id, e.g. busy, timeout, noSlot'),
  count,
});
export type Cause = z.infer<typeof causeSchema>;

const callsSchema = z.strictObject({
  requested: count.describe('calls whose start became due: attempted + notStarted'),
  notStarted: count,
  attempted: count.describe('answered + failed + cut before an answer'),
  answered: count.describe('completed + dropped + cut after the answer'),
  failed: count,
  completed: count,
  dropped: count.describe('ended by the far side or by an error before the hold time was over'),
  cut: count.describe('stopped by us at the end of the run'),
  succeeded: count.describe('the expected outcome came'),
  oneWay: count.describe('answered legs on which we sent and nothing came for more than 3 s'),
  noMedia: count.describe('answered legs on which no RTP packet came at all'),
  roundTrip: count.describe('legs whose received packets are our own, reflected: both ways in one figure'),
  peakConcurrent: count,
  causes: z.array(causeSchema),
  judged: z
    .strictObject({
      fromMs: z.number().nonnegative().describe('ms since the start of the run, where idle stages and warm-up end'),
      attempted: count,
      succeeded: count,
      answered: count,
      dropped: count,
      legs: count.describe('of these calls, whose audio was measured'),
      oneWay: count,
      noMedia: count,
    })
    .nullable()
    .default(null)
    .describe('the calls that gates go by: after fromMs, and not cut by us; null: an older result'),
});

const addedRatio = ratio.nullable().default(null);

/** Denominators: `attempts` for ISA, SCR, ASR and NER, `attempts - redirected` for SER and SEER. */
const sessionShape = {
  attempts: count.default(0).describe('dialog-creating INVITEs, each once; without those that we cut, and the warm-up'),
  redirected: count.default(0).describe('of these, answered 3xx'),
  ser: addedRatio.describe('RFC 6076 §4.6, session establishment: 200 / (attempts - redirected)'),
  seer: addedRatio.describe(
    'RFC 6076 §4.7, effective establishment: (200, 480, 486, 600, 603) / (attempts - redirected)',
  ),
  isa: addedRatio.describe('RFC 6076 §4.8, ineffective attempts: (408, 500, 503, 504, no response) / attempts'),
  scr: addedRatio.describe('RFC 6076 §4.9, session completion: established and ended by an answered BYE / attempts'),
  asr: addedRatio.describe('ITU-T E.411, answer seizure: 200 / attempts'),
  ner: addedRatio.describe(
    'ITU-T E.425, network effectiveness: (200, 480, 486, 600, 603, rang without answer) / attempts',
  ),
  sessionDurationMs: addedDistribution.describe('SDT of RFC 6076 §4.5: 2xx to BYE; its mean is the ACD'),
};

/** Of the users, who register at the target. */
const registrationsSchema = z.strictObject({
  users: count,
  registeredAtBegin: count.nullable().describe('when the calls began; null: none did'),
  refused: count.describe('users who were refused for good'),
  attempts: count.describe('registrations and refreshes, each once, however often it was challenged'),
  ineffective: count.describe('of these, ended by a 4xx, 5xx or 6xx, or by no response'),
  failures: z.array(z.strictObject({ sipStatus: z.int().nullable(), cause: z.string(), count })),
  leftRegistered: count.nullable().describe('users who could not be unregistered at the end; null: not known'),
  secondLegs: z
    .strictObject({ byHeader: count, byCallerName: count, byCalledUser: count })
    .describe('called legs of calls between users, by what they were known'),
  strangeCalls: count.describe('calls to our users that were none of this run; they were refused'),
});
export type RegistrationsBlock = z.infer<typeof registrationsSchema>;

const signallingSchema = z.strictObject({
  successRatio: ratio.nullable(),
  ...sessionShape,
  setupDelayMs: distribution.describe('SRD of RFC 6076 §4.3: INVITE to the first status-indicative response'),
  answerDelayMs: distribution.describe('INVITE to 2xx'),
  disconnectDelayMs: distribution.describe('SDD of RFC 6076 §4.4: BYE to its 2xx'),
  signallingRttMs: addedDistribution.describe('OPTIONS to its response'),
  registrationDelayMs: addedDistribution.describe(
    'RRD of RFC 6076 §4.1: REGISTER to its 2xx, from the one that was accepted; refreshes too',
  ),
  ira: addedRatio.describe('RFC 6076 §4.2, ineffective registration attempts: ineffective / attempts of registrations'),
  registrations: registrationsSchema
    .nullable()
    .default(null)
    .describe('null: the run has no users, or was rebuilt from its row files'),
  retransmissionRatio: nullableNumber.describe('requests sent again by us / requests sent, ACK left out'),
  retransmissions: z.array(z.strictObject({ method: z.string(), count })),
  responses: z.array(z.strictObject({ method: z.string(), status: z.int(), count })),
  malformed: count.describe('datagrams that were no SIP message'),
  dropped: count.describe('SIP requests and forked answers dropped because there were too many'),
});
export type SignallingBlock = z.infer<typeof signallingSchema>;

const endpointSchema = z.strictObject({
  name: z.string(),
  target: z.string(),
  labels: z.record(z.string(), z.string()),
  codec: z.string().nullable().describe('of all its legs; null when there were none, or several codecs'),
  codecs: z
    .array(z.strictObject({ codec: z.string(), legs: count }))
    .default([])
    .describe('as negotiated'),
  calls: callsSchema,
  signalling: z.strictObject({
    successRatio: ratio.nullable(),
    ...sessionShape,
    setupDelayMs: distribution,
    answerDelayMs: distribution,
    disconnectDelayMs: distribution,
    signallingRttMs: addedDistribution,
    finalResponses: z.array(z.strictObject({ status: z.int(), count })).describe('to INVITE'),
  }),
  quality: z.strictObject(directionsShape),
  seconds: z.array(secondSchema.omit({ targetRate: true })),
});
export type EndpointResult = z.infer<typeof endpointSchema>;

export const gateResultSchema = z.strictObject({
  expr: z.string(),
  state: z.enum(['pass', 'fail', 'untrusted', 'no-data', 'not-evaluated']),
  observed: nullableNumber,
  limit: z.number(),
  unit: z.string(),
  margin: nullableNumber.describe('how far on the good side of the limit; negative when failed'),
  samples: count,
  window: z.strictObject({ fromSecond: count, toSecond: count }).nullable(),
  severity: z.enum(['gate', 'warn']),
  firstFailedAtSecond: count.nullable(),
  reason: z.string().nullable().describe('why untrusted, no-data or not-evaluated; else null'),
  comparedWith: z
    .enum(['limit', 'idle', 'baseline'])
    .default('limit')
    .describe('idle, baseline: observed is the difference from that figure (figure − reference)'),
  reference: addedNumber.describe('the figure that observed is the difference from, in unit'),
  forMs: addedNumber.describe(
    'failed only when violated for so long without a break; observed is the worst that lasted',
  ),
  afterMs: z.number().nonnegative().default(0).describe('what is before this time of the run does not count'),
  limitFloor: addedNumber.describe('part of limit: what this host alone contributes (p95), added by a profile'),
  profile: z.string().nullable().default(null).describe('the profile that the gate is from'),
});
export type GateResult = z.infer<typeof gateResultSchema>;

const worstSentSchema = z.strictObject({
  basis: z.enum(['rtcp', 'answerer']),
  mosLq: nullableNumber,
  mosLqWb: nullableNumber,
  mosCq: nullableNumber,
  mosCqWb: nullableNumber,
  lossRatio: nullableNumber,
  discardRatio: nullableNumber,
  jitterMs: nullableNumber,
});

const stripSchema = z.strictObject({
  binSeconds: count.describe('seconds of a point: 1 in calls of up to 120 s, then 2, 4, 8, …'),
  points: z
    .array(
      z.strictObject({
        second: count.describe('the first of the point, since the start of the run'),
        mosLq: nullableNumber.describe('the lowest of the point; narrowband codec only'),
        mosLqWb: nullableNumber.describe('wideband codec only'),
        lossRatio: nullableNumber,
        discardRatio: nullableNumber,
        jitterMs: nullableNumber.describe('the highest of the point'),
        rttMs: nullableNumber.describe('the highest of the point'),
      }),
    )
    .max(120)
    .describe('seconds of which nothing is known are left out; of the sent direction those in which a report came'),
});

const breakdownSchema = z.strictObject({
  scale: z.enum(['narrowband', 'wideband']),
  faultlessR: z.number().describe('R of a leg without any impairment, on that scale'),
  steps: z
    .array(
      z.strictObject({
        term: z.enum(['codec', 'lost', 'late', 'bursts', 'delay']),
        points: z.number().nonnegative().describe('of R; no term takes more than is left, since R ends at 0'),
        rFactor: z.number().describe('what is left after it'),
        mos: z.number().describe('of what is left'),
      }),
    )
    .describe('in this order; without delay where no round trip is known'),
  rFactor: z.number().describe('listening R: faultlessR minus all points but those of the delay'),
  rFactorCq: nullableNumber.describe('conversational R: with those of the delay'),
});

const ladderSchema = z.strictObject({
  messages: z
    .array(
      z.strictObject({
        atMs: z.number().describe('since the first message'),
        direction: z.enum(['out', 'in']),
        firstLine: z.string(),
        text: z.string().describe('the message, its secrets masked'),
        cutBytes: count.describe('bytes of the message that are not in the text'),
      }),
    )
    .max(40),
  omitted: count.describe('messages that were not kept'),
  omittedAfter: count.describe('where: after so many of the messages'),
});

const worstCallSchema = z.strictObject({
  call: count,
  callId: z.string(),
  endpoint: z.string(),
  startedAtMs: z.number().describe('ms since the start of the run'),
  outcome: z.string(),
  codec: z.string().nullable().default(null),
  mosLq: nullableNumber.describe('narrowband codec only'),
  mosLqWb: addedNumber.describe('wideband codec only'),
  mosCq: addedNumber,
  mosCqWb: addedNumber,
  lossRatio: nullableNumber,
  discardRatio: nullableNumber,
  jitterMs: nullableNumber,
  rttMs: addedNumber,
  mouthToEarMs: addedNumber,
  sent: worstSentSchema.nullable().default(null).describe('what the far end received of ours'),
  findings: z.array(z.string()).default([]).describe('ids of quality.findings'),
  sipStatus: count.nullable().default(null),
  detail: z.string().nullable().default(null).describe('why it ended, in words that may be of the network'),
  answeredAtMs: addedNumber.describe('ms since the start of the run; null: not answered'),
  endedAtMs: addedNumber,
  seconds: z.strictObject({ received: stripSchema.nullable(), sent: stripSchema.nullable() }).nullable().default(null),
  breakdown: z
    .strictObject({ received: breakdownSchema.nullable(), sent: breakdownSchema.nullable() })
    .nullable()
    .default(null)
    .describe('which term of the E-model cost how much'),
  ladder: ladderSchema.nullable().default(null).describe('SIP messages; null: none were kept'),
  evidence: z.string().nullable().default(null).describe('path of its file, relative to this one'),
});

/** The files of `evidence/`, and the failed calls by their causes. */
const evidenceSchema = z.strictObject({
  files: z.array(z.strictObject({ call: count, path: z.string(), why: z.array(z.enum(['failed', 'worst'])) })),
  failures: z
    .array(
      z.strictObject({
        phase: z.string(),
        sipStatus: count.nullable(),
        cause: z.string(),
        count,
        files: count.describe('how many of them have a file'),
        example: worstCallSchema
          .nullable()
          .describe('the first of them with evidence; of the ten most frequent causes'),
      }),
    )
    .describe('the most frequent cause first'),
  withoutFile: count.describe('failed calls beyond the 20 of a cause and 200 of a run'),
});

/** What this host alone contributes, measured against itself without a target. */
export const floorSchema = z.strictObject({
  jitterMs: distribution,
  source: z.string().describe('when and how it was measured'),
});

const generatorSecondSchema = z.strictObject({
  second: count.describe('the first of the point, since the start of the run'),
  sendLatenessMs: z
    .strictObject({ p99: z.number(), max: z.number() })
    .nullable()
    .describe('of the packets that were due; the p99 is that of the latest media thread'),
  sentPackets: count.nullable(),
  missedPackets: count.nullable(),
  receiveDrops: count
    .nullable()
    .describe('audio datagrams that the kernel dropped at our sockets, as it was seen; null: unknown'),
  eventLoopDelayP99Ms: nullableNumber.describe('of the latest signalling thread'),
  cpuRatio: nullableNumber.describe('CPU seconds of this process / (wall seconds × cores)'),
  startsDue: count.nullable(),
  startsMade: count.nullable().describe('those that were held back included, in the second in which they were made'),
});
export type GeneratorSecond = z.infer<typeof generatorSecondSchema>;

const generatorSchema = z.strictObject({
  verdict: z.enum(['healthy', 'strained']),
  reasons: z.array(z.string()),
  spoiled: z
    .partialRecord(z.enum(SPOIL_CONDITIONS), z.string())
    .nullable()
    .default(null)
    .describe('what makes metrics untrusted, with its sentence; null: only `reasons` are known'),
  sendLatenessMs: distribution.describe('how late each RTP packet left, against its deadline'),
  missedPackets: count.describe('RTP packets skipped because they were more than one ptime late'),
  sentPackets: count,
  sendErrors: count,
  eventLoopDelayMs: distribution.describe('signalling threads'),
  receiveDrops: count.nullable().describe('audio datagrams that the kernel dropped at our sockets'),
  signallingDrops: count.nullable().describe('SIP datagrams that the kernel dropped at our sockets'),
  receiveDropRatio: nullableNumber,
  spoiledCallSeconds: count
    .nullable()
    .default(null)
    .describe(
      'received call-seconds in which this host dropped datagrams: in no loss, discard, jitter or score of seconds; null: unknown',
    ),
  spoiledScoreSeconds: count
    .nullable()
    .default(null)
    .describe('those in which the score alone is left out, as the window that it covers holds such a second'),
  startLagMs: distribution.describe('actual minus intended start'),
  ackToRtpMs: distribution.describe('from ACK to the first RTP packet sent'),
  clockSteps: count.describe('jumps of the wall clock of more than 1 ms; they void that second of jitter'),
  cpuRatio: nullableNumber.describe('CPU seconds of this process / (wall seconds × cores)'),
  netBackend: z.enum(['libc', 'dgram', 'none']),
  lostWorkers: z.array(z.string()),
  floor: floorSchema.nullable().default(null).describe('null: not measured'),
  binSeconds: count.default(1).describe('seconds of a point of `seconds`: 1 in runs of up to an hour, then 2, 4, 8, …'),
  seconds: z
    .array(generatorSecondSchema)
    .max(3600)
    .default([])
    .describe('over time: sums of packets and starts, the highest of all else; seconds without a word are left out'),
});

/** Named by their Call-IDs, at most a thousand; the count is of all. They are in no other figure. */
const lostSchema = z.strictObject({ count, callIds: z.array(z.string()) });

export const resultSchema = z.strictObject({
  schemaVersion: z.literal(RESULT_SCHEMA_VERSION),
  tool: z.strictObject({ name: z.literal('callgauge'), version: z.string(), commit: z.string().nullable() }),
  name: z.string(),
  startedAt: z.iso.datetime(),
  durationMs: z.number().nonnegative(),
  verdict: z.enum(['pass', 'fail', 'inconclusive', 'interrupted', 'crashed', 'could-not-run']),
  exitCode: z.int(),
  reasons: z.array(z.string()),
  warnings: z.array(z.string()),
  gates: z.array(gateResultSchema),
  load: z.strictObject({
    targetRate: z.number().describe('highest calls/s asked for'),
    intended: count.describe('starts that were due'),
    achieved: count.describe('starts that happened'),
    heldBack: count.describe('starts that waited for the concurrency cap'),
    activeCalls: distribution,
    startRate: distribution,
  }),
  calls: callsSchema,
  signalling: signallingSchema,
  quality: z.strictObject({
    ...directionsShape,
    findings: z.array(findingSchema).default([]).describe('odd streams'),
  }),
  lost: z
    .strictObject({ calls: lostSchema, audio: lostSchema })
    .default({ calls: { count: 0, callIds: [] }, audio: { count: 0, callIds: [] } })
    .describe('what a dead thread or process took with it: calls that left no record, and calls whose audio left none'),
  seconds: z.array(secondSchema),
  endpoints: z.array(endpointSchema),
  worstCalls: z.array(worstCallSchema),
  evidence: evidenceSchema.nullable().default(null).describe('null: written before there was any'),
  generator: generatorSchema,
  environment: z.strictObject({
    node: z.string(),
    platform: z.string(),
    cpuModel: z.string(),
    cores: count,
    memoryBytes: count,
    openFilesLimit: count.nullable(),
    workers: z.strictObject({ signalling: count, media: count }),
    socketBufferBytes: z.strictObject({ requested: count, granted: count.nullable() }),
    signallingDscp: count
      .nullable()
      .default(null)
      .describe(
        'code point that SIP packets over UDP carry, 0-63; null: not set, where native sockets are not to be had',
      ),
    seenAddress: z
      .string()
      .nullable()
      .default(null)
      .describe('our address and port as the first response named them (received, rport); null: none did'),
    command: z.string(),
  }),
  method: z.strictObject({
    scoreWindowSeconds: z.number(),
    jitterBufferMs: z.number(),
    model: z.string(),
    codecs: z.array(
      z.strictObject({
        codec: z.string(),
        ie: z.number(),
        bpl: z.number(),
        source: z.string(),
        scale: z.enum(['narrowband', 'wideband']).default('narrowband'),
        provisional: z.boolean().default(false).describe('true where ITU-T published no value'),
      }),
    ),
    echo: z.string().nullable().default(null).describe('echo mode of the model'),
    advantageFactor: addedNumber.describe('A'),
    oneWayDelay: z.string().nullable().default(null).describe('what Ta is made of'),
    burstRatio: z.string().nullable().default(null).describe('how BurstR is found, and where it is used'),
    sentFrom: z.string().nullable().default(null).describe('where figures of the sent direction are from'),
    rtcpInterval: z.string().nullable().default(null),
  }),
  baseline: comparisonSchema
    .extend({ file: z.string().describe('as it was given') })
    .nullable()
    .default(null)
    .describe('this run against an earlier one; null: none was given'),
  scenario: z.unknown().describe('the scenario as it was run, secrets redacted'),
  seed: z.int(),
});
export type Result = z.infer<typeof resultSchema>;
export type CallsBlock = z.infer<typeof callsSchema>;
export type GeneratorBlock = z.infer<typeof generatorSchema>;
export type WorstCall = z.infer<typeof worstCallSchema>;
export type CallSeconds = NonNullable<z.infer<typeof stripSchema>>;
export type CallBreakdown = z.infer<typeof breakdownSchema>;
export type Ladder = z.infer<typeof ladderSchema>;
export type EvidenceBlock = z.infer<typeof evidenceSchema>;
