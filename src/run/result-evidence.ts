/** The part of `result.json` that tells of single calls: the worst ones, the failed ones, and their evidence. */
import { z } from 'zod';
import { addedNumber, count, nullableNumber } from './result-fields.js';

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
  spoiled: z
    .array(count)
    .max(120)
    .default([])
    .describe(
      'first seconds of the points that hold a second in which this host dropped datagrams: it is in no figure',
    ),
  spoiledScores: z
    .array(count)
    .max(120)
    .default([])
    .describe(
      'of those that hold one in which the score alone is left out, as the window that it covers holds such a second',
    ),
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

export const worstCallSchema = z.strictObject({
  call: count,
  callId: z.string(),
  endpoint: z.string(),
  startedAtMs: z.number().describe('ms since the start of the run'),
  outcome: z.string(),
  codec: z.string().nullable().default(null),
  srtp: z.string().nullable().default(null).describe('suite of the encrypted audio; null: it was in the clear'),
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
  calledLadder: ladderSchema
    .nullable()
    .default(null)
    .describe('those of the end that is called, where that is a user of ours, since the first message of the call'),
  evidence: z.string().nullable().default(null).describe('path of its file, relative to this one'),
  capture: z.string().nullable().default(null).describe('path of its captured packets; null: none were kept'),
  audio: z.string().nullable().default(null).describe('path of what it received, as WAV'),
});

/** The files of `evidence/`, and the failed calls by their causes. */
export const evidenceSchema = z.strictObject({
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
  captures: z
    .array(
      z.strictObject({
        call: count,
        path: z.string(),
        audio: z.string().nullable().describe('path of what was received, as WAV; null: no audio was kept'),
        why: z
          .enum(['sample', 'failed'])
          .describe(
            'sample: chosen at the start, whole; failed: headers of the last 2 s of a call that failed or heard nothing',
          ),
        packets: count.describe('RTP and RTCP'),
        isWhole: z.boolean().describe('false: the bound of a leg was reached'),
      }),
    )
    .default([])
    .describe('files of packets, pcapng'),
});

export type WorstCall = z.infer<typeof worstCallSchema>;
export type CallSeconds = NonNullable<z.infer<typeof stripSchema>>;
export type CallBreakdown = z.infer<typeof breakdownSchema>;
export type Ladder = z.infer<typeof ladderSchema>;
export type EvidenceBlock = z.infer<typeof evidenceSchema>;
