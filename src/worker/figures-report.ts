/**
 * What our answerer says of a call that it received, as the body of a PUBLISH: a session report in the sense of RFC 6035 §4.
 * Its own media type instead of application/vq-rtcpxr, because that rounds loss to tenths of a percent and has no counts.
 * Members that are not known are passed over, so that later versions can say more.
 */
import { encodeCallToken, findCallToken, type CallToken } from '../call/call-token.js';
import { codecNames } from '../media/codec/codec.js';
import type { PublicationRules } from '../sip/ua/publication.js';
import { BASIS, DIRECTION, LEG } from './messages.js';

/** Of RFC 6035 §4.1. A peer that knows the event but not our body refuses it with 415. */
export const FIGURES_RULES: PublicationRules = {
  event: 'vq-rtcpxr',
  contentType: 'application/vnd.callgauge.figures+json',
  maxBytes: 2048,
};

const VERSION = 1;

interface Range {
  readonly min: number;
  readonly max: number;
  /** Counts are known of every leg, and whole. */
  readonly isCount?: true;
}

const COUNT: Range = { min: 0, max: 2 ** 40, isCount: true };
const MS: Range = { min: 0, max: 1e9 };
/** G.107 to G.107.2: the fullband scale ends at 148, and nothing clamps it below: long bursts go far under 0. */
const R: Range = { min: -10_000, max: 150 };
const MOS: Range = { min: 1, max: 5 };
const RATIO: Range = { min: 0, max: 1 };

type Figure = Exclude<keyof typeof LEG, 'columns'>;

/** Names on the wire are those of the columns. */
const FIGURES: readonly (readonly [Figure, Range])[] = [
  ['expected', COUNT],
  ['received', COUNT],
  ['lost', COUNT],
  ['discarded', COUNT],
  ['duplicate', COUNT],
  ['reordered', COUNT],
  ['jitterMs', MS],
  ['jitterMaxMs', MS],
  ['rFactor', R],
  ['mosLq', MOS],
  ['mosLqNoPlc', MOS],
  ['mosCq', MOS],
  ['rttMs', MS],
  ['mouthToEarMs', MS],
  ['burstR', { min: 0, max: 1e6 }],
  ['burstDensity', RATIO],
  ['burstMs', MS],
  ['gapDensity', RATIO],
  ['gapMs', MS],
];

/** The body for a leg of ours. @param totals a row by LEG of what was received */
export function serializeFigures(token: CallToken, totals: Float64Array): string {
  const figures: Record<string, number> = {};
  for (const [name, { isCount }] of FIGURES) {
    const value = totals[LEG[name]] ?? Number.NaN;
    if (Number.isFinite(value)) {
      figures[name] = isCount ? value : Number(value.toFixed(4));
    }
  }
  const codec = codecNames()[totals[LEG.codec] ?? Number.NaN] ?? '';
  return JSON.stringify({ version: VERSION, call: encodeCallToken(token), codec, figures });
}

export interface ReportedFigures {
  readonly token: CallToken;
  /** A row by LEG of the sent direction; NaN where nothing is known. The endpoint is the reader's to fill in. */
  readonly row: Float64Array;
}

/** Reads a body from the network; null when anything in it is not as it must be. Never throws. */
export function parseFigures(body: string): ReportedFigures | null {
  const report = body.length > FIGURES_RULES.maxBytes ? null : parseObject(body);
  if (report?.['version'] !== VERSION || typeof report['call'] !== 'string' || !isObject(report['figures'])) {
    return null;
  }
  const token = findCallToken(report['call']);
  // Our answerer does not know a codec that it only sends back, and names none: the caller knows which it was.
  const codec = report['codec'] === '' ? Number.NaN : codecNames().findIndex((name) => name === report['codec']);
  const row = rowOf(report['figures']);
  if (token === null || codec < 0 || row === null) {
    return null;
  }
  row[LEG.call] = token.call;
  row[LEG.codec] = codec;
  return { token, row };
}

function rowOf(figures: Readonly<Record<string, unknown>>): Float64Array | null {
  const row = new Float64Array(LEG.columns).fill(Number.NaN);
  row[LEG.direction] = DIRECTION.sent;
  row[LEG.basis] = BASIS.answerer;
  for (const [name, range] of FIGURES) {
    const value = Object.hasOwn(figures, name) ? figures[name] : undefined;
    if (value === undefined && range.isCount !== true) {
      continue;
    }
    if (!isWithin(value, range)) {
      return null;
    }
    row[LEG[name]] = value;
  }
  return (row[LEG.lost] ?? 0) <= (row[LEG.expected] ?? 0) ? row : null;
}

function isWithin(value: unknown, { min, max, isCount }: Range): value is number {
  return typeof value === 'number' && value >= min && value <= max && (isCount !== true || Number.isInteger(value));
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
