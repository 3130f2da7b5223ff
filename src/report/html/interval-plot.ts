/** One figure's difference as a small drawing: worse to the left, better to the right, in units of what matters. */
import type { ComparedFigure } from '../../run/comparison.js';
import { fill, stroke } from './chart/strokes.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';

const WIDTH = 168;
const HEIGHT = 18;
const MIDDLE = WIDTH / 2;
/** Where a line ends at the latest. */
const FIRST = 2;
const LAST = WIDTH - 2;
/** Differences beyond so many times what matters end at the edge, with an arrow. */
const EDGE = 4;
const UNIT = (MIDDLE - 6) / EDGE;

/** The band is what does not matter; null where the figure has no interval. @param label the same in words */
export function intervalPlot(
  { difference, interval, threshold, better }: ComparedFigure,
  label: string,
): Markup | null {
  if (difference === null || interval === null || threshold <= 0) return null;
  const sign = better === 'higher' ? 1 : -1;
  const at = (value: number): number => MIDDLE + sign * (value / threshold) * UNIT;
  const [left = 0, right = 0] = [at(interval.low), at(interval.high)].toSorted((a, b) => a - b);
  const y = HEIGHT / 2;
  const point = clamped(at(difference));
  return html`<svg
    width="${WIDTH}"
    height="${HEIGHT}"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    role="img"
    aria-label="${label}"
  >
    ${fill(`M${rounded(MIDDLE - UNIT)} 0H${rounded(MIDDLE + UNIT)}V${HEIGHT}H${rounded(MIDDLE - UNIT)}Z`, 'band')}
    ${stroke(`M${MIDDLE} 0V${HEIGHT}`, 'target')}
    ${stroke(`M${clamped(left)} ${y}H${clamped(right)}${cap(left, y)}${cap(right, y)}`, 'main')}
    ${fill(`M${rounded(point - 3.5)} ${y}l3.5 -4l3.5 4l-3.5 4Z`, 'bar')}
  </svg>`;
}

/** An end within the drawing is a bar, one beyond it an arrow. */
function cap(x: number, y: number): string {
  const end = clamped(x);
  if (x < FIRST) return `M${end + 4} ${y - 4}L${end} ${y}L${end + 4} ${y + 4}`;
  if (x > LAST) return `M${end - 4} ${y - 4}L${end} ${y}L${end - 4} ${y + 4}`;
  return `M${end} ${y - 4}V${y + 4}`;
}

function clamped(x: number): number {
  return rounded(Math.min(LAST, Math.max(FIRST, x)));
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
