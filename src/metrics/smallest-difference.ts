/**
 * The smallest difference between two runs that matters in practice, per metric. What is smaller is called the same even
 * where enough calls make it certain.
 */

export interface SmallestDifference {
  /** In the unit of the metric; of a count, as a share of its calls or legs. */
  readonly absolute: number;
  /** Share of the baseline's value; the larger of both counts. */
  readonly relative: number;
}

/** Steps of MOS below 0.05 are beyond what a listener or a model tells apart; a delay or jitter needs both limits. */
const SMALLEST: Readonly<Record<string, SmallestDifference>> = {
  success_ratio: { absolute: 0.005, relative: 0 },
  one_way: { absolute: 0.001, relative: 0 },
  no_media: { absolute: 0.001, relative: 0 },
  dropped: { absolute: 0.002, relative: 0 },
  setup_delay: { absolute: 10, relative: 0.1 },
  answer_delay: { absolute: 10, relative: 0.1 },
  disconnect_delay: { absolute: 10, relative: 0.1 },
  signalling_rtt: { absolute: 10, relative: 0.1 },
  mos_lq: { absolute: 0.05, relative: 0 },
  mos_cq: { absolute: 0.05, relative: 0 },
  mos_lq_wb: { absolute: 0.05, relative: 0 },
  mos_cq_wb: { absolute: 0.05, relative: 0 },
  mos_lq_no_plc: { absolute: 0.05, relative: 0 },
  r_factor: { absolute: 1.5, relative: 0 },
  loss: { absolute: 0.002, relative: 0.1 },
  discard: { absolute: 0.002, relative: 0.1 },
  jitter: { absolute: 2, relative: 0.1 },
  burst_r: { absolute: 0.2, relative: 0 },
  rtt: { absolute: 10, relative: 0.1 },
  mouth_to_ear: { absolute: 10, relative: 0 },
};

/** Null where two runs are not compared by this metric: the load is what was asked for, and no figure of calls. */
export function smallestDifference(metric: string): SmallestDifference | null {
  return SMALLEST[metric] ?? null;
}
