/** The generator over time: how late it was, what it lost and how much CPU it used, against its own limits. */
import { HEALTH_LIMITS } from '../../metrics/health-limits.js';
import type { GeneratorBlock, GeneratorSecond, Result } from '../../run/result.js';
import { formatDuration, formatMs, formatNumber, formatPercent } from '../number-format.js';
import { binWidth, spanSeconds } from './chart/time-bins.js';
import { MOST_COLUMNS, renderTimeChart } from './chart/time-chart.js';
import type { Limit, Line, TimeChart } from './chart/time-chart.js';
import { emptyNote } from './table.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';

type Chart = TimeChart<GeneratorSecond>;

/** Small charts on the axis of all others, of losses only where there were any; a sentence where nothing is on record. */
export function generatorStrip(result: Result): Markup {
  const { generator } = result;
  if (generator.seconds.length === 0) {
    return emptyNote('How it went over time: not on record.');
  }
  const span = spanSeconds(result.seconds, result.durationMs);
  const run = { seconds: generator.seconds.filter(({ second }) => second < span), durationMs: span * 1000 };
  const isWhole = generator.seconds.every((row) => (row.missedPackets ?? 0) + (row.receiveDrops ?? 0) === 0);
  const charts = [latenessChart(generator), loopChart(), cpuChart(), ...(isWhole ? [] : [lossChart(generator)])];
  return html`${gathered(generator, span)}
    <div class="charts small">${charts.map((chart) => renderTimeChart(chart, run))}</div> `;
}

function latenessChart({ netBackend }: GeneratorBlock): Chart {
  return {
    title: 'Send lateness of RTP',
    unit: 'ms',
    lines: [{ label: 'p99', look: 'main', pick: latenessP99, aggregate: 'max' }],
    band: {
      label: 'p99 to the latest packet',
      low: latenessP99,
      high: ({ sendLatenessMs }) => sendLatenessMs?.max ?? null,
    },
    limits: [limitOf(HEALTH_LIMITS.sendLatenessP99Ms)],
    leastTop: 1,
    write: formatNumber,
    emptyReason: netBackend === 'none' ? 'the run was without audio' : 'no packet was timed',
  };
}

function latenessP99({ sendLatenessMs }: GeneratorSecond): number | null {
  return sendLatenessMs?.p99 ?? null;
}

function loopChart(): Chart {
  return {
    title: 'Event-loop delay',
    unit: 'ms',
    lines: [{ label: 'p99', look: 'main', pick: (second) => second.eventLoopDelayP99Ms, aggregate: 'max' }],
    limits: [limitOf(HEALTH_LIMITS.eventLoopDelayP99Ms)],
    leastTop: 1,
    write: formatNumber,
    emptyReason: 'it was not sampled',
  };
}

function limitOf(limitMs: number): Limit {
  return { value: limitMs, label: `limit of the run’s p99: ${formatMs(limitMs)}` };
}

function lossChart({ binSeconds, seconds }: GeneratorBlock): Chart {
  const rateOf = (packets: number | null): number | null => (packets === null ? null : packets / binSeconds);
  const dropped: Line<GeneratorSecond> = {
    label: 'dropped at our sockets',
    look: 'second',
    pick: ({ receiveDrops }) => rateOf(receiveDrops),
    aggregate: 'max',
  };
  const knowsDrops = seconds.some(({ receiveDrops }) => receiveDrops !== null);
  return {
    title: knowsDrops ? 'Packets that we lost ourselves' : 'Packets that we did not send (drops: unknown)',
    unit: 'packets/s',
    lines: [
      {
        label: 'skipped as too late',
        look: 'alarm',
        pick: ({ missedPackets }) => rateOf(missedPackets),
        aggregate: 'max',
      },
      ...(knowsDrops ? [dropped] : []),
    ],
    limits: [],
    leastTop: 2,
    write: formatNumber,
    emptyReason: 'the run was without audio',
  };
}

function cpuChart(): Chart {
  return {
    title: 'CPU of this process',
    unit: '%',
    lines: [
      {
        label: 'of all cores',
        look: 'main',
        pick: ({ cpuRatio }) => (cpuRatio === null ? null : cpuRatio * 100),
        aggregate: 'max',
      },
    ],
    limits: [],
    leastTop: 10,
    write: formatPercent,
    emptyReason: 'it was not sampled',
  };
}

function gathered({ binSeconds }: GeneratorBlock, span: number): Markup {
  const columnSeconds = Math.max(binSeconds, binWidth(span, MOST_COLUMNS));
  if (columnSeconds === 1) return html``;
  return html`<p>A column gathers ${formatDuration(columnSeconds * 1000)}: the worst second of it.</p> `;
}
