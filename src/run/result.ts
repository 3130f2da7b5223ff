/**
 * `result.json`: the one record of a run that everything else is rendered from. The schema is published and additive
 * only; unknown is null, units stand in names, network text is kept raw here and escaped where it is rendered.
 */
import { NET_BACKENDS } from '../lib/net-backend.js';
import { z } from 'zod';
import { SPOIL_CONDITIONS } from '../metrics/names.js';
import { comparisonSchema } from './comparison.js';
import { dtmfSchema } from './result-dtmf.js';
import { transfersSchema } from './result-transfers.js';
import { groupRegistrationsSchema, registrationsSchema } from './result-registrations.js';
import { evidenceSchema, worstCallSchema } from './result-evidence.js';
import { addedDistribution, addedNumber, count, distribution, nullableNumber, ratio } from './result-fields.js';
import { calledLegsSchema, directionsShape, findingSchema, secondSchema } from './result-quality.js';

export const RESULT_SCHEMA_VERSION = '1.0';

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
  partOf: z
    .string()
    .nullable()
    .default(null)
    .describe(
      'the endpoint, where only those of its calls are meant that users with these labels placed; null: all its calls',
    ),
  codec: z.string().nullable().describe('of all its legs; null when there were none, or several codecs'),
  codecs: z
    .array(z.strictObject({ codec: z.string(), legs: count }))
    .default([])
    .describe('as negotiated'),
  srtp: z
    .array(z.strictObject({ suite: z.string(), legs: count }))
    .default([])
    .describe('legs whose audio was encrypted, by the suite that was agreed on; those offered stand in the scenario'),
  receivedDscp: z
    .array(z.strictObject({ dscp: count, legs: count }))
    .default([])
    .describe('legs by the code point (0-63) of the audio that came; empty where it cannot be seen'),
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
  called: calledLegsSchema
    .nullable()
    .default(null)
    .describe(
      'what called users with these labels received, by whomever they were called; the same legs stand in quality.sent of the labels of their callers; null: there were none, or users are not told apart',
    ),
  registrations: groupRegistrationsSchema
    .nullable()
    .default(null)
    .describe('of the users with these labels; null: there are none, or it is not known of them apart'),
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
  hostCpuRatio: nullableNumber.default(null).describe('the same of all that ran on the host; null: unknown'),
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
  netBackend: z.enum([...NET_BACKENDS, 'none']),
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
  verdict: z
    .enum(['pass', 'fail', 'inconclusive', 'interrupted', 'crashed', 'could-not-run', 'in-progress', 'unfinished'])
    .describe(
      'in-progress: the run still goes on; unfinished: whether it does cannot be told. Those two are of interim reports only',
    ),
  exitCode: z.int(),
  reasons: z.array(z.string()),
  warnings: z.array(z.string()),
  gates: z.array(gateResultSchema),
  load: z.strictObject({
    targetRate: z.number().describe('highest calls/s asked for'),
    intended: count.describe('starts that were due'),
    achieved: count.describe('starts that happened'),
    heldBack: count.describe('starts that waited for the concurrency cap, or for a free user'),
    activeCalls: distribution,
    startRate: distribution,
  }),
  calls: callsSchema,
  signalling: signallingSchema,
  quality: z.strictObject({
    ...directionsShape,
    findings: z.array(findingSchema).default([]).describe('odd streams'),
  }),
  dtmf: dtmfSchema.nullable().default(null).describe('keys of the calls; null: none was pressed or expected'),
  transfers: transfersSchema
    .nullable()
    .default(null)
    .describe('transfers (REFER) that far sides asked for; null: none did'),
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
    mediaDscp: count
      .nullable()
      .default(null)
      .describe(
        'code point that RTP and RTCP packets carry, 0-63; null: not set, where native sockets are not to be had',
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
