/** Reads a run's folder back: the result that stands in it, or one rebuilt from the rows of a run that has none. */
import { join } from 'node:path';
import { fileErrorOf, ProblemsError } from '../lib/errors.js';
import { Rebuild, type Liveness } from '../run/rebuild.js';
import type { Result } from '../run/result.js';
import { parseRunRecord } from '../run/run-record.js';
import type { ProcessHost } from './host.js';
import { readLines } from './row-file-reader.js';
import { readCallLine, readProgressLine, readSecondLine } from './row-reader.js';
import { readResultFile } from './stored-run.js';
import { FULL_ROWS, RECORD_FILE, RESULT_FILE, ROW_FILES } from './run-files.js';

export interface ReadRun {
  readonly result: Result;
  /** How it was come by; of a rebuilt one whether the process of the run still lives. */
  readonly origin: 'written' | Liveness;
}

/** @throws ProblemsError when the folder holds neither a result nor the start of a run */
export async function readRunFolder(host: ProcessHost, directory: string): Promise<ReadRun> {
  const resultPath = join(directory, RESULT_FILE);
  if (host.exists(resultPath)) {
    return { result: readResultFile(host, resultPath), origin: 'written' };
  }
  if (!host.exists(join(directory, RECORD_FILE))) {
    const message = `expected the folder of a run: it holds neither ${RESULT_FILE} nor ${RECORD_FILE}`;
    throw new ProblemsError([{ code: 'no-run', where: directory, message, hint: 'give a folder that run made' }]);
  }
  return rebuildRun(host, directory);
}

async function rebuildRun(host: ProcessHost, directory: string): Promise<ReadRun> {
  const record = parseRunRecord(readText(host, join(directory, RECORD_FILE)));
  const rebuild = new Rebuild(record);
  const endpoints = new Map(record.endpoints.map(({ name }, index) => [name, index]));
  const notes: string[] = [];
  const read = async (file: string, take: (line: string) => boolean): Promise<void> => {
    const { refused, trouble } = await readLines(host, join(directory, file), take);
    notes.push(...(trouble === null ? [] : [`${file}: ${trouble}`]));
    notes.push(
      ...(refused === 0 ? [] : [`${file}: ${refused} corrupt ${refused === 1 ? 'line was' : 'lines were'} left out`]),
    );
  };
  const rows = new RowTaker(rebuild, endpoints);
  await read(ROW_FILES.seconds, (line) => rows.take(line));
  notes.push(...rows.notes());
  await read(ROW_FILES.calls, (line) => {
    const call = readCallLine(line, endpoints);
    return call !== null && rebuild.addCall(call);
  });
  await read(ROW_FILES.progress, (line) => {
    const progress = readProgressLine(line);
    return progress !== null && rebuild.addProgress(progress);
  });
  const liveness = host.livenessOf(record.process);
  return { result: rebuild.finish({ liveness, writtenAt: lastWriteOf(host, directory), notes }), origin: liveness };
}

/** The latest of the row files; each of them grows by what has come since. */
function lastWriteOf(host: ProcessHost, directory: string): string | null {
  const times = Object.values(ROW_FILES).map((file) => host.modifiedMs(join(directory, file)));
  const latest = Math.max(...times.map((time) => time ?? 0));
  return latest > 0 ? new Date(latest).toISOString() : null;
}

/** Of a long run only the first rows are all there: what was picked of the later ones would be no sample. */
class RowTaker {
  private rows = 0;
  private thinned = 0;

  constructor(
    private readonly rebuild: Rebuild,
    private readonly endpoints: ReadonlyMap<string, number>,
  ) {}

  take(line: string): boolean {
    if (this.rows >= FULL_ROWS) {
      this.thinned++;
      return true;
    }
    const row = readSecondLine(line, this.endpoints);
    if (row === null) {
      return false;
    }
    this.rows++;
    this.rebuild.addRow(row);
    return true;
  }

  notes(): string[] {
    return this.thinned === 0
      ? []
      : [`of so long a run not every row is kept: figures of seconds are of the first ${FULL_ROWS} rows only`];
  }
}

function readText(host: ProcessHost, path: string): string {
  try {
    return host.readText(path);
  } catch (error) {
    throw new ProblemsError([{ code: 'unreadable', where: path, message: `cannot be read: ${fileErrorOf(error)}` }]);
  }
}
