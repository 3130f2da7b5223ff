/** A comparison in words, shared by the terminal and the HTML report. */
import type { ComparedFigure, Comparison } from '../run/comparison.js';
import { formatMargin, formatNumber, formatValue } from './number-format.js';
import type { Mark } from './verdict-mark.js';

const VERDICTS: Readonly<Record<Comparison['verdict'], Mark>> = {
  better: { symbol: '▲', word: 'BETTER', tone: 'good' },
  same: { symbol: '=', word: 'SAME', tone: 'good' },
  unclear: { symbol: '≈', word: 'UNCLEAR', tone: 'unsure' },
  worse: { symbol: '▼', word: 'WORSE', tone: 'bad' },
  inconclusive: { symbol: '◆', word: 'INCONCLUSIVE', tone: 'unsure' },
};

const FIGURES: Readonly<Record<ComparedFigure['verdict'], Mark>> = {
  better: { symbol: '▲', word: 'better', tone: 'good' },
  same: { symbol: '=', word: 'same', tone: 'good' },
  unclear: { symbol: '≈', word: 'unclear', tone: 'unsure' },
  worse: { symbol: '▼', word: 'worse', tone: 'bad' },
  untrusted: { symbol: '◆', word: 'untrusted', tone: 'unsure' },
  'too-few': { symbol: '–', word: 'too few', tone: 'unsure' },
  'not-measured': { symbol: '–', word: 'not measured', tone: 'unsure' },
};

export function comparisonMark(verdict: Comparison['verdict']): Mark {
  return VERDICTS[verdict];
}

export function comparedMark({ verdict, bounded }: ComparedFigure): Mark {
  // Results of earlier versions have no word of its own for it.
  return FIGURES[verdict === 'same' && !bounded ? 'unclear' : verdict];
}

/** The cells of a figure's numbers; `–` where nothing is known. */
export function comparedCells(
  row: ComparedFigure,
): Record<'baseline' | 'result' | 'difference' | 'interval' | 'matters', string> {
  const { unit, interval } = row;
  const of = (value: number | null, write: (value: number, unit: string) => string): string =>
    value === null ? '–' : write(value, unit);
  return {
    baseline: of(row.baseline, formatValue),
    result: of(row.result, formatValue),
    difference: of(row.difference, formatDifference),
    interval:
      interval === null ? '–' : `${formatDifference(interval.low, unit)} … ${formatDifference(interval.high, unit)}`,
    matters: formatDifference(row.threshold, unit).replace('+', '±'),
  };
}

/** With its sign. A difference of ratios is in percentage points, so that nobody reads it as a part of the baseline. */
export function formatDifference(value: number, unit: string): string {
  if (unit !== 'ratio') return formatMargin(value, unit);
  const points = formatNumber(Math.round(value * 1e8) / 1e6);
  return `${value > 0 ? '+' : ''}${points} pp`;
}

/** How the verdicts come about, in sentences that every rendering prints. */
export function methodSentences({ comparisons, source, resamples, confidence, falseAlarmRate }: Comparison): string[] {
  const judged = comparisons.filter(({ pValue }) => pValue !== null).length;
  const values = source === 'call-rows' ? 'the rows of the calls' : 'the histograms per call';
  const unclear = FIGURES.unclear;
  const isUnclear = comparisons.some((row) => comparedMark(row) === unclear);
  return [
    `Values of single calls from ${values}; intervals of ${confidence * 100} % by ${formatNumber(resamples)} resamples of whole calls.`,
    `Worse or better needs a difference of at least what matters, certain${judged === 1 ? '' : ` among all ${judged} figures`} (false alarms at most ${falseAlarmRate * 100} %).`,
    ...(isUnclear
      ? [
          `${unclear.symbol} ${unclear.word}: no difference is shown, but these calls are too few, or vary too much, to exclude one that matters.`,
        ]
      : []),
  ];
}

/** Both runs agree to the last digit, in this figure and in all its resamples. */
export function isUnchanged({ difference, interval }: ComparedFigure): boolean {
  return difference === 0 && interval !== null && interval.low === 0 && interval.high === 0;
}
