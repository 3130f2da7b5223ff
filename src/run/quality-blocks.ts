/** The audio of a group as the result holds it: both directions, codecs, and the legs of the worst calls. */
import type { TimeBase } from '../metrics/names.js';
import { BASIS, LEG } from '../worker/messages.js';
import { codecKey, codecName, scaleOf } from './codec-scale.js';
import type { DirectionBook } from './direction-book.js';
import type { GroupBook } from './group-book.js';
import { legFindings } from './leg-findings.js';
import type { QualityFigure } from './quality-book.js';
import type { DirectionQuality, EndpointResult, SentQuality, WorstCall } from './result.js';
import type { WorstLeg } from './worst-legs.js';

/** Both directions; a direction is null where nothing of it is known. @param media false: the run had no audio */
export function qualityBlocks(group: GroupBook, media: boolean): EndpointResult['quality'] {
  return {
    received: media && group.received.isKnown ? receivedBlock(group.received) : null,
    sent: media && group.sent.isKnown ? sentBlock(group) : null,
  };
}

/** The codecs that the legs of a group used; one whose name is not known is left out. */
export function codecsOf(group: GroupBook): EndpointResult['codecs'] {
  return group.received.books().flatMap(({ codec, legs }) => {
    const name = codecName(codec);
    return name === null ? [] : [{ codec: name, legs }];
  });
}

function receivedBlock(book: DirectionBook): DirectionQuality {
  const { expected, received, lost, discarded, duplicate, reordered, stray, malformed } = book.packets;
  return {
    ...figuresOf(book, 'second'),
    perCall: callFiguresOf(book),
    packets: {
      expected: expected ?? 0,
      received: received ?? 0,
      lost: lost ?? 0,
      discarded: discarded ?? 0,
      duplicate: duplicate ?? 0,
      reordered: reordered ?? 0,
      stray: stray ?? 0,
      malformed: malformed ?? 0,
    },
  };
}

function sentBlock({ sent, sentLegs }: GroupBook): SentQuality {
  const { stray: _, malformed: __, ...packets } = sent.packets;
  return { ...figuresOf(sent, 'second'), perCall: callFiguresOf(sent), packets, legs: { ...sentLegs } };
}

type Figures = Omit<DirectionQuality, 'perCall' | 'packets'>;

function figuresOf(book: DirectionBook, per: TimeBase): Figures {
  const of = (figure: QualityFigure) => book.figure(figure, per)?.summary() ?? null;
  return {
    mosLq: of('mosLq'),
    mosCq: of('mosCq'),
    mosLqWb: of('mosLqWb'),
    mosCqWb: of('mosCqWb'),
    mosLqNoPlc: of('mosLqNoPlc'),
    rFactor: of('rFactor'),
    lossRatio: of('lossRatio'),
    discardRatio: of('discardRatio'),
    jitterMs: of('jitterMs'),
    rttMs: of('rttMs'),
    mouthToEarMs: of('mouthToEarMs'),
  };
}

function callFiguresOf(book: DirectionBook): DirectionQuality['perCall'] {
  const of = (figure: QualityFigure) => book.figure(figure, 'call')?.summary() ?? null;
  return {
    ...figuresOf(book, 'call'),
    burstR: of('burstR'),
    burstDensity: of('burstDensity'),
    burstMs: of('burstMs'),
    gapDensity: of('gapDensity'),
    gapMs: of('gapMs'),
  };
}

/** @param endpoint its name */
export function worstCallBlock({ record, legs }: WorstLeg, endpoint: string): WorstCall {
  const { received, sent } = legs;
  return {
    call: record.call,
    callId: record.callId,
    endpoint,
    startedAtMs: record.startedMs ?? record.intendedMs,
    outcome: record.cause === null ? record.outcome : `${record.outcome}: ${record.cause}`,
    codec: received === null ? null : codecName(received[LEG.codec] ?? Number.NaN),
    ...legFigures(received),
    rttMs: figureOf(received, LEG.rttMs) ?? figureOf(sent, LEG.rttMs),
    mouthToEarMs: figureOf(received, LEG.mouthToEarMs),
    sent:
      sent === null
        ? null
        : { basis: sent[LEG.basis] === BASIS.answerer ? 'answerer' : 'rtcp', ...legFigures(sent, received) },
    findings: received === null ? [] : legFindings(received).map(({ finding }) => finding),
  };
}

/** @param codecFrom the leg that knows the codec, where this one does not */
function legFigures(leg: Float64Array | null, codecFrom: Float64Array | null = leg) {
  const index = figureOf(leg, LEG.codec) ?? figureOf(codecFrom, LEG.codec) ?? Number.NaN;
  const scale = scaleOf(codecKey(index));
  const expected = figureOf(leg, LEG.expected) ?? 0;
  const ratioOf = (column: number): number | null => {
    const part = figureOf(leg, column);
    return expected > 0 && part !== null ? Math.max(0, part) / expected : null;
  };
  return {
    mosLq: scale === 'narrowband' ? figureOf(leg, LEG.mosLq) : null,
    mosLqWb: scale === 'wideband' ? figureOf(leg, LEG.mosLq) : null,
    mosCq: scale === 'narrowband' ? figureOf(leg, LEG.mosCq) : null,
    mosCqWb: scale === 'wideband' ? figureOf(leg, LEG.mosCq) : null,
    lossRatio: ratioOf(LEG.lost),
    discardRatio: ratioOf(LEG.discarded),
    jitterMs: figureOf(leg, LEG.jitterMs),
  };
}

function figureOf(leg: Float64Array | null, column: number): number | null {
  const value = leg?.[column] ?? Number.NaN;
  return Number.isFinite(value) ? value + 0 : null; // −0 would not survive JSON
}
