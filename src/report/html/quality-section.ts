/** Quality over time: MOS, loss and jitter of the received audio, and on how many legs they rest. */
import type { Result, ResultSecond } from '../../run/result.js';
import { whyNoAudio } from '../key-figures.js';
import { formatMos, formatMs, formatNumber, formatRatio } from '../number-format.js';
import { renderTimeChart } from './chart/time-chart.js';
import type { TimeChart } from './chart/time-chart.js';
import { gateLimits, mosLimits } from './gate-limits.js';
import { html } from './markup.js';
import type { Section } from './section.js';

/** Median line, p5–p95 band and the limits of the gates. */
export function qualitySection(result: Result): Section {
  const charts = [mosChart(result), lossChart(result), jitterChart(result), legsChart(result)];
  const body = html`<p>Received audio, each second over the legs that were live in it.</p>
    <div class="charts">${charts.map((chart) => renderTimeChart(chart, result))}</div> `;
  return { id: 'quality', title: 'Quality over time', body };
}

function mosChart(result: Result): TimeChart {
  return {
    title: 'MOS-LQ',
    unit: 'MOS',
    lines: [{ label: 'median', look: 'main', pick: (second) => mosOf(second)?.p50 ?? null, aggregate: 'median' }],
    band: {
      label: 'p5–p95 of the legs',
      low: (second) => mosOf(second)?.p5 ?? null,
      high: (second) => mosOf(second)?.p95 ?? null,
    },
    limits: mosLimits(result.gates),
    domain: [1, 5],
    leastTop: 5,
    write: formatMos,
    emptyReason: whyNoAudio(result),
  };
}

function lossChart(result: Result): TimeChart {
  return {
    title: 'Packet loss',
    unit: '%',
    lines: [{ label: 'lost of the packets due', look: 'main', pick: lossPercent, aggregate: 'median' }],
    ...(isBinned(result) ? { band: { label: 'lowest to highest second', low: lossPercent, high: lossPercent } } : {}),
    limits: gateLimits(result.gates, ['loss'], 100),
    leastTop: 1,
    write: (percent) => formatRatio(percent / 100),
    emptyReason: whyNoAudio(result),
  };
}

function jitterChart(result: Result): TimeChart {
  return {
    title: 'Jitter',
    unit: 'ms',
    lines: [{ label: 'median', look: 'main', pick: (second) => jitterOf(second)?.p50 ?? null, aggregate: 'median' }],
    band: {
      label: 'p50–p95 of the legs',
      low: (second) => jitterOf(second)?.p50 ?? null,
      high: (second) => jitterOf(second)?.p95 ?? null,
    },
    limits: gateLimits(result.gates, ['jitter']),
    leastTop: 1,
    write: formatMs,
    emptyReason: whyNoAudio(result),
  };
}

function legsChart(result: Result): TimeChart {
  return {
    title: 'Legs measured',
    unit: 'legs',
    lines: [
      {
        label: 'legs behind the figures of each second',
        look: 'main',
        pick: (second) => second.received?.legs ?? null,
        aggregate: 'min',
      },
    ],
    limits: [],
    leastTop: 2,
    whole: true,
    write: formatNumber,
    emptyReason: whyNoAudio(result),
  };
}

/** From here on a column of the chart holds more than one second. */
function isBinned(result: Result): boolean {
  return result.durationMs > 600_000;
}

function mosOf(second: ResultSecond) {
  return second.received?.mosLq ?? null;
}

function jitterOf(second: ResultSecond) {
  return second.received?.jitterMs ?? null;
}

function lossPercent(second: ResultSecond): number | null {
  const ratio = second.received?.lossRatio ?? null;
  return ratio === null ? null : ratio * 100;
}
