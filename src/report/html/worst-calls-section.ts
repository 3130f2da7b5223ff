/** The calls that sounded worst. */
import type { Result, WorstCall } from '../../run/result.js';
import { whyNoAudio } from '../key-figures.js';
import { formatClock, formatCount, formatMos, formatMs, formatRatio } from '../number-format.js';
import { html, networkText } from './markup.js';
import type { HtmlValue } from './markup.js';
import type { Section } from './section.js';
import { emptyNote, noFigure, table } from './table.js';

const MAX_ROWS = 50;

const COLUMNS = [
  { header: 'Call' },
  { header: 'MOS-LQ', numeric: true },
  { header: 'Loss', numeric: true },
  { header: 'Discarded', numeric: true },
  { header: 'Jitter', numeric: true },
  { header: 'Started at', numeric: true },
  { header: 'Outcome' },
  { header: 'Endpoint' },
  { header: 'Call-ID' },
];

/** One row per call, in the order of the result. */
export function worstCallsSection(result: Result): Section {
  const rows = result.worstCalls.slice(0, MAX_ROWS).map(callRow);
  const left = result.worstCalls.length - rows.length;
  const rest = left > 0 ? emptyNote(`${formatCount(left)} more are in result.json.`) : '';
  const spec = { caption: 'Worst calls by MOS-LQ', columns: COLUMNS, rows };
  const empty = `No call to show: ${result.quality.received === null ? whyNoAudio(result) : 'none was singled out'}.`;
  return { id: 'worst-calls', title: 'Worst calls', body: html`${table(spec, empty)}${rest}` };
}

function callRow(call: WorstCall): HtmlValue[] {
  return [
    `#${call.call}`,
    orNone(call.mosLq, formatMos),
    orNone(call.lossRatio, formatRatio),
    orNone(call.discardRatio, formatRatio),
    orNone(call.jitterMs, formatMs),
    formatClock(call.startedAtMs / 1000),
    networkText(call.outcome),
    networkText(call.endpoint),
    html`<code>${networkText(call.callId)}</code>`,
  ];
}

function orNone(value: number | null, write: (value: number) => string): HtmlValue {
  return value === null ? noFigure() : write(value);
}
