/** The score of every endpoint and direction over time: a strip each, the worst first to be seen, and a table twin. */
import { METRICS } from '../../metrics/names.js';
import type { ScoreScale } from '../../metrics/names.js';
import type { EndpointResult, Result } from '../../run/result.js';
import { whyNoAudio } from '../key-figures.js';
import { formatClock, formatCount, formatDuration, formatMos } from '../number-format.js';
import { SCALES, type Direction } from '../scores.js';
import { percent } from './chart/frame.js';
import { twinDetails } from './chart/figure.js';
import { HEAT_LEVELS, heatKey, heatStrip } from './chart/heat.js';
import type { HeatLevel, HeatRun } from './chart/heat.js';
import { timeAxis } from './chart/scale.js';
import { binWidth, spanSeconds } from './chart/time-bins.js';
import { html, networkText } from './markup.js';
import type { Markup } from './markup.js';
import { emptyNote } from './table.js';

const MOST_COLUMNS = 60;
const MOST_ROWS = 60;
/** On a phone the strips are half as wide as a chart. */
const MOST_INTERVALS = 3;
const TITLE = 'MOS-LQ of each endpoint over time';

interface HeatRow {
  readonly endpoint: string;
  readonly of: string;
  /** The lowest p5 of the seconds of each column; null where nothing is known. */
  readonly cells: readonly (number | null)[];
}

interface HeatGrid {
  readonly span: number;
  readonly width: number;
  readonly columns: number;
}

/** One row per endpoint, direction and scale that has a score in any second. */
export function endpointHeatmap(result: Result): Markup {
  const span = spanSeconds(result.seconds, result.durationMs);
  const width = binWidth(span, MOST_COLUMNS);
  const grid = { span, width, columns: Math.ceil(span / width) };
  const rows = result.endpoints.flatMap((endpoint) => rowsOf(endpoint, grid));
  if (rows.length === 0)
    return html`<h3>${TITLE}</h3>
      ${emptyNote(`No chart: ${reasonFor(result)}.`)}`;
  const shown = rows.slice(0, MOST_ROWS);
  const left = rows.length - shown.length;
  return html`<figure class="heatmap" data-span="${span}">
    <figcaption><strong>${TITLE}</strong> <span class="legend">${legend()}</span></figcaption>
    ${strips(shown, grid)}
    ${left > 0 ? emptyNote(`${formatCount(left)} more rows are in result.json.`) : ''}${twin(shown, grid)}
  </figure> `;
}

function reasonFor(result: Result): string {
  return result.quality.received === null && result.quality.sent === null
    ? whyNoAudio(result)
    : 'no endpoint has a score of its own in any second';
}

function rowsOf(endpoint: EndpointResult, grid: HeatGrid): HeatRow[] {
  const directions: readonly Direction[] = ['received', 'sent'];
  return directions.flatMap((direction) =>
    SCALES.flatMap((scale) => {
      const cells = cellsOf(endpoint, { direction, scale }, grid);
      const of = scale === 'wideband' ? `${direction}, wideband` : direction;
      return cells.every((cell) => cell === null) ? [] : [{ endpoint: endpoint.name, of, cells }];
    }),
  );
}

function cellsOf(
  { seconds }: EndpointResult,
  { direction, scale }: { direction: Direction; scale: ScoreScale },
  { width, columns }: HeatGrid,
): (number | null)[] {
  const cells: (number | null)[] = Array.from({ length: columns }, () => null);
  for (const second of seconds) {
    const p5 = second[direction]?.[scale === 'wideband' ? 'mosLqWb' : 'mosLq']?.p5;
    const column = Math.floor(second.second / width);
    if (p5 !== undefined && column < columns) cells[column] = Math.min(p5, cells[column] ?? p5);
  }
  return cells;
}

/** The bands of ITU-T G.109 that the metric catalogue has. */
function levelOf(mos: number): HeatLevel {
  const { good, warning, critical } = BANDS;
  if (mos >= good) return 'good';
  if (mos >= warning) return 'fair';
  return mos >= critical ? 'poor' : 'bad';
}

const BANDS = METRICS.find(({ id }) => id === 'mos_lq')?.bands ?? { good: 4.03, warning: 3.6, critical: 3.1 };

function legend(): Markup[] {
  const words: Readonly<Record<HeatLevel, string>> = {
    good: `good, from ${formatMos(BANDS.good)}`,
    fair: `fair, from ${formatMos(BANDS.warning)}`,
    poor: `poor, from ${formatMos(BANDS.critical)}`,
    bad: 'bad, below that',
  };
  return HEAT_LEVELS.map((level) => html`<span class="entry">${heatKey(level)} ${words[level]}</span> `);
}

function strips(rows: readonly HeatRow[], grid: HeatGrid): Markup {
  const each = grid.width === 1 ? 'second' : formatDuration(grid.width * 1000);
  const time = timeAxis(grid.span, MOST_INTERVALS);
  const ticks = time.ticks.map(
    ({ at, label }) =>
      html`<text x="${percent(at)}" y="12" text-anchor="${at === 0 ? 'start' : at > 0.96 ? 'end' : 'middle'}"
        >${label}</text
      >`,
  );
  return html`<table class="strips" width="100%">
    <caption>
      The lowest p5 of the legs in each ${each}; blank: no score
    </caption>
    <thead>
      <tr>
        <th scope="col">Endpoint</th>
        <th scope="col">Direction</th>
        <th scope="col" width="84%" aria-label="${time.label}">
          <svg width="100%" height="16" font-size="11" aria-hidden="true">
            <svg class="ticks" width="100%" overflow="visible" fill="currentColor">${ticks}</svg></svg
          >${time.label}
        </th>
        <th scope="col" align="right">Lowest</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map((row) => stripRow(row, grid.columns))}
    </tbody>
  </table> `;
}

function stripRow({ endpoint, of, cells }: HeatRow, columns: number): Markup {
  const known = cells.filter((cell) => cell !== null);
  const runs = runsOf(cells);
  return html`<tr>
    <th scope="row">${networkText(endpoint, 40)}</th>
    <td>${of}</td>
    <td>${heatStrip(runs, columns, summaryOf(known))}</td>
    <td align="right">${formatMos(Math.min(...known))}</td>
  </tr> `;
}

function summaryOf(known: readonly number[]): string {
  const counts = HEAT_LEVELS.map((level) => ({ level, count: known.filter((mos) => levelOf(mos) === level).length }));
  return counts
    .filter(({ count }) => count > 0)
    .map(({ level, count }) => `${level} in ${count} of ${known.length} columns`)
    .join(', ');
}

function runsOf(cells: readonly (number | null)[]): HeatRun[] {
  const runs: HeatRun[] = [];
  cells.forEach((mos, column) => {
    if (mos === null) return;
    const level = levelOf(mos);
    const last = runs.at(-1);
    if (last !== undefined && last.to === column && last.level === level) {
      runs[runs.length - 1] = { ...last, to: column + 1 };
    } else runs.push({ from: column, to: column + 1, level });
  });
  return runs;
}

function twin(rows: readonly HeatRow[], { width, columns, span }: HeatGrid): Markup {
  const nameOf = (column: number): string => {
    const from = column * width;
    return width === 1 ? formatClock(from) : `${formatClock(from)}–${formatClock(Math.min(span, from + width) - 1)}`;
  };
  return twinDetails(TITLE, {
    caption: `${TITLE}: the lowest p5 in each column; –: no score`,
    headers: ['Time', ...rows.map(({ endpoint, of }) => `${endpoint} ${of}`)],
    rows: Array.from({ length: columns }, (_, column) => [
      nameOf(column),
      ...rows.map(({ cells }) => {
        const mos = cells[column] ?? null;
        return mos === null ? '–' : `${formatMos(mos)} ${levelOf(mos)}`;
      }),
    ]),
  });
}
