/** The load: what the schedule asked for and what was achieved, second by second. */
import type { Result } from '../../run/result.js';
import { formatCount, formatDuration, formatNumber } from '../number-format.js';
import { binWidth, spanSeconds } from './chart/time-bins.js';
import { MOST_COLUMNS, renderTimeChart } from './chart/time-chart.js';
import type { TimeChart } from './chart/time-chart.js';
import { html } from './markup.js';
import type { Section } from './section.js';

const NO_SECONDS = 'the run has no second on record';

const STARTS: TimeChart = {
  title: 'Call starts',
  unit: 'calls/s',
  lines: [
    { label: 'target rate', look: 'target', pick: (second) => second.targetRate, aggregate: 'mean' },
    { label: 'achieved starts', look: 'main', pick: (second) => second.started, aggregate: 'mean' },
    { label: 'failed calls', look: 'alarm', pick: (second) => second.failed, aggregate: 'mean' },
  ],
  limits: [],
  leastTop: 0.1,
  write: formatNumber,
  emptyReason: NO_SECONDS,
};

const ACTIVE: TimeChart = {
  title: 'Active calls',
  unit: 'calls',
  lines: [
    {
      label: 'answered calls at the end of the second',
      look: 'main',
      pick: (second) => second.activeCalls,
      aggregate: 'max',
    },
  ],
  limits: [],
  leastTop: 2,
  whole: true,
  write: formatNumber,
  emptyReason: NO_SECONDS,
};

/** Starts per second against the target, and active calls. */
export function loadSection(result: Result): Section {
  const { intended, achieved, heldBack } = result.load;
  const held = heldBack === 0 ? '' : `; ${formatCount(heldBack)} waited for the concurrency cap`;
  const body = html`<p>
      ${formatCount(achieved)} of ${formatCount(intended)} starts that were due happened${held}.${gathered(result)}
    </p>
    <div class="charts">${[STARTS, ACTIVE].map((chart) => renderTimeChart(chart, result))}</div> `;
  return { id: 'load', title: 'Load', body };
}

function gathered({ seconds, durationMs }: Result): string {
  const width = binWidth(spanSeconds(seconds, durationMs), MOST_COLUMNS);
  if (width === 1) return '';
  return ` A column gathers ${formatDuration(width * 1000)}: the mean of its rates, and the most active calls.`;
}
