/** From the entries of a document to everybody by name: single users, ranges, and the rows of CSV files. */
import type { z } from 'zod';
import { nearestName } from '../lib/nearest.js';
import type { Finding } from './checks.js';
import { parseCsv, type CsvTable } from './csv.js';
import { CSV_REFERENCE, hasCsvReference, replaceReferences, type ReferenceSources } from './references.js';
import type { User } from './scenario.js';
import { MAX_USERS, usersOf } from './user-range.js';
import { CSV_KEYS, type userEntry } from './users-schema.js';
import { pathText, type YamlSource } from './yaml-source.js';

type Entry = z.output<typeof userEntry>;
type Labels = User['labels'];

interface Expanded {
  readonly list: readonly User[];
  readonly findings: readonly Finding[];
}

/** A value of an entry that may have a value of each row in it. */
interface Part {
  /** Within the entry. */
  readonly path: readonly string[];
  readonly text: string;
}

/** @param source tells which values have a reference to a CSV file in them, which no other reference may bring in */
export function expandUsers(
  entries: readonly Entry[],
  source: Pick<YamlSource, 'written'>,
  sources: ReferenceSources,
): Expanded {
  const files = new Map<string, CsvTable | string>();
  const expanded = entries.map((entry, index) => {
    const parts = partsOf(entry).filter(({ path }) => {
      const written = source.written.get(pathText(['users', index, ...path]));
      return typeof written === 'string' && hasCsvReference(written);
    });
    return parts.length === 0 ? plainUsers(entry) : new RowEntry(entry, index, parts).expand(files, sources);
  });
  const list = expanded.flatMap((part) => part.list);
  const findings = expanded.flatMap((part) => part.findings);
  if (list.length <= MAX_USERS) return { list, findings };
  const message = `expected at most ${MAX_USERS} users, got ${list.length}`;
  return { list: [], findings: [...findings, { code: 'too-many-users', path: ['users'], message }] };
}

function partsOf(entry: Entry): Part[] {
  const own = CSV_KEYS.flatMap((key): Part[] => {
    const text = entry[key];
    return text === undefined ? [] : [{ path: [key], text }];
  });
  return [...own, ...Object.entries(entry.labels).map(([key, text]) => ({ path: ['labels', key], text }))];
}

function plainUsers({ user, range, password, authUser, labels }: Entry): Expanded {
  const names = range === undefined ? [user ?? ''] : usersOf(range);
  const list = names.map((name) => ({ user: name, authUser: authUser ?? name, password: password ?? null, labels }));
  return { list, findings: [] };
}

/** An entry with a user for each row. */
class RowEntry {
  constructor(
    private readonly entry: Entry,
    private readonly index: number,
    private readonly parts: readonly Part[],
  ) {}

  expand(files: Map<string, CsvTable | string>, sources: ReferenceSources): Expanded {
    if (this.entry.range !== undefined) {
      return this.refuse('bad-users', ['range'], 'expected either a range or columns of a CSV file, got both');
    }
    const found = this.parts.flatMap(({ path, text }) =>
      [...text.matchAll(CSV_REFERENCE)].map(([, file = '', column = '']) => ({ path, file, column })),
    );
    const [first] = found;
    if (first === undefined) {
      return this.refuse('bad-reference', this.parts[0]?.path ?? ['user'], 'expected ${csv:file#column}');
    }
    const other = found.find(({ file }) => file !== first.file);
    if (other !== undefined)
      return this.refuse('bad-users', other.path, 'expected columns of one CSV file, got several');
    const shown = found.find((one) => one.path[0] === 'labels' && passwordColumns(found).has(one.column));
    if (shown !== undefined) return this.refuse('bad-users', shown.path, 'expected no label that is a password');
    const table = tableOf(first.file, files, sources);
    if (typeof table === 'string') return this.refuse('bad-csv', first.path, `${JSON.stringify(first.file)}: ${table}`);
    const missing = found.find(({ column }) => !table.columns.includes(column));
    if (missing !== undefined) return this.unknownColumn(missing, table);
    return this.rows(table, sources);
  }

  private rows({ columns, rows }: CsvTable, sources: ReferenceSources): Expanded {
    const list: User[] = [];
    for (const [index, row] of rows.entries()) {
      const fieldOf = (column: string): string => row[columns.indexOf(column)] ?? '';
      const rowSources = { ...sources, fieldOf };
      const values = CSV_KEYS.map((key) => this.valueOf([key], this.entry[key], { row: index, sources: rowSources }));
      const labels = this.labelsOf({ row: index, sources: rowSources });
      const finding = [...values, labels].find((value) => isFinding(value));
      if (finding !== undefined) return { list: [], findings: [finding] };
      const [user = '', password = null, authUser = user] = values.map(asText);
      list.push({ user, password, authUser, labels: labels as Labels });
    }
    return list.length > 0
      ? { list, findings: [] }
      : this.refuse('bad-csv', ['user'], 'expected a row for each user, got none');
  }

  /** Without those that the row leaves empty. */
  private labelsOf(place: RowPlace): Labels | Finding {
    const labels: [string, string][] = [];
    for (const [key, text] of Object.entries(this.entry.labels)) {
      const value = this.valueOf(['labels', key], text, place);
      if (typeof value === 'object') return value;
      if (value !== undefined && value !== '') labels.push([key, value]);
    }
    return Object.fromEntries(labels);
  }

  private valueOf(path: readonly string[], text: string | undefined, at: RowPlace): string | undefined | Finding {
    const isOfRow = this.parts.some((part) => pathText([...part.path]) === pathText([...path]));
    if (text === undefined || !isOfRow) return text;
    const replaced = replaceReferences(text, at.sources);
    const [problem] = replaced.problems;
    const whole = ['users', this.index, ...path];
    if (problem !== undefined) return { ...problem, path: whole };
    const [least, most] = path[0] === 'labels' ? [0, 64] : [1, 128];
    if (isOneLine(replaced.text, least, most)) return replaced.text;
    const form = least === 0 ? `at most ${most}` : `${least} to ${most}`;
    const message = `expected ${form} characters on one line in each row, got something else in row ${at.row + 1}`;
    return { code: 'bad-csv', path: whole, message };
  }

  private unknownColumn(
    { path, column }: { path: readonly string[]; column: string },
    { columns }: CsvTable,
  ): Expanded {
    const near = nearestName(column, columns);
    const hint = near === undefined ? `known here: ${columns.join(', ')}` : `did you mean "${near}"?`;
    return this.refuse('bad-csv', path, `unknown column ${JSON.stringify(column)}`, hint);
  }

  private refuse(code: string, path: readonly string[], message: string, hint?: string): Expanded {
    const finding = { code, path: ['users', this.index, ...path], message };
    return { list: [], findings: [hint === undefined ? finding : { ...finding, hint }] };
  }
}

/** Labels are printed in every report. */
function passwordColumns(found: readonly { readonly path: readonly string[]; readonly column: string }[]): Set<string> {
  return new Set(found.flatMap(({ path, column }) => (path[0] === 'password' ? [column] : [])));
}

interface RowPlace {
  /** From 0. */
  readonly row: number;
  readonly sources: ReferenceSources;
}

/** A label may be called `path`, but has no list. */
const isFinding = (value: string | undefined | Labels | Finding): value is Finding =>
  typeof value === 'object' && Array.isArray(value['path']);

const asText = (value: string | undefined | Finding): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** Each file is read once. */
function tableOf(
  file: string,
  files: Map<string, CsvTable | string>,
  { readFile }: ReferenceSources,
): CsvTable | string {
  const known = files.get(file);
  if (known !== undefined) return known;
  let table: CsvTable | string;
  try {
    table = readFile === undefined ? 'files cannot be read here' : parseCsv(readFile(file));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    table = `the file cannot be read${code}`;
  }
  files.set(file, table);
  return table;
}

function isOneLine(text: string, least: number, most: number): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  return text.length >= least && text.length <= most && !/[\u0000-\u001f\u007f]/.test(text);
}
