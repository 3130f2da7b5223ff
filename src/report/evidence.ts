/**
 * The evidence of one call as a text file: what it was, its figures, its seconds, its SIP ladder and the messages. Safe on a
 * terminal, whatever the network put into it, and the same bytes for the same call.
 */
import type { CallSeconds, Ladder, WorstCall } from '../run/result-evidence.js';
import { outcomeWords } from './cause-words.js';
import { costWords, scoreWords } from './breakdown-words.js';
import { formatClock, formatCount, formatMos, formatMs, formatRatio, formatUtc } from './number-format.js';
import { clipText, escapeTerminal } from './visible-text.js';

export interface EvidenceRun {
  readonly name: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

type Figures = Pick<WorstCall, 'mosLq' | 'mosLqWb' | 'mosCq' | 'mosCqWb' | 'lossRatio' | 'discardRatio' | 'jitterMs'>;

/** Characters between the two lines of the ladder. */
const LADDER_WIDTH = 60;

const CALLED_TITLE = 'SIP ladder of the called user, time since the first message of the caller';

/** The whole file. */
export function renderEvidence(call: WorstCall, run: EvidenceRun): string {
  const lines = [
    `Evidence of call ${call.call}`,
    '',
    ...facts(call, run),
    ...audio('received', call, call.breakdown?.received ?? null),
    ...(call.sent === null ? [] : audio('sent', call.sent, call.breakdown?.sent ?? null, call.sent.basis)),
    ...seconds('received', call.seconds?.received ?? null),
    ...seconds('sent', call.seconds?.sent ?? null),
    ...ladderLines(call.ladder, 'SIP ladder, time since the first message'),
    ...(call.calledLadder === null ? [] : ladderLines(call.calledLadder, CALLED_TITLE)),
  ];
  return `${lines.join('\n')}\n`;
}

function facts(call: WorstCall, run: EvidenceRun): string[] {
  const rows: [string, string | null][] = [
    ['run', `${run.name}, started ${formatUtc(run.startedAt)}`],
    ['Call-ID', call.callId],
    ['endpoint', call.endpoint],
    ['codec', call.codec],
    ['SRTP', call.srtp],
    ['started', `${clock(call.startedAtMs)} after the start of the run`],
    ['answered', call.answeredAtMs === null ? 'no' : clock(call.answeredAtMs)],
    ['ended', call.endedAtMs === null ? null : clock(call.endedAtMs)],
    ['outcome', outcomeText(call)],
    ['detail', call.detail],
    ['odd', call.findings.length === 0 ? null : call.findings.join(', ')],
    ['packets', call.capture],
    ['received', call.audio],
  ];
  return rows.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(10)}${escapeTerminal(value)}`]));
}

function outcomeText({ outcome, sipStatus }: WorstCall): string {
  const words = outcomeWords(outcome);
  return sipStatus === null ? words : `${words}, SIP ${sipStatus}`;
}

function audio(direction: string, figures: Figures, breakdown: WorstBreakdown, basis?: string): string[] {
  const known = figureWords(figures);
  if (known.length === 0 && breakdown === null) {
    return ['', `Audio ${direction}: not measured`];
  }
  const from = basis === undefined ? '' : ` (told by ${basis === 'answerer' ? 'our answerer' : 'RTCP'})`;
  const points = breakdown === null ? [] : [`  ${scoreWords(breakdown)}`, `  points of R: ${costWords(breakdown)}`];
  return ['', `Audio ${direction}${from}`, `  ${known.join(', ')}`, ...points];
}

type WorstBreakdown = NonNullable<WorstCall['breakdown']>['received'];

function figureWords(figures: Figures): string[] {
  const named: [string, number | null, (value: number) => string][] = [
    ['MOS-LQ', figures.mosLq, formatMos],
    ['MOS-LQ wideband', figures.mosLqWb, formatMos],
    ['MOS-CQ', figures.mosCq, formatMos],
    ['MOS-CQ wideband', figures.mosCqWb, formatMos],
    ['loss', figures.lossRatio, formatRatio],
    ['too late', figures.discardRatio, formatRatio],
    ['jitter', figures.jitterMs, formatMs],
  ];
  return named.flatMap(([name, value, write]) => (value === null ? [] : [`${name} ${write(value)}`]));
}

function seconds(direction: string, strip: CallSeconds | null): string[] {
  if (strip === null) {
    return [];
  }
  const per = strip.binSeconds === 1 ? 'each second' : `each ${strip.binSeconds} s (lowest MOS, highest jitter)`;
  const spoiled = new Map([
    ...strip.spoiledScores.map((second) => [second, '  no score: this host had just dropped packets'] as const),
    ...strip.spoiled.map((second) => [second, '  spoiled: this host dropped packets'] as const),
  ]);
  const rows = strip.points.map(({ second, mosLq, mosLqWb, lossRatio, discardRatio, jitterMs, rttMs }) =>
    [
      formatClock(second),
      orDash(mosLq ?? mosLqWb, formatMos),
      orDash(lossRatio, formatRatio),
      orDash(discardRatio, formatRatio),
      orDash(jitterMs, formatMs),
      orDash(rttMs, formatMs),
    ]
      .map((cell) => cell.padStart(10))
      .join('')
      .concat(spoiled.get(second) ?? ''),
  );
  const head = ['at', 'MOS-LQ', 'loss', 'too late', 'jitter', 'RTT'].map((cell) => cell.padStart(10)).join('');
  return ['', `Audio ${direction}, ${per}`, head, ...rows];
}

function ladderLines(ladder: Ladder | null, title: string): string[] {
  if (ladder === null || ladder.messages.length === 0) {
    return ['', 'SIP ladder: no messages of this call were kept'];
  }
  const arrows = ladder.messages.map(arrowLine);
  const messages = ladder.messages.map((message, index) => messageLines(message, index));
  if (ladder.omitted > 0) {
    const gap = `${' '.repeat(10)}  : ${formatCount(ladder.omitted)} messages were not kept`;
    arrows.splice(ladder.omittedAfter, 0, gap);
  }
  const head = `${'ms'.padStart(10)}  Callgauge${'far end'.padStart(LADDER_WIDTH - 7)}`;
  return ['', title, head, ...arrows, '', 'SIP messages', ...messages.flat()];
}

function arrowLine({ atMs, direction, firstLine, text }: Ladder['messages'][number]): string {
  const label = clipText(escapeTerminal(labelOf(firstLine, text)), LADDER_WIDTH - 10);
  const shaft = '-'.repeat(LADDER_WIDTH - 5 - label.length);
  const arrow = direction === 'out' ? `|-- ${label} ${shaft}>|` : `|<${shaft} ${label} --|`;
  return `${atMs.toFixed(3).padStart(10)}  ${arrow}`;
}

/** Of a request its method and target, of a response status and phrase; `(SDP)` where it carries one. */
export function labelOf(firstLine: string, text: string): string {
  const short = firstLine.replace(/^SIP\/2\.0 /, '').replace(/ SIP\/2\.0$/, '');
  return /\r?\n\r?\nv=0/.test(text) ? `${short} (SDP)` : short;
}

function messageLines({ atMs, direction, text, cutBytes }: Ladder['messages'][number], index: number): string[] {
  const way = direction === 'out' ? 'sent' : 'received';
  const cut = cutBytes === 0 ? '' : `; ${formatCount(cutBytes)} bytes of it are left out`;
  const lines = text.replace(/(?:\r?\n)+$/, '').split(/\r?\n/);
  return [
    '',
    `[${index + 1}] ${way} at ${atMs.toFixed(3)} ms${cut}`,
    ...lines.map((line) => (line === '' ? '' : `    ${escapeTerminal(line)}`)),
  ];
}

function clock(ms: number): string {
  return `${formatClock(ms / 1000)}.${String(Math.floor(ms) % 1000).padStart(3, '0')}`;
}

function orDash(value: number | null, write: (value: number) => string): string {
  return value === null ? '-' : write(value);
}
