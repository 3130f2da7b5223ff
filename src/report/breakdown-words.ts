/** The points of R that each term cost, in words: shared by the report and the evidence files, so that they cannot disagree. */
import type { CallBreakdown } from '../run/result-evidence.js';
import { formatMos, formatR } from './number-format.js';

export type BreakdownTerm = CallBreakdown['steps'][number]['term'];

const NAMES: Readonly<Record<BreakdownTerm, string>> = {
  codec: 'codec',
  lost: 'lost packets',
  late: 'late packets',
  bursts: 'loss in bursts',
  delay: 'delay',
};

export function termName(term: BreakdownTerm): string {
  return NAMES[term];
}

/** The steps that cost something, biggest first. */
export function costs({ steps }: CallBreakdown): { readonly term: BreakdownTerm; readonly points: number }[] {
  return steps.filter(({ points }) => points >= 0.05).toSorted((a, b) => b.points - a.points);
}

/** `lost packets −12.3, delay −4.1`; `nothing was lost` where no term cost anything. */
export function costWords(breakdown: CallBreakdown): string {
  const words = costs(breakdown).map(({ term, points }) => `${NAMES[term]} ${formatR(-points)}`);
  return words.length === 0 ? 'no term cost a point' : words.join(', ');
}

/** `R 75.5 of 93.2, MOS-LQ 3.84; with delay R 71.4, MOS-CQ 3.66`. */
export function scoreWords({ scale, faultlessR, steps, rFactor, rFactorCq }: CallBreakdown): string {
  const wide = scale === 'wideband' ? ' wideband' : '';
  const listening = steps.findLast(({ term }) => term !== 'delay');
  const lq = `R ${formatR(rFactor)} of ${formatR(faultlessR)}${mosWords(`MOS-LQ${wide}`, listening)}`;
  const delay = steps.find(({ term }) => term === 'delay');
  return rFactorCq === null ? lq : `${lq}; with the delay R ${formatR(rFactorCq)}${mosWords(`MOS-CQ${wide}`, delay)}`;
}

function mosWords(name: string, step: CallBreakdown['steps'][number] | undefined): string {
  return step === undefined ? '' : `, ${name} ${formatMos(step.mos)}`;
}
