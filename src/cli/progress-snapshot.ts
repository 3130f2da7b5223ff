/** What is shown of a run while it goes on, as plain data: taken from the book once a second. */
import type { DirectionSecond } from '../run/direction-series.js';
import type { GateResult } from '../run/result.js';
import type { RunBook } from '../run/run-book.js';
import type { NetBackend } from '../lib/net-backend.js';
import type { Course, CoursePlan } from './progress-course.js';

/** Null is unknown. */
export interface ProgressSnapshot {
  readonly second: number;
  readonly course: Course;
  readonly calls: {
    readonly started: number;
    /** In all; null: no end. */
    readonly total: number | null;
    readonly active: number;
    readonly failed: number;
    readonly dropped: number;
    readonly notStarted: number;
  };
  /** Calls per second over the same few seconds; null before two seconds are known, when the target is that of now. */
  readonly rate: { readonly achieved: number | null; readonly target: number; readonly overSeconds: number | null };
  /** False: signalling only, so that nothing is ever known of audio. */
  readonly media: boolean;
  readonly received: SnapshotDirection;
  readonly sent: SnapshotDirection;
  readonly rttP95Ms: number | null;
  readonly gates: readonly GateResult[];
  /** Why the generator is strained, in sentences; empty: it is healthy. */
  readonly strains: readonly string[];
}

export interface SnapshotDirection {
  readonly mosLq: DirectionSecond['mosLq'];
  readonly mosLqWb: DirectionSecond['mosLqWb'];
  readonly lossRatio: number | null;
  readonly jitterP95Ms: number | null;
}

/** Rows of a second have arrived by then. */
const SETTLED_SECONDS = 4;
/** RFC 3550 reports come at most this far apart, in seconds. */
const REPORT_SECONDS = 8;
/** Starts are averaged over so many seconds: of a slow rate one second alone says nothing. */
const RATE_SECONDS = 5;

/** Takes snapshots in turn; it remembers the last starts, of which it makes the rate. */
export class SnapshotSource {
  private readonly starts: { readonly second: number; readonly started: number }[] = [];

  constructor(private readonly plan: CoursePlan) {}

  /** @param netBackend of the run, which decides what strains a measurement */
  take(second: number, book: RunBook, gates: readonly GateResult[], netBackend: NetBackend | 'none'): ProgressSnapshot {
    const { calls, series } = book.total;
    const settled = second - SETTLED_SECONDS;
    const rttMs = newestOf(settled, (at) => series.received.in(at)?.rttMs ?? series.sent.in(at)?.rttMs ?? null);
    return {
      second,
      course: this.plan.at(second, calls.attempted + calls.notStarted),
      calls: {
        started: book.started,
        total: this.plan.totalCalls,
        active: book.activeCalls,
        failed: calls.failed,
        dropped: calls.dropped,
        notStarted: calls.notStarted,
      },
      rate: this.rateOf(book, second),
      media: this.plan.media,
      received: directionOf(series.received.in(settled)),
      sent: directionOf(newestOf(settled, (at) => series.sent.in(at))),
      rttP95Ms: rttMs?.p95 ?? null,
      gates,
      strains: Object.values(book.health.conditions(netBackend)),
    };
  }

  /** Both over the seconds that the signalling workers have told of, so that they can be compared. */
  private rateOf(book: RunBook, second: number): ProgressSnapshot['rate'] {
    const told = book.signallingSeconds;
    if (told > (this.starts.at(-1)?.second ?? 0)) {
      this.starts.push({ second: told, started: book.started });
    }
    while (this.starts.length > 2 && told - (this.starts[1]?.second ?? 0) >= RATE_SECONDS) {
      this.starts.shift();
    }
    const [from] = this.starts;
    const to = this.starts.at(-1);
    if (from === undefined || to === undefined || to.second === from.second) {
      return { achieved: null, target: this.plan.rateAt(second), overSeconds: null };
    }
    const seconds = Array.from({ length: to.second - from.second }, (_, index) => from.second + index);
    const target = seconds.reduce((sum, at) => sum + this.plan.rateAt(at), 0) / seconds.length;
    return { achieved: (to.started - from.started) / seconds.length, target, overSeconds: seconds.length };
  }
}

function directionOf(figures: DirectionSecond | null): SnapshotDirection {
  return {
    mosLq: figures?.mosLq ?? null,
    mosLqWb: figures?.mosLqWb ?? null,
    lossRatio: figures?.lossRatio ?? null,
    jitterP95Ms: figures?.jitterMs?.p95 ?? null,
  };
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
