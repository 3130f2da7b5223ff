/** A result in which no number and no name is left; see `redaction.ts`. */
import type { Scenario } from '../scenario/scenario.js';
import { NumberRedactor } from './redaction.js';
import type { Result } from './result.js';

/** Text that is no words: a histogram in base64 may hold any digits, and a time has some by nature. */
const NO_WORDS: ReadonlySet<string> = new Set([
  'histogram',
  'startedAt',
  'schemaVersion',
  'runToken',
  'bootId',
  'startTicks',
]);
const USER_FLAG = /(--user[ =])('(?:[^']|'\\'')*'|\S+)/g;
const REFERENCE = /^\$\{.*\}$/s;

/** Null: nothing is to be hidden. It knows the numbers that the scenario calls and the users that it is. */
export function redactorOf({ redact, endpoints, auth }: Scenario): NumberRedactor | null {
  if (redact === null) return null;
  const users = [auth, ...endpoints.map((endpoint) => endpoint.auth)].flatMap((one) =>
    one === null ? [] : [one.user],
  );
  // A target such as `echo` is a word of ours as well, and is hidden in URIs only.
  const numbers = endpoints.flatMap(({ target }) =>
    target.kind === 'sip' && /\d{4}/.test(target.user) ? [target.user] : [],
  );
  return new NumberRedactor([...numbers, ...users]);
}

/** The same result; every text in it has passed the redactor, so that a field that comes later is hidden too. */
export function redactResult(result: Result, redactor: NumberRedactor): Result {
  return redacted(result, redactor);
}

/** The same of whatever names the command of a run. */
export function redacted<Document extends { readonly environment: { readonly command: string } }>(
  document: Document,
  redactor: NumberRedactor,
): Document {
  const command = hideUserFlag(document.environment.command, redactor);
  return hidden({ ...document, environment: { ...document.environment, command } }, redactor);
}

function hideUserFlag(command: string, redactor: NumberRedactor): string {
  return command.replaceAll(
    USER_FLAG,
    (_, flag: string, user: string) => flag + redactor.user(user.replaceAll("'", '')),
  );
}

function hidden<T>(value: T, redactor: NumberRedactor, key = ''): T {
  return hiddenValue(value, redactor, key) as T;
}

function hiddenValue(value: unknown, redactor: NumberRedactor, key: string): unknown {
  if (typeof value === 'string') return hiddenText(value, redactor, key);
  if (Array.isArray(value)) return value.map((item) => hiddenValue(item, redactor, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hiddenValue(item, redactor, name)]));
}

function hiddenText(text: string, redactor: NumberRedactor, key: string): string {
  if (NO_WORDS.has(key)) return text;
  return key === 'user' && !REFERENCE.test(text) ? redactor.user(text) : redactor.text(text);
}
