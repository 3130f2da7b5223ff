/** One section of the report: a landmark with its heading. */
import { html } from './markup.js';
import type { HtmlValue, Markup } from './markup.js';

export interface Section {
  /** Target of the table of contents. */
  readonly id: string;
  readonly title: string;
  /** In the table of contents, where the title is long. */
  readonly shortTitle?: string;
  readonly body: HtmlValue;
}

/** The section as HTML. */
export function renderSection({ id, title, body }: Section): Markup {
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${body}
  </section> `;
}
