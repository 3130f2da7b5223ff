/**
 * The frame of a chart: axes, ticks and grid as SVG with presentation attributes only. The drawing takes the width it
 * is given: the plot is an inner picture that is stretched, while texts stand at shares of its width and keep their size.
 */
import { html } from '../markup.js';
import type { HtmlValue, Markup } from '../markup.js';

const HEIGHT = 186;
const PLOT_TOP = 22;
const PLOT_HEIGHT = 124;
const PER_PIXEL = 4;
/** Of the plot in its own units, four to a pixel: coordinates are whole numbers. */
export const VIEW_HEIGHT = PLOT_HEIGHT * PER_PIXEL;
/** Above and below, so that a line along the edge keeps its whole width. */
const MARGIN = 2;
/** The narrowest drawing that has to hold its texts, px. */
const NARROWEST = 318;
const RIGHT_MARGIN = 10;
const CHARACTER_WIDTH = 7.2;
const LEAST_LEFT = 40;
/** From here on a label would stick out on the right if it stood centred. */
const NEAR_END = 0.96;

export interface Tick {
  /** Share of the axis, 0–1, from the left or from the bottom. */
  readonly at: number;
  readonly label: string;
}

export interface ChartFrame {
  readonly title: string;
  /** What the chart shows, in a sentence with figures. */
  readonly description: string;
  /** Width of the plot in its own units. */
  readonly viewWidth: number;
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
  /** Unit of each axis. */
  readonly xLabel: string;
  readonly yLabel: string;
}

/** The whole chart: frame, then `marks` over the grid, in units of the plot. */
export function svgChart(frame: ChartFrame, marks: HtmlValue): Markup {
  const { viewWidth, xTicks, yTicks } = frame;
  const left = leftOf(yTicks);
  const width = `${Math.floor(((NARROWEST - RIGHT_MARGIN - left) / NARROWEST) * 100)}%`;
  const margin = MARGIN * PER_PIXEL;
  const viewBox = `0 ${-margin} ${viewWidth} ${VIEW_HEIGHT + 2 * margin}`;
  return html`<svg
    class="chart"
    role="img"
    width="100%"
    height="${HEIGHT}"
    font-family="system-ui, sans-serif"
    font-size="12"
  >
    <title>${frame.title}</title>
    <desc>${frame.description}</desc>
    <svg
      class="plot"
      x="${left}"
      y="${PLOT_TOP - MARGIN}"
      width="${width}"
      height="${PLOT_HEIGHT + 2 * MARGIN}"
      viewBox="${viewBox}"
      preserveAspectRatio="none"
    >
      ${grid(frame)}${marks}
    </svg>
    <g class="axis" fill="currentColor">
      <text x="0" y="12">${frame.yLabel}</text>
      <g text-anchor="end">${yTicks.map((tick) => yTickLabel(tick, left))}</g>
      <svg
        class="ticks"
        x="${left}"
        y="${PLOT_TOP + PLOT_HEIGHT}"
        width="${width}"
        height="38"
        overflow="visible"
        text-anchor="middle"
      >
        ${xTicks.map(xTickLabel)}
        <text class="name" x="100%" y="35" text-anchor="end">${frame.xLabel}</text>
      </svg>
    </g>
  </svg> `;
}

/** The height of a share of the value axis in units of the plot. */
export function heightOf(share: number): number {
  return Math.round((1 - share) * VIEW_HEIGHT);
}

/** As wide as the widest label, and the same for all usual ones, so that charts below each other share their axis. */
function leftOf(yTicks: readonly Tick[]): number {
  const widest = Math.max(...yTicks.map(({ label }) => label.length));
  return Math.max(LEAST_LEFT, Math.ceil(widest * CHARACTER_WIDTH) + 10);
}

function grid({ viewWidth, xTicks, yTicks }: ChartFrame): Markup {
  const lines = yTicks.map(({ at }) => `M0 ${heightOf(at)}h${viewWidth}`).join('');
  const marks = xTicks.map(({ at }) => `M${Math.round(at * viewWidth * 1000) / 1000} 0v${VIEW_HEIGHT}`).join('');
  return html`<g fill="none" stroke="currentColor">
    <path d="${lines}" stroke-opacity=".16" vector-effect="non-scaling-stroke" />
    <path class="upright" d="${marks}" stroke-opacity=".08" vector-effect="non-scaling-stroke" />
    <path d="M0 ${VIEW_HEIGHT}h${viewWidth}" stroke-opacity=".6" vector-effect="non-scaling-stroke" />
  </g> `;
}

function yTickLabel({ at, label }: Tick, left: number): Markup {
  return html`<text x="${left - 6}" y="${PLOT_TOP + Math.round((1 - at) * PLOT_HEIGHT) + 4}">${label}</text>`;
}

function xTickLabel({ at, label }: Tick): Markup {
  const anchor = at > NEAR_END ? html` text-anchor="end"` : '';
  return html`<text x="${percent(at)}" y="19" ${anchor}>${label}</text>`;
}

/** `12.5%`. */
export function percent(share: number): string {
  return `${Math.round(share * 10_000) / 100}%`;
}
