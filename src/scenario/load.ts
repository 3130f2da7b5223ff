/** Scenario text → scenario, or every problem in it at once, each with its place. Pure: the caller reads files. */
import type { z } from 'zod';
import type { Problem } from '../lib/errors.js';
import { nearestName } from '../lib/nearest.js';
import { checkDocument, type Finding } from './checks.js';
import { isMapping } from './mapping.js';
import { CSV_REFERENCE, hasReference } from './references.js';
import { besideFile, resolveScenario } from './resolve.js';
import { parentPath, type Scenario, type Sources } from './scenario.js';
import { documentSchema, knownKeys, placeOfKey } from './schema.js';
import { isRowPath, isSecretPath, NOT_SHOWN, withoutUriPassword } from './secrets.js';
import { expandUsers } from './users.js';
import { checkUsersDocument } from './users-checks.js';
import { pathText, readYaml, type YamlSource } from './yaml-source.js';

export interface LoadOptions {
  /** Path of the scenario as the user gave it: for places, and for paths inside that are relative to it. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a text file for `${file:path}` or throws; gets the path as seen from the caller. */
  readonly readFile?: (path: string) => string;
}

export interface LoadedScenario {
  /** null when there is any problem. */
  readonly scenario: Scenario | null;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** Names, labels and gates are printed as they are, so nothing secret may come into them. */
const PRINTED = /^(version|name|gates\b.*|endpoints\[\d+\]\.(name|labels\b.*)|users\[\d+\]\.labels\b.*)$/;

/** Never throws on any text. */
export function loadScenario(text: string, { file, env, readFile }: LoadOptions): LoadedScenario {
  const read = readFile && ((path: string): string => readFile(besideFile(file, path)));
  const source = readYaml(text, file, { env, readFile: read });
  if (source.value === undefined || source.problems.some(({ code }) => code === 'too-much'))
    return { scenario: null, problems: source.problems, warnings: source.warnings };
  const parsed = documentSchema.safeParse(source.value);
  const { list: users, findings } = expandUsers(parsed.data?.users ?? [], source, { env, readFile: read });
  const problems = [
    ...source.problems,
    ...printedReferences(source),
    ...(parsed.error?.issues ?? []).flatMap((issue) => problemsOf(issue, source)),
    ...[...checkDocument(source.value), ...checkUsersDocument(source.value), ...findings].map((finding) =>
      placed(finding, source),
    ),
  ];
  const scenario =
    parsed.success && problems.length === 0 ? resolveScenario(parsed.data, file, sourcesOf(source), users) : null;
  return { scenario, problems: problems.toSorted(byPlace), warnings: source.warnings };
}

function problemsOf(issue: z.core.$ZodIssue, source: YamlSource): Problem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key, source));
  const path = shorthandPath(pathText(issue.path), source);
  if (source.broken.has(path)) return [];
  const where = placeIn(source, path);
  const expected = expectation(issue);
  if (!source.written.has(path) && isMapping(source.written.get(parentPath(path)))) {
    return [{ code: 'missing', where, message: `missing; ${expected}` }];
  }
  // A gate that is a plain string has its text at the parent's path.
  const got = source.written.get(source.written.has(path) ? path : parentPath(path));
  if (isSecretPath(path)) return [{ code: 'bad-value', where, message: `${expected}${NOT_SHOWN}` }];
  return [{ code: 'bad-value', where, message: `${expected}, got ${described(got)}` }];
}

/** `call.expect: 486` stands for `call.expect.status`: what is wrong is where it was written. A gate keeps its `expr`. */
function shorthandPath(path: string, source: YamlSource): string {
  const parent = parentPath(path);
  const isShort = !source.written.has(path) && source.written.has(parent) && !isMapping(source.written.get(parent));
  return isShort && parent === 'call.expect' ? parent : path;
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_type') return issue.message;
  return `expected ${issue.expected === 'array' ? 'a list' : 'a mapping of keys to values'}`;
}

function unknownKey(path: readonly PropertyKey[], key: string, source: YamlSource): Problem {
  const known = knownKeys(path);
  const near = nearestName(key, known);
  if (near === undefined && pathText(path).endsWith('auth')) {
    // `{1001:secret}` is a key without a value to YAML.
    const message = `expected only ${known.join(' and ')}, each with ": " behind it, got another key${NOT_SHOWN}`;
    return { code: 'unknown-key', where: placeIn(source, pathText(path)), message };
  }
  const place = placeOfKey(key);
  const elsewhere = place === key ? `"${key}" at the top of the file` : place === undefined ? undefined : `"${place}"`;
  const meant = [near === undefined ? [] : [`"${near}"`], elsewhere ?? []].flat();
  const hint = meant.length === 0 ? `known here: ${known.join(', ')}` : `did you mean ${meant.join(', or ')}?`;
  const where = placeIn(source, pathText([...path, key]));
  return { code: 'unknown-key', where, message: `unknown key ${JSON.stringify(key)}`, hint };
}

function printedReferences(source: YamlSource): Problem[] {
  const message = 'expected plain text, got a reference: names, labels and gates are printed in every report';
  // A CSV file of users may say of each in plain text where it is.
  const isRow = (path: string): boolean =>
    isRowPath(path) && !hasReference(String(source.written.get(path)).replaceAll(CSV_REFERENCE, ''));
  const paths = [...source.references].filter((path) => PRINTED.test(path) && !isRow(path));
  return paths.map((path) => ({ code: 'bad-reference', where: placeIn(source, path), message }));
}

function placed({ path, ...finding }: Finding, source: YamlSource): Problem {
  return { ...finding, where: placeIn(source, pathText(path)) };
}

/** The place of a path; what is missing stands at the nearest thing around it. */
function placeIn(source: YamlSource, path: string): string {
  let at = path;
  while (at !== '' && !source.where.has(at)) at = parentPath(at);
  const where = source.where.get(at) ?? '';
  return at === path ? where : `${placeOnly(where, at)} ${path}`;
}

function placeOnly(where: string, path: string): string {
  return path === '' ? where : where.slice(0, where.length - path.length - 1);
}

/** A value as it is written in the file. */
function described(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value !== 'string') return JSON.stringify(value);
  const text = withoutUriPassword(value);
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}

/** The path in the scenario of a path in the file: a lone target is that of the first endpoint. */
function full(path: string): string {
  return path === 'target' ? 'endpoints[0].target' : path;
}

function sourcesOf(source: YamlSource): Sources {
  const where = [...source.where].map(([path, place]) => [full(path), place] as const);
  const written = [...source.references].map((path) => [full(path), String(source.written.get(path))] as const);
  return { where: Object.fromEntries(where), written: Object.fromEntries(written) };
}

/** Top to bottom, as a reader mends them. */
function byPlace(a: Problem, b: Problem): number {
  const [lineA = 0, colA = 0] = lineAndColumn(a.where);
  const [lineB = 0, colB = 0] = lineAndColumn(b.where);
  return lineA - lineB || colA - colB;
}

function lineAndColumn(where: string): number[] {
  return (/:(\d+):(\d+)(?: |$)/.exec(where) ?? []).slice(1).map(Number);
}
