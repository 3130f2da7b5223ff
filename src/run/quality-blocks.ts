/** The audio of a group as the result holds it: both directions, and codecs. */
import { SRTP_SUITE_NAMES } from '../lib/srtp-suite.js';
import type { TimeBase } from '../metrics/names.js';
import { codecName } from './codec-scale.js';
import type { DirectionBook } from './direction-book.js';
import type { GroupBook } from './group-book.js';
import type { QualityFigure } from './quality-book.js';
import type { EndpointResult } from './result.js';
import type { CalledLegs, DirectionQuality, SentQuality } from './result-quality.js';

/** Both directions; a direction is null where nothing of it is known. @param media false: the run had no audio */
export function qualityBlocks(group: GroupBook, media: boolean): EndpointResult['quality'] {
  return {
    received: media && group.received.isKnown ? receivedBlock(group.received) : null,
    sent: media && group.sent.isKnown ? sentBlock(group) : null,
    farEndXr: group.farXr.block(),
  };
}

/** The codecs that the legs of a group used; one whose name is not known is left out. */
export function codecsOf(group: GroupBook): EndpointResult['codecs'] {
  return group.received.books().flatMap(({ codec, legs }) => {
    const name = codecName(codec);
    return name === null ? [] : [{ codec: name, legs }];
  });
}

/** The SRTP suites that the legs of a group agreed on. */
export const srtpOf = (group: GroupBook): EndpointResult['srtp'] =>
  SRTP_SUITE_NAMES.flatMap((suite, index) => {
    const legs = group.srtpLegs.get(index) ?? 0;
    return legs === 0 ? [] : [{ suite, legs }];
  });

/** The code points of what came to the legs of a group. */
export const dscpOf = (group: GroupBook): EndpointResult['receivedDscp'] =>
  [...group.dscpLegs].toSorted(([a], [b]) => a - b).map(([dscp, legs]) => ({ dscp, legs }));

function receivedBlock(book: DirectionBook): DirectionQuality {
  const { expected, received, lost, discarded, duplicate, reordered, stray, malformed, srtpAuthFailures } =
    book.packets;
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
      srtpAuthFailures,
    },
  };
}

function sentBlock({ sent, sentLegs }: GroupBook): SentQuality {
  const { stray: _, malformed: __, srtpAuthFailures: ___, ...packets } = sent.packets;
  return { ...figuresOf(sent, 'second'), perCall: callFiguresOf(sent), packets, legs: { ...sentLegs } };
}

/** Null: nobody of this group was called, as far as is known. */
export function calledBlock({ called }: GroupBook): CalledLegs | null {
  const { stray: _, malformed: __, srtpAuthFailures: ___, ...packets } = called.packets;
  return called.isKnown ? { legs: called.legs, perCall: callFiguresOf(called), packets } : null;
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
