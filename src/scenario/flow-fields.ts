/** The leaves of `flow-schema.ts`: each reads a value, knows what it expected, and carries its JSON Schema. */
import { isHostName, parseIp } from '../lib/ip-address.js';
import { UNIT_PATTERNS, parseDuration } from '../lib/units.js';
import { leaf, textLeaf } from './fields.js';

const MAX_BODY = 4096;
const MAX_HEADERS = 32;
const MAX_VALUE = 512;
/** RFC 3261 `token`. */
const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]{1,64}$/;

/** What a call is made of, in long and compact form: never given by a scenario. Those with a key of their own are here as well. */
const OWN_HEADERS: ReadonlySet<string> = new Set(
  (
    'via v from f to t call-id i cseq contact m max-forwards route record-route content-length l content-type c content-encoding e ' +
    'require supported k allow user-agent authorization proxy-authorization proxy-require session-expires x min-se rseq rack ' +
    'p-asserted-identity privacy x-callgauge-call'
  ).split(' '),
);

/** Why a name cannot be one of `call.headers`; null: it can. */
export function headerNameProblem(name: string): string | null {
  if (!TOKEN.test(name)) return 'expected a header name of at most 64 letters, digits and the marks of RFC 3261';
  return OWN_HEADERS.has(name.toLowerCase()) ? `expected another header: ${name} is of the call itself` : null;
}

/** The word `true`. */
export const yes = () =>
  leaf<true>({ form: 'true', keywords: { const: true }, read: (value) => (value === true ? true : undefined) });

/** `type/subtype`. */
export const mediaType = () =>
  textLeaf('a content type like application/dtmf-relay', '[^/ ]+/[^/ ]+', (text) => {
    const [type = '', subtype = '', ...more] = text.split('/');
    return TOKEN.test(type) && TOKEN.test(subtype) && more.length === 0 ? text : undefined;
  });

export const DIGITS_PATTERN = '^[0-9*#A-Da-d]{1,64}$';

/** Of a telephone; A to D are those of the fourth column. */
export const digits = () =>
  leaf({
    form: 'at most 64 keys of 0-9, *, #, A-D, in quotes',
    keywords: { type: 'string', pattern: DIGITS_PATTERN },
    read: (value) =>
      typeof value === 'string' && new RegExp(DIGITS_PATTERN).test(value) ? value.toUpperCase() : undefined,
  });

/** Line ends become CRLF. */
export const body = () =>
  leaf({
    form: `text of at most ${MAX_BODY} characters`,
    keywords: { type: 'string', maxLength: MAX_BODY },
    read: (value) => (isText(value, MAX_BODY, true) ? value.replaceAll(/\r\n?|\n/g, '\r\n') : undefined),
  });

/** A session interval: RFC 4028 §4 allows nothing below 90 s. */
export const interval = () =>
  textLeaf('whole seconds from 90s to 24h', UNIT_PATTERNS.duration, (text) => {
    const ms = parseDuration(text);
    return ms !== undefined && ms % 1000 === 0 && ms >= 90_000 && ms <= 86_400_000 ? ms : undefined;
  });

/** No control characters but line ends and tabs where `hasLines`. */
function isText(text: unknown, maxLength: number, hasLines = false): text is string {
  if (typeof text !== 'string' || text.length > maxLength) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const isLineEnd = code === 9 || code === 10 || code === 13;
    if ((code < 32 && !(hasLines && isLineEnd)) || code === 127) return false;
  }
  return true;
}

/** A host name, or an address. */
export const domain = () =>
  textLeaf('a host name or an address', '[0-9A-Za-z.:-]+', (text) =>
    isHostName(text) || parseIp(text) !== undefined ? text : undefined,
  );

export const identityUri = () =>
  textLeaf('a URI like sip:+4930123456@example.com or tel:+4930123456', '(sips?:[^@]+@.+|tel:.+)', (text) =>
    /^(sips?:[A-Za-z0-9\-_.!~*'()&=+$,;?/%]{1,128}@[0-9A-Za-z.:[\]-]{1,255}(;[A-Za-z0-9=;-]{1,64})?|tel:\+?[0-9().-]{1,32})$/.test(
      text,
    )
      ? text
      : undefined,
  );

const PRIVACY_VALUES = ['header', 'session', 'user', 'id', 'none', 'critical'];

export function privacy() {
  const one = { type: 'string', enum: PRIVACY_VALUES };
  return leaf<readonly string[]>({
    form: `${PRIVACY_VALUES.join(', ')}, or a list of them`,
    keywords: { anyOf: [one, { type: 'array', items: one, minItems: 1, uniqueItems: true }] },
    read: (value) => {
      const words: readonly unknown[] = Array.isArray(value) ? value : [value];
      const known = words.flatMap((word) => PRIVACY_VALUES.filter((name) => name === word));
      return known.length === words.length && known.length > 0 && new Set(known).size === known.length
        ? known
        : undefined;
    },
  });
}

/** Names and values; which names may be given where is for `checks.ts` to say. */
export const headers = () =>
  leaf<Readonly<Record<string, string>>>({
    form: `at most ${MAX_HEADERS} headers, each with a value of 1 to ${MAX_VALUE} characters on one line`,
    keywords: {
      type: 'object',
      maxProperties: MAX_HEADERS,
      additionalProperties: { type: 'string', minLength: 1, maxLength: MAX_VALUE },
    },
    read: (value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
      const pairs: [string, unknown][] = Object.entries(value);
      const texts = pairs.filter((pair): pair is [string, string] => isText(pair[1], MAX_VALUE) && pair[1] !== '');
      return texts.length === pairs.length && texts.length <= MAX_HEADERS ? Object.fromEntries(texts) : undefined;
    },
  });
