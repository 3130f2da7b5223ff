/** One verdict over all figures: worse > inconclusive > better > same > unclear; a run that did not complete is no measure at all. */
import { findMetric } from '../metrics/names.js';
import { figureName, type ComparedFigure, type Comparison } from '../run/comparison.js';
import type { Result } from '../run/result.js';
import { spoilReason } from './trust.js';

const COMPLETE: ReadonlySet<Result['verdict']> = new Set(['pass', 'fail', 'inconclusive']);
const JUDGED: ReadonlySet<ComparedFigure['verdict']> = new Set(['better', 'same', 'unclear']);
const MAX_NAMED = 5;
/** A figure with fewer values in the baseline was hardly one. */
const MANY = 20;

export function overallVerdict(
  baseline: Result,
  result: Result,
  rows: readonly ComparedFigure[],
): Pick<Comparison, 'verdict' | 'reasons'> {
  const incomplete = [incompleteReason('baseline', baseline), incompleteReason('new run', result)];
  const broken = incomplete.filter((reason) => reason !== null);
  if (broken.length > 0) return { verdict: 'inconclusive', reasons: broken };
  const worse = namesOf(rows, 'worse');
  if (worse.length > 0) return { verdict: 'worse', reasons: [`worse: ${listed(worse)}`] };
  const doubts = doubtsOf(baseline, rows);
  if (doubts.length > 0) return { verdict: 'inconclusive', reasons: doubts };
  const better = namesOf(rows, 'better');
  if (better.length > 0) return { verdict: 'better', reasons: [`better: ${listed(better)}`, ...unclearReasons(rows)] };
  const isShown = rows.some(({ verdict }) => verdict === 'same');
  return { verdict: isShown ? 'same' : 'unclear', reasons: unclearReasons(rows) };
}

/** False: it was ended before it had measured what it should, so that it is no measure of anything. */
export function isComplete({ verdict }: Pick<Result, 'verdict'>): boolean {
  return COMPLETE.has(verdict);
}

function incompleteReason(which: string, run: Result): string | null {
  return isComplete(run) ? null : `the ${which} did not complete: ${run.verdict}`;
}

/** What a reader of "same" must not take for the same. */
function unclearReasons(rows: readonly ComparedFigure[]): string[] {
  const unclear = namesOf(rows, 'unclear');
  return unclear.length === 0
    ? []
    : [`unclear: ${listed(unclear)}: no difference is shown, and one that matters is not excluded`];
}

/**
 * Why "not worse" would say too much. A figure that the new run's generator spoiled and that shows nothing bad leaves nothing
 * open, for what spoils a figure makes it bad; one that does look worse, one that was spoiled in the baseline (so that
 * anything looks good beside it), and a figure that the new run no longer has, do.
 */
function doubtsOf(baseline: Result, rows: readonly ComparedFigure[]): string[] {
  if (rows.length === 0) return ['no figure was measured in either run'];
  if (!rows.some(({ verdict }) => JUDGED.has(verdict))) {
    const why = rows.find(({ reason }) => reason !== null)?.reason ?? 'none is in both runs';
    return [`no figure could be judged: ${why}`];
  }
  const suspicious = rows.filter((row) => row.verdict === 'untrusted' && looksWorse(row));
  const hidden = rows.filter((row) => row.verdict === 'untrusted' && !looksWorse(row) && isSpoiledIn(baseline, row));
  const lost = rows.filter(({ verdict, baselineSamples, resultSamples }) => {
    const isOpen = verdict === 'not-measured' || verdict === 'too-few';
    return isOpen && baselineSamples >= MANY && resultSamples < baselineSamples / 2;
  });
  return [
    ...suspicious
      .slice(0, 1)
      .map((row) => `${listed(suspicious.map(figureName))} got worse, but cannot be trusted: ${row.reason}`),
    ...hidden
      .slice(0, 1)
      .map(
        (row) => `${listed(hidden.map(figureName))} may have got worse unseen, and cannot be compared: ${row.reason}`,
      ),
    ...(lost.length === 0 ? [] : [`the new run has too few values of ${listed(lost.map(figureName))}`]),
  ];
}

function isSpoiledIn(run: Result, { metric: id, direction }: ComparedFigure): boolean {
  const metric = findMetric(id);
  return metric !== undefined && spoilReason(run, { metric, direction }) !== null;
}

function looksWorse({ difference, interval, threshold, better }: ComparedFigure): boolean {
  if (difference === null || interval === null) return false;
  return better === 'higher'
    ? difference <= -threshold && interval.high < 0
    : difference >= threshold && interval.low > 0;
}

function namesOf(rows: readonly ComparedFigure[], verdict: ComparedFigure['verdict']): string[] {
  return rows.filter((row) => row.verdict === verdict).map(figureName);
}

function listed(names: readonly string[]): string {
  const left = names.length - MAX_NAMED;
  const shown = names.slice(0, MAX_NAMED).join(', ');
  return left > 0 ? `${shown} and ${left} more` : shown;
}
