/** The key figures of a run in words, shared by the HTML report and the summary on the terminal. */
import type { Result } from '../run/result.js';
import type { DistributionSummary } from '../run/result-fields.js';
import { scoresOf, type AnyQuality, type Direction } from './scores.js';
import { formatCount, formatRatio, formatValue } from './number-format.js';

/** One figure; `value` null means not measured, and `why` says why. */
export interface KeyFigure {
  readonly label: string;
  readonly value: string | null;
  readonly why: string;
}

export interface KeyFigureGroup {
  readonly title: string;
  readonly figures: readonly KeyFigure[];
}

const NO_RTCP = 'no RTCP from the far end';

export type Percentile = 'min' | 'p1' | 'p5' | 'p50' | 'p95' | 'p99' | 'max' | 'mean';

/** The groups in reading order: outcome, calls, audio of both directions, round trip, setup. */
export function keyFigures(result: Result): KeyFigureGroup[] {
  return [
    { title: 'Calls', figures: callFigures(result) },
    { title: 'Outcome and load', figures: outcomeFigures(result) },
    { title: 'Audio received', figures: audioFigures(result, 'received') },
    { title: 'Audio sent', figures: audioFigures(result, 'sent') },
    { title: 'Round trip', figures: roundTripFigures(result) },
    { title: 'Call setup', figures: setupFigures(result) },
  ];
}

/** The one reason why a whole group was not measured; null when some of it was. */
export function sharedReason(figures: readonly KeyFigure[]): string | null {
  const [first] = figures;
  if (first === undefined || figures.some(({ value, why }) => value !== null || why !== first.why)) return null;
  return first.why;
}

/** `value` of a distribution in its unit, or null where nothing is known. */
export function percentileText(distribution: DistributionSummary | null, percentile: Percentile): string | null {
  return distribution === null ? null : formatValue(distribution[percentile], distribution.unit);
}

/** Lost packets of all expected ones; null before any was expected, or where nobody tells. */
export function totalLossRatio(quality: Pick<AnyQuality, 'packets'> | null): number | null {
  const { expected, lost } = quality?.packets ?? { expected: null, lost: null };
  return expected === null || expected === 0 || lost === null ? null : lost / expected;
}

/** Legs that used any codec. */
export function totalLegs({ endpoints }: Result): number {
  return endpoints.reduce((sum, { codecs }) => sum + codecs.reduce((legs, codec) => legs + codec.legs, 0), 0);
}

/** Round trips of the audio; both directions have the same one, whichever holds it. */
export function roundTrip({ received, sent }: Result['endpoints'][number]['quality']): DistributionSummary | null {
  return received?.rttMs ?? sent?.rttMs ?? null;
}

/** Calls that a crash took were started, yet none of them has a record. */
function whyNoCall({ load }: Result): string {
  return load.achieved === 0 ? 'no call was attempted' : 'no call has ended, so none has a record';
}

/** Why there is no figure of the received audio. */
export function whyNoAudio(result: Result): string {
  if (result.calls.attempted === 0) return whyNoCall(result);
  if (result.calls.answered === 0) return 'no call was answered';
  if (result.generator.netBackend === 'none') return 'the run was without audio';
  if (result.quality.received === null) return 'no leg carried audio';
  return hasScores(result) ? 'too little audio on this scale for a score' : NO_SCORE;
}

const NO_SCORE = 'no values of the codec are known for the E-model';

/** The legs had a codec that can be scored. */
function hasScores({ method }: Result): boolean {
  return method.codecs.length > 0;
}

/** Why there is no figure of what the far end received. */
export function whyNoSent(result: Result): string {
  if (result.quality.received === null) return whyNoAudio(result);
  return result.quality.sent === null ? NO_RTCP : 'the reports of the far end do not tell it';
}

/** Why there is no round trip of the audio, and so no conversational score. */
export function whyNoRoundTrip(result: Result): string {
  if (result.quality.received === null) return whyNoAudio(result);
  return (result.quality.sent?.legs.rtcp ?? 0) === 0 ? NO_RTCP : 'the RTCP of the far end told no round trip';
}

/** Why there is no delay of the signalling. */
export function whyNoDelay(result: Result): string {
  return result.calls.attempted === 0 ? whyNoCall(result) : 'no call came that far';
}

/** Calls that have begun and of which nothing more is known: a thread or the whole run ended before they did. */
export function callsWithoutRecord({ calls, load, lost }: Result): number {
  return Math.max(lost.calls.count, load.achieved - calls.attempted);
}

/** Calls without a record are then such as have not ended yet. */
export function isUnderWay({ verdict }: Result): boolean {
  return verdict === 'in-progress';
}

function callFigures(result: Result): KeyFigure[] {
  const { calls } = result;
  const begun = callsWithoutRecord(result);
  return [
    known('attempted', formatCount(calls.attempted)),
    ...(begun === 0 ? [] : [known(isUnderWay(result) ? 'still going on' : 'begun, no record', formatCount(begun))]),
    known('answered', formatCount(calls.answered)),
    known('completed', formatCount(calls.completed)),
    known('failed', formatCount(calls.failed)),
    known('dropped', formatCount(calls.dropped)),
    known('cut at the end', formatCount(calls.cut)),
    known('not started', formatCount(calls.notStarted)),
  ];
}

function outcomeFigures(result: Result): KeyFigure[] {
  const { calls, load, signalling } = result;
  const success = signalling.successRatio;
  return [
    figure('success', success === null ? null : formatRatio(success), whyNoDelay(result)),
    known('one-way audio', formatCount(calls.oneWay)),
    known('no audio at all', formatCount(calls.noMedia)),
    known('peak concurrent', formatCount(calls.peakConcurrent)),
    known('starts due', formatCount(load.intended)),
    known('starts made', formatCount(load.achieved)),
    known('held back by the cap', formatCount(load.heldBack)),
  ];
}

function audioFigures(result: Result, direction: Direction): KeyFigure[] {
  const quality = result.quality[direction];
  const why = direction === 'received' ? whyNoAudio(result) : whyNoSent(result);
  const loss = totalLossRatio(quality);
  const jitter = quality?.jitterMs ?? null;
  const floor = direction === 'received' ? (result.generator.floor?.jitterMs ?? null) : null;
  const whyNoScore = quality === null || hasScores(result) ? why : NO_SCORE;
  const scores = scoresOf(quality, 'lq').flatMap(({ label, summary }) =>
    (['p50', 'p5', 'min'] as const).map((stat) =>
      figure(`${label} ${stat}`, percentileText(summary, stat), whyNoScore),
    ),
  );
  return [
    ...scores,
    figure('packet loss', loss === null ? null : formatRatio(loss), why),
    figure('discarded (late) p95', percentileText(quality?.discardRatio ?? null, 'p95'), why),
    figure('jitter p50', percentileText(jitter, 'p50'), why),
    figure('jitter p95', percentileText(jitter, 'p95'), why),
    ...(floor === null ? [] : [known('jitter p95 of this host alone', percentileText(floor, 'p95') ?? '')]),
  ];
}

function roundTripFigures(result: Result): KeyFigure[] {
  const rtt = roundTrip(result.quality);
  const received = result.quality.received;
  const delay = received?.mouthToEarMs ?? null;
  const why = whyNoRoundTrip(result);
  const whyNoScore = rtt === null || hasScores(result) ? why : NO_SCORE;
  const scores = scoresOf(received, 'cq').map(({ label, summary }) =>
    figure(`${label} p5`, percentileText(summary, 'p5'), whyNoScore),
  );
  return [
    figure('RTT p50', percentileText(rtt, 'p50'), why),
    figure('RTT p95', percentileText(rtt, 'p95'), why),
    figure('mouth to ear p95', percentileText(delay, 'p95'), whyNoScore),
    ...scores,
  ];
}

function setupFigures(result: Result): KeyFigure[] {
  const { setupDelayMs, answerDelayMs, disconnectDelayMs, signallingRttMs, registrationDelayMs } = result.signalling;
  const why = whyNoDelay(result);
  const sipRtt = percentileText(signallingRttMs, 'p95');
  const registration = percentileText(registrationDelayMs, 'p95');
  return [
    figure('setup (SRD) p50', percentileText(setupDelayMs, 'p50'), why),
    figure('setup (SRD) p95', percentileText(setupDelayMs, 'p95'), why),
    figure('answer p50', percentileText(answerDelayMs, 'p50'), why),
    figure('answer p95', percentileText(answerDelayMs, 'p95'), why),
    figure('disconnect (SDD) p50', percentileText(disconnectDelayMs, 'p50'), why),
    figure('disconnect (SDD) p95', percentileText(disconnectDelayMs, 'p95'), why),
    ...(sipRtt === null ? [] : [known('SIP round trip p95', sipRtt)]),
    ...(registration === null ? [] : [known('registration (RRD) p95', registration)]),
  ];
}

function known(label: string, value: string): KeyFigure {
  return { label, value, why: '' };
}

function figure(label: string, value: string | null, why: string): KeyFigure {
  return { label, value, why };
}
