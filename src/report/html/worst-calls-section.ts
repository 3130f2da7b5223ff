/** The calls that went worst, each with its seconds, the points of R that it lost, and its SIP ladder; failed calls by cause. */
import type { Result } from '../../run/result.js';
import type { EvidenceBlock, WorstCall } from '../../run/result-evidence.js';
import { causeWords, outcomeWords } from '../cause-words.js';
import { whyNoAudio } from '../key-figures.js';
import { formatClock, formatCount, formatMos, formatMs, formatRatio } from '../number-format.js';
import { BREAKDOWN_LEGEND, callBreakdown } from './call-breakdown.js';
import { callLadders } from './call-ladder.js';
import { callStrip, FULL_LOSS_RATIO, hasSpoiled, hatchSwatch, POOR_MOS, stripWords } from './call-strip.js';
import { html, networkText } from './markup.js';
import type { HtmlValue, Markup } from './markup.js';
import type { Section } from './section.js';
import { emptyNote, noFigure, table } from './table.js';

const MAX_ROWS = 50;
/** Causes of failed calls. */
const MAX_CAUSES = 10;
/** Calls whose packets are linked. */
const MAX_SAMPLES = 10;
const OWN_FILE = /^evidence\/call-\d+\.(?:txt|pcapng|wav)$/;

const SPOILED_LEGEND = html` ${hatchSwatch()} marks seconds that are left out, or have no score: this host itself
dropped packets then, or just before.`;

interface CallColumn {
  readonly header: string;
  readonly numeric?: boolean;
  readonly cell: (call: WorstCall) => HtmlValue;
  /** Left out where no call has it; always shown without. */
  readonly has?: (call: WorstCall) => boolean;
}

const COLUMNS: readonly CallColumn[] = [
  {
    header: 'Call',
    cell: (call) => (isShownWhole(call) ? html`<a href="#call-${call.call}">#${call.call}</a>` : `#${call.call}`),
  },
  { header: 'Codec', cell: ({ codec }) => (codec === null ? noFigure() : networkText(codec)) },
  {
    header: 'Direction',
    cell: ({ sent }) => (sent === null ? 'received' : html`received<br />sent`),
    has: ({ sent }) => sent !== null,
  },
  {
    header: 'MOS-LQ',
    numeric: true,
    cell: (call) => bothWays(call, ({ mosLq, mosLqWb }) => scoreText(mosLq, mosLqWb)),
  },
  {
    header: 'MOS-CQ',
    numeric: true,
    cell: (call) => bothWays(call, ({ mosCq, mosCqWb }) => scoreText(mosCq, mosCqWb)),
    has: ({ mosCq, mosCqWb }) => mosCq !== null || mosCqWb !== null,
  },
  { header: 'Loss', numeric: true, cell: (call) => bothWays(call, ({ lossRatio }) => textOf(lossRatio, formatRatio)) },
  {
    header: 'Discarded',
    numeric: true,
    cell: (call) => bothWays(call, ({ discardRatio }) => textOf(discardRatio, formatRatio)),
  },
  { header: 'Jitter', numeric: true, cell: (call) => bothWays(call, ({ jitterMs }) => textOf(jitterMs, formatMs)) },
  {
    header: 'RTT',
    numeric: true,
    cell: ({ rttMs }) => textOf(rttMs, formatMs) ?? noFigure(),
    has: ({ rttMs }) => rttMs !== null,
  },
  { header: 'Started at', numeric: true, cell: ({ startedAtMs }) => formatClock(startedAtMs / 1000) },
  { header: 'Outcome, and what was odd', cell: outcomeCell },
  { header: 'Endpoint', cell: ({ endpoint }) => networkText(endpoint) },
  { header: 'Call-ID', cell: ({ callId }) => html`<code>${networkText(callId)}</code>` },
];

/** One row per call, in the order of the result. */
export function worstCallsSection(result: Result): Section {
  const shown = result.worstCalls.slice(0, MAX_ROWS);
  const columns = COLUMNS.filter(({ has }) => has === undefined || shown.some(has));
  const rows = shown.map((call) => columns.map(({ cell }) => cell(call)));
  const left = result.worstCalls.length - rows.length;
  const rest = left > 0 ? emptyNote(`${formatCount(left)} more are in result.json.`) : '';
  const spec = { caption: 'Worst calls, by the worse of their directions; W: wideband scale', columns, rows };
  const empty = `No call to show: ${result.quality.received === null ? whyNoAudio(result) : 'none was singled out'}.`;
  const whole = shown.filter(isShownWhole);
  const body = html`${table(spec, empty)}${rest}${legend(whole)}${cards(whole)}${failures(result.evidence, whole)}${samples(result.evidence)}`;
  return { id: 'worst-calls', title: 'Worst calls', body };
}

/** There is more to tell of it than its row. */
function isShownWhole({ seconds, breakdown, ladder, evidence }: WorstCall): boolean {
  return seconds !== null || breakdown !== null || ladder !== null || evidence !== null;
}

function legend(calls: readonly WorstCall[]): HtmlValue {
  if (!calls.some(({ seconds, breakdown }) => seconds !== null || breakdown !== null)) return '';
  return html`<p class="legend">
    Strips: a step is as high as the MOS (1 to 4.5; the dashed line is ${formatMos(POOR_MOS)}, what is below it is
    underlined in red), and below it as deep as the share of lost and late packets (full at
    ${formatRatio(FULL_LOSS_RATIO)}). Bars: blue is the R that is left, then what took the rest:
    ${BREAKDOWN_LEGEND}.${calls.some(hasSpoiled) ? SPOILED_LEGEND : ''}
  </p> `;
}

function cards(calls: readonly WorstCall[]): HtmlValue {
  return calls.length === 0 ? '' : html`<div class="calls">${calls.map(card)}</div> `;
}

/** One call, the target of its link. */
function card(call: WorstCall): Markup {
  const { received = null, sent = null } = call.breakdown ?? {};
  const words = stripWords(call);
  return html`<article id="call-${call.call}" class="call">
    <h3>Call #${call.call}: ${networkText(outcomeWords(call.outcome))}${scoreHead(call)} ${fileLinks(call)}</h3>
    ${call.detail === null ? '' : html`<p>${networkText(call.detail)}</p> `}${callStrip(call) ?? ''}${words.length === 0 ? '' : html`<p>${words.join('. ')}.</p>`}
    ${received === null ? '' : callBreakdown(received, 'Received')}${sent === null ? '' : callBreakdown(sent, 'Sent')}
    ${callLadders(call.ladder, call.calledLadder)}
  </article> `;
}

function scoreHead({ mosLq, mosLqWb }: WorstCall): string {
  const score = scoreText(mosLq, mosLqWb);
  return score === null ? '' : `, MOS-LQ ${score}`;
}

function fileLinks({ evidence, capture, audio }: WorstCall): HtmlValue {
  return linksTo([evidence, capture, audio]);
}

function linksTo(paths: readonly (string | null)[]): HtmlValue {
  return paths.flatMap(fileLink).flatMap((link, index) => (index === 0 ? [link] : [' ', link]));
}

/** A path from a result that somebody else may have written: linked where it is one of ours, and never else. */
function fileLink(path: string | null): Markup[] {
  return path !== null && OWN_FILE.test(path) ? [html`<small><a href="${path}">${path}</a></small>`] : [];
}

/** The most frequent causes, each with the ladder of its first call. */
function failures(evidence: EvidenceBlock | null, whole: readonly WorstCall[]): HtmlValue {
  const list = evidence?.failures.slice(0, MAX_CAUSES) ?? [];
  if (evidence === null || list.length === 0) return '';
  const shown = new Set(whole.map(({ call }) => call));
  const files = `${formatCount(evidence.files.length)} calls have a file in evidence/`;
  const without =
    evidence.withoutFile === 0
      ? ''
      : `; ${formatCount(evidence.withoutFile)} failed calls have none, their number is bounded`;
  return html`<h3>Failed calls by cause</h3>
    ${list.map((failure) => failureCard(failure, shown))}
    <p class="empty">${files}${without}.</p> `;
}

/** Where the packets of calls are that were chosen at the start. */
function samples(evidence: EvidenceBlock | null): HtmlValue {
  const all = evidence?.captures.filter(({ why }) => why === 'sample') ?? [];
  if (all.length === 0) return '';
  const links = all.slice(0, MAX_SAMPLES).map(({ call, path, audio, isWhole }) => {
    const part = isWhole ? '' : ' up to the bound of a file';
    return html`<li>call #${call}: ${linksTo([path, audio])}${part}</li>`;
  });
  const left = all.length - links.length;
  const rest = left > 0 ? html`<li>${formatCount(left)} more</li>` : '';
  return html`<h3>Packets of a sample, for Wireshark or callgauge analyze</h3>
    <ul>
      ${links}${rest}
    </ul> `;
}

function failureCard(failure: EvidenceBlock['failures'][number], shown: ReadonlySet<number>): Markup {
  const { phase, sipStatus, cause, count, example } = failure;
  const status = sipStatus === null ? '' : `${sipStatus} `;
  const words = causeWords(cause);
  const meaning = words === null ? '' : html` (${words})`;
  const title = html`<b>${status}${networkText(cause)}</b>${meaning} × ${formatCount(count)}, ${networkText(phase)}`;
  if (example === null) return html`<p>${title}</p> `;
  if (shown.has(example.call)) {
    return html`<p>${title}: see <a href="#call-${example.call}">call #${example.call}</a></p> `;
  }
  const why = example.detail === null ? '' : html` ${networkText(example.detail)}.`;
  return html`<div id="call-${example.call}" class="call">
    <p>${title}: first call #${example.call}.${why} ${fileLinks(example)}</p>
    ${callLadders(example.ladder, example.calledLadder)}
  </div> `;
}

function outcomeCell({ outcome, findings }: WorstCall): HtmlValue {
  const odd = findings.length === 0 ? '' : html`<br /><small>${networkText(findings.join(', '))}</small>`;
  return html`${networkText(outcome)}${odd}`;
}

type DirectionFigures = NonNullable<WorstCall['sent']> | WorstCall;

/** What came in, and below it what the far end received, where it tells. */
function bothWays(call: WorstCall, pick: (figures: DirectionFigures) => string | null): HtmlValue {
  const received = pick(call);
  if (call.sent === null) return received ?? noFigure();
  return html`${received ?? '–'}<br />${pick(call.sent) ?? '–'}`;
}

/** A call has one codec, so one of the two. */
function scoreText(narrowband: number | null, wideband: number | null): string | null {
  return wideband === null ? textOf(narrowband, formatMos) : `${formatMos(wideband)} W`;
}

function textOf(value: number | null, write: (value: number) => string): string | null {
  return value === null ? null : write(value);
}
