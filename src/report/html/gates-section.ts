/** The gates table, failures first. */
import type { GateResult, Result } from '../../run/result.js';
import { formatClock, formatCount, formatDuration, formatMargin, formatValue } from '../number-format.js';
import { gateMark, gatesInOrder } from '../verdict-mark.js';
import { html, networkText } from './markup.js';
import type { HtmlValue, Markup } from './markup.js';
import type { Section } from './section.js';
import { noFigure, table } from './table.js';

const COLUMNS = [
  { header: 'State' },
  { header: 'Gate' },
  { header: 'Observed', numeric: true },
  { header: 'Limit', numeric: true },
  { header: 'Margin', numeric: true },
  { header: 'Samples', numeric: true },
  { header: 'Window', numeric: true },
  { header: 'Reason' },
];

/** Every gate with its state, figures and reason. */
export function gatesSection({ gates }: Result): Section {
  const profile = sharedProfile(gates);
  const rows = gatesInOrder(gates).map((gate) => gateRow(gate, profile));
  const caption = `Gates, failures first${profile === null ? '' : `; all of profile ${profile}`}`;
  const spec = { caption, columns: COLUMNS, rows };
  return { id: 'gates', title: 'Gates', body: table(spec, 'This run had no gate.') };
}

/** The profile that every gate is from; null where they differ, and each says its own. */
function sharedProfile(gates: readonly GateResult[]): string | null {
  const [first] = gates;
  return first !== undefined && gates.every(({ profile }) => profile === first.profile) ? first.profile : null;
}

function gateRow(gate: GateResult, shared: string | null): HtmlValue[] {
  return [
    stateCell(gate),
    html`<code>${networkText(gate.expr)}</code>${small(originOf(gate, shared))}`,
    gate.observed === null ? noFigure() : observedCell(gate, gate.observed),
    html`${formatValue(gate.limit, gate.unit)}${small(floorOf(gate))}`,
    gate.margin === null ? '–' : formatMargin(gate.margin, gate.unit),
    formatCount(gate.samples),
    gate.window === null ? 'whole run' : `${formatClock(gate.window.fromSecond)}–${formatClock(gate.window.toSecond)}`,
    reasonCell(gate),
  ];
}

/** A difference is told as one, with what it is the difference from. */
function observedCell({ comparedWith, reference, unit }: GateResult, observed: number): Markup {
  if (comparedWith === 'limit' || reference === null) return html`${formatValue(observed, unit)}`;
  const whose = comparedWith === 'idle' ? 'when idle' : 'in the baseline';
  return html`${formatMargin(observed, unit)}${small(`from ${formatValue(reference, unit)} ${whose}`)}`;
}

/** Where the gate is from, and what of the run it is about; empty where it is of all of it, and no other than the rest. */
function originOf({ profile, forMs, afterMs }: GateResult, shared: string | null): string {
  return [
    ...(profile === null || profile === shared ? [] : [`profile ${profile}`]),
    ...(forMs === null ? [] : [`fails when broken for ${formatDuration(forMs)}`]),
    ...(afterMs === 0 ? [] : [`from ${formatDuration(afterMs)} on`]),
  ].join(', ');
}

function floorOf({ limit, limitFloor, unit }: GateResult): string {
  if (limitFloor === null) return '';
  return `${formatValue(limit - limitFloor, unit)} + ${formatValue(limitFloor, unit)} of this host`;
}

function small(text: string): Markup {
  return text === '' ? html`` : html` <small>${text}</small>`;
}

function stateCell(gate: GateResult): Markup {
  const mark = gateMark(gate);
  return html`<span class="state ${mark.tone}">${mark.symbol} ${mark.word}</span>`;
}

function reasonCell(gate: GateResult): Markup {
  const failed = gate.firstFailedAtSecond;
  const since = failed === null ? '' : `first failed at ${formatClock(failed)}`;
  if (gate.reason === null) return html`${since}`;
  return html`${networkText(gate.reason)}${since === '' ? '' : `; ${since}`}`;
}
