/** What is seen while a run goes on: one line repainted on a terminal, else a `key=value` line every ten seconds. */
import type { GateResult } from '../gates/evaluate.js';
import { formatValue } from '../report/number-format.js';
import type { DirectionSecond } from '../run/direction-series.js';
import type { RunBook } from '../run/run-book.js';
import { escapeTerminal } from '../report/visible-text.js';
import type { ProcessHost } from './host.js';

const LINE_SECONDS = 10;
/** Rows of a second have arrived by then. */
const SETTLED_SECONDS = 4;
/** RFC 3550 reports come at most this far apart, in seconds. */
const REPORT_SECONDS = 8;
const CLEAR_LINE = '\r\u001B[2K';

type Score = DirectionSecond['mosLq'];

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

  /** A gate has failed, or passes again. */
  gateFlip({ expr, state, observed, unit }: GateResult, previous: GateResult['state']): void {
    const value = observed === null ? '' : `, now ${formatValue(observed, unit)}`;
    this.say(`gate ${state} (was ${previous}): ${expr}${value}`);
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
    const settled = second - SETTLED_SECONDS;
    const received = series.received.in(settled);
    const sent = newestOf(settled, (at) => series.sent.in(at));
    const rttMs = newestOf(settled, (at) => series.received.in(at)?.rttMs ?? series.sent.in(at)?.rttMs ?? null);
    const figures: [string, string][] = [
      ['t', `${second}s`],
      ['active', String(book.activeCalls)],
      ['started', String(book.started)],
      ['target_rate', `${this.targetRateAt(second).toFixed(1)}/s`],
      ['failed', String(calls.failed)],
      ...scoreFigures('mos', received?.mosLq ?? null, received?.mosLqWb ?? null),
      ['loss', received?.lossRatio === null || received === null ? '-' : `${(received.lossRatio * 100).toFixed(2)}%`],
      ['jitter_p95', received?.jitterMs ? `${received.jitterMs.p95.toFixed(2)}ms` : '-'],
      ['rtt_p95', rttMs === null ? '-' : `${rttMs.p95.toFixed(1)}ms`],
      ...scoreFigures('sent_mos', sent?.mosLq ?? null, sent?.mosLqWb ?? null),
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

/** `mos` is of the narrowband scale; where there are wideband legs theirs stand beside it, or alone. */
function scoreFigures(name: string, narrowband: Score, wideband: Score): [string, string][] {
  const of = (label: string, score: Score): [string, string][] => [
    [`${label}_p50`, score?.p50.toFixed(2) ?? '-'],
    [`${label}_p5`, score?.p5.toFixed(2) ?? '-'],
  ];
  if (wideband === null) {
    return of(name, narrowband);
  }
  return [...(narrowband === null ? [] : of(name, narrowband)), ...of(`${name}_wb`, wideband)];
}

/** What the newest second knows: far ends report every few seconds only. */
function newestOf<T>(second: number, figureIn: (second: number) => T | null): T | null {
  for (let at = second; at > second - REPORT_SECONDS; at--) {
    const figure = figureIn(at);
    if (figure !== null) {
      return figure;
    }
  }
  return null;
}
