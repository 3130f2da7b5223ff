/** The key figures of a run in words, shared by the HTML report and the summary on the terminal. */
import type { DirectionQuality, DistributionSummary, Result } from '../run/result.js';
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

type Percentile = 'min' | 'p1' | 'p5' | 'p50' | 'p95' | 'p99' | 'max' | 'mean';

/** The groups in reading order: outcome, calls, audio, setup. */
export function keyFigures(result: Result): KeyFigureGroup[] {
  return [
    { title: 'Calls', figures: callFigures(result) },
    { title: 'Outcome and load', figures: outcomeFigures(result) },
    { title: 'Audio received', figures: audioFigures(result) },
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

/** Lost packets of all expected ones; null before any was expected. */
export function totalLossRatio(quality: DirectionQuality | null): number | null {
  if (quality === null || quality.packets.expected === 0) return null;
  return quality.packets.lost / quality.packets.expected;
}

/** Why there is no figure of the received audio. */
export function whyNoAudio(result: Result): string {
  if (result.calls.attempted === 0) return 'no call was attempted';
  if (result.calls.answered === 0) return 'no call was answered';
  if (result.generator.netBackend === 'none') return 'the run was without audio';
  return result.quality.received === null ? 'no leg carried audio' : 'too little audio on this scale for a score';
}

/** Why there is no delay of the signalling. */
export function whyNoDelay(result: Result): string {
  return result.calls.attempted === 0 ? 'no call was attempted' : 'no call came that far';
}

function callFigures({ calls }: Result): KeyFigure[] {
  return [
    known('attempted', formatCount(calls.attempted)),
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

function audioFigures(result: Result): KeyFigure[] {
  const received = result.quality.received;
  const why = whyNoAudio(result);
  const loss = totalLossRatio(received);
  const mos = received?.mosLq ?? null;
  const jitter = received?.jitterMs ?? null;
  return [
    figure('MOS-LQ p50', percentileText(mos, 'p50'), why),
    figure('MOS-LQ p5', percentileText(mos, 'p5'), why),
    figure('MOS-LQ min', percentileText(mos, 'min'), why),
    figure('packet loss', loss === null ? null : formatRatio(loss), why),
    figure('discarded (late) p95', percentileText(received?.discardRatio ?? null, 'p95'), why),
    figure('jitter p50', percentileText(jitter, 'p50'), why),
    figure('jitter p95', percentileText(jitter, 'p95'), why),
  ];
}

function setupFigures(result: Result): KeyFigure[] {
  const { setupDelayMs, answerDelayMs, disconnectDelayMs } = result.signalling;
  const why = whyNoDelay(result);
  return [
    figure('setup (SRD) p50', percentileText(setupDelayMs, 'p50'), why),
    figure('setup (SRD) p95', percentileText(setupDelayMs, 'p95'), why),
    figure('answer p50', percentileText(answerDelayMs, 'p50'), why),
    figure('answer p95', percentileText(answerDelayMs, 'p95'), why),
    figure('disconnect (SDD) p50', percentileText(disconnectDelayMs, 'p50'), why),
    figure('disconnect (SDD) p95', percentileText(disconnectDelayMs, 'p95'), why),
  ];
}

function known(label: string, value: string): KeyFigure {
  return { label, value, why: '' };
}

function figure(label: string, value: string | null, why: string): KeyFigure {
  return { label, value, why };
}
