/** `callgauge compare` on stdout: verdict, both runs, what differs in what was asked, and one line per figure, in the order of the comparison. */
import { figureName, type ComparedFigure, type Comparison, type ScenarioDifference } from '../run/comparison.js';
import type { Result } from '../run/result.js';
import { comparedCells, comparedMark, comparisonMark, isUnchanged, methodSentences } from './comparison-words.js';
import { formatUtc } from './number-format.js';
import { wrapLine } from './text-wrap.js';
import type { Mark, Tone } from './verdict-mark.js';
import { clipText, escapeTerminal } from './visible-text.js';

export interface ComparisonTextOptions {
  /** Colours verdicts by ANSI codes; without it the text holds no escape code. */
  readonly color: boolean;
}

const HEADINGS = ['', 'figure', 'baseline', 'new', 'difference', '95 % interval', 'matters'];
const NUMERIC_FROM = 2;
const VALUE_LIMIT = 60;
const MAX_MOVED = 5;
const CODES: Readonly<Record<Tone, string>> = { good: '32', bad: '31', unsure: '33' };

/** Ends with a newline; text of the scenarios cannot reach the terminal raw. */
export function renderComparison(comparison: Comparison, { color }: ComparisonTextOptions): string {
  const blocks = [
    headLines(comparison, color),
    differenceLines(comparison.differences),
    figureLines(comparison.comparisons, color),
    methodSentences(comparison).flatMap((sentence) => wrapLine(sentence, '')),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** The block of a run's summary: the verdict against its baseline and the figures that got worse or better; the report has all. */
export function baselineLines(baseline: Result['baseline'], color: boolean): string[] {
  if (baseline === null) return [];
  const { verdict, reasons, baselineRun, comparisons, file } = baseline;
  const about = `against ${baselineRun.name}, ${formatUtc(baselineRun.startedAt)} (${file})`;
  const moved = comparisons.filter((row) => row.verdict === 'worse' || row.verdict === 'better');
  return [
    'Baseline',
    ...wrapLine(`${wordsOf(comparisonMark(verdict))} ${escapeTerminal(about)}`, '  ', 2).map((line) =>
      line.replace(wordsOf(comparisonMark(verdict)), painted(comparisonMark(verdict), color)),
    ),
    // Of what got worse or better the figures themselves follow.
    ...(verdict === 'worse' || verdict === 'better'
      ? []
      : reasons.flatMap((reason) => wrapLine(`- ${escapeTerminal(reason)}`, '  ', 2))),
    ...moved.slice(0, MAX_MOVED).flatMap((row) => wrapLine(movedText(row), '  ', 2)),
    ...(moved.length > MAX_MOVED ? [`  ${moved.length - MAX_MOVED} more in the report`] : []),
  ];
}

function movedText(row: ComparedFigure): string {
  const { baseline, result, difference, interval } = comparedCells(row);
  const name = escapeTerminal(clipText(figureName(row), VALUE_LIMIT));
  return `${wordsOf(comparedMark(row))}  ${name}: ${baseline} → ${result}, ${difference} (${interval})`;
}

function headLines({ verdict, reasons, baselineRun, resultRun }: Comparison, color: boolean): string[] {
  return [
    painted(comparisonMark(verdict), color),
    ...reasons.flatMap((reason) => wrapLine(`- ${escapeTerminal(reason)}`, '  ', 2)),
    runLine('baseline', baselineRun),
    runLine('new run', resultRun),
  ];
}

function runLine(which: string, { name, startedAt, verdict, toolVersion }: Comparison['resultRun']): string {
  return `  ${which}  ${escapeTerminal(name)}, ${formatUtc(startedAt)}, ${verdict}, version ${escapeTerminal(toolVersion)}`;
}

function differenceLines(differences: readonly ScenarioDifference[]): string[] {
  if (differences.length === 0) return [];
  return ['What differs in what was asked', ...differences.flatMap(differenceLine)];
}

function differenceLine({ path, baseline, result, unlike }: ScenarioDifference): string[] {
  const text = `${path}: ${baseline ?? 'absent'} → ${result ?? 'absent'}${unlike ? ' (unlike)' : ''}`;
  return wrapLine(escapeTerminal(clipText(text, VALUE_LIMIT * 3)), '  ', 2);
}

function figureLines(rows: readonly ComparedFigure[], color: boolean): string[] {
  if (rows.length === 0) return ['No figure was measured in either run.'];
  const moved = rows.filter((row) => !isUnchanged(row));
  const cells = moved.map(cellsOf);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => Array.from(row[column] ?? '').length)),
  );
  const lines = moved.flatMap((row, index) => {
    const [verdict = '', ...rest] = aligned(cells[index] ?? [], widths);
    const words = wordsOf(comparedMark(row));
    const shown = verdict.replace(words, painted(comparedMark(row), color));
    return [`  ${[shown, ...rest].join('  ')}`.trimEnd(), ...reasonLines(row, moved[index + 1])];
  });
  const head = moved.length === 0 ? [] : [`  ${aligned(HEADINGS, widths).join('  ')}`.trimEnd()];
  return [...head, ...lines, ...unchangedLines(rows.filter(isUnchanged))];
}

/** Under a figure that was not judged stands why, once for those that follow with the same reason. */
function reasonLines({ reason }: ComparedFigure, next: ComparedFigure | undefined): string[] {
  return reason === null || reason === next?.reason ? [] : wrapLine(escapeTerminal(reason), '      ');
}

/** Most figures of a good target: in one sentence, so that the others are seen. */
function unchangedLines(rows: readonly ComparedFigure[]): string[] {
  const groups = [
    { title: 'no difference at all', rows: rows.filter(({ reason }) => reason === null) },
    { title: 'no difference at all, but untrusted', rows: rows.filter(({ reason }) => reason !== null) },
  ];
  return groups
    .filter((group) => group.rows.length > 0)
    .flatMap((group) =>
      wrapLine(escapeTerminal(`= ${group.title}: ${group.rows.map(figureName).join(', ')}`), '  ', 2),
    );
}

function cellsOf(row: ComparedFigure): string[] {
  const { baseline, result, difference, interval, matters } = comparedCells(row);
  const name = clipText(escapeTerminal(figureName(row)), VALUE_LIMIT);
  return [wordsOf(comparedMark(row)), name, baseline, result, difference, interval, matters];
}

function aligned(cells: readonly string[], widths: readonly number[]): string[] {
  return cells.map((cell, column) => {
    const padding = ' '.repeat(Math.max(0, (widths[column] ?? 0) - Array.from(cell).length));
    return column >= NUMERIC_FROM ? padding + cell : cell + padding;
  });
}

function painted(mark: Mark, color: boolean): string {
  return color ? `\u001B[1;${CODES[mark.tone]}m${wordsOf(mark)}\u001B[0m` : wordsOf(mark);
}

function wordsOf({ symbol, word }: Mark): string {
  return `${symbol} ${word}`;
}
