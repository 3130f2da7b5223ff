/** The live block of a terminal: a snapshot becomes lines, each shorter than the terminal is wide. Pure. */
import { formatClock, formatCount, formatMos, formatMs, formatRatio } from '../report/number-format.js';
import { scoreLabel } from '../report/scores.js';
import { clipColumns, columnsOf } from '../report/text-width.js';
import type { Tone } from '../report/verdict-mark.js';
import { escapeTerminal } from '../report/visible-text.js';
import type { GateResult } from '../run/result.js';
import type { CourseLeft } from './progress-course.js';
import type { ProgressSnapshot, SnapshotDirection } from './progress-snapshot.js';

export interface BlockSize {
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}

/** A piece of a line that is not broken; longer than a line it is cut. */
interface Cell {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

interface Row {
  readonly label: string;
  readonly cells: readonly Cell[];
  /** Columns between cells, where they are the words of a sentence. */
  readonly gap?: number;
}

const LABEL_COLUMNS = 12;
const GAP_COLUMNS = 3;
/** With fewer columns, lines go on under the label. */
const NARROW_COLUMNS = 50;
/** Narrower terminals cut the lines. */
const LEAST_COLUMNS = 16;
const BAR_MOST = 30;
const BAR_LEAST = 8;
const CODES: Readonly<Record<Tone, string>> = { good: '32', bad: '31', unsure: '33' };
const NOT_KNOWN = '–';

/** Lines without line ends; the last column and the last row stay free, so that nothing wraps or scrolls. */
export function blockLines(snapshot: ProgressSnapshot, { columns, rows, color }: BlockSize): string[] {
  const limit = Math.max(LEAST_COLUMNS, columns - 1);
  const lines = [stageLine(snapshot, limit, color), ...rowsOf(snapshot).flatMap((row) => flow(row, limit, color))];
  return lines.slice(0, Math.max(1, rows - 1));
}

function rowsOf(snapshot: ProgressSnapshot): Row[] {
  return [
    { label: 'calls', cells: callCells(snapshot) },
    { label: 'rate', cells: rateCells(snapshot) },
    ...(snapshot.media ? audioRows(snapshot) : []),
    ...(snapshot.gates.length === 0 ? [] : [{ label: 'gates', cells: gateCells(snapshot.gates) }]),
    { label: 'generator', cells: generatorCells(snapshot.strains), gap: 1 },
  ];
}

function audioRows({ received, sent, rttP95Ms }: ProgressSnapshot): Row[] {
  return [
    { label: 'received', cells: audioCells(received) },
    { label: 'sent', cells: audioCells(sent) },
    { label: 'round trip', cells: [{ text: `RTT p95 ${known(rttP95Ms, formatMs)}` }] },
  ];
}

function stageLine({ course, second }: ProgressSnapshot, limit: number, color: boolean): string {
  const stage = course.stage;
  const clock = clockText(second, course.left);
  const size = Math.min(BAR_MOST, limit - columnsOf(stage) - columnsOf(clock) - 4);
  if (course.left === null || size < BAR_LEAST) {
    return styled(clipColumns(`${stage}  ${clock}`, limit), '1', color);
  }
  return `${styled(stage, '1', color)}  ${bar(course.left, size, color)}  ${clock}`;
}

function bar({ done, total }: CourseLeft, size: number, color: boolean): string {
  const full = total <= 0 ? size : Math.min(size, Math.floor((done / total) * size));
  return styled('━'.repeat(full), CODES.good, color) + styled('─'.repeat(size - full), '2', color);
}

/** The time since the start, and what is left where the plan tells. */
function clockText(second: number, left: CourseLeft | null): string {
  const clock = formatClock(second);
  if (left === null) {
    return clock;
  }
  if (left.unit === 'calls') {
    return `${clock}, ${formatCount(left.done)} of ${formatCount(left.total)} calls ended`;
  }
  const rest = left.total - second;
  return rest > 0 ? `${clock} of ${formatClock(left.total)}, ${formatClock(rest)} left` : `${clock}, about to end`;
}

function callCells({ calls }: ProgressSnapshot): Cell[] {
  const of = calls.total === null ? '' : ` of ${formatCount(calls.total)}`;
  return [
    { text: `${formatCount(calls.active)} active` },
    { text: `${formatCount(calls.started)}${of} started` },
    troubleCell(calls.failed, 'failed'),
    troubleCell(calls.dropped, 'dropped'),
    ...(calls.notStarted === 0 ? [] : [troubleCell(calls.notStarted, 'not started')]),
  ];
}

function troubleCell(count: number, word: string): Cell {
  return { text: `${formatCount(count)} ${word}`, tone: count > 0 ? 'bad' : undefined };
}

function rateCells({ rate }: ProgressSnapshot): Cell[] {
  const achieved = known(rate.achieved, (value) => `${value.toFixed(1)}/s`);
  return [
    { text: `${achieved} achieved` },
    { text: `${rate.target.toFixed(1)}/s target` },
    ...(rate.overSeconds === null ? [] : [{ text: `in the last ${rate.overSeconds} s` }]),
  ];
}

function audioCells(direction: SnapshotDirection): Cell[] {
  const scores = [
    { label: scoreLabel('lq', 'narrowband'), score: direction.mosLq },
    { label: scoreLabel('lq', 'wideband'), score: direction.mosLqWb },
  ];
  const there = scores.filter(({ score }) => score !== null);
  return [
    ...(there.length > 0 ? there : scores.slice(0, 1)).map(({ label, score }) => ({
      text: score === null ? `${label} ${NOT_KNOWN}` : `${label} p50 ${formatMos(score.p50)} p5 ${formatMos(score.p5)}`,
    })),
    { text: `loss ${known(direction.lossRatio, formatRatio)}` },
    { text: `jitter p95 ${known(direction.jitterP95Ms, formatMs)}` },
  ];
}

/** Passed, failed with their names, and those of which nothing is decided yet. */
function gateCells(gates: readonly GateResult[]): Cell[] {
  const failed = gates.filter(({ state }) => state === 'fail');
  const hard = failed.filter(({ severity }) => severity === 'gate');
  const soft = failed.filter(({ severity }) => severity === 'warn');
  const passed = gates.filter(({ state }) => state === 'pass').length;
  const untrusted = gates.filter(({ state }) => state === 'untrusted').length;
  const open = gates.length - failed.length - passed - untrusted;
  return [
    ...(passed > 0 ? [{ text: `✓ ${passed} pass`, tone: 'good' as const }] : []),
    ...namedCells(hard, '✕', 'fail', 'bad'),
    ...namedCells(soft, '▲', 'warning', 'unsure'),
    ...(untrusted > 0 ? [{ text: `◆ ${untrusted} untrusted`, tone: 'unsure' as const }] : []),
    ...(open > 0 ? [{ text: `? ${open} open` }] : []),
  ];
}

function namedCells(gates: readonly GateResult[], symbol: string, word: string, tone: Tone): Cell[] {
  if (gates.length === 0) {
    return [];
  }
  const [first = '', ...others] = gates.map(({ expr }) => escapeTerminal(expr));
  return [`${symbol} ${gates.length} ${word}: ${first}`, ...others].map((text) => ({ text, tone }));
}

function generatorCells(strains: readonly string[]): Cell[] {
  if (strains.length === 0) {
    return [{ text: '✓ healthy', tone: 'good' }];
  }
  const words = escapeTerminal(strains.join('; ')).split(' ');
  return [{ text: '▲ strained:', tone: 'unsure' }, ...words.map((text) => ({ text }))];
}

/** The label, then as many cells on each line as fit. */
function flow({ label, cells, gap: between = GAP_COLUMNS }: Row, limit: number, color: boolean): string[] {
  const indent = limit < NARROW_COLUMNS ? 2 : LABEL_COLUMNS;
  const lines: string[] = [];
  let line = styled(label.padEnd(LABEL_COLUMNS), '2', color);
  let columns = LABEL_COLUMNS;
  let gap = 0;
  for (const { text, tone } of cells) {
    if (columns + gap + columnsOf(text) > limit && columns > indent) {
      lines.push(line);
      [line, columns, gap] = [' '.repeat(indent), indent, 0];
    }
    const fitting = clipColumns(text, limit - columns - gap);
    line += ' '.repeat(gap) + styled(fitting, tone === undefined ? '' : CODES[tone], color);
    columns += gap + columnsOf(fitting);
    gap = between;
  }
  return [...lines, line];
}

function known<T>(value: T | null, write: (value: T) => string): string {
  return value === null ? NOT_KNOWN : write(value);
}

function styled(text: string, code: string, color: boolean): string {
  return color && code !== '' && text !== '' ? `\u001B[${code}m${text}\u001B[0m` : text;
}
