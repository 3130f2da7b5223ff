/** The key numbers in four short lists, and what the sample can and cannot show. */
import type { Result } from '../../run/result.js';
import { keyFigures, sharedReason } from '../key-figures.js';
import type { KeyFigure, KeyFigureGroup } from '../key-figures.js';
import { html, networkText } from './markup.js';
import type { Markup } from './markup.js';
import type { Section } from './section.js';
import { emptyNote, noFigure, notMeasured } from './table.js';

/** Calls, outcome, audio and setup at a glance. */
export function keyNumbersSection(result: Result): Section {
  const body = html`<div class="groups">${keyFigures(result).map(figureList)}</div>
    ${warningList(result.warnings)}`;
  return { id: 'key-numbers', title: 'Key numbers', body };
}

function figureList({ title, figures }: KeyFigureGroup): Markup {
  const shared = sharedReason(figures);
  return html`<div>
    <h3>${title}</h3>
    ${shared === null ? '' : emptyNote(`Not measured: ${shared}.`)}
    <dl class="figures">${figures.map((figure) => figureRow(figure, shared))}</dl>
  </div> `;
}

function figureRow({ label, value, why }: KeyFigure, shared: string | null): Markup {
  const missing = shared === null ? notMeasured(why) : noFigure();
  return html`<div>
    <dt>${label}</dt>
    <dd>${value ?? missing}</dd>
  </div> `;
}

function warningList(warnings: readonly string[]): Markup {
  if (warnings.length === 0) return html``;
  return html`<ul class="notes" aria-label="Warnings">
    ${warnings.map((warning) => html`<li>${networkText(warning)}</li> `)}
  </ul> `;
}
