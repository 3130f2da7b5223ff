/**
 * The looks of marks. The attributes alone show on white and on dark (mid tones, contrast of 3:1 or more on both); the
 * classes let the style sheet refine them per theme. Dashes and widths tell the lines apart without colour.
 */
import { html } from '../markup.js';
import type { Markup } from '../markup.js';

export type LineLook = 'main' | 'second' | 'sent' | 'target' | 'alarm' | 'limit';
export type AreaLook = 'band' | 'bar';

const LINES: Readonly<Record<LineLook, Markup>> = {
  main: html`class="main" stroke="#3d85c6"`,
  second: html`class="second" stroke="#3d85c6" stroke-dasharray="2 3"`,
  sent: html`class="sent" stroke="#9a5fc7" stroke-dasharray="6 2"`,
  target: html`class="target" stroke="#7d8590" stroke-dasharray="7 4"`,
  alarm: html`class="alarm" stroke="#d9534f" stroke-dasharray="2 2"`,
  limit: html`class="limit" stroke="#d9534f" stroke-dasharray="10 3 2 3"`,
};

const AREAS: Readonly<Record<AreaLook, Markup>> = {
  band: html`class="band" fill="#3d85c6" fill-opacity="0.28"`,
  bar: html`class="bar" fill="#3d85c6"`,
};

/** A stroked path; `fine` for a line with so many steps that a broad one would run together. */
export function stroke(path: string, look: LineLook, fine = false): Markup {
  const broad = look === 'main' || look === 'sent' ? 2 : 1.5;
  return html`<path d="${path}" fill="none" stroke-width="${fine ? 1 : broad}" ${LINES[look]} /> `;
}

/** A filled path. */
export function fill(path: string, look: AreaLook): Markup {
  return html`<path d="${path}" stroke="none" ${AREAS[look]} /> `;
}

/** The key of a line for a legend. */
export function lineKey(look: LineLook): Markup {
  return html`<svg class="key" width="26" height="10" viewBox="0 0 26 10" aria-hidden="true">
    ${stroke('M0 5H26', look)}
  </svg>`;
}

/** The key of an area for a legend. */
export function areaKey(look: AreaLook): Markup {
  return html`<svg class="key" width="26" height="10" viewBox="0 0 26 10" aria-hidden="true">
    ${fill('M0 0H26V10H0Z', look)}
  </svg>`;
}
