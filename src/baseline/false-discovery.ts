/**
 * Many figures are compared at once. Benjamini & Hochberg (1995) hold down the share of false alarms among what is called a
 * difference; where nothing differs at all, that is the chance of any false alarm in the whole comparison.
 */

/** The p-values adjusted for each other, in the given order: what is at most the rate is called a difference. */
export function adjustedPValues(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).toSorted((a, b) => (pValues[b] ?? 1) - (pValues[a] ?? 1));
  const adjusted = Array.from<number>({ length: pValues.length });
  let least = 1;
  order.forEach((index, fromLargest) => {
    const rank = pValues.length - fromLargest;
    least = Math.min(least, ((pValues[index] ?? 1) * pValues.length) / rank);
    adjusted[index] = least;
  });
  return adjusted;
}
