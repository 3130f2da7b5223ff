/** What the far side said: responses, causes of failure, and the delays of RFC 6076. */
import type { Cause, DistributionSummary, Result } from '../../run/result.js';
import { percentileText, whyNoDelay } from '../key-figures.js';
import { formatCount, formatRatio } from '../number-format.js';
import { html, networkText } from './markup.js';
import type { HtmlValue } from './markup.js';
import type { Section } from './section.js';
import { notMeasured, table } from './table.js';

const RESPONSE_COLUMNS = [{ header: 'Status' }, { header: 'To method' }, { header: 'Count', numeric: true }];

const CAUSE_COLUMNS = [
  { header: 'Cause' },
  { header: 'Phase' },
  { header: 'SIP status', numeric: true },
  { header: 'Count', numeric: true },
  { header: 'Of the calls requested', numeric: true },
];

const DELAY_COLUMNS = ['Delay', 'Count', 'min', 'p50', 'p95', 'p99', 'max'].map((header, index) => ({
  header,
  numeric: index > 0,
}));

/** The responses table, with retransmissions in a sentence. */
export function responsesSection(result: Result): Section {
  const { responses, malformed } = result.signalling;
  const rows = responses
    .toSorted((a, b) => b.count - a.count || a.status - b.status)
    .map(({ method, status, count }) => [String(status), networkText(method), formatCount(count)]);
  const body = html`${table({ caption: 'SIP responses received', columns: RESPONSE_COLUMNS, rows }, 'No SIP response came.')}
    <p>${retransmissionSentence(result)} Datagrams that were no SIP message: ${formatCount(malformed)}.</p> `;
  return { id: 'responses', title: 'SIP responses', shortTitle: 'Responses', body };
}

/** Why calls failed, dropped or never started, most frequent first. */
export function causesSection({ calls }: Result): Section {
  const rows = calls.causes.toSorted((a, b) => b.count - a.count).map((cause) => causeRow(cause, calls.requested));
  const spec = { caption: 'Causes, most frequent first', columns: CAUSE_COLUMNS, rows };
  return {
    id: 'causes',
    title: 'Why calls did not complete',
    shortTitle: 'Causes',
    body: table(spec, 'Every call did what was expected.'),
  };
}

/** Setup, answer and disconnect delay. */
export function setupSection(result: Result): Section {
  const { setupDelayMs, answerDelayMs, disconnectDelayMs, signallingRttMs } = result.signalling;
  const why = whyNoDelay(result);
  const rtt = html`SIP round trip<br /><small>OPTIONS to its response</small>`;
  const srd = html`SRD, session request delay<br /><small
      >INVITE to the first status-indicative response, RFC 6076 §4.3</small
    >`;
  const answer = html`Answer delay<br /><small>INVITE to its 2xx</small>`;
  const sdd = html`SDD, session disconnect delay<br /><small>BYE to its 2xx, RFC 6076 §4.4</small>`;
  const rows = [
    delayRow(srd, setupDelayMs, why),
    delayRow(answer, answerDelayMs, why),
    delayRow(sdd, disconnectDelayMs, why),
    ...(signallingRttMs === null ? [] : [delayRow(rtt, signallingRttMs, why)]),
  ];
  return {
    id: 'setup',
    title: 'Setup timing',
    shortTitle: 'Setup',
    body: table({ caption: 'Delays of the signalling', columns: DELAY_COLUMNS, rows }),
  };
}

function causeRow({ cause, phase, sipStatus, count }: Cause, requested: number): HtmlValue[] {
  const share = requested === 0 ? '–' : formatRatio(count / requested);
  return [networkText(cause), phase, sipStatus === null ? 'none' : String(sipStatus), formatCount(count), share];
}

function delayRow(name: HtmlValue, delay: DistributionSummary | null, why: string): HtmlValue[] {
  if (delay === null) return [name, notMeasured(why), '–', '–', '–', '–', '–'];
  const stats = (['min', 'p50', 'p95', 'p99', 'max'] as const).map((stat) => percentileText(delay, stat) ?? '');
  return [name, formatCount(delay.count), ...stats];
}

function retransmissionSentence({ signalling }: Result): HtmlValue {
  const ratio = signalling.retransmissionRatio;
  if (ratio === null) return 'Retransmissions: not measured, no request was sent.';
  const byMethod = signalling.retransmissions.map(
    ({ method, count }, index) => html`${index === 0 ? ' (' : ', '}${networkText(method)} ${formatCount(count)}`,
  );
  return html`Requests that we had to send again: ${formatRatio(ratio)}${byMethod}${byMethod.length === 0 ? '' : ')'}.`;
}
