/** Whole values in which no number and no name is left: results, above all. See `redaction.ts`. */
import type { Scenario } from '../scenario/scenario.js';
import type { CallRecord } from '../worker/messages.js';
import { hideKeys, hideKeysOfBody, hideKeysOfCall } from './key-redaction.js';
import { NumberRedactor } from './redaction.js';

/** Text that is no words: a histogram in base64 may hold any digits, a time has some by nature, and a path those of its call. */
const NO_WORDS: ReadonlySet<string> = new Set([
  'histogram',
  'startedAt',
  'schemaVersion',
  'evidence',
  'path',
  'runToken',
  'bootId',
  'startTicks',
]);
/** Keys that were pressed, or expected: of steps, and of calls in which others came. */
const KEYS: ReadonlySet<string> = new Set(['digits', 'dtmf', 'expected', 'received']);
const USER_FLAG = /(--user[ =])('(?:[^']|'\\'')*'|\S+)/g;
const REFERENCE = /^\$\{.*\}$/s;

/** Null: nothing is to be hidden. It knows the numbers that the scenario calls and the users that it is. */
export function redactorOf({
  redact,
  endpoints,
  auth,
  users: registered,
  gates,
  call,
}: Scenario): NumberRedactor | null {
  if (redact === null) return null;
  const users = [auth, ...endpoints.map((endpoint) => endpoint.auth)].flatMap((one) =>
    one === null ? [] : [one.user],
  );
  const { user: caller, displayName } = call.flow.from;
  const callers = [caller, displayName].filter((name) => name !== null);
  const known = (registered?.list ?? []).flatMap(({ user, authUser }) => [user, authUser]).concat(callers);
  // A target such as `echo` is a word of ours as well, and is hidden in URIs only.
  const numbers = endpoints.flatMap(({ target }) =>
    target.kind === 'sip' && /\d{4}/.test(target.user) ? [target.user] : [],
  );
  const exprs = (gates ?? []).map((gate) => gate.expr.trim());
  return new NumberRedactor([...numbers, ...users, ...known], exprs);
}

/**
 * The same value, a result or what a run notes of itself on the way; every text in it has passed the redactor, so that a field
 * that comes later is hidden too.
 */
export function redactTexts<T>(value: T, redactor: NumberRedactor): T {
  return hiddenValue(value, redactor, '') as T;
}

/** An ended call, for its row: what the network said of it, whom it was to be transferred to, and the keys that were pressed. */
export function redactCall(record: CallRecord, redactor: NumberRedactor): CallRecord {
  const { detail, dtmf, transfers } = record;
  return {
    ...record,
    detail: detail === null ? null : redactor.text(detail),
    ...(dtmf && { dtmf: hideKeysOfCall(dtmf) }),
    ...(transfers && { transfers: redactTexts(transfers, redactor) }),
  };
}

function hiddenValue(value: unknown, redactor: NumberRedactor, key: string): unknown {
  if (typeof value === 'string') return hiddenText(value, redactor, key);
  if (Array.isArray(value)) return value.map((item) => hiddenValue(item, redactor, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) =>
      // The names of labels are the user's, all others are ours.
      key === 'labels'
        ? [redactor.text(name), hiddenValue(item, redactor, '')]
        : [name, hiddenValue(item, redactor, name)],
    ),
  );
}

function hiddenText(text: string, redactor: NumberRedactor, key: string): string {
  if (NO_WORDS.has(key)) return text;
  if (KEYS.has(key)) return hideKeys(text);
  if ((key === 'user' || key === 'authUser') && !REFERENCE.test(text)) return redactor.user(text);
  if (key === 'range') return text.replaceAll(/\d+/g, (number) => redactor.user(number));
  if (key === 'body') return redactor.text(hideKeysOfBody(text)); // of an INFO
  return redactor.text(key === 'command' ? hideUserFlag(text, redactor) : text);
}

/** `--user 600` of the command line: too short a number to be known as a word. */
function hideUserFlag(command: string, redactor: NumberRedactor): string {
  return command.replaceAll(
    USER_FLAG,
    (_, flag: string, user: string) => flag + redactor.user(user.replaceAll("'", '')),
  );
}
