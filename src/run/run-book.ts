/** Everything that a run has measured so far: fed by the workers' batches, read by the gates, the progress and the result. */
import type { Stat } from '../gates/grammar.js';
import type { DistributionView, MetricQuery, MetricSource, ScalarView, SecondFigure } from '../gates/source.js';
import { Distribution } from '../metrics/histogram.js';
import type { ScoreScale } from '../metrics/names.js';
import { BASIS, DIRECTION, LEG, NO_GROUP, ROW } from '../worker/messages.js';
import type { CallRecord, MediaBatch, PacketTimeCount, SignallingBatch, SipCounts } from '../worker/messages.js';
import { CallStripsBook } from './call-strips.js';
import { CaptureBook, type DecodesCodec } from './capture-book.js';
import { DtmfBook } from './dtmf-book.js';
import { TransferBook } from './transfer-book.js';
import { EvidenceBook } from './evidence-book.js';
import { FarLegs } from './far-legs.js';
import { FindingsBook } from './findings-book.js';
import { GeneratorSeconds, pulseOf } from './generator-seconds.js';
import type { GroupBook } from './group-book.js';
import { HealthBook } from './health.js';
import { type JoinedLegs, LegJoin } from './leg-join.js';
import { RegistrationBook } from './registration-book.js';
import { SecondWatch, statOfValues, type Watched } from './second-watch.js';
import { countTimed, sumSipCounts } from './sip-totals.js';
import { SpoiledSeconds, type RowPlace } from './spoiled-seconds.js';
import { WindowBooks, type NamedEndpoint } from './window-books.js';
import { WorstLegs } from './worst-legs.js';

export interface RunBookPlan {
  readonly endpoints: readonly NamedEndpoint[];
  readonly media: boolean;
  /** From the end of the idle stages. */
  readonly warmupMs: number;
  /** How long the idle stages are, at the start; absent: there are none. */
  readonly idleMs?: number;
  /** What the gates ask for, so that their spans and seconds are kept; absent: no gates. */
  readonly watched?: readonly Watched[];
  /** Of which codecs captured audio is written as well; absent: none. */
  readonly keepsAudio?: DecodesCodec;
}

/** The first batch of a media worker comes at most this many seconds after the first of another. */
const OPEN_SECONDS = 6;
/** More Call-IDs than this help nobody. */
const UNMEASURED_KEPT = 100_000;
/** A media worker that is so far behind is not waited for: it has died. */
const LOST_SECONDS = 60;

export class RunBook implements MetricSource {
  readonly health = new HealthBook();
  readonly generatorSeconds = new GeneratorSeconds();
  readonly spoiled = new SpoiledSeconds();
  /** What counts as evidence starts here: after the idle stages and the warm-up. */
  readonly judgedFromMs: number;
  readonly total: GroupBook;
  readonly groups: readonly GroupBook[];
  /** The figures of the idle stages, which count for nothing else; null without such stages. */
  readonly idle: MetricSource | null;
  private readonly main: WindowBooks;
  /** The spans that gates ask for beside the main one, by where they begin. */
  private readonly later = new Map<number, WindowBooks>();
  private readonly windows: readonly WindowBooks[];
  private readonly watches = new Map<string, SecondWatch>();
  readonly worst = new WorstLegs();
  readonly evidence = new EvidenceBook(this.worst);
  readonly captures: CaptureBook;
  readonly findings = new FindingsBook();
  readonly dtmf = new DtmfBook();
  readonly transfers = new TransferBook();
  /** Of the users, where the run has some. */
  readonly registrations = new RegistrationBook();
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
    const { idleMs = 0, watched = [], keepsAudio } = plan;
    this.captures = new CaptureBook(keepsAudio);
    this.judgedFromMs = idleMs + plan.warmupMs;
    const span = { ...plan, fromMs: this.judgedFromMs, toMs: Infinity };
    this.main = new WindowBooks({ ...span, countsAll: true });
    this.total = this.main.total;
    this.groups = this.main.groups;
    const idle = idleMs > 0 ? new WindowBooks({ ...span, fromMs: 0, toMs: idleMs, countsAll: false }) : null;
    this.idle = idle;
    for (const { query } of watched.filter(({ query }) => query.afterMs > this.judgedFromMs)) {
      this.later.set(query.afterMs, new WindowBooks({ ...span, fromMs: query.afterMs, countsAll: false }));
    }
    this.windows = [this.main, ...(idle === null ? [] : [idle]), ...this.later.values()];
    watched.forEach((each) => this.watch(each));
    this.farLegs = new FarLegs(plan.endpoints.length);
    this.joins.onJoined = (record, legs) => {
      const strips = this.strips.take(record.call);
      this.worst.add(record, legs, strips);
      if (this.captures.of(record.call) !== null) {
        this.evidence.noteCaptured(record);
      }
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
    batch.captures?.forEach((part) => this.captures.add(batch.worker, part));
    this.generatorSeconds.addMedia(batch.worker, batch.pulses);
    this.newestSeconds.set(batch.worker, batch.second);
    for (let offset = 0; offset < batch.rows.length; offset += ROW.columns) {
      const row = this.spoiled.judged(batch.rows, offset);
      this.strips.addRow(row.table, row.offset);
      this.addRow(row);
    }
    this.addLegs(batch.legs);
    const newest = Math.max(...this.newestSeconds.values());
    const slowest = Math.min(...this.newestSeconds.values());
    this.joins.advance(newest);
    const closed = Math.max(slowest - OPEN_SECONDS, newest - LOST_SECONDS);
    for (const group of new Set([this.total, ...this.groups])) {
      group.series.closeBefore(closed);
    }
    this.watches.forEach((watch) => watch.closeBefore(closed));
  }

  private addRow({ table, offset }: RowPlace): void {
    for (const books of this.windows) {
      books.addRow(table, offset);
    }
    for (const watch of this.watches.values()) {
      watch.addRow(table, offset);
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
      this.windows.forEach((books) => books.addLeg(table, offset));
      this.watches.forEach((watch) => watch.addLeg(table, offset, table[offset + LEG.answeredMs] ?? 0));
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
    this.windows.forEach((books) => books.addSentLeg(leg, answeredMs));
    const called = record?.calledGroup ?? null;
    // What the RTCP of the next hop says is no leg of the called user.
    if (called !== null && leg[LEG.basis] === BASIS.answerer) {
      this.main.addCalledLeg(leg, called, answeredMs);
    }
    this.findings.addLeg(leg, 0);
    this.watches.forEach((watch) => watch.addLeg(leg, 0, answeredMs));
  }

  addSignalling(batch: SignallingBatch): void {
    this.health.addSignalling(batch);
    this.generatorSeconds.addSignalling(batch.worker, batch.pulses ?? [pulseOf(batch)]);
    this.signalling.set(batch.worker, batch);
    for (const record of batch.records) {
      if (record.hasMedia) {
        this.legsExpected++;
        this.farLegs.expect(record.endpoint);
      }
      this.joins.addCall(record);
      this.dtmf.add(record);
      this.transfers.add(record);
      this.registrations.addCall(record);
      this.windows.forEach((books) => books.addCall(record));
      this.watches.forEach((watch) => watch.addCall(record));
    }
    if (batch.registrations !== undefined) {
      this.registrations.take(batch.worker, batch.registrations);
    }
    batch.ourAnswerers.forEach((endpoint) => this.farLegs.noteOurs(endpoint));
    this.addFarLegs(batch.farLegs);
    this.addOptionsRtt(batch);
  }

  /** Our address and port as the far side sees them; null: nobody said. */
  get seenAddress(): string | null {
    return [...this.signalling.values()].find(({ seenAddress }) => seenAddress !== null)?.seenAddress ?? null;
  }

  /** Far sides that want another packet time than we send. */
  get packetTimes(): readonly PacketTimeCount[] {
    return [...this.signalling.values()].flatMap(({ packetTimes = [] }) => packetTimes);
  }

  /** Legs of endpoints that return figures, as their answers or a first report say, whose report has not come. */
  get farLegsOutstanding(): number {
    return this.farLegs.outstanding;
  }

  /** Legs that have ended and whose totals are still on their way. */
  get legsOutstanding(): number {
    return this.legsExpected - this.total.legs;
  }

  /** Each of so many media workers has told of the same seconds: then no second holds the legs of some of them only. */
  isEven(mediaWorkers: number): boolean {
    return this.newestSeconds.size === mediaWorkers && new Set(this.newestSeconds.values()).size <= 1;
  }

  /** Ended calls of which it is not told yet what the far end received. */
  get sentOutstanding(): number {
    return this.joins.waitingCalls;
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

  /** Over the judged seconds: of active calls up to the last call's end, of starts up to the last start. */
  loadDistribution(figure: LoadFigure, fromMs = this.judgedFromMs): Distribution {
    const distribution = new Distribution(figure === 'started' ? 'rate' : 'calls');
    for (const { value } of this.loadSeconds(figure, fromMs)) {
      distribution.record(value);
    }
    return distribution;
  }

  private loadSeconds(figure: LoadFigure, fromMs: number): { second: number; value: number }[] {
    const seconds = this.total.series.seconds();
    const last = figure === 'started' ? seconds.findLastIndex(({ started }) => started > 0) : seconds.length - 1;
    return seconds
      .slice(Math.ceil(fromMs / 1000), last + 1)
      .map((second) => ({ second: second.second, value: second[figure] }));
  }

  scalar(query: MetricQuery): ScalarView | null {
    if (query.metric === 'retransmission_ratio') {
      const value = this.retransmissionRatio();
      return value === null ? null : { value, samples: this.total.calls.attempted };
    }
    if (query.metric === 'ira') {
      return this.registrations.ira;
    }
    return this.booksFrom(query).scalar(query);
  }

  ratio(query: MetricQuery): ScalarView | null {
    const counted = this.scalar(query);
    return counted === null ? null : { value: counted.value / counted.samples, samples: counted.samples };
  }

  distribution(query: MetricQuery): DistributionView | null {
    if (query.metric === 'registration_delay') {
      const { delayMs } = this.registrations;
      return delayMs.count === 0 ? null : delayMs;
    }
    const figure = loadFigureOf(query);
    if (figure === null) {
      return this.booksFrom(query).distribution(query);
    }
    const load = this.loadDistribution(figure, this.fromMsOf(query));
    return load.count === 0 ? null : load;
  }

  missing(query: MetricQuery): string {
    return this.booksFrom(query).missing(query);
  }

  scales(): ReadonlySet<ScoreScale> {
    return this.main.scales();
  }

  window(query?: MetricQuery): { fromSecond: number; toSecond: number } | null {
    const fromSecond = Math.ceil((query === undefined ? this.judgedFromMs : this.fromMsOf(query)) / 1000);
    const seconds = this.total.series.length;
    return seconds <= fromSecond ? null : { fromSecond, toSecond: seconds - 1 };
  }

  /** @param onlyClosed leaves out the seconds that may still change */
  seconds(query: MetricQuery, stat: Stat | null, onlyClosed = false): readonly SecondFigure[] {
    const figure = loadFigureOf(query);
    if (figure !== null) {
      return this.loadSeconds(figure, this.fromMsOf(query)).map(({ second, value }) => ({
        second,
        value: statOfValues([value], stat),
        samples: 1,
      }));
    }
    const own = this.watches.get(keyOf({ query, stat }))?.figures(onlyClosed) ?? [];
    // A round trip is of both ways: it counts in whichever direction it was reported.
    return own.length > 0 || query.metric !== 'rtt'
      ? own
      : (this.watches.get(keyOf({ query: turned(query), stat }))?.figures(onlyClosed) ?? []);
  }

  private watch({ query, stat }: Watched): void {
    const fromMs = this.fromMsOf(query);
    for (const each of query.metric === 'rtt' ? [query, turned(query)] : [query]) {
      this.watches.set(
        keyOf({ query: each, stat }),
        new SecondWatch({ query: each, stat }, this.plan.endpoints, fromMs),
      );
    }
  }

  private fromMsOf({ afterMs }: MetricQuery): number {
    return Math.max(afterMs, this.judgedFromMs);
  }

  /** @throws Error for a span that no watched gate has named */
  private booksFrom({ afterMs }: MetricQuery): WindowBooks {
    const books = afterMs <= this.judgedFromMs ? this.main : this.later.get(afterMs);
    if (books === undefined) {
      throw new Error(`the figures from ${afterMs} ms on are not kept`);
    }
    return books;
  }

  private addOptionsRtt({ optionsRttMs, second }: SignallingBatch): void {
    for (let at = 0; at < optionsRttMs.length; at += 2) {
      const [asked = 0, rttMs = Number.NaN] = optionsRttMs.subarray(at, at + 2);
      // Of an endpoint whose users are told apart it is no more that of the one than of the other.
      const endpoint = (this.plan.endpoints[asked]?.partOf ?? null) === null ? asked : NO_GROUP;
      this.windows.forEach((books) => books.addOptionsRtt(second, endpoint, rttMs));
      this.watches.forEach((watch) => watch.addOptionsRtt(second, endpoint, rttMs));
    }
  }

  private sumOf(figure: (batch: SignallingBatch) => number): number {
    return [...this.signalling.values()].reduce((sum, batch) => sum + figure(batch), 0);
  }
}

type LoadFigure = 'activeCalls' | 'started';

function loadFigureOf({ metric }: MetricQuery): LoadFigure | null {
  if (metric === 'start_rate') {
    return 'started';
  }
  return metric === 'active_calls' ? 'activeCalls' : null;
}

function turned(query: MetricQuery): MetricQuery {
  return { ...query, direction: query.direction === 'sent' ? 'received' : 'sent' };
}

function keyOf({ query, stat }: Watched): string {
  const { metric, direction, per, afterMs } = query;
  const tags = Object.entries(query.tags).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([metric, direction, per, afterMs, tags, stat]);
}
