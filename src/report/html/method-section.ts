/** How the figures came about, and what is not known. */
import { HEALTH_LIMITS } from '../../metrics/health-limits.js';
import type { Result } from '../../run/result.js';
import { roundTrip, whyNoRoundTrip, whyNoSent } from '../key-figures.js';
import { formatCount, formatNumber, formatRatio } from '../number-format.js';
import { html, networkText } from './markup.js';
import type { HtmlValue, Markup } from './markup.js';
import type { Section } from './section.js';
import { table } from './table.js';

const COLUMNS = [
  { header: 'Codec' },
  { header: 'Scale' },
  { header: 'Ie', numeric: true },
  { header: 'Bpl', numeric: true },
  { header: 'Source' },
];

/** Model, buffer, window and codec parameters; then the unknowns. */
export function methodSection(result: Result): Section {
  const rows = result.method.codecs.map(codecRow);
  const spec = { caption: 'Codec parameters of the E-model', columns: COLUMNS, rows };
  const unknown = unknownLines(result);
  const body = html`<ul class="method">
      ${methodLines(result).map((line) => html`<li>${line}</li> `)}
    </ul>
    ${table(spec, 'No codec with a score was in use.')}
    ${
      unknown.length === 0
        ? ''
        : html`<h3>What is unknown</h3>
            <ul class="method">
              ${unknown.map((line) => html`<li>${line}</li> `)}
            </ul>`
    } `;
  return { id: 'method', title: 'Method', body };
}

function codecRow({ codec, ie, bpl, source, scale, provisional }: Result['method']['codecs'][number]): HtmlValue[] {
  return [
    networkText(codec),
    scale === 'wideband' ? 'wideband (MOS-LQEW, MOS-CQEW)' : 'narrowband (MOS-LQEN, MOS-CQEN)',
    formatNumber(ie),
    formatNumber(bpl),
    html`${networkText(source)}${provisional ? ' (provisional: ITU-T published none)' : ''}`,
  ];
}

function methodLines(result: Result): Markup[] {
  const { method } = result;
  const window = `${formatNumber(method.scoreWindowSeconds)} s`;
  return [
    html`Model: ${networkText(method.model)}. MOS-LQ is a listening score: it holds loss, late packets and codec, not
    delay. Narrowband and wideband scores are on different scales and are never put together.`,
    html`Jitter buffer: fixed, ${formatNumber(method.jitterBufferMs)} ms; a packet that comes later is discarded.`,
    html`The MOS of a second is scored over the trailing ${window}; loss, jitter and round trip of a second are of that
    second alone.`,
    html`A second of a call in which this host itself dropped datagrams at the call's socket is left out of loss,
    discards, jitter and scores, and the scores of the seconds after it are left out while their window holds it. The
    totals of the call keep it: they are untrusted where more than ${formatRatio(HEALTH_LIMITS.receiveDropRatio)} of all
    datagrams were dropped.`,
    html`The MOS of a call comes from its totals, never from a mean of MOS. Percentiles come from merged histograms.`,
    ...stated('Echo', method.echo ?? 'none assumed'),
    html`Advantage factor A = ${formatNumber(method.advantageFactor ?? 0)}.`,
    ...stated('One-way delay', method.oneWayDelay),
    ...stated('BurstR', method.burstRatio),
    ...stated('Sent direction', method.sentFrom),
    ...stated('RTCP interval', method.rtcpInterval),
    ...encryption(result),
    ...marks(result),
    html`In an answered call, a second without packets is silence and counts as lost audio (MOS 1), not as unknown.`,
  ];
}

/** What was agreed on, over all endpoints. */
function encryption({ endpoints }: Result): Markup[] {
  const legs = new Map<string, number>();
  for (const { srtp } of endpoints) {
    for (const used of srtp) legs.set(used.suite, (legs.get(used.suite) ?? 0) + used.legs);
  }
  const suites = [...legs].map(([suite, count]) => `${suite} on ${formatCount(count)} legs`).join(', ');
  const failed = 'a packet that is not authentic is measured as lost, one that comes again as a duplicate';
  return suites === '' ? [] : stated('Encrypted audio (SRTP)', `${suites}; ${failed}`);
}

/** Code points sent and seen, over all endpoints. */
function marks({ endpoints, environment }: Result): Markup[] {
  const legs = new Map<number, number>();
  for (const { receivedDscp } of endpoints) {
    for (const seen of receivedDscp) legs.set(seen.dscp, (legs.get(seen.dscp) ?? 0) + seen.legs);
  }
  const seen = [...legs].map(([dscp, count]) => `${dscp} on ${formatCount(count)} legs`).join(', ');
  const { mediaDscp } = environment;
  const sent = mediaDscp === null ? [] : [`sent with ${mediaDscp}`];
  const text = [...sent, ...(seen === '' ? [] : [`received with ${seen}`])].join(', ');
  return text === '' ? [] : stated('Code point (DSCP) of the audio', text);
}

/** Ours, and longer than what a peer may say. */
const METHOD_CHARACTERS = 1000;

function stated(name: string, text: string | null): Markup[] {
  return text === null ? [] : [html`${name}: ${networkText(text, METHOD_CHARACTERS)}.`];
}

function unknownLines(result: Result): Markup[] {
  const { calls, quality } = result;
  const reflected = `On ${formatCount(calls.roundTrip)} legs the packets received are our own, reflected: their figures hold both ways in one.`;
  const noScore = `Conversational score (MOS-CQ) and mouth-to-ear delay: not measured, ${whyNoRoundTrip(result)}.`;
  const noSent = `What the far end received from us: not measured, ${whyNoSent(result)}.`;
  return [
    ...(roundTrip(quality) === null ? [html`${noScore}`] : []),
    ...(quality.sent === null ? [html`${noSent}`] : []),
    ...(calls.roundTrip > 0 ? [html`${reflected}`] : []),
  ];
}
