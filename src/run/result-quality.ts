/** The part of `result.json` that tells of audio: by second, by direction, by call. */
import { z } from 'zod';
import { addedDistribution, count, distribution, nullableNumber } from './result-fields.js';

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
    srtpAuthFailures: count
      .nullable()
      .default(null)
      .describe('SRTP and SRTCP packets that were not authentic, measured as lost; null: no leg was SRTP'),
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

/** What users of ours received as the ones who were called. */
export const calledLegsSchema = sentQualitySchema
  .pick({ perCall: true, packets: true })
  .extend({ legs: count.describe('called legs that told what they received') });
export type CalledLegs = z.infer<typeof calledLegsSchema>;

export const findingSchema = z.strictObject({
  finding: z.string().describe('stable id, e.g. noMedia, silentAudio, clockSkew'),
  legs: count,
  example: count.describe('number of a call that had it'),
  text: z.string().describe('what it is and what it usually means'),
});
export type ResultFinding = z.infer<typeof findingSchema>;

/** One value a leg, from the newest block that came; null where the far end says "unavailable". */
export const farEndXrSchema = z.strictObject({
  legs: count.describe('legs whose far end sent VoIP metrics'),
  lossRatio: distribution,
  discardRatio: distribution,
  burstDensity: distribution,
  gapDensity: distribution,
  burstMs: distribution,
  gapMs: distribution,
  roundTripMs: distribution,
  endSystemDelayMs: distribution.describe('jitter buffer, codec and packet time of the far end'),
  rFactor: distribution.describe('0-100, with the delay'),
  mosLq: distribution.describe('on the scale that the far end has chosen'),
  mosCq: distribution,
  jitterBufferMs: distribution.describe('nominal'),
  jitterBufferMaxMs: distribution,
});
export type FarEndXr = z.infer<typeof farEndXrSchema>;

export const directionsShape = {
  received: directionQualitySchema.nullable(),
  sent: sentQualitySchema.nullable().default(null).describe('null: no far end reported'),
  farEndXr: farEndXrSchema
    .nullable()
    .default(null)
    .describe(
      'as told by the far end of the audio that we sent, in VoIP metrics of RTCP-XR (RFC 3611 §4.7): not measured by us; null: it told nothing',
    ),
};
