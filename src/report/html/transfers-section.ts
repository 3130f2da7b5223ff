/** Transfers that far sides asked for, where there were any: what came of them, and why not more. */
import type { Result } from '../../run/result.js';
import type { TransfersBlock } from '../../run/result-transfers.js';
import { percentileText } from '../key-figures.js';
import { formatCount } from '../number-format.js';
import { causeCell } from './cause-cell.js';
import { html } from './markup.js';
import type { Section } from './section.js';
import { table } from './table.js';

const COLUMNS = [{ header: 'Transfers' }, { header: 'Count', numeric: true }];
const CAUSE_COLUMNS = [{ header: 'Cause' }, { header: 'Outcome' }, { header: 'Status', numeric: true }, COLUMNS[1]!];

export function transfersSection({ transfers }: Result): Section | null {
  if (transfers === null) return null;
  const { calls, asked, answered, failed, cut, refused, causes } = transfers;
  const rows = [
    ['Calls whose far side asked for one', formatCount(calls)],
    ['Asked for, in all', formatCount(asked)],
    ['Answered: the call went on with the target', formatCount(answered)],
    ['Failed: the target did not take it', formatCount(failed)],
    ['Cut: the call ended before', formatCount(cut)],
    ['Refused by us', formatCount(refused)],
  ];
  const causeRows = causes.map(({ outcome, cause, sipStatus, count }) => [
    causeCell(cause),
    outcome,
    sipStatus === null ? 'none' : String(sipStatus),
    formatCount(count),
  ]);
  const body = html`${table({ caption: 'Transfers that the far sides asked for (REFER)', columns: COLUMNS, rows })}
    <p>${delays(transfers)}</p>
    ${causeRows.length === 0 ? '' : table({ caption: 'Why transfers were not answered', columns: CAUSE_COLUMNS, rows: causeRows })}`;
  return { id: 'transfers', title: 'Transfers', body };
}

function delays({ answerDelayMs }: TransfersBlock): string {
  if (answerDelayMs === null) return 'From REFER to answer: not known, no target answered.';
  const [shortest, median, longest] = (['min', 'p50', 'max'] as const).map((each) =>
    percentileText(answerDelayMs, each),
  );
  return `From REFER to the answer of its target: ${shortest} to ${longest}, half of them up to ${median}.`;
}
