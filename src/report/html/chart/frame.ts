/** The frame of a chart: drawing area, axes, ticks and grid as SVG with presentation attributes only. */
import { html } from '../markup.js';
import type { HtmlValue, Markup } from '../markup.js';

export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

/** Beside each other on a laptop, and one per row on a phone: the size of the text stays the same. */
export const WIDE: ChartSize = { width: 620, height: 230 };
export const NARROW: ChartSize = { width: 340, height: 210 };

export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Tick {
  readonly at: number;
  readonly label: string;
}

export interface ChartFrame {
  readonly size: ChartSize;
  readonly plot: Plot;
  readonly title: string;
  /** What the chart shows, in a sentence with figures. */
  readonly description: string;
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
  readonly xLabel: string;
  readonly yLabel: string;
}

const CHARACTER_WIDTH = 7.7;

/** The drawing area beside labels as wide as the widest of `yLabels`. */
export function plotArea(size: ChartSize, yLabels: readonly string[]): Plot {
  const widest = Math.max(2, ...yLabels.map((label) => label.length));
  return { left: Math.ceil(widest * CHARACTER_WIDTH) + 10, right: size.width - 26, top: 28, bottom: size.height - 44 };
}

/** A coordinate with one decimal. */
export function coordinate(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The whole chart: frame, then `marks` over the grid. */
export function svgChart(frame: ChartFrame, marks: HtmlValue): Markup {
  const { size, plot, xTicks, yTicks } = frame;
  return html`<svg
    role="img"
    width="${size.width}"
    height="${size.height}"
    viewBox="0 0 ${size.width} ${size.height}"
    font-family="system-ui, sans-serif"
    font-size="12"
  >
    <title>${frame.title}</title>
    <desc>${frame.description}</desc>
    ${gridLines(plot, yTicks)}${marks}
    <path d="${axisPath(plot, xTicks)}" fill="none" stroke="currentColor" stroke-opacity="0.6" />
    <g class="axis" fill="currentColor">
      <g text-anchor="end">${yTicks.map((tick) => yTickLabel(tick, plot))}</g>
      <g text-anchor="middle">${xTicks.map((tick) => xTickLabel(tick, plot))}</g>
      <text x="2" y="13">${frame.yLabel}</text>
      <text x="${plot.right}" y="${size.height - 6}" text-anchor="end">${frame.xLabel}</text>
    </g>
  </svg> `;
}

function gridLines(plot: Plot, yTicks: readonly Tick[]): Markup {
  const path = yTicks.map((tick) => `M${plot.left} ${coordinate(tick.at)}H${plot.right}`).join('');
  return html`<path d="${path}" fill="none" stroke="currentColor" stroke-opacity="0.14" /> `;
}

function yTickLabel(tick: Tick, plot: Plot): Markup {
  return html`<text x="${plot.left - 6}" y="${coordinate(tick.at + 4)}">${tick.label}</text>`;
}

function xTickLabel(tick: Tick, plot: Plot): Markup {
  return html`<text x="${coordinate(tick.at)}" y="${plot.bottom + 20}">${tick.label}</text>`;
}

/** The time axis and its tick marks: one path for all, which keeps a report of many charts small. */
function axisPath(plot: Plot, xTicks: readonly Tick[]): string {
  const marks = xTicks.map(({ at }) => `M${coordinate(at)} ${plot.bottom}v4`);
  return `M${plot.left} ${plot.bottom}H${plot.right}${marks.join('')}`;
}
