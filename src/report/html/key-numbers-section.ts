/** The key numbers in four short lists, and what the sample can and cannot show. */
import type { Result } from '../../run/result.js';
import { keyFigures, sharedReason } from '../key-figures.js';
import type { KeyFigure, KeyFigureGroup } from '../key-figures.js';
import { html, networkText } from './markup.js';
import type { Markup } from './markup.js';
import type { Section } from './section.js';
import { noFigure } from './table.js';

/** Calls, outcome, audio and setup at a glance. */
export function keyNumbersSection(result: Result): Section {
  const body = html`<div class="groups">${keyFigures(result).map(figureList)}</div>
    ${warningList(result.warnings)}`;
  return { id: 'key-numbers', title: 'Key numbers', body };
}

function figureList({ title, figures }: KeyFigureGroup): Markup {
  return html`<div>
    <h3>${title}</h3>
    <dl class="figures">${figures.map(figureRow)}</dl>
    ${reasonsOf(figures).map((reason) => html`<p class="why">Not measured: ${reason}.</p> `)}
  </div> `;
}

function figureRow({ label, value }: KeyFigure): Markup {
  return html`<div>
    <dt>${label}</dt>
    <dd>${value ?? noFigure()}</dd>
  </div> `;
}

/** Each reason once, with the figures that it is of where it is not of all. */
function reasonsOf(figures: readonly KeyFigure[]): string[] {
  const missing = figures.filter(({ value }) => value === null);
  const shared = sharedReason(figures);
  if (shared !== null) return [shared];
  return [...new Set(missing.map(({ why }) => why))].map((why) => {
    const labels = missing.filter((figure) => figure.why === why).map(({ label }) => label);
    return `${labels.join(', ')}: ${why}`;
  });
}

function warningList(warnings: readonly string[]): Markup {
  if (warnings.length === 0) return html``;
  return html`<ul class="notes" aria-label="Warnings">
    ${warnings.map((warning) => html`<li>${networkText(warning)}</li> `)}
  </ul> `;
}
