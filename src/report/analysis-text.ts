/** `callgauge analyze` for people: what is in the file, and the figures of each stream. Lines of at most 80 columns but for addresses. */
import type { AnalysedGate, AnalysedStream, Analysis } from '../analysis/analysis.js';
import { formatClock, formatCount, formatDuration, formatMargin, formatMos, formatMs } from './number-format.js';
import { formatNumber, formatRatio, formatUtc, formatValue } from './number-format.js';
import { wrapLine } from './text-wrap.js';
import { clipText, escapeTerminal } from './visible-text.js';

/** Streams that are shown one by one; all are in the JSON. */
const MAX_STREAMS = 100;
const MAX_SECONDS = 5;
const INDENT = '    ';
/** Whose values every reader of a MOS may take for granted. */
const BUILT_IN: ReadonlySet<string> = new Set(['PCMU', 'PCMA', 'G722']);

export function renderAnalysis(analysis: Analysis): string {
  const shown = analysis.streams.slice(0, MAX_STREAMS);
  const left = analysis.streams.length - shown.length;
  const blocks = [
    headLines(analysis),
    ...shown.map(streamLines),
    left > 0 ? [`${formatCount(left)} more streams: --json has them all`] : [],
    gateLines(analysis),
    noteLines(analysis),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function headLines({ file, format, startedAt, durationMs, packets, streams, sipCalls }: Analysis): string[] {
  const began = startedAt === null ? '' : `, from ${formatUtc(startedAt)}`;
  const found = `${counted(streams.length, 'RTP stream')}, ${counted(sipCalls, 'SIP call')}`;
  return [
    escapeTerminal(file),
    ...wrapLine(
      `${format}, ${formatCount(packets.total)} packets in ${formatDuration(durationMs)}${began}; ${found}`,
      '',
    ),
  ];
}

function counted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
}

function streamLines(stream: AnalysedStream): string[] {
  const { source, destination, ssrc, codec, payloadType, callId } = stream;
  const played = codec === null ? `payload type ${payloadType}` : escapeTerminal(codec);
  const call = callId === null ? [] : [`${INDENT}call ${clipText(escapeTerminal(callId), 70)}`];
  return [
    `#${stream.stream}  ${source} → ${destination}`,
    `${INDENT}${played}, SSRC ${ssrc}, ${formatClock(stream.startedAtMs / 1000)} to ${formatClock(stream.endedAtMs / 1000)}`,
    ...call,
    ...wrapLine(countWords(stream).join(', '), INDENT),
    ...wrapLine(qualityWords(stream).join(', '), INDENT),
    ...badSecondLines(stream),
  ];
}

function part(name: string, value: number, ratio: number | null): string {
  const count = `${name} ${formatCount(value)}`;
  return ratio === null || value === 0 ? count : `${count} (${formatRatio(ratio)})`;
}

function countWords(stream: AnalysedStream): string[] {
  const { packets, lost, lossRatio, discarded, discardRatio, duplicate, reordered } = stream;
  const others: [string, number][] = [
    ['before the answer', stream.earlyPackets],
    ['of a wrong payload type', stream.wrongPayloadType],
    ['events', stream.events],
    ['comfort noise', stream.comfortNoise],
  ];
  return [
    `packets ${formatCount(packets)}`,
    part('lost', lost, lossRatio),
    ...(discarded === null ? [] : [part('too late', discarded, discardRatio)]),
    `duplicate ${formatCount(duplicate)}`,
    `reordered ${formatCount(reordered)}`,
    ...others.flatMap(([name, value]) => (value === 0 ? [] : [`${name} ${formatCount(value)}`])),
  ];
}

function qualityWords(stream: AnalysedStream): string[] {
  const { jitterMs, jitterMaxMs, mosLq, mosLqWb, receiverRttMs } = stream;
  const jitter =
    jitterMs === null
      ? 'jitter not known'
      : `jitter ${formatMs(jitterMs)}, at most ${formatMs(jitterMaxMs ?? jitterMs)}`;
  const score = mosLqWb === null ? mosLq : mosLqWb;
  const mos =
    score === null
      ? `no MOS: ${whyNoScore(stream)}`
      : `MOS-LQ ${formatMos(score)}${mosLqWb === null ? '' : ' wideband'}${costWords(stream)}`;
  const rtt = receiverRttMs === null ? [] : [`round trip to its receiver ${formatMs(receiverRttMs.mean)}`];
  return stream.expected === 0 ? ['not measured', ...rtt] : [jitter, mos, ...rtt];
}

function whyNoScore({ codec, impairment }: AnalysedStream): string {
  if (codec === null) return 'the codec is not known (--rtpmap)';
  return impairment === null ? 'what the codec costs is not known (--impairment)' : 'too little of it was measured';
}

/** Values that are not those of a codec of calls are said: a score is worth what they are. */
function costWords({ codec, impairment }: AnalysedStream): string {
  if (impairment === null || codec === null || BUILT_IN.has(codec)) return '';
  const { ie, bpl, provisional } = impairment;
  return ` (Ie ${formatNumber(ie)}, Bpl ${formatNumber(bpl)}${provisional ? ', provisional' : ''})`;
}

function badSecondLines({ badSeconds, measuredSeconds }: AnalysedStream): string[] {
  if (badSeconds.count === 0) return [];
  const shown = badSeconds.list.slice(0, MAX_SECONDS).map(({ second, lost, discarded, mosLq, mosLqWb }) => {
    const score = mosLq ?? mosLqWb;
    const what = [
      ...(lost > 0 ? [`${formatCount(lost)} lost`] : []),
      ...(discarded > 0 ? [`${formatCount(discarded)} late`] : []),
      ...(score === null ? [] : [`MOS ${formatMos(score)}`]),
    ];
    return `${formatClock(second)} ${what.join(' ')}`;
  });
  const more = badSeconds.count > shown.length ? ', …' : '';
  const head = `${formatCount(badSeconds.count)} of ${formatCount(measuredSeconds)} seconds with trouble: `;
  return wrapLine(`${head}${shown.join(', ')}${more}`, INDENT);
}

function gateLines({ gates, verdict }: Analysis): string[] {
  if (verdict === null) return [];
  return [`Gates: ${verdict.toUpperCase()}`, ...gates.flatMap(gateLine)];
}

function gateLine({ expr, state, observed, unit, margin, samples, reason }: AnalysedGate): string[] {
  const seen = observed === null ? [] : [formatValue(observed, unit)];
  const by = margin === null ? [] : [`margin ${formatMargin(margin, unit)}`];
  const why = reason === null ? [] : [escapeTerminal(reason)];
  const rest = [...seen, ...by, `${formatCount(samples)} samples`, ...why].join(', ');
  return wrapLine(`${state}  ${escapeTerminal(expr)}  ${rest}`, '  ', 2);
}

/** What was not measured, and why. */
function noteLines({ damage, packets, sipMalformed, rtcpMalformed, rtcpSealed, streams }: Analysis): string[] {
  const left: [number, string][] = [
    [packets.fragments, 'IP fragments were left out: they are not put together'],
    [packets.otherLinkTypes, 'packets are of a link type that is not read'],
    [packets.malformed, 'packets have headers that are cut or contradict themselves'],
    [packets.untimed, 'packets have no time and were left out'],
    [packets.leftOut, 'packets were left out: there are too many streams'],
    [sipMalformed, 'SIP messages could not be read'],
    [rtcpMalformed, 'RTCP packets could not be read'],
    [rtcpSealed, 'RTCP packets are encrypted (SRTCP): no round trip is known by them'],
  ];
  const notes = [
    ...(damage === null ? [] : [`the file was read in part: ${damage}`]),
    ...left.filter(([number]) => number > 0).map(([number, text]) => `${formatCount(number)} ${text}`),
    ...(streams.length === 0 ? ['no RTP stream was found'] : []),
  ];
  return notes.flatMap((note) => wrapLine(`▲ ${escapeTerminal(note)}`, '  ', 2));
}
