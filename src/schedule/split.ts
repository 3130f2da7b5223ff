/** The split of numbered work over equal parts (workers, machines): everyone knows its share without any traffic. */

/** How many of `total` items part `index` of `parts` gets; the shares differ by at most one and add up to `total`. */
export function shareOf(total: number, parts: number, index: number): number {
  return Math.floor(total / parts) + (index < total % parts ? 1 : 0);
}

/** Whether item `n` belongs to part `index` of `parts`: dealt in turn, as `shareOf` counts. */
export function ownsCall(n: number, parts: number, index: number): boolean {
  return n % parts === index;
}
