/**
 * `summary.md`, in GitHub's flavour of Markdown: verdict, gates, key numbers, failures by cause, health, report. It is appended
 * to the summary of a GitHub job as well.
 */
import type { Result } from '../run/result.js';
import { causeWords } from './cause-words.js';
import { healthSentence } from './generator-health.js';
import { keyFigures, sharedReason } from './key-figures.js';
import { KEYS_TITLE, keysLine } from './keys-words.js';
import { allowance } from './gate-words.js';
import { formatCount, formatDuration, formatMargin, formatUtc, formatValue } from './number-format.js';
import { gateMark, gatesInOrder, verdictMark } from './verdict-mark.js';
import { clipText, showHidden } from './visible-text.js';

const TEXT_LIMIT = 300;
const MAX_GATES = 200;
const MAX_LINES = 20;

/** @param reportPath as a reader finds it; beside the summary where it is left out. Ends with a newline; below 300 KB whatever the result holds. */
export function renderMarkdown(result: Result, reportPath = 'report.html'): string {
  const { symbol, word } = verdictMark(result.verdict);
  const blocks = [
    [`## ${symbol} ${word}: ${code(result.name)}`],
    [`${formatUtc(result.startedAt)}, ${formatDuration(result.durationMs)}, exit code ${result.exitCode}`],
    bullets(result.reasons),
    gateTable(result),
    figureTable(result),
    causeTable(result),
    [code(healthSentence(result.generator))],
    bullets(result.warnings),
    [`Report: ${code(reportPath)}`],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/**
 * The one escaper: any text as a code span, in which nothing has a meaning: no link, mention, emoji, HTML or emphasis. Its fence
 * is longer than every run of backticks in it (CommonMark §6.1). A pipe would split the row of a table even there, and a
 * backslash before it does not always help, so another bar stands for it.
 */
export function code(text: string): string {
  const shown = showHidden(clipText(text, TEXT_LIMIT)).replaceAll('|', '¦');
  const runs = (shown.match(/`+/g) ?? []).map(({ length }) => length);
  const fence = '`'.repeat(Math.max(0, ...runs) + 1);
  return shown.trim() === '' ? '(empty)' : `${fence} ${shown} ${fence}`;
}

function bullets(texts: readonly string[]): string[] {
  const left = texts.length - MAX_LINES;
  return [
    ...texts.slice(0, MAX_LINES).map((text) => `- ${code(text)}`),
    ...(left > 0 ? [`- ${formatCount(left)} more in the report`] : []),
  ];
}

function gateTable({ gates }: Result): string[] {
  if (gates.length === 0) return ['No gates.'];
  const rows = gatesInOrder(gates)
    .slice(0, MAX_GATES)
    .map((gate) => {
      const { symbol, word } = gateMark(gate);
      const observed = gate.observed === null ? 'not measured' : code(formatValue(gate.observed, gate.unit));
      const margin = gate.margin === null ? '' : code(formatMargin(gate.margin, gate.unit));
      const raised = gate.limitFloor === null ? null : `limit ${formatValue(gate.limit, gate.unit)}${allowance(gate)}`;
      const why = [gate.reason, raised]
        .filter((text) => text !== null)
        .map(code)
        .join(' ');
      return `| ${symbol} ${word} | ${code(gate.expr)} | ${observed} | ${margin} | ${formatCount(gate.samples)} | ${why} |`;
    });
  const left = gates.length - MAX_GATES;
  return [
    '| | Gate | Observed | Margin | Samples | Why |',
    '|---|---|--:|--:|--:|---|',
    ...rows,
    ...(left > 0 ? [`| | ${formatCount(left)} more in the report | | | | |`] : []),
  ];
}

function figureTable(result: Result): string[] {
  const rows = keyFigures(result).map(({ title, figures }) => {
    const shared = sharedReason(figures);
    const text =
      shared !== null
        ? `not measured: ${shared}`
        : figures.map(({ label, value, why }) => `${label} ${value ?? `not measured (${why})`}`).join(' · ');
    return `| ${title} | ${text.replaceAll('<', '&lt;')} |`;
  });
  const keys = keysLine(result);
  return ['| Key numbers | |', '|---|---|', ...rows, ...(keys === null ? [] : [`| ${KEYS_TITLE} | ${keys} |`])];
}

function meaningOf(cause: string): string {
  const words = causeWords(cause);
  return words === null ? '' : `: ${words}`;
}

function causeTable({ calls }: Result): string[] {
  if (calls.causes.length === 0) return [];
  const sorted = calls.causes.toSorted((a, b) => b.count - a.count);
  const rows = sorted
    .slice(0, MAX_LINES)
    .map(
      ({ count, cause, phase, sipStatus }) =>
        `| ${formatCount(count)} | ${code(cause)}${meaningOf(cause)} | ${phase} | ${sipStatus === null ? '' : sipStatus} |`,
    );
  const left = sorted.length - MAX_LINES;
  return [
    '| Calls | Why they did not complete | Phase | SIP |',
    '|--:|---|---|--:|',
    ...rows,
    ...(left > 0 ? [`| | ${formatCount(left)} more in the report | | |`] : []),
  ];
}
