/**
 * What `for` means: the gate is violated only where the figures of the seconds, each by itself, violate it over so many
 * seconds in a row. The worst figure that lasted is the one compared, so that it has a value and a margin like any other:
 * of every stretch of that length the best second, and of those the worst.
 */
import { type Gate, marginOf } from './grammar.js';
import type { SecondFigure } from './source.js';

/**
 * Seconds without a value break a stretch only when there are more of them: far ends report every few seconds (RFC 3550
 * §6.2), and what they say holds until the next report. A stretch begins and ends with a value.
 */
const GAP_SECONDS = 8;

export interface Sustained {
  readonly value: number;
  /** The first second of the stretch; of several that violate the gate, of the first of these. */
  readonly fromSecond: number;
}

interface Stretch {
  readonly value: number;
  readonly margin: number;
  readonly fromSecond: number;
}

/** Null where no stretch of `seconds` has figures. @param figures by second, ascending */
export function sustainedFigure(
  figures: readonly SecondFigure[],
  gate: Pick<Gate, 'operator' | 'limit'>,
  seconds: number,
): Sustained | null {
  let worst: Stretch | null = null;
  let firstFailing: Stretch | null = null;
  for (const stretch of stretchesOf(figures, gate, seconds)) {
    if (worst === null || stretch.margin < worst.margin) worst = stretch;
    if (firstFailing === null && isViolated(stretch, gate)) firstFailing = stretch;
  }
  return worst === null ? null : { value: worst.value, fromSecond: (firstFailing ?? worst).fromSecond };
}

/** Every shortest stretch of at least so many seconds, with its best second. */
function* stretchesOf(
  figures: readonly SecondFigure[],
  { operator, limit }: Pick<Gate, 'operator' | 'limit'>,
  seconds: number,
): Generator<Stretch> {
  // The candidates for the best of the window, best first: each is better than all that follow it there.
  let best: (SecondFigure & { readonly margin: number })[] = [];
  let from = 0;
  for (const [to, figure] of figures.entries()) {
    const before = figures[to - 1];
    if (before !== undefined && figure.second - before.second > GAP_SECONDS) {
      best = [];
      from = to;
    }
    const margin = marginOf(figure.value, operator, limit);
    while (best.length > 0 && (best.at(-1)?.margin ?? 0) <= margin) best.pop();
    best.push({ ...figure, margin });
    for (
      let first = figures[from];
      first !== undefined && figure.second - first.second + 1 >= seconds;
      first = figures[from]
    ) {
      const top = best[0] ?? { ...figure, margin };
      yield { value: top.value, margin: top.margin, fromSecond: first.second };
      from++;
      while (best[0] !== undefined && best[0].second <= first.second) best.shift();
    }
  }
}

/** At the limit itself the margin is 0, which `<` and `>` do not allow. */
function isViolated({ margin }: Stretch, { operator }: Pick<Gate, 'operator'>): boolean {
  return margin < 0 || (margin === 0 && (operator === '<' || operator === '>'));
}
