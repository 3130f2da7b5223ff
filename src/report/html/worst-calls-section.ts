/** The calls that sounded worst. */
import type { Result, WorstCall } from '../../run/result.js';
import { whyNoAudio } from '../key-figures.js';
import { formatClock, formatCount, formatMos, formatMs, formatRatio } from '../number-format.js';
import { html, networkText } from './markup.js';
import type { HtmlValue } from './markup.js';
import type { Section } from './section.js';
import { emptyNote, noFigure, table } from './table.js';

const MAX_ROWS = 50;

interface CallColumn {
  readonly header: string;
  readonly numeric?: boolean;
  readonly cell: (call: WorstCall) => HtmlValue;
  /** Left out where no call has it; always shown without. */
  readonly has?: (call: WorstCall) => boolean;
}

const COLUMNS: readonly CallColumn[] = [
  { header: 'Call', cell: ({ call }) => `#${call}` },
  { header: 'Codec', cell: ({ codec }) => (codec === null ? noFigure() : networkText(codec)) },
  {
    header: 'Direction',
    cell: ({ sent }) => (sent === null ? 'received' : html`received<br />sent`),
    has: ({ sent }) => sent !== null,
  },
  {
    header: 'MOS-LQ',
    numeric: true,
    cell: (call) => bothWays(call, ({ mosLq, mosLqWb }) => scoreText(mosLq, mosLqWb)),
  },
  {
    header: 'MOS-CQ',
    numeric: true,
    cell: (call) => bothWays(call, ({ mosCq, mosCqWb }) => scoreText(mosCq, mosCqWb)),
    has: ({ mosCq, mosCqWb }) => mosCq !== null || mosCqWb !== null,
  },
  { header: 'Loss', numeric: true, cell: (call) => bothWays(call, ({ lossRatio }) => textOf(lossRatio, formatRatio)) },
  {
    header: 'Discarded',
    numeric: true,
    cell: (call) => bothWays(call, ({ discardRatio }) => textOf(discardRatio, formatRatio)),
  },
  { header: 'Jitter', numeric: true, cell: (call) => bothWays(call, ({ jitterMs }) => textOf(jitterMs, formatMs)) },
  {
    header: 'RTT',
    numeric: true,
    cell: ({ rttMs }) => textOf(rttMs, formatMs) ?? noFigure(),
    has: ({ rttMs }) => rttMs !== null,
  },
  { header: 'Started at', numeric: true, cell: ({ startedAtMs }) => formatClock(startedAtMs / 1000) },
  { header: 'Outcome, and what was odd', cell: outcomeCell },
  { header: 'Endpoint', cell: ({ endpoint }) => networkText(endpoint) },
  { header: 'Call-ID', cell: ({ callId }) => html`<code>${networkText(callId)}</code>` },
];

/** One row per call, in the order of the result. */
export function worstCallsSection(result: Result): Section {
  const shown = result.worstCalls.slice(0, MAX_ROWS);
  const columns = COLUMNS.filter(({ has }) => has === undefined || shown.some(has));
  const rows = shown.map((call) => columns.map(({ cell }) => cell(call)));
  const left = result.worstCalls.length - rows.length;
  const rest = left > 0 ? emptyNote(`${formatCount(left)} more are in result.json.`) : '';
  const spec = { caption: 'Worst calls, by the worse of their directions; W: wideband scale', columns, rows };
  const empty = `No call to show: ${result.quality.received === null ? whyNoAudio(result) : 'none was singled out'}.`;
  return { id: 'worst-calls', title: 'Worst calls', body: html`${table(spec, empty)}${rest}` };
}

function outcomeCell({ outcome, findings }: WorstCall): HtmlValue {
  const odd = findings.length === 0 ? '' : html`<br /><small>${networkText(findings.join(', '))}</small>`;
  return html`${networkText(outcome)}${odd}`;
}

type DirectionFigures = NonNullable<WorstCall['sent']> | WorstCall;

/** What came in, and below it what the far end received, where it tells. */
function bothWays(call: WorstCall, pick: (figures: DirectionFigures) => string | null): HtmlValue {
  const received = pick(call);
  if (call.sent === null) return received ?? noFigure();
  return html`${received ?? '–'}<br />${pick(call.sent) ?? '–'}`;
}

/** A call has one codec, so one of the two. */
function scoreText(narrowband: number | null, wideband: number | null): string | null {
  return wideband === null ? textOf(narrowband, formatMos) : `${formatMos(wideband)} W`;
}

function textOf(value: number | null, write: (value: number) => string): string | null {
  return value === null ? null : write(value);
}
