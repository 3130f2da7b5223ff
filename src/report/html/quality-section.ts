/** Quality over time in both directions: MOS on each scale, loss, jitter, round trip, and on how many legs they rest. */
import type { ScoreScale } from '../../metrics/names.js';
import type { Result } from '../../run/result.js';
import type { ResultSecond } from '../../run/result-quality.js';
import { whyNoAudio, whyNoRoundTrip, whyNoSent } from '../key-figures.js';
import { formatCount, formatDuration, formatMos, formatNumber, formatPercent } from '../number-format.js';
import { SCALES, scoreLabel, type Direction } from '../scores.js';
import { MOST_COLUMNS, renderTimeChart } from './chart/time-chart.js';
import type { Line, TimeChart, ValueRange } from './chart/time-chart.js';
import { binWidth, spanSeconds } from './chart/time-bins.js';
import type { SecondValue } from './chart/time-bins.js';
import { gateLimits, mosLimits } from './gate-limits.js';
import { html } from './markup.js';
import type { Section } from './section.js';

type Figures = NonNullable<ResultSecond['received']>;
type Pick = (figures: Figures) => number | null | undefined;

/** Median line, p5–p95 band and the limits of the gates; what the far end received as a second line, where it is known. */
export function qualitySection(result: Result): Section {
  const charts = [
    ...scalesOf(result).map((scale) => mosChart(result, scale)),
    lossChart(result),
    jitterChart(result),
    roundTripChart(result),
    legsChart(result),
  ];
  const body = html`<p>${introduction(result)}</p>
    <div class="charts">${charts.map((chart) => renderTimeChart(chart, result))}</div> `;
  return { id: 'quality', title: 'Quality over time', shortTitle: 'Quality', body };
}

function introduction(result: Result): string {
  const received = `Received audio: each second over the legs that were live in it.${leftOut(result)}`;
  return hasSent(result)
    ? `${received}${gathered(result)} Sent audio, as the far end received it: each second over the legs whose report came in it.`
    : `${received}${gathered(result)} Sent audio: not measured, ${whyNoSent(result)}.`;
}

/** Why a line may have a gap though legs were live. */
function leftOut({ generator }: Result): string {
  const seconds = generator.spoiledCallSeconds ?? 0;
  if (seconds === 0) return '';
  return ` ${formatCount(seconds)} seconds of legs are left out: this host dropped datagrams in them.`;
}

function hasSent({ seconds }: Result): boolean {
  return seconds.some(({ sent }) => sent !== null);
}

function directionsOf(result: Result): readonly Direction[] {
  return hasSent(result) ? ['received', 'sent'] : ['received'];
}

/** The scales that any second has; the narrowband one where none has. */
function scalesOf({ seconds }: Result): readonly ScoreScale[] {
  const found = SCALES.filter((scale) =>
    seconds.some(({ received, sent }) => [received, sent].some((figures) => mosOf(figures, scale) !== null)),
  );
  return found.length === 0 ? ['narrowband'] : found;
}

function mosOf(figures: Figures | null, scale: ScoreScale): Figures['mosLq'] {
  return (scale === 'wideband' ? figures?.mosLqWb : figures?.mosLq) ?? null;
}

function mosChart(result: Result, scale: ScoreScale): TimeChart {
  return {
    title: scoreLabel('lq', scale),
    unit: 'MOS',
    lines: linesOf(result, 'median', (figures) => mosOf(figures, scale)?.p50),
    band: {
      label: 'received, p5–p95 of the legs',
      low: pickOf('received', (figures) => mosOf(figures, scale)?.p5),
      high: pickOf('received', (figures) => mosOf(figures, scale)?.p95),
    },
    limits: mosLimits(result.gates, scale, directionsOf(result)),
    domain: mosDomain,
    leastTop: 5,
    write: formatMos,
    emptyReason: whyNoAudio(result),
  };
}

/** The scale ends at 4.5; it starts at the whole MOS well below the lowest value, as a line needs no zero. */
function mosDomain([lowest, highest]: ValueRange): ValueRange {
  return [Math.max(1, Math.min(4, Math.floor(lowest - 0.2))), highest > 4.5 ? 5 : 4.5];
}

function lossChart(result: Result): TimeChart {
  const received = pickOf('received', lossPercent);
  return {
    title: 'Packet loss',
    unit: '%',
    lines: linesOf(result, 'lost of the packets due', lossPercent),
    ...(columnSeconds(result) > 1
      ? { band: { label: 'received, lowest to highest second', low: received, high: received } }
      : {}),
    limits: gateLimits(result.gates, ['loss'], { factor: 100, directions: directionsOf(result) }),
    leastTop: 1,
    write: formatPercent,
    emptyReason: whyNoAudio(result),
  };
}

function jitterChart(result: Result): TimeChart {
  return {
    title: 'Jitter',
    unit: 'ms',
    lines: linesOf(result, 'median', ({ jitterMs }) => jitterMs?.p50),
    band: {
      label: 'received, p50–p95 of the legs',
      low: pickOf('received', ({ jitterMs }) => jitterMs?.p50),
      high: pickOf('received', ({ jitterMs }) => jitterMs?.p95),
    },
    limits: gateLimits(result.gates, ['jitter'], { directions: directionsOf(result) }),
    leastTop: 1,
    write: formatNumber,
    emptyReason: whyNoAudio(result),
  };
}

function roundTripChart(result: Result): TimeChart {
  return {
    title: 'Round trip',
    unit: 'ms',
    lines: [{ label: 'median', look: 'main', pick: medianRoundTrip, aggregate: 'median' }],
    band: { label: 'p50–p95 of the legs', low: medianRoundTrip, high: (second) => roundTripOf(second)?.p95 ?? null },
    limits: gateLimits(result.gates, ['rtt'], { directions: ['received', 'sent'] }),
    leastTop: 1,
    write: formatNumber,
    emptyReason: whyNoRoundTrip(result),
  };
}

function legsChart(result: Result): TimeChart {
  const label = 'legs behind the figures of each second';
  return {
    title: 'Legs measured',
    unit: 'legs',
    lines: linesOf(result, label, ({ legs }) => legs).map((line) => Object.assign(line, { aggregate: 'min' })),
    limits: [],
    leastTop: 2,
    whole: true,
    write: formatNumber,
    emptyReason: whyNoAudio(result),
  };
}

function lossPercent({ lossRatio }: Figures): number | null {
  return lossRatio === null ? null : lossRatio * 100;
}

/** Both directions have the same round trip, whichever holds it. */
function roundTripOf({ received, sent }: ResultSecond): Figures['rttMs'] {
  return received?.rttMs ?? sent?.rttMs ?? null;
}

function medianRoundTrip(second: ResultSecond): number | null {
  return roundTripOf(second)?.p50 ?? null;
}

/** One line for each direction that is known. */
function linesOf(result: Result, label: string, pick: Pick): Line[] {
  return directionsOf(result).map((direction) => ({
    label: `${direction}, ${label}`,
    look: direction === 'sent' ? 'sent' : 'main',
    pick: pickOf(direction, pick),
    aggregate: 'median',
  }));
}

function pickOf(direction: Direction, pick: Pick): SecondValue {
  return (second) => {
    const figures = second[direction];
    return figures === null ? null : (pick(figures) ?? null);
  };
}

/** How many seconds stand in one column. */
function columnSeconds(result: Result): number {
  return binWidth(spanSeconds(result.seconds, result.durationMs), MOST_COLUMNS);
}

function gathered(result: Result): string {
  const seconds = columnSeconds(result);
  if (seconds === 1) return '';
  return ` A column gathers ${formatDuration(seconds * 1000)}: the line is the median of its seconds, the band reaches from the lowest to the highest second of it; the number of legs is the lowest.`;
}
