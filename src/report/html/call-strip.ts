/**
 * The seconds of one call as a small drawing: MOS upward, lost and late packets downward, one row a direction. Height tells
 * what colour tells; the whole table is in the call's evidence file.
 */
import type { CallSeconds, WorstCall } from '../../run/result-evidence.js';
import { formatClock, formatMos, formatRatio } from '../number-format.js';
import { html, type HtmlValue, type Markup } from './markup.js';

const LEFT = 56;
const WIDTH = 420;
/** More would be narrower than an eye can tell, and a report has twenty rows of them. */
const MOST_COLUMNS = 40;
const MOS_HEIGHT = 26;
const LOSS_HEIGHT = 12;
/** Heights go in such steps: what differs by less is drawn alike, and costs nothing. */
const MOS_STEP = 2;
const LOSS_STEP = 3;
const ROW_HEIGHT = MOS_HEIGHT + LOSS_HEIGHT + 6;
const AXIS_HEIGHT = 15;
/** Below it many people are dissatisfied (G.107 Table B.1: R 70). */
export const POOR_MOS = 3.6;
/** Share of bad packets that fills its lane. */
export const FULL_LOSS_RATIO = 0.2;
/** A far end reports every few seconds, and each report covers the time since the one before. */
const REPORT_SECONDS = 10;
const MOST_RUNS = 2;
const SPOILED_MOST = ['all', 'scores'] as const;
/** Of the strokes that mark what this host spoiled. */
const HATCH_GAP = 5;
const HATCH_LEAN = 4;

interface Column {
  readonly mos: number | null;
  readonly badRatio: number | null;
  /** What this host spoiled of it by its own drops. */
  readonly spoiled: 'nothing' | 'scores' | 'all';
}

/** Both directions under each other; null where no second is known. */
export function callStrip({ seconds }: WorstCall): Markup | null {
  const rows = rowsOf(seconds);
  if (rows.length === 0) {
    return null;
  }
  const firstSecond = Math.min(...rows.map(({ strip }) => strip.points[0]?.second ?? 0));
  const lastSecond = Math.max(...rows.map(({ strip }) => strip.points.at(-1)?.second ?? 0));
  const finest = Math.max(...rows.map(({ strip }) => strip.binSeconds));
  const span = lastSecond - firstSecond + finest;
  const binSeconds = finest * Math.ceil(span / finest / MOST_COLUMNS);
  const count = Math.ceil(span / binSeconds);
  const unit = Math.floor(WIDTH / count);
  const drawings = rows.map(({ strip, direction }, index) => {
    const columns = columnsOf(strip, { firstSecond, binSeconds, count, isReported: direction === 'sent' });
    return row(columns, unit, { top: index * ROW_HEIGHT, direction });
  });
  const base = rows.length * ROW_HEIGHT + AXIS_HEIGHT;
  const [from, to] = [formatClock(firstSecond), formatClock(firstSecond + span)];
  const limits = rows.map(
    (_, index) => `M${LEFT} ${index * ROW_HEIGHT + MOS_HEIGHT - heightAt(POOR_MOS)}h${count * unit}`,
  );
  return html`<svg
    class="strip"
    role="img"
    width="${LEFT + WIDTH}"
    height="${base}"
    viewBox="0 0 ${LEFT + WIDTH} ${base}"
    font-size="11"
    fill="currentColor"
  >
    <title>MOS and loss of ${rows.map(({ direction }) => direction).join(' and ')} audio, ${from} to ${to}</title>
    ${drawings}
    <path stroke="currentColor" stroke-dasharray="2 3" d="${limits.join('')}" />
    <text x="${LEFT}" y="${base - 4}">${from}</text>
    <text x="${LEFT + count * unit}" y="${base - 4}" text-anchor="end">${to}</text>
  </svg> `;
}

/** The twin of the drawing in words: the stretches in which a direction was worst. */
export function stripWords({ seconds }: WorstCall): string[] {
  return rowsOf(seconds).map(({ strip, direction }) => {
    const name = `${direction === 'sent' ? 'Sent' : 'Received'}${strip.binSeconds === 1 ? '' : `, each ${strip.binSeconds} s`}`;
    const bad = badRuns(strip);
    const left = bad.length - MOST_RUNS;
    const rest = left > 0 ? `; ${left} more ${left === 1 ? 'stretch' : 'stretches'}` : '';
    const words = bad.length === 0 ? 'no bad stretch' : bad.slice(0, MOST_RUNS).map(runWords).join('; ') + rest;
    return `${name}: ${words}${spoiledWords(strip)}`;
  });
}

function rowsOf(seconds: WorstCall['seconds']): { direction: 'received' | 'sent'; strip: CallSeconds }[] {
  return (['received', 'sent'] as const).flatMap((direction) => {
    const strip = seconds?.[direction] ?? null;
    return strip === null || strip.points.length === 0 ? [] : [{ direction, strip }];
  });
}

interface Frame {
  readonly firstSecond: number;
  readonly binSeconds: number;
  readonly count: number;
  readonly isReported: boolean;
}

function columnsOf(strip: CallSeconds, { firstSecond, binSeconds, count, isReported }: Frame): (Column | null)[] {
  const columns: (Column | null)[] = Array.from({ length: count }, () => null);
  let before = -1;
  for (const point of strip.points) {
    const at = Math.floor((point.second - firstSecond) / binSeconds);
    const column = { mos: point.mosLq ?? point.mosLqWb, badRatio: badRatioOf(point), spoiled: spoilOf(strip, point) };
    const from = isReported && at - before <= REPORT_SECONDS ? before + 1 : at;
    for (let index = Math.min(from, at); index <= at && index < count; index++) {
      columns[index] = worse(columns[index] ?? null, column);
    }
    before = at;
  }
  return columns;
}

function badRatioOf({ lossRatio, discardRatio }: CallSeconds['points'][number]): number | null {
  return lossRatio === null ? null : lossRatio + (discardRatio ?? 0);
}

function spoilOf({ spoiled, spoiledScores }: CallSeconds, { second }: { readonly second: number }): Column['spoiled'] {
  if (spoiled.includes(second)) return 'all';
  return spoiledScores.includes(second) ? 'scores' : 'nothing';
}

/** Whether any of the strips has a second that this host spoiled. */
export function hasSpoiled({ seconds }: WorstCall): boolean {
  return rowsOf(seconds).some(({ strip }) => strip.spoiled.length + strip.spoiledScores.length > 0);
}

function worse(one: Column | null, other: Column): Column {
  return one === null
    ? other
    : {
        mos: least(one.mos, other.mos),
        badRatio: least(one.badRatio, other.badRatio, Math.max),
        spoiled: SPOILED_MOST.find((what) => what === one.spoiled || what === other.spoiled) ?? 'nothing',
      };
}

function least(one: number | null, other: number | null, pick: typeof Math.min = Math.min): number | null {
  return one === null || other === null ? (one ?? other) : pick(one, other);
}

function row(
  columns: readonly (Column | null)[],
  unit: number,
  { top, direction }: { readonly top: number; readonly direction: string },
): Markup {
  const base = top + MOS_HEIGHT;
  const mos = columns.map((column) => heightOf(column?.mos ?? null));
  const bad = columns.map((column) => lossHeight(column?.badRatio ?? null));
  return html`<text y="${base}">${direction}</text>${[
      area(html`class="bar" fill="#3d85c6"`, steps(mos, unit, base, -1)),
      area(html`class="bad"`, steps(bad, unit, base + 1, 1)),
      area(html`class="alarm" stroke="#d9534f" stroke-width="4"`, poorRuns(columns, unit, base - 2)),
      area(html`stroke="currentColor" stroke-opacity=".75"`, hatches(columns, unit, base)),
    ]}`;
}

/** A line under the columns that are poor. */
function poorRuns(columns: readonly (Column | null)[], unit: number, y: number): string {
  let path = '';
  let width = 0;
  for (const [index, column] of [...columns, null].entries()) {
    if ((column?.mos ?? POOR_MOS) < POOR_MOS) {
      path += width === 0 ? `M${LEFT + index * unit} ${y}` : '';
      width += unit;
    } else {
      path += width === 0 ? '' : `h${width}`;
      width = 0;
    }
  }
  return path;
}

/** Slanted strokes over columns that this host spoiled: up to the top where the score is, down as well where loss is too. */
function hatches(columns: readonly (Column | null)[], unit: number, base: number): string {
  return columns
    .map((column, index) => {
      if (column === null || column.spoiled === 'nothing') return '';
      const bottom = column.spoiled === 'all' ? base + LOSS_HEIGHT : base;
      return hatch({ x: LEFT + index * unit, bottom, width: unit, height: bottom - base + MOS_HEIGHT });
    })
    .join('');
}

function hatch(box: Readonly<Record<'x' | 'bottom' | 'width' | 'height', number>>): string {
  const { x, bottom, width, height } = box;
  const strokes = Math.max(1, Math.floor(width / HATCH_GAP));
  return `M${x} ${bottom}${`l${HATCH_LEAN}-${height}m${HATCH_GAP - HATCH_LEAN} ${height}`.repeat(strokes)}`;
}

/** What the strokes look like, for a legend. */
export function hatchSwatch(): Markup {
  const path = hatch({ x: 0, bottom: 12, width: 20, height: 12 });
  return html`<svg width="20" height="12" viewBox="0 0 20 12" aria-hidden="true">
    <path stroke="currentColor" stroke-opacity=".75" d="${path}" />
  </svg>`;
}

function area(look: Markup, path: string): HtmlValue {
  return path === '' ? '' : html`<path ${look} d="${path}" />`;
}

function heightAt(mos: number): number {
  return Math.round(((mos - 1) / 3.5) * MOS_HEIGHT);
}

/** A second of MOS 1 still shows. */
function heightOf(mos: number | null): number | null {
  return mos === null ? null : Math.max(1, Math.round(heightAt(mos) / MOS_STEP) * MOS_STEP);
}

function lossHeight(ratio: number | null): number | null {
  const levels = LOSS_HEIGHT / LOSS_STEP;
  return ratio === null || ratio <= 0 ? null : Math.ceil(Math.min(1, ratio / FULL_LOSS_RATIO) * levels) * LOSS_STEP;
}

/** Filled steps on a base line, in relative coordinates: what stays at its height costs nothing. */
function steps(heights: readonly (number | null)[], unit: number, base: number, sign: 1 | -1): string {
  let path = '';
  let height = 0;
  let width = 0;
  for (const [index, next] of [...heights, null].entries()) {
    if (next === height && height !== 0) {
      width += unit;
      continue;
    }
    path += width > 0 ? `h${width}` : '';
    width = 0;
    if (next === null) {
      path += height === 0 ? '' : `v${-sign * height}z`;
      height = 0;
    } else {
      path += `${height === 0 ? `M${LEFT + index * unit} ${base}` : ''}v${sign * (next - height)}`;
      height = next;
      width = unit;
    }
  }
  return path;
}

/** Of a point of several seconds one of them may have been good, and then is in the figures. */
function spoiledWords({ spoiled, spoiledScores, binSeconds }: CallSeconds): string {
  const named: readonly (readonly [string, readonly number[]])[] = [
    ['left out, as this host dropped packets', spoiled],
    ['without a score, as this host had just dropped packets', spoiledScores],
  ];
  return named
    .filter(([, seconds]) => seconds.length > 0)
    .map(([why, seconds]) => {
      const from = formatClock(seconds[0] ?? 0);
      const more = seconds.length > 1 ? ` and ${seconds.length - 1} more` : '';
      return `; ${binSeconds === 1 ? '' : 'seconds of '}${from}${more} ${why}`;
    })
    .join('');
}

interface Run {
  from: number;
  to: number;
  mos: number | null;
  lossRatio: number | null;
  discardRatio: number | null;
}

/** Neighbouring points that are poor or lost something, worst first. */
function badRuns({ points, binSeconds }: CallSeconds): Run[] {
  const runs: Run[] = [];
  for (const point of points) {
    const mos = point.mosLq ?? point.mosLqWb;
    if (!((mos !== null && mos < POOR_MOS) || (badRatioOf(point) ?? 0) > 0)) {
      continue;
    }
    const last = runs.at(-1);
    const { second, lossRatio, discardRatio } = point;
    if (last !== undefined && last.to === second) {
      last.to = second + binSeconds;
      last.mos = least(last.mos, mos);
      last.lossRatio = least(last.lossRatio, lossRatio, Math.max);
      last.discardRatio = least(last.discardRatio, discardRatio, Math.max);
    } else {
      runs.push({ from: second, to: second + binSeconds, mos, lossRatio, discardRatio });
    }
  }
  return runs.toSorted(
    (a, b) => (a.mos ?? 5) - (b.mos ?? 5) || (b.lossRatio ?? 0) - (a.lossRatio ?? 0) || a.from - b.from,
  );
}

function runWords({ from, to, mos, lossRatio, discardRatio }: Run): string {
  const figures = [
    mos === null ? '' : `MOS down to ${formatMos(mos)}`,
    (lossRatio ?? 0) > 0 ? `loss up to ${formatRatio(lossRatio ?? 0)}` : '',
    (discardRatio ?? 0) > 0 ? `late up to ${formatRatio(discardRatio ?? 0)}` : '',
  ];
  return `${formatClock(from)}–${formatClock(to)} ${figures.filter((part) => part !== '').join(', ')}`;
}
