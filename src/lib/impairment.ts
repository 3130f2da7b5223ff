/**
 * What a bad link does to packets, as people write it: `loss=2%,burst=3,delay=50ms,jitter=20ms,duplicate=1%,reorder=1%`.
 * The words are read here, and what they do is in net/; README of that room defines each.
 */
import { nearestName } from './nearest.js';
import { formatDuration, formatRatio, parseDuration, parseRatio } from './units.js';

export interface Impairment {
  /** Share of the packets that never leave, 0–1. */
  readonly lossRatio: number;
  /** Mean length of a run of lost packets; null: each packet is lost or not whatever befell the one before. */
  readonly burstPackets: number | null;
  /** Added to every packet. */
  readonly delayMs: number;
  /** RFC 3550 jitter that the added variation settles at. */
  readonly jitterMs: number;
  /** Share of the packets that leave twice, 0–1. */
  readonly duplicateRatio: number;
  /** Share of the packets that leave right behind their follower, 0–1. */
  readonly reorderRatio: number;
}

/** What an impairment has done so far; the packets are RTP, those of RTCP stand apart. */
export interface ImpairmentCounts {
  /** Packets that the link was given. */
  readonly offered: number;
  readonly lost: number;
  /** Of the lost ones: before the first or behind the last packet of a stream that left, so that no receiver can miss them. */
  readonly lostUnseen: number;
  readonly duplicated: number;
  readonly reordered: number;
  /** Packets that waited before they left. */
  readonly delayed: number;
  /** Dropped because the link's own memory was full. */
  readonly overflowed: number;
  /** Still waiting when their socket closed. */
  readonly unsent: number;
  /** Mean over the packets of the RFC 3550 jitter of the delays that were added, ms; null without packets. */
  readonly jitterMs: number | null;
  readonly rtcpOffered: number;
  readonly rtcpLost: number;
}

/** A thing wrong with the text. Neither part holds what was written, which may have come from a secret. */
export interface ImpairmentProblem {
  /** The part of the text, as written. */
  readonly part: string;
  /** Its key where that is known, else its place: `part 2`. */
  readonly where: string;
  /** Completes `expected …`, or says what is wrong. */
  readonly message: string;
}

export type ImpairmentReading =
  | { readonly impairment: Impairment }
  | { readonly problems: readonly ImpairmentProblem[] };

export const IMPAIRMENT_FORM = 'an impairment like loss=2%,jitter=20ms,delay=50ms';
/** For JSON Schema, without anchors. */
export const IMPAIRMENT_PATTERN = String.raw`[a-z]+=[0-9.]+(%|ms|s|m|h)?(,[a-z]+=[0-9.]+(%|ms|s|m|h)?)*`;

/** In order and at one packet per 20 ms the jitter of a link ends below 40 ms; what comes near needs seconds of delay. */
export const MAX_JITTER_MS = 25;
export const MAX_DELAY_MS = 5000;
export const MAX_BURST_PACKETS = 1000;
/** A packet that leaves behind its follower needs one: no more than every other can. */
export const MAX_REORDER_RATIO = 0.5;

interface Key {
  readonly form: string;
  /** Undefined: not such a value. */
  read(text: string): number | undefined;
}

const KEYS = {
  loss: ratioKey(1),
  burst: { form: `a mean length in packets from 1 to ${MAX_BURST_PACKETS}, like 3`, read: readBurst },
  delay: durationKey('50ms', MAX_DELAY_MS),
  jitter: durationKey('20ms', MAX_JITTER_MS),
  duplicate: ratioKey(1),
  reorder: ratioKey(MAX_REORDER_RATIO),
} as const satisfies Readonly<Record<string, Key>>;

type KeyName = keyof typeof KEYS;

/** Reads the text, or says everything that is wrong with it. */
export function parseImpairment(text: string): ImpairmentReading {
  const values = new Map<KeyName, number>();
  const problems: ImpairmentProblem[] = [];
  for (const [index, part] of text.split(',').entries()) {
    const { name, message, where } = readPart(part, index, values);
    if (message !== null) {
      problems.push({ part, where, message });
    } else if (name !== null) {
      values.set(name.key, name.value);
    }
  }
  problems.push(...checkTogether(values));
  return problems.length > 0 ? { problems } : { impairment: impairmentOf(values) };
}

interface PartReading {
  readonly name: { readonly key: KeyName; readonly value: number } | null;
  readonly where: string;
  readonly message: string | null;
}

function readPart(part: string, index: number, before: ReadonlyMap<KeyName, number>): PartReading {
  const equals = part.indexOf('=');
  const text = part.slice(0, Math.max(0, equals)).trim();
  const place = `part ${index + 1}`;
  if (equals < 0) {
    return bad(place, 'expected key=value');
  }
  if (!isKey(text)) {
    const near = nearestName(text, Object.keys(KEYS));
    const known = near === undefined ? `known: ${Object.keys(KEYS).join(', ')}` : `did you mean "${near}"?`;
    return bad(place, `unknown key (${known})`);
  }
  if (before.has(text)) {
    return bad(text, 'given twice');
  }
  const value = KEYS[text].read(part.slice(equals + 1).trim());
  return value === undefined
    ? bad(text, `expected ${KEYS[text].form}`)
    : { name: { key: text, value }, where: text, message: null };
}

function bad(where: string, message: string): PartReading {
  return { name: null, where, message };
}

function isKey(text: string): text is KeyName {
  return Object.hasOwn(KEYS, text);
}

/** Rules between the values. */
function checkTogether(values: ReadonlyMap<KeyName, number>): ImpairmentProblem[] {
  const burst = values.get('burst');
  if (burst === undefined) {
    return [];
  }
  const loss = values.get('loss') ?? 0;
  const part = `burst=${burst}`;
  if (loss === 0) {
    return [{ part, where: 'burst', message: 'expected a loss beside it, as in loss=2%,burst=3' }];
  }
  // Gilbert: the way into a burst has the probability loss / (burst · (1 − loss)), which is no more than 1.
  const shortest = Number((loss / (1 - loss)).toPrecision(12)); // without the last binary digits of noise
  if (burst < shortest || loss >= 1) {
    const least = loss >= 1 ? 'no burst' : `at least ${Math.ceil(shortest * 100) / 100} packets`;
    return [{ part, where: 'burst', message: `expected ${least} with a loss of ${formatRatio(loss)}` }];
  }
  return [];
}

function impairmentOf(values: ReadonlyMap<KeyName, number>): Impairment {
  return {
    lossRatio: values.get('loss') ?? 0,
    burstPackets: values.get('burst') ?? null,
    delayMs: values.get('delay') ?? 0,
    jitterMs: values.get('jitter') ?? 0,
    duplicateRatio: values.get('duplicate') ?? 0,
    reorderRatio: values.get('reorder') ?? 0,
  };
}

/** As it is written, without what does nothing; `parseImpairment` reads it back as the same. */
export function formatImpairment(impairment: Impairment): string {
  const parts: [KeyName, string][] = [
    ['loss', formatRatio(impairment.lossRatio)],
    ['burst', String(impairment.burstPackets ?? 0)],
    ['delay', formatDuration(impairment.delayMs)],
    ['jitter', formatDuration(impairment.jitterMs)],
    ['duplicate', formatRatio(impairment.duplicateRatio)],
    ['reorder', formatRatio(impairment.reorderRatio)],
  ];
  const said = parts.filter(([, value]) => Number.parseFloat(value) > 0);
  return said.length === 0 ? 'loss=0%' : said.map(([key, value]) => `${key}=${value}`).join(',');
}

function ratioKey(most: number): Key {
  return {
    form: `a share like 2%, up to ${formatRatio(most)}`,
    read: (text) => {
      const ratio = parseRatio(text);
      return ratio !== undefined && ratio <= most ? ratio : undefined;
    },
  };
}

function durationKey(example: string, mostMs: number): Key {
  return {
    form: `a duration like ${example}, up to ${formatDuration(mostMs)}`,
    read: (text) => {
      const ms = parseDuration(text);
      return ms !== undefined && ms <= mostMs ? ms : undefined;
    },
  };
}

function readBurst(text: string): number | undefined {
  const packets = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return packets >= 1 && packets <= MAX_BURST_PACKETS ? packets : undefined;
}
