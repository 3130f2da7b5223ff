/** How the figures came about, and what is not known. */
import type { Result } from '../../run/result.js';
import { formatCount, formatNumber } from '../number-format.js';
import { html, networkText } from './markup.js';
import type { Markup } from './markup.js';
import type { Section } from './section.js';
import { table } from './table.js';

const COLUMNS = [
  { header: 'Codec' },
  { header: 'Ie', numeric: true },
  { header: 'Bpl', numeric: true },
  { header: 'Source' },
];

/** Model, buffer, window and codec parameters; then the unknowns. */
export function methodSection(result: Result): Section {
  const { codecs } = result.method;
  const rows = codecs.map(({ codec, ie, bpl, source }) => [
    networkText(codec),
    formatNumber(ie),
    formatNumber(bpl),
    networkText(source),
  ]);
  const spec = { caption: 'Codec parameters of the E-model', columns: COLUMNS, rows };
  const body = html`<ul class="method">
      ${methodLines(result).map((line) => html`<li>${line}</li> `)}
    </ul>
    ${table(spec, 'No codec was in use.')}
    <h3>What is unknown</h3>
    <ul class="method">
      ${unknownLines(result).map((line) => html`<li>${line}</li> `)}
    </ul> `;
  return { id: 'method', title: 'Method', body };
}

function methodLines({ method }: Result): Markup[] {
  const window = `${formatNumber(method.scoreWindowSeconds)} s`;
  return [
    html`Model: ${networkText(method.model)}. MOS-LQ is a listening score: it holds loss, late packets and codec, not
    delay.`,
    html`Jitter buffer: fixed, ${formatNumber(method.jitterBufferMs)} ms; a packet that comes later is discarded.`,
    html`The MOS of a second is scored over the trailing ${window}; loss and jitter of a second are of that second
    alone.`,
    html`The MOS of a call comes from its totals, never from a mean of MOS. Percentiles come from merged histograms.`,
    html`Echo: none assumed. Advantage factor A = 0.`,
    html`In an answered call, a second without packets is silence and counts as lost audio (MOS 1), not as unknown.`,
  ];
}

function unknownLines({ calls }: Result): Markup[] {
  const reflected = `On ${formatCount(calls.roundTrip)} legs the packets received are our own, reflected: their figures hold both ways in one.`;
  return [
    html`Conversational score (MOS-CQ) and mouth-to-ear delay: not measured, they need RTCP from the far end.`,
    html`What the far end received from us: not measured, it needs RTCP from the far end.`,
    ...(calls.roundTrip > 0 ? [html`${reflected}`] : []),
  ];
}
