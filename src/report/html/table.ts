/** Tables of the report: caption, scoped headers, right-aligned figures, a scroll container of their own. */
import { html } from './markup.js';
import type { HtmlValue, Markup } from './markup.js';

export interface Column {
  readonly header: string;
  /** Figures stand right-aligned. */
  readonly numeric?: boolean;
}

export interface TableSpec {
  readonly caption: string;
  readonly columns: readonly Column[];
  /** One cell per column; the first names the row. */
  readonly rows: readonly (readonly HtmlValue[])[];
}

/** A captioned table; without rows, the sentence `empty` instead. */
export function table(spec: TableSpec, empty = 'Nothing to show.'): Markup {
  if (spec.rows.length === 0) return emptyNote(empty);
  const headers = spec.columns.map(headerCell);
  // Where all columns but the first are figures, the body says so once instead of every cell.
  const isNumeric = spec.columns.slice(1).every(({ numeric }) => numeric === true);
  const columns = isNumeric ? [] : spec.columns;
  const body = spec.rows.map(
    (cells) =>
      html`<tr>
        ${cells.map((cell, index) => tableCell(cell, index, columns))}
      </tr> `,
  );
  return html`<div class="scroll" role="group" aria-label="${spec.caption}" tabindex="0">
    <table cellpadding="3">
      <caption>
        ${spec.caption}
      </caption>
      <thead>
        <tr>
          ${headers}
        </tr>
      </thead>
      <tbody ${isNumeric ? html`align="right"` : ''}>
        ${body}
      </tbody>
    </table>
  </div> `;
}

/** The sentence that stands where there is nothing to show. */
export function emptyNote(reason: string): Markup {
  return html`<p class="empty">${reason}</p> `;
}

/** The cell of a figure that is not known. */
export function notMeasured(why: string): Markup {
  return html`<span class="none">not measured<small>: ${why}</small></span>`;
}

/** The cell of a figure that is not known where the table has no room for the reason. */
export function noFigure(): Markup {
  return html`<span class="none short">not measured</span>`;
}

function headerCell({ header, numeric }: Column): Markup {
  if (numeric === true) return html`<th scope="col" align="right">${header}</th>`;
  return html`<th scope="col">${header}</th>`;
}

function tableCell(cell: HtmlValue, index: number, columns: readonly Column[]): Markup {
  if (index === 0) return html`<th scope="row">${cell}</th>`;
  return columns[index]?.numeric === true ? html`<td align="right">${cell}</td>` : html`<td>${cell}</td>`;
}
