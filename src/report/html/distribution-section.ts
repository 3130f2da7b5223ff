/** How the MOS of the received audio is distributed: histogram and cumulative shares. */
import type { DistributionSummary, Result } from '../../run/result.js';
import { whyNoAudio } from '../key-figures.js';
import { formatCount, formatMos } from '../number-format.js';
import { renderMosCdf, renderMosHistogram } from './chart/distribution-chart.js';
import type { MosDistribution } from './chart/distribution-chart.js';
import { mosLimits } from './gate-limits.js';
import { html } from './markup.js';
import type { Section } from './section.js';
import { emptyNote, table } from './table.js';

const COLUMNS = ['Values', 'Count', 'min', 'p1', 'p5', 'p50', 'p95', 'max', 'mean'].map((header, index) => ({
  header,
  numeric: index > 0,
}));

/** Histogram over call-seconds, cumulative shares over call-seconds and over whole calls. */
export function distributionSection(result: Result): Section {
  const received = result.quality.received;
  const perCall = present('calls', received?.perCall.mosLq ?? null, 'second');
  const perSecond = present('call-seconds', received?.mosLq ?? null, 'main');
  const all = [...perSecond, ...perCall];
  const [first] = all;
  const limits = mosLimits(result.gates);
  const body =
    first === undefined
      ? emptyNote(`No chart: ${whyNoAudio(result)}.`)
      : html`<div class="charts">${renderMosHistogram(first, limits)}${renderMosCdf(all, limits)}</div>
          ${table({ caption: `MOS-LQ, scale ${first.summary.scale ?? 'not named'}`, columns: COLUMNS, rows: all.map(figureRow) })}`;
  return { id: 'distribution', title: 'MOS distribution', body };
}

function present(of: string, summary: DistributionSummary | null, look: 'main' | 'second'): MosDistribution[] {
  return summary === null || summary.count === 0 ? [] : [{ of, summary, look }];
}

function figureRow({ of, summary }: MosDistribution): string[] {
  const { min, p1, p5, p50, p95, max, mean } = summary;
  return [of, formatCount(summary.count), ...[min, p1, p5, p50, p95, max, mean].map(formatMos)];
}
