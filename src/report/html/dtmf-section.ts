/** Keys (DTMF) of the calls, where there were any: how many went which way, and where others came than expected. */
import type { DtmfBlock } from '../../run/result-dtmf.js';
import type { Result } from '../../run/result.js';
import { percentileText } from '../key-figures.js';
import { formatCount } from '../number-format.js';
import { html, networkText } from './markup.js';
import type { HtmlValue, Markup } from './markup.js';
import type { Section } from './section.js';
import { table } from './table.js';

const COLUMNS = [{ header: 'Keys' }, { header: 'Sent', numeric: true }, { header: 'Received', numeric: true }];
const EXAMPLE_COLUMNS = [{ header: 'Call', numeric: true }, { header: 'Expected' }, { header: 'Received' }];
const METHODS = [
  { method: 'rfc4733', name: 'telephone-events, RFC 4733' },
  { method: 'info', name: 'SIP INFO' },
  { method: 'inband', name: 'tones in the audio' },
] as const;

export function dtmfSection({ dtmf }: Result): Section | null {
  if (dtmf === null) return null;
  const rows = METHODS.map(({ method, name }) => [
    name,
    formatCount(dtmf.sent[method]),
    formatCount(dtmf.received[method]),
  ]);
  const body = html`${table({ caption: 'Keys of the calls, by the way in which they went', columns: COLUMNS, rows })}
    <p>${summary(dtmf)}</p>
    ${examples(dtmf)}`;
  return { id: 'dtmf', title: 'Keys (DTMF)', shortTitle: 'Keys', body };
}

function summary({ calls, mismatched, received: { durationMs, beyond } }: DtmfBlock): string {
  const [shortest, median, longest] = (['min', 'p50', 'max'] as const).map((each) => percentileText(durationMs, each));
  const range = shortest === longest ? `${median} each` : `${shortest} to ${longest}, half of them up to ${median}`;
  const lengths = durationMs === null ? '' : ` Received keys lasted ${range}.`;
  const wrong =
    mismatched === 0
      ? 'None came otherwise than expected.'
      : `Others came than expected in ${formatCount(mismatched)}.`;
  const more = beyond === 0 ? '' : ` ${formatCount(beyond)} more keys came than calls keep, and are in no other count.`;
  return `Calls with keys: ${formatCount(calls)}. ${wrong}${lengths}${more}`;
}

function examples({ examples: calls }: DtmfBlock): Markup {
  if (calls.length === 0) return html``;
  const rows = calls.map(({ call, expected, received }): HtmlValue[] => [
    `#${call}`,
    networkText(expected),
    received === '' ? 'none' : networkText(received),
  ]);
  return table({ caption: 'The first calls with other keys than expected', columns: EXAMPLE_COLUMNS, rows });
}
