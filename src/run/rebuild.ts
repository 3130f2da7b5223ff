/**
 * A result from what a run had written when it crashed, or has written so far: rows, call records and progress go through
 * the same book, gates and builder as they do in the run itself. What was in no file is unknown, and the result says so.
 */
import type { CheckedGates } from '../gates/check.js';
import { ROW, type CallRecord, type MediaBatch, type SignallingBatch } from '../worker/messages.js';
import { declareCodecs } from './codec-scale.js';
import { callIdOf, lostInWords, lostList, type LostList } from './lost-calls.js';
import { OpenCalls } from './open-calls.js';
import {
  mediaBatchesOf,
  signallingBatchOf,
  type ProgressLine,
  type SecondCounts,
  type StateProgress,
} from './progress-lines.js';
import type { Result } from './result.js';
import { buildResult } from './result-builder.js';
import { RunBook } from './run-book.js';
import { factsOf, gatesOf, type RunRecord } from './run-record.js';
import type { ThreadCounts } from './second-series.js';

/** Rows come in the order of their arrival: none is further behind the newest than this, so no second closes too early. */
const ROWS_APART_SECONDS = 60;
const GATHERED_ROWS = 1000;
const NO_FIGURES = new Float64Array(0);

export interface RebuiltCall {
  readonly record: CallRecord;
  readonly received: Float64Array | null;
  readonly sent: Float64Array | null;
}

/** Whether the process of the run still lives. */
export type Liveness = 'alive' | 'dead' | 'unknown';

/** What the files tell beside their lines. */
export interface FilesState {
  readonly liveness: Liveness;
  /** When rows were written last, as ISO 8601; null: not known. */
  readonly writtenAt: string | null;
  /** What could not be read, in words. */
  readonly notes: readonly string[];
}

export class Rebuild {
  private readonly gates: CheckedGates;
  private readonly book: RunBook;
  private readonly openCalls: OpenCalls;
  private readonly secondsByWorker = new Map<number, SecondCounts[]>();
  private state: StateProgress | null = null;
  private readonly told = new Set<number>();
  private knowsHealth = false;
  private begun = 0;
  private calls = 0;
  private newestSecond = -1;
  private readonly rows = new Float64Array(GATHERED_ROWS * ROW.columns);
  private gathered = 0;
  private gatheredSecond = -1;

  constructor(private readonly record: RunRecord) {
    declareCodecs(record.replayedCodecs);
    this.gates = gatesOf(record);
    this.book = new RunBook({ ...record, watched: this.gates.gates });
    this.openCalls = new OpenCalls(Math.max(1, record.environment.workers.signalling));
  }

  /** A row by ROW. */
  addRow(row: Float64Array): void {
    const second = row[ROW.second] ?? 0;
    if (second !== this.gatheredSecond || this.gathered === GATHERED_ROWS) {
      this.passRows();
      this.gatheredSecond = second;
    }
    this.rows.set(row, this.gathered * ROW.columns);
    this.gathered++;
    this.newestSecond = Math.max(this.newestSecond, second);
  }

  /** Rows of a second go to the book together, as they came from the thread. */
  private passRows(): void {
    if (this.gathered > 0) {
      const rows = this.rows.slice(0, this.gathered * ROW.columns);
      this.book.addMedia(mediaBatch({ rows, second: Math.max(0, this.gatheredSecond - ROWS_APART_SECONDS) }));
      this.gathered = 0;
    }
  }

  /** False when that call has been told of before. */
  addCall({ record, received, sent }: RebuiltCall): boolean {
    if (this.told.has(record.call)) {
      return false;
    }
    this.told.add(record.call);
    const { book } = this;
    this.passRows();
    this.calls++;
    this.begun += record.startedMs === null ? 0 : 1;
    this.newestSecond = Math.max(this.newestSecond, Math.floor(record.endedMs / 1000));
    book.addSignalling(signallingBatch({ records: [record], intended: this.calls, started: this.begun }));
    for (const legs of [received, sent]) {
      if (legs !== null) {
        book.addMedia(mediaBatch({ legs }));
      }
    }
    book.flush();
    this.openCalls.noteEnded(record.call);
    return true;
  }

  /** After the last row and call: the threads' own counters stand above what was counted of the rows. */
  addProgress(line: ProgressLine): boolean {
    if (line.type !== 'state' && line.worker >= this.workersOf(line.type)) {
      return false;
    }
    this.passRows();
    switch (line.type) {
      case 'media':
        this.knowsHealth = true;
        mediaBatchesOf(line).forEach((batch) => this.book.addMedia(batch));
        break;
      case 'signalling':
        this.knowsHealth = true;
        this.book.addSignalling(signallingBatchOf(line));
        this.openCalls.noteBegun(line.worker, line.intended);
        this.secondsByWorker.set(line.worker, [...(this.secondsByWorker.get(line.worker) ?? []), ...line.seconds]);
        break;
      case 'state':
        this.state = line;
        line.hostCpu?.forEach(([second, ratio]) => this.book.generatorSeconds.addHostCpu(second, ratio));
        line.cpu?.forEach(([second, ratio]) => this.book.generatorSeconds.addCpu(second, ratio));
        break;
    }
    this.newestSecond = Math.max(this.newestSecond, line.type === 'state' ? -1 : line.second);
    return true;
  }

  finish({ liveness, writtenAt, notes }: FilesState): Result {
    const { record, book, state } = this;
    this.passRows();
    if (state?.registrations) {
      book.registrations.restore(state.registrations);
    }
    const lost = this.lostCalls();
    if (lost.count > 0) {
      book.total.series.takeCounts(sumByThread(this.secondsByWorker));
    }
    const { gates } = this;
    const reason = liveness === 'dead' ? this.endInWords(lost) : this.stateInWords(liveness, writtenAt);
    const verdict = liveness === 'alive' ? 'in-progress' : 'unfinished';
    const result = buildResult(
      book,
      factsOf(
        record,
        {
          durationMs: state?.elapsedMs ?? (this.newestSecond + 1) * 1000,
          cpuSeconds: state?.cpuSeconds ?? null,
          interrupted: null,
          unfinished: liveness === 'dead' ? null : { verdict, reason },
          couldNotRun: null,
          hint: null,
          fault: liveness === 'dead' ? reason : null,
          lostWorkers: state?.lostWorkers ?? [],
          lostCalls: lost,
          doubts: [
            ...(state?.doubts ?? []),
            ...gates.problems.map(({ message }) => `a gate cannot be read: ${message}`),
          ],
          warnings: [...(state?.warnings ?? []), ...this.gaps(liveness), ...notes],
        },
        { gates: gates.gates, baseline: null },
      ),
    );
    return this.knowsHealth ? result : withoutHealth(result, liveness);
  }

  private workersOf(kind: 'media' | 'signalling'): number {
    return this.record.environment.workers[kind];
  }

  /** Of a run whose process is gone. */
  private endInWords(lost: LostList): string {
    const open = this.knowsHealth
      ? `${lostInWords(lost)} had begun and left no record`
      : 'how many calls it placed is unknown';
    const gone = `the run ended without a result (process ${this.record.process.pid} is gone${this.stopInWords()})`;
    const until = this.newestSecond < 0 ? 'nothing was written' : `written up to second ${this.newestSecond}`;
    return `${gone}: rebuilt from its row files, ${until}; ${open}`;
  }

  /** Of a run that goes on, or may do so. */
  private stateInWords(liveness: Exclude<Liveness, 'dead'>, writtenAt: string | null): string {
    const { pid, hostName } = this.record.process;
    const state =
      liveness === 'alive'
        ? `the run still goes on (process ${pid})`
        : `the run either still goes on or crashed: it is one of host ${hostName}, and that cannot be told from here`;
    const time = writtenAt === null ? '' : `, written at ${writtenAt.slice(11, 19)} UTC`;
    const until = this.newestSecond < 0 ? 'no data so far' : `data up to second ${this.newestSecond}${time}`;
    return `${state}: ${until}; no final verdict`;
  }

  private stopInWords(): string {
    const signal = this.state?.interrupted ?? null;
    return signal === null ? '' : `, after ${signal}`;
  }

  private gaps(liveness: Liveness): string[] {
    const gaps = [
      liveness === 'dead'
        ? 'rebuilt from the row files: what the last seconds held in memory is not in it'
        : 'an interim report from the row files, which grow every ten seconds: what came since is not in it',
    ];
    if (!this.knowsHealth) {
      gaps.push('nothing is known of the health of the generator');
    }
    return gaps;
  }

  private lostCalls(): LostList {
    const { callIds } = this.record;
    const open = this.openCalls.list();
    return lostList(open.map((call) => (callIds === null ? `call ${call}` : callIdOf(callIds, call))));
  }
}

/** A generator of which nothing was written is not called healthy. */
function withoutHealth(result: Result, liveness: Liveness): Result {
  const why = liveness === 'dead' ? 'the run ended before its first report' : 'it has not reported so far';
  const reasons = [`nothing is known of it: ${why}`];
  return { ...result, generator: { ...result.generator, verdict: 'strained', reasons } };
}

/** Threads report each second for themselves; one that is silent for a second stands where it stood. */
function sumByThread(byWorker: ReadonlyMap<number, readonly SecondCounts[]>): ThreadCounts[] {
  const last = [...byWorker.values()].flat().reduce((newest, [second]) => Math.max(newest, second), -1);
  const sums: ThreadCounts[] = Array.from({ length: last + 1 }, () => ({
    started: 0,
    answered: 0,
    failed: 0,
    active: 0,
  }));
  for (const lines of byWorker.values()) {
    const bySecond = new Map(lines.map((line) => [line[0], line]));
    let stands: SecondCounts = [0, 0, 0, 0, 0];
    for (const [second, sum] of sums.entries()) {
      stands = bySecond.get(second) ?? stands;
      sum.started += stands[1];
      sum.answered += stands[2];
      sum.failed += stands[3];
      sum.active += stands[4];
    }
  }
  return sums;
}

function mediaBatch(part: { rows?: Float64Array; legs?: Float64Array; second?: number }): MediaBatch {
  return {
    type: 'media',
    worker: 0,
    second: part.second ?? 0,
    rows: part.rows ?? NO_FIGURES,
    legs: part.legs ?? NO_FIGURES,
    sent: 0,
    missed: 0,
    sendErrors: 0,
    latenessUs: NO_FIGURES,
    received: 0,
    drops: null,
    undatedDrops: 0,
    pulses: [],
    clockStepped: false,
  };
}

function signallingBatch(part: Pick<SignallingBatch, 'records' | 'intended' | 'started'>): SignallingBatch {
  return {
    type: 'signalling',
    worker: 0,
    second: 0,
    answered: 0,
    failed: 0,
    active: 0,
    peakActive: 0,
    live: 0,
    loopDelayUs: NO_FIGURES,
    pulses: [],
    sip: { requests: [], retransmissions: [], responses: [], malformed: 0, dropped: 0 },
    farLegs: NO_FIGURES,
    ourAnswerers: [],
    figures: { passed: 0, refused: 0 },
    optionsRttMs: NO_FIGURES,
    seenAddress: null,
    finished: false,
    ...part,
  };
}
