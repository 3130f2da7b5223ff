/** This run against an earlier one: every figure with its difference, worst first. */
import { figureName, type ComparedFigure, type ScenarioDifference } from '../../run/comparison.js';
import type { Result } from '../../run/result.js';
import { comparedCells, comparedMark, comparisonMark, isUnchanged, methodSentences } from '../comparison-words.js';
import { formatCount, formatUtc } from '../number-format.js';
import type { Mark } from '../verdict-mark.js';
import { intervalPlot } from './interval-plot.js';
import { html, networkText } from './markup.js';
import type { HtmlValue, Markup } from './markup.js';
import type { Section } from './section.js';
import { table } from './table.js';

type Baseline = NonNullable<Result['baseline']>;

const COLUMNS = [
  { header: 'Verdict' },
  { header: 'Figure' },
  { header: 'Baseline', numeric: true },
  { header: 'This run', numeric: true },
  { header: 'Difference', numeric: true },
  { header: '95 % interval', numeric: true },
  { header: '← worse · better →' },
  { header: 'Matters from', numeric: true },
  { header: 'Calls or legs', numeric: true },
  { header: 'Reason' },
];

/** Null where the run was compared with nothing. */
export function baselineSection({ baseline }: Result): Section | null {
  if (baseline === null) return null;
  return { id: 'baseline', title: 'Against the baseline', body: comparisonBody(baseline) };
}

function comparisonBody(baseline: Baseline): HtmlValue {
  const { verdict, reasons, baselineRun, comparisons, differences } = baseline;
  const moved = comparisons.filter((row) => !isUnchanged(row));
  const still = comparisons.filter(isUnchanged);
  return [
    html`<p>
      ${markOf(comparisonMark(verdict))} against ${networkText(baselineRun.name)} of ${formatUtc(baselineRun.startedAt)}
      (${networkText(baseline.file)}, verdict ${baselineRun.verdict}, version ${networkText(baselineRun.toolVersion)}).
      ${reasons.map((reason) => html`${networkText(reason)}. `)}
    </p> `,
    figureTable('Figures that differ, worst first', moved, 'No figure differs.'),
    still.length === 0
      ? ''
      : html`<details>
          <summary>${still.length} figures without any difference</summary>
          ${figureTable('Figures without any difference', still, '')}
        </details> `,
    differenceTable(differences),
    html`<p>${methodSentences(baseline).join(' ')} The band in each drawing is what does not matter.</p> `,
  ];
}

function figureTable(caption: string, rows: readonly ComparedFigure[], empty: string): Markup {
  return table({ caption, columns: COLUMNS, rows: rows.map(figureRow) }, empty);
}

function figureRow(row: ComparedFigure): HtmlValue[] {
  const cells = comparedCells(row);
  const words = `${figureName(row)}: ${comparedMark(row).word}, difference ${cells.difference}, ${cells.interval}`;
  return [
    markOf(comparedMark(row)),
    networkText(figureName(row)),
    cells.baseline,
    cells.result,
    cells.difference,
    cells.interval,
    intervalPlot(row, words) ?? '–',
    cells.matters,
    `${formatCount(row.baselineSamples)} / ${formatCount(row.resultSamples)}`,
    row.reason === null ? '' : networkText(row.reason),
  ];
}

function differenceTable(differences: readonly ScenarioDifference[]): HtmlValue {
  if (differences.length === 0) return '';
  const rows = differences.map(({ path, baseline, result, unlike }) => [
    networkText(path),
    baseline === null ? 'absent' : networkText(baseline),
    result === null ? 'absent' : networkText(result),
    unlike ? '◆ unlike' : 'may differ',
  ]);
  const columns = [{ header: 'Place' }, { header: 'Baseline' }, { header: 'This run' }, { header: 'Meaning' }];
  return table({ caption: 'What differs in what was asked', columns, rows });
}

function markOf({ symbol, word, tone }: Mark): Markup {
  return html`<span class="state ${tone}">${symbol} ${word}</span>`;
}
