/** What is seen while a run goes on: one line repainted on a terminal, else a `key=value` line every ten seconds. */
import type { RunBook } from '../run/run-book.js';
import { escapeTerminal } from '../report/visible-text.js';
import type { ProcessHost } from './host.js';

const LINE_SECONDS = 10;
/** Rows of a second have arrived by then. */
const SETTLED_SECONDS = 4;
const CLEAR_LINE = '\r\u001B[2K';

export class Progress {
  private painted = false;

  constructor(
    private readonly host: ProcessHost,
    private readonly quiet: boolean,
    private readonly targetRateAt: (second: number) => number,
  ) {}

  /** A line of its own, above the one that is repainted. */
  say(text: string): void {
    if (!this.quiet) {
      this.wipe();
      this.host.err(`${escapeTerminal(text)}\n`);
    }
  }

  second(second: number, book: RunBook): void {
    if (this.quiet) {
      return;
    }
    if (this.host.isTerminal) {
      this.host.err(CLEAR_LINE + this.line(second, book, ' ', '  ').slice(0, Math.max(20, this.host.columns - 1)));
      this.painted = true;
    } else if (second > 0 && second % LINE_SECONDS === 0) {
      this.host.err(`${this.line(second, book, '=', ' ')}\n`);
    }
  }

  end(): void {
    this.wipe();
  }

  private line(second: number, book: RunBook, joint: string, gap: string): string {
    const { calls } = book.total;
    const { series } = book.total;
    const received = series.receivedIn(second - SETTLED_SECONDS) ?? series.peek(second - SETTLED_SECONDS);
    const figures: [string, string][] = [
      ['t', `${second}s`],
      ['active', String(book.activeCalls)],
      ['started', String(book.started)],
      ['target_rate', `${this.targetRateAt(second).toFixed(1)}/s`],
      ['failed', String(calls.failed)],
      ['mos_p50', received?.mosLq?.p50.toFixed(2) ?? '-'],
      ['mos_p5', received?.mosLq?.p5.toFixed(2) ?? '-'],
      ['loss', received?.lossRatio === null || received === null ? '-' : `${(received.lossRatio * 100).toFixed(2)}%`],
      ['jitter_p95', received?.jitterMs ? `${received.jitterMs.p95.toFixed(2)}ms` : '-'],
    ];
    return figures.map(([name, value]) => name + joint + value).join(gap);
  }

  private wipe(): void {
    if (this.painted) {
      this.host.err(CLEAR_LINE);
      this.painted = false;
    }
  }
}
