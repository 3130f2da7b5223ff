/**
 * YAML 1.2 text → plain values with the place of each. One document, at most 1 MiB, no duplicate keys, and limits on
 * depth and on values, so that aliases cannot blow a small file up.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
  type Pair,
} from 'yaml';
import { messageOf, type Problem } from '../lib/errors.js';
import { hasCsvReference, hasReference, replaceReferences, type ReferenceSources } from './references.js';
import { isRowPath, isSecretLine, isSecretPath, isTextPath, NOT_SHOWN } from './secrets.js';

const MAX_BYTES = 1024 * 1024;
const MAX_VALUES = 100_000;
const MAX_DEPTH = 32;

export type Path = readonly (string | number)[];

export interface YamlSource {
  /** References replaced. */
  readonly value: unknown;
  /** By path text: each value as it stands in the file, references and all. */
  readonly written: ReadonlyMap<string, unknown>;
  /** By path text: `file:line:col path`. */
  readonly where: ReadonlyMap<string, string>;
  /** Paths whose value has a reference in it. */
  readonly references: ReadonlySet<string>;
  /** Paths that already have a problem. */
  readonly broken: ReadonlySet<string>;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** `load.stages[1].rate`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(String(step))) text += text === '' ? String(step) : `.${String(step)}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** Reads the one document in `text`; `file` is only for places. */
export function readYaml(text: string, file: string, sources: ReferenceSources): YamlSource {
  const reader = new YamlReader(file, sources);
  try {
    reader.read(text);
  } catch (error) {
    // Thousands of open brackets end the parser's stack; nothing else throws.
    reader.refuse('yaml-syntax', 0, `expected a YAML document, got one that cannot be read: ${messageOf(error)}`);
  }
  return reader;
}

class YamlReader implements YamlSource {
  value: unknown;
  readonly written = new Map<string, unknown>();
  readonly where = new Map<string, string>();
  readonly references = new Set<string>();
  readonly broken = new Set<string>();
  readonly problems: Problem[] = [];
  readonly warnings: string[] = [];
  readonly #lines = new LineCounter();
  #document: Document | undefined;
  #values = 0;

  constructor(
    private readonly file: string,
    private readonly sources: ReferenceSources,
  ) {}

  read(text: string): void {
    if (utf8Length(text) > MAX_BYTES) return this.refuse('too-large', 0, 'expected at most 1 MiB of YAML');
    const options = { version: '1.2', uniqueKeys: false, prettyErrors: false, lineCounter: this.#lines } as const;
    const documents = parseAllDocuments(text, options);
    const [document, second] = Array.isArray(documents) ? documents : [];
    if (second !== undefined) {
      return this.refuse('many-documents', second.range[0], 'expected one YAML document, got several');
    }
    if (document === undefined || document.contents === null) {
      return this.refuse('empty', 0, 'expected a scenario, got an empty document');
    }
    this.#document = document;
    this.#syntaxError(document, text);
    for (const { pos, message } of document.warnings) {
      const shown = isNearSecret(text, pos[0]) ? `YAML that is not understood${NOT_SHOWN}` : message;
      this.warnings.push(`${this.#at(pos[0])}: ${shown}`);
    }
    if (this.problems.length === 0) this.value = this.#node(document.contents, [], document.range[0]);
  }

  /** Only the first: the parser takes everything after it amiss as well. */
  #syntaxError({ errors: [error] }: Document, text: string): void {
    if (error === undefined) return;
    const line = lineAt(text, error.pos[0]);
    const hint = hasReference(line) ? { hint: 'inside { } and [ ] a reference needs quotes: "${env:NAME}"' } : {};
    const deep = error.message.includes('call stack');
    const shown = isNearSecret(text, error.pos[0])
      ? `expected a value in quotes, got YAML that cannot be read${NOT_SHOWN}`
      : error.message;
    const message = deep ? `expected at most ${MAX_DEPTH} levels` : shown;
    this.problems.push({ code: 'yaml-syntax', where: this.#at(error.pos[0]), message, ...hint });
  }

  refuse(code: string, offset: number, message: string, path: Path = []): void {
    this.broken.add(pathText(path));
    this.problems.push({ code, where: this.#at(offset, path), message });
  }

  #at(offset: number, path: Path = []): string {
    const { line, col } = this.#lines.linePos(offset);
    const text = pathText(path);
    return `${this.file}:${Math.max(1, line)}:${Math.max(1, col)}${text === '' ? '' : ` ${text}`}`;
  }

  /** @param offset where the value is said to stand: at its key, or at its own start in a list */
  #node(node: Node | null, path: Path, offset: number): unknown {
    this.where.set(pathText(path), this.#at(offset, path));
    if (++this.#values > MAX_VALUES || path.length > MAX_DEPTH) return this.#tooMuch(path, offset);
    if (isAlias(node)) {
      const target = this.#document && node.resolve(this.#document);
      if (target !== undefined) return this.#node(target, path, offset);
      const got = isSecretPath(pathText(path)) ? `an alias${NOT_SHOWN}` : `*${node.source}`;
      this.refuse('yaml-syntax', offset, `expected an anchor before its alias, got ${got}`, path);
      return undefined;
    }
    if (isMap(node)) return this.#map(node.items, path);
    if (isSeq(node)) {
      this.written.set(pathText(path), []);
      return node.items.map((item, index) => this.#item(item as Node | null, [...path, index], offset));
    }
    return this.#scalar(isScalar(node) ? node.value : null, path, offset);
  }

  #item(node: Node | null, path: Path, offset: number): unknown {
    return this.#node(node, path, node?.range?.[0] ?? offset);
  }

  #map(pairs: readonly Pair[], path: Path): unknown {
    this.written.set(pathText(path), {});
    const seen = new Map<string, unknown>();
    for (const pair of pairs) {
      const key = pair.key as Node;
      const offset = key.range?.[0] ?? 0;
      const name = isScalar(key) ? keyText(key.value) : undefined;
      if (name === undefined) this.refuse('bad-key', offset, 'expected a name as key', path);
      else if (seen.has(name)) this.#duplicate(name, [...path, name], offset);
      else seen.set(name, this.#node(pair.value as Node | null, [...path, name], offset));
    }
    return Object.fromEntries(seen);
  }

  #duplicate(name: string, path: Path, offset: number): void {
    const first = this.where
      .get(pathText(path))
      ?.slice(this.file.length + 1)
      .split(':')[0];
    this.refuse('duplicate-key', offset, `duplicate key ${JSON.stringify(name)}, first on line ${first}`, path);
  }

  #scalar(value: unknown, path: Path, offset: number): unknown {
    this.written.set(pathText(path), value);
    if (typeof value !== 'string' || !hasReference(value)) return value;
    this.references.add(pathText(path));
    if (isRowPath(pathText(path)) && hasCsvReference(value)) return value; // replaced row by row
    const { text, problems } = replaceReferences(value, this.sources);
    const where = this.#at(offset, path);
    for (const problem of problems) {
      const quotes = problem.code === 'bad-reference' && isSecretPath(pathText(path));
      const message = quotes
        ? `expected \${env:NAME} or \${file:path}, got another "\${"${NOT_SHOWN}`
        : problem.message;
      this.problems.push({ ...problem, message, where });
    }
    if (problems.length > 0) this.broken.add(pathText(path));
    if (isTextPath(pathText(path))) return text;
    return /^\$\{[^}]*\}$/.test(value) ? coreValue(text) : text;
  }

  #tooMuch(path: Path, offset: number): undefined {
    if (this.problems.some(({ code }) => code === 'too-much')) return undefined;
    const limits = `at most ${MAX_VALUES} values, ${MAX_DEPTH} deep`;
    this.refuse('too-much', offset, `expected ${limits}, aliases counted each time they are used`, path.slice(0, 3));
    return undefined;
  }
}

/** A lone reference may also stand for a whole number or a truth value: `calls: ${env:CALLS}`. */
function coreValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}

function lineAt(text: string, offset: number): string {
  const lineEnd = text.indexOf('\n', offset);
  return text.slice(text.lastIndexOf('\n', offset - 1) + 1, lineEnd === -1 ? undefined : lineEnd);
}

/** Whether what the parser says of this place may quote a password: it stands in the line, or began in the one above. */
function isNearSecret(text: string, offset: number): boolean {
  const line = lineAt(text, offset);
  const above = text.lastIndexOf('\n', offset - 1);
  return isSecretLine(line) || (above > 0 && isSecretLine(lineAt(text, above - 1)));
}

function keyText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function utf8Length(text: string): number {
  return text.length > MAX_BYTES ? text.length : new TextEncoder().encode(text).length;
}
