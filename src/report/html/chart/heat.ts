/** The levels of a heatmap: word, colour and texture of each, so that no level is told by colour alone. */
import { html } from '../markup.js';
import type { Markup } from '../markup.js';
import { percent } from './frame.js';

export type HeatLevel = 'good' | 'fair' | 'poor' | 'bad';

export const HEAT_LEVELS: readonly HeatLevel[] = ['good', 'fair', 'poor', 'bad'];

/** Columns `from` up to, but not including, `to`, all of one level. */
export interface HeatRun {
  readonly from: number;
  readonly to: number;
  readonly level: HeatLevel;
}

/** Texture and mid tones that show on white and on dark where the style sheet is blocked. */
const TEXTURES: Readonly<Record<HeatLevel, { readonly colour: string; readonly path: string }>> = {
  good: { colour: '#8fb8de', path: '' },
  fair: { colour: '#d9b44a', path: 'M2 3h2' },
  poor: { colour: '#e07b39', path: 'M-1 7L7 -1' },
  bad: { colour: '#a3173a', path: 'M0 0L6 6M6 0L0 6' },
};

/** One row: the runs of equal level on a strip of `columns`; what is not covered is unknown. */
export function heatStrip(runs: readonly HeatRun[], columns: number, description: string): Markup {
  const boxes = runs.map(({ from, to, level }) => {
    const width = percent((to - from) / columns);
    return html`<rect x="${percent(from / columns)}" width="${width}" height="16" fill="url(#heat-${level})" />`;
  });
  return html`<svg class="heat" role="img" width="100%" height="16">
    <title>${description}</title>
    <svg class="heat-row" width="100%" height="16">
      <rect class="unknown" width="100%" height="16" fill="#7d8590" fill-opacity=".15" />
      ${boxes}
    </svg>
  </svg>`;
}

/** The key of a level. */
export function heatKey(level: HeatLevel): Markup {
  return html`<svg width="22" height="12" aria-hidden="true">
    <rect width="22" height="12" fill="url(#heat-${level})" />
  </svg>`;
}

/** What the strips refer to; stands once in the document. */
export function heatDefinitions(): Markup {
  const patterns = HEAT_LEVELS.map((level) => {
    const { colour, path } = TEXTURES[level];
    const texture = path === '' ? '' : html`<path class="heat-mark" d="${path}" fill="none" stroke="#fff" />`;
    return html`<pattern id="heat-${level}" width="6" height="6" patternUnits="userSpaceOnUse"
      ><rect class="heat-${level}" width="6" height="6" fill="${colour}" />${texture}</pattern
    >`;
  });
  return html`${patterns}`;
}
