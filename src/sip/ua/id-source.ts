/** Branches, Call-IDs and tags that are unique by construction (RFC 3261 §8.1.1.7, §19.3): run, worker, counter. */

export interface IdSource {
  /** With the magic cookie of RFC 3261. */
  branch(): string;
  /** Whether `branch` may have given it. */
  owns(branch: string): boolean;
  callId(): string;
  tag(): string;
}

/**
 * One counter feeds all three, so no two ids of a run are equal. Not secret: a tester's ids need not be hard to guess.
 * @param runToken the same for all workers of a run, different between runs; letters and digits
 * @param worker index of the worker, ≥ 0
 */
export function createIdSource(runToken: string, worker: number): IdSource {
  const prefix = `${runToken}-${worker.toString(36)}-`;
  const branchPrefix = `z9hG4bK${prefix}`;
  let counter = 0;
  const next = (): string => (counter++).toString(36);
  const owns = (branch: string): boolean => branch.startsWith(branchPrefix);
  return { branch: () => branchPrefix + next(), owns, callId: () => prefix + next(), tag: () => prefix + next() };
}
