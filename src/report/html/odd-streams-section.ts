/** Odd streams: what was strange about legs, on how many, and what it usually means. */
import type { Result } from '../../run/result.js';
import type { ResultFinding } from '../../run/result-quality.js';
import { totalLegs, whyNoAudio } from '../key-figures.js';
import { formatCount, formatRatio } from '../number-format.js';
import { html, networkText } from './markup.js';
import type { HtmlValue } from './markup.js';
import type { Section } from './section.js';
import { emptyNote, table } from './table.js';

const COLUMNS = [
  { header: 'Finding, and what it usually means' },
  { header: 'Legs', numeric: true },
  { header: 'Of all legs', numeric: true },
  { header: 'Example', numeric: true },
];
/** Longer than any text of the program, and a bound for what a foreign result may hold. */
const TEXT_LIMIT = 400;

/** One row for each finding, in the order of the result. */
export function oddStreamsSection(result: Result): Section {
  const legs = totalLegs(result);
  const rows = result.quality.findings.map((finding) => findingRow(finding, legs));
  const spec = { caption: 'Odd streams', columns: COLUMNS, rows };
  const none = emptyNote('None: every stream that was measured was as agreed.');
  const body = result.quality.received === null ? emptyNote(`Not known: ${whyNoAudio(result)}.`) : none;
  return { id: 'odd-streams', title: 'Odd streams', body: rows.length === 0 ? body : table(spec) };
}

function findingRow({ finding, legs, example, text }: ResultFinding, all: number): HtmlValue[] {
  const share = all === 0 ? '–' : formatRatio(legs / all);
  const name = html`${networkText(finding)}<br /><small>${networkText(text, TEXT_LIMIT)}</small>`;
  return [name, formatCount(legs), share, `call #${example}`];
}
