/** A chart in the document: caption with legend, the drawing for wide and for narrow screens, and its table twin. */
import { emptyNote, table } from '../table.js';
import type { TableSpec } from '../table.js';
import { html } from '../markup.js';
import type { Markup } from '../markup.js';
import { NARROW, WIDE } from './frame.js';
import type { ChartSize } from './frame.js';

export interface LegendEntry {
  readonly key: Markup;
  readonly label: string;
}

export interface Figure {
  readonly title: string;
  readonly legend: readonly LegendEntry[];
  readonly draw: (size: ChartSize) => Markup;
  readonly twin: TableSpec;
}

/**
 * The figure as HTML. The narrow drawing carries the `hidden` attribute, which the style sheet lifts on a phone: where
 * styles are blocked only the wide one shows.
 */
export function renderFigure(figure: Figure): Markup {
  const legend = figure.legend.map(({ key, label }) => html`<span class="entry">${key} ${label}</span> `);
  return html`<figure>
    <figcaption><strong>${figure.title}</strong> <span class="legend">${legend}</span></figcaption>
    <div class="wide">${figure.draw(WIDE)}</div>
    <div class="narrow" hidden>${figure.draw(NARROW)}</div>
    <details>
      <summary>${figure.title}: as a table</summary>
      ${table(figure.twin)}
    </details>
  </figure> `;
}

/** Where a chart would stand, but there is nothing to draw. */
export function renderEmptyFigure(title: string, reason: string): Markup {
  return html`<figure>
    <figcaption><strong>${title}</strong></figcaption>
    ${emptyNote(`No chart: ${reason}.`)}
  </figure> `;
}
