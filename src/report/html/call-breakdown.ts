/** Which term of the E-model cost the points of a call: a stacked bar of R, and the same in words. */
import type { CallBreakdown } from '../../run/result-evidence.js';
import { costWords, scoreWords, termName, type BreakdownTerm } from '../breakdown-words.js';
import { html, type Markup } from './markup.js';

const WIDTH = 480;
const HEIGHT = 23;
const BAR_HEIGHT = 11;
/** A piece that is narrower has no room for its letter. */
const LETTER_WIDTH = 12;

/** A bar of fewer would be one colour. */
const DRAWN_POINTS = 1;

interface Look {
  readonly letter: string;
  readonly color: string;
}

/** Letters and places tell the pieces apart without colour. */
const LOOKS: Readonly<Record<BreakdownTerm, Look>> = {
  codec: { letter: 'C', color: '#7d8590' },
  lost: { letter: 'L', color: '#d9534f' },
  late: { letter: 'T', color: '#8f6a00' },
  bursts: { letter: 'B', color: '#9a5fc7' },
  delay: { letter: 'D', color: '#2f8f83' },
};

export const BREAKDOWN_LEGEND = (['codec', 'lost', 'late', 'bursts', 'delay'] as const)
  .map((term) => `${LOOKS[term].letter} ${termName(term)}`)
  .join(', ');

/** The bar of one direction, and its words. */
export function callBreakdown(breakdown: CallBreakdown, direction: string): Markup {
  const words = `${direction}: ${scoreWords(breakdown)}; ${costWords(breakdown)}`;
  return html`<p>${words}${cost(breakdown) < DRAWN_POINTS ? '' : bar(breakdown)}</p> `;
}

function cost({ faultlessR, rFactor, rFactorCq }: CallBreakdown): number {
  return faultlessR - (rFactorCq ?? rFactor);
}

function bar({ faultlessR, steps, rFactor, rFactorCq }: CallBreakdown): Markup {
  const widthOf = (points: number): number => Math.round((points / faultlessR) * WIDTH);
  let x = widthOf(rFactorCq ?? rFactor);
  const pieces = [html`<path class="bar" fill="#3d85c6" d="M0 0h${x}v${BAR_HEIGHT}H0z" />`];
  // From what is left to what is faultless: the term that was taken off last stands first.
  for (const { term, points } of steps.toReversed()) {
    const width = widthOf(points);
    if (width > 0) {
      pieces.push(piece(LOOKS[term], x, width));
      x += width;
    }
  }
  return html`<svg
    class="strip"
    width="${WIDTH}"
    height="${HEIGHT}"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    font-size="11"
    fill="currentColor"
    stroke-width="${BAR_HEIGHT}"
    aria-hidden="true"
  >
    ${pieces}
  </svg>`;
}

/** A thick line: shorter to write than a box. */
function piece({ letter, color }: Look, x: number, width: number): Markup {
  const text = width < LETTER_WIDTH ? '' : html`<text x="${x + 2}" y="${HEIGHT - 2}">${letter}</text>`;
  return html`<path stroke="${color}" d="M${x + 1} ${BAR_HEIGHT / 2}h${Math.max(1, width - 1)}" />${text}`;
}
