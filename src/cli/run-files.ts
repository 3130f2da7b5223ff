/**
 * The files of a run. What a rebuild needs is written at the start, and the row files grow by a whole gzip member every ten
 * seconds, so that whatever ends the process takes no more than that with it. A disk that refuses is said once and ends
 * nothing: the measurement goes on, and what was refused is tried again.
 */
import { join } from 'node:path';
import { CannotRunError, fileErrorOf, messageOf } from '../lib/errors.js';
import { renderReport } from '../report/html/document.js';
import { serializeResult } from '../report/json.js';
import { renderJunit } from '../report/junit.js';
import { renderMarkdown } from '../report/markdown.js';
import { renderOpenMetrics } from '../report/openmetrics.js';
import { escapeTerminal } from '../report/visible-text.js';
import type { JoinedLegs } from '../run/leg-join.js';
import { ProgressLog, type StateProgress } from '../run/progress-lines.js';
import type { Result } from '../run/result.js';
import type { RunRecord } from '../run/run-record.js';
import { ROW, type CallRecord, type MediaBatch, type SignallingBatch } from '../worker/messages.js';
import { removeEvidence } from './evidence-files.js';
import type { ProcessHost } from './host.js';
import { RowFile } from './row-file.js';
import { callLine, secondLine } from './row-lines.js';

const FLUSH_SECONDS = 10;
/** Soon, so that a run that crashes early has its calls named. */
const FIRST_FLUSH_SECOND = 2;
/** Rows of legs and seconds that are kept whole, about 150 MB as written; the figures of the result know them all. */
export const FULL_ROWS = 5_000_000;
const SAMPLED_CALLS = 100;
export const RECORD_FILE = 'run.json';
export const RESULT_FILE = 'result.json';
export const REPORT_FILE = 'report.html';
export const ROW_FILES = {
  calls: 'calls.ndjson.gz',
  seconds: 'seconds.ndjson.gz',
  progress: 'progress.ndjson.gz',
} as const;

/** What is made from the result alone, in the order in which it is written: the result itself first. */
export const RENDERED: readonly { readonly file: string; readonly render: (result: Result) => string }[] = [
  { file: RESULT_FILE, render: serializeResult },
  { file: REPORT_FILE, render: renderReport },
  { file: 'junit.xml', render: renderJunit },
  { file: 'summary.md', render: (result) => renderMarkdown(result) },
  { file: 'metrics.txt', render: renderOpenMetrics },
];

/** Takes what an earlier run left in the folder, and nothing else in it. @throws Error when the disk refuses */
export function removeRun(host: ProcessHost, directory: string): void {
  const files = [RECORD_FILE, ...RENDERED.map(({ file }) => file), ...Object.values(ROW_FILES)];
  host.removeFiles(files.map((file) => join(directory, file)));
  removeEvidence(host, directory);
}

export class RunFiles {
  readonly reportPath: string;
  private readonly rowFiles: Readonly<Record<keyof typeof ROW_FILES, RowFile>>;
  private readonly progress = new ProgressLog();
  private lastFlushSecond = FIRST_FLUSH_SECOND - FLUSH_SECONDS;
  private rowsKept = 0;
  /** The first write that failed, in words. */
  private firstFailure: string | null = null;
  /** Files that are written whole, and the evidence, as far as they could not be; by their name, with the reason. */
  private readonly lacking = new Map<string, string>();
  /** What else is written whenever the rows are. */
  onFlush: () => void = () => {};

  /** @throws CannotRunError when the folder cannot be made */
  constructor(
    private readonly host: ProcessHost,
    readonly directory: string,
    private readonly endpoints: readonly string[],
    private readonly fullRows = FULL_ROWS,
  ) {
    this.reportPath = join(directory, REPORT_FILE);
    const fileOf = (name: keyof typeof ROW_FILES): RowFile => new RowFile(host, join(directory, ROW_FILES[name]));
    this.rowFiles = { calls: fileOf('calls'), seconds: fileOf('seconds'), progress: fileOf('progress') };
    try {
      host.makeDirectory(directory);
      // A run that ends before it has a result must not leave the last one's in its place.
      removeRun(host, directory);
      Object.values(this.rowFiles).forEach((file) => file.create());
    } catch (error) {
      const hint = 'choose another folder with --out';
      throw new CannotRunError('out', `the run's folder ${directory} cannot be written: ${fileErrorOf(error)}`, hint);
    }
  }

  /** What was not written, in words; null when every file is whole. */
  get failure(): string | null {
    const [lacking] = this.lacking.values();
    const hasRows = Object.values(this.rowFiles).every(({ unwritten }) => unwritten === 0);
    return lacking ?? (hasRows ? null : this.firstFailure);
  }

  /** What a rebuild needs; again when more of it is known. */
  begin(record: RunRecord): void {
    this.writeWhole(RECORD_FILE, () => `${JSON.stringify(record, null, 2)}\n`);
  }

  addMedia(batch: MediaBatch): void {
    this.progress.addMedia(batch);
    for (let offset = 0; offset < batch.rows.length; offset += ROW.columns) {
      if (this.keeps(batch.rows, offset)) {
        this.rowFiles.seconds.add(secondLine(batch.rows, offset, this.endpoints));
        this.rowsKept++;
      }
    }
  }

  addSignalling(batch: SignallingBatch): void {
    this.progress.addSignalling(batch);
  }

  /** All rows while they are few; of a long run those in which something was bad, and all of one call in a hundred. */
  private keeps(rows: Float64Array, offset: number): boolean {
    if (this.rowsKept < this.fullRows) {
      return true;
    }
    const bad = (rows[offset + ROW.lost] ?? 0) + (rows[offset + ROW.discarded] ?? 0) > 0;
    return bad || (rows[offset + ROW.call] ?? 0) % SAMPLED_CALLS === 0;
  }

  addCall(record: CallRecord, legs: JoinedLegs): void {
    this.rowFiles.calls.add(callLine(record, legs, this.endpoints));
  }

  /** Called once a second. */
  tick(second: number, stateNow: () => StateProgress): void {
    if (second - this.lastFlushSecond >= FLUSH_SECONDS) {
      this.lastFlushSecond = second;
      this.flush(stateNow());
    }
  }

  /** All rows so far, and how the run stands; null: it has not begun. */
  flush(state: StateProgress | null): void {
    for (const line of [...this.progress.take(), ...(state === null ? [] : [state])]) {
      this.rowFiles.progress.add(JSON.stringify(line));
    }
    for (const file of Object.values(this.rowFiles)) {
      this.attempt(() => file.flush());
    }
    this.attempt(() => this.onFlush());
  }

  /** What is left: the result and all that is made of it, also where somebody has taken the folder away. */
  finish(result: Result): void {
    this.attempt(() => this.host.makeDirectory(this.directory));
    // Which calls were the worst is known only now; the result names the file of each.
    this.note(
      'evidence',
      this.attempt(() => this.onFlush()),
    );
    for (const { file, render } of RENDERED) {
      this.writeWhole(file, () => render(result));
    }
  }

  private writeWhole(file: string, render: () => string): void {
    this.note(
      file,
      this.attempt(() => this.host.writeFile(join(this.directory, file), render())),
    );
  }

  /** What is written after all is not lacking any more. */
  private note(file: string, failure: string | null): void {
    if (failure === null) {
      this.lacking.delete(file);
    } else {
      this.lacking.set(file, failure);
    }
  }

  /** Null, or why it could not be written. */
  private attempt(write: () => void): string | null {
    try {
      write();
      return null;
    } catch (error) {
      const failure = messageOf(error);
      if (this.firstFailure === null) {
        this.firstFailure = failure;
        this.host.err(
          `callgauge: a file of the run cannot be written: ${escapeTerminal(failure)}; the run goes on, and tries again\n`,
        );
      }
      return failure;
    }
  }
}
