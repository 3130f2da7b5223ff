/** What is known of one direction of a group's audio, kept apart by codec: at most one book for each codec of the table. */
import type { Distribution } from '../metrics/histogram.js';
import type { ScoreScale, TimeBase } from '../metrics/names.js';
import { LEG, ROW } from '../worker/messages.js';
import { codecKey, scaleOf } from './codec-scale.js';
import { mergedQuality, QualityBook, type QualityFigure } from './quality-book.js';

const PACKET_COUNTS = [
  'expected',
  'received',
  'lost',
  'discarded',
  'duplicate',
  'reordered',
  'stray',
  'malformed',
  'srtpAuthFailures',
] as const;
/** Sums over the legs that know; null where none does. */
export type PacketCounts = Record<(typeof PACKET_COUNTS)[number], number | null>;

/** Count of the judged legs, for gates; of the received direction only. */
interface JudgedLegs {
  legs: number;
  oneWay: number;
  noMedia: number;
}

export interface CodecBook {
  readonly codec: number;
  readonly scale: ScoreScale | null;
  readonly perSecond: QualityBook;
  readonly perCall: QualityBook;
  /** Legs that used the codec, those of the warm-up included. */
  legs: number;
  readonly judged: JudgedLegs;
}

export class DirectionBook {
  readonly packets: PacketCounts = {
    expected: null,
    received: null,
    lost: null,
    discarded: null,
    duplicate: null,
    reordered: null,
    stray: null,
    malformed: null,
    srtpAuthFailures: null,
  };
  legs = 0;
  private rows = 0;
  private readonly byCodec = new Map<number, CodecBook>();

  addRow(table: Float64Array, offset: number, warm: boolean): void {
    const at = (column: number): number => table[offset + column] ?? Number.NaN;
    const book = this.bookOf(at(ROW.codec));
    this.rows++;
    if (!warm) {
      return;
    }
    const figures = {
      expected: at(ROW.expected),
      lost: at(ROW.lost),
      discarded: at(ROW.discarded),
      jitterMs: at(ROW.jitterMs),
      rFactor: at(ROW.rFactor),
      mosLq: at(ROW.mosLq),
      mosLqNoPlc: at(ROW.mosLqNoPlc),
      mosCq: at(ROW.mosCq),
      rttMs: at(ROW.rttMs),
      mouthToEarMs: at(ROW.mouthToEarMs),
    };
    book.perSecond.add(figures, book.scale);
  }

  /** Totals of a leg; gives the book of its codec. */
  addLeg(table: Float64Array, offset: number, warm: boolean): CodecBook {
    const at = (column: number): number => table[offset + column] ?? Number.NaN;
    const book = this.bookOf(at(LEG.codec));
    this.legs++;
    book.legs++;
    this.countPackets(at);
    if (warm) {
      book.perCall.add(qualityOfLeg(at), book.scale);
      book.perCall.addBursts({
        burstR: at(LEG.burstR),
        burstDensity: at(LEG.burstDensity),
        burstMs: at(LEG.burstMs),
        gapDensity: at(LEG.gapDensity),
        gapMs: at(LEG.gapMs),
      });
    }
    return book;
  }

  /** Something of this direction was measured. */
  get isKnown(): boolean {
    return this.legs > 0 || this.rows > 0;
  }

  /** The books of the codecs seen, by the order of the codec table; of one codec with `codec`. */
  books(codec?: number): readonly CodecBook[] {
    const all = [...this.byCodec.values()].toSorted((a, b) => a.codec - b.codec);
    return codec === undefined ? all : all.filter((book) => book.codec === codec);
  }

  /** One figure over all codecs; null where nothing is known. */
  figure(figure: QualityFigure, per: TimeBase, codec?: number): Distribution | null {
    const books = this.books(codec).map((book) => (per === 'call' ? book.perCall : book.perSecond));
    return mergedQuality(books, figure);
  }

  private bookOf(codecIndex: number): CodecBook {
    const codec = codecKey(codecIndex);
    let book = this.byCodec.get(codec);
    if (book === undefined) {
      book = {
        codec,
        scale: scaleOf(codec),
        perSecond: new QualityBook(),
        perCall: new QualityBook(),
        legs: 0,
        judged: { legs: 0, oneWay: 0, noMedia: 0 },
      };
      this.byCodec.set(codec, book);
    }
    return book;
  }

  private countPackets(at: (column: number) => number): void {
    for (const name of PACKET_COUNTS) {
      const count = at(LEG[name]);
      if (Number.isFinite(count)) {
        this.packets[name] = (this.packets[name] ?? 0) + Math.max(0, count);
      }
    }
  }
}

function qualityOfLeg(at: (column: number) => number): Parameters<QualityBook['add']>[0] {
  return {
    expected: at(LEG.expected),
    lost: at(LEG.lost),
    discarded: at(LEG.discarded),
    jitterMs: at(LEG.jitterMs),
    rFactor: at(LEG.rFactor),
    mosLq: at(LEG.mosLq),
    mosLqNoPlc: at(LEG.mosLqNoPlc),
    mosCq: at(LEG.mosCq),
    rttMs: at(LEG.rttMs),
    mouthToEarMs: at(LEG.mouthToEarMs),
  };
}
