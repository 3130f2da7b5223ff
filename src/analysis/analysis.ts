/** What `callgauge analyze --json` prints: the figures of the RTP streams of a capture. Additive only; unknown is null. */
import { z } from 'zod';

export const ANALYSIS_SCHEMA_VERSION = 1;

const count = z.int().nonnegative();
const figure = z.number().nullable();

const badSecondSchema = z.strictObject({
  second: count.describe('since the first packet of the capture'),
  expected: count,
  lost: count,
  discarded: count,
  jitterMs: figure,
  mosLq: figure.describe('over the trailing 5 s; narrowband codec only'),
  mosLqWb: figure.describe('wideband codec only'),
});

const streamSchema = z.strictObject({
  stream: count.describe('from 1, in the order of their first packets'),
  source: z.string().describe('address:port'),
  destination: z.string(),
  ssrc: z.string().describe('8 hexadecimal digits'),
  payloadType: count,
  codec: z.string().nullable().describe('encoding name; null: nobody says what the payload type is'),
  clockRate: count.nullable().describe('Hz'),
  callId: z.string().nullable().describe('of the SIP call whose SDP names an end of it; null: none was captured'),
  startedAtMs: z.number().describe('first packet, since the first one of the capture'),
  endedAtMs: z.number().describe('last packet'),
  packets: count.describe('RTP packets of it, measured or not'),
  earlyPackets: count.describe(
    'before the answer of its call: not measured, as in a live call, unless no answer is in the capture',
  ),
  wrongPayloadType: count.describe('of a payload type that its SDP does not name: not measured'),
  events: count.describe('telephone events (RFC 4733)'),
  comfortNoise: count,
  expected: count,
  received: count,
  lost: count,
  lossRatio: figure,
  discarded: count.nullable().describe('too late for the jitter buffer; null: the clock is not known'),
  discardRatio: figure,
  duplicate: count,
  reordered: count,
  jitterMs: figure.describe('mean of the estimate of RFC 3550 over the packets'),
  jitterMaxMs: figure,
  rFactor: figure,
  mosLq: figure.describe('of the whole stream, narrowband codec only'),
  mosLqWb: figure.describe('wideband codec only'),
  mosLqNoPlc: figure.describe('without concealment of lost packets'),
  impairment: z
    .strictObject({
      ie: z.number(),
      bpl: z.number(),
      scale: z.enum(['narrowband', 'wideband']),
      source: z.string(),
      provisional: z.boolean().describe('true where ITU-T published no value, or not for this codec'),
    })
    .nullable()
    .default(null)
    .describe('what the codec costs in the E-model; null: nobody knows, so there is no score'),
  burstR: figure,
  longestSilenceMs: figure.describe('without any packet, while packets were expected'),
  clockSkewPpm: figure,
  receiverRttMs: z
    .strictObject({ count, mean: z.number(), min: z.number(), max: z.number() })
    .nullable()
    .describe('by RTCP: from the place of the capture to the receiver of the stream and back'),
  measuredSeconds: count,
  badSeconds: z.strictObject({
    count: count.describe('with loss, discards, or a MOS below 3.6'),
    list: z.array(badSecondSchema).max(200).describe('the first of them'),
  }),
});

const gateSchema = z.strictObject({
  expr: z.string(),
  state: z.enum(['pass', 'fail', 'untrusted', 'no-data', 'not-evaluated']),
  observed: figure,
  limit: z.number(),
  unit: z.string(),
  margin: figure,
  samples: count,
  reason: z.string().nullable(),
});

export const analysisSchema = z.strictObject({
  schemaVersion: z.literal(ANALYSIS_SCHEMA_VERSION),
  tool: z.strictObject({ name: z.literal('callgauge'), version: z.string() }),
  file: z.string().describe('as it was given'),
  format: z.enum(['pcap', 'pcapng']),
  damage: z.string().nullable().describe('why the file was not read to its end; null: it was'),
  startedAt: z.iso.datetime().nullable().describe('first packet'),
  durationMs: z.number().nonnegative(),
  packets: z.strictObject({
    total: count,
    udp: count,
    rtp: count.describe('in streams'),
    rtcp: count,
    sip: count.describe('messages over UDP'),
    fragments: count.describe('of IP: left out, since they are not put together'),
    notUdp: count,
    malformed: count.describe('headers that are cut or contradict themselves'),
    otherLinkTypes: count.describe('of a link type that is not read'),
    untimed: count.describe('left out: the file gives them no time'),
    cut: count.describe('captured in part'),
    leftOut: count.describe('beyond 5000 streams or 65536 flows'),
  }),
  sipCalls: count,
  sipMalformed: count,
  rtcpMalformed: count,
  rtcpSealed: count.default(0).describe('SRTCP: encrypted, so that nothing but its being there is known'),
  streams: z.array(streamSchema),
  gates: z.array(gateSchema),
  verdict: z.enum(['pass', 'fail', 'inconclusive']).nullable().describe('of the gates; null: none were given'),
});

export type Analysis = z.infer<typeof analysisSchema>;
export type AnalysedStream = Analysis['streams'][number];
export type AnalysedGate = Analysis['gates'][number];
