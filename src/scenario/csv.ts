/** Comma-separated values with a header line (RFC 4180): text in, a table out. */

export interface CsvTable {
  readonly columns: readonly string[];
  /** Each with a field a column. */
  readonly rows: readonly (readonly string[])[];
}

/** The table, or what is wrong with the text; no field is in the message. */
export function parseCsv(text: string): CsvTable | string {
  const records = recordsOf(text.replace(/^\uFEFF/, ''));
  if (typeof records === 'string') return records;
  const [header, ...rows] = records;
  if (header === undefined) return 'expected a header line with the names of the columns, got nothing';
  const columns = header.map((name) => name.trim());
  const odd = rows.findIndex((row) => row.length !== columns.length);
  if (odd >= 0) return `expected ${columns.length} fields in row ${odd + 1}, got ${rows[odd]?.length ?? 0}`;
  return { columns, rows };
}

/** Lines with nothing in them are passed over. */
function recordsOf(text: string): string[][] | string {
  const records: string[][] = [];
  let record: string[] = [];
  for (let at = 0; at < text.length;) {
    const field = text[at] === '"' ? quotedField(text, at) : plainField(text, at);
    if (field === null) return `expected a quote at the end of a field in row ${Math.max(records.length, 1)}`;
    record.push(field.value);
    at = field.end;
    if (text[at] === ',') {
      at++;
      if (at < text.length) continue;
      record.push('');
    }
    if (record.length > 1 || record[0] !== '') records.push(record);
    record = [];
    at += text.startsWith('\r\n', at) ? 2 : 1;
  }
  return records;
}

interface Field {
  readonly value: string;
  /** Of the comma or the end of the line behind it. */
  readonly end: number;
}

function plainField(text: string, from: number): Field {
  let end = from;
  while (end < text.length && !isEnd(text, end)) end++;
  return { value: text.slice(from, end), end };
}

/** A quote in it is written twice. Null: it does not end, or something else stands behind it. */
function quotedField(text: string, from: number): Field | null {
  let close = text.indexOf('"', from + 1);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close < 0 || (close + 1 < text.length && !isEnd(text, close + 1))) return null;
  return { value: text.slice(from + 1, close).replaceAll('""', '"'), end: close + 1 };
}

const isEnd = (text: string, at: number): boolean =>
  text[at] === ',' || text[at] === '\n' || text.startsWith('\r\n', at);
