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
type CsvKey = (typeof CSV_KEYS)[number];

interface Expanded {
  readonly list: readonly User[];
  readonly findings: readonly Finding[];
}

/** @param source tells which values have a reference to a CSV file in them, which no other reference may bring in */
export function expandUsers(
  entries: readonly Entry[],
  source: Pick<YamlSource, 'written'>,
  sources: ReferenceSources,
): Expanded {
  const files = new Map<string, CsvTable | string>();
  const expanded = entries.map((entry, index) => {
    const keys = CSV_KEYS.filter((key) => {
      const written = source.written.get(pathText(['users', index, key]));
      return entry[key] !== undefined && typeof written === 'string' && hasCsvReference(written);
    });
    return keys.length === 0 ? plainUsers(entry) : new RowEntry(entry, index, keys).expand(files, sources);
  });
  const list = expanded.flatMap((part) => part.list);
  const findings = expanded.flatMap((part) => part.findings);
  if (list.length <= MAX_USERS) return { list, findings };
  const message = `expected at most ${MAX_USERS} users, got ${list.length}`;
  return { list: [], findings: [...findings, { code: 'too-many-users', path: ['users'], message }] };
}

function plainUsers({ user, range, password, authUser }: Entry): Expanded {
  const names = range === undefined ? [user ?? ''] : usersOf(range);
  const list = names.map((name) => ({ user: name, authUser: authUser ?? name, password: password ?? null }));
  return { list, findings: [] };
}

/** An entry with a user for each row. */
class RowEntry {
  constructor(
    private readonly entry: Entry,
    private readonly index: number,
    private readonly keys: readonly CsvKey[],
  ) {}

  expand(files: Map<string, CsvTable | string>, sources: ReferenceSources): Expanded {
    if (this.entry.range !== undefined) {
      return this.refuse('bad-users', 'range', 'expected either a range or columns of a CSV file, got both');
    }
    const found = this.keys.flatMap((key) =>
      [...(this.entry[key] ?? '').matchAll(CSV_REFERENCE)].map(([, file = '', column = '']) => ({ key, file, column })),
    );
    const [first] = found;
    if (first === undefined) return this.refuse('bad-reference', this.keys[0] ?? 'user', 'expected ${csv:file#column}');
    const other = found.find(({ file }) => file !== first.file);
    if (other !== undefined)
      return this.refuse('bad-users', other.key, 'expected columns of one CSV file, got several');
    const table = tableOf(first.file, files, sources);
    if (typeof table === 'string') return this.refuse('bad-csv', first.key, `${JSON.stringify(first.file)}: ${table}`);
    const missing = found.find(({ column }) => !table.columns.includes(column));
    if (missing !== undefined) return this.unknownColumn(missing, table);
    return this.rows(table, sources);
  }

  private rows({ columns, rows }: CsvTable, sources: ReferenceSources): Expanded {
    const list: User[] = [];
    for (const [index, row] of rows.entries()) {
      const fieldOf = (column: string): string => row[columns.indexOf(column)] ?? '';
      const values = CSV_KEYS.map((key) => this.valueOf(key, index, { ...sources, fieldOf }));
      const finding = values.find((value) => typeof value === 'object');
      if (finding !== undefined) return { list: [], findings: [finding] };
      const [user = '', password = null, authUser = user] = values.map(asText);
      list.push({ user, password, authUser });
    }
    return list.length > 0
      ? { list, findings: [] }
      : this.refuse('bad-csv', 'user', 'expected a row for each user, got none');
  }

  private valueOf(key: CsvKey, row: number, sources: ReferenceSources): string | undefined | Finding {
    const text = this.entry[key];
    if (text === undefined || !this.keys.includes(key)) return text;
    const replaced = replaceReferences(text, sources);
    const [problem] = replaced.problems;
    const path = ['users', this.index, key];
    if (problem !== undefined) return { ...problem, path };
    if (isCredential(replaced.text)) return replaced.text;
    const message = `expected 1 to 128 characters on one line in each row, got something else in row ${row + 1}`;
    return { code: 'bad-csv', path, message };
  }

  private unknownColumn({ key, column }: { key: CsvKey; column: string }, { columns }: CsvTable): Expanded {
    const near = nearestName(column, columns);
    const hint = near === undefined ? `known here: ${columns.join(', ')}` : `did you mean "${near}"?`;
    return this.refuse('bad-csv', key, `unknown column ${JSON.stringify(column)}`, hint);
  }

  private refuse(code: string, key: string, message: string, hint?: string): Expanded {
    const finding = { code, path: ['users', this.index, key], message };
    return { list: [], findings: [hint === undefined ? finding : { ...finding, hint }] };
  }
}

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

function isCredential(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  return text.length >= 1 && text.length <= 128 && !/[\u0000-\u001f\u007f]/.test(text);
}
