/**
 * The looks of marks. The attributes alone show on white and on dark (mid tones, contrast of 3:1 or more on both); the
 * classes let the style sheet refine them per theme. Blue and orange are told apart by every kind of colour vision, and
 * dashes and widths tell the lines apart without colour.
 */
import { html } from '../markup.js';
import type { Markup } from '../markup.js';

export type LineLook = 'main' | 'second' | 'sent' | 'sent-second' | 'target' | 'alarm' | 'limit';
export type AreaLook = 'band' | 'bar' | 'sent-bar';

const LINES: Readonly<Record<LineLook, Markup>> = {
  main: html`class="main" stroke="#3d85c6" stroke-width="2"`,
  second: html`class="second" stroke="#3d85c6" stroke-width="1.5" stroke-dasharray="2 3"`,
  sent: html`class="sent" stroke="#c8741a" stroke-width="2" stroke-dasharray="6 2"`,
  'sent-second': html`class="sent" stroke="#c8741a" stroke-width="1.5" stroke-dasharray="2 3"`,
  target: html`class="target" stroke="#7d8590" stroke-width="1.5" stroke-dasharray="7 4"`,
  alarm: html`class="alarm" stroke="#d9534f" stroke-width="1.5" stroke-dasharray="2 2"`,
  limit: html`class="limit" stroke="#d9534f" stroke-width="1.5" stroke-dasharray="10 3 2 3"`,
};

const AREAS: Readonly<Record<AreaLook, Markup>> = {
  band: html`class="band" fill="#3d85c6" fill-opacity="0.28"`,
  bar: html`class="bar" fill="#3d85c6"`,
  'sent-bar': html`class="sent-bar" fill="#c8741a"`,
};

/** A stroked path; the drawing is stretched, its strokes are not. */
export function stroke(path: string, look: LineLook): Markup {
  return html`<path d="${path}" fill="none" vector-effect="non-scaling-stroke" ${LINES[look]} /> `;
}

/** Lines of so many steps that broad ones would run together. */
export function fineStrokes(lines: readonly Markup[]): Markup {
  return html`<g class="fine">${lines}</g>`;
}

/** A filled path. */
export function fill(path: string, look: AreaLook): Markup {
  return html`<path d="${path}" ${AREAS[look]} /> `;
}

/** The key of a line or an area in a legend: drawn once, by `keyDefinitions`. */
export function keyOf(look: LineLook | AreaLook): Markup {
  return html`<svg width="22" height="8" aria-hidden="true"><use href="#key-${look}" /></svg>`;
}

/** What the keys of all legends refer to; stands once in the document. */
export function keyDefinitions(): Markup {
  const lines = Object.entries(LINES).map(
    ([look, attributes]) => html`<path id="key-${look}" d="M0 4h22" fill="none" ${attributes} />`,
  );
  const areas = Object.entries(AREAS).map(
    ([look, attributes]) => html`<path id="key-${look}" d="M0 0h22v8h-22z" ${attributes} />`,
  );
  return html`${lines}${areas}`;
}
