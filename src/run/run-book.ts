/** Everything that a run has measured so far: fed by the workers' batches, read by the gates, the progress and the result. */
import type { DistributionView, MetricQuery, MetricSource, ScalarView } from '../gates/source.js';
import { Distribution } from '../metrics/histogram.js';
import {
  LEG,
  ROW,
  type CallRecord,
  type MediaBatch,
  type SignallingBatch,
  type SipCounts,
} from '../worker/messages.js';
import { GroupBook, type QualityBook } from './group-book.js';
import { HealthBook } from './health.js';
import type { SecondFigures } from './second-series.js';
import { WorstLegs } from './worst-legs.js';

export interface RunBookPlan {
  readonly endpoints: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly codec: string;
  readonly media: boolean;
  readonly warmupMs: number;
}

/** The first batch of a media worker comes at most this many seconds after the first of another. */
const OPEN_SECONDS = 6;
/** A media worker that is so far behind is not waited for: it has died. */
const LOST_SECONDS = 60;
/** Rows of far ends that are kept, 352 bytes each. */
const MAX_FAR_LEGS = 1_000_000;

export class RunBook implements MetricSource {
  readonly health = new HealthBook();
  readonly total = new GroupBook();
  readonly groups: readonly GroupBook[];
  readonly worst = new WorstLegs();
  /** The last counters of each signalling worker. */
  private readonly signalling = new Map<number, SignallingBatch>();
  private readonly lostSignalling = new Set<number>();
  /** Hears each row of figures that a far end of ours has returned, once a call. */
  onFarLeg: (row: Float64Array) => void = () => {};
  /** What our own answerers received, by call: rows by LEG of the sent direction. */
  private readonly farRows = new Map<number, Float64Array>();
  /** By endpoint. */
  private readonly farLegCounts: number[];
  private readonly legsExpectedOf: number[];
  private readonly ourAnswerers = new Set<number>();
  private legsExpected = 0;
  /** The newest second of each media worker; its batches come in order. */
  private readonly newestSeconds = new Map<number, number>();

  constructor(private readonly plan: RunBookPlan) {
    // With one endpoint its book is the run's: no need to count everything twice.
    this.groups = plan.endpoints.length === 1 ? [this.total] : plan.endpoints.map(() => new GroupBook());
    this.farLegCounts = plan.endpoints.map(() => 0);
    this.legsExpectedOf = plan.endpoints.map(() => 0);
  }

  addMedia(batch: MediaBatch): void {
    this.health.addMedia(batch);
    this.newestSeconds.set(batch.worker, batch.second);
    for (let offset = 0; offset < batch.rows.length; offset += ROW.columns) {
      const warm = (batch.rows[offset + ROW.second] ?? 0) * 1000 >= this.plan.warmupMs;
      for (const group of this.booksOf(batch.rows[offset + ROW.endpoint] ?? 0)) {
        group.addRow(batch.rows, offset, warm);
      }
    }
    for (let offset = 0; offset < batch.legs.length; offset += LEG.columns) {
      const warm = (batch.legs[offset + LEG.answeredMs] ?? 0) >= this.plan.warmupMs;
      for (const group of this.booksOf(batch.legs[offset + LEG.endpoint] ?? 0)) {
        group.addLeg(batch.legs, offset, warm);
      }
      this.worst.addLeg(batch.legs, offset);
    }
    const newest = Math.max(...this.newestSeconds.values());
    const slowest = Math.min(...this.newestSeconds.values());
    for (const group of new Set([this.total, ...this.groups])) {
      group.series.closeBefore(Math.max(slowest - OPEN_SECONDS, newest - LOST_SECONDS));
    }
  }

  addSignalling(batch: SignallingBatch): void {
    this.health.addSignalling(batch);
    this.signalling.set(batch.worker, batch);
    for (const record of batch.records) {
      this.expectLeg(record);
      this.worst.addCall(record);
      const warm = (record.startedMs ?? record.intendedMs) >= this.plan.warmupMs;
      for (const group of this.booksOf(record.endpoint)) {
        group.addCall(record, warm);
      }
    }
    this.addFarLegs(batch);
    this.addOptionsRtt(batch);
  }

  /** What our own answerers received of the calls, by call number: rows by LEG of the sent direction. */
  get farLegs(): ReadonlyMap<number, Float64Array> {
    return this.farRows;
  }

  /** Legs of endpoints that return figures, as their answers or a first report say, whose report has not come. */
  get farLegsOutstanding(): number {
    return sumOver([...this.ourAnswerers], (endpoint) =>
      Math.max(0, (this.legsExpectedOf[endpoint] ?? 0) - (this.farLegCounts[endpoint] ?? 0)),
    );
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
    const counts = [...this.signalling.values()].map(({ sip }) => sip);
    return {
      requests: sumByMethod(counts.flatMap(({ requests }) => requests)),
      retransmissions: sumByMethod(counts.flatMap(({ retransmissions }) => retransmissions)),
      responses: sumResponses(counts.flatMap(({ responses }) => responses)),
      malformed: sumOver(counts, ({ malformed }) => malformed),
      dropped: sumOver(counts, ({ dropped }) => dropped),
    };
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
    const books = this.matching(query);
    if (query.metric === 'success_ratio') {
      const attempted = sumOver(books, (book) => book.judged.attempted);
      const succeeded = sumOver(books, (book) => book.judged.succeeded);
      return attempted === 0 ? null : { value: succeeded / attempted, samples: attempted };
    }
    if (!this.plan.media && query.metric !== 'dropped') {
      return null;
    }
    const base = query.metric === 'dropped' ? 'answered' : 'legs';
    const samples = sumOver(books, (book) => book.judged[base]);
    return samples === 0 ? null : { value: sumOver(books, (book) => countOf(book, query.metric)), samples };
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
    const parts = this.matching(query)
      .map((book) => distributionOf(book, query))
      .filter(({ count }) => count > 0);
    const [first, ...rest] = parts;
    if (first === undefined || rest.length === 0) {
      return first ?? null;
    }
    const merged = new Distribution(first.kind);
    for (const part of parts) {
      merged.merge(part);
    }
    return merged;
  }

  window(): { fromSecond: number; toSecond: number } | null {
    const seconds = this.total.series.seconds().length;
    return seconds <= this.firstWarmSecond ? null : { fromSecond: this.firstWarmSecond, toSecond: seconds - 1 };
  }

  firstFailure(query: MetricQuery, bad: (value: number) => boolean): number | null {
    if (query.per === 'call') {
      return null;
    }
    const failed = this.matching(query)
      .flatMap((book) => book.series.seconds())
      .filter((figures) => {
        const value = figures.second < this.firstWarmSecond ? null : valueOfSecond(figures, query.metric);
        return value !== null && bad(value);
      });
    return failed.length === 0 ? null : failed.reduce((first, { second }) => Math.min(first, second), Infinity);
  }

  private expectLeg({ hasMedia, endpoint }: CallRecord): void {
    if (hasMedia) {
      this.legsExpected++;
      this.legsExpectedOf[endpoint] = (this.legsExpectedOf[endpoint] ?? 0) + 1;
    }
  }

  private addFarLegs({ farLegs, ourAnswerers }: SignallingBatch): void {
    ourAnswerers.forEach((endpoint) => this.ourAnswerers.add(endpoint));
    for (let offset = 0; offset < farLegs.length; offset += LEG.columns) {
      const row = farLegs.slice(offset, offset + LEG.columns);
      const call = row[LEG.call] ?? Number.NaN;
      const endpoint = row[LEG.endpoint] ?? 0;
      if (!this.farRows.has(call) && this.farRows.size < MAX_FAR_LEGS) {
        this.farRows.set(call, row);
        this.ourAnswerers.add(endpoint);
        this.farLegCounts[endpoint] = (this.farLegCounts[endpoint] ?? 0) + 1;
        this.onFarLeg(row);
      }
    }
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

  /** The books that the query's tags allow; the run's own when it has none. */
  private matching(query: MetricQuery): readonly GroupBook[] {
    const tags = Object.entries(query.tags);
    if (tags.length === 0) {
      return [this.total];
    }
    return this.groups.filter((_, index) => {
      const endpoint = this.plan.endpoints[index];
      return tags.every(([tag, value]) => {
        if (tag === 'endpoint') {
          return endpoint?.name === value;
        }
        return tag === 'codec' ? this.plan.codec === value : endpoint?.labels[tag] === value;
      });
    });
  }

  private sumOf(figure: (batch: SignallingBatch) => number): number {
    return sumOver([...this.signalling.values()], figure);
  }
}

/**
 * Without ACKs: they have no timer of their own and go again only because the far side did. Without OPTIONS: they ask for their
 * round trip alone, and a peer that answers none is no worse for its calls.
 */
function countTimed(counts: SipCounts['requests']): number {
  return sumOver(counts, ([method, count]) => (method === 'ACK' || method === 'OPTIONS' ? 0 : count));
}

function countOf(book: GroupBook, metric: string): number {
  switch (metric) {
    case 'one_way':
      return book.judged.oneWay;
    case 'no_media':
      return book.judged.noMedia;
    default:
      return book.judged.dropped;
  }
}

function distributionOf(book: GroupBook, query: MetricQuery): Distribution {
  const quality: QualityBook = query.per === 'call' ? book.perCall : book.perSecond;
  switch (query.metric) {
    case 'setup_delay':
      return book.setupDelayMs;
    case 'answer_delay':
      return book.answerDelayMs;
    case 'disconnect_delay':
      return book.disconnectDelayMs;
    case 'r_factor':
      return quality.rFactor;
    case 'loss':
      return quality.lossRatio;
    case 'discard':
      return quality.discardRatio;
    case 'jitter':
      return quality.jitterMs;
    default:
      return quality.mosLq;
  }
}

/** The worst leg of a second, where the series keeps it. */
function valueOfSecond({ activeCalls, started, received }: SecondFigures, metric: string): number | null {
  switch (metric) {
    case 'active_calls':
      return activeCalls;
    case 'start_rate':
      return started;
    case 'mos_lq':
      return received?.mosLq?.min ?? null;
    case 'loss':
      return received?.lossRatio ?? null;
    case 'jitter':
      return received?.jitterMs?.p95 ?? null;
    default:
      return null;
  }
}

function sumOver<T>(items: readonly T[], figure: (item: T) => number): number {
  return items.reduce((sum, item) => sum + figure(item), 0);
}

function sumByMethod(counts: readonly (readonly [string, number])[]): [string, number][] {
  const sums = new Map<string, number>();
  for (const [method, count] of counts) {
    sums.set(method, (sums.get(method) ?? 0) + count);
  }
  return [...sums];
}

function sumResponses(counts: readonly (readonly [string, number, number])[]): [string, number, number][] {
  const sums = new Map<string, [string, number, number]>();
  for (const [method, status, count] of counts) {
    const key = `${method} ${status}`;
    const sum = sums.get(key);
    if (sum === undefined) {
      sums.set(key, [method, status, count]);
    } else {
      sum[2] += count;
    }
  }
  return [...sums.values()].toSorted((a, b) => a[0].localeCompare(b[0]) || a[1] - b[1]);
}
