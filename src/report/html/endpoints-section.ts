/** The figures of every endpoint beside each other. */
import type { EndpointResult, Result } from '../../run/result.js';
import { percentileText, totalLossRatio } from '../key-figures.js';
import { formatCount, formatRatio } from '../number-format.js';
import { html, networkText } from './markup.js';
import type { HtmlValue } from './markup.js';
import type { Section } from './section.js';
import { emptyNote, noFigure, table } from './table.js';

const MAX_ROWS = 200;
const TEXT_HEADERS = ['Endpoint, target and labels', 'Codec'];
const FIGURE_HEADERS = [
  'Attempted',
  'Answered',
  'Failed',
  'Dropped',
  'One-way',
  'Success',
  'MOS p50',
  'MOS p5',
  'Loss',
  'Jitter p95',
  'SRD p50',
  'SRD p95',
];
const COLUMNS = [
  ...TEXT_HEADERS.map((header) => ({ header })),
  ...FIGURE_HEADERS.map((header) => ({ header, numeric: true })),
  { header: 'INVITE ended in' },
];

/** One row per endpoint. */
export function endpointsSection({ endpoints }: Result): Section {
  const rows = endpoints.slice(0, MAX_ROWS).map(endpointRow);
  const left = endpoints.length - rows.length;
  const rest = left > 0 ? emptyNote(`${formatCount(left)} more endpoints are in result.json.`) : '';
  const spec = { caption: 'Figures per endpoint, received audio', columns: COLUMNS, rows };
  return { id: 'endpoints', title: 'Endpoints', body: html`${table(spec, 'No endpoint is on record.')}${rest}` };
}

function endpointRow(endpoint: EndpointResult): HtmlValue[] {
  const { calls, signalling } = endpoint;
  const received = endpoint.quality.received;
  return [
    nameCell(endpoint),
    endpoint.codec === null ? noFigure() : networkText(endpoint.codec),
    ...[calls.attempted, calls.answered, calls.failed, calls.dropped, calls.oneWay].map(formatCount),
    ratioText(signalling.successRatio),
    percentileText(received?.mosLq ?? null, 'p50') ?? noFigure(),
    percentileText(received?.mosLq ?? null, 'p5') ?? noFigure(),
    ratioText(totalLossRatio(received)),
    percentileText(received?.jitterMs ?? null, 'p95') ?? noFigure(),
    percentileText(signalling.setupDelayMs, 'p50') ?? noFigure(),
    percentileText(signalling.setupDelayMs, 'p95') ?? noFigure(),
    finalResponses(signalling.finalResponses),
  ];
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
