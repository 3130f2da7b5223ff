/** The generator: whether it kept up, in one sentence, over time, and the figures behind it. */
import type { GeneratorBlock, Result } from '../../run/result.js';
import type { DistributionSummary } from '../../run/result-fields.js';
import { healthSentence } from '../generator-health.js';
import { percentileText } from '../key-figures.js';
import { formatCount, formatRatio } from '../number-format.js';
import { generatorStrip } from './generator-strip.js';
import { html, networkText } from './markup.js';
import type { HtmlValue, Markup } from './markup.js';
import type { Section } from './section.js';
import { notMeasured, table } from './table.js';

const DELAY_COLUMNS = ['Delay of our own', 'Count', 'p50', 'p99', 'max'].map((header, index) => ({
  header,
  numeric: index > 0,
}));
const COUNT_COLUMNS = [{ header: 'Figure' }, { header: 'Value', numeric: true }];
const BACK_ENDS: Readonly<Record<GeneratorBlock['netBackend'], Markup>> = {
  io_uring: html`io_uring <small>many packets a system call, arrival times by the kernel</small>`,
  libc: html`libc <small>arrival times by the kernel</small>`,
  dgram: html`node:dgram <small>arrival times by callback</small>`,
  none: html`none <small>no audio</small>`,
};

/** Health in a sentence, a strip of charts and two tables. */
export function generatorSection(result: Result): Section {
  const { generator } = result;
  const mark =
    generator.verdict === 'healthy'
      ? html`<span class="state good">✓ HEALTHY</span>`
      : html`<span class="state unsure">▲ STRAINED</span>`;
  const body = html`<p>${mark} ${healthSentence(generator)}</p>
    ${generatorStrip(result)}
    <div class="pair">
      ${table({ caption: 'How late we were', columns: DELAY_COLUMNS, rows: delayRows(generator) })}${table({ caption: 'What we missed', columns: COUNT_COLUMNS, rows: countRows(generator) })}
    </div>
    ${floorNote(generator)}`;
  return { id: 'generator', title: 'Generator health', shortTitle: 'Generator', body };
}

function delayRows(generator: GeneratorBlock): HtmlValue[][] {
  const noAudio = generator.netBackend === 'none' ? 'no audio was sent' : 'no packet was timed';
  return [
    delayRow('send lateness of RTP', generator.sendLatenessMs, noAudio),
    delayRow('event-loop delay', generator.eventLoopDelayMs, 'not sampled'),
    delayRow('start lag', generator.startLagMs, 'no call was started'),
    delayRow('ACK to first RTP', generator.ackToRtpMs, noAudio),
    delayRow('jitter of this host alone', generator.floor?.jitterMs ?? null, 'no floor was measured'),
  ];
}

/** What the host alone contributes stands beside the results: a jitter near it is not the target's. */
function floorNote({ floor }: GeneratorBlock): Markup {
  if (floor === null) return html``;
  return html`<p>Jitter of this host alone: measured ${networkText(floor.source)}.</p> `;
}

function delayRow(name: string, delay: DistributionSummary | null, why: string): HtmlValue[] {
  if (delay === null) return [name, notMeasured(why), '–', '–', '–'];
  return [
    name,
    formatCount(delay.count),
    ...(['p50', 'p99', 'max'] as const).map((stat) => percentileText(delay, stat) ?? ''),
  ];
}

function countRows(generator: GeneratorBlock): HtmlValue[][] {
  const { signallingDrops, cpuRatio, lostWorkers } = generator;
  return [
    ['RTP packets sent', formatCount(generator.sentPackets)],
    ['packets skipped as too late', formatCount(generator.missedPackets)],
    ['send errors', formatCount(generator.sendErrors)],
    ['audio datagrams dropped at our sockets', dropsCell(generator)],
    ['call-seconds left out because of that', spoiledCell(generator, generator.spoiledCallSeconds)],
    ['call-seconds left out of the scores alone', spoiledCell(generator, generator.spoiledScoreSeconds)],
    [
      'SIP datagrams dropped at our sockets',
      signallingDrops === null ? unknown('this platform does not tell') : formatCount(signallingDrops),
    ],
    ['jumps of the wall clock', formatCount(generator.clockSteps)],
    ['CPU of this process', cpuRatio === null ? notMeasured('not sampled') : formatRatio(cpuRatio)],
    ['network back end', BACK_ENDS[generator.netBackend]],
    ['workers lost', lostWorkers.length === 0 ? '0' : lostList(lostWorkers)],
  ];
}

function dropsCell({ receiveDrops, receiveDropRatio, netBackend }: GeneratorBlock): HtmlValue {
  if (netBackend === 'none') return notMeasured('no audio');
  const isPortable = netBackend === 'dgram';
  if (receiveDrops === null)
    return unknown(isPortable ? 'the portable back end does not tell' : 'nothing was reported');
  const share = receiveDropRatio === null ? '' : ` (${formatRatio(receiveDropRatio)})`;
  return `${isPortable ? 'at least ' : ''}${formatCount(receiveDrops)}${share}`;
}

/** Something was there to be counted, and was not seen. */
function unknown(why: string): Markup {
  return html`<span class="none">unknown<small>: ${why}</small></span>`;
}

function spoiledCell({ netBackend }: GeneratorBlock, count: number | null): HtmlValue {
  if (count !== null) return formatCount(count);
  return netBackend === 'none' ? notMeasured('no audio') : unknown('as the drops are');
}

function lostList(workers: readonly string[]): Markup {
  return html`${formatCount(workers.length)}: ${networkText(workers.join(', '))}`;
}
