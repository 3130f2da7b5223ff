/** Seeded pseudo-random numbers (mulberry32): reproducible runs, not for secrets. */

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, 2^32). */
  nextUint32(): number;
}

/** @param seed any integer; its low 32 bits count. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const nextUint32 = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  return { nextUint32, next: () => nextUint32() / 0x1_0000_0000 };
}

/** A stream of its own for a worker: the same seed and index always give the same numbers. */
export function deriveSeed(seed: number, index: number): number {
  return createRandom((seed ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0).nextUint32();
}
