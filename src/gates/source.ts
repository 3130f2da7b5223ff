/** What gates ask of a run: its figures, and what made them worthless. The run implements both; gates know no result file. */
import type { ScoreScale, SpoilCondition } from '../metrics/names.js';
import type { Stat } from './grammar.js';

export interface MetricQuery {
  /** Gate id of the catalogue, never an alias. */
  readonly metric: string;
  readonly direction: 'received' | 'sent';
  readonly per: 'second' | 'call';
  /** endpoint, codec and labels that must hold; empty for the whole run. */
  readonly tags: Readonly<Record<string, string>>;
  /** Only what is so late: calls by their start, legs by their answer, seconds by their beginning; ms since the start of the run. */
  readonly afterMs: number;
}

export interface DistributionView {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** @param p 0–100 */
  percentile(p: number): number;
  /** Share (0–1) of the values strictly below. */
  below(value: number): number;
  /** Share (0–1) of the values strictly above. */
  above(value: number): number;
}

/** A figure and how many calls, legs or requests it rests on. */
export interface ScalarView {
  readonly value: number;
  readonly samples: number;
}

/** Figures of a run in the units of the catalogue; null where nothing is known. */
export interface MetricSource {
  /** Value of a scalar; a count metric gives its count. */
  scalar(query: MetricQuery): ScalarView | null;
  /** A count metric as a share (0–1) of the answered calls, or of their legs where it counts legs. */
  ratio(query: MetricQuery): ScalarView | null;
  distribution(query: MetricQuery): DistributionView | null;
  /** Why there is no figure, in words; asked only where there is none. */
  missing(query: MetricQuery): string;
  /** The scales on which legs of the run are scored. */
  scales(): ReadonlySet<ScoreScale>;
  /** The seconds that the figure covers. */
  window(query: MetricQuery): { readonly fromSecond: number; readonly toSecond: number } | null;
  /**
   * The figure of each second by itself, in order; seconds without a value are left out. A leg's second is its own, a call's
   * the one in which it started, a leg's whole call the one in which it was answered. Empty where the figure has no seconds.
   */
  seconds(query: MetricQuery, stat: Stat | null): readonly SecondFigure[];
  /** Of another run than the one that is judged: what its own generator spoiled. */
  readonly ownHealth?: HealthConditions;
}

/** Of a distribution: the stat over the values of that second. Of a scalar: how many counted, out of `samples`. */
export interface SecondFigure {
  readonly second: number;
  readonly value: number;
  readonly samples: number;
}

/** What gates with a prefix compare with; null: there is none. */
export interface GateReferences {
  readonly idle: MetricSource | null;
  readonly baseline: MetricSource | null;
}

export interface HealthConditions {
  /** Condition → sentence why; only those that hold. */
  readonly spoiled: Readonly<Partial<Record<SpoilCondition, string>>>;
  /** True when the far side reflects our packets, so that what we receive also holds what we sent late. */
  readonly reflected: boolean;
  /** True when users of ours call each other, so that either direction is sent and received by us; absent: they do not. */
  readonly bothEnds?: boolean;
  /** p95 of the jitter that this host alone contributes, as far as it is known by now; absent or null: not measured. */
  readonly floorJitterMs?: number | null;
}
