/**
 * The files of a run. The row files grow by a whole gzip member every ten seconds, so that whatever ends the process takes
 * no more than that with it. A disk that refuses is said once and ends nothing: the measurement goes on.
 */
import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { CannotRunError, messageOf } from '../lib/errors.js';
import { renderReport } from '../report/html/document.js';
import { serializeResult } from '../report/json.js';
import { renderJunit } from '../report/junit.js';
import { renderMarkdown } from '../report/markdown.js';
import { renderOpenMetrics } from '../report/openmetrics.js';
import type { Result } from '../run/result.js';
import type { JoinedLegs } from '../run/leg-join.js';
import { ROW, type CallRecord, type MediaBatch } from '../worker/messages.js';
import type { ProcessHost } from './host.js';
import { callLine, secondLine } from './row-lines.js';

const FLUSH_SECONDS = 10;
/** Rows of legs and seconds that are kept whole, about 150 MB as written; the figures of the result know them all. */
const FULL_ROWS = 5_000_000;
const SAMPLED_CALLS = 100;
const CALLS_FILE = 'calls.ndjson.gz';
const SECONDS_FILE = 'seconds.ndjson.gz';
/** What is made from the result alone, in the order in which it is written: the result itself first. */
export const RENDERED: readonly { readonly file: string; readonly render: (result: Result) => string }[] = [
  { file: 'result.json', render: serializeResult },
  { file: 'report.html', render: renderReport },
  { file: 'junit.xml', render: renderJunit },
  { file: 'summary.md', render: (result) => renderMarkdown(result) },
  { file: 'metrics.txt', render: renderOpenMetrics },
];

/** So that a file without rows is gzip as well: one of no bytes is an error to every reader. */
const EMPTY_MEMBER = gzipSync('');

export class RunFiles {
  readonly reportPath: string;
  private calls: string[] = [];
  private seconds: string[] = [];
  private lastFlushSecond = 0;
  private rowsKept = 0;
  /** The first write that failed, in words. */
  failure: string | null = null;
  /** What else is written whenever the rows are. */
  onFlush: () => void = () => {};

  /** @throws CannotRunError when the folder cannot be made */
  constructor(
    private readonly host: ProcessHost,
    readonly directory: string,
    private readonly endpoints: readonly string[],
    private readonly fullRows = FULL_ROWS,
  ) {
    this.reportPath = join(directory, 'report.html');
    try {
      host.makeDirectory(directory);
      // A run that ends before it has a result must not leave the last one's in its place.
      host.removeFiles(RENDERED.map(({ file }) => join(directory, file)));
      for (const file of [CALLS_FILE, SECONDS_FILE]) {
        host.emptyFile(join(directory, file));
        host.appendFile(join(directory, file), EMPTY_MEMBER);
      }
    } catch (error) {
      const hint = 'choose another folder with --out';
      throw new CannotRunError('out', `the run's folder cannot be written: ${messageOf(error)}`, hint);
    }
  }

  addRows(batch: MediaBatch): void {
    for (let offset = 0; offset < batch.rows.length; offset += ROW.columns) {
      if (this.keeps(batch.rows, offset)) {
        this.seconds.push(secondLine(batch.rows, offset, this.endpoints));
        this.rowsKept++;
      }
    }
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
    this.calls.push(callLine(record, legs, this.endpoints));
  }

  /** Called once a second. */
  tick(second: number): void {
    if (second - this.lastFlushSecond >= FLUSH_SECONDS) {
      this.lastFlushSecond = second;
      this.flush();
    }
  }

  /** Everything that is left: rows, result and report. */
  finish(result: Result): void {
    this.flush();
    for (const { file, render } of RENDERED) {
      this.attempt(() => this.host.writeFile(join(this.directory, file), render(result)));
    }
  }

  private flush(): void {
    const { calls, seconds } = this;
    this.calls = [];
    this.seconds = [];
    this.append(CALLS_FILE, calls);
    this.append(SECONDS_FILE, seconds);
    this.attempt(this.onFlush);
  }

  private append(file: string, lines: readonly string[]): void {
    if (lines.length > 0) {
      const member = gzipSync(`${lines.join('\n')}\n`, { level: 6 });
      this.attempt(() => this.host.appendFile(join(this.directory, file), member));
    }
  }

  private attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (this.failure === null) {
        this.failure = messageOf(error);
        this.host.err(`callgauge: a file of the run cannot be written: ${this.failure}\n`);
      }
    }
  }
}
