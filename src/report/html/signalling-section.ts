/** What the far side said: responses, causes of failure, and the delays of RFC 6076. */
import type { RegistrationsBlock } from '../../run/result-registrations.js';
import type { Cause, Result } from '../../run/result.js';
import type { DistributionSummary } from '../../run/result-fields.js';
import { percentileText, whyNoDelay } from '../key-figures.js';
import { registeredInWords } from '../registered-users.js';
import { formatCount, formatRatio } from '../number-format.js';
import { causeCell } from './cause-cell.js';
import { html, networkText } from './markup.js';
import type { HtmlValue, Markup } from './markup.js';
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

const SESSION_COLUMNS = [
  { header: 'Ratio' },
  { header: 'Value', numeric: true },
  { header: 'Of attempts', numeric: true },
];

const RRD = html`RRD, registration request delay<br /><small>REGISTER to its 2xx, RFC 6076 §4.1</small>`;

const REGISTRATION_COLUMNS = [{ header: 'Registrations' }, { header: 'Count', numeric: true }];

const SDT = html`SDT, session duration<br /><small>2xx to BYE, RFC 6076 §4.5</small>`;

const SESSION_RATIOS = [
  { ratio: 'ser', name: 'SER', title: 'session establishment', of: '200, RFC 6076 §4.6' },
  { ratio: 'seer', name: 'SEER', title: 'effective establishment', of: '200, 480, 486, 600 or 603, RFC 6076 §4.7' },
  { ratio: 'isa', name: 'ISA', title: 'ineffective attempts', of: '408, 500, 503, 504 or no response, RFC 6076 §4.8' },
  { ratio: 'scr', name: 'SCR', title: 'session completion', of: 'ended by an answered BYE, RFC 6076 §4.9' },
  { ratio: 'asr', name: 'ASR', title: 'answer seizure', of: '200, ITU-T E.411' },
  { ratio: 'ner', name: 'NER', title: 'network effectiveness', of: 'as SEER, or rung without answer, ITU-T E.425' },
] as const;

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
  const { setupDelayMs, answerDelayMs, disconnectDelayMs, sessionDurationMs, signallingRttMs } = result.signalling;
  const { registrationDelayMs } = result.signalling;
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
    ...(sessionDurationMs === null ? [] : [delayRow(SDT, sessionDurationMs, why)]),
    ...(signallingRttMs === null ? [] : [delayRow(rtt, signallingRttMs, why)]),
    ...(registrationDelayMs === null ? [] : [delayRow(RRD, registrationDelayMs, why)]),
  ];
  return {
    id: 'setup',
    title: 'Setup timing',
    shortTitle: 'Setup',
    body: html`${table({ caption: 'Delays of the signalling', columns: DELAY_COLUMNS, rows })} ${furtherTables(result)}`,
  };
}

/** How INVITEs ended, and registrations where the run has users. */
function furtherTables(result: Result): Markup {
  const sessions = sessionTable(result);
  const { registrations, ira } = result.signalling;
  if (registrations === null) return sessions;
  const words = registeredInWords(result);
  return html`${sessions} ${registrationsTable(registrations, ira)}${words === null ? '' : html`<p>${words}.</p>`}`;
}

/** Each ratio with its denominator. */
function sessionTable({ signalling }: Result): Markup {
  const { attempts, redirected } = signalling;
  const rows = SESSION_RATIOS.flatMap(({ name, title, of, ratio }) => {
    const value = signalling[ratio];
    const denominator = ratio === 'ser' || ratio === 'seer' ? attempts - redirected : attempts;
    return value === null
      ? []
      : [[html`${name}, ${title}<br /><small>${of}</small>`, formatRatio(value), formatCount(denominator)]];
  });
  const spec = { caption: 'How INVITEs ended, each attempt once', columns: SESSION_COLUMNS, rows };
  return table(spec, 'How INVITEs ended is not known: no call was attempted that we did not end ourselves.');
}

const known = (count: number | null): string => (count === null ? 'not known' : formatCount(count));

function registrationsTable(block: RegistrationsBlock, ira: number | null): Markup {
  const { users, registeredAtBegin, refused, attempts, bindingsLost, failures, leftRegistered } = block;
  const { secondLegs, audioMarkers, strangeCalls } = block;
  const ineffective = html`IRA, ineffective attempts<br /><small>4xx, 5xx, 6xx or no response, RFC 6076 §4.2</small>`;
  const rows: HtmlValue[][] = [
    ['Users', formatCount(users)],
    ['Registered when the calls began', known(registeredAtBegin)],
    ['Refused for good', formatCount(refused)],
    ['Attempts, refreshes too', formatCount(attempts)],
    [ineffective, ira === null ? 'not known' : formatRatio(ira)],
    ...failures.map(({ sipStatus, cause, count }) => [
      html`– of these ${sipStatus === null ? '' : `${sipStatus} `}${causeCell(cause)}`,
      formatCount(count),
    ]),
    ...(bindingsLost === null || bindingsLost === 0
      ? []
      : [['Registered anew, since the connection was lost', formatCount(bindingsLost)]]),
    ['Not unregistered at the end', known(leftRegistered)],
    ['Called legs known by our header', formatCount(secondLegs.byHeader)],
    ['Called legs known by the caller’s name', formatCount(secondLegs.byCallerName)],
    ['Called legs known by the called user', formatCount(secondLegs.byCalledUser)],
    ...(audioMarkers === null
      ? []
      : [
          ['Called legs confirmed by the marker in the audio', formatCount(audioMarkers.confirmed)],
          ['Called legs that heard the marker of another call', formatCount(audioMarkers.contradicted)],
          ['Called legs that heard no marker', formatCount(audioMarkers.notHeard)],
        ]),
    ['Calls to our users that were none of this run', formatCount(strangeCalls)],
  ];
  return table({ caption: 'Registrations', columns: REGISTRATION_COLUMNS, rows });
}

function causeRow({ cause, phase, sipStatus, count }: Cause, requested: number): HtmlValue[] {
  const share = requested === 0 ? '–' : formatRatio(count / requested);
  return [causeCell(cause), phase, sipStatus === null ? 'none' : String(sipStatus), formatCount(count), share];
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
