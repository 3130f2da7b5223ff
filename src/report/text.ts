/** The end of a run on stdout: verdict, gates, failures by cause, key numbers, health, path of the report. */
import type { Cause, GateResult, Result } from '../run/result.js';
import { baselineLines } from './compare-text.js';
import { healthSentence } from './generator-health.js';
import { keyFigures, sharedReason } from './key-figures.js';
import type { KeyFigure } from './key-figures.js';
import { formatCount, formatDuration, formatMargin, formatUtc, formatValue } from './number-format.js';
import { NO_BREAK, wrapLine } from './text-wrap.js';
import { gateMark, gatesInOrder, verdictMark } from './verdict-mark.js';
import type { Mark, Tone } from './verdict-mark.js';
import { escapeTerminal } from './visible-text.js';

export interface SummaryOptions {
  /** Colours the verdict and the states by ANSI codes; without it the text holds no escape code. */
  readonly color: boolean;
  /** Printed as the last line, unbroken so that it can be copied. */
  readonly reportPath: string;
}

const MAX_CAUSES = 10;
const STATE_WIDTH = 17;
const LABEL_WIDTH = 18;
const CODES: Readonly<Record<Tone, string>> = { good: '32', bad: '31', unsure: '33' };

/** Lines of at most 100 columns (but for the path), ending with a newline; network text cannot reach the terminal raw. */
export function renderSummary(result: Result, options: SummaryOptions): string {
  const blocks = [
    verdictLines(result, options.color),
    gateLines(result.gates, options.color),
    baselineLines(result.baseline, options.color),
    causeLines(result.calls.causes),
    figureLines(result),
    warningLines(result),
    [`Report  ${escapeTerminal(options.reportPath)}`],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function verdictLines(result: Result, color: boolean): string[] {
  const name = wrapLine(escapeTerminal(result.name), '  ');
  const about = `  ${formatUtc(result.startedAt)}, ${formatDuration(result.durationMs)}`;
  const reasons = result.reasons.flatMap((reason) => wrapLine(`- ${escapeTerminal(reason)}`, '  '));
  return [painted(verdictMark(result.verdict), color), ...name, about, ...reasons];
}

function gateLines(gates: readonly GateResult[], color: boolean): string[] {
  if (gates.length === 0) return ['Gates', '  none'];
  return ['Gates', ...gatesInOrder(gates).flatMap((gate) => gateLine(gate, color))];
}

function gateLine(gate: GateResult, color: boolean): string[] {
  const mark = gateMark(gate);
  const observed = gate.observed === null ? 'not measured' : formatValue(gate.observed, gate.unit);
  const margin = gate.margin === null ? '' : `, margin ${formatMargin(gate.margin, gate.unit)}`;
  const why = gate.reason?.replace(/^not measured: /, '') ?? '';
  const count = why.startsWith(`${gate.samples} samples`) ? '' : `, ${formatCount(gate.samples)} samples`;
  const text = `${gate.expr}: ${observed}${margin}${count}${why === '' ? '' : ` (${why})`}`;
  const [first = '', ...rest] = wrapLine(escapeTerminal(text), ' '.repeat(STATE_WIDTH + 2));
  const padding = ' '.repeat(Math.max(1, STATE_WIDTH - plain(mark).length));
  return [`  ${painted(mark, color)}${padding}${first.trimStart()}`, ...rest];
}

function causeLines(causes: readonly Cause[]): string[] {
  if (causes.length === 0) return [];
  const sorted = causes.toSorted((a, b) => b.count - a.count);
  const shown = sorted.slice(0, MAX_CAUSES).flatMap(({ count, cause, phase, sipStatus }) => {
    const status = sipStatus === null ? '' : `, SIP ${sipStatus}`;
    return wrapLine(`${formatCount(count).padStart(8)}  ${escapeTerminal(cause)} (${phase}${status})`, '  ');
  });
  const left = sorted.length - MAX_CAUSES;
  return [
    'Why calls did not complete',
    ...shown,
    ...(left > 0 ? [`            ${formatCount(left)} more in the report`] : []),
  ];
}

function figureLines(result: Result): string[] {
  return keyFigures(result).flatMap(({ title, figures }) => {
    const shared = sharedReason(figures);
    const text = shared === null ? figures.map(figureText).join(' · ') : `not measured: ${shared}`;
    return wrapLine(`${title.padEnd(LABEL_WIDTH)}${text}`, '', LABEL_WIDTH);
  });
}

function figureText({ label, value, why }: KeyFigure): string {
  return `${label} ${value ?? `not measured (${why})`}`.replaceAll(' ', NO_BREAK);
}

function warningLines(result: Result): string[] {
  const warnings = result.warnings.flatMap((warning) => wrapLine(`▲ ${escapeTerminal(warning)}`, '  ', 2));
  return [...wrapLine(escapeTerminal(healthSentence(result.generator)), ''), ...warnings];
}

function painted(mark: Mark, color: boolean): string {
  return color ? `\u001B[1;${CODES[mark.tone]}m${plain(mark)}\u001B[0m` : plain(mark);
}

function plain({ symbol, word }: Mark): string {
  return `${symbol} ${word}`;
}
