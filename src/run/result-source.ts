/**
 * The figures of a result that was written, for gates that compare with it: distributions are decoded from their histograms
 * and merged over endpoints, so that every stat can be asked for. What a result does not keep apart (seconds by gate, codecs
 * of one endpoint) is missing here, with its reason, and is never taken from something like it.
 */
import type { DistributionView, HealthConditions, MetricQuery, MetricSource, ScalarView } from '../gates/source.js';
import { Distribution, type DistributionKind } from '../metrics/histogram.js';
import { findMetric, METRICS, type MetricDefinition, type ScoreScale } from '../metrics/names.js';
import { scaleOfName } from './codec-scale.js';
import { judgedCalls, type JudgedCalls } from './judged-calls.js';
import { DELAYS, QUALITY } from './metric-figures.js';
import { SESSION_RATIOS, type SessionRatio } from './session-counts.js';
import type { QualityFigure } from './quality-book.js';
import { mergeDistributions } from './quality-book.js';
import type { EndpointResult, Result } from './result.js';
import { isAllowed } from './window-books.js';
import { hasBothEnds } from './result-registrations.js';
import type { DistributionSummary } from './result-fields.js';

const KINDS: Readonly<Partial<Record<QualityFigure, DistributionKind>>> = {
  mosLq: 'mos',
  mosCq: 'mosCq',
  mosLqWb: 'mosWb',
  mosCqWb: 'mosCqWb',
  mosLqNoPlc: 'mos',
  rFactor: 'rFactor',
  lossRatio: 'ratio',
  discardRatio: 'ratio',
  burstR: 'burstR',
};

const CONDITIONS = [...new Set(METRICS.flatMap(({ spoiledBy }) => spoiledBy))];

const OTHER = { received: 'sent', sent: 'received' } as const;

/** A count, and what it is a count of. */
const COUNTED: Readonly<Record<string, readonly [keyof JudgedCalls, keyof JudgedCalls]>> = {
  dropped: ['dropped', 'answered'],
  one_way: ['oneWay', 'legs'],
  no_media: ['noMedia', 'legs'],
};

/** What the run as a whole and an endpoint have in common. */
type Part = Pick<EndpointResult, 'quality' | 'calls'> & {
  readonly signalling: Pick<
    EndpointResult['signalling'],
    'successRatio' | 'attempts' | 'redirected' | SessionRatio | (typeof DELAYS)[keyof typeof DELAYS]
  >;
};

export class ResultSource implements MetricSource {
  constructor(private readonly result: Result) {}

  scalar(query: MetricQuery): ScalarView | null {
    const parts = this.parts(query);
    if (query.metric === 'retransmission_ratio') {
      const value = this.result.signalling.retransmissionRatio;
      return value === null ? null : { value, samples: this.result.calls.attempted };
    }
    if (query.metric === 'ira') {
      const { ira, registrations } = this.result.signalling;
      return ira === null ? null : { value: ira, samples: registrations?.attempts ?? 0 };
    }
    if (parts === null) {
      return null;
    }
    const session = SESSION_RATIOS.find((name) => name === query.metric);
    if (session !== undefined) {
      return sessionRatioOf(parts, session);
    }
    return query.metric === 'success_ratio' ? successOf(parts) : this.countOf(parts, query.metric);
  }

  ratio(query: MetricQuery): ScalarView | null {
    const counted = this.scalar(query);
    return counted === null ? null : { value: counted.value / counted.samples, samples: counted.samples };
  }

  distribution(query: MetricQuery): DistributionView | null {
    if (query.metric === 'active_calls') {
      return decode('calls', this.result.load.activeCalls);
    }
    if (query.metric === 'start_rate') {
      return decode('rate', this.result.load.startRate);
    }
    if (query.metric === 'registration_delay') {
      return decode('ms', this.result.signalling.registrationDelayMs);
    }
    const parts = this.parts(query) ?? [];
    const decoded = parts.map((part) => distributionIn(part, query)).filter((part) => part !== null);
    return mergeDistributions(decoded);
  }

  missing(query: MetricQuery): string {
    const metric = findMetric(query.metric);
    if (this.parts(query) === null) {
      return 'its endpoints have no such name, label or codec of their own';
    }
    return metric === undefined ? 'nothing was measured' : `it has no figure of ${nameOf(metric, query)}`;
  }

  scales(): ReadonlySet<ScoreScale> {
    const codecs = this.result.endpoints.flatMap((endpoint) => endpoint.codecs.map(({ codec }) => codec));
    return new Set(codecs.map(scaleOfName).filter((scale) => scale !== null));
  }

  window(): { fromSecond: number; toSecond: number } | null {
    const last = this.result.seconds.at(-1);
    return last === undefined ? null : { fromSecond: 0, toSecond: last.second };
  }

  /** An older result names no condition: then each may have spoiled whatever can be spoiled. */
  get ownHealth(): HealthConditions {
    const { generator, calls, signalling } = this.result;
    const { spoiled, reasons } = generator;
    const any = reasons.length === 0 ? {} : Object.fromEntries(CONDITIONS.map((name) => [name, reasons.join('; ')]));
    const bothEnds = hasBothEnds(signalling.registrations);
    return { spoiled: spoiled ?? any, reflected: calls.roundTrip > 0, bothEnds };
  }

  /** A result is compared as a whole. */
  seconds(): readonly [] {
    return [];
  }

  /** Of calls that are evidence, or of their legs; null where the result does not tell them apart. */
  private countOf(parts: readonly Part[], metric: string): ScalarView | null {
    if (metric !== 'dropped' && parts.every(({ quality }) => quality.received === null)) {
      return null; // signalling only: nothing listened for audio
    }
    const [name, of] = COUNTED[metric] ?? [];
    const judged = parts.map(({ calls }) => judgedCalls(this.result, calls, calls.completed + calls.dropped));
    if (name === undefined || of === undefined || judged.includes(null)) {
      return null;
    }
    const sum = (figure: keyof JudgedCalls): number => judged.reduce((total, part) => total + (part?.[figure] ?? 0), 0);
    return sum(of) === 0 ? null : { value: sum(name), samples: sum(of) };
  }

  /** The parts that the tags allow; null where a result does not keep them apart. A codec is told only of endpoints that had no other. */
  private parts({ tags }: MetricQuery): readonly Part[] | null {
    if (Object.keys(tags).length === 0) {
      return [this.result];
    }
    const { codec: wanted, ...others } = tags;
    const { endpoints } = this.result;
    const matching = endpoints.filter(
      (endpoint) =>
        isAllowed(endpoint, Object.entries(others)) &&
        (wanted === undefined || endpoint.codecs.some(({ codec }) => codec === wanted)),
    );
    // What is not told apart by users, such as the round trip of OPTIONS, stands in the whole only.
    if (
      wanted === undefined &&
      matching.length === endpoints.length &&
      endpoints.some(({ partOf }) => partOf !== null)
    ) {
      return [this.result];
    }
    const mixed = tags['codec'] !== undefined && matching.some(({ codecs }) => codecs.length > 1);
    return matching.length === 0 || mixed ? null : matching;
  }
}

function nameOf({ id }: MetricDefinition, { direction, per }: MetricQuery): string {
  return `${id}${direction === 'sent' ? ' in the sent direction' : ''}${per === 'call' ? ' per call' : ''}`;
}

/** Calls that were cut and those of the warm-up are no evidence, as in the run itself. */
function successOf(parts: readonly Part[]): ScalarView | null {
  let [succeeded, attempted] = [0, 0];
  for (const { calls, signalling } of parts) {
    const judged = calls.judged?.attempted ?? (signalling.attempts || calls.attempted - calls.cut);
    succeeded += calls.judged?.succeeded ?? countIn(signalling.successRatio, judged);
    attempted += signalling.successRatio === null ? 0 : judged;
  }
  return attempted === 0 ? null : { value: succeeded / attempted, samples: attempted };
}

/** What a ratio was made of, whole again: else two equal ratios would differ in their last bit. */
function countIn(ratio: number | null, of: number): number {
  return Math.round((ratio ?? 0) * of);
}

/** Weighted by the attempts that each part judged; SER and SEER leave redirected ones out. */
function sessionRatioOf(parts: readonly Part[], name: SessionRatio): ScalarView | null {
  let [sum, samples] = [0, 0];
  for (const { signalling } of parts) {
    const without = name === 'ser' || name === 'seer' ? signalling.redirected : 0;
    const attempts = signalling[name] === null ? 0 : signalling.attempts - without;
    sum += countIn(signalling[name], attempts);
    samples += attempts;
  }
  return samples === 0 ? null : { value: sum / samples, samples };
}

function distributionIn({ quality, signalling }: Part, { metric, direction, per }: MetricQuery): Distribution | null {
  if (Object.hasOwn(DELAYS, metric)) {
    return decode('ms', signalling[DELAYS[metric as keyof typeof DELAYS]]);
  }
  const figure = QUALITY[metric];
  if (figure === undefined) {
    return null;
  }
  const of = (way: 'received' | 'sent'): Distribution | null => {
    const block = per === 'call' ? quality[way]?.perCall : quality[way];
    const summary = (block as Partial<Record<QualityFigure, DistributionSummary | null>> | undefined)?.[figure];
    return decode(KINDS[figure] ?? 'ms', summary ?? null);
  };
  // A round trip is of both ways: it stands in whichever direction it was reported.
  return of(direction) ?? (metric === 'rtt' ? of(OTHER[direction]) : null);
}

/** Null where nothing is known, or the histogram is of another layout than ours: then only its summary could be compared. */
function decode(kind: DistributionKind, summary: DistributionSummary | null): Distribution | null {
  if (summary === null) {
    return null;
  }
  try {
    return Distribution.decode(kind, summary.histogram, summary);
  } catch (error) {
    if (error instanceof RangeError) {
      return null;
    }
    throw error;
  }
}
