/**
 * References in string values: `${env:NAME}` and `${file:path}`, and of users `${csv:file#column}`. They are replaced once, never
 * in what they gave.
 */
import type { Problem } from '../lib/errors.js';

export interface ReferenceSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a text file or throws; absent: `${file:…}` is refused. */
  readonly readFile?: ((path: string) => string) | undefined;
  /** Field of a row, by column; absent: `${csv:…}` is refused. */
  readonly fieldOf?: ((column: string) => string) | undefined;
}

/** A reference to a column of a CSV file: its value has a row for each user. */
export const CSV_REFERENCE = /\$\{csv:([^}#]+)#([^}#]+)\}/g;

type Trouble = Pick<Problem, 'code' | 'message' | 'hint'>;

const REFERENCE = /\$\{([^}]*)\}/g;

/** Whether a string holds anything that must be replaced. */
export function hasReference(text: string): boolean {
  return text.includes('${');
}

/** Whether a string stands for a value of each row of a CSV file. */
export function hasCsvReference(text: string): boolean {
  return text.includes('${csv:');
}

/** The text with its references replaced, or what is wrong with them. What they stand for is in no message. */
export function replaceReferences(text: string, sources: ReferenceSources): { text: string; problems: Trouble[] } {
  const problems: Trouble[] = [];
  const replaced = text.replace(REFERENCE, (_, inner: string) => {
    const value = lookUp(inner, sources);
    if (typeof value === 'string') return value;
    problems.push(value);
    return '';
  });
  const [, emptied] = replaced === '' ? (/^\$\{env:([^}]+)\}$/.exec(text) ?? []) : [];
  if (emptied !== undefined && problems.length === 0) {
    const message = `the environment variable ${emptied} is empty`;
    problems.push({ code: 'empty-variable', message, hint: 'give it a value, or leave this key out' });
  }
  if (hasReference(text.replace(REFERENCE, ''))) {
    problems.push({
      code: 'bad-reference',
      message: `expected "}" at the end of a reference, got ${JSON.stringify(text)}`,
    });
  }
  return { text: replaced, problems };
}

function lookUp(inner: string, sources: ReferenceSources): string | Trouble {
  const [, kind, rest = ''] = /^(env|file):(.+)$/s.exec(inner) ?? [];
  if (kind === 'env') return fromEnvironment(rest, sources);
  if (kind === 'file') return fromFile(rest, sources);
  if (inner.startsWith('csv:')) return fromRow(inner.slice(4), sources);
  return { code: 'bad-reference', message: `expected \${env:NAME} or \${file:path}, got \${${inner}}` };
}

function fromEnvironment(name: string, { env }: ReferenceSources): string | Trouble {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  const hint = 'export it, or write the value here';
  return value ?? { code: 'missing-variable', message: `the environment variable ${name} is not set`, hint };
}

function fromRow(rest: string, { fieldOf }: ReferenceSources): string | Trouble {
  const [, , column] = /^([^#]+)#([^#]+)$/.exec(rest) ?? [];
  if (fieldOf === undefined) {
    const message =
      'expected no ${csv:…} here: only user, password, authUser and labels of users may come from a CSV file';
    return { code: 'bad-reference', message };
  }
  return column === undefined
    ? { code: 'bad-reference', message: `expected \${csv:file#column}, got \${csv:${rest}}` }
    : fieldOf(column);
}

/** The one newline that editors put at the end of a file is no part of a secret. */
function fromFile(path: string, { readFile }: ReferenceSources): string | Trouble {
  const shown = JSON.stringify(path);
  if (readFile === undefined)
    return { code: 'missing-file', message: `files cannot be read here, got \${file:${path}}` };
  try {
    return readFile(path).replace(/\r?\n$/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return { code: 'missing-file', message: `the file ${shown} cannot be read${code}` };
  }
}
