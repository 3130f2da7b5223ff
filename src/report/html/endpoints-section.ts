/** The figures of every endpoint beside each other. */
import type { ScoreScale } from '../../metrics/names.js';
import type { EndpointResult, Result } from '../../run/result.js';
import { percentileText, roundTrip, totalLossRatio, type Percentile } from '../key-figures.js';
import { formatCount, formatRatio } from '../number-format.js';
import { scoresOf, type AnyQuality } from '../scores.js';
import { endpointHeatmap } from './endpoint-heatmap.js';
import { html, networkText } from './markup.js';
import type { HtmlValue } from './markup.js';
import type { Section } from './section.js';
import { emptyNote, noFigure, table } from './table.js';

const MAX_ROWS = 200;
const CALL_COLUMNS = [
  { header: 'Endpoint, target and labels' },
  ...numeric('Attempted', 'Answered', 'Failed', 'Dropped', 'One-way', 'Success', 'SRD p50', 'SRD p95'),
  { header: 'INVITE ended in' },
];
const AUDIO_COLUMNS = [
  { header: 'Endpoint' },
  { header: 'Codec' },
  ...numeric('Received: MOS-LQ p50', 'p5', 'Loss', 'Jitter p95'),
  ...numeric('Sent: MOS-LQ p50', 'p5', 'Loss', 'Jitter p95'),
  ...numeric('RTT p95'),
];
const CALLED_COLUMNS = [
  { header: 'Labels of the called user' },
  ...numeric('Legs', 'MOS-LQ p50', 'p5', 'Loss', 'Jitter p95'),
];
const SCALE_MARKS: Readonly<Record<ScoreScale, string>> = { narrowband: 'N', wideband: 'W' };

/** One row per endpoint: its calls, and its audio in both directions. */
export function endpointsSection(result: Result): Section {
  const { endpoints } = result;
  const shown = endpoints.slice(0, MAX_ROWS);
  const left = endpoints.length - shown.length;
  const rest = left > 0 ? emptyNote(`${formatCount(left)} more endpoints are in result.json.`) : '';
  const calls = { caption: 'Calls per endpoint', columns: CALL_COLUMNS, rows: shown.map(callRow) };
  const audio = {
    caption:
      'Audio per endpoint; a MOS marked N is on the narrowband scale (MOS-LQEN), W on the wideband scale (MOS-LQEW): not to be compared',
    columns: AUDIO_COLUMNS,
    rows: shown.map(audioRow),
  };
  const heatmap = endpoints.length === 0 ? '' : endpointHeatmap(result);
  const tables = html`${heatmap}${table(calls, 'No endpoint is on record.')}${shown.length === 0 ? '' : table(audio)}${calledTable(shown)}${rest}`;
  return { id: 'endpoints', title: 'Endpoints', body: tables };
}

function numeric(...headers: string[]) {
  return headers.map((header) => ({ header, numeric: true }));
}

function callRow(endpoint: EndpointResult): HtmlValue[] {
  const { calls, signalling } = endpoint;
  return [
    nameCell(endpoint),
    ...[calls.attempted, calls.answered, calls.failed, calls.dropped, calls.oneWay].map(formatCount),
    ratioText(signalling.successRatio),
    percentileText(signalling.setupDelayMs, 'p50') ?? noFigure(),
    percentileText(signalling.setupDelayMs, 'p95') ?? noFigure(),
    finalResponses(signalling.finalResponses),
  ];
}

function audioRow(endpoint: EndpointResult): HtmlValue[] {
  const { received, sent } = endpoint.quality;
  return [
    networkText(endpoint.name),
    codecCell(endpoint),
    ...directionCells(received),
    ...directionCells(sent),
    percentileText(roundTrip(endpoint.quality), 'p95') ?? noFigure(),
  ];
}

/** Nothing where users are not told apart, or did not call each other. */
function calledTable(endpoints: readonly EndpointResult[]): HtmlValue {
  const rows = endpoints.flatMap(({ name, called }): HtmlValue[][] => {
    if (called === null) return [];
    const { legs, perCall } = called;
    return [
      [
        networkText(name),
        formatCount(legs),
        mosCell(perCall, 'p50'),
        mosCell(perCall, 'p5'),
        ratioText(totalLossRatio(called)),
        percentileText(perCall.jitterMs, 'p95') ?? noFigure(),
      ],
    ];
  });
  const caption = 'What called users received, by their own labels, one figure a leg';
  return rows.length === 0 ? '' : table({ caption, columns: CALLED_COLUMNS, rows });
}

function directionCells(quality: AnyQuality | null): HtmlValue[] {
  return [
    mosCell(quality, 'p50'),
    mosCell(quality, 'p5'),
    ratioText(totalLossRatio(quality)),
    percentileText(quality?.jitterMs ?? null, 'p95') ?? noFigure(),
  ];
}

/** A score with the mark of its scale; of an endpoint with both, both. */
function mosCell(quality: Parameters<typeof scoresOf>[0], stat: Percentile): HtmlValue {
  const known = scoresOf(quality, 'lq').flatMap(({ scale, summary }) => {
    const text = percentileText(summary, stat);
    return text === null ? [] : [`${text} ${SCALE_MARKS[scale]}`];
  });
  return known.length === 0 ? noFigure() : lines(known);
}

/** The one codec, or each with the number of its legs. */
function codecCell({ codec, codecs }: EndpointResult): HtmlValue {
  if (codecs.length <= 1) return codec === null ? noFigure() : networkText(codec);
  return lines(codecs.map((used) => networkText(`${used.codec} × ${formatCount(used.legs)}`)));
}

function lines(parts: readonly HtmlValue[]): HtmlValue {
  return parts.map((part, index) => (index === 0 ? part : html`<br />${part}`));
}

/** `200 × 98, 486 × 2`, most frequent first. */
function finalResponses(responses: EndpointResult['signalling']['finalResponses']): HtmlValue {
  const sorted = responses.toSorted((a, b) => b.count - a.count || a.status - b.status);
  return sorted.length === 0
    ? 'no response'
    : networkText(sorted.map(({ status, count }) => `${status} × ${formatCount(count)}`).join(', '));
}

function nameCell({ name, target, labels }: EndpointResult): HtmlValue {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const labelLine = pairs.length === 0 ? '' : html`<br /><small>${networkText(pairs.join(', '))}</small>`;
  return html`${networkText(name)}<br /><small>${networkText(target)}</small>${labelLine}`;
}

function ratioText(ratio: number | null): HtmlValue {
  return ratio === null ? noFigure() : formatRatio(ratio);
}
