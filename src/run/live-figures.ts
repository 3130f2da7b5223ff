/**
 * The figures of a run that goes on, as far as they are settled. Of a call that is still alive nothing is known but that it
 * may end well, and bad calls tend to end first: so calls that are alive count as the best there can be. A gate that fails
 * by these figures fails whatever becomes of them. When no call is alive they are the figures of the book as they are.
 */
import type { Stat } from '../gates/grammar.js';
import type { DistributionView, MetricQuery, MetricSource, ScalarView, SecondFigure } from '../gates/source.js';
import { findMetric, type MetricDefinition } from '../metrics/names.js';
import type { RunBook } from './run-book.js';

const ALIVE = 'it is known when the calls that are still alive have ended';

export class LiveFigures implements MetricSource {
  constructor(private readonly book: RunBook) {}

  scalar(query: MetricQuery): ScalarView | null {
    const seen = this.book.scalar(query);
    const metric = findMetric(query.metric);
    // A count only grows: what it is by now it stays.
    if (seen === null || metric?.unit !== 'ratio') {
      return seen;
    }
    return withGood(seen, this.pendingOf(query), metric.better === 'higher' ? 1 : 0);
  }

  ratio(query: MetricQuery): ScalarView | null {
    const seen = this.book.ratio(query);
    return seen === null ? null : withGood(seen, this.pendingOf(query), 0);
  }

  distribution(query: MetricQuery): DistributionView | null {
    const metric = findMetric(query.metric);
    const pending = this.pendingOf(query);
    if (metric?.population === 'seconds' && pending > 0) {
      return null; // how many calls were alive in a second is told by their ends
    }
    const seen = this.book.distribution(query);
    return seen === null || pending === 0 || metric === undefined ? seen : new BestCase(seen, pending, metric.better);
  }

  missing(query: MetricQuery): string {
    return this.pendingOf(query) > 0 ? ALIVE : this.book.missing(query);
  }

  scales(): ReturnType<MetricSource['scales']> {
    return this.book.scales();
  }

  window(query: MetricQuery): ReturnType<MetricSource['window']> {
    return this.book.window(query);
  }

  /** Of the legs' seconds only those to which nothing is added any more. */
  seconds(query: MetricQuery, stat: Stat | null): readonly SecondFigure[] {
    return this.book.seconds(query, stat, isOfSeconds(query, findMetric(query.metric)));
  }

  /** How many values of calls may still come; none of a figure that has its values second by second. */
  private pendingOf(query: MetricQuery): number {
    const metric = findMetric(query.metric);
    if (metric === undefined || !metric.hasTimes || isOfSeconds(query, metric) || query.metric === 'signalling_rtt') {
      return 0;
    }
    if (metric.category !== 'media') {
      return this.book.liveCalls;
    }
    const ended = query.direction === 'sent' ? this.book.sentOutstanding : this.book.legsOutstanding;
    return this.book.liveCalls + ended;
  }
}

function isOfSeconds({ per }: MetricQuery, metric: MetricDefinition | undefined): boolean {
  return metric?.population === 'legs' && per === 'second';
}

/** A share with so many more of the good kind. @param good what each of them adds to the share */
function withGood({ value, samples }: ScalarView, pending: number, good: 0 | 1): ScalarView {
  return pending === 0
    ? { value, samples }
    : { value: (value * samples + good * pending) / (samples + pending), samples };
}

/** A distribution to which so many values come that may be the best there are; NaN where they can make it anything. */
class BestCase implements DistributionView {
  readonly count: number;

  constructor(
    private readonly seen: DistributionView,
    private readonly pending: number,
    private readonly better: 'higher' | 'lower',
  ) {
    this.count = seen.count;
  }

  get min(): number {
    return this.better === 'higher' ? this.seen.min : Number.NaN;
  }

  get max(): number {
    return this.better === 'lower' ? this.seen.max : Number.NaN;
  }

  /** With the lowest value there is, which is 0 where lower is better. */
  get mean(): number {
    const sum = this.seen.mean * this.count;
    return this.better === 'lower' ? sum / (this.count + this.pending) : Number.NaN;
  }

  percentile(p: number): number {
    const { count, pending } = this;
    const rank = Math.max(1, Math.ceil(((p * (count + pending)) / 100) * (1 - 1e-12)));
    const own = this.better === 'lower' ? rank - pending : rank;
    return own < 1 || own > count ? Number.NaN : this.seen.percentile((100 * own) / count);
  }

  below(value: number): number {
    return this.share(this.seen.below(value), this.better === 'lower');
  }

  above(value: number): number {
    return this.share(this.seen.above(value), this.better === 'higher');
  }

  private share(own: number, isGood: boolean): number {
    return (own * this.count + (isGood ? this.pending : 0)) / (this.count + this.pending);
  }
}
