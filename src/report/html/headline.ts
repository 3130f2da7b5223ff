/** The head of the report: verdict with its reasons, name, targets, start, duration, calls. */
import type { Result } from '../../run/result.js';
import { callsWithoutRecord, isUnderWay } from '../key-figures.js';
import { formatCount, formatDuration, formatUtc } from '../number-format.js';
import { verdictMark } from '../verdict-mark.js';
import { html, networkText } from './markup.js';
import type { Markup } from './markup.js';

const MAX_TARGETS = 5;

/** The `<header>` of the document. */
export function renderHeadline(result: Result): Markup {
  const mark = verdictMark(result.verdict);
  const reasons = result.reasons.map((reason) => html`<li>${networkText(reason)}</li> `);
  return html`<header class="${mark.tone}">
    <h1>
      <span class="verdict">${mark.symbol} ${mark.word}</span> <span class="name">${networkText(result.name)}</span>
    </h1>
    ${
      reasons.length === 0
        ? ''
        : html`<ul class="reasons">
            ${reasons}
          </ul> `
    }
    <dl class="facts">
      ${facts(result).map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div> `,
      )}
    </dl>
  </header> `;
}

function facts(result: Result): [string, Markup][] {
  const { calls } = result;
  const begun = callsWithoutRecord(result);
  const fate = isUnderWay(result) ? 'still going on' : 'begun and left without a record';
  const others = begun === 0 ? '' : `, ${formatCount(begun)} more ${fate}`;
  const attempted = `${formatCount(calls.attempted)} attempted, ${formatCount(calls.answered)} answered${others}`;
  return [
    ['Started', html`<time datetime="${result.startedAt}">${formatUtc(result.startedAt)}</time>`],
    ['Duration', html`${formatDuration(result.durationMs)}`],
    ['Calls', html`${attempted}`],
    ['Target', targets(result)],
  ];
}

function targets({ endpoints }: Result): Markup {
  const names = [...new Set(endpoints.map((endpoint) => endpoint.target))];
  if (names.length === 0) return html`none`;
  const shown = names.slice(0, MAX_TARGETS).map((name, index) => html`${index === 0 ? '' : ', '}${networkText(name)}`);
  return html`${shown}${names.length > MAX_TARGETS ? ` and ${names.length - MAX_TARGETS} more` : ''}`;
}
