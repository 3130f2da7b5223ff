/** What is seen while a run goes on: a block repainted on a terminal, else `key=value` lines. Nothing of it with --quiet. */
import type { NetBackend } from '../lib/net-backend.js';
import { monotonicNs, NS_PER_MS } from '../lib/clock.js';
import { formatClock, formatValue } from '../report/number-format.js';
import { gateMark } from '../report/verdict-mark.js';
import { escapeTerminal } from '../report/visible-text.js';
import type { GateResult } from '../run/result.js';
import type { RunBook } from '../run/run-book.js';
import type { ProcessHost } from './host.js';
import { blockLines } from './progress-block.js';
import type { CoursePlan } from './progress-course.js';
import { eventLine, figuresLine, gateEventLine } from './progress-lines.js';
import { ProgressScreen } from './progress-screen.js';
import { SnapshotSource, type ProgressSnapshot } from './progress-snapshot.js';

const LINE_SECONDS = 10;
/** The block is painted at most four times a second. */
const PAINT_INTERVAL_MS = 250;

export type ProgressEvent = 'note' | 'waiting' | 'registering' | 'started' | 'warning' | 'signal';

export class Progress {
  private readonly screen: ProgressScreen;
  private readonly source: SnapshotSource;
  private netBackend: NetBackend | 'none' = 'none';
  private snapshot: ProgressSnapshot | null = null;
  private stage = '';
  private isStopping = false;
  private second = 0;
  private paintedAtMs = Number.NEGATIVE_INFINITY;

  /** @param nowMs of a clock that never steps */
  constructor(
    private readonly host: Pick<ProcessHost, 'isTerminal' | 'colorsStderr' | 'columns' | 'rows' | 'err'>,
    private readonly quiet: boolean,
    plan: CoursePlan,
    private readonly nowMs: () => number = () => monotonicNs() / NS_PER_MS,
  ) {
    this.screen = new ProgressScreen((text) => host.err(text));
    this.source = new SnapshotSource(plan);
  }

  /** A line of its own, above the block. */
  say(text: string, event: ProgressEvent = 'note'): void {
    this.isStopping ||= event === 'signal';
    if (this.quiet) {
      return;
    }
    if (this.host.isTerminal) {
      this.sayAbove(escapeTerminal(event === 'warning' ? `warning: ${text}` : text));
    } else {
      this.host.err(`${eventLine(this.second, event, [['text', text]])}\n`);
    }
  }

  begin(netBackend: NetBackend | 'none'): void {
    this.netBackend = netBackend;
  }

  /** To be called once a second. */
  takeSecond(second: number, book: RunBook, gates: readonly GateResult[]): void {
    this.second = second;
    if (this.quiet) {
      return;
    }
    this.snapshot = this.asStopping(this.source.take(second, book, gates, this.netBackend));
    if (this.host.isTerminal) {
      this.paint();
    } else {
      this.writeLines(this.snapshot);
    }
  }

  gateFlip(gate: GateResult, previous: GateResult['state'] | null): void {
    if (this.quiet) {
      return;
    }
    if (this.host.isTerminal) {
      const { symbol, word } = gateMark(gate);
      const observed = gate.observed === null ? 'not measured' : formatValue(gate.observed, gate.unit);
      this.sayAbove(escapeTerminal(`${formatClock(this.second)}  ${symbol} ${word}  ${gate.expr}: ${observed}`));
    } else {
      this.host.err(`${gateEventLine(this.second, gate, previous)}\n`);
    }
  }

  /** The block goes; what was said stays. */
  end(): void {
    this.snapshot = null;
    this.screen.wipe();
  }

  private writeLines(snapshot: ProgressSnapshot): void {
    const { stage } = snapshot.course;
    if (stage !== this.stage) {
      this.stage = stage;
      this.host.err(`${eventLine(this.second, 'stage', [['stage', stage]])}\n`);
    }
    if (this.second > 0 && this.second % LINE_SECONDS === 0) {
      this.host.err(`${figuresLine(snapshot)}\n`);
    }
  }

  private asStopping(snapshot: ProgressSnapshot): ProgressSnapshot {
    return this.isStopping ? { ...snapshot, course: { stage: 'stopping', left: null } } : snapshot;
  }

  private paint(): void {
    if (this.mayPaint()) {
      this.screen.paint(this.block() ?? []);
    }
  }

  private sayAbove(line: string): void {
    this.screen.say(line, this.snapshot !== null && this.mayPaint() ? this.block() : null);
  }

  /** True at most four times a second. */
  private mayPaint(): boolean {
    const nowMs = this.nowMs();
    const may = nowMs - this.paintedAtMs >= PAINT_INTERVAL_MS;
    this.paintedAtMs = may ? nowMs : this.paintedAtMs;
    return may;
  }

  private block(): string[] | null {
    const { columns, rows, colorsStderr: color } = this.host;
    return this.snapshot === null ? null : blockLines(this.snapshot, { columns, rows, color });
  }
}
