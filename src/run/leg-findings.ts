/**
 * What was odd about a leg's stream, from its totals alone: pure, one name each, with what it usually means. The
 * thresholds stand here with their reasons.
 */
import { LEG } from '../worker/messages.js';

/** An answered leg on which we sent and nothing came for longer than this is one-way: no pause of speech lasts so long without a packet. */
export const ONE_WAY_MS = 3000;
/** A call that is shorter says nothing about missing audio: its first packet may still have been on its way. */
const SHORTEST_JUDGED_MS = 1000;
/** Speech has pauses, but not for nine tenths of a call. */
const SILENT_RATIO = 0.9;
/** A caller who hears nothing for a second after the answer says hello again. */
const LATE_START_MS = 1000;
/** Quartz is within 100 ppm, so two of them are within 200: beyond it one clock is faulty, or not quartz at all. */
const CLOCK_SKEW_PPM = 200;
/** RFC 3550 §6.2, A.7: first reports after 3.1 s at most, then every 6.2 s at most; after 10 s one was due in any case. */
const RTCP_DUE_MS = 10_000;
/** The first report may come before our first packet; the second knows of our stream if it was heard. */
const REPORTS_DUE = 2;

export const FINDINGS = [
  'noMedia',
  'oneWay',
  'silentAudio',
  'wrongPayloadType',
  'otherSource',
  'sourceChanged',
  'lateStart',
  'reflected',
  'clockSkew',
  'earlyMedia',
  'onHold',
  'rtcpMissing',
  'sentUnreported',
  'srtpAuthFailures',
] as const;
export type Finding = (typeof FINDINGS)[number];

/** A finding and how much of it, in the unit that its text names; null where there is nothing to measure. */
export interface LegFinding {
  readonly finding: Finding;
  readonly value: number | null;
}

type Column = (column: number) => number;

/** The figure of a finding when the leg has it, else undefined. NaN fulfils no comparison: what is unknown is no finding. */
const RULES: Readonly<Record<Finding, (at: Column) => number | null | undefined>> = {
  noMedia: (at) => given(at(LEG.taken) === 0 && expectedAudio(at)),
  oneWay: (at) => given(isOneWayLeg(at)),
  silentAudio: (at) => above(at(LEG.taken) > 0 ? at(LEG.silentRatio) : Number.NaN, SILENT_RATIO),
  wrongPayloadType: (at) => above(at(LEG.wrongPayloadType), 1),
  otherSource: (at) => given(at(LEG.otherSource) === 1),
  sourceChanged: (at) => above(at(LEG.streams), 2),
  lateStart: (at) => (at(LEG.firstPacketMs) > LATE_START_MS ? at(LEG.firstPacketMs) : undefined),
  reflected: (at) => given(at(LEG.reflected) === 1),
  clockSkew: (at) => (Math.abs(at(LEG.clockSkewPpm)) > CLOCK_SKEW_PPM ? at(LEG.clockSkewPpm) : undefined),
  earlyMedia: (at) => above(at(LEG.earlyPackets), 1),
  onHold: (at) => above(at(LEG.holds), 1),
  rtcpMissing: (at) => given(at(LEG.rtcpReceived) === 0 && at(LEG.establishedForMs) >= RTCP_DUE_MS),
  sentUnreported: (at) =>
    given(
      at(LEG.rtcpReceived) >= REPORTS_DUE &&
        at(LEG.rtcpBlocks) === 0 &&
        at(LEG.sent) > 0 &&
        at(LEG.establishedForMs) >= RTCP_DUE_MS,
    ),
  srtpAuthFailures: (at) => above(at(LEG.srtpAuthFailures), 1),
};

/** All that is odd about the leg of this row (of the received direction), in the order of FINDINGS. */
export function legFindings(table: Float64Array, offset = 0): LegFinding[] {
  const at: Column = (column) => table[offset + column] ?? Number.NaN;
  return FINDINGS.flatMap((finding) => {
    const value = RULES[finding](at);
    return value === undefined ? [] : [{ finding, value }];
  });
}

/** An answered leg on which no RTP packet came, though some were due. */
export function isNoMedia(table: Float64Array, offset: number): boolean {
  return RULES.noMedia((column) => table[offset + column] ?? Number.NaN) === null;
}

/** We sent, and nothing came for more than 3 s, or never. */
export function isOneWay(table: Float64Array, offset: number): boolean {
  return RULES.oneWay((column) => table[offset + column] ?? Number.NaN) === null;
}

/** What it is and what it usually means; `worst` is the figure of the leg that has most of it. */
export function findingText(finding: Finding, worst: number | null): string {
  const figure = worst === null ? '' : FIGURES[finding]?.(worst);
  return figure === undefined || figure === '' ? MEANINGS[finding] : `${MEANINGS[finding]} Most: ${figure}.`;
}

const MEANINGS: Readonly<Record<Finding, string>> = {
  noMedia: 'No RTP packet came on an answered leg: usually NAT, a firewall, or a wrong address in the SDP.',
  oneWay: `We sent and nothing came for more than ${ONE_WAY_MS / 1000} s: usually NAT, a firewall, or a wrong address in the SDP.`,
  silentAudio: 'Packets came, but their audio was silence: usually a muted far end, or a wrong codec on the way.',
  wrongPayloadType:
    'RTP packets carried a payload type that was not negotiated: usually a far end that ignores the answer, or switched its codec.',
  otherSource:
    'The audio came from another address or port than the SDP named: usually NAT or a media relay; a strict firewall would block it.',
  sourceChanged:
    'The stream changed its source (SSRC) during the call: usually announcement, transfer or music on hold at the far end.',
  lateStart: `The first packet came more than ${LATE_START_MS / 1000} s after the answer: the first words are lost; usually a media relay or a transfer that is still being set up.`,
  reflected: 'What came back were our own packets (RTP echo): a round trip, so the figures hold both ways in one.',
  clockSkew: `The far end's audio clock differs from ours by more than ${CLOCK_SKEW_PPM} ppm: usually a virtual machine or a timer instead of a sound clock; long calls will click as buffers run over or dry.`,
  earlyMedia: 'Audio came before the answer: usually ringback or an announcement of the network.',
  onHold:
    'The far side put the call on hold: what came and what did not come meanwhile is in no figure; usually a transfer or a queue.',
  rtcpMissing: `No RTCP came from the far end in ${RTCP_DUE_MS / 1000} s or more: no round trip, no conversational score and nothing of the sent direction; usually it sends none, or its port (RTP + 1) is blocked.`,
  sentUnreported:
    'RTCP came from the far end, and no report of it was about our stream, so nothing is known of the sent direction: usually our audio does not arrive, or the far end hears it without reporting.',
  srtpAuthFailures:
    'SRTP packets of the far side were not authentic, and count as lost: usually a key that both sides understand differently, an old key of the far end, or packets that were changed on the way.',
};

const FIGURES: Readonly<Partial<Record<Finding, (worst: number) => string>>> = {
  silentAudio: (ratio) => `${(ratio * 100).toFixed(0)} % of the sampled packets`,
  wrongPayloadType: (packets) => `${packets} packets on a leg`,
  sourceChanged: (streams) => `${streams} sources on a leg`,
  lateStart: (ms) => `${(ms / 1000).toFixed(1)} s`,
  clockSkew: (ppm) => `${ppm > 0 ? '+' : '−'}${Math.abs(ppm).toFixed(0)} ppm`,
  earlyMedia: (packets) => `${packets} packets on a leg`,
  srtpAuthFailures: (packets) => `${packets} packets on a leg`,
  onHold: (times) => (times === 1 ? 'once on a leg' : `${times} times on a leg`),
};

function isOneWayLeg(at: Column): boolean {
  if (!(at(LEG.sent) > 0) || !expectedAudio(at)) {
    return false;
  }
  return at(LEG.taken) === 0 || at(LEG.longestSilenceMs) > ONE_WAY_MS;
}

/** Their SDP sends, and the call was long enough for a first packet to come; one that was held throughout owes none. */
function expectedAudio(at: Column): boolean {
  const wasHeldThroughout = at(LEG.holds) > 0 && at(LEG.expected) === 0;
  return at(LEG.expectsAudio) === 1 && at(LEG.establishedForMs) >= SHORTEST_JUDGED_MS && !wasHeldThroughout;
}

function given(holds: boolean): null | undefined {
  return holds ? null : undefined;
}

function above(value: number, limit: number): number | undefined {
  return value >= limit ? value : undefined;
}
