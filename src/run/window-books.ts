/**
 * The books of one span of the run: of the run as a whole and of each endpoint, with the figures that gates ask for. A call
 * belongs to the span by its start, a leg by its answer, a second by lying in it whole.
 */
import type { DistributionView, MetricQuery, MetricSource, ScalarView } from '../gates/source.js';
import type { ScoreScale } from '../metrics/names.js';
import { LEG, ROW, type CallRecord } from '../worker/messages.js';
import { codecIndexOf } from './codec-scale.js';
import { GroupBook } from './group-book.js';
import { distributionOf, missingReason, scalarOf } from './metric-figures.js';

/** A group of calls: those of an endpoint, or of them those of users with these labels. */
export interface NamedEndpoint {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The endpoint of such users; null or absent: the group has all its calls. */
  readonly partOf?: string | null;
}

export interface WindowPlan {
  readonly endpoints: readonly NamedEndpoint[];
  readonly media: boolean;
  readonly fromMs: number;
  /** Infinity: to the end. */
  readonly toMs: number;
  /** What is outside of the span is counted and not judged; false: it is left out whole, and no seconds are kept. */
  readonly countsAll: boolean;
}

export class WindowBooks implements MetricSource {
  readonly total: GroupBook;
  readonly groups: readonly GroupBook[];

  constructor(private readonly plan: WindowPlan) {
    this.total = new GroupBook(plan.countsAll);
    // With one endpoint its book is the run's: no need to count everything twice.
    this.groups = plan.endpoints.length === 1 ? [this.total] : plan.endpoints.map(() => new GroupBook(plan.countsAll));
  }

  addRow(table: Float64Array, offset: number): void {
    const startMs = (table[offset + ROW.second] ?? 0) * 1000;
    const inside = startMs >= this.plan.fromMs && startMs + 1000 <= this.plan.toMs;
    for (const group of this.takers(table[offset + ROW.endpoint], inside)) {
      group.addRow(table, offset, inside);
    }
  }

  /** Totals of the received direction. */
  addLeg(table: Float64Array, offset: number): void {
    const inside = this.has(table[offset + LEG.answeredMs] ?? 0);
    for (const group of this.takers(table[offset + LEG.endpoint], inside)) {
      group.addLeg(table, offset, inside);
    }
  }

  /** @param answeredMs NaN where it is not known: such a leg is judged only where every leg is */
  addSentLeg(leg: Float64Array, answeredMs: number): void {
    const inside = this.isOpen || this.has(answeredMs);
    for (const group of this.takers(leg[LEG.endpoint], inside)) {
      group.addSentLeg(leg, 0, inside);
    }
  }

  /** The same of a user who was called, by that one's group. Its figures stand beside those of the group of the caller. */
  addCalledLeg(leg: Float64Array, group: number, answeredMs: number): void {
    const inside = this.isOpen || this.has(answeredMs);
    if (inside || this.plan.countsAll) {
      this.groups[group]?.called.addLeg(leg, 0, inside);
    }
  }

  addCall(record: CallRecord): void {
    const inside = this.has(record.startedMs ?? record.intendedMs);
    for (const group of this.takers(record.endpoint, inside)) {
      group.addCall(record, inside);
    }
  }

  addOptionsRtt(second: number, endpoint: number, rttMs: number): void {
    if (this.has(second * 1000)) {
      this.takers(endpoint, true).forEach((group) => group.signallingRttMs.record(rttMs));
    }
  }

  scalar(query: MetricQuery): ScalarView | null {
    const ofLegs = query.metric === 'one_way' || query.metric === 'no_media';
    return ofLegs && !this.plan.media ? null : scalarOf(this.matching(query), query, codecOf(query));
  }

  ratio(query: MetricQuery): ScalarView | null {
    const counted = this.scalar(query);
    return counted === null ? null : { value: counted.value / counted.samples, samples: counted.samples };
  }

  distribution(query: MetricQuery): DistributionView | null {
    return distributionOf(this.matching(query), query, codecOf(query));
  }

  missing(query: MetricQuery): string {
    return missingReason(this.matching(query), query, codecOf(query));
  }

  scales(): ReadonlySet<ScoreScale> {
    const scales = this.total.received.books().map(({ scale }) => scale);
    return new Set(scales.filter((scale) => scale !== null));
  }

  window(): { fromSecond: number; toSecond: number } | null {
    const { fromMs, toMs } = this.plan;
    const [fromSecond, end] = [Math.ceil(fromMs / 1000), Math.floor(toMs / 1000)];
    return end > fromSecond && Number.isFinite(end) ? { fromSecond, toSecond: end - 1 } : null;
  }

  /** A span is compared as a whole. */
  seconds(): readonly [] {
    return [];
  }

  private has(atMs: number): boolean {
    return atMs >= this.plan.fromMs && atMs < this.plan.toMs;
  }

  private get isOpen(): boolean {
    return this.plan.fromMs === 0 && this.plan.toMs === Infinity;
  }

  private takers(endpoint: number | undefined, inside: boolean): readonly GroupBook[] {
    if (!inside && !this.plan.countsAll) {
      return [];
    }
    const group = this.groups[endpoint ?? 0];
    return group === undefined || group === this.total ? [this.total] : [this.total, group];
  }

  /** The groups that the query's tags allow; the run's own when none narrows it. The codec is a matter of their books. */
  private matching({ tags }: MetricQuery): readonly GroupBook[] {
    const allowed = endpointsOf(this.plan.endpoints, tags);
    return allowed === null ? [this.total] : this.groups.filter((_, index) => allowed.has(index));
  }
}

/** The index of the codec that a query is about; undefined: all. */
export function codecOf({ tags }: MetricQuery): number | undefined {
  const name = tags['codec'];
  return name === undefined ? undefined : codecIndexOf(name);
}

/** The indices of the endpoints that tags allow; null: no tag narrows it. */
export function endpointsOf(
  endpoints: readonly NamedEndpoint[],
  tags: MetricQuery['tags'],
): ReadonlySet<number> | null {
  const narrowing = Object.entries(tags).filter(([tag]) => tag !== 'codec');
  if (narrowing.length === 0) {
    return null;
  }
  const allowed = endpoints.flatMap((endpoint, index) => (isAllowed(endpoint, narrowing) ? [index] : []));
  // Figures of the endpoint of all users, such as the round trip of OPTIONS, are those of the run, and of no group.
  return allowed.length === endpoints.length && endpoints.some(({ partOf = null }) => partOf !== null)
    ? null
    : new Set(allowed);
}

/** Tags but the codec, each with its value. */
export function isAllowed(
  { name, labels, partOf = null }: NamedEndpoint,
  tags: readonly (readonly [string, string])[],
): boolean {
  return tags.every(([tag, value]) => (tag === 'endpoint' ? (partOf ?? name) : labels[tag]) === value);
}
