/**
 * The leaves of the scenario document: each reads a YAML value and knows what it expected, and carries its own JSON
 * Schema. Messages never hold the value, which may be a secret: the loader adds what was *written*.
 */
import { z } from 'zod';
import { formatImpairment, IMPAIRMENT_FORM, IMPAIRMENT_PATTERN, parseImpairment } from '../lib/impairment.js';
import { formatDuration, parseDuration, parseRate, UNIT_FORMS, UNIT_PATTERNS } from '../lib/units.js';
import { parseIp, parseIpRange, isHostName } from '../lib/ip-address.js';
import { SRTP_SUITE_NAMES, type SrtpSuiteName } from '../lib/srtp-suite.js';
import { explainTarget, parsePlace, parseProxy, parseTarget, PROXY_FORM, TARGET_FORM } from './target.js';
import { parseUserRange, USER_RANGE_FORM } from './user-range.js';

const REFERENCE = String.raw`.*\$\{(env|file):[^}]+\}.*`;

/** Draft-07 keywords of a leaf. */
type Keywords = Readonly<Record<string, unknown>>;

interface Leaf<T> {
  /** Completes `expected …`. */
  readonly form: string;
  readonly keywords: Keywords;
  readonly read: (value: unknown) => T | undefined;
  /** The whole message where a form is not enough. */
  readonly explain?: (value: unknown) => string;
}

export function leaf<T>({ form, keywords, read, explain }: Leaf<T>) {
  return z
    .unknown()
    .transform((value, context): T => {
      const parsed = read(value);
      if (parsed !== undefined) return parsed;
      const message = value !== undefined && explain !== undefined ? explain(value) : `expected ${form}`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .meta(keywords);
}

/** A string in the document; a pattern lets a reference pass, which is judged after it was replaced. */
export function textLeaf<T>(form: string, pattern: string, parse: (text: string) => T | undefined) {
  return leaf({
    form,
    keywords: { type: 'string', pattern: `^(${pattern}|${REFERENCE})$` },
    read: (value) => (typeof value === 'string' ? parse(value) : undefined),
  });
}

export const duration = () => textLeaf(UNIT_FORMS.duration, UNIT_PATTERNS.duration, parseDuration);

export const positiveDuration = () =>
  textLeaf(`${UNIT_FORMS.duration}, above 0`, UNIT_PATTERNS.duration, (text) => parseDuration(text) || undefined);

/** @param leastMs the shortest that is allowed */
export const durationFrom = (leastMs: number) =>
  textLeaf(`${UNIT_FORMS.duration}, at least ${formatDuration(leastMs)}`, UNIT_PATTERNS.duration, (text) => {
    const durationMs = parseDuration(text);
    return durationMs !== undefined && durationMs >= leastMs ? durationMs : undefined;
  });

export const rate = () => textLeaf(UNIT_FORMS.rate, UNIT_PATTERNS.rate, parseRate);

export const positiveRate = () =>
  textLeaf(`${UNIT_FORMS.rate}, above 0`, UNIT_PATTERNS.rate, (text) => parseRate(text) || undefined);

export function integer(min: number, max: number) {
  return leaf({
    form: `a whole number from ${min} to ${max}`,
    keywords: { type: ['integer', 'string'], minimum: min, maximum: max, pattern: `^${REFERENCE}$` },
    read: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined,
  });
}

export function flag() {
  return leaf({
    form: 'true or false',
    keywords: { type: ['boolean', 'string'], pattern: `^${REFERENCE}$` },
    read: (value) => (typeof value === 'boolean' ? value : undefined),
  });
}

/** The audio codecs by their names in SDP, in the order in which the help lists them. */
export const CODEC_NAMES = ['PCMU', 'PCMA', 'G722'] as const;
/** One of these, or the name of a codec that the scenario describes under `replay`. */
export type CodecName = string;
export const CODECS_FORM = 'PCMU, PCMA, G722 or OPUS, or a list of them in order of preference';

/** What everybody has who has SRTP: the suites of RFC 4568 with the keys that it demands. */
export const DEFAULT_SRTP_SUITES: readonly SrtpSuiteName[] = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'];

/** The ready-made sets of gates. */
export const PROFILE_NAMES = ['ci', 'trunk', 'capacity'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

export const profile = () => word(PROFILE_NAMES);

/** A duration of whole seconds. */
export const wholeSeconds = () =>
  textLeaf('whole seconds like 30s, at least 1s', UNIT_PATTERNS.duration, (text) => {
    const durationMs = parseDuration(text);
    return durationMs !== undefined && durationMs >= 1000 && durationMs % 1000 === 0 ? durationMs : undefined;
  });

/** A codec, or several in order of preference; that each is known is for the document as a whole to say. */
export function codecs() {
  const one = { type: 'string', pattern: '^[A-Za-z0-9._+-]{1,32}$', examples: [...CODEC_NAMES] };
  return leaf<readonly CodecName[]>({
    form: CODECS_FORM,
    keywords: { anyOf: [one, { type: 'array', items: one, minItems: 1, uniqueItems: true }] },
    read: (value) => {
      const names: readonly unknown[] = Array.isArray(value) ? value : [value];
      const known = names.flatMap((name) =>
        typeof name === 'string' && /^[\w.+-]{1,32}$/.test(name) ? [name.toUpperCase()] : [],
      );
      return known.length === names.length && known.length > 0 && new Set(known).size === known.length
        ? known
        : undefined;
    },
  });
}

/** One codec, by a name that the document as a whole must know. */
export const codecName = () =>
  leaf<CodecName>({
    form: 'a codec like PCMA',
    keywords: { type: 'string', pattern: '^[A-Za-z0-9._+-]{1,32}$', examples: [...CODEC_NAMES] },
    read: (value) => (typeof value === 'string' && /^[\w.+-]{1,32}$/.test(value) ? value.toUpperCase() : undefined),
  });

/** `G729/8000`, `opus/48000/2`: encoding, clock in Hz, channels. */
export const rtpMap = () =>
  textLeaf('an encoding and its clock like G729/8000', '[A-Za-z0-9._+-]{1,32}/\\d{4,6}(/[12])?', (text) => {
    const [, encoding, clock, channels = '1'] = /^([\w.+-]{1,32})\/(\d{4,6})(?:\/([12]))?$/.exec(text) ?? [];
    const clockRate = Number(clock);
    return encoding !== undefined && clockRate >= 8000 && clockRate <= 192_000
      ? { encoding, clockRate, channels: Number(channels) }
      : undefined;
  });

/** Of a codec that is not built in: what stands for nothing else here, and cannot pass for RTCP (RFC 5761 §4). */
export const payloadType = () =>
  leaf({
    form: 'a payload type from 0 to 127 that is none of 0, 8, 9, 13 and 101, nor from 64 to 95',
    keywords: { type: ['integer', 'string'], minimum: 1, maximum: 127, pattern: `^${REFERENCE}$` },
    read: (value) => {
      const isNumber = typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 127;
      return isNumber && ![8, 9, 13, 101].includes(value) && (value < 64 || value > 95) ? value : undefined;
    },
  });

/** Audio of a packet, in whole ms. */
export const packetTime = () =>
  textLeaf('a packet time from 10ms to 60ms, in whole ms', UNIT_PATTERNS.duration, (text) => {
    const ms = parseDuration(text);
    return ms !== undefined && Number.isInteger(ms) && ms >= 10 && ms <= 60 ? ms : undefined;
  });

export function decimal(min: number, max: number) {
  return leaf({
    form: `a number from ${min} to ${max}`,
    keywords: { type: ['number', 'string'], minimum: min, maximum: max, pattern: `^${REFERENCE}$` },
    read: (value) => (typeof value === 'number' && value >= min && value <= max ? value : undefined),
  });
}

/** SRTP suites in order of preference, by `off`, `required` or their names; null: off. */
export function srtp() {
  const one = { type: 'string', enum: SRTP_SUITE_NAMES };
  const words = { type: 'string', enum: ['off', 'required'] };
  return leaf<readonly SrtpSuiteName[] | null>({
    form: `off, required, or a suite or a list of them in order of preference (${SRTP_SUITE_NAMES.join(', ')})`,
    keywords: { anyOf: [words, one, { type: 'array', items: one, minItems: 1, uniqueItems: true }] },
    read: (value) => {
      if (value === 'off') return null;
      if (value === 'required') return DEFAULT_SRTP_SUITES;
      const names: readonly unknown[] = Array.isArray(value) ? value : [value];
      const known = names.flatMap((name) => SRTP_SUITE_NAMES.filter((suite) => suite === name));
      const areSuites = known.length === names.length && known.length > 0 && new Set(known).size === known.length;
      return areSuites ? known : undefined;
    },
  });
}

/** One of a few words; `note` follows the list in messages. */
export function word<const T extends string>(words: readonly T[], note = '') {
  return leaf<T>({
    form: `${words.join(' or ')}${note}`,
    keywords: { type: 'string', enum: words },
    read: (value) => words.find((known) => known === value),
  });
}

export function name() {
  return leaf({
    form: 'a name of 1 to 64 letters, digits, dots, dashes and underscores',
    keywords: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,64}$' },
    read: (value) => (typeof value === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(value) ? value : undefined),
  });
}

/** Free text on one line. */
export function line(form: string, maxLength: number) {
  return leaf({
    form: `${form} of 1 to ${maxLength} characters on one line`,
    keywords: { type: 'string', minLength: 1, maxLength },
    read: (value) => (typeof value === 'string' && isLine(value, maxLength) ? value : undefined),
  });
}

/** A string that may look like a number; `note` follows in messages. */
export function credential(form: string, note = '') {
  return leaf({
    form: `${form} of 1 to 128 characters on one line${note}`,
    keywords: { type: 'string', minLength: 1, maxLength: 128 },
    read: (value) => (typeof value === 'string' && isLine(value, 128) ? value : undefined),
  });
}

export const version = () =>
  leaf<1>({
    form: '1, the only version of the format',
    keywords: { type: 'integer', const: 1 },
    read: (value) => (value === 1 ? 1 : undefined),
  });

export const target = () =>
  leaf({
    form: TARGET_FORM,
    keywords: { type: 'string', pattern: `^(loopback|[sS][iI][pP][sS]?:.+@.+|${REFERENCE})$` },
    read: (value) => (typeof value === 'string' ? parseTarget(value) : undefined),
    explain: (value) => (typeof value === 'string' ? explainTarget(value) : `expected ${TARGET_FORM}`),
  });

/** The same, and also a PBX without a number: whether that will do depends on who is called. */
export const place = () =>
  leaf({
    form: TARGET_FORM,
    keywords: { type: 'string', pattern: `^(loopback|[sS][iI][pP][sS]?:.+|${REFERENCE})$` },
    read: (value) => (typeof value === 'string' ? (parseTarget(value) ?? parsePlace(value)) : undefined),
    explain: (value) => (typeof value === 'string' ? explainTarget(value) : `expected ${TARGET_FORM}`),
  });

/** `1001-1099`. */
export const userRange = () => textLeaf(USER_RANGE_FORM, String.raw`\d{1,15}-\d{1,15}`, parseUserRange);

export const proxy = () => textLeaf(PROXY_FORM, '[sS][iI][pP][sS]?:[^@]+', parseProxy);

/** Differentiated-services code points by their names (RFC 2474, RFC 2597, RFC 3246), as numbers. */
export const dscp = () =>
  leaf({
    form: 'a code point like CS3, AF31 or EF, or a number from 0 to 63',
    keywords: {
      type: ['string', 'integer'],
      minimum: 0,
      maximum: 63,
      pattern: `^(CS[0-7]|AF[1-4][1-3]|EF|${REFERENCE})$`,
    },
    read: (value) => (typeof value === 'string' ? namedDscp(value) : isDscp(value) ? value : undefined),
  });

const isDscp = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 63;

function namedDscp(text: string): number | undefined {
  const [, selector, precedence, drop] = /^(?:CS([0-7])|AF([1-4])([1-3])|EF)$/.exec(text) ?? [];
  if (text === 'EF') return 46;
  if (selector !== undefined) return 8 * Number(selector);
  return precedence === undefined ? undefined : 8 * Number(precedence) + 2 * Number(drop);
}

/** An address, or the word for the one that the far side sees. */
export const advertised = () =>
  textLeaf('an IPv4 or IPv6 address, or learned', '[0-9A-Fa-f.:]+|learned', (text) =>
    text === 'learned' || parseIp(text) ? text.toLowerCase() : undefined,
  );

/** A path as it stands in a URL. */
export const urlPath = () =>
  textLeaf('a path like /ws', String.raw`/[A-Za-z0-9\-._~/%]*`, (text) =>
    /^\/[A-Za-z0-9\-._~/%]{0,255}$/.test(text) ? text : undefined,
  );

export const hostName = () =>
  textLeaf('a host name', '[0-9A-Za-z.-]+', (text) => (isHostName(text) ? text.toLowerCase() : undefined));

/** Kept as text: the answerer that it is for reads it again. */
export const impairment = () =>
  leaf({
    form: IMPAIRMENT_FORM,
    keywords: { type: 'string', pattern: `^(${IMPAIRMENT_PATTERN}|${REFERENCE})$` },
    read: (value) => {
      const reading = typeof value === 'string' ? parseImpairment(value) : null;
      return reading !== null && 'impairment' in reading ? formatImpairment(reading.impairment) : undefined;
    },
    explain: (value) => (typeof value === 'string' ? explainImpairment(value) : `expected ${IMPAIRMENT_FORM}`),
  });

/** All that is wrong with it; what was written is not in it. */
function explainImpairment(text: string): string {
  const reading = parseImpairment(text);
  const problems = 'problems' in reading ? reading.problems : [];
  return problems.map(({ where, message }) => `${where}: ${message}`).join('; ');
}

export const expectation = () =>
  leaf<'answered' | number>({
    form: 'answered or a final status from 300 to 699',
    keywords: { type: ['integer', 'string'], minimum: 300, maximum: 699, pattern: `^(answered|${REFERENCE})$` },
    read: (value) => {
      if (value === 'answered') return value;
      return typeof value === 'number' && Number.isInteger(value) && value >= 300 && value <= 699 ? value : undefined;
    },
  });

export const ipAddress = () =>
  textLeaf('an IPv4 or IPv6 address', '[0-9A-Fa-f.:]+', (text) => (parseIp(text) ? text.toLowerCase() : undefined));

export const destination = () =>
  textLeaf('a host name, an address or a range like 192.0.2.0/24', '[0-9A-Za-z.:/-]+', (text) =>
    isHostName(text) || parseIpRange(text) ? text.toLowerCase() : undefined,
  );

export const portRange = () =>
  textLeaf('ports like 16384-24575, from 1024 to 65535 and at least two', String.raw`\d{4,5}-\d{4,5}`, (text) => {
    const match = /^(\d{4,5})-(\d{4,5})$/.exec(text);
    const [first, last] = [Number(match?.[1]), Number(match?.[2])];
    return first >= 1024 && last <= 65_535 && first < last ? { first, last } : undefined;
  });

function isLine(text: string, maxLength: number): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  return text.length >= 1 && text.length <= maxLength && !/[\u0000-\u001f\u007f]/.test(text);
}
