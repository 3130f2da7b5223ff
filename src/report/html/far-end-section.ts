/** What far ends say of our audio in RTCP-XR: their word and not our measurement, so it stands apart, and only where there is any. */
import type { Result } from '../../run/result.js';
import type { DistributionSummary } from '../../run/result-fields.js';
import { formatCount, formatValue } from '../number-format.js';
import { html } from './markup.js';
import type { HtmlValue } from './markup.js';
import type { Section } from './section.js';
import { noFigure, table } from './table.js';

const COLUMNS = ['Figure', 'Legs', 'min', 'p50', 'p95', 'max'].map((header, index) => ({ header, numeric: index > 0 }));
const ROWS = [
  ['lossRatio', 'Packet loss'],
  ['discardRatio', 'Discarded by its jitter buffer'],
  ['burstDensity', 'Loss within bursts'],
  ['burstMs', 'Length of bursts'],
  ['gapDensity', 'Loss between bursts'],
  ['gapMs', 'Length of gaps'],
  ['roundTripMs', 'Round trip'],
  ['endSystemDelayMs', 'Delay within the far end'],
  ['rFactor', 'R factor'],
  ['mosLq', 'MOS-LQ'],
  ['mosCq', 'MOS-CQ'],
  ['jitterBufferMs', 'Jitter buffer, nominal'],
  ['jitterBufferMaxMs', 'Jitter buffer, maximum'],
] as const;

/** Null where no far end told. */
export function farEndSection({ quality }: Result): Section | null {
  const told = quality.farEndXr;
  if (told === null) return null;
  const spec = {
    caption: 'Sent audio, as told by the far end',
    columns: COLUMNS,
    rows: ROWS.map(([figure, label]) => row(label, told[figure])),
  };
  const body = html`<p>
      ${formatCount(told.legs)} legs: the far end's own VoIP metrics (RTCP-XR, RFC 3611 §4.7) of the audio that it
      received from us. This is its word; no gate and no other figure of this report rests on it. On which scale its R
      and MOS are, it does not say. A leg has one value: that of its last report.
    </p>
    ${table(spec)} `;
  return { id: 'far-end', title: 'As told by the far end', shortTitle: 'Far end', body };
}

function row(label: string, figure: DistributionSummary | null): HtmlValue[] {
  if (figure === null) return [label, '0', noFigure(), noFigure(), noFigure(), noFigure()];
  const { count, min, p50, p95, max, unit } = figure;
  return [label, formatCount(count), ...[min, p50, p95, max].map((value) => formatValue(value, unit))];
}
