/** `result.json`: text to Result and back, checked by the schema in both directions. */
import type { z } from 'zod';
import { ProblemsError, messageOf } from '../lib/errors.js';
import type { Problem } from '../lib/errors.js';
import { RESULT_SCHEMA_VERSION, resultSchema } from '../run/result.js';
import type { Result } from '../run/result.js';

const MAX_PROBLEMS = 10;
const FOUND_LIMIT = 60;

/**
 * The bytes of `result.json`: keys in the order of the schema, two spaces, a newline at the end.
 * @throws ProblemsError when the result does not match its schema
 */
export function serializeResult(result: Result): string {
  return `${JSON.stringify(checked(result), null, 2)}\n`;
}

/**
 * The result in the text of a `result.json`.
 * @throws ProblemsError naming what was expected and what was found, where
 */
export function parseResult(text: string): Result {
  const value = parseJson(text);
  refuseOtherVersion(value);
  return checked(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = `expected JSON, found ${found(text)} (${messageOf(error)})`;
    throw new ProblemsError([{ code: 'not-json', where: 'result.json', message }]);
  }
}

/** One sentence instead of one for each field that this version does not know. */
function refuseOtherVersion(value: unknown): void {
  const version: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'schemaVersion') : undefined;
  if (version === undefined || version === RESULT_SCHEMA_VERSION) return;
  const message = `expected "${RESULT_SCHEMA_VERSION}", found ${found(version)}`;
  const hint = 'another version of callgauge wrote it: use that one to read it';
  throw new ProblemsError([{ code: 'other-version', where: 'result.json.schemaVersion', message, hint }]);
}

function checked(value: unknown): Result {
  const parsed = resultSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ProblemsError(parsed.error.issues.slice(0, MAX_PROBLEMS).map((issue) => problemOf(issue, value)));
}

function problemOf(issue: z.core.$ZodIssue, value: unknown): Problem {
  const where = ['result.json', ...issue.path.map(String)].join('.');
  const expected = issue.message.replace(/^Invalid \w+: /, '').replace(/, received [^,]*$/, '');
  const message = `${expected}, found ${found(valueAt(value, issue.path))}`;
  return { code: 'bad-result', where, message };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}

function found(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > FOUND_LIMIT ? `${text.slice(0, FOUND_LIMIT)}…` : text;
}
