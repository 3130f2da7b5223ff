/** A finished analysis as what is printed of it. */
import { ANALYSIS_SCHEMA_VERSION, type AnalysedGate, type AnalysedStream, type Analysis } from './analysis.js';
import type { CaptureAnalysis } from './capture-analysis.js';
import type { RoundTrips } from './round-trips.js';
import type { RtpStream } from './rtp-stream.js';

export interface AnalysisFacts {
  readonly version: string;
  readonly file: string;
  readonly gates: readonly AnalysedGate[];
  readonly verdict: Analysis['verdict'];
}

/** After `end`. */
export function buildAnalysis(measured: CaptureAnalysis, facts: AnalysisFacts): Analysis {
  const { refused, calls, roundTrips, finder, startedAtSeconds, streams } = measured;
  return {
    schemaVersion: ANALYSIS_SCHEMA_VERSION,
    tool: { name: 'callgauge', version: facts.version },
    file: facts.file,
    format: measured.format ?? 'pcapng',
    damage: measured.damage,
    startedAt: startedAtSeconds === null ? null : isoOf(startedAtSeconds),
    durationMs: measured.durationMs,
    packets: {
      total: measured.packets,
      udp: measured.datagrams,
      rtp: finder.packets,
      rtcp: roundTrips.compounds,
      sip: calls.messages,
      fragments: refused.fragment,
      notUdp: refused['not-udp'],
      malformed: refused.malformed,
      otherLinkTypes: refused['link-type'],
      untimed: measured.untimed,
      cut: measured.cut,
      leftOut: finder.leftOut,
    },
    sipCalls: calls.count,
    sipMalformed: calls.malformed,
    rtcpMalformed: roundTrips.malformed,
    rtcpSealed: roundTrips.sealed,
    streams: streams.map((stream, index) =>
      streamBlock(stream, index + 1, roundTrips.of(stream.place.ssrc, stream.place.sourceAddress)),
    ),
    gates: [...facts.gates],
    verdict: facts.verdict,
  };
}

function streamBlock(stream: RtpStream, number: number, trips: Readonly<RoundTrips> | null): AnalysedStream {
  const { place, encoding, meter } = stream;
  const totals = meter?.totals;
  const isWideband = stream.impairment?.scale === 'wideband';
  const expected = totals?.expected ?? 0;
  const known = (value: number | undefined): number | null => numberOrNull(expected > 0 ? value : undefined);
  /** What the timestamps tell needs a known clock. */
  const timed = (value: number | undefined): number | null => (encoding === null ? null : known(value));
  return {
    stream: number,
    source: place.source,
    destination: place.destination,
    ssrc: place.ssrc.toString(16).toUpperCase().padStart(8, '0'),
    payloadType: stream.payloadType,
    codec: encoding?.name ?? null,
    clockRate: encoding?.clockRate ?? null,
    callId: stream.call?.callId ?? null,
    startedAtMs: stream.startedAtMs,
    endedAtMs: stream.lastAtMs,
    packets: stream.packets,
    earlyPackets: stream.early,
    wrongPayloadType: stream.wrongPayloadType,
    events: stream.events,
    comfortNoise: stream.comfortNoise,
    expected,
    received: totals?.received ?? 0,
    lost: totals?.lost ?? 0,
    lossRatio: known((totals?.lost ?? 0) / expected),
    discarded: timed(totals?.discarded),
    discardRatio: timed((totals?.discarded ?? 0) / expected),
    duplicate: totals?.duplicate ?? 0,
    reordered: totals?.reordered ?? 0,
    jitterMs: timed(totals?.jitterMs),
    jitterMaxMs: timed(totals?.jitterMaxMs),
    rFactor: known(totals?.rFactor),
    mosLq: isWideband ? null : known(totals?.mosLq),
    mosLqWb: isWideband ? known(totals?.mosLq) : null,
    mosLqNoPlc: known(totals?.mosLqNoPlc),
    impairment: impairmentBlock(stream),
    burstR: known(totals?.burstR),
    longestSilenceMs: known(totals?.longestSilenceMs),
    clockSkewPpm: timed(totals?.clockSkewPpm),
    receiverRttMs: trips === null ? null : rttBlock(trips),
    measuredSeconds: stream.measuredSeconds,
    badSeconds: {
      count: stream.badSecondCount,
      list: stream.badSeconds.map(({ jitterMs, mosLq, ...counts }) => ({
        ...counts,
        jitterMs: encoding === null ? null : numberOrNull(jitterMs),
        mosLq: isWideband ? null : numberOrNull(mosLq),
        mosLqWb: isWideband ? numberOrNull(mosLq) : null,
      })),
    },
  };
}

function rttBlock({ count, sumMs, minMs, maxMs }: Readonly<RoundTrips>): AnalysedStream['receiverRttMs'] {
  return { count, mean: sumMs / count, min: minMs, max: maxMs };
}

function impairmentBlock({ impairment }: RtpStream): AnalysedStream['impairment'] {
  if (impairment === undefined) return null;
  const { ie, bpl, scale, source, provisional } = impairment;
  return { ie, bpl, scale, source, provisional };
}

function numberOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value + 0 : null; // −0 would not survive JSON
}

/** Null beyond what a date can be: the file may say anything. */
function isoOf(seconds: number): string | null {
  const date = new Date(seconds * 1000);
  const year = date.getUTCFullYear();
  return year >= 0 && year <= 9999 ? date.toISOString() : null;
}
