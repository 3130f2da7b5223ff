/** A chart in the document: caption with legend, the drawing, and its table twin. */
import { emptyNote } from '../table.js';
import { Markup, html } from '../markup.js';
import type { HtmlValue } from '../markup.js';

export interface LegendEntry {
  readonly key: Markup;
  readonly label: string;
  /** The columns of the twin (after the first) that hold its figures: where the script reads what it shows at the cursor. */
  readonly columns?: readonly number[];
}

/** The figures of a chart: the first column names the row. */
export interface Twin {
  readonly caption: string;
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Figure {
  readonly title: string;
  readonly legend: readonly LegendEntry[];
  readonly drawing: Markup;
  readonly twin: Twin;
  /** Of a chart over time: the length of its axis. */
  readonly spanSeconds?: number;
}

/** The figure as HTML. */
export function renderFigure({ title, legend, drawing, twin, spanSeconds }: Figure): Markup {
  const span = spanSeconds === undefined ? '' : html` data-span="${spanSeconds}"`;
  return html`<figure${span}>
    <figcaption><strong>${title}</strong> <span class="legend">${legend.map(legendEntry)}</span></figcaption>
    ${drawing}${twinDetails(title, twin)}
  </figure> `;
}

const ROW = new Markup('<tr><th>');
const CELL = new Markup('<td>');

/** The twin, closed; end tags that HTML leaves to the writer are left out, as most of a report are cells. */
export function twinDetails(title: string, { caption, headers, rows }: Twin): Markup {
  const head = headers.map((header) => html`<th scope="col">${header}</th>`);
  const body = rows.map(([name = '', ...cells]) => [ROW, name, cells.map((cell) => [CELL, cell])]);
  return html`<details>
    <summary aria-label="As a table: ${title}">As a table</summary>
    <div class="scroll" tabindex="0">
      <table>
        <caption>
          ${caption}
        </caption>
        <thead>
          <tr>
            ${head}
          </tr>
        </thead>
        <tbody align="right">
          ${body}
        </tbody>
      </table>
    </div>
  </details> `;
}

/** Where a chart would stand, but there is nothing to draw. */
export function renderEmptyFigure(title: string, reason: string): Markup {
  return html`<figure>
    <figcaption><strong>${title}</strong></figcaption>
    ${emptyNote(`No chart: ${reason}.`)}
  </figure> `;
}

function legendEntry({ key, label, columns }: LegendEntry): HtmlValue {
  const read = columns === undefined ? '' : html` data-columns="${columns.join(' ')}"`;
  return html`<span class="entry" ${read}>${key} ${label}</span> `;
}
