/** Everything that a run has measured so far: fed by the workers' batches, read by the gates, the progress and the result. */
import type { DistributionView, MetricQuery, MetricSource, ScalarView } from '../gates/source.js';
import { Distribution } from '../metrics/histogram.js';
import type { ScoreScale } from '../metrics/names.js';
import { DIRECTION, LEG, ROW } from '../worker/messages.js';
import type { CallRecord, MediaBatch, SignallingBatch, SipCounts } from '../worker/messages.js';
import { CallStripsBook } from './call-strips.js';
import { codecIndexOf } from './codec-scale.js';
import { EvidenceBook } from './evidence-book.js';
import { FarLegs } from './far-legs.js';
import { FindingsBook } from './findings-book.js';
import { GroupBook } from './group-book.js';
import { HealthBook } from './health.js';
import { type JoinedLegs, LegJoin } from './leg-join.js';
import { distributionOf, missingReason, scalarOf, valueOfSecond } from './metric-figures.js';
import { countTimed, sumSipCounts } from './sip-totals.js';
import { WorstLegs } from './worst-legs.js';

export interface RunBookPlan {
  readonly endpoints: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly media: boolean;
  readonly warmupMs: number;
}

/** The first batch of a media worker comes at most this many seconds after the first of another. */
const OPEN_SECONDS = 6;
/** More Call-IDs than this help nobody. */
const UNMEASURED_KEPT = 100_000;
/** A media worker that is so far behind is not waited for: it has died. */
const LOST_SECONDS = 60;

export class RunBook implements MetricSource {
  readonly health = new HealthBook();
  readonly total = new GroupBook();
  readonly groups: readonly GroupBook[];
  readonly worst = new WorstLegs();
  readonly evidence = new EvidenceBook(this.worst);
  readonly findings = new FindingsBook();
  /** Call-IDs of answered calls whose legs never told what they received. */
  readonly unmeasured: string[] = [];
  /** Told of each ended call once, when all that is known of its legs is there. */
  onJoined: (record: CallRecord, legs: JoinedLegs) => void = () => {};
  private readonly joins = new LegJoin();
  private readonly strips = new CallStripsBook();
  /** The last counters of each signalling worker. */
  private readonly signalling = new Map<number, SignallingBatch>();
  private readonly lostSignalling = new Set<number>();
  private readonly farLegs: FarLegs;
  private legsExpected = 0;
  /** The newest second of each media worker; its batches come in order. */
  private readonly newestSeconds = new Map<number, number>();

  constructor(private readonly plan: RunBookPlan) {
    // With one endpoint its book is the run's: no need to count everything twice.
    this.groups = plan.endpoints.length === 1 ? [this.total] : plan.endpoints.map(() => new GroupBook());
    this.farLegs = new FarLegs(plan.endpoints.length);
    this.joins.onJoined = (record, legs) => {
      const strips = this.strips.take(record.call);
      this.worst.add(record, legs, strips);
      this.evidence.addCall(record, legs, strips);
      if (record.hasMedia && legs.received === null && this.unmeasured.length < UNMEASURED_KEPT) {
        this.unmeasured.push(record.callId);
      }
      this.onJoined(record, legs);
    };
    this.joins.onSent = (sent, { record, received }) => this.addSent(sent, record, received);
  }

  addMedia(batch: MediaBatch): void {
    this.health.addMedia(batch);
    this.newestSeconds.set(batch.worker, batch.second);
    for (let offset = 0; offset < batch.rows.length; offset += ROW.columns) {
      this.strips.addRow(batch.rows, offset);
      const warm = (batch.rows[offset + ROW.second] ?? 0) * 1000 >= this.plan.warmupMs;
      for (const group of this.booksOf(batch.rows[offset + ROW.endpoint] ?? 0)) {
        group.addRow(batch.rows, offset, warm);
      }
    }
    this.addLegs(batch.legs);
    const newest = Math.max(...this.newestSeconds.values());
    const slowest = Math.min(...this.newestSeconds.values());
    this.joins.advance(newest);
    for (const group of new Set([this.total, ...this.groups])) {
      group.series.closeBefore(Math.max(slowest - OPEN_SECONDS, newest - LOST_SECONDS));
    }
  }

  /** Totals of what our own answerer received of ours: rows of LEG, sent direction. */
  addFarLegs(table: Float64Array): void {
    for (let offset = 0; offset < table.length; offset += LEG.columns) {
      this.farLegs.count(table[offset + LEG.endpoint] ?? 0);
      this.joins.addSent(table, offset);
    }
  }

  /** The end: calls whose other half never came are told of as they are. */
  flush(): void {
    this.joins.flush();
  }

  private addLegs(table: Float64Array): void {
    for (let offset = 0; offset < table.length; offset += LEG.columns) {
      if (table[offset + LEG.direction] === DIRECTION.sent) {
        this.joins.addSent(table, offset);
        continue;
      }
      const warm = (table[offset + LEG.answeredMs] ?? 0) >= this.plan.warmupMs;
      for (const group of this.booksOf(table[offset + LEG.endpoint] ?? 0)) {
        group.addLeg(table, offset, warm);
      }
      this.findings.addLeg(table, offset);
      this.joins.addReceived(table, offset);
    }
  }

  /** What the far end says of a leg has neither its endpoint nor its time: they are those of the call. */
  private addSent(sent: Float64Array, record: CallRecord | null, received: Float64Array | null): void {
    const leg = sent.slice();
    leg[LEG.endpoint] = record?.endpoint ?? received?.[LEG.endpoint] ?? leg[LEG.endpoint] ?? 0;
    if (Number.isNaN(leg[LEG.codec])) {
      leg[LEG.codec] = received?.[LEG.codec] ?? Number.NaN;
    }
    const answeredMs = received?.[LEG.answeredMs] ?? record?.establishedMs ?? Number.NaN;
    const warm = this.plan.warmupMs === 0 || answeredMs >= this.plan.warmupMs;
    for (const group of this.booksOf(leg[LEG.endpoint] ?? 0)) {
      group.addSentLeg(leg, 0, warm);
    }
  }

  addSignalling(batch: SignallingBatch): void {
    this.health.addSignalling(batch);
    this.signalling.set(batch.worker, batch);
    for (const record of batch.records) {
      if (record.hasMedia) {
        this.legsExpected++;
        this.farLegs.expect(record.endpoint);
      }
      this.joins.addCall(record);
      const warm = (record.startedMs ?? record.intendedMs) >= this.plan.warmupMs;
      for (const group of this.booksOf(record.endpoint)) {
        group.addCall(record, warm);
      }
    }
    batch.ourAnswerers.forEach((endpoint) => this.farLegs.noteOurs(endpoint));
    this.addFarLegs(batch.farLegs);
    this.addOptionsRtt(batch);
  }

  /** Legs of endpoints that return figures, as their answers or a first report say, whose report has not come. */
  get farLegsOutstanding(): number {
    return this.farLegs.outstanding;
  }

  /** Legs that have ended and whose totals are still on their way. */
  get legsOutstanding(): number {
    return this.legsExpected - this.total.legs;
  }

  get activeCalls(): number {
    return this.sumOf((batch) => batch.active);
  }

  get liveCalls(): number {
    return this.sumOf((batch) => batch.live);
  }

  get started(): number {
    return this.sumOf((batch) => batch.started);
  }

  /** Whole seconds of which every signalling worker that has reported so far has told its starts. */
  get signallingSeconds(): number {
    const newest = [...this.signalling.values()].map(({ second }) => second + 1);
    return newest.length === 0 ? 0 : Math.min(...newest);
  }

  get peakActive(): number {
    return this.sumOf((batch) => batch.peakActive);
  }

  /** A signalling worker has died: nothing more comes of it. */
  loseSignalling(worker: number): void {
    this.lostSignalling.add(worker);
  }

  /** Whether each of so many signalling workers has finished or died; one that has not reported yet has not finished. */
  isFinished(workers: number): boolean {
    const finished = [...this.signalling.values()].filter(
      (batch) => batch.finished || this.lostSignalling.has(batch.worker),
    );
    const silent = [...this.lostSignalling].filter((worker) => !this.signalling.has(worker));
    return finished.length + silent.length >= workers;
  }

  /** Responses that came to anything we sent. */
  get responses(): number {
    return this.sumOf((batch) => batch.sip.responses.reduce((sum, [, , count]) => sum + count, 0));
  }

  /** Counters of all workers, summed by method (and status). */
  sipCounts(): SipCounts {
    return sumSipCounts([...this.signalling.values()].map(({ sip }) => sip));
  }

  /** Requests that we had to send again, per request sent; null before the first. */
  retransmissionRatio(): number | null {
    const { requests, retransmissions } = this.sipCounts();
    const sent = countTimed(requests);
    return sent === 0 ? null : countTimed(retransmissions) / sent;
  }

  /** Over the seconds after the warm-up: of active calls up to the last call's end, of starts up to the last start. */
  loadDistribution(figure: 'activeCalls' | 'started'): Distribution {
    const distribution = new Distribution(figure === 'started' ? 'rate' : 'calls');
    const seconds = this.total.series.seconds();
    const last = figure === 'started' ? seconds.findLastIndex(({ started }) => started > 0) : seconds.length - 1;
    for (const second of seconds.slice(this.firstWarmSecond, last + 1)) {
      distribution.record(second[figure]);
    }
    return distribution;
  }

  scalar(query: MetricQuery): ScalarView | null {
    if (query.metric === 'retransmission_ratio') {
      const value = this.retransmissionRatio();
      return value === null ? null : { value, samples: this.total.calls.attempted };
    }
    const ofLegs = query.metric === 'one_way' || query.metric === 'no_media';
    return ofLegs && !this.plan.media ? null : scalarOf(this.matching(query), query, codecOf(query));
  }

  ratio(query: MetricQuery): ScalarView | null {
    const counted = this.scalar(query);
    return counted === null ? null : { value: counted.value / counted.samples, samples: counted.samples };
  }

  distribution(query: MetricQuery): DistributionView | null {
    if (query.metric === 'active_calls' || query.metric === 'start_rate') {
      const load = this.loadDistribution(query.metric === 'start_rate' ? 'started' : 'activeCalls');
      return load.count === 0 ? null : load;
    }
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
    const seconds = this.total.series.seconds().length;
    return seconds <= this.firstWarmSecond ? null : { fromSecond: this.firstWarmSecond, toSecond: seconds - 1 };
  }

  firstFailure(query: MetricQuery, bad: (value: number) => boolean): number | null {
    if (query.per === 'call') {
      return null;
    }
    const codec = codecOf(query);
    // Seconds are kept of all codecs together: where a group had several, they do not tell which one was bad.
    const groups = this.matching(query).filter(
      (book) => codec === undefined || book[query.direction].books().every((other) => other.codec === codec),
    );
    const failed = groups
      .flatMap((book) => book.series.seconds())
      .filter((figures) => {
        const value = figures.second < this.firstWarmSecond ? null : valueOfSecond(figures, query);
        return value !== null && bad(value);
      });
    return failed.length === 0 ? null : failed.reduce((first, { second }) => Math.min(first, second), Infinity);
  }

  private addOptionsRtt({ optionsRttMs, second }: SignallingBatch): void {
    if (second * 1000 < this.plan.warmupMs) {
      return;
    }
    for (let at = 0; at < optionsRttMs.length; at += 2) {
      for (const group of this.booksOf(optionsRttMs[at] ?? 0)) {
        group.signallingRttMs.record(optionsRttMs[at + 1] ?? Number.NaN);
      }
    }
  }

  private get firstWarmSecond(): number {
    return Math.ceil(this.plan.warmupMs / 1000);
  }

  private booksOf(endpoint: number): readonly GroupBook[] {
    const group = this.groups[endpoint];
    return group === undefined || group === this.total ? [this.total] : [this.total, group];
  }

  /** The groups that the query's tags allow; the run's own when none narrows it. The codec is a matter of their books. */
  private matching(query: MetricQuery): readonly GroupBook[] {
    const tags = Object.entries(query.tags).filter(([tag]) => tag !== 'codec');
    if (tags.length === 0) {
      return [this.total];
    }
    return this.groups.filter((_, index) => {
      const endpoint = this.plan.endpoints[index];
      return tags.every(([tag, value]) => (tag === 'endpoint' ? endpoint?.name : endpoint?.labels[tag]) === value);
    });
  }

  private sumOf(figure: (batch: SignallingBatch) => number): number {
    return [...this.signalling.values()].reduce((sum, batch) => sum + figure(batch), 0);
  }
}

/** The index of the codec that a query is about; undefined: all. */
function codecOf({ tags }: MetricQuery): number | undefined {
  const name = tags['codec'];
  return name === undefined ? undefined : codecIndexOf(name);
}
