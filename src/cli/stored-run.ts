/** A run that was kept: its result, and the rows of its calls where they lie beside it. */
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { isComplete } from '../baseline/overall-verdict.js';
import { fileErrorOf, ProblemsError, type Problem } from '../lib/errors.js';
import { parseResult } from '../report/json.js';
import type { Result } from '../run/result.js';
import type { ProcessHost } from './host.js';

/** Rows beyond this are not read: the histograms of the result know the same calls. */
const MAX_ROWS_BYTES = 256 * 1024 * 1024;

export interface StoredRun {
  /** As it was given. */
  readonly file: string;
  readonly result: Result;
  /** Text of `calls.ndjson`; null where there is none, or it cannot be read. */
  callRows(): string | null;
}

/** @param path of a `result.json` or of the folder of a run @throws ProblemsError when there is no result that can be read */
export function readStoredRun(host: ProcessHost, path: string): StoredRun {
  const file = host.exists(path) && host.isDirectory(path) ? join(path, 'result.json') : path;
  const result = readResultFile(host, file);
  return { file: path, result, callRows: () => rowsBeside(host, dirname(file)) };
}

/** The run that others are compared with. @throws ProblemsError also when it did not complete: it is a measure of nothing */
export function readBaselineRun(host: ProcessHost, path: string): StoredRun {
  const run = readStoredRun(host, path);
  if (!isComplete(run.result)) {
    const message = `expected the result of a run that completed, got one of the verdict ${run.result.verdict}`;
    const hint = 'a baseline must hold all that was asked of it: give another run';
    throw new ProblemsError([{ code: 'incomplete-baseline', where: path, message, hint }]);
  }
  return run;
}

/** @throws ProblemsError naming the file and what is wrong with it */
export function readResultFile(host: ProcessHost, file: string): Result {
  try {
    return parseResult(host.readText(file));
  } catch (error) {
    if (error instanceof ProblemsError) {
      throw new ProblemsError(problemsInFile(error.problems, file, hintFor(host, file)));
    }
    const hint = 'give a result.json, or the folder of a run';
    throw new ProblemsError([
      { code: 'no-result', where: file, message: `cannot be read: ${fileErrorOf(error)}`, hint },
    ]);
  }
}

/** What is wrong with a file of a run, by its path instead of its name; how to go on is said once. */
export function problemsInFile(problems: readonly Problem[], file: string, hint: string): Problem[] {
  const [first, ...others] = problems.map((problem) => ({ ...problem, where: placeIn(file, problem.where) }));
  return first === undefined ? [] : [{ ...first, hint: first.hint ?? hint }, ...others];
}

function placeIn(file: string, where: string): string {
  const place = where === file ? '' : where.replace(/^\w+\.json\.?/, '');
  return place === '' ? file : `${file}: ${place}`;
}

function hintFor(host: ProcessHost, file: string): string {
  const isOfRun = basename(file) === 'result.json' && host.exists(join(dirname(file), 'run.json'));
  return isOfRun
    ? 'the file is damaged: remove it, and callgauge report FOLDER makes a new one of the rows'
    : 'it is no result of callgauge, or damaged: give a result.json, or the folder of a run';
}

function rowsBeside(host: ProcessHost, folder: string): string | null {
  try {
    const packed = host.readBytes(join(folder, 'calls.ndjson.gz'));
    return gunzipSync(packed, { maxOutputLength: MAX_ROWS_BYTES }).toString('utf8');
  } catch {
    return null; // none, cut off or too long: the histograms of the result stand in
  }
}
