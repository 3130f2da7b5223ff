/** The figures of a capture as gates ask for them: each stream counts as a leg that was received, each of its seconds as a call-second. */
import type { MetricQuery, MetricSource, ScalarView } from '../gates/source.js';
import { Distribution, type DistributionKind } from '../metrics/histogram.js';
import type { ScoreScale } from '../metrics/names.js';
import type { MeteredSecond } from '../quality/metered-second.js';
import type { RtpStream } from './rtp-stream.js';

type Figures = Readonly<MeteredSecond>;

/** Metrics of the catalogue that a capture knows; what is not on the scale of the codec is NaN and not recorded. */
const FIGURES: Readonly<
  Record<
    string,
    { readonly kind: DistributionKind; readonly scale?: ScoreScale; readonly of: (figures: Figures) => number }
  >
> = {
  mos_lq: { kind: 'mos', scale: 'narrowband', of: ({ mosLq }) => mosLq },
  mos_lq_no_plc: { kind: 'mos', scale: 'narrowband', of: ({ mosLqNoPlc }) => mosLqNoPlc },
  mos_lq_wb: { kind: 'mosWb', scale: 'wideband', of: ({ mosLq }) => mosLq },
  r_factor: { kind: 'rFactor', scale: 'narrowband', of: ({ rFactor }) => rFactor },
  loss: { kind: 'ratio', of: ({ lost, expected }) => lost / expected },
  discard: { kind: 'ratio', of: ({ discarded, expected }) => discarded / expected },
  jitter: { kind: 'ms', of: ({ jitterMs }) => jitterMs },
};
/** What its timestamps tell: of a stream whose clock is not known it is nothing. */
const TIMED: ReadonlySet<string> = new Set(['discard', 'jitter']);

export class AnalysisSource implements MetricSource {
  private readonly distributions = new Map<string, Distribution>();
  private readonly codecs = new Set<string>();
  private readonly seenScales = new Set<ScoreScale>();
  private lastSecond = -1;

  addSecond(second: number, figures: Figures, stream: RtpStream): void {
    this.lastSecond = Math.max(this.lastSecond, second);
    this.add('second', figures, stream);
  }

  addStream(stream: RtpStream): void {
    const { meter, impairment } = stream;
    if (meter === null || meter.totals.expected === 0) {
      return;
    }
    this.add('call', meter.totals, stream);
    if (impairment !== undefined) {
      this.seenScales.add(impairment.scale);
    }
  }

  /** A capture counts no calls. */
  scalar(): ScalarView | null {
    return null;
  }

  ratio(): ScalarView | null {
    return null;
  }

  distribution({ metric, direction, per, tags }: MetricQuery): Distribution | null {
    const figure = FIGURES[metric];
    if (figure === undefined || direction === 'sent') {
      return null;
    }
    const all = new Distribution(figure.kind);
    for (const codec of this.codecs) {
      const own = this.distributions.get(keyOf(metric, per, codec));
      if (own !== undefined && (tags['codec'] ?? codec) === codec) {
        all.merge(own);
      }
    }
    return all.count === 0 ? null : all;
  }

  missing({ metric, direction }: MetricQuery): string {
    if (direction === 'sent') {
      return 'a capture has no side of its own: all its streams count as received';
    }
    return FIGURES[metric] === undefined ? 'a capture does not tell it' : 'no stream of the capture has it';
  }

  scales(): ReadonlySet<ScoreScale> {
    return this.seenScales;
  }

  window(): { fromSecond: number; toSecond: number } | null {
    return this.lastSecond < 0 ? null : { fromSecond: 0, toSecond: this.lastSecond };
  }

  seconds(): readonly [] {
    return [];
  }

  private add(per: MetricQuery['per'], figures: Figures, { encoding, impairment }: RtpStream): void {
    const codec = encoding?.name ?? '';
    this.codecs.add(codec);
    for (const [metric, { kind, scale, of }] of Object.entries(FIGURES)) {
      const isOfScale = scale === undefined || scale === impairment?.scale;
      const value = isOfScale && !(encoding === null && TIMED.has(metric)) ? of(figures) : Number.NaN;
      if (Number.isFinite(value)) {
        this.distributionOf(metric, per, codec, kind).record(value);
      }
    }
  }

  private distributionOf(metric: string, per: MetricQuery['per'], codec: string, kind: DistributionKind): Distribution {
    const key = keyOf(metric, per, codec);
    const known = this.distributions.get(key) ?? new Distribution(kind);
    this.distributions.set(key, known);
    return known;
  }
}

function keyOf(metric: string, per: MetricQuery['per'], codec: string): string {
  return `${metric} ${per} ${codec}`;
}
