/** The end of a run on stdout: verdict, gates, failures by cause, key numbers, health, advice, path of the report. */
import type { Cause, GateResult, Result } from '../run/result.js';
import { adviceFor } from './advice.js';
import { baselineLines } from './compare-text.js';
import { causeWords } from './cause-words.js';
import { allowance } from './gate-words.js';
import { healthSentence } from './generator-health.js';
import { keyFigures, sharedReason } from './key-figures.js';
import type { KeyFigure, KeyFigureGroup } from './key-figures.js';
import { KEYS_TITLE, keysLine } from './keys-words.js';
import { formatClock, formatCount, formatDuration, formatMargin, formatUtc, formatValue } from './number-format.js';
import { registeredInWords } from './registered-users.js';
import { columnsOf } from './text-width.js';
import { COLUMNS, wrapLine } from './text-wrap.js';
import { gateMark, gatesInOrder, verdictMark } from './verdict-mark.js';
import type { Mark, Tone } from './verdict-mark.js';
import { escapeTerminal } from './visible-text.js';

export interface SummaryOptions {
  /** Colours the verdict and the states by ANSI codes; without it the text holds no escape code. */
  readonly color: boolean;
  /** Printed as the last line, unbroken so that it can be copied. Null: there is none. */
  readonly reportPath: string | null;
}

const MAX_CAUSES = 10;
/** An expression that is longer does not push the figures of the others aside. */
const MOST_EXPR_COLUMNS = 34;
const TITLE_COLUMNS = 18;
const CELL_GAP = 3;
/** Two cells of this width stand beside a title; a wider one has a line of its own. */
const CELL_COLUMNS = (COLUMNS - TITLE_COLUMNS - CELL_GAP) >> 1;
const NOT_KNOWN = '–';
const CODES: Readonly<Record<Tone, string>> = { good: '32', bad: '31', unsure: '33' };

/** Lines of at most 80 columns (but for the path), ending with a newline; network text cannot reach the terminal raw. */
export function renderSummary(result: Result, options: SummaryOptions): string {
  const blocks = [
    verdictLines(result, options.color),
    gateLines(result.gates, options.color),
    baselineLines(result.baseline, options.color),
    causeLines(result),
    [...keyFigures(result).flatMap(groupLines), ...keysLines(result)],
    userLines(result),
    warningLines(result),
    adviceLines(result),
    [options.reportPath === null ? 'Report  could not be written' : `Report  ${escapeTerminal(options.reportPath)}`],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function verdictLines(result: Result, color: boolean): string[] {
  const name = wrapLine(escapeTerminal(result.name), '  ');
  const about = `  ${formatUtc(result.startedAt)}, ${formatDuration(result.durationMs)}`;
  const reasons = result.reasons.flatMap((reason) => wrapLine(`- ${escapeTerminal(reason)}`, '  ', 2));
  return [painted(verdictMark(result.verdict), color), ...name, about, ...reasons];
}

interface GateRow {
  readonly mark: Mark;
  readonly expr: string;
  readonly observed: string;
  readonly rest: string;
}

/** State, expression and what was observed in columns; margin, samples and reason after them, or below. */
function gateLines(gates: readonly GateResult[], color: boolean): string[] {
  if (gates.length === 0) return ['Gates', '  none'];
  const rows = gatesInOrder(gates).map(gateRow);
  const widest = (text: (row: GateRow) => string, most: number): number =>
    Math.max(...rows.map((row) => columnsOf(text(row))).filter((columns) => columns <= most), 0);
  const widths = {
    mark: widest(({ mark }) => plain(mark), COLUMNS),
    expr: widest(({ expr }) => expr, MOST_EXPR_COLUMNS),
    observed: widest(({ observed }) => observed, MOST_EXPR_COLUMNS),
  };
  return ['Gates', ...rows.flatMap((row) => gateRowLines(row, widths, color))];
}

function gateRow(gate: GateResult): GateRow {
  const margin = gate.margin === null ? [] : [`margin ${formatMargin(gate.margin, gate.unit)}`];
  const raised = gate.limitFloor === null ? [] : [`limit ${formatValue(gate.limit, gate.unit)}${allowance(gate)}`];
  const unknown = gate.observed === null ? ['not measured'] : [];
  const failedAt = gate.firstFailedAtSecond === null ? [] : [`from ${formatClock(gate.firstFailedAtSecond)} on`];
  const why = gate.reason?.replace(/^not measured: /, '') ?? '';
  const samples = why.startsWith(`${gate.samples} samples`) ? [] : [`${formatCount(gate.samples)} samples`];
  return {
    mark: gateMark(gate),
    expr: escapeTerminal(gate.expr),
    observed: gate.observed === null ? NOT_KNOWN : escapeTerminal(formatValue(gate.observed, gate.unit)),
    rest: escapeTerminal(
      [...unknown, ...margin, ...raised, ...samples, ...failedAt, ...(why === '' ? [] : [why])].join(', '),
    ),
  };
}

function gateRowLines(
  { mark, expr, observed, rest }: GateRow,
  widths: Readonly<Record<'mark' | 'expr' | 'observed', number>>,
  color: boolean,
): string[] {
  const indent = 2 + widths.mark + 2;
  const state = `  ${painted(mark, color)}${' '.repeat(widths.mark - columnsOf(plain(mark)) + 2)}`;
  const head = `${padEnd(expr, widths.expr)}  ${padStart(observed, widths.observed)}`;
  if (indent + columnsOf(head) + 2 + columnsOf(rest) <= COLUMNS) return [`${state}${head}  ${rest}`];
  const below = ' '.repeat(indent + 2);
  const [first = '', ...others] = indent + columnsOf(head) <= COLUMNS ? [head] : wrapLine(head, below);
  return [`${state}${first.trimStart()}`, ...others, ...wrapLine(rest, below)];
}

function causeLines(result: Result): string[] {
  const { causes } = result.calls;
  if (causes.length === 0) return [];
  const sorted = causes.toSorted((a, b) => b.count - a.count);
  const digits = formatCount(sorted[0]?.count ?? 0).length;
  const indent = ' '.repeat(digits + 4);
  const shown = sorted.slice(0, MAX_CAUSES).flatMap((entry) => {
    const { count, cause, phase, sipStatus } = entry;
    const status = sipStatus === null ? '' : `, SIP ${sipStatus}`;
    const words = causeWords(cause);
    const where = `${cause} (${phase}${status})${onlyEndpoint(result, entry)}`;
    const text = words === null ? where : `${where}: ${words}`;
    const lines = wrapLine(escapeTerminal(text), indent);
    const head = `  ${formatCount(count).padStart(digits)}  `;
    return lines.map((line, index) => (index === 0 ? head + line.slice(head.length) : line));
  });
  const left = sorted.length - MAX_CAUSES;
  return [
    'Why calls did not complete',
    ...shown,
    ...(left > 0 ? [`${indent}${formatCount(left)} more in the report`] : []),
  ];
}

/** Where all calls of this cause went, if the run had several endpoints and only one of them has it. */
function onlyEndpoint({ endpoints }: Result, { cause, phase, sipStatus }: Cause): string {
  const concerned = endpoints.filter(({ calls }) =>
    calls.causes.some((other) => other.cause === cause && other.phase === phase && other.sipStatus === sipStatus),
  );
  const [only] = concerned;
  return endpoints.length < 2 || concerned.length !== 1 || only === undefined ? '' : `, all at ${only.name}`;
}

/** The figures of a group in two columns, values aligned; below them what was not measured, by its reason. */
function groupLines({ title, figures }: KeyFigureGroup): string[] {
  const shared = sharedReason(figures);
  if (shared !== null) return wrapLine(`${title.padEnd(TITLE_COLUMNS)}not measured: ${shared}`, '', TITLE_COLUMNS);
  const known = figures.filter(({ value }) => value !== null);
  const lines = [...cellLines(known), ...missingLines(figures)];
  return lines.map((line, index) => (index === 0 ? title : '').padEnd(TITLE_COLUMNS) + line);
}

function keysLines(result: Result): string[] {
  const line = keysLine(result);
  return line === null ? [] : wrapLine(KEYS_TITLE.padEnd(TITLE_COLUMNS) + line, '', TITLE_COLUMNS);
}

function cellLines(figures: readonly KeyFigure[]): string[] {
  const narrow = figures.filter(isNarrow).map(({ label, value }) => {
    return label + padStart(value ?? NOT_KNOWN, CELL_COLUMNS - columnsOf(label));
  });
  const wide = figures.filter((figure) => !isNarrow(figure)).map(({ label, value }) => `${label} ${value}`);
  const pairs = Array.from({ length: Math.ceil(narrow.length / 2) }, (_, index) =>
    narrow.slice(index * 2, index * 2 + 2).join(' '.repeat(CELL_GAP)),
  );
  return [...pairs, ...wide];
}

function isNarrow({ label, value }: KeyFigure): boolean {
  return columnsOf(`${label} ${value}`) <= CELL_COLUMNS;
}

function missingLines(figures: readonly KeyFigure[]): string[] {
  const missing = figures.filter(({ value }) => value === null);
  const reasons = [...new Set(missing.map(({ why }) => why))];
  return reasons.flatMap((reason) => {
    const labels = missing.filter(({ why }) => why === reason).map(({ label }) => label);
    const text = `not measured (${reason}): ${labels.join(', ')}`;
    return wrapLine(text, ' '.repeat(TITLE_COLUMNS)).map((line) => line.slice(TITLE_COLUMNS));
  });
}

function userLines(result: Result): string[] {
  const words = registeredInWords(result);
  return words === null ? [] : wrapLine(escapeTerminal(words), '  ');
}

function warningLines(result: Result): string[] {
  const warnings = result.warnings.flatMap((warning) => wrapLine(`▲ ${escapeTerminal(warning)}`, '  ', 2));
  return [...wrapLine(escapeTerminal(healthSentence(result.generator)), ''), ...warnings];
}

function adviceLines(result: Result): string[] {
  const advice = adviceFor(result).flatMap((text) => wrapLine(`→ ${escapeTerminal(text)}`, '  ', 2));
  return advice.length === 0 ? [] : ['Try next', ...advice];
}

function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - columnsOf(text))) + text;
}

function painted(mark: Mark, color: boolean): string {
  return color ? `\u001B[1;${CODES[mark.tone]}m${plain(mark)}\u001B[0m` : plain(mark);
}

function plain({ symbol, word }: Mark): string {
  return `${symbol} ${word}`;
}
